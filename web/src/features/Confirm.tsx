// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { Button } from '../ui';
import { MeetingDialog } from './MeetingDialog';

interface ConfirmProps {
  isOpen: boolean;
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ isOpen, title, text, action, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation('call');
  const confirm = (): void => {
    onConfirm();
    onClose();
  };
  const actions = (
    <>
      <Button autoFocus onPress={onClose}>
        {t('end.cancel')}
      </Button>
      <Button kind="danger" onPress={confirm}>
        {action}
      </Button>
    </>
  );
  return (
    <MeetingDialog urgent title={title} isOpen={isOpen} onClose={onClose} actions={actions}>
      <p>{text}</p>
    </MeetingDialog>
  );
}
