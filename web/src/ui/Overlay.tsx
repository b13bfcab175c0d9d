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

type Content = ReactNode | ((dialog: { close: () => void }) => ReactNode);

export interface DialogProps {
  title: string;
  /** Absent for a dialog that its trigger opens and closes. */
  isOpen?: boolean;
  onClose?: () => void;
  children: Content;
  /** For what must be decided: read out at once, not closed by a click beside it. */
  urgent?: boolean;
  actions?: Content;
  /** One below the other, as wide as the dialog: for choices of which each is a sentence. */
  stacked?: boolean;
  /** What has to be seen and reached also while the dialog covers the page. */
  above?: ReactNode;
}

export function Dialog({ title, isOpen, onClose, children, urgent = false, actions, stacked, above }: DialogProps) {
  return (
    <ModalOverlay
      className={styles['overlay'] ?? ''}
      {...(isOpen === undefined ? {} : { isOpen, onOpenChange: (open: boolean) => void (open || onClose?.()) })}
      isDismissable={!urgent}
    >
      <Modal className={styles['modal'] ?? ''}>
        <AriaDialog className={styles['dialog'] ?? ''} role={urgent ? 'alertdialog' : 'dialog'}>
          {(dialog) => (
            <>
              {above ? <div className={styles['above']}>{above}</div> : null}
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              {filled(children, dialog)}
              {actions ? (
                <div className={styles['actions']} data-stacked={stacked}>
                  {filled(actions, dialog)}
                </div>
              ) : null}
            </>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function filled(content: Content, dialog: { close: () => void }): ReactNode {
  return typeof content === 'function' ? content(dialog) : content;
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
