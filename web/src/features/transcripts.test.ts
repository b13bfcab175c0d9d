// SPDX-License-Identifier: EUPL-1.2

/** Transcripts: frames of the server in their order, then what the person sees. */
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../call/module';
import { reduce as reduceAll } from '../call/reduce';
import { isModerator, present } from '../call/select';
import { type CallState, initialState } from '../call/state';
import type { ServerFrame } from '../call/wire';
import { messages, read, unread } from './chat/module';
import { modules } from './list';
import { devices } from './livekit/module';
import { rules } from './moderation/module';
import { hands, queue } from './raise_hands/module';
import { fade, reactions } from './reaction/module';
import { enabledModules, having } from './test_meeting';

const reduce = (state: CallState, next: ServerFrame): CallState => reduceAll(modules, state, next);
const queued = (state: CallState) => queue(sliceOf(state, hands)).map(({ id }) => id);
const chat = (state: CallState) => sliceOf(state, messages);
const shown = (state: CallState) => sliceOf(state, reactions).shown;
const looking = (state: CallState, key: string): CallState => having(state, messages, read(chat(state), key));

let clock = 0;

/** `frame('chat', 'chat_disabled', {…})`: a frame one second after the one before. */
function frame(namespace: string, message: string, fields: object = {}): ServerFrame {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + clock++ * 1000).toISOString();
  return { namespace, timestamp, payload: { message, ...fields } } as unknown as ServerFrame;
}

function peer(id: string, name: string, role = 'user', raisedAt?: string) {
  return {
    id,
    connections: [{ connection_id: `${id}-1` }],
    module_data: {
      core: { display_name: name, role, participation_kind: 'registered', joined_at: '2026-01-01' },
      ...(raisedAt ? { raise_hands: { raised_at: raisedAt } } : {}),
    },
  };
}

function joined(fields: { role?: string; participants?: object[]; module_data?: object } = {}) {
  const { module_data = {}, ...rest } = fields;
  return frame('core', 'join_success', {
    id: 'anna',
    connection_id: 'anna-1',
    display_name: 'Anna',
    role: 'moderator',
    enabled_modules: enabledModules,
    participants: [],
    event_info: { title: 'Council' },
    module_data: {
      chat: { enabled: true, global_history: { messages: [] } },
      raise_hands: { raise_hands_enabled: true },
      ...module_data,
    },
    ...rest,
  });
}

function play(...frames: ServerFrame[]): CallState {
  return frames.reduce(reduce, initialState);
}

const connected = (id: string, name: string) =>
  frame('core', 'participant_connected', {
    participant_id: id,
    connection_id: `${id}-1`,
    peer_data: peer(id, name).module_data,
  });
const says = (source: string, content: string, scope: object = { scope: 'global' }) =>
  frame('chat', 'message_sent', { id: `m${clock}`, source, content, ...scope });

describe('the room', () => {
  it('has those who were here before and those who came, in order', () => {
    const state = play(joined({ participants: [peer('bo', 'Bo')] }), connected('cem', 'Cem'));
    expect(state.phase).toEqual({ at: 'meeting' });
    expect(state.room.title).toBe('Council');
    expect(present(state).map(({ name }) => name)).toEqual(['Bo', 'Cem']);
  });

  it('has the title and the password that were changed outside, and no more a password that was taken away', () => {
    const changed = (change: object) => frame('core', 'room_parameters_changed', { change });
    const state = play(joined(), changed({ title: 'Board', password: 's3cret' }));
    expect(state.room).toMatchObject({ title: 'Board', password: 's3cret' });
    const kept = play(joined(), changed({ password: 's3cret' }), changed({ guest_access: 'disabled' }));
    expect(kept.room).toMatchObject({ title: 'Council', password: 's3cret' });
    expect(play(joined(), changed({ password: 's3cret' }), changed({ password: null })).room.password).toBeUndefined();
  });

  it('keeps a person with two devices until the last one is gone', () => {
    const second = frame('core', 'participant_connected', {
      participant_id: 'bo',
      connection_id: 'bo-2',
    });
    const leaves = (connection: string) =>
      frame('core', 'participant_disconnected', {
        participant_id: 'bo',
        connection_id: connection,
        reason: 'leave',
      });
    const state = play(joined({ participants: [peer('bo', 'Bo')] }), second, leaves('bo-1'));
    expect(present(state)).toHaveLength(1);
    expect(present(reduce(state, leaves('bo-2')))).toHaveLength(0);
  });

  it('is over when the limit is reached but not when the server restarts', () => {
    expect(play(joined(), frame('core', 'closing', { reason: 'time_limit_reached' })).phase).toEqual(
      { at: 'over', why: 'time_limit' },
    );
    const restart = play(joined(), frame('core', 'closing', { reason: 'graceful_shutdown' }));
    expect(restart.phase).toEqual({ at: 'meeting' });
  });

  it('lives through frames it does not know', () => {
    const before = play(joined());
    expect(reduce(before, frame('whiteboard', 'initialized'))).toBe(before);
    expect(reduce(before, frame('chat', 'something_new'))).toBe(before);
  });
});

