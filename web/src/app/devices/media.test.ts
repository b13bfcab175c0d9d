// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { problemOf } from './media';

it('tells denied, occupied and missing devices apart', () => {
  const named = (name: string) => problemOf(new DOMException('', name));
  expect(named('NotAllowedError')).toBe('denied');
  expect(named('NotReadableError')).toBe('in_use');
  expect(named('NotFoundError')).toBe('missing');
  expect(named('OverconstrainedError')).toBe('missing');
  expect(problemOf('surprise')).toBe('other');
});
