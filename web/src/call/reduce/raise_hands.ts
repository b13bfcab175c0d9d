// SPDX-License-Identifier: EUPL-1.2

import type { CallState, Person } from '../state';
import type { ModuleError, ParticipantId, RaiseHandsEvent, Timestamp } from '../wire';

export function reduceRaiseHands(
  state: CallState,
  event: RaiseHandsEvent | ModuleError,
  at: Timestamp,
): CallState {
  switch (event.message) {
    case 'raise_hands_enabled':
      return { ...state, handsEnabled: true };
    case 'raise_hands_disabled':
      return lowered({ ...state, handsEnabled: false }, everybody(state), event.issued_by);
    case 'hand_raised':
      // Who raises a hand that is up already keeps its place.
      return raised(state, event.participant, event.raised_at ?? at);
    case 'hand_lowered':
      return lowered(state, [event.participant]);
    case 'raised_hand_reset_by_moderator':
      return lowered(state, event.participants, event.issued_by);
    default:
      return state;
  }
}

function everybody(state: CallState): ParticipantId[] {
  return [...state.people.keys(), ...(state.me ? [state.me.id] : [])];
}

function raised(state: CallState, id: ParticipantId, at: Timestamp): CallState {
  if (state.me?.id === id) return { ...state, me: { ...state.me, handRaisedAt: at } };
  const person = state.people.get(id);
  if (person === undefined) return state;
  return { ...state, people: new Map(state.people).set(id, { ...person, handRaisedAt: at }) };
}

function lowered(state: CallState, ids: readonly ParticipantId[], by?: ParticipantId): CallState {
  const people = new Map(state.people);
  let { me } = state;
  for (const id of ids) {
    if (me?.id === id && me.handRaisedAt !== undefined) me = withoutHand(me);
    const person = people.get(id);
    if (person?.handRaisedAt !== undefined) people.set(id, withoutHand<Person>(person));
  }
  const mine = me !== state.me && by !== undefined && by !== me?.id;
  const handLowered = mine ? { handLowered: { by, count: (state.handLowered?.count ?? 0) + 1 } } : {};
  return { ...state, people, ...(me ? { me } : {}), ...handLowered };
}

function withoutHand<T extends { handRaisedAt?: Timestamp }>(who: T): T {
  const copy = { ...who };
  delete copy.handRaisedAt;
  return copy;
}