describe('chat', () => {
  it('counts what others wrote until it is read, never what I wrote', () => {
    const state = play(
      joined({ participants: [peer('bo', 'Bo')] }),
      says('anna', 'hello'),
      says('bo', 'hi'),
      says('bo', 'psst', { scope: 'private', target: 'bo' }),
    );
    expect(unread(chat(state))).toBe(2);
    const after = looking(state, 'global');
    expect(unread(chat(after))).toBe(1);
    expect(unread(chat(reduce(after, says('bo', 'more'))))).toBe(1);
  });

  it('puts older messages before newer ones and forgets the chunk it came from', () => {
    const message = (n: number) => ({
      id: `old${n}`,
      source: 'bo',
      content: `${n}`,
      scope: 'global',
      timestamp: `2025-12-31T10:00:0${n}Z`,
    });
    const history = { messages: [message(1), message(2)], next_index: 99 };
    const state = play(
      joined({ module_data: { chat: { enabled: true, global_history: history } } }),
      frame('chat', 'room_chat_history_chunk', {
        history: { messages: [message(0), message(1)], next_index: null },
      }),
    );
    const global = chat(state).conversations.get('global');
    expect(global?.messages.map(({ content }) => content)).toEqual(['0', '1', '2']);
    expect(global?.nextIndex).toBeUndefined();
  });

  it('closes and opens', () => {
    const off = play(joined(), frame('chat', 'chat_disabled', { issued_by: 'bo' }));
    expect(chat(off).enabled).toBe(false);
    expect(chat(reduce(off, frame('chat', 'chat_enabled', { issued_by: 'bo' }))).enabled).toBe(true);
  });
});

describe('hands', () => {
  const up = (id: string) => frame('raise_hands', 'hand_raised', { participant: id });

  it('stand in the order in which they went up, mine among them', () => {
    const state = play(
      joined({ participants: [peer('bo', 'Bo'), peer('cem', 'Cem')] }),
      up('cem'),
      up('anna'),
      up('bo'),
    );
    expect(queued(state)).toEqual(['cem', 'anna', 'bo']);
  });

  it('come down when the moderator resets them or closes the list', () => {
    const state = play(joined({ participants: [peer('bo', 'Bo')] }), up('bo'), up('anna'));
    const reset = frame('raise_hands', 'raised_hand_reset_by_moderator', {
      issued_by: 'x',
      participants: ['anna'],
    });
    expect(queued(reduce(state, reset))).toEqual(['bo']);
    const closed = reduce(state, frame('raise_hands', 'raise_hands_disabled', { issued_by: 'x' }));
    expect(queued(closed)).toEqual([]);
    expect(sliceOf(closed, hands).enabled).toBe(false);
  });

  it('tell who lowered mine, and nothing when that was me or when it was down', () => {
    const reset = (issued_by: string) => frame('raise_hands', 'raised_hand_reset_by_moderator', { issued_by, participants: ['anna', 'bo'] });
    const state = play(joined({ participants: [peer('bo', 'Bo')] }), up('anna'), reset('bo'));
    expect(sliceOf(state, hands).lowered).toEqual({ by: 'bo', count: 1 });
    expect(sliceOf(play(joined(), up('anna'), reset('anna')), hands).lowered).toBeUndefined();
    expect(sliceOf(play(joined(), reset('bo')), hands).lowered).toBeUndefined();
  });
});

describe('reactions', () => {
  it('fade in the order in which they came', () => {
    const react = (reaction: string) =>
      frame('reaction', 'reacted', { participant_id: 'bo', reaction });
    const state = play(joined(), react('clap'), react('heart'), react('no_such_thing'));
    expect(shown(state).map(({ reaction }) => reaction)).toEqual(['clap', 'heart']);
    expect(fade(sliceOf(state, reactions), 1).shown.map(({ reaction }) => reaction)).toEqual(['heart']);
  });
});

describe('one person who reacts without end', () => {
  it('does not push the reactions of others off the screen', () => {
    const react = (participant_id: string) => frame('reaction', 'reacted', { participant_id, reaction: 'clap' });
    const state = play(joined(), react('anna'), ...Array.from({ length: 40 }, () => react('bo')), react('cem'));
    expect(shown(state).map(({ by }) => by)).toEqual(['anna', 'bo', 'bo', 'bo', 'bo', 'bo', 'cem']);
    expect(shown(state).map(({ key }) => key)).toEqual([1, 37, 38, 39, 40, 41, 42]);
  });
});

