// SPDX-License-Identifier: EUPL-1.2
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuestLink, newestOf, worksNow } from './guest_link';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2030-05-06T12:00:00Z') }));
afterEach(() => void vi.useRealTimers());

const link = (invite_code: string, created: string, rest: Partial<GuestLink> = {}): GuestLink => ({ invite_code, created, active: true, ...rest });

describe('a guest link', () => {
  it('works while it is active and its end has not come', () => {
    expect(worksNow(link('a', '2030-01-01T00:00:00Z'))).toBe(true);
    expect(worksNow(link('a', '2030-01-01T00:00:00Z', { expiration: null }))).toBe(true);
    expect(worksNow(link('a', '2030-01-01T00:00:00Z', { expiration: '2030-05-06T12:00:01Z' }))).toBe(true);
    expect(worksNow(link('a', '2030-01-01T00:00:00Z', { expiration: '2030-05-06T12:00:00Z' }))).toBe(false);
    expect(worksNow(link('a', '2030-01-01T00:00:00Z', { active: false }))).toBe(false);
  });

  it('is the newest, however the times are written', () => {
    // As text, a fraction of a second comes before its beginning.
    const links = [link('second', '2030-01-01T00:00:00.5Z'), link('third', '2030-01-01T00:00:01Z'), link('first', '2030-01-01T00:00:00Z')];
    expect(newestOf(links)?.invite_code).toBe('third');
    expect(newestOf(links.filter(({ invite_code }) => invite_code !== 'third'))?.invite_code).toBe('second');
    expect(newestOf([])).toBeUndefined();
  });
});
