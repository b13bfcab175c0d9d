// SPDX-License-Identifier: EUPL-1.2
import { expect, test } from 'vitest';
import { middle } from './picture';

test('the middle of a picture is its largest square', () => {
  expect(middle(400, 300)).toEqual({ left: 50, top: 0, side: 300 });
  expect(middle(301, 400)).toEqual({ left: 0, top: 49, side: 301 });
  expect(middle(256, 256)).toEqual({ left: 0, top: 0, side: 256 });
});
