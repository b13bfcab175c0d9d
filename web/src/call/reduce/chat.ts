// SPDX-License-Identifier: EUPL-1.2

import type { CallState, Chat, Conversation, ConversationKey, Unsent } from '../state';
import type {
  ChatChunk,
  ChatEvent,
  ChatScope,
  ModuleData,
  ModuleError,
  ParticipantId,
  StoredMessage,
  Timestamp,
} from '../wire';

const EMPTY: Conversation = { messages: [], unread: 0 };

export function reduceChat(
  state: CallState,
  event: ChatEvent | ModuleError,
  at: Timestamp,
): CallState {
  const { chat } = state;
  switch (event.message) {
    case 'chat_enabled':
      return { ...state, chat: { ...chat, enabled: true } };
    case 'chat_disabled':
      return { ...state, chat: { ...chat, enabled: false } };
    case 'history_cleared':
      return withConversation(state, 'global', EMPTY);
    case 'message_sent': {
      const { message: _, ...fields } = event;
      return received(state, { ...fields, timestamp: at });
    }
    case 'room_chat_history_chunk':
      return older(state, 'global', event.history);
    case 'private_chat_history_chunk':
      return older(state, event.correspondent, event.history);
    case 'set_last_seen_timestamp':
      return markRead(state, keyOf(event));
    default:
      return state;
  }
}

/** From here on `key` is on screen (nothing: the chat is not); what is there counts as read. */
export function readConversation(state: CallState, key: ConversationKey | undefined): CallState {
  const { reading: _, ...rest } = state.chat;
  const chat: Chat = key === undefined ? rest : { ...rest, reading: key };
  const next = { ...state, chat };
  return key === undefined ? next : markRead(next, key);
}

export function chatFrom(
  data: ModuleData['chat'],
  me: ParticipantId,
  before: Chat,
): Chat {
  const { reading } = before;
  const conversations = new Map<ConversationKey, Conversation>();
  const take = (key: ConversationKey, chunk: ChatChunk, seen: Timestamp | null | undefined) =>
    conversations.set(key, {
      ...fromChunk(chunk),
      unread: seen && key !== reading ? countNewer(chunk.messages, seen, me) : 0,
    });
  if (data !== undefined) {
    take('global', data.global_history, data.last_seen_timestamp_global);
    for (const { correspondent, history } of data.private_history ?? []) {
      take(correspondent, history, data.last_seen_timestamps_private?.[correspondent]);
    }
  }
  return {
    enabled: data?.enabled ?? true,
    conversations,
    outbox: arrived(before, conversations, me),
    ...(reading === undefined ? {} : { reading }),
  };
}

function keyOf(scope: ChatScope): ConversationKey {
  return scope.scope === 'private' ? scope.target : 'global';
}

function received(state: CallState, message: StoredMessage): CallState {
  const key = keyOf(message);
  const before = state.chat.conversations.get(key) ?? EMPTY;
  if (before.messages.some(({ id }) => id === message.id)) return state;
  const own = message.source === state.me?.id;
  const news = !own && key !== state.chat.reading;
  const sent = own ? state.chat.outbox.find(({ to, content }) => to === key && content === message.content) : undefined;
  const next = sent === undefined ? state : withoutUnsent(state, sent.transaction);
  return withConversation(next, key, {
    ...before,
    messages: [...before.messages, message],
    unread: before.unread + (news ? 1 : 0),
  });
}

/** Puts an own message into the outbox; `failed`: it could not be sent at all. */
export function withUnsent(state: CallState, unsent: Unsent): CallState {
  const others = state.chat.outbox.filter(({ transaction }) => transaction !== unsent.transaction);
  return { ...state, chat: { ...state.chat, outbox: [...others, unsent] } };
}

export function withoutUnsent(state: CallState, transaction: number): CallState {
  const outbox = state.chat.outbox.filter((one) => one.transaction !== transaction);
  return outbox.length === state.chat.outbox.length ? state : { ...state, chat: { ...state.chat, outbox } };
}

/** The server refused the message with this number. */
export function notSent(state: CallState, transaction: number | undefined): CallState {
  const refused = state.chat.outbox.find((one) => one.transaction === transaction);
  return refused === undefined ? state : withUnsent(state, { ...refused, failed: true });
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

function older(state: CallState, key: ConversationKey, chunk: ChatChunk): CallState {
  const before = state.chat.conversations.get(key) ?? EMPTY;
  const known = new Set(before.messages.map(({ id }) => id));
  const fresh = chunk.messages.filter(({ id }) => !known.has(id));
  return withConversation(state, key, {
    ...fromChunk({ ...chunk, messages: [...fresh, ...before.messages] }),
    unread: before.unread,
  });
}

function markRead(state: CallState, key: ConversationKey): CallState {
  const conversation = state.chat.conversations.get(key);
  if (conversation === undefined || conversation.unread === 0) return state;
  return withConversation(state, key, { ...conversation, unread: 0 });
}

function fromChunk(chunk: ChatChunk): Conversation {
  const messages = [...chunk.messages].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  return {
    messages,
    unread: 0,
    ...(typeof chunk.next_index === 'number' ? { nextIndex: chunk.next_index } : {}),
  };
}

function countNewer(messages: readonly StoredMessage[], seen: Timestamp, me: ParticipantId): number {
  const limit = Date.parse(seen);
  return messages.filter((m) => m.source !== me && Date.parse(m.timestamp) > limit).length;
}

function withConversation(state: CallState, key: string, conversation: Conversation): CallState {
  const conversations = new Map(state.chat.conversations).set(key, conversation);
  return { ...state, chat: { ...state.chat, conversations } };
}
