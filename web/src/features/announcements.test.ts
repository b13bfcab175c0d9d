// SPDX-License-Identifier: EUPL-1.2

/** What a screen reader hears of two moments of a meeting. */
import { describe, expect, it } from 'vitest';
import { type CallState, initialState, type Me, type Person } from '../call/state';
import type { Announcement, Feature, Texts } from './feature';
import { features } from './list';

/** Key and values, so that the test is about what is said and not how. */
const t = ((key: string, values: Record<string, unknown> = {}) =>
  [key, ...Object.entries(values).map(([name, value]) => `${name}=${String(value)}`)].join(' ')) as unknown as Texts;

function heard(kind: 'announce' | 'announceRarely' | 'announceAtOnce', before: CallState, after: CallState): Announcement[] {
  return features.flatMap((feature: Feature) => feature[kind]?.(before, after, t) ?? []);
}

function person(id: string, handRaisedAt?: string): [string, Person] {
  const facts = { name: id, role: 'user', kind: 'guest', owner: false, joinedAt: '', connections: ['1'] } as const;
  return [id, { id, ...facts, ...(handRaisedAt ? { handRaisedAt } : {}) }];
}

function meeting(change: Partial<CallState> = {}): CallState {
  return {
    ...initialState,
    phase: { at: 'meeting' },
    link: { state: 'open', attempt: 0 },
    me: { id: 'me', connectionId: 'c', name: 'Me', role: 'moderator', owner: true },
    ...change,
  };
}

describe('a screen reader', () => {
  it('hears many who come as one sentence, and none of them again after a reconnect', () => {
    const people = new Map([person('Bo'), person('Cem'), person('Dora')]);
    const said = heard('announceRarely', meeting(), meeting({ people }));
    expect(said).toEqual([{ text: 'announce.came count=3 name=Bo second=Cem rest=2', chatter: false }]);
    const back = meeting({ people });
    if (back.me) back.me = { ...back.me, connectionId: 'other' };
    expect(heard('announceRarely', meeting(), back)).toEqual([]);
  });

  it('hears both names of two who come, and not of one other', () => {
    const people = new Map([person('Bo'), person('Cem')]);
    expect(heard('announceRarely', meeting(), meeting({ people }))).toEqual([
      { text: 'announce.came_both count=2 name=Bo second=Cem rest=1', chatter: false },
    ]);
  });

  it('may leave out who comes to a large meeting', () => {
    const people = new Map(Array.from({ length: 20 }, (_, index) => person(`P${index}`)));
    expect(heard('announceRarely', meeting(), meeting({ people }))[0]?.chatter).toBe(true);
  });

  it('hears at once and urgently who muted the microphone, and not that it is off besides', () => {
    const own = (microphone: 'on' | 'off') => ({
      ...initialState.media,
      own: { ...initialState.media.own, microphone },
    });
    const before = meeting({ media: own('on'), people: new Map([person('Bo')]) });
    const moderation = { ...before.moderation, muted: { by: 'Bo', count: 1 } };
    expect(heard('announceAtOnce', before, { ...before, media: own('off'), moderation })).toEqual([
      { text: 'announce.muted_by name=Bo', urgent: true, shown: true },
    ]);
    expect(heard('announceAtOnce', before, { ...before, media: own('off') })).toEqual([
      { text: 'announce.microphone_off' },
    ]);
  });

  it('hears the position of a raised hand as a moderator only', () => {
    const people = new Map([person('Bo', '2026-01-01T10:00:01Z'), person('Cem', '2026-01-01T10:00:00Z')]);
    const before = meeting({ people: new Map([person('Bo'), person('Cem')]) });
    const said = heard('announceRarely', before, meeting({ people })).map(({ text }) => text);
    expect(said).toEqual(['hands.up name=Cem position=1', 'hands.up name=Bo position=2']);
    const user = meeting({ people });
    if (user.me) user.me = { ...user.me, role: 'user' };
    expect(heard('announceRarely', { ...before, ...(user.me ? { me: user.me } : {}) }, user)).toEqual([]);
  });

  it('hears what others write and never the own message', () => {
    const says = (source: string) => {
      const message = { id: source, source, timestamp: '2026-01-01', content: 'hi', scope: 'global' } as const;
      return meeting({
        people: new Map([person('Bo')]),
        chat: { enabled: true, outbox: [], conversations: new Map([['global', { messages: [message], unread: 0 }]]) },
      });
    };
    const before = meeting({ people: new Map([person('Bo')]) });
    expect(heard('announce', before, says('Bo'))).toEqual([{ text: 'chat.says name=Bo content=hi' }]);
    expect(heard('announce', before, says('me'))).toEqual([]);
  });

  it('hears what everybody wrote, however much one of them writes at the same moment', () => {
    const message = (id: string, source: string, timestamp: string) => ({ id, source, timestamp, content: id, scope: 'global' }) as const;
    const chat = (...messages: ReturnType<typeof message>[]) => ({ enabled: true, outbox: [], conversations: new Map([['global', { messages, unread: 0 }]]) });
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 10, 0, second)).toISOString();
    const people = new Map([person('Bo'), person('Cem')]);
    const flood = Array.from({ length: 20 }, (_, index) => message(`bo${index}`, 'Bo', at(1)));
    const texts = (before: CallState, after: CallState) => heard('announce', before, after).map(({ text }) => text.replace(/.*content=/, ''));
    const now = meeting({ people, chat: chat(message('cem', 'Cem', at(1)), ...flood) });
    expect(texts(meeting({ people }), now)).toEqual(['cem', 'bo0', 'bo1', 'bo2', 'bo3', 'bo4']);
    const more = [...now.chat.conversations.get('global')?.messages as ReturnType<typeof message>[], message('bo again', 'Bo', at(2)), message('cem again', 'Cem', at(2))];
    const next = meeting({ people, chat: chat(...more) });
    expect(texts(now, next)).toEqual(['cem again']);
    expect(texts(next, meeting({ people, chat: chat(...more, message('bo later', 'Bo', at(13))) }))).toEqual(['bo later']);
  });

  it('hears a message of the very moment of the one before', () => {
    const message = (id: string) => ({ id, source: 'Bo', timestamp: '2026-01-01T10:00:00Z', content: id, scope: 'global' }) as const;
    const chat = (...ids: string[]) => ({ enabled: true, outbox: [], conversations: new Map([['global', { messages: ids.map(message), unread: 0 }]]) });
    const people = new Map([person('Bo')]);
    expect(heard('announce', meeting({ people, chat: chat('one') }), meeting({ people, chat: chat('older', 'one', 'two') }))).toEqual([
      { text: 'chat.says name=Bo content=two' },
    ]);
  });

  it('hears how long is left before a time limit, and nothing of it when it comes late', () => {
    const near = (closing: 300 | 60) => meeting({ room: { modules: {}, closing } });
    expect(heard('announceAtOnce', meeting(), near(300))).toEqual([{ text: 'closing.in_300', urgent: true }]);
    expect(heard('announceAtOnce', near(300), near(60))).toEqual([{ text: 'closing.in_60', urgent: true }]);
    expect(heard('announceAtOnce', near(60), near(60))).toEqual([]);
    expect(heard('announceAtOnce', initialState, near(60)).map(({ text }) => text)).toEqual(['announce.joined']);
  });

  it('hears a lost and a healed connection, each once', () => {
    const lost = meeting({ link: { state: 'lost', attempt: 1 } });
    const trying = meeting({ link: { state: 'connecting', attempt: 1 } });
    expect(heard('announceAtOnce', meeting(), lost)).toEqual([{ text: 'banner.lost', urgent: true, about: 'connection' }]);
    expect(heard('announceAtOnce', lost, trying)).toEqual([]);
    expect(heard('announceAtOnce', trying, meeting())).toEqual([{ text: 'announce.back', urgent: true, good: true, shown: true, about: 'connection' }]);
  });
});

