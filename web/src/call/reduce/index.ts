// SPDX-License-Identifier: EUPL-1.2

/** State and a frame of the server in, the next state out. Pure; unknown frames change nothing. */
import type { CallState } from '../state';
import type { ModuleError, ServerFrame } from '../wire';
import { notSent, reduceChat } from './chat';
import { reduceCore } from './core';
import { reduceModeration } from './moderation';
import { reduceRaiseHands } from './raise_hands';
import { reduceReaction } from './reaction';

export function reduce(state: CallState, frame: ServerFrame): CallState {
  const at = frame.timestamp ?? '';
  if (frame.namespace === 'error') return refused(state, frame, frame.payload.error);
  if (frame.namespace === 'echo') return state;
  if (frame.payload.message === 'error') {
    return refused(state, frame, (frame.payload as ModuleError).error);
  }
  switch (frame.namespace) {
    case 'core':
      return reduceCore(state, frame.payload, at);
    case 'moderation':
      return reduceModeration(state, frame.payload);
    case 'chat':
      return reduceChat(state, frame.payload, at);
    case 'raise_hands':
      return reduceRaiseHands(state, frame.payload, at);
    case 'reaction':
      return reduceReaction(state, frame.payload);
    default:
      return state;
  }
}

/** What comes late is done all the same, and media are asked for again by themselves: neither is the person's concern. */
const NO_REFUSAL = new Set(['slow_down', 'livekit_unavailable']);

function refused(state: CallState, { namespace, transaction_id }: ServerFrame, error: string): CallState {
  const next = notSent(state, transaction_id);
  return NO_REFUSAL.has(error) ? next : notDone(next, namespace, error);
}

/** A command was not done; the person learns why. */
export function notDone(state: CallState, namespace: string, error: string): CallState {
  return { ...state, refusal: { count: (state.refusal?.count ?? 0) + 1, namespace, error } };
}
