// SPDX-License-Identifier: EUPL-1.2

/** What a moderator finds in the list of people. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../call/call';
import { initialState, type MediaState, type MediaTrack } from '../../call/state';
import { aCall, Around, inMeeting, person, speakEnglish } from '../test_meeting';
import { Panel } from './Panel';

let root: Root;
let call: Call;

beforeAll(speakEnglish);

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = aCall();
  call.store.update(() => inMeeting({ people: new Map([person('bo', { name: 'Bo', kind: 'registered' })]) }));
  act(() =>
    root.render(
      <Around call={call}>
        <Panel />
      </Around>,
    ),
  );
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const microphone = (muted: boolean, connection: MediaState['connection'] = 'connected', sound = false) =>
  act(() =>
    call.store.update((state) => ({
      ...state,
      media: { ...initialState.media, connection, tracks: new Map([['bo', tracks(muted, sound)]]) },
    })),
  );
const tracks = (muted: boolean, sound: boolean): MediaTrack[] => [
  { key: 'bo', participantId: 'bo', source: 'microphone', muted },
  ...(sound ? [{ key: 'bo sound', participantId: 'bo', source: 'screen_share_audio', muted: false } as const] : []),
];
const everybody = () => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Mute everybody')?.disabled;
const actions = (): (string | null)[] => {
  act(() => document.querySelector<HTMLElement>('[aria-haspopup]')?.click());
  const found = [...document.querySelectorAll('[role="menuitem"]')].map(({ textContent }) => textContent);
  act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })));
  return found;
};

describe('a moderator', () => {
  it('can mute whoever is heard, and is offered nothing without effect', () => {
    microphone(false);
    expect(actions()).toContain('Mute');
    expect(everybody()).toBe(false);
    microphone(true);
    expect(actions()).not.toContain('Mute');
    expect(everybody()).toBe(true);
  });

  it('can mute whoever is heard by the sound of their screen alone', () => {
    microphone(true, 'connected', true);
    expect(actions()).toContain('Mute');
    expect(everybody()).toBe(false);
  });

  it('can mute everybody while nobody’s microphone is known', () => {
    microphone(true, 'reconnecting');
    expect(actions()).toContain('Mute');
    expect(everybody()).toBe(false);
  });

  it('mutes with everybody those who are heard here, and not who is in another room', () => {
    const send = vi.spyOn(call, 'send').mockReturnValue(true);
    act(() => call.store.update((state) => ({ ...state, people: new Map([person('bo'), person('cem', { breakout: 0 })]) })));
    microphone(false);
    act(() => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Mute everybody')?.click());
    expect(send).toHaveBeenCalledWith({ namespace: 'moderation', payload: { action: 'mute', participants: ['bo'] } });
  });
});
