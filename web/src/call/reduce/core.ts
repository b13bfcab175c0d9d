// SPDX-License-Identifier: EUPL-1.2

/** Who is here, in which room, who waits, and where this person is: of namespace `core`, and what moderation and breakout rooms do to that. */
import { noticeAt } from '../closing';
import { type CallState, initialState, type Over, type Person, type RoomFacts, type Wait, type Waiting } from '../state';
import type {
  BreakoutEvent,
  CoreEvent,
  JoinSuccess,
  ModerationEvent,
  ModuleError,
  ParticipantId,
  PeerData,
  Place,
  Role,
  RoomChange,
  ServerFrame,
  Timestamp,
  WaitingParticipant,
} from '../wire';

export function reduceCore(state: CallState, frame: ServerFrame): CallState {
  if (frame.namespace === 'core') return reduceOwn(state, frame.payload, frame.timestamp ?? '');
  if (frame.namespace === 'breakout') return moved(state, frame.payload);
  return frame.namespace === 'moderation' ? moderated(state, frame.payload) : state;
}

function reduceOwn(state: CallState, event: CoreEvent | ModuleError, at: Timestamp): CallState {
  switch (event.message) {
    case 'join_success':
      return joined(state, event, at);
    case 'in_waiting_room':
      return outside(state, wait(state));
    case 'join_blocked':
      return { ...state, phase: { at: 'over', why: 'full' } };
    case 'participant_connected':
      return connected(state, event.participant_id, event.connection_id, event.peer_data ?? {}, at);
    case 'participant_disconnected':
      return disconnected(state, event.participant_id, event.connection_id);
    case 'joined_waiting_room': {
      const others = state.waiting.filter(({ id }) => id !== event.participant_id);
      return { ...state, waiting: [...others, waitingFrom(event)] };
    }
    case 'left_waiting_room':
      return withoutWaiting(state, event.id);
    case 'room_parameters_changed':
      return { ...state, room: changedOutside(state.room, event.change) };
    case 'closing':
      return closing(state, event.reason);
    default:
      return state;
  }
}

/** What is absent stayed as it was; a password that is `null` was taken away. */
function changedOutside({ password: before, ...room }: RoomFacts, { title, password = before }: RoomChange): RoomFacts {
  return { ...room, ...(title === undefined ? {} : { title }), ...(password ? { password } : {}) };
}

/** What the moderation does to who is where, and in which role. */
function moderated(state: CallState, event: ModerationEvent | ModuleError): CallState {
  switch (event.message) {
    case 'kicked': {
      const why = event.reason === 'debriefed' ? 'debriefed' : state.phase.at === 'waiting' ? 'turned_away' : 'kicked';
      return { ...state, phase: { at: 'over', why } };
    }
    case 'banned':
      return { ...state, phase: { at: 'over', why: 'banned' } };
    case 'sent_to_waiting_room':
      return outside(state, 'sent_back');
    case 'accepted':
      return state.phase.at === 'waiting' ? { ...state, phase: { ...state.phase, accepted: true } } : state;
    case 'participant_accepted':
      return { ...state, waiting: state.waiting.map((one) => (one.id === event.participant_id ? { ...one, accepted: true } : one)) };
    case 'role_updated':
      return promoted(state, event.participant_id, event.new_role, event.moderator_data?.waiting_room_participants);
    case 'display_name_changed':
      return renamed(state, event.target, event.new_name);
    default:
      return state;
  }
}

/** Who is in another room now. */
function moved(state: CallState, event: BreakoutEvent | ModuleError): CallState {
  if (event.message === 'switched_room') {
    if (state.me === undefined) return state;
    const { breakout: _, ...me } = state.me;
    return { ...state, me: { ...me, ...inside(event.new_room) } };
  }
  if (event.message !== 'participant_switched_room') return state;
  const known = state.people.get(event.participant_id);
  if (known === undefined) return state;
  const { breakout: _, ...person } = known;
  return { ...state, people: new Map(state.people).set(person.id, { ...person, ...inside(event.new_room) }) };
}

