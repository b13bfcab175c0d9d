// SPDX-License-Identifier: EUPL-1.2

/** When something takes place, in words, as it is written where this browser is at home. */
import type { CalendarDate } from '@internationalized/date';
import type { EventResource } from '../../api/client';
import { region } from '../region';

/** What of an event, a date of a series or an exception says when it is. */
export type Times = Pick<EventResource, 'is_all_day' | 'starts_at' | 'ends_at'>;

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A time zone as people know it: "Berlin (MEZ/MESZ)", with its names in winter and in summer. */
export function zoneText(zone: string, language: string): string {
  const city = (zone.split('/').pop() ?? zone).replaceAll('_', ' ');
  const name = (timeZoneName: 'short' | 'long' | 'longGeneric', month = 0) => {
    const format = new Intl.DateTimeFormat(region(language), { timeZone: zone, timeZoneName });
    const parts = format.formatToParts(new Date(Date.UTC(new Date().getUTCFullYear(), month, 1)));
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  };
  const both = (timeZoneName: 'short' | 'long') => [...new Set([name(timeZoneName), name(timeZoneName, 6)])].join('/');
  const [short, generic] = [both('short'), name('longGeneric')];
  // Where a language has no short name there is only "GMT-5", which nobody knows by heart; and some have none for both.
  const isKnown = !/[\d:]/.test(short);
  const known = isKnown ? short : generic.includes('(') ? both('long') : generic;
  return known === city ? city : `${city} (${known})`;
}

/** `undefined`: at any time. */
export function whenText(event: Times, language: string): string | undefined {
  if (!event.starts_at) return undefined;
  const starts = new Date(event.starts_at.datetime);
  const ends = new Date(event.ends_at?.datetime ?? event.starts_at.datetime);
  if (event.is_all_day) {
    // A day is a day of the calendar it was planned in, and ends where the next one begins.
    const days = new Intl.DateTimeFormat(region(language), { dateStyle: 'full', timeZone: event.starts_at.timezone });
    const last = new Date(Math.max(starts.getTime(), ends.getTime() - 1));
    return days.formatRange(starts, last);
  }
  return new Intl.DateTimeFormat(region(language), { dateStyle: 'full', timeStyle: 'short' }).formatRange(starts, ends);
}

/** A day of the calendar, with its weekday. */
export const dayText = (day: CalendarDate, language: string): string =>
  new Intl.DateTimeFormat(region(language), { dateStyle: 'full', timeZone: 'UTC' }).format(day.toDate('UTC'));

/** A moment, as `2030-05-06T18:30:00Z`. */
export const momentText = (moment: string, language: string): string =>
  new Intl.DateTimeFormat(region(language), { dateStyle: 'long', timeStyle: 'short' }).format(new Date(moment));

/** The day of the calendar as `YYYY-MM-DD`, here; of whole days, where they were planned. */
export function dayOf(event: Times): string | undefined {
  if (!event.starts_at) return undefined;
  const zone = event.is_all_day ? event.starts_at.timezone : localZone();
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone: zone }).format(new Date(event.starts_at.datetime));
}

/** Every day of the calendar that it touches between two days, as `YYYY-MM-DD`. What ends at midnight does not touch the next day. */
export function daysOf(event: Times, from: CalendarDate, to: CalendarDate): string[] {
  const first = dayOf(event);
  if (first === undefined || !event.starts_at) return [];
  const starts = new Date(event.starts_at.datetime).getTime();
  const ends = Math.max(starts, new Date(event.ends_at?.datetime ?? starts).getTime() - 1);
  const last = dayOf({ ...event, starts_at: { ...event.starts_at, datetime: new Date(ends).toISOString() } }) ?? first;
  const days: string[] = [];
  for (let day = from; day.compare(to) <= 0; day = day.add({ days: 1 })) {
    const text = day.toString();
    if (first <= text && text <= last) days.push(text);
  }
  return days;
}

export function timeText(event: Times, language: string): string | undefined {
  if (!event.starts_at || event.is_all_day) return undefined;
  return new Intl.DateTimeFormat(region(language), { timeStyle: 'short' }).format(new Date(event.starts_at.datetime));
}

/** When a date of a series would be by the series' rule, if it has been moved. */
export function plannedOf(date: Times & { instance_id: string }, language: string): string | undefined {
  const planned = new Date(date.instance_id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!date.starts_at || Number.isNaN(planned.getTime()) || planned.getTime() === new Date(date.starts_at.datetime).getTime())
    return undefined;
  const zone = date.is_all_day ? { timeZone: date.starts_at.timezone } : { timeStyle: 'short' as const };
  return new Intl.DateTimeFormat(region(language), { dateStyle: 'full', ...zone }).format(planned);
}
