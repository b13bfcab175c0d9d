// SPDX-License-Identifier: EUPL-1.2

/** State and a frame of the server in, the next state out. Pure; unknown frames change nothing. */
import type { CallState } from '../state';
import type { ModuleError, ServerFrame } from '../wire';
import { reduceChat } from './chat';
import { reduceCore } from './core';
import { reduceLivekit } from './livekit';
import { reduceModeration } from './moderation';
import { reduceRaiseHands } from './raise_hands';
import { reduceReaction } from './reaction';

export function reduce(state: CallState, frame: ServerFrame): CallState {
  const at = frame.timestamp ?? '';
  if (frame.namespace === 'error') return refused(state, 'error', frame.payload.error);
  if (frame.namespace === 'echo') return state;
  if (frame.payload.message === 'error') {
    return refused(state, frame.namespace, (frame.payload as ModuleError).error);
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
    case 'livekit':
      return reduceLivekit(state, frame.payload);
    default:
      return state;
  }
}

function refused(state: CallState, namespace: string, error: string): CallState {
  return { ...state, refusal: { count: (state.refusal?.count ?? 0) + 1, namespace, error } };
}
