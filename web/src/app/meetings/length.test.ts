// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { lengthText } from './length';

it('says how long a meeting may last', () => {
  expect(lengthText(5400, 'en')).toBe('1 hour 30 minutes');
  expect(lengthText(2400, 'de')).toBe('40 Minuten');
  expect(lengthText(7200, 'de')).toBe('2 Stunden');
  expect(lengthText(90, 'en')).toBe('1 minute 30 seconds');
});
