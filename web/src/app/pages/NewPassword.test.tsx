// SPDX-License-Identifier: EUPL-1.2

/** The page behind the address with which somebody sets a new password. */
import i18next from 'i18next';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, expect, it, vi } from 'vitest';
import '../i18n';
import { Choose } from './NewPassword';

let root: Root | undefined;
afterEach(() => {
  act(() => root?.unmount());
  vi.unstubAllGlobals();
});

/** What the page says when the server answers so to an empty password. */
async function opened(status: number, mails: boolean): Promise<string> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true, config: { konvent: { mails } } });
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({}, { status })));
  await i18next.changeLanguage('de');
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  await act(async () => root?.render(<Choose token="t" />));
  return document.body.textContent;
}

const field = () => document.querySelector('input[type="password"]');

it('an address that was used already asks for no password, and says whom to ask for another', async () => {
  expect(await opened(410, false)).toContain('kann Ihnen einen neuen Link geben, wer Konvent bei Ihnen verwaltet');
  expect(document.body.textContent).not.toContain('E-Mail');
  expect(field()).toBeNull();
  act(() => root?.unmount());
  expect(await opened(410, true)).toContain('Fordern Sie eine neue E-Mail an');
});

it('an address that works asks for a password', async () => {
  await opened(422, false);
  expect(field()).not.toBeNull();
  expect(document.body.textContent).not.toContain('Bitte wählen Sie ein längeres');
});
