// SPDX-License-Identifier: EUPL-1.2

/**
 * What a feature is to the call: its part of the wire and what it keeps of it. It knows no React, no text and no other feature. The
 * one rule: its slice is changed by its own `reduce` and by itself alone, and everything else in the state is only looked at.
 */
import type { Call } from './call';
import type { CallState } from './state';
import type { Store } from './store';
import type { JoinSuccess, ModuleError, PeerModules, ServerFrame, Timestamp } from './wire';

/** What does not come with a module. */
export type Namespace = Exclude<ServerFrame['namespace'], 'core' | 'echo' | 'error'>;
export type EventOf<N extends Namespace> = Exclude<Extract<ServerFrame, { namespace: N }>['payload'], ModuleError>;

/** What modules are told of a room: on joining, and on coming to another. */
export interface Told extends Pick<JoinSuccess, 'id' | 'module_data' | 'ended'> {
  /** Of those who come to another room it is said only what belongs to that room. */
  participants: readonly (Pick<JoinSuccess['participants'][number], 'id'> & Record<'module_data', PeerModules>)[];
}

/** The rest of the state, to look at: who is here, what the room is. A frame has already been there. */
export type Facts = Readonly<Omit<CallState, 'slices'>>;

export interface Module<N extends Namespace, S> {
  /** Its name on the wire. A meeting whose `enabled_modules` does not have it: nothing is reduced, nothing shown. */
  readonly namespace: N;
  readonly initial: S;
  /**
   * Its commands that say how something shall be: done twice is as good as once, so they are sent again after a lost line. Each with
   * the refusal that then means that it is so already. All others are lost with the line: a message would stand there twice, and who
   * came back in the meantime would be removed again.
   */
  readonly again?: Readonly<Record<string, string>>;
  /** What the server tells who comes in (`module_data`, theirs and the others'), also after a lost line; `before` is the slice until then. Without it: `initial`. */
  joined?(data: Told, facts: Facts, before: S, at: Timestamp): S;
  /** There is one in the main room and in each breakout room: whoever comes to another finds nothing of the one before. */
  readonly ofRoom?: true;
  /** What it does not know changes nothing. */
  reduce(slice: S, event: EventOf<N>, facts: Facts, at: Timestamp): S;
  /** Frames of others, for what they mean here: somebody has gone. */
  overhear?(slice: S, frame: ServerFrame, facts: Facts, at: Timestamp): S;
  /** What stays with somebody who is before the door. Without it: nothing. */
  outside?(slice: S): S;
  /** What time, keys or documents have to do with it, from joining to the end of the call. Answers how to stop. */
  run?(call: Call, slice: Store<S>): () => void;
}

/** Whichever it is: for who asks all of them the same. */
export type AnyModule = { [N in Namespace]: Module<N, unknown> }[Namespace];

export type Slices = Readonly<Partial<Record<Namespace, unknown>>>;

/** What finds a slice in the state. */
export interface Keyed<S> {
  readonly namespace: Namespace;
  readonly initial: S;
}

export function sliceOf<S>(state: Pick<CallState, 'slices'>, module: Keyed<S>): S {
  return (state.slices[module.namespace] ?? module.initial) as S;
}

export function withSlice<S>(state: CallState, module: Keyed<S>, slice: S): CallState {
  return slice === sliceOf(state, module) ? state : { ...state, slices: { ...state.slices, [module.namespace]: slice } };
}

/** Whether the meeting has it. */
export function hasModule(state: Pick<CallState, 'room'>, { namespace }: { readonly namespace: Namespace }): boolean {
  return state.room.modules[namespace] !== undefined;
}
