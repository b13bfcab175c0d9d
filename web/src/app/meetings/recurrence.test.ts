// SPDX-License-Identifier: EUPL-1.2
import { parseZonedDateTime, Time } from '@internationalized/date';
import { describe, expect, it } from 'vitest';
import type { EventResource } from '../../api/client';
import { bodyOf, changed, changesOf, draftOf, wrongIn } from './draft';
import { type FirstDay, firstOfSeries, ruleOf, type Series, seriesOf, single, weekOfMonth } from './recurrence';

/** Wednesday, 29 April 2026, at 10:00. */
const first: FirstDay = { year: 2026, month: 4, day: 29, weekday: 2, time: new Time(10) };
const zone = 'Europe/Berlin';
const series = (change: Partial<Series>): Series => ({ ...single, interval: 1, ...change });

/** Rules of many programs that mean what the form can show. */
const shown = [
  'RRULE:FREQ=DAILY',
  'RRULE:FREQ=DAILY;INTERVAL=1',
  'RRULE:INTERVAL=2;FREQ=DAILY',
  'RRULE:FREQ=DAILY;COUNT=5',
  'RRULE:FREQ=DAILY;COUNT=5000',
  'RRULE:FREQ=DAILY;UNTIL=20260701',
  'RRULE:FREQ=DAILY;UNTIL=20260701T000000',
  'RRULE:FREQ=DAILY;UNTIL=20260701T070000Z',
  'RRULE:FREQ=DAILY;UNTIL=20260701T080000Z',
  'RRULE:FREQ=DAILY;UNTIL=20260701T215959Z',
  'RRULE:FREQ=WEEKLY',
  'RRULE:FREQ=WEEKLY;BYDAY=WE,MO',
  'RRULE:FREQ=WEEKLY;BYDAY=TU',
  'RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=WE',
  'RRULE:FREQ=MONTHLY',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=29',
  'RRULE:FREQ=MONTHLY;BYDAY=-1WE',
  'RRULE:FREQ=YEARLY',
  'rrule:freq=weekly;byday=we',
];

/** Rules that the form cannot show, or not for this first date. */
const foreign = [
  'RRULE:FREQ=DAILY;BYDAY=MO',
  'RRULE:FREQ=DAILY;BYHOUR=9,15',
  'RRULE:FREQ=DAILY;X-RULE=1',
  'RRULE:FREQ=HOURLY',
  'RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,WE',
  'RRULE:FREQ=WEEKLY;BYMONTH=4;BYDAY=WE',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=-1',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=7',
  'RRULE:FREQ=MONTHLY;BYDAY=2WE',
  'RRULE:FREQ=MONTHLY;BYDAY=5WE',
  'RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO',
  'RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
  'RRULE:FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=29',
  'RRULE:FREQ=YEARLY;BYMONTH=4,10',
  'RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO',
  'FREQ=MONTHLY;BYMONTHDAY=1,15',
];

const event = (pattern: readonly string[], isAllDay = false): EventResource =>
  ({
    id: 'e',
    title: 'Council',
    description: '',
    is_all_day: isAllDay,
    starts_at: { datetime: isAllDay ? '2026-04-28T22:00:00Z' : '2026-04-29T08:00:00Z', timezone: zone },
    ends_at: { datetime: isAllDay ? '2026-04-29T22:00:00Z' : '2026-04-29T09:00:00Z', timezone: zone },
    recurrence_pattern: pattern,
    room: { id: 'r', waiting_room: false, guest_access: 'direct_access', e2e_encryption: false },
    show_meeting_details: true,
  }) as unknown as EventResource;

const now = parseZonedDateTime('2026-01-01T09:30[Europe/Berlin]');

