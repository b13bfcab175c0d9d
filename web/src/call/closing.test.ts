// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { noticeAt, noticesAhead } from './closing';

describe('the notices before a time limit', () => {
  it('come five minutes, one minute and ten seconds before the end', () => {
    expect(noticesAhead(600_000)).toEqual([
      { notice: 300, inMs: 300_000 },
      { notice: 60, inMs: 540_000 },
      { notice: 10, inMs: 590_000 },
    ]);
    expect(noticeAt(600_000)).toBeUndefined();
  });

  it('are not made up for by who comes late', () => {
    expect(noticesAhead(60_000)).toEqual([{ notice: 10, inMs: 50_000 }]);
    expect(noticeAt(60_000)).toBe(60);
    expect(noticeAt(9_000)).toBe(10);
  });
});
