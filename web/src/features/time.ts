// SPDX-License-Identifier: EUPL-1.2

/** Numbers and times as they are written where this browser is at home. To make a format takes a hundred times as long as to use it: each is made once. */
const times = new Map<string, Intl.DateTimeFormat>();

/** A time of day. */
export function timeText(at: string, locale: string): string {
  const known = times.get(locale) ?? new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  times.set(locale, known);
  return known.format(new Date(at));
}
