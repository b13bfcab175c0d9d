// SPDX-License-Identifier: EUPL-1.2
import i18next from 'i18next';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { useTenantName } from './names';

it('an organisation is called as people call it, never by the word the server has for the first', async () => {
  await i18next.changeLanguage('de');
  function Name({ name, shown }: { name: string; shown?: string }) {
    return useTenantName()({ name, organisation_name: shown ?? null });
  }
  expect(renderToString(<Name name="default" shown="Stadt Musterstadt" />)).toBe('Stadt Musterstadt');
  expect(renderToString(<Name name="default" />)).toBe('Erste Organisation');
  expect(renderToString(<Name name="nachbar" shown="Stadt Nachbarstadt" />)).toBe('nachbar');
});
