// SPDX-License-Identifier: EUPL-1.2

/** What a clerk reads of an entry in the audit log. */
import i18next from 'i18next';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { describe, expect, it } from 'vitest';
import type { components } from '../../api/schema';
import { useSentence } from './Audit';

type AuditEntry = components['schemas']['AuditEntry'];

const muted: AuditEntry = { number: 1, at: '2026-03-16T09:00:00Z', actor_kind: 'user', action: 'meeting.muted', people: [], details: {}, hash: '' };

async function read(language: string, entry: AuditEntry): Promise<string> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await i18next.changeLanguage(language);
  function Said() {
    const { what, details } = useSentence();
    return `${what(entry)} | ${details(entry)}`;
  }
  document.body.innerHTML = '<div></div>';
  const root = createRoot(document.body.firstElementChild as HTMLElement);
  act(() => root.render(<Said />));
  const text = document.body.textContent;
  act(() => root.unmount());
  return text;
}

describe('an entry of the audit log', () => {
  it('names everybody it was done to, and says how many they were with guests', async () => {
    const entry = { ...muted, people: ['Bo Berg', 'Cy Cole'], details: { participants: 'b g c' } };
    expect(await read('de', entry)).toBe('Personen stummgeschaltet: Bo Berg und Cy Cole | Personen: 3');
    expect(await read('en', entry)).toBe('People muted: Bo Berg and Cy Cole | people: 3');
  });

  it('says in words what something was set to', async () => {
    const entry = { ...muted, action: 'meeting.debriefed', details: { value: 'users_and_guests' } };
    expect(await read('de', entry)).toBe('Besprechung durch die Moderation beendet | Eingestellt: alle außer der Moderation');
  });

  it('shows no id of a room or of a person', async () => {
    const entry = { ...muted, action: 'asset.created', details: { room: 'r', invitee: 'i', member: 'm', participant: 'p', size: '1500' } };
    expect(await read('en', entry)).toBe('File added | size: 1,500 bytes');
  });
});