describe('what the moderation does to somebody', () => {
  const shown = (before: CallState, after: CallState) =>
    heard('announceAtOnce', before, after).flatMap((one) => (one.shown === true ? [one.text] : []));
  const as = (role: Me['role'], change: Partial<CallState> = {}): CallState => {
    const state = meeting({ people: new Map([person('Bo')]), ...change });
    return state.me === undefined ? state : { ...state, me: { ...state.me, role } };
  };
  const sharing = (own: 'on' | 'off', allowed: boolean): CallState =>
    as('user', {
      media: {
        ...initialState.media,
        connection: 'connected',
        own: { ...initialState.media.own, screen_share: own },
        allowed: { ...initialState.media.allowed, screen_share: allowed },
      },
    });

  it('is shown when it ends and forbids screen sharing, in whichever order both arrive', () => {
    expect(shown(sharing('on', true), sharing('off', false))).toEqual(['announce.share_ended']);
    expect(shown(sharing('on', true), sharing('on', false))).toEqual(['announce.share_ended']);
    expect(shown(sharing('on', false), sharing('off', false))).toEqual([]);
    expect(shown(sharing('on', true), sharing('off', true))).toEqual(['announce.screen_share_off']);
    expect(shown(sharing('off', true), sharing('off', false))).toEqual(['announce.share_forbidden']);
    expect(shown(sharing('off', false), sharing('off', true))).toEqual(['announce.share_allowed']);
  });

  it('is shown when it lowers their hand, and not when they do so themselves', () => {
    const up = as('user');
    const raised = up.me === undefined ? up : { ...up, me: { ...up.me, handRaisedAt: '2026-01-01' } };
    expect(shown(raised, { ...up, handLowered: { by: 'Bo', count: 1 } })).toEqual(['hands.lowered_by name=Bo']);
    expect(shown(raised, up)).toEqual([]);
    expect(shown(raised, { ...up, handsEnabled: false, handLowered: { by: 'Bo', count: 1 } })).toEqual(['hands.off_yours_down']);
  });

  it('is shown when it turns raised hands and reactions off and on', () => {
    const barred = as('user', { handsEnabled: false, reactionsRestricted: { type: 'enabled', unrestricted_participants: [] } });
    expect(shown(as('user'), barred)).toEqual(['hands.off', 'reaction.off']);
    expect(shown(barred, as('user'))).toEqual(['hands.allowed', 'reaction.allowed']);
  });

  it('carries the mark of something wrong only where something is', () => {
    const marked = (before: CallState, after: CallState) => heard('announceAtOnce', before, after).filter((one) => one.urgent && !one.good);
    expect(marked(as('user'), as('moderator'))).toEqual([]);
    expect(marked(as('moderator'), as('user'))).toHaveLength(1);
  });
});
