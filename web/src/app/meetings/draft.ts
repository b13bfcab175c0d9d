// SPDX-License-Identifier: EUPL-1.2

/** What the form of a meeting holds, how it becomes a request, and what is missing in it. No screen. */
import {
  type CalendarDate,
  getDayOfWeek,
  parseAbsolute,
  Time,
  toCalendarDate,
  toTime,
  toTimeZone,
  toZoned,
  type ZonedDateTime,
} from '@internationalized/date';
import type { EventResource } from '../../api/client';
import { type FirstDay, MOST_DATES, movedSeries, ruleOf, type Series, seriesOf, single } from './recurrence';
import type { Times } from './when';

export type Kind = 'timed' | 'all_day' | 'any_time';
export type GuestAccess = EventResource['room']['guest_access'];

/** When it takes place. */
export interface Timing {
  kind: Kind;
  timezone: string;
  starts: ZonedDateTime | null;
  ends: ZonedDateTime | null;
  /** First and last day of a meeting of whole days. */
  firstDay: CalendarDate | null;
  lastDay: CalendarDate | null;
}

export interface Draft extends Timing {
  title: string;
  description: string;
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
  const timing = timingOf(event, now);
  return {
    ...emptyDraft(now),
    ...timing,
    title: event.title,
    description: event.description,
    waitingRoom: event.room.waiting_room,
    guestAccess: event.room.guest_access,
    password: event.room.password ?? '',
    showDetails: event.show_meeting_details,
    series: seriesOfEvent(event, timing),
  };
}

/** How an event repeats, as far as the form can show it. */
export function seriesOfEvent(event: Times & Pick<EventResource, 'recurrence_pattern'>, timing: Timing): Series {
  const first = firstDayOf(timing);
  return first === undefined ? single : seriesOf(event.recurrence_pattern ?? [], first, timing.timezone);
}

/** A draft with a change, and with what goes along with it. */
export function changed(draft: Draft, part: Partial<Draft>): Draft {
  const next = { ...draft, ...part };
  return part.series ? next : { ...next, series: movedSeries(next.series, firstDayOf(draft), firstDayOf(next)) };
}

export function timingOf(event: Times, now: ZonedDateTime): Timing {
  const { timezone: here, starts: soon, ends: later, firstDay, lastDay } = emptyDraft(now);
  const empty: Timing = { kind: 'any_time', timezone: here, starts: soon, ends: later, firstDay, lastDay };
  if (!event.starts_at || !event.ends_at) return empty;
  const timezone = event.starts_at.timezone;
  const starts = parseAbsolute(event.starts_at.datetime, timezone);
  const ends = toTimeZone(parseAbsolute(event.ends_at.datetime, timezone), timezone);
  if (!event.is_all_day) return { ...empty, kind: 'timed', timezone, starts, ends };
  const last = toCalendarDate(ends.compare(starts) > 0 ? ends.subtract({ milliseconds: 1 }) : ends);
  return { ...empty, kind: 'all_day', timezone, firstDay: toCalendarDate(starts), lastDay: last };
}

/** A meeting that is moved keeps its length. */
export function moved(timing: Timing, starts: ZonedDateTime | null): Partial<Timing> {
  if (starts === null || timing.starts === null || timing.ends === null) return { starts };
  const length = Math.max(0, timing.ends.compare(timing.starts));
  return { starts, ends: starts.add({ milliseconds: length }) };
}

export function firstDayOf({ kind, starts, firstDay }: Timing): FirstDay | undefined {
  const first = kind === 'all_day' ? firstDay : kind === 'timed' ? starts : null;
  if (first === null) return undefined;
  const weekday = getDayOfWeek(toCalendarDate(first), 'en-GB', 'mon');
  return { year: first.year, month: first.month, day: first.day, weekday, time: 'hour' in first ? toTime(first) : new Time() };
}

export type DraftError = 'title' | 'starts' | 'ends' | 'ends_before' | 'series';

export function wrongIn(draft: Draft): DraftError[] {
  const wrong: DraftError[] = draft.title.trim() === '' ? ['title'] : [];
  wrong.push(...wrongTimes(draft));
  if (draft.kind !== 'any_time') {
    const { frequency, interval, ends } = draft.series;
    const first = firstDayOf(draft);
    // What is stored and stays need not be chosen here.
    const isKept = first !== undefined && ruleOf(draft.series, first, draft.timezone) === draft.series.stored?.rules;
    const chosen = frequency !== 'none' && frequency !== 'other' && !isKept;
    const endless = (ends.kind === 'count' && (ends.count < 1 || ends.count > MOST_DATES)) || (ends.kind === 'until' && ends.day === '');
    if (chosen && (interval < 1 || endless)) wrong.push('series');
  }
  return wrong;
}

export function wrongTimes(timing: Timing): DraftError[] {
  if (timing.kind === 'any_time') return [];
  const wrong: DraftError[] = [];
  const [from, to] = timing.kind === 'all_day' ? [timing.firstDay, timing.lastDay] : [timing.starts, timing.ends];
  if (from === null) wrong.push('starts');
  if (to === null) wrong.push('ends');
  if (from !== null && to !== null && to.compare(from as never) < 0) wrong.push('ends_before');
  return wrong;
}

/** The body of POST and PATCH `/v1/events`; call it only when nothing is wrong. */
export function bodyOf(draft: Draft) {
  const first = firstDayOf(draft);
  const times = timesBody(draft);
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    waiting_room: draft.waitingRoom,
    guest_access: draft.guestAccess,
    show_meeting_details: draft.showDetails,
    password: draft.password === '' ? null : draft.password,
    is_time_independent: times === undefined,
    ...times,
    recurrence_pattern: times === undefined || first === undefined ? [] : [...ruleOf(draft.series, first, draft.timezone)],
  };
}

/** What of the body is new. The date is one thing: nothing of it is sent, or all of it. */
export function changesOf(before: Draft, now: Draft): Partial<ReturnType<typeof bodyOf>> {
  const [old, body] = [bodyOf(before), bodyOf(now)];
  const date = ['is_time_independent', 'is_all_day', 'starts_at', 'ends_at', 'recurrence_pattern'];
  const isNew = (key: string) => JSON.stringify(old[key as keyof typeof old]) !== JSON.stringify(body[key as keyof typeof body]);
  const moves = date.some(isNew);
  return Object.fromEntries(Object.entries(body).filter(([key]) => (date.includes(key) ? moves : isNew(key))));
}

/** The times of an event or of one date of a series; `undefined`: at any time. */
export function timesBody({ kind, timezone, starts, ends, firstDay, lastDay }: Timing) {
  const at = (time: ZonedDateTime) => ({ datetime: time.toAbsoluteString(), timezone });
  if (kind === 'all_day' && firstDay !== null && lastDay !== null) {
    const midnight = (day: CalendarDate) => at(toZoned(day, timezone));
    return { is_all_day: true, starts_at: midnight(firstDay), ends_at: midnight(lastDay.add({ days: 1 })) };
  }
  if (kind === 'timed' && starts !== null && ends !== null) {
    return { is_all_day: false, starts_at: at(starts), ends_at: at(ends) };
  }
  return undefined;
}
