// SPDX-License-Identifier: EUPL-1.2

/** A call against a server that answers as the real one does; its line is held in the hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Call } from './call';
import type { MediaChoices, MediaPort } from './media_port';

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

const inside = (messages: object[] = []) => ({
  id: 'me',
  connection_id: `c${sockets.length}`,
  display_name: 'Me',
  role: 'user',
  enabled_modules: {},
  participants: [],
  module_data: {
    chat: { enabled: true, global_history: { messages } },
    livekit: { room: 'r', token: 't', public_url: 'ws://media' },
  },
});

/** What the media were asked for, and with which choices they were opened. */
function calling(choices: MediaChoices = { microphone: true, camera: true }) {
  const asked: string[] = [];
  const port: MediaPort = {
    connect: async () => void asked.push('connect'),
    close: async () => void asked.push('close'),
    set: async (kind, on) => void asked.push(`${kind} ${on ? 'on' : 'off'}`),
    forgetProblem: () => undefined,
    switchDevice: async () => undefined,
    activeDevice: () => undefined,
    playSound: async () => undefined,
  };
  const call = new Call({ roomId: 'r' }, choices, {
    api: 'https://example.org/v1',
    accessToken: async () => undefined,
    openMedia: async (wanted) => {
      asked.push(`open ${wanted.microphone ? 'microphone' : '-'} ${wanted.camera ? 'camera' : '-'}`);
      return port;
    },
  });
  call.join();
  return { call, asked, state: () => call.store.getSnapshot() };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const line = () => sockets.at(-1) as Socket;

describe('a call', () => {
  beforeEach(() => {
    sockets = [];
    vi.useFakeTimers();
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
    const { call, asked } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    await settled();
    line().says('moderation', 'muted', { moderator: 'bo' });
    await settled();
    expect(asked).toEqual(['open microphone camera', 'connect', 'microphone off']);
    line().says('moderation', 'sent_to_waiting_room');
    await settled();
    line().says('moderation', 'accepted');
    line().says('core', 'join_success', inside());
    await settled();
    expect(asked.slice(3)).toEqual(['close', 'open - -', 'connect']);
    call.set('microphone', true);
    await settled();
    expect(asked.at(-1)).toBe('microphone on');
  });

  it('says of a command on a dead line that it was not done', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    line().breaks();
    expect(call.send({ namespace: 'raise_hands', payload: { action: 'raise_hand' } })).toBe(false);
    expect(state().refusal).toEqual({ count: 1, namespace: 'raise_hands', error: 'not_sent' });
  });

  it('keeps a message until the server has it', async () => {
    const { call, state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    call.write('global', 'arrives');
    expect(state().chat.outbox).toEqual([{ transaction: 1, to: 'global', content: 'arrives', failed: false }]);
    line().says('chat', 'message_sent', { id: '1', source: 'me', scope: 'global', content: 'arrives' });
    expect(state().chat.outbox).toEqual([]);

    call.write('global', 'refused');
    line().says('chat', 'error', { error: 'chat_disabled' }, 2);
    expect(state().chat.outbox).toEqual([{ transaction: 2, to: 'global', content: 'refused', failed: true }]);
    expect(state().refusal?.error).toBe('chat_disabled');
    call.discard(2);

    call.write('global', 'got there');
    call.write('global', 'got lost');
    line().breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    const there = { id: '3', source: 'me', scope: 'global', content: 'got there', timestamp: '2026-01-01T10:00:01Z' };
    line().says('core', 'join_success', inside([there]));
    expect(state().chat.outbox).toEqual([{ transaction: 4, to: 'global', content: 'got lost', failed: true }]);
  });

  it('goes on after a frame that breaks what reads it', async () => {
    const { state } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    const before = state();
    line().says('core', 'join_success', {});
    line().says('chat', 'room_chat_history_chunk', {});
    expect(state()).toBe(before);
    line().says('chat', 'chat_disabled', { issued_by: 'bo' });
    expect(state().chat.enabled).toBe(false);
  });

  it('tells the server once what has been read of messages that come together', async () => {
    const { call } = calling();
    await settled();
    line().says('core', 'join_success', inside());
    call.readConversation('global');
    for (let id = 0; id < 20; id += 1) line().says('chat', 'message_sent', { id: `${id}`, source: 'bo', scope: 'global', content: 'x' });
    await vi.advanceTimersByTimeAsync(1_500);
    const marks = line().written.filter(({ payload }) => payload.action === 'set_last_seen_timestamp');
    expect(marks).toHaveLength(1);
  });
});
