// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import styles from './alert.module.css';
import { IconButton } from './Button';
import { Icon } from './Icon';

export interface AlertProps {
  kind: 'info' | 'success' | 'warning' | 'danger';
  title?: string;
  children?: ReactNode;
  /** Read out when it appears. */
  live?: boolean;
  /** The person may close it. */
  close?: { label: string; onClose: () => void };
}

const icons = { info: 'info', success: 'success', warning: 'alert', danger: 'alert' } as const;

export function Alert({ kind, title, children, live, close }: AlertProps) {
  return (
    <div className={styles['alert']} data-kind={kind} {...(live ? { role: 'alert' } : {})}>
      <Icon name={icons[kind]} />
      <div className={styles['text']}>
        {title ? <strong>{title}</strong> : null}
        {children ? <div>{children}</div> : null}
      </div>
      {close ? <IconButton icon="close" label={close.label} onPress={close.onClose} /> : null}
    </div>
  );
}
