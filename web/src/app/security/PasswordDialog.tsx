// SPDX-License-Identifier: EUPL-1.2
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { Alert, Button, Dialog, TextField } from '../../ui';
import { useProfile } from '../profile';
import styles from './security.module.css';
import { useTexts } from './texts';

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
  const profile = useProfile();
  const [password, setPassword] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const wrong = error instanceof ApiError && error.fields['current_password'] !== undefined;
  const slow = error instanceof ApiError && error.status === 429;
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const sentence = () => {
    if (wrong) return t('setup.check');
    return slow ? t('security.slow') : (problem(error) ?? t('security.failed'));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(password);
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form className={styles['form']} onSubmit={submit} noValidate ref={form}>
        {text ? <p>{text}</p> : null}
        {error ? <Alert kind="danger" title={sentence()} live /> : null}
        {children}
        {/* A password manager learns from it whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={profile.data?.email ?? ''} readOnly hidden />
        <TextField
          label={t('security.confirm_password')}
          hint={t('security.confirm_hint')}
          name="current_password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={wrong ? t('security.error.wrong_password') : undefined}
          required
          autoFocus={children === undefined}
        />
        <div className={styles['actions']}>
          <Button onPress={onClose}>{t('security.cancel')}</Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
