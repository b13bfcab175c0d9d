// SPDX-License-Identifier: EUPL-1.2

/**
 * A series as a person chooses it, and the rule of RFC 5545 it is stored as. Rules that other programs made and this form
 * cannot show are kept as they are.
 */
import { parseAbsolute, parseDateTime, toCalendarDate, toZoned } from '@internationalized/date';

export type Frequency = 'none' | 'daily' | 'weekly' | 'monthly_day' | 'monthly_weekday' | 'yearly' | 'other';
export type Ends = { kind: 'never' } | { kind: 'until'; day: string } | { kind: 'count'; count: number };

/** Days of the week as in RFC 5545, Monday first. */
export const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Series {
  frequency: Frequency;
  /** Every so many days, weeks, months or years. */
  interval: number;
  /** For `weekly`. */
  days: readonly Weekday[];
  ends: Ends;
  /** For `other`: the rule as it was. */
  rule?: string;
}

export const single: Series = { frequency: 'none', interval: 1, days: [], ends: { kind: 'never' } };

/** Year, month 1–12, day, and day of the week 0–6 from Monday, of the first date. */
export interface FirstDay {
  year: number;
  month: number;
  day: number;
  weekday: number;
}

/** Which one of its kind in the month: 1 to 4, or -1 for the last. */
export function weekOfMonth(day: number): number {
  const week = Math.ceil(day / 7);
  return week > 4 ? -1 : week;
}

/** The rule for `recurrence_pattern`; nothing for a single meeting. */
export function ruleOf(series: Series, first: FirstDay, timezone: string): string[] {
  if (series.frequency === 'none') return [];
  if (series.frequency === 'other') return series.rule === undefined ? [] : [series.rule];
  const parts: string[] = [];
  const weekday = weekdays[first.weekday] ?? 'MO';
  switch (series.frequency) {
    case 'daily':
      parts.push('FREQ=DAILY');
      break;
    case 'weekly':
      parts.push('FREQ=WEEKLY', `BYDAY=${(series.days.length > 0 ? weekdays.filter((day) => series.days.includes(day)) : [weekday]).join(',')}`);
      break;
    case 'monthly_day':
      parts.push('FREQ=MONTHLY', `BYMONTHDAY=${first.day}`);
      break;
    case 'monthly_weekday':
      parts.push('FREQ=MONTHLY', `BYDAY=${weekOfMonth(first.day)}${weekday}`);
      break;
    case 'yearly':
      parts.push('FREQ=YEARLY');
      break;
  }
  if (series.interval > 1) parts.push(`INTERVAL=${series.interval}`);
  if (series.ends.kind === 'count') parts.push(`COUNT=${series.ends.count}`);
  if (series.ends.kind === 'until') {
    const last = toZoned(parseDateTime(`${series.ends.day}T23:59:59`), timezone).toAbsoluteString();
    parts.push(`UNTIL=${last.slice(0, 19).replaceAll(/[-:]/g, '')}Z`);
  }
  return [`RRULE:${parts.join(';')}`];
}

/** What the form shows for a stored rule. */
export function seriesOf(pattern: readonly string[], timezone: string): Series {
  const rule = pattern[0];
  if (rule === undefined) return single;
  const other: Series = { ...single, frequency: 'other', rule };
  if (pattern.length > 1) return other;
  const parts = new Map(
    rule
      .replace(/^RRULE:/i, '')
      .split(';')
      .map((part) => part.split('=', 2) as [string, string]),
  );
  const known = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTHDAY', 'WKST'];
  if ([...parts.keys()].some((key) => !known.includes(key))) return other;
  const interval = Number(parts.get('INTERVAL') ?? 1);
  const ends = endsOf(parts, timezone);
  if (ends === undefined || !Number.isInteger(interval) || interval < 1) return other;
  const days = (parts.get('BYDAY') ?? '').split(',').filter(Boolean);
  const plain = days.every((day): day is Weekday => weekdays.includes(day as Weekday));
  const series = (frequency: Frequency, chosen: readonly Weekday[] = []): Series => ({ frequency, interval, days: chosen, ends });
  switch (parts.get('FREQ')) {
    case 'DAILY':
      return days.length === 0 && !parts.has('BYMONTHDAY') ? series('daily') : other;
    case 'WEEKLY':
      return plain && !parts.has('BYMONTHDAY') ? series('weekly', days as Weekday[]) : other;
    case 'MONTHLY':
      if (parts.has('BYMONTHDAY')) return days.length === 0 ? series('monthly_day') : other;
      if (days.length === 0) return series('monthly_day');
      return days.length === 1 && /^(-1|[1-4])[A-Z]{2}$/.test(days[0] ?? '') ? series('monthly_weekday') : other;
    case 'YEARLY':
      return days.length === 0 && !parts.has('BYMONTHDAY') ? series('yearly') : other;
    default:
      return other;
  }
}

function endsOf(parts: ReadonlyMap<string, string>, timezone: string): Ends | undefined {
  const until = parts.get('UNTIL');
  const count = parts.get('COUNT');
  if (until !== undefined) {
    const found = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(until);
    if (found === null) return undefined;
    const [, year, month, day, hour, minute, second, utc] = found;
    if (utc !== 'Z') return { kind: 'until', day: `${year}-${month}-${day}` };
    const last = parseAbsolute(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`, timezone);
    return { kind: 'until', day: toCalendarDate(last).toString() };
  }
  if (count !== undefined) return Number(count) > 0 ? { kind: 'count', count: Number(count) } : undefined;
  return { kind: 'never' };
}
