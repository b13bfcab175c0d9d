// SPDX-License-Identifier: EUPL-1.2

import { Button, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { MeetingDialog } from './MeetingDialog';
import room from '../meeting/meeting.module.css';

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
  return (
    <MeetingDialog role="alertdialog" isOpen={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Heading slot="title">{title}</Heading>
      <p>{text}</p>
      <div className={room.stacked}>
        <Button className={room.danger ?? ''} onPress={() => { onConfirm(); onClose(); }}>
          {action}
        </Button>
        <Button className={room.secondary ?? ''} autoFocus onPress={onClose}>
          {t('end.cancel')}
        </Button>
      </div>
    </MeetingDialog>
  );
}
