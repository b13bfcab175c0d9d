// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { kept } from './storage';

const forbidden = (): Storage => {
  throw new DOMException('', 'SecurityError');
};

it('a browser that forbids its storage keeps what was set for this page', () => {
  const storage = kept(forbidden);
  expect(storage.getItem('colour')).toBeNull();
  storage.setItem('colour', 'dark');
  expect(storage.getItem('colour')).toBe('dark');
  storage.removeItem('colour');
  expect(storage.getItem('colour')).toBeNull();
});

it('what a full storage does not take holds for this page, and what is removed stays removed', () => {
  const full = { getItem: () => 'old', setItem: forbidden, removeItem: forbidden } as unknown as Storage;
  const storage = kept(() => full);
  expect(storage.getItem('colour')).toBe('old');
  storage.setItem('colour', 'new');
  expect(storage.getItem('colour')).toBe('new');
  storage.removeItem('colour');
  expect(storage.getItem('colour')).toBeNull();
});

it('a browser that allows its storage is told everything', () => {
  const values = new Map<string, string>();
  const storage = kept(() => ({
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  }));
  storage.setItem('colour', 'dark');
  expect([...values]).toEqual([['colour', 'dark']]);
  storage.removeItem('colour');
  expect(values.size).toBe(0);
});
