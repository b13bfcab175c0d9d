// SPDX-License-Identifier: EUPL-1.2

/** A call against a server that answers as the real one does; its line is held in the hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Call } from '../call/call';
import { stubDevices } from '../call/captured.fixture';
import { Devices } from '../call/devices';
import type { MediaRoom, RoomEvents } from '../call/media_port';
import { sliceOf } from '../call/module';
import { roomOff } from '../call/state';
import { discard, messages, read, write } from './chat/module';
import { modules } from './list';
import { polls } from './polls/module';
import { enabledModules } from './test_meeting';
import { timer } from './timer/module';

let sockets: Socket[] = [];

class Socket {
  static readonly OPEN = 1;
  readyState = 1;
  readonly written: { namespace: string; payload: { action: string }; transaction_id?: number }[] = [];
  onmessage: ((event: { data: string }) => void) | undefined;
  onclose: ((event: { code: number }) => void) | undefined;

  constructor() {
    sockets.push(this);
  }

  send(text: string): void {
    this.written.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  says(namespace: string, message: string, fields: object = {}, transaction_id?: number): void {
    const frame = { namespace, timestamp: '2026-01-01T10:00:00Z', payload: { message, ...fields }, transaction_id };
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  breaks(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1006 });
  }
}

const inside = (messages: object[] = [], token = 't') => ({
  id: 'me',
  display_name: 'Me',
  role: 'user',
  enabled_modules: enabledModules,
  participants: [],
  module_data: {
    chat: { enabled: true, global_history: { messages } },
    livekit: { room: 'r', token, public_url: 'ws://media' },
  },
});

/** As the server signs them: a new one each time, for whom it is stands in it. */
const tokenOf = (sub: string, number: number): string => ['', btoa(JSON.stringify({ sub, iat: number })), ''].join('.');

