// SPDX-License-Identifier: EUPL-1.2
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reach } from './reach';

let answers: () => Promise<Response>;
const told: boolean[] = [];
reach.subscribe(() => told.push(reach.away()));

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  vi.stubGlobal('fetch', () => answers());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const gone = () => Promise.reject(new TypeError('Failed to fetch'));
const there = () => Promise.resolve(new Response(null, { status: 503, headers: { konvent: 'here' } }));
const nobodyBehind = (status: number) => () => Promise.resolve(new Response(null, { status }));

it('a failed request is a reason to look; what the server answers decides, and looking goes on until it does', async () => {
  answers = gone;
  reach.doubt();
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([true]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([true]);
  answers = there;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual([true, false]);
});

it('the word of the browser alone does not make a server unreachable that answers', async () => {
  answers = there;
  dispatchEvent(new Event('offline'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
});

it.each([502, 503, 504, 200])('a page that nobody uses finds out that the server is gone, whatever one says that passes requests on (%s)', async (status) => {
  let needed = false;
  reach.watch(() => needed);
  answers = nobodyBehind(status);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual([]);
  needed = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual([true]);
  answers = there;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual([true, false]);
});
