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
const there = () => Promise.resolve(new Response(null, { status: 503 }));
const nobodyBehind = () => Promise.resolve(new Response(null, { status: 502 }));

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

it('a page that nobody uses finds out by itself that the server is gone and is back, also behind one that passes requests on', async () => {
  let needed = false;
  reach.watch(() => needed);
  answers = nobodyBehind;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual([]);
  needed = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual([true]);
  answers = there;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual([true, false]);
});
