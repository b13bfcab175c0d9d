// SPDX-License-Identifier: EUPL-1.2

/** What a screen reader hears of two moments of a meeting. */
import { describe, expect, it } from 'vitest';
import { type CallState, initialState, type Me } from '../call/state';
import { type Chat, messages } from './chat/module';
import type { Announcement, Feature, Texts } from './feature';
import { features } from './list';
import { devices } from './livekit/module';
import { hands } from './raise_hands/module';
import { reactions } from './reaction/module';
import { enabledModules, having, inMeeting as meeting, person } from './test_meeting';

/** Key and values, so that the test is about what is said and not how. */
const t = ((key: string, values: Record<string, unknown> = {}) =>
  [key, ...Object.entries(values).map(([name, value]) => `${name}=${String(value)}`)].join(' ')) as unknown as Texts;

function heard(kind: 'announce' | 'announceRarely' | 'announceAtOnce', before: CallState, after: CallState): Announcement[] {
  return features.flatMap((feature: Feature) => feature[kind]?.(before, after, t) ?? []);
}

/** What was written to everybody. */
const written = (state: CallState, ...list: NonNullable<ReturnType<Chat['conversations']['get']>>['messages']) =>
  having(state, messages, { conversations: new Map([['global', { messages: list, unread: 0 }]]) });

/** Whose hand is up since when. */
const raised = (...up: (readonly [id: string, at: string])[]) => ({ raised: new Map(up) });

