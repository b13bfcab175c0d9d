// SPDX-License-Identifier: EUPL-1.2

import { lasting } from '../../storage';

/** How much a screen reader hears of the meeting; kept in this browser. */
export const LEVELS = ['all', 'normal', 'few'] as const;
export type Level = (typeof LEVELS)[number];

const KEY = 'konvent.announcements';
let level: Level | undefined;

export function announcementLevel(): Level {
  if (level === undefined) {
    const stored = lasting.getItem(KEY);
    level = LEVELS.find((one) => one === stored) ?? 'normal';
  }
  return level;
}

export function setAnnouncementLevel(wanted: Level): void {
  level = wanted;
  lasting.setItem(KEY, wanted);
}
