// SPDX-License-Identifier: EUPL-1.2

/**
 * What one change of speakers, one person who comes and one message cost the page of a large meeting. Prints figures, asserts
 * nothing. Run by `npm run bench`, with React as browsers get it.
 */
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { expect, it } from 'vitest';
import type { Call } from '../src/call/call';
import { byPerson, heard, settled } from '../src/call/settled';
import { type CallState, type Media, mediaOff, type MediaTrack } from '../src/call/state';
import { messages } from '../src/features/chat/module';
import { Panel as Chat } from '../src/features/chat/Panel';
import { Panel as People } from '../src/features/people/Panel';
import { aCall, Around, having, inMeeting, person, speakEnglish } from '../src/features/test_meeting';

const PEOPLE = 1_000;
const MESSAGES = 2_000;
const ROUNDS = 21;

const ids = Array.from({ length: PEOPLE }, (_, index) => `person-${index}`);
const tracks = ids.map((id): MediaTrack => ({ key: id, participantId: id, source: 'microphone', muted: false }));
const written = Array.from({ length: MESSAGES }, (_, index) => message(index));

function message(index: number) {
  const timestamp = new Date(Date.UTC(2026, 0, 1, 10) + index * 1_000).toISOString();
  return { id: `${index}`, source: ids[index % PEOPLE] ?? '', timestamp, content: `Message ${index}`, scope: 'global' } as const;
}

function crowd(): CallState {
  const state = inMeeting({ people: new Map(ids.map((id) => person(id, { name: `Person ${id}` }))) });
  const media = { ...state.media, connection: 'connected' as const, tracks: byPerson(state.media.tracks, tracks) };
  return having({ ...state, media }, messages, { conversations: new Map([['global', { messages: written, unread: 0 }]]) });
}

/** As the call does with every report of its media: another speaks, and everything in it is made anew. */
function reports(call: Call, round: number): void {
  const report: Media = { ...mediaOff, connection: 'connected', speaking: [ids[round] ?? ''], tracks: tracks.map((track) => ({ ...track })) };
  call.speaking.update((before) => heard(before, report));
  call.store.update((state) => {
    const now = settled(state.media, report);
    return now === state.media ? state : { ...state, media: now };
  });
}

/** Milliseconds: the middle of so many rounds. */
function cost(change: (round: number) => void): string {
  const all = Array.from({ length: ROUNDS }, (_, round) => {
    const before = performance.now();
    flushSync(() => change(round));
    return performance.now() - before;
  });
  return `${(all.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0).toFixed(2)} ms`;
}

function shown(part: ReactNode) {
  document.body.innerHTML = '<div></div>';
  const call = aCall();
  call.store.update(crowd);
  const root = createRoot(document.body.firstElementChild as HTMLElement);
  const before = performance.now();
  flushSync(() => root.render(<Around call={call}>{part}</Around>));
  return { call, mounted: `${(performance.now() - before).toFixed(0)} ms`, end: () => root.unmount() };
}

it('a large meeting', async () => {
  expect(process.env['NODE_ENV']).toBe('production');
  await speakEnglish();
  for (const [name, value] of Object.entries({ clientHeight: 560, clientWidth: 340, offsetHeight: 560, offsetWidth: 340 })) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
  }
  globalThis.ResizeObserver ??= class {
    observe = () => undefined;
    unobserve = () => undefined;
    disconnect = () => undefined;
  };
  globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;
  HTMLElement.prototype.scrollTo = () => undefined;
  const figures: string[] = [];
  {
    const { call, mounted, end } = shown(<People />);
    const speaks = cost((round) => reports(call, round));
    const comes = cost((round) => call.store.update((state) => ({ ...state, people: new Map([...state.people, person(`new-${round}`)]) })));
    figures.push(`page, list of ${PEOPLE} people, opened by a moderator: ${mounted}`);
    figures.push(`page, list of ${PEOPLE} people, another speaks: ${speaks}`, `page, list of ${PEOPLE} people, one comes: ${comes}`);
    end();
  }
  {
    const { call, mounted, end } = shown(<Chat />);
    const speaks = cost((round) => reports(call, round));
    const says = cost((round) =>
      call.slice(messages).update((chat) => {
        const now = chat.conversations.get('global')?.messages ?? [];
        return { ...chat, conversations: new Map([['global', { messages: [...now, message(MESSAGES + round)], unread: 0 }]]) };
      }),
    );
    figures.push(`page, chat of ${MESSAGES} messages, opened: ${mounted}`);
    figures.push(`page, chat of ${MESSAGES} messages, another speaks: ${speaks}`, `page, chat of ${MESSAGES} messages, one more: ${says}`);
    end();
  }
  process.stdout.write(`${figures.join('\n')}\n`);
});