describe('moderation', () => {
  it('leads through the waiting room in both dialects', () => {
    const waiting = play(frame('core', 'in_waiting_room', { participant_id: 'bo' }));
    expect(waiting.phase).toEqual({ at: 'waiting', accepted: false, why: 'arrived' });
    const accepted = reduce(waiting, frame('moderation', 'accepted'));
    expect(accepted.phase).toMatchObject({ accepted: true });

    const older = play(joined(), frame('moderation', 'waiting_room_enabled'));
    expect(sliceOf(older, rules).waitingRoom).toBe('for_everyone');
    const both = reduce(
      play(joined(), frame('moderation', 'waiting_room_updated', { new_state: 'for_guests' })),
      frame('moderation', 'waiting_room_enabled'),
    );
    expect(sliceOf(both, rules).waitingRoom).toBe('for_guests');
  });

  it('shows who waits, until they are in or gone', () => {
    const arrives = (id: string, name: string) =>
      frame('core', 'joined_waiting_room', {
        participant_id: id,
        display_name: name,
        joined_at: '2026-01-01',
      });
    let state = play(joined(), arrives('bo', 'Bo'), arrives('cem', 'Cem'));
    expect(state.waiting.map(({ name }) => name)).toEqual(['Bo', 'Cem']);
    state = reduce(state, frame('moderation', 'participant_accepted', { participant_id: 'bo' }));
    expect(state.waiting[0]?.accepted).toBe(true);
    state = reduce(state, connected('bo', 'Bo'));
    state = reduce(state, frame('core', 'left_waiting_room', { id: 'cem', connection_id: 'c' }));
    expect(state.waiting).toEqual([]);
  });

  it('leaves nothing of the meeting with a person who is sent back', () => {
    const state = play(
      joined({ participants: [peer('bo', 'Bo')] }),
      says('bo', 'secret'),
      frame('moderation', 'sent_to_waiting_room'),
    );
    expect(state.phase).toEqual({ at: 'waiting', accepted: false, why: 'sent_back' });
    expect(state.people.size).toBe(0);
    expect(chat(state).conversations.size).toBe(0);
  });

  it('tells being removed from the end for all', () => {
    expect(play(joined(), frame('moderation', 'kicked', { reason: 'kicked' })).phase).toEqual({
      at: 'over',
      why: 'kicked',
    });
    expect(play(joined(), frame('moderation', 'kicked', { reason: 'debriefed' })).phase).toEqual({
      at: 'over',
      why: 'debriefed',
    });
  });

  it('tells being turned away from being removed: who waited was never in it', () => {
    const denied = play(frame('core', 'in_waiting_room', { participant_id: 'anna' }), frame('moderation', 'kicked', { reason: 'kicked' }));
    expect(denied.phase).toEqual({ at: 'over', why: 'turned_away' });
  });

  it('knows why somebody waits, also after the line broke while they did', () => {
    const waits = frame('core', 'in_waiting_room', { participant_id: 'anna' });
    const why = ({ phase }: CallState) => phase.at === 'waiting' && phase.why;
    expect(why(play(waits))).toBe('arrived');
    expect(why(play(joined(), waits, waits))).toBe('came_back');
    expect(why(play(joined(), frame('moderation', 'sent_to_waiting_room'), waits))).toBe('sent_back');
  });

  it('gives a promoted person the list of those who wait and takes it back', () => {
    const promoted = play(
      joined({ role: 'user' }),
      frame('moderation', 'role_updated', {
        participant_id: 'anna',
        new_role: 'moderator',
        moderator_data: {
          waiting_room: 'for_guests',
          waiting_room_participants: [
            { participant_id: 'bo', display_name: 'Bo', joined_at: '2026-01-01' },
          ],
        },
      }),
    );
    expect(isModerator(promoted)).toBe(true);
    expect(promoted.waiting.map(({ id }) => id)).toEqual(['bo']);
    const back = reduce(
      promoted,
      frame('moderation', 'role_updated', { participant_id: 'anna', new_role: 'user' }),
    );
    expect(back.waiting).toEqual([]);
  });

  it('counts each muting, so that a second one is told again', () => {
    const muted = () => frame('moderation', 'muted', { moderator: 'bo' });
    expect(sliceOf(play(joined(), muted(), muted()), devices).muted).toEqual({ by: 'bo', count: 2 });
  });
});

describe('what many see alike', () => {
  it('is the place of a hand: raised again it keeps its own, as the server has it', () => {
    const raised = (participant: string, raised_at: string) => frame('raise_hands', 'hand_raised', { participant, raised_at });
    const state = play(
      joined({ participants: [peer('bo', 'Bo'), peer('cem', 'Cem')] }),
      raised('bo', '2026-01-01T09:00:00Z'),
      raised('cem', '2026-01-01T09:01:00Z'),
      raised('bo', '2026-01-01T09:00:00Z'),
    );
    expect(queued(state)).toEqual(['bo', 'cem']);
  });

  it('is every reaction: one that comes when the others have faded is a new one', () => {
    const reacted = () => frame('reaction', 'reacted', { participant_id: 'bo', reaction: 'clap' });
    const first = play(joined(), reacted());
    const faded = having(first, reactions, fade(sliceOf(first, reactions), 1));
    expect(shown(reduce(faded, reacted())).map(({ key }) => key)).toEqual([2]);
  });
});
