// SPDX-License-Identifier: EUPL-1.2

import { noticeAt } from '../closing';
import { type CallState, initialState, type Over, type Person, type Wait } from '../state';
import type { CoreEvent, JoinSuccess, ModuleError, ParticipantId, PeerData, Timestamp } from '../wire';
import { chatFrom } from './chat';
import { moderationFrom, waitingFrom } from './moderation';

const NOBODY = { type: 'disabled' } as const;

export function reduceCore(
  state: CallState,
  event: CoreEvent | ModuleError,
  at: Timestamp,
): CallState {
  switch (event.message) {
    case 'join_success':
      return joined(state, event, at);
    case 'in_waiting_room':
      return { ...state, phase: { at: 'waiting', accepted: false, why: wait(state) } };
    case 'join_blocked':
      return { ...state, phase: { at: 'over', why: 'full' } };
    case 'participant_connected':
      return connected(state, event.participant_id, event.connection_id, event.peer_data ?? {}, at);
    case 'participant_disconnected':
      return disconnected(state, event.participant_id, event.connection_id);
    case 'joined_waiting_room': {
      const waiting = state.moderation.waiting.filter(({ id }) => id !== event.participant_id);
      return withWaiting(state, [...waiting, waitingFrom(event)]);
    }
    case 'left_waiting_room': {
      const gone = event.id ?? event.participant_id;
      return withWaiting(
        state,
        state.moderation.waiting.filter(({ id }) => id !== gone),
      );
    }
    case 'closing':
      return closing(state, event.reason);
    default:
      return state;
  }
}

/** Who waits already does so for the same reason, however often the line breaks. */
function wait({ phase, me }: CallState): Wait {
  if (phase.at === 'waiting') return phase.why;
  return me === undefined ? 'arrived' : 'came_back';
}

function joined(state: CallState, event: JoinSuccess, at: Timestamp): CallState {
  const { module_data: data } = event;
  const closing = event.closes_at ? noticeAt(Date.parse(event.closes_at) - Date.parse(at)) : undefined;
  const people = new Map<ParticipantId, Person>();
  for (const peer of event.participants) {
    if (peer.id === event.id) continue;
    const connections = peer.connections.map(({ connection_id }) => connection_id);
    people.set(peer.id, person(peer.id, connections, peer.module_data, ''));
  }
  const raisedAt = data.raise_hands?.state?.raised_at;
  return {
    ...state,
    phase: { at: 'meeting' },
    link: { state: 'open', attempt: 0 },
    room: {
      modules: event.enabled_modules,
      ...(event.event_info ? { title: event.event_info.title } : {}),
      ...(event.meeting_details?.invite_code_id
        ? { inviteCode: event.meeting_details.invite_code_id }
        : {}),
      ...(event.room_info?.password ? { password: event.room_info.password } : {}),
      ...(event.closes_at ? { closesAt: event.closes_at } : {}),
      ...(closing === undefined ? {} : { closing }),
    },
    me: {
      id: event.id,
      connectionId: event.connection_id,
      name: event.display_name,
      role: event.role,
      owner: event.is_room_owner ?? false,
      ...pictured(event.avatar_url),
      ...(raisedAt ? { handRaisedAt: raisedAt } : {}),
    },
    people,
    chat: chatFrom(data.chat, event.id, state.chat),
    handsEnabled: data.raise_hands?.raise_hands_enabled ?? true,
    reactions: [],
    reactionsRestricted: data.reaction?.restrictions ?? NOBODY,
    moderation: {
      ...initialState.moderation,
      ...moderationFrom(data.moderation ?? {}),
      names: data.moderation?.display_name_change_restrictions ?? NOBODY,
      microphones: data.livekit?.microphone_restriction_state ?? NOBODY,
      ...(state.moderation.muted ? { muted: state.moderation.muted } : {}),
    },
  };
}

function pictured(address: string | null | undefined): { picture?: string } {
  return address ? { picture: address } : {};
}

function person(
  id: ParticipantId,
  connections: readonly string[],
  data: PeerData,
  at: Timestamp,
): Person {
  const { core, raise_hands: hand } = data;
  return {
    id,
    name: core?.display_name ?? '',
    role: core?.role ?? 'user',
    kind: core?.participation_kind ?? 'registered',
    owner: core?.is_room_owner ?? false,
    ...pictured(core?.avatar_url),
    joinedAt: core?.joined_at ?? at,
    connections,
    ...(hand ? { handRaisedAt: hand.raised_at } : {}),
  };
}

function connected(
  state: CallState,
  id: ParticipantId,
  connection: string,
  data: PeerData,
  at: Timestamp,
): CallState {
  if (id === state.me?.id) return state;
  const known = state.people.get(id);
  const others = known?.connections.filter((other) => other !== connection) ?? [];
  const entry =
    known !== undefined && data.core === undefined
      ? { ...known, connections: [...others, connection] }
      : person(id, [...others, connection], data, at);
  return {
    ...withWaiting(
      state,
      state.moderation.waiting.filter((waiting) => waiting.id !== id),
    ),
    people: new Map(state.people).set(id, entry),
  };
}

function disconnected(state: CallState, id: ParticipantId, connection: string): CallState {
  const known = state.people.get(id);
  if (known === undefined) return state;
  const connections = known.connections.filter((other) => other !== connection);
  const { handRaisedAt, ...rest } = known;
  const entry: Person =
    connections.length > 0 && handRaisedAt !== undefined
      ? { ...rest, connections, handRaisedAt }
      : { ...rest, connections };
  return { ...state, people: new Map(state.people).set(id, entry) };
}

function withWaiting(state: CallState, waiting: CallState['moderation']['waiting']): CallState {
  if (waiting.length === state.moderation.waiting.length && waiting.length === 0) return state;
  return { ...state, moderation: { ...state.moderation, waiting } };
}

const CLOSING: Partial<Record<string, Over>> = {
  time_limit_reached: 'time_limit',
  idle_timeout_reached: 'idle',
  room_deleted: 'room_deleted',
};

/** A server that shuts down comes back: then the cut connection starts the reconnect. */
function closing(state: CallState, reason: string): CallState {
  const why = CLOSING[reason];
  return why === undefined ? state : { ...state, phase: { at: 'over', why } };
}
