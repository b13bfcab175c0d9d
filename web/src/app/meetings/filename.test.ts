// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { shortened } from './filename';

it('leaves names as they are, and keeps the end of those that are too long', () => {
  expect(shortened('Plan of the bridge.pdf')).toBe('Plan of the bridge.pdf');
  expect(shortened(`${'ä'.repeat(196)}.pdf`)).toBe(`${'ä'.repeat(196)}.pdf`);
  expect(shortened(`${'🌉'.repeat(300)}.pdf`)).toBe(`${'🌉'.repeat(196)}.pdf`);
  expect(shortened('x'.repeat(201))).toBe('x'.repeat(200));
});
