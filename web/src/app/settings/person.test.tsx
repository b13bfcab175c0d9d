// SPDX-License-Identifier: EUPL-1.2

/** What the settings say of the e-mail address, and of the name. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import i18next from 'i18next';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, expect, it, vi } from 'vitest';
import type { Profile } from '../../api/client';
import { Person } from './Settings';

let root: Root | undefined;
afterEach(() => {
  act(() => root?.unmount());
  vi.unstubAllGlobals();
});

const profile = { display_name: 'Anna', title: '', email: 'anna@example.org', language: 'de' } as Profile;

/** The page of somebody whose logins the server keeps, or answers so for. */
async function show(builtInLogin: boolean, logins: number): Promise<void> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true, config: { konvent: { builtInLogin } } });
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([], { status: logins })));
  await i18next.changeLanguage('de');
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  act(() =>
    root?.render(
      <QueryClientProvider client={queries}>
        <Person profile={profile} />
      </QueryClientProvider>,
    ),
  );
}

const OWN = 'bitten Sie Ihre Verwaltung um ein neues Konto';
const FOREIGN = 'aus der Anmeldung Ihrer Organisation und wird dort geändert';

it('whose account is kept here is not sent anywhere to change the address', async () => {
  await show(true, 200);
  expect(document.body.textContent).toContain(OWN);
  expect(document.body.textContent).toContain('So sehen andere Sie in Besprechungen.');
});

it('whose account an organisation keeps changes the address there, also where others have accounts here', async () => {
  await show(true, 404);
  await act(() => vi.waitFor(() => expect(document.body.textContent).toContain(FOREIGN)));
  act(() => root?.unmount());
  await show(false, 404);
  expect(document.body.textContent).toContain(FOREIGN);
});
