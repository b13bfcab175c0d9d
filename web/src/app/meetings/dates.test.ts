// SPDX-License-Identifier: EUPL-1.2

/** Single dates of a series, and the times of the form. */
import { parseZonedDateTime } from '@internationalized/date';
import { describe, expect, it } from 'vitest';
import { moved, timesBody, timingOf, wrongTimes } from './draft';
import { type Instance, isCutOff, nextOfEach } from './instance';
import { plannedOf, type Times, zoneText } from './when';

const now = parseZonedDateTime('2030-01-01T09:30[Europe/Berlin]');
const at = (datetime: string) => ({ datetime, timezone: 'Europe/Berlin' });
const timed: Times = { is_all_day: false, starts_at: at('2030-04-01T16:00:00Z'), ends_at: at('2030-04-01T17:00:00Z') };
/** A day of the summer time, as the server stores it: from midnight to midnight. */
const wholeDay: Times = { is_all_day: true, starts_at: at('2030-04-01T22:00:00Z'), ends_at: at('2030-04-02T22:00:00Z') };

describe('a date of a series', () => {
  it('is told from the time it would have by the rule, only if it was moved', () => {
    expect(plannedOf({ ...timed, instance_id: '20300401T160000Z' }, 'en')).toBeUndefined();
    expect(plannedOf({ ...timed, instance_id: '20300325T170000Z' }, 'en')).toContain('25');
    expect(plannedOf({ ...wholeDay, instance_id: '20300401T220000Z' }, 'en')).toBeUndefined();
    // Midnight in Berlin is still the day before in UTC.
    expect(plannedOf({ ...wholeDay, instance_id: '20300325T230000Z' }, 'en')).toContain('26');
  });

  it('comes back from the form as it went in', () => {
    for (const times of [timed, wholeDay]) {
      const { starts_at, ends_at, is_all_day } = timesBody(timingOf(times, now)) ?? {};
      expect(is_all_day).toBe(times.is_all_day);
      expect(Date.parse(starts_at?.datetime ?? '')).toBe(Date.parse(times.starts_at?.datetime ?? ''));
      expect(Date.parse(ends_at?.datetime ?? '')).toBe(Date.parse(times.ends_at?.datetime ?? ''));
    }
  });

  it('keeps its length when it is moved, and cannot end before it begins', () => {
    const timing = timingOf(timed, now);
    const later = { ...timing, ...moved(timing, parseZonedDateTime('2030-04-02T17:00[Europe/Berlin]')) };
    expect(later.ends?.toString()).toBe('2030-04-02T18:00:00+02:00[Europe/Berlin]');
    expect(wrongTimes(later)).toEqual([]);
    expect(wrongTimes({ ...later, ends: timing.ends })).toEqual(['ends_before']);
  });

  it('stands for its series where that is shown once, unless it is cancelled', () => {
    const dates = ['a', 'b'].flatMap((series) =>
      ['1', '2', '3'].map((day) => ({ id: series + day, recurring_event_id: series, status: day === '1' ? 'cancelled' : 'ok' })),
    );
    const single = { id: 'c' };
    expect(nextOfEach([...dates, single] as Instance[]).map(({ id }) => id)).toEqual(['a2', 'b2', 'c']);
  });

  it('may not be the last of its series where as many are shown as were asked for', () => {
    const dates = ['1', '2', '3'].map((day) => ({ id: day, instance_id: day, recurring_event_id: 'a' }));
    const singles = ['4', '5', '6'].map((id) => ({ id }));
    expect(isCutOff([...dates, ...singles] as Instance[], 3)).toBe(true);
    expect(isCutOff([...dates, ...singles] as Instance[], 4)).toBe(false);
    expect(isCutOff(singles as Instance[], 3)).toBe(false);
  });
});

describe('a time zone', () => {
  it('has the names that people know', () => {
    expect(zoneText('Europe/Berlin', 'de')).toBe('Berlin (MEZ/MESZ)');
    expect(zoneText('Europe/Berlin', 'en')).toMatch(/^Berlin \((CET\/CEST|Central European Time)\)$/);
    expect(zoneText('America/New_York', 'de')).toBe('New York (Nordamerikanische Ostküstenzeit)');
    expect(zoneText('Europe/London', 'de')).toBe('London (Mittlere Greenwich-Zeit/Britische Sommerzeit)');
    expect(zoneText('UTC', 'de')).toBe('UTC');
  });
});
