// SPDX-License-Identifier: EUPL-1.2

/** What lies over the page: dialog and menu. Esc closes it and returns the focus to its opener. */
import type { ReactElement, ReactNode } from 'react';
import {
  Dialog as AriaDialog,
  Heading,
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  MenuTrigger,
  Modal,
  ModalOverlay,
  Popover,
} from 'react-aria-components';
import { Icon, type IconName } from './Icon';
import styles from './overlay.module.css';

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** For what must be decided: read out at once, not closed by a click beside it. */
  urgent?: boolean;
  actions?: ReactNode;
}

export function Dialog({ title, isOpen, onClose, children, urgent, actions }: DialogProps) {
  return (
    <ModalOverlay
      className={styles['overlay'] ?? ''}
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={!urgent}
    >
      <Modal className={styles['modal'] ?? ''}>
        <AriaDialog className={styles['dialog'] ?? ''} role={urgent ? 'alertdialog' : 'dialog'}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
          {actions ? <div className={styles['actions']}>{actions}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface MenuEntry {
  id: string;
  label: string;
  icon?: IconName;
  danger?: boolean;
}

export interface MenuProps {
  label: string;
  /** The button that opens the menu. */
  children: ReactElement;
  entries: readonly MenuEntry[];
  onAction: (id: string) => void;
  /** The chosen entry, where the menu is a choice of one. */
  selected?: string;
}

export function Menu({ label, children, entries, onAction, selected }: MenuProps) {
  return (
    <MenuTrigger>
      {children}
      <Popover className={styles['popover'] ?? ''}>
        <AriaMenu
          aria-label={label}
          className={styles['menu'] ?? ''}
          onAction={(key) => onAction(String(key))}
          {...(selected === undefined ? {} : { selectionMode: 'single' as const, selectedKeys: [selected] })}
        >
          {entries.map((entry) => (
            <AriaMenuItem
              key={entry.id}
              id={entry.id}
              textValue={entry.label}
              className={styles['entry'] ?? ''}
              data-danger={entry.danger}
            >
              {entry.icon ? <Icon name={entry.icon} size={20} /> : null}
              <span>{entry.label}</span>
              {entry.id === selected ? <Icon name="check" size={18} /> : null}
            </AriaMenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
