// SPDX-License-Identifier: EUPL-1.2

/** Breakout rooms as frames of the server bring them about, and what a person has of them. */
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../call/module';
import { reduce as reduceAll } from '../call/reduce';
import { here } from '../call/select';
import { type CallState, initialState } from '../call/state';
import type { ServerFrame } from '../call/wire';
import { messages } from './chat/module';
import type { Announcement, Feature, Texts } from './feature';
import { features, modules } from './list';
import { hands } from './raise_hands/module';
import { enabledModules } from './test_meeting';
import { timer } from './timer/module';
import { breakout, dealt, mayEnter } from './breakout/module';

let clock = 0;
const main = { kind: 'main' };
const room = (id: number) => ({ kind: 'breakout', id });

function frame(namespace: string, message: string, fields: object = {}): ServerFrame {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + clock++ * 1000).toISOString();
  return { namespace, timestamp, payload: { message, ...fields } } as unknown as ServerFrame;
}

const play = (state: CallState, ...frames: ServerFrame[]): CallState => frames.reduce((now, next) => reduceAll(modules, now, next), state);

const peer = (id: string, more: object = {}) => ({
  id,
  connections: [{ connection_id: id }],
  module_data: { core: { display_name: id, role: 'user', participation_kind: 'registered', joined_at: '2026-01-01' }, ...more },
});

const joined = (module_data: object = {}, role = 'user', participants: object[] = [peer('Bo'), peer('Cem')]) =>
  frame('core', 'join_success', {
    id: 'me',
    display_name: 'Me',
    role,
    enabled_modules: enabledModules,
    participants,
    module_data: { chat: { enabled: true, global_history: { messages: [] } }, raise_hands: { raise_hands_enabled: true }, ...module_data },
  });

const ROOMS = [{ id: 0, name: 'North' }, { id: 1, name: 'South' }];
const started = (fields: object = {}) => frame('breakout', 'started', { started_by: 'Bo', rooms: ROOMS, assigned_only: false, ...fields });
const goes = (participant_id: string, old_room: object, new_room: object) => frame('breakout', 'participant_switched_room', { participant_id, old_room, new_room });
const comesTo = (new_room: object, own_data: object = {}, more: object = {}) => frame('breakout', 'switched_room', { own_data, old_room: main, new_room, ...more });
const says = (source: string, content: string, scope: object) => frame('chat', 'message_sent', { id: `m${clock}`, source, content, ...scope });

