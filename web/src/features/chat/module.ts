// SPDX-License-Identifier: EUPL-1.2

/** What was written to everybody, between two and in the breakout room where one is, and what of this person's own is not at the server yet. */
import type { Call } from '../../call/call';
import type { Module, Told } from '../../call/module';
import type { Store } from '../../call/store';
import type { ChatChunk, ChatScope, ParticipantId, Place, StoredMessage, Timestamp } from '../../call/wire';

/** Messages that come close together are marked as read once. */
const READ_AFTER_MS = 1_000;

/** `global`, the participant id of the other person in a private conversation, or `breakout` and the id of the room. */
export type ConversationKey = string;

const IN_ROOM = 'breakout ';

/** What is said in this breakout room. */
export const roomKey = (id: number): ConversationKey => `${IN_ROOM}${id}`;
export const isRoom = (key: ConversationKey): boolean => key.startsWith(IN_ROOM);

export interface Conversation {
  messages: readonly StoredMessage[];
  /** Where older messages start; absent when all are here. */
  nextIndex?: number;
  unread: number;
}

export interface Chat {
  enabled: boolean;
  conversations: ReadonlyMap<ConversationKey, Conversation>;
  /** The conversation on screen: what arrives there counts as read. */
  reading?: ConversationKey;
  /** Own messages that the server has not shown to have yet, oldest first. */
  outbox: readonly Unsent[];
  /** How many own messages there were. */
  written: number;
}

/** `number` counts what this person has written; `failed`: it is not at the server, and waits for what its author wants. */
export interface Unsent {
  number: number;
  to: ConversationKey;
  content: string;
  failed: boolean;
}

const EMPTY: Conversation = { messages: [], unread: 0 };

export const messages: Module<'chat', Chat> = {
  namespace: 'chat',
  again: { enable_chat: '', disable_chat: '', get_history_chunk: '' },
  initial: { enabled: true, conversations: new Map(), outbox: [], written: 0 },
  joined,
  reduce(chat, event, { me }, at) {
    switch (event.message) {
      case 'chat_enabled':
        return { ...chat, enabled: true };
      case 'chat_disabled':
        return { ...chat, enabled: false };
      case 'history_cleared':
        return withConversation(chat, 'global', EMPTY);
      case 'message_sent': {
        const { message: _, ...fields } = event;
        return received(chat, { ...fields, timestamp: at }, me?.id);
      }
      case 'room_chat_history_chunk':
        return older(chat, event.breakout === undefined ? 'global' : roomKey(event.breakout), event.history);
      case 'private_chat_history_chunk':
        return older(chat, event.correspondent, event.history);
      case 'set_last_seen_timestamp':
        return markRead(chat, keyOf(event));
      default:
        return chat;
    }
  },
  overhear(chat, { namespace, payload }, { me }) {
    if (namespace !== 'breakout' || payload.message !== 'switched_room') return chat;
    return inRoom(chat, payload.new_room, payload.own_data.chat, me?.id);
  },
  // What was never sent is its author's, wherever they are.
  outside: ({ outbox, written }) => ({ ...messages.initial, written, outbox: outbox.map((one) => ({ ...one, failed: true })) }),
  run: tellRead,
};

/** From here on `key` is on screen (nothing: the chat is not); what is there counts as read. */
export function read(chat: Chat, key: ConversationKey | undefined): Chat {
  const { reading: _, ...rest } = chat;
  return key === undefined ? rest : markRead({ ...rest, reading: key }, key);
}

function joined({ module_data: { chat: data, breakout }, id: me }: Told, _: unknown, before: Chat): Chat {
  const { reading } = before;
  const conversations = new Map<ConversationKey, Conversation>();
  const take = (key: ConversationKey, chunk: ChatChunk, seen: Timestamp | null | undefined) =>
    conversations.set(key, { ...fromChunk(chunk), unread: seen && key !== reading ? countNewer(chunk.messages, seen, me) : 0 });
  if (data !== undefined) {
    take('global', data.global_history, data.last_seen_timestamp_global);
    for (const { correspondent, history } of data.private_history ?? []) {
      take(correspondent, history, data.last_seen_timestamps_private?.[correspondent]);
    }
    if (breakout?.room.kind === 'breakout' && data.breakout_room_history) take(roomKey(breakout.room.id), data.breakout_room_history, data.last_seen_timestamp_breakout);
  }
  return {
    enabled: data?.enabled ?? true,
    conversations,
    outbox: arrived(before, conversations, me),
    written: before.written,
    ...(reading === undefined ? {} : { reading }),
  };
}

function keyOf(scope: ChatScope): ConversationKey {
  if (scope.scope === 'breakout') return roomKey(scope.target);
  return scope.scope === 'private' ? scope.target : 'global';
}

/** In another room now: what was said in the one before, or was to be said there, stays there. */
function inRoom(chat: Chat, place: Place, data: Told['module_data']['chat'], me: ParticipantId | undefined): Chat {
  const conversations = new Map([...chat.conversations].filter(([key]) => !isRoom(key)));
  const history = data?.breakout_room_history;
  if (place.kind === 'breakout' && history) {
    const seen = data.last_seen_timestamp_breakout;
    const unread = seen ? countNewer(history.messages, seen, me) : history.messages.length;
    conversations.set(roomKey(place.id), { ...fromChunk(history), unread });
  }
  return { ...chat, conversations, outbox: chat.outbox.filter(({ to }) => !isRoom(to)) };
}