describe('a series', () => {
  it('of one meeting has no rule', () => {
    expect(ruleOf(single, first, zone)).toEqual([]);
    expect(seriesOf([], first, zone)).toEqual(single);
  });

  it('repeats on the first day of the week when no other was chosen', () => {
    expect(ruleOf(series({ frequency: 'weekly' }), first, zone)).toEqual(['RRULE:FREQ=WEEKLY;BYDAY=WE']);
  });

  it('knows the last weekday of a month', () => {
    expect(weekOfMonth(28)).toBe(4);
    expect(weekOfMonth(29)).toBe(-1);
    expect(ruleOf(series({ frequency: 'monthly_weekday' }), first, zone)).toEqual(['RRULE:FREQ=MONTHLY;BYDAY=-1WE']);
  });

  it('comes back from its rule as it was chosen', () => {
    const chosen: Series[] = [
      series({ frequency: 'daily', interval: 3, ends: { kind: 'count', count: 5 } }),
      series({ frequency: 'weekly', days: ['MO', 'WE'], ends: { kind: 'until', day: '2026-12-31' } }),
      series({ frequency: 'monthly_day' }),
      series({ frequency: 'monthly_weekday', interval: 2 }),
      series({ frequency: 'yearly' }),
    ];
    for (const one of chosen) expect(seriesOf(ruleOf(one, first, zone), first, zone)).toMatchObject(one);
  });

  it('goes to the end of its last day where it takes place', () => {
    const summer = series({ frequency: 'daily', ends: { kind: 'until', day: '2026-07-01' } });
    expect(ruleOf(summer, first, zone)).toEqual(['RRULE:FREQ=DAILY;UNTIL=20260701T215959Z']);
    expect(seriesOf(['FREQ=DAILY;UNTIL=20260701'], first, zone)).toMatchObject(summer);
    // Ten o'clock in Berlin is eight in UTC: an end before it leaves the day out.
    expect(seriesOf(['RRULE:FREQ=DAILY;UNTIL=20260701T080000Z'], first, zone)).toMatchObject(summer);
    const before = { ends: { kind: 'until', day: '2026-06-30' } };
    expect(seriesOf(['RRULE:FREQ=DAILY;UNTIL=20260701T075959Z'], first, zone)).toMatchObject(before);
  });

  it('that this form cannot show is shown as made elsewhere', () => {
    const isForeign = (rule: string) => seriesOf([rule], first, zone).frequency === 'other';
    expect(shown.filter(isForeign)).toEqual([]);
    expect(foreign.filter(isForeign)).toEqual(foreign);
    expect(seriesOf(['RRULE:FREQ=DAILY', 'RRULE:FREQ=WEEKLY'], first, zone).frequency).toBe('other');
  });

  it('of which only the title is changed keeps its rules byte for byte', () => {
    for (const isAllDay of [false, true])
      for (const pattern of [...[...shown, ...foreign].map((rule) => [rule]), ['RRULE:FREQ=DAILY', 'rrule:freq=weekly;byday=mo']]) {
        const stored = draftOf(event(pattern, isAllDay), now);
        expect(bodyOf(stored).recurrence_pattern).toEqual(pattern);
        expect(wrongIn(stored)).toEqual([]);
        // Nothing that was not changed is sent at all.
        expect(changesOf(stored, { ...stored, title: 'Budget' })).toEqual({ title: 'Budget' });
        expect(changesOf(stored, stored)).toEqual({});
        // What belongs to the dates is sent as a whole, and the rule is still the same.
        const { ends } = stored;
        const longer = { ...stored, ends: ends?.add({ hours: 1 }) ?? null, lastDay: stored.lastDay?.add({ days: 1 }) ?? null };
        expect(changesOf(stored, longer)).toMatchObject({ is_time_independent: false, recurrence_pattern: pattern });
      }
  });

  it('that was made elsewhere can be replaced, and taken back again', () => {
    const pattern = ['RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15'];
    const stored = draftOf(event(pattern), now);
    const daily = { ...stored, series: { ...stored.series, frequency: 'daily' as const } };
    expect(bodyOf(daily).recurrence_pattern).toEqual(['RRULE:FREQ=DAILY']);
    const back = { ...daily, series: { ...daily.series, frequency: 'other' as const } };
    expect(changesOf(stored, back)).toEqual({});
  });

  it('of one day a week goes along when its first date moves to another day', () => {
    const stored = draftOf(event(['RRULE:FREQ=WEEKLY;BYDAY=WE']), now);
    const thursday = changed(stored, { starts: stored.starts?.add({ days: 1 }) ?? null, ends: stored.ends?.add({ days: 1 }) ?? null });
    expect(bodyOf(thursday).recurrence_pattern).toEqual(['RRULE:FREQ=WEEKLY;BYDAY=TH']);
    const other = draftOf(event(['RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15']), now);
    const later = changed(other, { starts: other.starts?.add({ days: 1 }) ?? null });
    expect(bodyOf(later).recurrence_pattern).toEqual(['RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15']);
  });

  it('begins with the next of its days when the first day is none of them', () => {
    const begins = (change: Partial<Series>) => firstOfSeries(series({ frequency: 'weekly', ...change }), first)?.toString();
    // Wednesday, 29 April 2026.
    expect(begins({ days: ['MO', 'FR'] })).toBe('2026-05-01');
    expect(begins({ days: ['MO', 'TU'] })).toBe('2026-05-04');
    expect(begins({ days: ['MO'], interval: 3 })).toBe('2026-05-18');
    expect(begins({ days: ['MO', 'WE'] })).toBeUndefined();
    expect(begins({})).toBeUndefined();
  });
});
