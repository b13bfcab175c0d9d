// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { linksOf } from './pages';

it('reads numbered pages', () => {
  const links = linksOf('<?per_page=30&page=1>; rel="first", <?per_page=30&page=3>; rel="next", <?per_page=30&page=7>; rel="last"');
  expect(links['next']?.get('page')).toBe('3');
  expect(links['last']?.get('page')).toBe('7');
  expect(links['prev']).toBeUndefined();
});

it('reads the way on from an entry', () => {
  expect(linksOf('<?per_page=50&after=12>; rel="after"')['after']?.get('after')).toBe('12');
  expect(linksOf(null)).toEqual({});
});
