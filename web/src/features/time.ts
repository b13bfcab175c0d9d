// SPDX-License-Identifier: EUPL-1.2

/** A time of day, as it is written where this browser is at home. */
export function timeText(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(new Date(at));
}