const t = ((key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ')) as unknown as Texts;
const heard = (before: CallState, after: CallState): Announcement[] =>
  features.flatMap((feature: Feature) => feature.announceAtOnce?.(before, after, t) ?? []);

const names = (state: CallState): string[] => here(state).map(({ name }) => name);
const written = (state: CallState, key: string) => sliceOf(state, messages).conversations.get(key)?.messages.map(({ content }) => content);

describe('in a breakout room', () => {
  it('one is with those who are there, and with all again when the rooms close', () => {
    const open = play(initialState, joined(), started(), goes('Bo', main, room(0)));
    expect(names(open)).toEqual(['Cem']);
    const gone = play(open, comesTo(room(0)));
    expect(names(gone)).toEqual(['Bo']);
    const back = play(gone, frame('breakout', 'closing'), comesTo(main), goes('Bo', room(0), main), frame('breakout', 'closed'));
    expect(names(back)).toEqual(['Bo', 'Cem']);
    expect(sliceOf(back, breakout).running).toBeUndefined();
  });

  it('one finds who is where on coming in, and whoever comes later', () => {
    const state = play(initialState, joined({ breakout: { room: room(1), rooms: ROOMS, assigned_only: false } }, 'user', [peer('Bo', { breakout: { room: room(1) } }), peer('Cem')]));
    expect(names(state)).toEqual(['Bo']);
    const dora = frame('core', 'participant_connected', { participant_id: 'Dora', connection_id: 'd', peer_data: peer('Dora', { breakout: { room: room(1) } }).module_data });
    expect(names(play(state, dora))).toEqual(['Bo', 'Dora']);
  });

  it('the chat, the hands and the timer are those of the room', () => {
    const before = play(
      initialState,
      joined(),
      started(),
      frame('raise_hands', 'hand_raised', { participant: 'Cem' }),
      frame('timer', 'started', { kind: 'stopwatch', started_at: '2026-01-01T00:00:00Z', ready_check_enabled: false }),
    );
    const hand = { raise_hands: { raised_at: '2026-01-01T00:00:09Z' } };
    const chat = { enabled: true, global_history: { messages: [] }, breakout_room_history: { messages: [{ id: '1', source: 'Bo', content: 'Early', timestamp: '2026-01-01T00:00:00Z', scope: 'breakout', target: 0 }] } };
    const inRoom = play(before, comesTo(room(0), { raise_hands: { raise_hands_enabled: true }, chat }, { peer_data: { Bo: hand } }), says('Bo', 'Late', { scope: 'breakout', target: 0 }), says('Cem', 'All', { scope: 'global' }));
    expect([...sliceOf(inRoom, hands).raised.keys()]).toEqual(['Bo']);
    expect(sliceOf(inRoom, timer).running).toBeUndefined();
    expect(written(inRoom, 'breakout 0')).toEqual(['Early', 'Late']);
    expect(written(inRoom, 'global')).toEqual(['All']);
    const next = play(inRoom, comesTo(room(1)));
    expect(written(next, 'breakout 0')).toBeUndefined();
    expect(written(next, 'global')).toEqual(['All']);
  });

  it('a screen reader hears when rooms open, where one is now, and once that they close', () => {
    const before = play(initialState, joined());
    const open = play(before, started({ assignment: 1 }));
    expect(heard(before, open).map(({ text }) => text)).toEqual(['breakout.opened_by Bo breakout.yours South']);
    const inRoom = play(open, comesTo(room(1)));
    expect(heard(open, inRoom).map(({ text }) => text)).toEqual(['breakout.now_in South']);
    const closing = play(inRoom, frame('breakout', 'closing', { issued_by: 'Bo' }));
    expect(heard(inRoom, closing).map(({ text }) => text)).toEqual(['breakout.closed']);
    expect(heard(closing, play(closing, comesTo(main), frame('breakout', 'closed')))).toEqual([]);
  });

  it('a timer or poll that was there before is no news to who comes back', () => {
    const inRoom = play(initialState, joined(), started(), comesTo(room(0)));
    const polls = { id: 'p', topic: 'Lunch?', choices: [], results: [], live: false, multiple_choice: false, duration: 60 };
    const runs = { kind: 'stopwatch', started_at: '2026-01-01T00:00:00Z', ready_check_enabled: false };
    const back = play(inRoom, comesTo(main, { timer: runs }, { ended: { polls } }));
    expect(heard(inRoom, back).map(({ text }) => text)).toEqual(['breakout.now_main']);
  });

  it('a line that was cut while the rooms closed ends in the main room, and says so', () => {
    const inRoom = play(initialState, joined(), started(), comesTo(room(0)));
    const back = play(inRoom, joined());
    expect(back.me?.breakout).toBeUndefined();
    expect(heard(inRoom, back).map(({ text }) => text)).toContain('breakout.closed');
  });

  it('moderators hear who calls them, and see it until somebody has come', () => {
    const open = play(initialState, joined({}, 'moderator'), started());
    const called = play(open, frame('breakout', 'help_called', { id: 1, participant_id: 'Cem' }));
    expect(heard(open, called)).toMatchObject([{ text: 'breakout.called Cem South', urgent: true, shown: true }]);
    expect(sliceOf(called, breakout).running?.rooms.map(({ needsHelp }) => needsHelp)).toEqual([false, true]);
    const come = play(called, frame('breakout', 'call_ended', { id: 1, participant_id: 'Bo' }));
    expect(sliceOf(come, breakout).running?.rooms.some(({ needsHelp }) => needsHelp)).toBe(false);
  });

  it('one is offered only the rooms that one may enter', () => {
    const strict = play(initialState, joined(), started({ assigned_only: true, assignment: 1 }));
    expect([0, 1].map((id) => mayEnter(sliceOf(strict, breakout), strict, id))).toEqual([false, true]);
    const moderates = play(initialState, joined({}, 'moderator'), started({ assigned_only: true }));
    expect(mayEnter(sliceOf(moderates, breakout), moderates, 0)).toBe(true);
  });

  it('a new end replaces the one that was said before', () => {
    const open = play(initialState, joined(), started({ expires_at: '2026-01-01T01:00:00Z' }));
    const sooner = play(open, frame('breakout', 'close_notice', { issued_by: 'Bo', stops_at: '2026-01-01T00:01:00Z' }));
    expect(sliceOf(sooner, breakout).clock?.endsAt).toBe('2026-01-01T00:01:00Z');
    expect(heard(open, sooner)).toMatchObject([{ shown: true, about: 'breakout' }]);
  });
});

describe('chance', () => {
  it('puts everybody in one room, and nowhere two more than elsewhere', () => {
    const people = Array.from({ length: 11 }, (_, index) => `p${index}`);
    const rooms = dealt(people, 3, () => 0.3);
    expect([...rooms.keys()].sort()).toEqual([...people].sort());
    const sizes = [0, 1, 2].map((id) => [...rooms.values()].filter((one) => one === id).length);
    expect(sizes).toEqual([4, 4, 3]);
  });
});
