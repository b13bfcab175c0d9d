// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { type FirstDay, ruleOf, type Series, seriesOf, single, weekOfMonth } from './recurrence';

/** Wednesday, 29 April 2026. */
const first: FirstDay = { year: 2026, month: 4, day: 29, weekday: 2 };
const zone = 'Europe/Berlin';
const series = (change: Partial<Series>): Series => ({ ...single, interval: 1, ...change });

describe('a series', () => {
  it('of one meeting has no rule', () => {
    expect(ruleOf(single, first, zone)).toEqual([]);
    expect(seriesOf([], zone)).toEqual(single);
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
    for (const one of chosen) expect(seriesOf(ruleOf(one, first, zone), zone)).toEqual(one);
  });

  it('goes to the end of its last day where it takes place', () => {
    const summer = series({ frequency: 'daily', ends: { kind: 'until', day: '2026-07-01' } });
    expect(ruleOf(summer, first, zone)).toEqual(['RRULE:FREQ=DAILY;UNTIL=20260701T215959Z']);
    expect(seriesOf(['FREQ=DAILY;UNTIL=20260701'], zone)).toEqual(summer);
  });

  it('that this form cannot show is kept as it is', () => {
    for (const rule of ['RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1', 'RRULE:FREQ=HOURLY', 'RRULE:FREQ=DAILY;BYDAY=MO']) {
      const kept = seriesOf([rule], zone);
      expect(kept.frequency).toBe('other');
      expect(ruleOf(kept, first, zone)).toEqual([rule]);
    }
  });
});
