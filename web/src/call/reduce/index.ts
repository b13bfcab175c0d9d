// SPDX-License-Identifier: EUPL-1.2

/** State and a frame of the server in, the next state out: the core first, then every module its slice. Pure; unknown frames change nothing. */
import { type AnyModule, type Facts, hasModule, sliceOf, type Told, withSlice } from '../module';
import type { CallState } from '../state';
import type { ModuleError, ServerFrame, SwitchedRoom, Timestamp } from '../wire';
import { reduceCore } from './core';

export function reduce(modules: readonly AnyModule[], state: CallState, frame: ServerFrame): CallState {
  if (frame.namespace === 'error') return refused(state, frame, frame.payload.error);
  if (frame.namespace === 'echo') return state;
  if (frame.payload.message === 'error') return refused(state, frame, (frame.payload as ModuleError).error);
  const core = reduceCore(state, frame);
  if (core.phase.at === 'waiting' && state.phase.at !== 'waiting') return outside(modules, core);
  return modules.reduce((next, module) => withSlice(next, module, taken(module, next, frame)), core);
}

/** A module that stumbles over a frame has lost that frame, and the others have not. */
function taken(module: AnyModule, state: CallState, frame: ServerFrame): unknown {
  try {
    return slice(module, state, frame);
  } catch {
    return sliceOf(state, module);
  }
}

function slice(module: AnyModule, state: CallState, frame: ServerFrame): unknown {
  const before = sliceOf(state, module);
  if (!hasModule(state, module)) return module.initial;
  const at = frame.timestamp ?? '';
  if (frame.namespace === 'core' && frame.payload.message === 'join_success') {
    return module.joined?.(frame.payload, state, before, at) ?? module.initial;
  }
  if (frame.namespace === 'breakout' && frame.payload.message === 'switched_room' && module.ofRoom) {
    return module.joined?.(told(frame.payload, state), state, module.initial, at) ?? module.initial;
  }
  if (frame.namespace === module.namespace) return reducing(module)(before, frame.payload, state, at);
  return module.overhear?.(before, frame, state, at) ?? before;
}

function told({ own_data, ended, peer_data = {} }: SwitchedRoom, { me }: CallState): Told {
  const participants = Object.entries(peer_data).map(([id, module_data]) => ({ id, module_data }));
  return { id: me?.id ?? '', module_data: own_data, participants, ...(ended === undefined ? {} : { ended }) };
}

/** Its frames are its own events: the namespace says so, of which the compiler cannot keep track for all of them at once. */
const reducing = ({ reduce }: AnyModule) => reduce as (slice: unknown, event: unknown, facts: Facts, at: Timestamp) => unknown;

/** Before the door nothing of the meeting stays. */
function outside(modules: readonly AnyModule[], state: CallState): CallState {
  return modules.reduce((next, module) => withSlice(next, module, module.outside?.(sliceOf(next, module)) ?? module.initial), state);
}

/** What comes late is done all the same, and media are asked for again by themselves: neither is the person's concern. */
const NO_REFUSAL = new Set(['slow_down', 'livekit_unavailable']);

/** What nobody asked for and is refused all the same: the answer to a command goes to who gave it. */
function refused(state: CallState, { namespace }: ServerFrame, error: string): CallState {
  return NO_REFUSAL.has(error) ? state : notDone(state, namespace, error);
}

/** A command was not done; the person learns why. */
export function notDone(state: CallState, namespace: string, error: string): CallState {
  return { ...state, refusal: { count: (state.refusal?.count ?? 0) + 1, namespace, error } };
}
