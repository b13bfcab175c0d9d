// SPDX-License-Identifier: EUPL-1.2

/** What the form of a meeting holds, how it becomes a request, and what is missing in it. No screen. */
import {
  type CalendarDate,
  getDayOfWeek,
  parseAbsolute,
  toCalendarDate,
  toTimeZone,
  toZoned,
  type ZonedDateTime,
} from '@internationalized/date';
import type { EventResource } from '../../api/client';
import { type FirstDay, ruleOf, type Series, seriesOf, single } from './recurrence';

export type Kind = 'timed' | 'all_day' | 'any_time';
export type GuestAccess = EventResource['room']['guest_access'];

export interface Draft {
  title: string;
  description: string;
  kind: Kind;
  timezone: string;
  starts: ZonedDateTime | null;
  ends: ZonedDateTime | null;
  /** First and last day of a meeting of whole days. */
  firstDay: CalendarDate | null;
  lastDay: CalendarDate | null;
  series: Series;
  waitingRoom: boolean;
  guestAccess: GuestAccess;
  /** Empty: none. */
  password: string;
  showDetails: boolean;
}

/** A new meeting: at the next full hour, for an hour. */
export function emptyDraft(now: ZonedDateTime): Draft {
  const starts = now.set({ minute: 0, second: 0, millisecond: 0 }).add({ hours: 1 });
  const day = toCalendarDate(starts);
  return {
    title: '',
    description: '',
    kind: 'timed',
    timezone: now.timeZone,
    starts,
    ends: starts.add({ hours: 1 }),
    firstDay: day,
    lastDay: day,
    series: single,
    waitingRoom: false,
    guestAccess: 'direct_access',
    password: '',
    showDetails: true,
  };
}

export function draftOf(event: EventResource, now: ZonedDateTime): Draft {
  const draft: Draft = {
    ...emptyDraft(now),
    title: event.title,
    description: event.description,
    waitingRoom: event.room.waiting_room,
    guestAccess: event.room.guest_access,
    password: event.room.password ?? '',
    showDetails: event.show_meeting_details,
  };
  if (!event.starts_at || !event.ends_at) return { ...draft, kind: 'any_time' };
  const timezone = event.starts_at.timezone;
  const starts = parseAbsolute(event.starts_at.datetime, timezone);
  const ends = toTimeZone(parseAbsolute(event.ends_at.datetime, timezone), timezone);
  const series = seriesOf(event.recurrence_pattern, timezone);
  if (!event.is_all_day) return { ...draft, timezone, starts, ends, series };
  const last = toCalendarDate(ends.compare(starts) > 0 ? ends.subtract({ milliseconds: 1 }) : ends);
  return { ...draft, kind: 'all_day', timezone, firstDay: toCalendarDate(starts), lastDay: last, series };
}

/** A meeting that is moved keeps its length. */
export function moved(draft: Draft, starts: ZonedDateTime | null): Draft {
  if (starts === null || draft.starts === null || draft.ends === null) return { ...draft, starts };
  const length = Math.max(0, draft.ends.compare(draft.starts));
  return { ...draft, starts, ends: starts.add({ milliseconds: length }) };
}

export function firstDayOf(draft: Draft): FirstDay | undefined {
  const day = draft.kind === 'all_day' ? draft.firstDay : draft.kind === 'timed' && draft.starts ? toCalendarDate(draft.starts) : null;
  if (day === null) return undefined;
  return { year: day.year, month: day.month, day: day.day, weekday: getDayOfWeek(day, 'en-GB', 'mon') };
}

export type DraftError = 'title' | 'starts' | 'ends' | 'ends_before' | 'series';

export function wrongIn(draft: Draft): DraftError[] {
  const wrong: DraftError[] = [];
  if (draft.title.trim() === '') wrong.push('title');
  const [from, to] = draft.kind === 'all_day' ? [draft.firstDay, draft.lastDay] : [draft.starts, draft.ends];
  if (draft.kind !== 'any_time') {
    if (from === null) wrong.push('starts');
    if (to === null) wrong.push('ends');
    if (from !== null && to !== null && to.compare(from as never) < 0) wrong.push('ends_before');
    const { frequency, interval, ends } = draft.series;
    const chosen = frequency !== 'none' && frequency !== 'other';
    const endless = (ends.kind === 'count' && ends.count < 1) || (ends.kind === 'until' && ends.day === '');
    if (chosen && (interval < 1 || endless)) wrong.push('series');
  }
  return wrong;
}

/** The body of POST and PATCH `/v1/events`; call it only when nothing is wrong. */
export function bodyOf(draft: Draft) {
  const at = (time: ZonedDateTime) => ({ datetime: time.toAbsoluteString(), timezone: draft.timezone });
  const midnight = (day: CalendarDate) => at(toZoned(day, draft.timezone));
  const first = firstDayOf(draft);
  const recurrence_pattern = first === undefined ? [] : ruleOf(draft.series, first, draft.timezone);
  const shared = {
    title: draft.title.trim(),
    description: draft.description.trim(),
    waiting_room: draft.waitingRoom,
    guest_access: draft.guestAccess,
    show_meeting_details: draft.showDetails,
    password: draft.password === '' ? null : draft.password,
  };
  if (draft.kind === 'all_day' && draft.firstDay !== null && draft.lastDay !== null) {
    return {
      ...shared,
      is_time_independent: false,
      is_all_day: true,
      starts_at: midnight(draft.firstDay),
      ends_at: midnight(draft.lastDay.add({ days: 1 })),
      recurrence_pattern,
    };
  }
  if (draft.kind === 'timed' && draft.starts !== null && draft.ends !== null) {
    return {
      ...shared,
      is_time_independent: false,
      is_all_day: false,
      starts_at: at(draft.starts),
      ends_at: at(draft.ends),
      recurrence_pattern,
    };
  }
  return { ...shared, is_time_independent: true, recurrence_pattern: [] };
}


