// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { legalLinks } from './links';

it('shows what is set and leads to the web or a mailbox, in one order', () => {
  const links = { accessibility_url: 'https://town.example/a11y', imprint_url: 'mailto:town@town.example', data_protection_url: null };
  expect(legalLinks(links).map(({ kind }) => kind)).toEqual(['imprint', 'accessibility']);
  expect(legalLinks({ imprint_url: 'javascript:alert(1)' })).toEqual([]);
  expect(legalLinks(undefined)).toEqual([]);
});
