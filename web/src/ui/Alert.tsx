// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import styles from './alert.module.css';
import { Icon } from './Icon';

export interface AlertProps {
  kind: 'info' | 'success' | 'warning' | 'danger';
  title?: string;
  children?: ReactNode;
  /** Read out when it appears. */
  live?: boolean;
}

const icons = { info: 'info', success: 'success', warning: 'alert', danger: 'alert' } as const;

export function Alert({ kind, title, children, live }: AlertProps) {
  return (
    <div className={styles['alert']} data-kind={kind} {...(live ? { role: 'alert' } : {})}>
      <Icon name={icons[kind]} />
      <div className={styles['text']}>
        {title ? <strong>{title}</strong> : null}
        {children ? <div>{children}</div> : null}
      </div>
    </div>
  );
}
