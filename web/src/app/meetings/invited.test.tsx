// SPDX-License-Identifier: EUPL-1.2

/** What the page of a meeting says of those who are invited. */
import i18next from 'i18next';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { Invited } from './MeetingDetails';
import type { Invitee } from './queries';

const guest = { status: 'pending', profile: { kind: 'email', email: 'gast@example.net', role: 'guest' } } as unknown as Invitee;
const colleague = { status: 'pending', profile: { kind: 'registered', id: 'b', email: 'b@example.org', display_name: 'Berta', role: 'user' } } as unknown as Invitee;

async function said(mails: boolean, invitee: Invitee): Promise<string | null> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true, config: { konvent: { mails } } });
  await i18next.changeLanguage('de');
  document.body.innerHTML = '<div></div>';
  const root = createRoot(document.body.firstElementChild as HTMLElement);
  act(() => root.render(<Invited invitees={[invitee]} truncated={false} />));
  const text = document.body.textContent;
  act(() => root.unmount());
  return text;
}

it('nobody is waited for to answer who was sent no e-mail and has no account', async () => {
  expect(await said(false, guest)).not.toContain('beantwortet');
  expect(await said(true, guest)).toContain('Noch nicht beantwortet');
  expect(await said(false, colleague)).toContain('Noch nicht beantwortet');
});
