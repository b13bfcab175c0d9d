// SPDX-License-Identifier: EUPL-1.2

import type { CallState } from '../state';
import { type ModuleError, REACTIONS, type ReactionEvent } from '../wire';

/** More than this at once is noise on the screen: the oldest go first. */
const SHOWN_AT_MOST = 30;
/** And so many of one person: whoever reacts without end pushes off their own alone. */
const SHOWN_OF_ONE = 5;

export function reduceReaction(state: CallState, event: ReactionEvent | ModuleError): CallState {
  switch (event.message) {
    case 'reacted': {
      if (!REACTIONS.includes(event.reaction)) return state;
      const key = state.lastReaction + 1;
      const shown = { key, by: event.participant_id, reaction: event.reaction };
      const own = state.reactions.filter(({ by }) => by === shown.by);
      const spent = own.length < SHOWN_OF_ONE ? undefined : own[0];
      const others = state.reactions.filter((one) => one !== spent);
      return { ...state, lastReaction: key, reactions: [...others, shown].slice(-SHOWN_AT_MOST) };
    }
    case 'restrictions_enabled': {
      const { unrestricted_participants } = event;
      return { ...state, reactionsRestricted: { type: 'enabled', unrestricted_participants } };
    }
    case 'restrictions_disabled':
      return { ...state, reactionsRestricted: { type: 'disabled' } };
    default:
      return state;
  }
}

/** Takes away the reactions up to `key`: they have been on the screen long enough. */
export function fadeReactions(state: CallState, key: number): CallState {
  const reactions = state.reactions.filter((reaction) => reaction.key > key);
  return reactions.length === state.reactions.length ? state : { ...state, reactions };
}
