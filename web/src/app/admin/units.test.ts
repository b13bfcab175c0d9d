// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { amountOf, amountText, GIGABYTE, HOUR } from './units';

it('writes amounts as the language does', () => {
  expect(amountText(1_500_000_000, GIGABYTE, 'de')).toBe('1,5');
  expect(amountText(5400, HOUR, 'en')).toBe('1.5');
  expect(amountText(null, HOUR, 'en')).toBe('');
});

it('reads what people write', () => {
  expect(amountOf('1,5', GIGABYTE, 'de')).toBe(1_500_000_000);
  expect(amountOf('2', HOUR, 'en')).toBe(7200);
  expect(amountOf(' ', HOUR, 'en')).toBeNull();
  expect(amountOf('many', HOUR, 'en')).toBeUndefined();
  expect(amountOf('-1', HOUR, 'en')).toBeUndefined();
});

it('keeps an amount to the byte that nobody changed', () => {
  expect(amountOf('1.074', GIGABYTE, 'en', 1_073_741_824)).toBe(1_073_741_824);
});