/** What the media room was asked for. */
function calling() {
  const asked: string[] = [];
  let told: RoomEvents | undefined;
  const room: MediaRoom = {
    connect: async ({ token }) => void asked.push(`connect ${token}`),
    close: async () => void asked.push('close'),
    setVolume: () => undefined,
    playSound: async () => undefined,
  };
  const devices = new Devices();
  const call = new Call({ roomId: 'r' }, devices, {
    api: 'https://example.org/v1',
    accessToken: async () => undefined,
    modules,
    openRoom: async (_, { publishes }, events) => {
      asked.push(`open for ${publishes.join(', ')}`);
      told = events;
      return room;
    },
  });
  call.join();
  const tell = (): RoomEvents => told as RoomEvents;
  const chat = () => sliceOf(call.store.getSnapshot(), messages);
  return { call, devices, asked, tell, chat, state: () => call.store.getSnapshot(), own: () => devices.store.getSnapshot().own };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const line = () => sockets.at(-1) as Socket;

describe('a call', () => {
  beforeEach(() => {
    sockets = [];
    vi.useFakeTimers();
    stubDevices();
    vi.stubGlobal('WebSocket', Socket);
    vi.stubGlobal('fetch', async () => Response.json({ token: 't', roomserver_address: 'https://example.org' }));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('that cannot be joined asks again and never begins by itself', async () => {
    vi.stubGlobal('fetch', () => new Promise(() => undefined));
    const { call, state } = calling();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state().link.state).toBe('lost');
    vi.stubGlobal('fetch', async () => Response.json({ token: 't', roomserver_address: 'https://example.org' }));
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(0);
    call.retryNow();
    await settled();
    line().says('core', 'join_success', inside());
    expect(state().phase.at).toBe('meeting');
  });

  it('keeps the microphone of who was muted and sent out off until they turn it on', async () => {
    const { call, devices, asked, own } = calling();
    void devices.set('microphone', true);
    void devices.set('camera', true);
    await settled();
    line().says('core', 'join_success', inside());
    await settled();
    expect(own()).toMatchObject({ microphone: 'on', camera: 'on' });
    line().says('moderation', 'muted', { moderator: 'bo' });
    expect(own()).toMatchObject({ microphone: 'off', camera: 'on' });
    line().says('moderation', 'sent_to_waiting_room');
    await settled();
    line().says('moderation', 'accepted');
    line().says('core', 'join_success', inside());
    await settled();
    const opened = 'open for microphone, camera, screen_share';
    expect(asked).toEqual([opened, 'connect t', 'close', opened, 'connect t']);
    expect(own()).toMatchObject({ microphone: 'off', camera: 'off' });
    call.set('microphone', true);
    await settled();
    expect(own()).toMatchObject({ microphone: 'on', camera: 'off' });
  });

  it('captures nothing of who waits, and what they wanted when they are let in', async () => {
    const { devices, own } = calling();
    await settled();
    line().says('core', 'in_waiting_room', { participant_id: 'me' });
    void devices.set('microphone', true);
    await settled();
    expect(own().microphone).toBe('off');
    line().says('moderation', 'accepted');
    line().says('core', 'join_success', inside());
    await settled();
    expect(own().microphone).toBe('on');
  });

  it('keeps sound and picture over a cut line, and connects them anew where they are dead or another person’s', async () => {
    const { asked, tell, state } = calling();
    await settled();
    const connects = async (token: string): Promise<boolean> => {
      asked.length = 0;
      line().says('core', 'join_success', inside([], token));
      await settled();
      return asked.includes(`connect ${token}`);
    };
    const returns = async (token: string): Promise<boolean> => {
      line().breaks();
      await vi.advanceTimersByTimeAsync(1_000);
      return connects(token);
    };
    expect(await connects(tokenOf('me:1', 1))).toBe(true);
    tell().changed({ ...roomOff, connection: 'connected' });
    expect(await returns(tokenOf('me:1', 2))).toBe(false);
    expect([state().joins, state().media.connection]).toEqual([2, 'connected']);
    tell().changed({ ...roomOff, connection: 'reconnecting' });
    expect(await returns(tokenOf('me:1', 3))).toBe(true);
    tell().changed({ ...roomOff, connection: 'connected' });
    expect(await returns(tokenOf('me:2', 4))).toBe(true);
    tell().changed({ ...roomOff, connection: 'connected' });
    expect(await returns('opaque')).toBe(true);
  });

  it('moves sound and picture to the room where its person is now', async () => {
    const { asked } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    await settled();
    const livekit = { room: 'r:0', token: 'of the breakout room', public_url: 'ws://media' };
    line().says('breakout', 'switched_room', { old_room: { kind: 'main' }, new_room: { kind: 'breakout', id: 0 }, own_data: { livekit } });
    await settled();
    expect(asked.slice(1)).toEqual(['connect t', 'connect of the breakout room']);
  });

  it('shows the result of a poll that ended while the line was cut', async () => {
    const { call } = calling();
    await settled();
    const poll = { id: 'p', topic: 'Lunch?', live: false, multiple_choice: false, duration: 60, choices: [{ id: 0, content: 'Yes' }] };
    line().says('core', 'join_success', inside());
    line().says('polls', 'started', poll);
    line().breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    line().says('core', 'join_success', { ...inside(), ended: { polls: { ...poll, results: [{ id: 0, count: 3 }] } } });
    const { running, last } = sliceOf(call.store.getSnapshot(), polls);
    expect([running, last?.question.topic, last?.counts.get(0)]).toEqual([undefined, 'Lunch?', 3]);
  });

  it('notices that a timer ended while the line was cut, and whether its time was up', async () => {
    const { call } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const missed = async (ends_at: string) => {
      line().says('timer', 'started', { kind: 'countdown', started_at: '2026-01-01T10:00:00Z', ends_at, ready_check_enabled: false });
      line().breaks();
      await vi.advanceTimersByTimeAsync(1_000);
      line().says('core', 'join_success', inside());
      const { running, ended } = sliceOf(call.store.getSnapshot(), timer);
      expect(running).toBeUndefined();
      return ended;
    };
    expect(await missed('2026-01-01T10:05:00Z')).toEqual({ stopped: true, count: 1 });
    expect(await missed('2026-01-01T10:00:00Z')).toEqual({ stopped: false, count: 2 });
  });

  it('turns off what the server takes, and says what cannot be sent', async () => {
    const { call, tell, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    call.set('microphone', true);
    await settled();
    expect(state().media.own.microphone).toBe('on');
    tell().stopped('microphone', undefined);
    expect([state().media.own.microphone, state().media.problems]).toEqual(['off', {}]);
    tell().stopped('camera', 'failed');
    expect(state().media.problems).toEqual({ camera: 'failed' });
  });

  it('is in several media rooms at once, each with its own way back', async () => {
    const { call, asked, tell, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    await settled();
    tell().changed({ ...roomOff, connection: 'connected' });
    const renewed: string[] = [];
    const credentials = { room: 'i', token: 'other', public_url: 'ws://media' };
    void call.rooms.open('interpretation', credentials, { publishes: [] }, () => renewed.push('interpretation'));
    await settled();
    expect(asked.slice(-2)).toEqual(['open for ', 'connect other']);
    tell().changed({ ...roomOff, connection: 'reconnecting' });
    expect([...state().media.rooms].map(([key, { connection }]) => [key, connection])).toEqual([['interpretation', 'reconnecting']]);
    expect(state().media.connection).toBe('connected');
    tell().lost(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(renewed).toEqual(['interpretation']);
    expect(line().written).toEqual([]);
    void call.rooms.close('interpretation');
    expect([state().media.rooms.size, state().media.connection]).toEqual([0, 'connected']);
  });

  it('says of a command on a dead line that it was not done', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    line().breaks();
    expect(call.send({ namespace: 'raise_hands', payload: { action: 'raise_hand' } })).toBe(false);
    expect(state().refusal).toEqual({ count: 1, namespace: 'raise_hands', error: 'not_sent' });
  });

  it('sends again after a reconnect what may be done twice, and is told when it is done', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const hand = call.ask({ namespace: 'raise_hands', payload: { action: 'raise_hand' } });
    const admitted = call.ask({ namespace: 'moderation', payload: { action: 'accept', target: 'bo' } });
    line().breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    line().says('core', 'join_success', inside());
    expect(line().written.map(({ payload, transaction_id }) => [payload.action, transaction_id])).toEqual([
      ['raise_hand', 1],
      ['accept', 2],
    ]);
    line().says('echo', 'pong', {}, 1);
    // The first one had arrived.
    line().says('moderation', 'error', { error: 'not_waiting' }, 2);
    expect(await Promise.all([hand, admitted])).toEqual([{ is: 'done' }, { is: 'done' }]);
    expect(state().refusal).toBeUndefined();
  });

  it('sends once what is asked on a new line before that leads into the meeting', async () => {
    const { call } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    line().breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    void call.ask({ namespace: 'moderation', payload: { action: 'kick', target: 'bo' } });
    void call.ask({ namespace: 'raise_hands', payload: { action: 'raise_hand' } });
    line().says('core', 'join_success', inside());
    expect(line().written.map(({ payload }) => payload.action)).toEqual(['kick', 'raise_hand']);
  });

  it('says of what must not be done twice that it may be lost, and never sends it again', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    call.send({ namespace: 'moderation', payload: { action: 'kick', target: 'bo' } });
    line().breaks();
    await settled();
    expect(state().refusal).toEqual({ count: 1, namespace: 'moderation', error: 'lost' });
    await vi.advanceTimersByTimeAsync(1_000);
    line().says('core', 'join_success', inside());
    expect(line().written).toEqual([]);
  });

  it('says of everything that nobody answers that it may be lost, and nothing of what comes after that', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const hand = call.ask({ namespace: 'raise_hands', payload: { action: 'raise_hand' } });
    const talks = setInterval(() => line().says('echo', 'pong'), 1_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await hand).toEqual({ is: 'lost', sent: true });
    line().says('echo', 'pong', {}, 1);
    clearInterval(talks);
    expect(state().refusal).toBeUndefined();

    const before = call.ask({ namespace: 'raise_hands', payload: { action: 'lower_hand' } });
    line().says('core', 'in_waiting_room', { participant_id: 'me' });
    expect(await before).toEqual({ is: 'lost', sent: true });
  });

  it('gives the answer to who asked, and a refusal to nobody else', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const muted = call.ask({ namespace: 'moderation', payload: { action: 'mute', participants: ['bo'] } });
    line().says('moderation', 'error', { error: 'insufficient_permissions' }, 1);
    expect(await muted).toEqual({ is: 'refused', error: 'insufficient_permissions' });
    expect(state().refusal).toBeUndefined();
    call.send({ namespace: 'moderation', payload: { action: 'mute', participants: ['bo'] } });
    line().says('moderation', 'error', { error: 'insufficient_permissions' }, 2);
    await settled();
    expect(state().refusal).toEqual({ count: 1, namespace: 'moderation', error: 'insufficient_permissions' });
  });

  it('keeps a message until the server has it', async () => {
    const { call, state, chat } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    write(call, 'global', 'arrives');
    expect(chat().outbox).toEqual([{ number: 1, to: 'global', content: 'arrives', failed: false }]);
    line().says('chat', 'message_sent', { id: '1', source: 'me', scope: 'global', content: 'arrives' });
    expect(chat().outbox).toEqual([]);

    write(call, 'global', 'refused');
    line().says('chat', 'error', { error: 'chat_disabled' }, 2);
    await settled();
    expect(chat().outbox).toEqual([{ number: 2, to: 'global', content: 'refused', failed: true }]);
    expect(state().refusal?.error).toBe('chat_disabled');
    discard(call, 2);

    write(call, 'global', 'got there');
    write(call, 'global', 'got lost');
    line().breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    const there = { id: '3', source: 'me', scope: 'global', content: 'got there', timestamp: '2026-01-01T10:00:01Z' };
    line().says('core', 'join_success', inside([there]));
    expect(chat().outbox).toEqual([{ number: 4, to: 'global', content: 'got lost', failed: true }]);
  });

  it('goes on after a frame that breaks what reads it', async () => {
    const { state, chat } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const before = state();
    line().says('core', 'join_success', {});
    line().says('chat', 'room_chat_history_chunk', {});
    expect(state()).toBe(before);
    line().says('chat', 'chat_disabled', { issued_by: 'bo' });
    expect(chat().enabled).toBe(false);
  });

  it('tells the server once what has been read of messages that come together', async () => {
    const { call } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    call.slice(messages).update((now) => read(now, 'global'));
    for (let id = 0; id < 20; id += 1) line().says('chat', 'message_sent', { id: `${id}`, source: 'bo', scope: 'global', content: 'x' });
    await vi.advanceTimersByTimeAsync(1_500);
    const marks = line().written.filter(({ payload }) => payload.action === 'set_last_seen_timestamp');
    expect(marks).toHaveLength(1);
  });
});
