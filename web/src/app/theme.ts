// SPDX-License-Identifier: EUPL-1.2

import { accents, type Colours } from './colours';

/** Light, dark, or as the system says; kept on this device. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'konvent.theme';

export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }
}

const ACCENT = '--kern-color-action-default';

/** The accent of the pages follows the organisation's colour; without one it is Konvent's own. */
export function applyColours(colours: Colours): void {
  const { style } = document.documentElement;
  const found = accents(colours);
  if (found === undefined) style.removeProperty(ACCENT);
  else style.setProperty(ACCENT, `light-dark(${found.light}, ${found.dark})`);
}
