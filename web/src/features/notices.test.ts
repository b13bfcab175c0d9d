// SPDX-License-Identifier: EUPL-1.2

/** What stands on somebody's screen of what the meeting tells them. */
import { describe, expect, it } from 'vitest';
import { initialState, type Person } from '../call/state';
import { chat } from './chat';
import { type Conversation, messages as module } from './chat/module';
import type { Texts } from './feature';
import { Notices } from './notices';
import { having } from './test_meeting';

const t = ((key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ')) as unknown as Texts;
const read = (notices: Notices): string[] => notices.shown.getSnapshot().map(({ text }) => text);

/** What the chat says when somebody, under one name after the other, has written privately. */
function written(from: string, ...names: string[]) {
  const messages = names.map((name, index) => ({ id: name, source: from, timestamp: `2026-01-0${index + 1}`, content: 'hi', scope: 'private', target: 'me' }) as const);
  const person = (name: string): Person => ({ id: from, name, role: 'guest', kind: 'guest', owner: false, joinedAt: '', connections: ['1'] });
  const me = { id: 'me', name: 'Me', role: 'user', owner: false } as const;
  return names.flatMap((name, index) => {
    const after = new Map<string, Conversation>([[from, { messages: messages.slice(0, index + 1), unread: 1 }]]);
    const before = new Map<string, Conversation>([[from, { messages: messages.slice(0, index), unread: 1 }]]);
    const state = { ...initialState, me, people: new Map([[from, person(name)]]) };
    return chat.announce?.(having(state, module, { conversations: before }), having(state, module, { conversations: after }), t) ?? [];
  });
}

describe('what is told on the screen', () => {
  it('takes one place, however often and under whatever name one guest writes', () => {
    const notices = new Notices();
    notices.say({ text: 'Bo has muted you.', urgent: true, shown: true });
    notices.say(...written('guest', 'Anna', 'Berta', 'Cem', 'Dora'));
    expect(read(notices)).toEqual(['Bo has muted you.', 'chat.wrote_privately Dora']);
  });

  it('takes one place of what is said thrice in one moment', () => {
    const notices = new Notices();
    notices.say({ text: 'Chat off.', shown: true, about: 'chat' }, { text: 'Chat on.', shown: true, about: 'chat' }, { text: 'Chat off.', shown: true, about: 'chat' });
    expect(read(notices)).toEqual(['Chat off.']);
    notices.say({ text: 'On.', shown: true, about: 'chat' }, { text: 'It is on.', about: 'chat' });
    expect(read(notices)).toEqual([]);
  });

  it('keeps what is urgent when there is more than has room, and the newest of that', () => {
    const notices = new Notices();
    notices.say({ text: 'muted', urgent: true, shown: true });
    for (const from of ['a', 'b', 'c', 'd']) notices.say(...written(from, from));
    expect(read(notices)).toEqual(['muted', 'chat.wrote_privately c', 'chat.wrote_privately d']);
    for (const text of ['not sent', 'replaced', 'refused']) notices.say({ text, urgent: true, shown: true });
    notices.say(...written('e', 'e'));
    expect(read(notices)).toEqual(['not sent', 'replaced', 'refused']);
  });

  it('stays where it is when it is said again, for who has the keyboard on it, and counts as new', () => {
    const notices = new Notices();
    for (const text of ['one', 'two', 'three', 'one', 'four']) notices.say({ text, shown: true });
    expect(read(notices)).toEqual(['one', 'three', 'four']);
    const [first] = notices.shown.getSnapshot();
    notices.say({ text: 'one', shown: true });
    const [again] = notices.shown.getSnapshot();
    expect(again?.key).toBe(first?.key);
    expect(again?.said).not.toBe(first?.said);
  });
});
