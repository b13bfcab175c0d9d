// SPDX-License-Identifier: EUPL-1.2

/** Whose hand is up, and since when. */
import type { Facts, Module } from '../../call/module';
import type { ParticipantId, Timestamp } from '../../call/wire';

export interface Hands {
  enabled: boolean;
  /** Whose hand is up, self included. */
  raised: ReadonlyMap<ParticipantId, Timestamp>;
  /** Who else lowered this person's hand last; `count` tells two of the same in a row apart. */
  lowered?: { by: ParticipantId; count: number };
}

export const hands: Module<'raise_hands', Hands> = {
  namespace: 'raise_hands',
  ofRoom: true,
  again: { raise_hand: '', lower_hand: '', enable_raise_hands: '', disable_raise_hands: '' },
  initial: { enabled: true, raised: new Map() },
  joined({ module_data: { raise_hands: own }, id, participants }, _, { lowered }) {
    const others = participants.flatMap((peer) => (peer.id !== id && peer.module_data.raise_hands ? [[peer.id, peer.module_data.raise_hands.raised_at] as const] : []));
    return {
      enabled: own?.raise_hands_enabled ?? true,
      raised: new Map([...others, ...(own?.state ? [[id, own.state.raised_at] as const] : [])]),
      ...(lowered === undefined ? {} : { lowered }),
    };
  },
  reduce(slice, event, facts, at) {
    switch (event.message) {
      case 'raise_hands_enabled':
        return { ...slice, enabled: true };
      case 'raise_hands_disabled':
        return down({ ...slice, enabled: false }, [...slice.raised.keys()], facts, event.issued_by);
      case 'hand_raised':
        // Who raises a hand that is up already keeps its place.
        return { ...slice, raised: new Map(slice.raised).set(event.participant, event.raised_at ?? at) };
      case 'hand_lowered':
        return down(slice, [event.participant], facts);
      case 'raised_hand_reset_by_moderator':
        return down(slice, event.participants, facts, event.issued_by);
      default:
        return slice;
    }
  },
  overhear(slice, frame, facts) {
    const { namespace, payload } = frame;
    if (namespace !== 'core') return slice;
    if (payload.message === 'participant_connected' && payload.peer_data?.core !== undefined && payload.participant_id !== facts.me?.id) {
      const hand = payload.peer_data.raise_hands;
      const others = down(slice, [payload.participant_id], facts);
      return hand ? { ...others, raised: new Map(others.raised).set(payload.participant_id, hand.raised_at) } : others;
    }
    // The hand goes with the last device.
    if (payload.message === 'participant_disconnected' && facts.people.get(payload.participant_id)?.connections.length === 0) {
      return down(slice, [payload.participant_id], facts);
    }
    return slice;
  },
};

function down(slice: Hands, ids: readonly ParticipantId[], { me }: Facts, by?: ParticipantId): Hands {
  const gone = ids.filter((id) => slice.raised.has(id));
  if (gone.length === 0) return slice;
  const raised = new Map([...slice.raised].filter(([id]) => !gone.includes(id)));
  const mine = me !== undefined && gone.includes(me.id) && by !== undefined && by !== me.id;
  return { ...slice, raised, ...(mine ? { lowered: { by, count: (slice.lowered?.count ?? 0) + 1 } } : {}) };
}

/** First come, first served. */
export function queue({ raised }: Hands): { id: ParticipantId; at: Timestamp }[] {
  return [...raised].map(([id, at]) => ({ id, at })).sort((a, b) => a.at.localeCompare(b.at));
}
