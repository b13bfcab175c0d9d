// SPDX-License-Identifier: EUPL-1.2
import { type ReactNode, useState } from 'react';
import { Button, Dialog, Form } from '../../ui';
import { CurrentPassword } from './CurrentPassword';
import styles from './security.module.css';
import { useRefusal, useTexts } from './texts';

export interface PasswordDialogProps {
  title: string;
  text?: string;
  action: string;
  /** What the action takes away. */
  danger?: boolean;
  busy: boolean;
  error: unknown;
  /** In words, where it is not about the password. */
  problem: (error: unknown) => string | undefined;
  onSubmit: (password: string) => void;
  onClose: () => void;
  /** Other fields, before the password. */
  children?: ReactNode;
}

/** Who changes the ways to log in proves first that they know the password. */
export function PasswordDialog({ title, text, action, danger, busy, error, problem, onSubmit, onClose, children }: PasswordDialogProps) {
  const { t } = useTexts();
  const refusal = useRefusal();
  const [password, setPassword] = useState('');
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form problem={problem(error) ?? refusal(error)} onSubmit={() => onSubmit(password)}>
        {text ? <p>{text}</p> : null}
        {children}
        <CurrentPassword
          label={t('security.confirm_password')}
          hint={t('security.confirm_hint')}
          value={password}
          onChange={setPassword}
          error={error}
          autoFocus={children === undefined}
        />
        <div className={styles['actions']}>
          <Button onPress={onClose}>{t('security.cancel')}</Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} busy={busy}>
            {action}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