function inside(place: Place | undefined): { breakout?: number } {
  return place?.kind === 'breakout' ? { breakout: place.id } : {};
}

/** Who waits already does so for the same reason, however often the line breaks. */
function wait({ phase, me }: CallState): Wait {
  if (phase.at === 'waiting') return phase.why;
  return me === undefined ? 'arrived' : 'came_back';
}

/** Before the door: nobody of the meeting stays on the screen. */
function outside(state: CallState, why: Wait): CallState {
  const { people, waiting } = initialState;
  return { ...state, people, waiting, phase: { at: 'waiting', accepted: false, why } };
}

function joined(state: CallState, event: JoinSuccess, at: Timestamp): CallState {
  const closing = event.closes_at ? noticeAt(Date.parse(event.closes_at) - Date.parse(at)) : undefined;
  const people = new Map<ParticipantId, Person>();
  for (const peer of event.participants) {
    if (peer.id === event.id) continue;
    const connections = peer.connections.map(({ connection_id }) => connection_id);
    people.set(peer.id, person(peer.id, connections, peer.module_data, ''));
  }
  return {
    ...state,
    phase: { at: 'meeting' },
    link: { state: 'open', attempt: 0 },
    joins: state.joins + 1,
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
      name: event.display_name,
      role: event.role,
      owner: event.is_room_owner ?? false,
      ...pictured(event.avatar_url),
      ...inside(event.module_data.breakout?.room),
    },
    people,
    waiting: (event.module_data.moderation?.waiting_room_participants ?? []).map(waitingFrom),
  };
}

function pictured(address: string | null | undefined): { picture?: string } {
  return address ? { picture: address } : {};
}

function waitingFrom(waiting: WaitingParticipant): Waiting {
  return {
    id: waiting.participant_id,
    name: waiting.display_name,
    joinedAt: waiting.joined_at,
    accepted: waiting.accepted ?? false,
  };
}

function person(
  id: ParticipantId,
  connections: readonly string[],
  { core, breakout }: PeerData,
  at: Timestamp,
): Person {
  return {
    id,
    name: core?.display_name ?? '',
    role: core?.role ?? 'user',
    kind: core?.participation_kind ?? 'registered',
    owner: core?.is_room_owner ?? false,
    ...pictured(core?.avatar_url),
    joinedAt: core?.joined_at ?? at,
    connections,
    ...inside(breakout?.room),
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
  return { ...withoutWaiting(state, id), people: new Map(state.people).set(id, entry) };
}

function disconnected(state: CallState, id: ParticipantId, connection: string): CallState {
  const known = state.people.get(id);
  if (known === undefined) return state;
  const connections = known.connections.filter((other) => other !== connection);
  return { ...state, people: new Map(state.people).set(id, { ...known, connections }) };
}

function withoutWaiting(state: CallState, id: ParticipantId | undefined): CallState {
  const waiting = state.waiting.filter((one) => one.id !== id);
  return waiting.length === state.waiting.length ? state : { ...state, waiting };
}

function promoted(state: CallState, id: ParticipantId, role: Role, waiting: WaitingParticipant[] = []): CallState {
  if (state.me?.id === id) return { ...state, me: { ...state.me, role }, waiting: role === 'moderator' ? waiting.map(waitingFrom) : [] };
  const person = state.people.get(id);
  if (person === undefined) return state;
  return { ...state, people: new Map(state.people).set(id, { ...person, role }) };
}

function renamed(state: CallState, id: ParticipantId, name: string): CallState {
  if (state.me?.id === id) return { ...state, me: { ...state.me, name } };
  const person = state.people.get(id);
  const waits = state.waiting.some((one) => one.id === id);
  const next = waits ? { ...state, waiting: state.waiting.map((one) => (one.id === id ? { ...one, name } : one)) } : state;
  if (person === undefined) return next;
  return { ...next, people: new Map(state.people).set(id, { ...person, name }) };
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
