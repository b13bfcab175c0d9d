// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  ToggleButton as AriaToggleButton,
  type ToggleButtonProps as AriaToggleButtonProps,
} from 'react-aria-components';
import styles from './button.module.css';
import { Icon, type IconName } from './Icon';
import { Spinner } from './Spinner';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  kind?: ButtonKind;
  icon?: IconName;
  /** Work is under way: the button stays focusable, but does nothing. */
  busy?: boolean;
  wide?: boolean;
  large?: boolean;
  children: ReactNode;
}

export function Button({ kind = 'secondary', icon, busy = false, wide, large, children, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      {...(busy ? { onPress: undefined, type: 'button' as const } : {})}
      className={styles['button'] ?? ''}
      data-kind={kind}
      data-wide={wide}
      data-large={large}
    >
      {busy ? <Spinner /> : icon ? <Icon name={icon} /> : null}
      <span>{children}</span>
    </AriaButton>
  );
}

/** A link that looks like a button takes this class and `data-kind`. */
export const buttonClass = styles['button'] ?? '';

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  icon: IconName;
  label: string;
  kind?: ButtonKind;
}

export function IconButton({ icon, label, kind = 'quiet', ...rest }: IconButtonProps) {
  return (
    <AriaButton {...rest} aria-label={label} className={styles['icon'] ?? ''} data-kind={kind}>
      <Icon name={icon} />
    </AriaButton>
  );
}

export interface ToggleButtonProps extends Omit<AriaToggleButtonProps, 'className' | 'style' | 'children'> {
  /** Icon when off and when on. */
  icons: readonly [off: IconName, on: IconName];
  label: string;
  /** Round, with the label for screen readers only. */
  round?: boolean;
}

export function ToggleButton({ icons, label, round, ...rest }: ToggleButtonProps) {
  return (
    <AriaToggleButton
      {...rest}
      {...(round ? { 'aria-label': label } : {})}
      className={(round ? styles['round'] : styles['button']) ?? ''}
      data-kind="toggle"
    >
      <Icon name={rest.isSelected ? icons[1] : icons[0]} />
      {round ? null : <span>{label}</span>}
    </AriaToggleButton>
  );
}

