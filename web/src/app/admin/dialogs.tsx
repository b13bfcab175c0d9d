// SPDX-License-Identifier: EUPL-1.2

/** A form over the page, and a question before something that cannot be taken back. */
import type { ReactNode } from 'react';
import { Alert, Button, Dialog, Form } from '../../ui';
import styles from './admin.module.css';
import { useTexts } from './texts';

export interface FormDialogProps {
  title: string;
  action: string;
  busy: boolean;
  problem: string | undefined;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog({ title, action, busy, problem, onSubmit, onClose, children }: FormDialogProps) {
  const { t } = useTexts();
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form problem={problem} onSubmit={onSubmit}>
        {children}
        <div className={styles['actions']}>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button type="submit" kind="primary" busy={busy}>
            {action}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

export interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  busy: boolean;
  problem: string | undefined;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, action, busy, problem, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTexts();
  return (
    <Dialog
      title={title}
      isOpen
      urgent
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {t('admin.cancel')}
          </Button>
          <Button kind="danger" busy={busy} onPress={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <p>{text}</p>
      {problem ? <Alert kind="danger" title={problem} live /> : null}
    </Dialog>
  );
}