function received(chat: Chat, message: StoredMessage, me: ParticipantId | undefined): Chat {
  const key = keyOf(message);
  const before = chat.conversations.get(key) ?? EMPTY;
  if (before.messages.some(({ id }) => id === message.id)) return chat;
  const own = message.source === me;
  const news = !own && key !== chat.reading;
  const sent = own ? chat.outbox.find(({ to, content }) => to === key && content === message.content) : undefined;
  const next = sent === undefined ? chat : withoutUnsent(chat, sent.number);
  return withConversation(next, key, {
    ...before,
    messages: [...before.messages, message],
    unread: before.unread + (news ? 1 : 0),
  });
}

function withUnsent(chat: Chat, unsent: Unsent): Chat {
  const others = chat.outbox.filter((one) => one.number !== unsent.number);
  return { ...chat, outbox: [...others, unsent] };
}

function withoutUnsent(chat: Chat, number: number): Chat {
  const outbox = chat.outbox.filter((one) => one.number !== number);
  return outbox.length === chat.outbox.length ? chat : { ...chat, outbox };
}

/** The message with this number did not get to the server. */
function notSent(chat: Chat, number: number): Chat {
  const refused = chat.outbox.find((one) => one.number === number);
  return refused === undefined ? chat : withUnsent(chat, { ...refused, failed: true });
}

/** Writes to everybody or to one person. Until the server has the message it is in the outbox. */
export function write(call: Call, to: ConversationKey, content: string): void {
  const chat = call.slice(messages);
  const number = chat.getSnapshot().written + 1;
  chat.update((now) => withUnsent({ ...now, written: number }, { number, to, content, failed: false }));
  void call.ask({ namespace: 'chat', payload: { action: 'send_message', content, ...scopeOf(to) } }).then((answer) => {
    if (answer.is === 'done') return chat.update((now) => withoutUnsent(now, number));
    // What was on the line when it broke is in the history after the reconnect, or was not sent.
    if (answer.is === 'lost' && answer.sent && call.store.getSnapshot().link.state !== 'open') return;
    chat.update((now) => notSent(now, number));
    if (answer.is === 'refused') call.refuse('chat', answer.error);
  });
}

/** Gives up a message that did not get to the server. */
export function discard(call: Call, number: number): void {
  call.slice(messages).update((now) => withoutUnsent(now, number));
}

/** Tells the server what was on the screen and therefore read, a while later for all that came meanwhile. */
function tellRead(call: Call, chat: Store<Chat>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told: string | undefined;
  const stop = chat.subscribe(() => {
    const { reading, conversations } = chat.getSnapshot();
    const last = reading === undefined ? undefined : conversations.get(reading)?.messages.at(-1);
    if (reading === undefined || last === undefined || last.id === told) return;
    told = last.id;
    clearTimeout(timer);
    timer = setTimeout(() => {
      call.tell({ namespace: 'chat', payload: { action: 'set_last_seen_timestamp', timestamp: last.timestamp, ...scopeOf(reading) } });
    }, READ_AFTER_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

export function scopeOf(key: ConversationKey): ChatScope {
  if (isRoom(key)) return { scope: 'breakout', target: Number(key.slice(IN_ROOM.length)) };
  return key === 'global' ? { scope: 'global' } : { scope: 'private', target: key };
}

/** After a reconnect the history tells which messages the server has; the others did not get there. */
function arrived(before: Chat, conversations: ReadonlyMap<ConversationKey, Conversation>, me: ParticipantId): Unsent[] {
  const taken = new Set<string>();
  return before.outbox.flatMap((unsent) => {
    const known = new Set(before.conversations.get(unsent.to)?.messages.map(({ id }) => id));
    const there = conversations
      .get(unsent.to)
      ?.messages.find(({ id, source, content }) => source === me && content === unsent.content && !known.has(id) && !taken.has(id));
    if (there === undefined) return [{ ...unsent, failed: true }];
    taken.add(there.id);
    return [];
  });
}

function older(chat: Chat, key: ConversationKey, chunk: ChatChunk): Chat {
  const before = chat.conversations.get(key) ?? EMPTY;
  const known = new Set(before.messages.map(({ id }) => id));
  const fresh = chunk.messages.filter(({ id }) => !known.has(id));
  return withConversation(chat, key, {
    ...fromChunk({ ...chunk, messages: [...fresh, ...before.messages] }),
    unread: before.unread,
  });
}

function markRead(chat: Chat, key: ConversationKey): Chat {
  const conversation = chat.conversations.get(key);
  if (conversation === undefined || conversation.unread === 0) return chat;
  return withConversation(chat, key, { ...conversation, unread: 0 });
}

function fromChunk(chunk: ChatChunk): Conversation {
  const messages = [...chunk.messages].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  return {
    messages,
    unread: 0,
    ...(typeof chunk.next_index === 'number' ? { nextIndex: chunk.next_index } : {}),
  };
}

function countNewer(messages: readonly StoredMessage[], seen: Timestamp, me: ParticipantId | undefined): number {
  const limit = Date.parse(seen);
  return messages.filter((m) => m.source !== me && Date.parse(m.timestamp) > limit).length;
}

function withConversation(chat: Chat, key: ConversationKey, conversation: Conversation): Chat {
  return { ...chat, conversations: new Map(chat.conversations).set(key, conversation) };
}

export function unread({ conversations }: Chat): number {
  let total = 0;
  for (const one of conversations.values()) total += one.unread;
  return total;
}
