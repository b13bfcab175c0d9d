// SPDX-License-Identifier: EUPL-1.2

/** How a component reaches the call, and reads of its state what it needs. */
import { createContext, useContext, useRef, useSyncExternalStore } from 'react';
import type { Call } from '../call/call';
import { type Keyed, sliceOf } from '../call/module';
import type { CallState } from '../call/state';
import type { ParticipantId } from '../call/wire';

export const CallContext = createContext<Call | undefined>(undefined);

export function useCall(): Call {
  const call = useContext(CallContext);
  if (call === undefined) throw new Error('useCall outside of a meeting');
  return call;
}

/**
 * Renders again only when what `select` returns has changed: `Object.is`, or lists and plain records whose entries are.
 * Asked twice of the same state it must answer the same; a development build throws otherwise, for it would render without end.
 */
export function useCallState<T>(select: (state: CallState) => T): T {
  const { store } = useCall();
  const last = useRef<{ value: T } | undefined>(undefined);
  return useSyncExternalStore(store.subscribe, () => {
    const value = select(store.getSnapshot());
    if (import.meta.env.DEV && !same(value, select(store.getSnapshot()))) throw new Error(`a fresh value each time: ${select.toString()}`);
    if (last.current === undefined || !same(last.current.value, value)) last.current = { value };
    return last.current.value;
  });
}

/** Of a module's slice. */
export function useSlice<S, T>(module: Keyed<S>, select: (slice: S) => T): T {
  return useCallState((state) => select(sliceOf(state, module)));
}

/** Of who speaks: not part of the state, for it changes several times a second. */
export function useSpeaking<T extends string | boolean | undefined>(select: (speaking: readonly ParticipantId[]) => T): T {
  const { speaking } = useCall();
  return useSyncExternalStore(speaking.subscribe, () => select(speaking.getSnapshot()));
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((entry, index) => Object.is(entry, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
