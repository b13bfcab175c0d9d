// SPDX-License-Identifier: EUPL-1.2

/**
 * A series as a person chooses it, and the rules of RFC 5545 it is stored as. The one rule: what this form cannot show
 * exactly, or was not asked to change, is kept byte for byte.
 */
import { CalendarDate, parseAbsolute, parseDateTime, type Time, toCalendarDate, toTime, toZoned } from '@internationalized/date';

export type Frequency = 'none' | 'daily' | 'weekly' | 'monthly_day' | 'monthly_weekday' | 'yearly' | 'other';
export type Ends = { kind: 'never' } | { kind: 'until'; day: string } | { kind: 'count'; count: number };

/** Most dates that a series can be limited to; the server allows as many. */
export const MOST_DATES = 1000;

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
  /** Of a stored series: its rules as they are, and what this form would make of them unchanged. */
  stored?: { rules: readonly string[]; shown: readonly string[] };
}

export const single: Series = { frequency: 'none', interval: 1, days: [], ends: { kind: 'never' } };

/** Year, month 1–12, day, and day of the week 0–6 from Monday, of the first date; its time on the clock. */
export interface FirstDay {
  year: number;
  month: number;
  day: number;
  weekday: number;
  time: Time;
}

/** Which one of its kind in the month: 1 to 4, or -1 for the last. */
export function weekOfMonth(day: number): number {
  const week = Math.ceil(day / 7);
  return week > 4 ? -1 : week;
}

const weekdayOf = (first: FirstDay): Weekday => weekdays[first.weekday] ?? 'MO';

/** The rules for `recurrence_pattern`; none for a single meeting. */
export function ruleOf(series: Series, first: FirstDay, timezone: string): readonly string[] {
  const { stored } = series;
  if (series.frequency === 'other') return stored?.rules ?? [];
  const chosen = chosenRule(series, first, timezone);
  return stored !== undefined && stored.shown.join() === chosen.join() ? stored.rules : chosen;
}

function chosenRule(series: Series, first: FirstDay, timezone: string): string[] {
  const parts: string[] = [];
  const weekday = weekdayOf(first);
  switch (series.frequency) {
    case 'none':
    case 'other':
      return [];
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

/** What the form shows for stored rules: a choice only if it means the very same dates. */
export function seriesOf(rules: readonly string[], first: FirstDay, timezone: string): Series {
  const [rule] = rules;
  if (rule === undefined) return single;
  const series = rules.length === 1 ? choiceOf(rule, first, timezone) : undefined;
  if (series === undefined) return { ...single, frequency: 'other', stored: { rules, shown: [] } };
  return { ...series, stored: { rules, shown: chosenRule(series, first, timezone) } };
}

function choiceOf(rule: string, first: FirstDay, timezone: string): Series | undefined {
  const parts = new Map<string, string>();
  for (const part of rule.trim().toUpperCase().replace(/^RRULE:/, '').split(';')) {
    const [name, value, ...more] = part.split('=');
    if (name === undefined || value === undefined || more.length > 0 || parts.has(name)) return undefined;
    parts.set(name, value);
  }
  const take = (name: string): string | undefined => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const interval = Number(take('INTERVAL') ?? 1);
  const ends = endsOf(take('UNTIL'), take('COUNT'), first, timezone);
  const frequency = take('FREQ');
  const days = take('BYDAY');
  const monthDay = take('BYMONTHDAY');
  // Weeks begin on Monday unless said otherwise.
  if ((take('WKST') ?? 'MO') !== 'MO' || parts.size > 0) return undefined;
  if (ends === undefined || !Number.isInteger(interval) || interval < 1) return undefined;
  const series = (frequency: Frequency, chosen: readonly Weekday[] = []): Series => ({ frequency, interval, days: chosen, ends });
  const isFirstDay = monthDay === undefined || monthDay === String(first.day);
  switch (frequency) {
    case 'DAILY':
      return days === undefined && monthDay === undefined ? series('daily') : undefined;
    case 'WEEKLY': {
      const chosen = days?.split(',') ?? [weekdayOf(first)];
      const plain = chosen.every((day): day is Weekday => weekdays.includes(day as Weekday));
      return plain && monthDay === undefined ? series('weekly', chosen) : undefined;
    }
    case 'MONTHLY':
      if (days === undefined) return isFirstDay ? series('monthly_day') : undefined;
      return monthDay === undefined && days === `${weekOfMonth(first.day)}${weekdayOf(first)}` ? series('monthly_weekday') : undefined;
    case 'YEARLY':
      return days === undefined && monthDay === undefined ? series('yearly') : undefined;
    default:
      return undefined;
  }
}

/** `undefined`: not an end that this form has. */
function endsOf(until: string | undefined, count: string | undefined, first: FirstDay, timezone: string): Ends | undefined {
  if (until !== undefined && count !== undefined) return undefined;
  if (count !== undefined) {
    const dates = Number(count);
    return Number.isInteger(dates) && dates > 0 ? { kind: 'count', count: dates } : undefined;
  }
  if (until === undefined) return { kind: 'never' };
  const found = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(until);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, utc] = found;
  if (hour === undefined) return { kind: 'until', day: `${year}-${month}-${day}` };
  const moment = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const last = utc === 'Z' ? parseAbsolute(`${moment}Z`, timezone) : parseDateTime(moment);
  const date = toCalendarDate(last);
  // The meeting of that day begins only after the end.
  const isOver = toTime(last).compare(first.time) < 0;
  return { kind: 'until', day: (isOver ? date.subtract({ days: 1 }) : date).toString() };
}

/** The series when its first date moves: a meeting of one day a week moves to the new day. */
export function movedSeries(series: Series, before: FirstDay | undefined, now: FirstDay | undefined): Series {
  if (series.frequency !== 'weekly' || before === undefined || now === undefined) return series;
  return series.days.join() === weekdayOf(before) ? { ...series, days: [weekdayOf(now)] } : series;
}

/**
 * The first date of a weekly series whose first day is none of the chosen ones: the next of them. `undefined`: the first day
 * is one of them.
 */
export function firstOfSeries(series: Series, first: FirstDay | undefined): CalendarDate | undefined {
  if (series.frequency !== 'weekly' || first === undefined || series.days.length === 0) return undefined;
  const chosen = weekdays.flatMap((day, index) => (series.days.includes(day) ? [index] : []));
  if (chosen.includes(first.weekday)) return undefined;
  const later = chosen.find((index) => index > first.weekday);
  const monday = new CalendarDate(first.year, first.month, first.day).subtract({ days: first.weekday });
  return later === undefined
    ? monday.add({ weeks: Math.max(1, series.interval), days: chosen[0] ?? 0 })
    : monday.add({ days: later });
}
