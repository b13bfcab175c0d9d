// SPDX-License-Identifier: EUPL-1.2

/** What a moderator finds in the list of people. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Call } from '../../call/call';
import { initialState, type Media } from '../../call/state';
import { CallContext } from '../feature';
import { Panel } from './Panel';

let root: Root;
let call: Call;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = new Call({ roomId: 'r' }, { microphone: false, camera: false }, {
    api: '',
    accessToken: async () => undefined,
    openMedia: () => new Promise(() => undefined),
  });
  call.store.update((state) => ({
    ...state,
    phase: { at: 'meeting' },
    me: { id: 'me', connectionId: 'c', name: 'Me', role: 'moderator', owner: true },
    people: new Map([['bo', { id: 'bo', name: 'Bo', role: 'user', kind: 'registered', owner: false, joinedAt: '', connections: ['1'] }]]),
  }));
  act(() =>
    root.render(
      <CallContext value={call}>
        <Panel />
      </CallContext>,
    ),
  );
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const microphone = (muted: boolean, connection: Media['connection'] = 'connected') =>
  act(() =>
    call.store.update((state) => ({
      ...state,
      media: { ...initialState.media, connection, tracks: [{ key: 'bo', participantId: 'bo', source: 'microphone', muted }] },
    })),
  );
const everybody = () => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'people.mute_all')?.disabled;
const actions = (): (string | null)[] => {
  act(() => document.querySelector<HTMLElement>('[aria-haspopup]')?.click());
  const found = [...document.querySelectorAll('[role="menuitem"]')].map(({ textContent }) => textContent);
  act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })));
  return found;
};

describe('a moderator', () => {
  it('can mute whoever is heard, and is offered nothing without effect', () => {
    microphone(false);
    expect(actions()).toContain('people.mute');
    expect(everybody()).toBe(false);
    microphone(true);
    expect(actions()).not.toContain('people.mute');
    expect(everybody()).toBe(true);
  });

  it('can mute everybody while nobody’s microphone is known', () => {
    microphone(true, 'reconnecting');
    expect(actions()).toContain('people.mute');
    expect(everybody()).toBe(false);
  });
});
