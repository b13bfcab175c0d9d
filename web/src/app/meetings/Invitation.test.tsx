// SPDX-License-Identifier: EUPL-1.2

/** The text by which people are invited where no e-mails are sent. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import i18next from 'i18next';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventResource } from '../../api/client';
import { Invitation } from './Invitation';

const at = (datetime: string) => ({ datetime, timezone: 'Europe/Berlin' });
/** The second Wednesday of each month. */
const event = {
  id: 'e',
  title: 'Bauausschuss',
  description: '',
  created_by: { display_name: 'Anna' },
  is_all_day: false,
  starts_at: at('2030-01-09T09:00:00Z'),
  ends_at: at('2030-01-09T10:00:00Z'),
  recurrence_pattern: ['RRULE:FREQ=MONTHLY;BYDAY=2WE'],
  room: { id: 'r', guest_access: 'direct_access', waiting_room: false },
  invitees: [{ status: 'pending', profile: { kind: 'email', email: 'gast@example.net', role: 'guest' } }],
} as unknown as EventResource;

const dates = [
  { instance_id: '20300109T090000Z', starts_at: at('2030-01-09T09:00:00Z'), ends_at: at('2030-01-09T10:00:00Z'), status: 'ok' },
  { instance_id: '20300213T090000Z', starts_at: at('2030-02-13T09:00:00Z'), ends_at: at('2030-02-13T10:00:00Z'), status: 'cancelled' },
  { instance_id: '20300313T090000Z', starts_at: at('2030-03-14T09:00:00Z'), ends_at: at('2030-03-14T10:00:00Z'), status: 'ok' },
];

let root: Root | undefined;
afterEach(() => {
  act(() => root?.unmount());
  vi.unstubAllGlobals();
});

/** The page of such a meeting, with a server that makes links. */
async function show(shown: EventResource): Promise<void> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const links: object[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    if (request.method === 'POST') links.push({ active: true, invite_code: 'c', room_id: 'r', created: '2030-01-01T00:00:00Z', expiration: null });
    const answered = request.url.includes('/instances') ? dates : request.method === 'POST' ? links[0] : links;
    return Promise.resolve(Response.json(answered));
  });
  await i18next.changeLanguage('de');
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  const queries = new QueryClient();
  act(() =>
    root?.render(
      <QueryClientProvider client={queries}>
        <Invitation event={shown} />
      </QueryClientProvider>,
    ),
  );
}

const text = () => document.querySelector('textarea')?.value ?? '';
const button = () => [...document.querySelectorAll('button')].find((one) => one.textContent?.includes('Link für Gäste'));

describe('the text of an invitation', () => {
  it('lets guests in by a link, which is made where there is none', async () => {
    await show(event);
    await act(() => vi.waitFor(() => expect(button()).toBeDefined()));
    expect(document.body.textContent).toContain('Mit diesem Text kommen Eingeladene ohne Konto nicht hinein');
    expect(text()).not.toContain('?invite=');
    act(() => button()?.click());
    await act(() => vi.waitFor(() => expect(text()).toContain('/room/r?invite=c')));
    expect(button()).toBeUndefined();
  });

  it('says that guests are not let in where the meeting is not for them', async () => {
    await show({ ...event, room: { ...event.room, guest_access: 'disabled' } });
    expect(document.body.textContent).toContain('Es sind Gäste eingeladen, die nach den Regeln dieser Besprechung nicht hineinkommen.');
    expect(button()).toBeUndefined();
  });

  it('says how a series repeats, and which of its dates are cancelled or moved', async () => {
    await show(event);
    await act(() => vi.waitFor(() => expect(text()).toContain('Fällt aus')));
    const lines = text().split('\n');
    expect(lines).toContain('Jeden zweiten Mittwoch im Monat');
    expect(lines.filter((line) => /^(Fällt aus|Verschoben)/.test(line))).toEqual([
      expect.stringMatching(/^Fällt aus: Mittwoch, 13\. Februar 2030/),
      expect.stringMatching(/^Verschoben: Donnerstag, 14\. März 2030.* statt Mittwoch, 13\. März 2030/),
    ]);
  });
});
