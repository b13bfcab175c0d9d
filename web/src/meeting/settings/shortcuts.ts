// SPDX-License-Identifier: EUPL-1.2

/** Whether keys with Ctrl and Shift do something in the meeting; kept in this browser. */
import { lasting } from '../../storage';

const KEY = 'konvent.shortcuts';

export function shortcutsAreOn(): boolean {
  return lasting.getItem(KEY) !== 'off';
}

export function turnShortcuts(on: boolean): void {
  if (on) lasting.removeItem(KEY);
  else lasting.setItem(KEY, 'off');
}

type Pressed = Pick<KeyboardEvent, 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'repeat' | 'target'>;

/** With Alt the same keys write characters on many keyboards; and where somebody types, every key is theirs. */
export function isShortcut({ ctrlKey, metaKey, shiftKey, altKey, repeat, target }: Pressed): boolean {
  if (!shiftKey || altKey || repeat || ctrlKey === metaKey) return false;
  return !(target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select')));
}

/** What is printed on the key: ⌘ on Apple's keyboards. */
export function isApple(platform = navigator.platform): boolean {
  return /^(Mac|iPhone|iPad)/.test(platform);
}
