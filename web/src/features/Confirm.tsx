// SPDX-License-Identifier: EUPL-1.2

import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import room from './room/meeting.module.css';

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
    <ModalOverlay className={room.overlay ?? ''} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={room.modal ?? ''}>
        <Dialog role="alertdialog">
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
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
