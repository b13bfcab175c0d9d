// SPDX-License-Identifier: EUPL-1.2

import { type CallState, initialState, type Moderation, type Waiting } from '../state';
import type {
  ModerationEvent,
  ModeratorData,
  ModuleError,
  ParticipantId,
  Restriction,
  Role,
  WaitingParticipant,
  WaitingRoom,
} from '../wire';

export function reduceModeration(
  state: CallState,
  event: ModerationEvent | ModuleError,
): CallState {
  switch (event.message) {
    case 'kicked': {
      const why = event.reason === 'debriefed' ? 'debriefed' : state.phase.at === 'waiting' ? 'turned_away' : 'kicked';
      return { ...state, phase: { at: 'over', why } };
    }
    case 'banned':
      return { ...state, phase: { at: 'over', why: 'banned' } };
    case 'sent_to_waiting_room':
      return outside(state);
    case 'accepted':
      return state.phase.at === 'waiting'
        ? { ...state, phase: { ...state.phase, accepted: true } }
        : state;
    case 'role_updated':
      return promoted(state, event.participant_id, event.new_role, event.moderator_data ?? {});
    case 'display_name_changed':
      return renamed(state, event.target, event.new_name);
    case 'muted': {
      const count = (state.moderation.muted?.count ?? 0) + 1;
      return patched(state, { muted: { by: event.moderator, count } });
    }
    default:
      return reduceRules(state, event);
  }
}

/** The rules of the room, and who waits or is banned. */
function reduceRules(state: CallState, event: ModerationEvent | ModuleError): CallState {
  const { moderation } = state;
  switch (event.message) {
    case 'waiting_room_updated':
      return patched(state, { waitingRoom: event.new_state });
    case 'waiting_room_enabled':
      // The older dialect's word for `waiting_room_updated`; other servers than ours know only on and off there.
      if (event.new_state !== undefined) return patched(state, { waitingRoom: event.new_state });
      return moderation.waitingRoom === 'disabled'
        ? patched(state, { waitingRoom: 'for_everyone' })
        : state;
    case 'waiting_room_disabled':
      return patched(state, { waitingRoom: 'disabled' });
    case 'participant_accepted':
      return patched(state, {
        waiting: moderation.waiting.map((one) =>
          one.id === event.participant_id ? { ...one, accepted: true } : one,
        ),
      });
    case 'participant_banned': {
      const { participant_id: id, display_name: name = state.people.get(id)?.name } = event;
      const others = moderation.banned.filter((one) => one.id !== id);
      return patched(state, { banned: [...others, name === undefined ? { id } : { id, name }] });
    }
    case 'participant_unbanned':
      return patched(state, {
        banned: moderation.banned.filter(({ id }) => id !== event.participant_id),
      });
    case 'microphone_restrictions_enabled':
      return patched(state, { microphones: enabled(event.unrestricted_participants) });
    case 'microphone_restrictions_disabled':
      return patched(state, { microphones: { type: 'disabled' } });
    case 'display_name_change_restrictions_enabled':
      return patched(state, { names: enabled(event.unrestricted_participants) });
    case 'display_name_change_restrictions_disabled':
      return patched(state, { names: { type: 'disabled' } });
    default:
      return state;
  }
}

/** What a moderator learns on joining or on being promoted. */
export function moderationFrom(
  data: ModeratorData,
): Pick<Moderation, 'waitingRoom' | 'waiting' | 'banned'> {
  const older: WaitingRoom = data.waiting_room_enabled === true ? 'for_everyone' : 'disabled';
  return {
    waitingRoom: data.waiting_room ?? older,
    waiting: (data.waiting_room_participants ?? []).map(waitingFrom),
    banned: (data.banned_participants ?? []).map(({ participant_id: id, display_name: name }) =>
      name === undefined ? { id } : { id, name },
    ),
  };
}

export function waitingFrom(waiting: WaitingParticipant): Waiting {
  return {
    id: waiting.participant_id,
    name: waiting.display_name,
    joinedAt: waiting.joined_at,
    accepted: waiting.accepted ?? false,
  };
}

function enabled(unrestricted_participants: ParticipantId[]): Restriction {
  return { type: 'enabled', unrestricted_participants };
}

function patched(state: CallState, change: Partial<Moderation>): CallState {
  return { ...state, moderation: { ...state.moderation, ...change } };
}

/** Back in the waiting room: nothing of the meeting stays on the screen. */
function outside(state: CallState): CallState {
  const { people, chat, reactions, moderation } = initialState;
  return {
    ...state,
    people,
    chat,
    reactions,
    moderation,
    phase: { at: 'waiting', accepted: false, why: 'sent_back' },
  };
}

function promoted(
  state: CallState,
  id: ParticipantId,
  role: Role,
  data: ModeratorData,
): CallState {
  if (state.me?.id === id) {
    const next = { ...state, me: { ...state.me, role } };
    if (role !== 'moderator') return patched(next, { waiting: [], banned: [] });
    const known = { waiting_room: state.moderation.waitingRoom, ...data };
    return patched(next, moderationFrom(known));
  }
  const person = state.people.get(id);
  if (person === undefined) return state;
  return { ...state, people: new Map(state.people).set(id, { ...person, role }) };
}

function renamed(state: CallState, id: ParticipantId, name: string): CallState {
  if (state.me?.id === id) return { ...state, me: { ...state.me, name } };
  const person = state.people.get(id);
  const waiting = state.moderation.waiting.map((one) => (one.id === id ? { ...one, name } : one));
  const next = patched(state, { waiting });
  if (person === undefined) return next;
  return { ...next, people: new Map(state.people).set(id, { ...person, name }) };
}
