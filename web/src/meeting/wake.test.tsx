// SPDX-License-Identifier: EUPL-1.2
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, expect, it, vi } from 'vitest';
import { useAwake } from './wake';

afterEach(() => vi.unstubAllGlobals());

it('keeps the screen on while the meeting is shown, again when the page is seen again, and no longer', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const locks: { released: boolean; release: () => Promise<void> }[] = [];
  const request = async () => {
    const lock = { released: false, release: async () => void (lock.released = true) };
    locks.push(lock);
    return lock;
  };
  vi.stubGlobal('navigator', { wakeLock: { request } });
  const Meeting = () => {
    useAwake();
    return null;
  };
  const root = createRoot(document.createElement('div'));
  await act(async () => root.render(<Meeting />));
  expect(locks.map(({ released }) => released)).toEqual([false]);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(locks).toHaveLength(1);
  await locks[0]?.release();
  await act(async () => document.dispatchEvent(new Event('visibilitychange')));
  expect(locks.map(({ released }) => released)).toEqual([true, false]);
  await act(async () => root.unmount());
  expect(locks.map(({ released }) => released)).toEqual([true, true]);
});
