// SPDX-License-Identifier: EUPL-1.2

/** How much a screen reader hears of the meeting; kept in this browser. */
export const LEVELS = ['all', 'normal', 'few'] as const;
export type Level = (typeof LEVELS)[number];

const KEY = 'konvent.announcements';
let level: Level | undefined;

export function announcementLevel(): Level {
  if (level === undefined) {
    const stored = read();
    level = LEVELS.find((one) => one === stored) ?? 'normal';
  }
  return level;
}

export function setAnnouncementLevel(wanted: Level): void {
  level = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // Without storage the choice holds for this page.
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
