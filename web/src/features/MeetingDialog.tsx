// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import room from '../meeting/meeting.module.css';
import { Parts } from './Parts';

interface MeetingDialogProps {
  role?: 'dialog' | 'alertdialog';
  /** Not for a dialog that its trigger opens. */
  isOpen?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** A `Heading` with `slot="title"`, and the rest. */
  children: ReactNode | ((dialog: { close: () => void }) => ReactNode);
}

/** A dialog over the meeting. What it covers cannot be reached, so whoever waits is seen and let in from it, too. */
export function MeetingDialog({ role = 'dialog', children, ...open }: MeetingDialogProps) {
  return (
    <ModalOverlay className={room.overlay ?? ''} isDismissable {...open}>
      <Modal className={room.modal ?? ''}>
        <Dialog role={role}>
          {({ close }) => (
            <>
              <Parts of={({ BannerInDialog }) => BannerInDialog} />
              {typeof children === 'function' ? children({ close }) : children}
            </>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