describe('a screen reader', () => {
  it('hears many who come as one sentence, and none of them again after a reconnect', () => {
    const people = new Map([person('Bo'), person('Cem'), person('Dora')]);
    const said = heard('announceRarely', meeting(), meeting({ people }));
    expect(said).toEqual([{ text: 'people.came count=3 name=Bo second=Cem rest=2', chatter: false }]);
    expect(heard('announceRarely', meeting({ people }), meeting({ people: new Map(people), joins: 2 }))).toEqual([]);
  });

  it('hears in sums what came about while the line was cut', () => {
    const message = (id: string, source: string, second: number) =>
      ({ id, source, timestamp: `2026-01-01T10:00:0${second}Z`, content: id, scope: 'global' }) as const;
    const before = written(meeting({ people: new Map([person('Bo')]) }), message('1', 'Bo', 1));
    const back = { ...meeting({ people: new Map([person('Bo'), person('Cem')]) }), joins: 2 };
    const after = having(written(back, message('1', 'Bo', 1), message('2', 'Bo', 2), message('3', 'me', 3), message('4', 'Cem', 4)), hands, raised(['Cem', '2026-01-01']));
    expect(heard('announce', before, after)).toEqual([]);
    expect(heard('announceAtOnce', before, after).map(({ text }) => text)).toEqual(['chat.missed count=2']);
    expect(heard('announceRarely', before, after).map(({ text }) => text)).toEqual([
      'people.came count=1 name=Cem second= rest=0',
      'raise_hands.theirs_up name=Cem position=1',
    ]);
  });

  it('hears both names of two who come, and not of one other', () => {
    const people = new Map([person('Bo'), person('Cem')]);
    expect(heard('announceRarely', meeting(), meeting({ people }))).toEqual([
      { text: 'people.came_both count=2 name=Bo second=Cem rest=1', chatter: false },
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
    const muted = having({ ...before, media: own('off') }, devices, { muted: { by: 'Bo', count: 1 } });
    expect(heard('announceAtOnce', before, muted)).toEqual([
      { text: 'livekit.muted_by name=Bo', urgent: true, shown: true },
    ]);
    expect(heard('announceAtOnce', before, { ...before, media: own('off') })).toEqual([
      { text: 'livekit.microphone_off' },
    ]);
  });

  it('hears the position of a raised hand as a moderator only', () => {
    const before = meeting({ people: new Map([person('Bo'), person('Cem')]) });
    const after = having(before, hands, raised(['Bo', '2026-01-01T10:00:01Z'], ['Cem', '2026-01-01T10:00:00Z']));
    const said = heard('announceRarely', before, after).map(({ text }) => text);
    expect(said).toEqual(['raise_hands.theirs_up name=Cem position=1', 'raise_hands.theirs_up name=Bo position=2']);
    const user = { ...after };
    if (user.me) user.me = { ...user.me, role: 'user' };
    expect(heard('announceRarely', { ...before, ...(user.me ? { me: user.me } : {}) }, user)).toEqual([]);
  });

  it('hears what others write and never the own message', () => {
    const says = (source: string) => {
      const message = { id: source, source, timestamp: '2026-01-01', content: 'hi', scope: 'global' } as const;
      return written(meeting({ people: new Map([person('Bo')]) }), message);
    };
    const before = meeting({ people: new Map([person('Bo')]) });
    expect(heard('announce', before, says('Bo'))).toEqual([{ text: 'chat.says name=Bo content=hi' }]);
    expect(heard('announce', before, says('me'))).toEqual([]);
  });

  it('hears what everybody wrote, however much one of them writes at the same moment', () => {
    const message = (id: string, source: string, timestamp: string) => ({ id, source, timestamp, content: id, scope: 'global' }) as const;
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 10, 0, second)).toISOString();
    const people = new Map([person('Bo'), person('Cem')]);
    const flood = Array.from({ length: 20 }, (_, index) => message(`bo${index}`, 'Bo', at(1)));
    const texts = (before: CallState, after: CallState) => heard('announce', before, after).map(({ text }) => text.replace(/.*content=/, ''));
    const now = written(meeting({ people }), message('cem', 'Cem', at(1)), ...flood);
    expect(texts(meeting({ people }), now)).toEqual(['cem', 'bo0', 'bo1', 'bo2', 'bo3', 'bo4']);
    const more = [message('cem', 'Cem', at(1)), ...flood, message('bo again', 'Bo', at(2)), message('cem again', 'Cem', at(2))];
    const next = written(meeting({ people }), ...more);
    expect(texts(now, next)).toEqual(['cem again']);
    expect(texts(next, written(meeting({ people }), ...more, message('bo later', 'Bo', at(13))))).toEqual(['bo later']);
  });

  it('hears a message of the very moment of the one before', () => {
    const message = (id: string) => ({ id, source: 'Bo', timestamp: '2026-01-01T10:00:00Z', content: id, scope: 'global' }) as const;
    const says = (...ids: string[]) => written(meeting({ people: new Map([person('Bo')]) }), ...ids.map(message));
    expect(heard('announce', says('one'), says('older', 'one', 'two'))).toEqual([
      { text: 'chat.says name=Bo content=two' },
    ]);
  });

  it('hears how long is left before a time limit, and nothing of it when it comes late', () => {
    const near = (closing: 300 | 60) => meeting({ room: { modules: enabledModules, closing } });
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
    expect(shown(sharing('on', true), sharing('off', false))).toEqual(['livekit.share_ended']);
    expect(shown(sharing('on', true), sharing('on', false))).toEqual(['livekit.share_ended']);
    expect(shown(sharing('on', false), sharing('off', false))).toEqual([]);
    expect(shown(sharing('on', true), sharing('off', true))).toEqual(['livekit.screen_share_off']);
    expect(shown(sharing('off', true), sharing('off', false))).toEqual(['livekit.share_forbidden']);
    expect(shown(sharing('off', false), sharing('off', true))).toEqual(['livekit.share_allowed']);
  });

  it('is shown when it lowers their hand, and not when they do so themselves', () => {
    const up = as('user');
    const raisedMine = having(up, hands, raised(['me', '2026-01-01']));
    const lowered = { by: 'Bo', count: 1 };
    expect(shown(raisedMine, having(up, hands, { lowered }))).toEqual(['raise_hands.lowered_by name=Bo']);
    expect(shown(raisedMine, up)).toEqual([]);
    expect(shown(raisedMine, having(up, hands, { enabled: false, lowered }))).toEqual(['raise_hands.off_yours_down']);
  });

  it('is shown when it turns raised hands and reactions off and on', () => {
    const barred = having(having(as('user'), hands, { enabled: false }), reactions, { restricted: { type: 'enabled', unrestricted_participants: [] } });
    expect(shown(as('user'), barred)).toEqual(['raise_hands.off', 'reaction.off']);
    expect(shown(barred, as('user'))).toEqual(['raise_hands.allowed', 'reaction.allowed']);
  });

  it('carries the mark of something wrong only where something is', () => {
    const marked = (before: CallState, after: CallState) => heard('announceAtOnce', before, after).filter((one) => one.urgent && !one.good);
    expect(marked(as('user'), as('moderator'))).toEqual([]);
    expect(marked(as('moderator'), as('user'))).toHaveLength(1);
  });
});
