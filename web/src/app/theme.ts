// SPDX-License-Identifier: EUPL-1.2

import { lasting } from '../storage';
import { accents, type Colours } from './colours';

/** Light, dark, or as the system says; kept on this device. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'konvent.theme';

export function storedTheme(): Theme {
  const stored = lasting.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    lasting.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    lasting.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }
}

const ACCENT = { light: '--accent-light', dark: '--accent-dark' } as const;

/** The accent of the pages follows the organisation's colour; without one it is Konvent's own. */
export function applyColours(colours: Colours): void {
  const { style } = document.documentElement;
  const found = accents(colours);
  // One for each theme, and the style sheet chooses: browsers without `light-dark()` have it written out there, not here.
  for (const ground of ['light', 'dark'] as const) {
    if (found === undefined) style.removeProperty(ACCENT[ground]);
    else style.setProperty(ACCENT[ground], found[ground]);
  }
}
