// SPDX-License-Identifier: EUPL-1.2

/**
 * What a feature of the meeting is to the room, and how it reaches the call. A feature registers
 * itself in `list.ts` and never imports another one.
 */
import type { TFunction } from 'i18next';
import { type ComponentType, createContext, useContext, useRef, useSyncExternalStore } from 'react';
import type { Call } from '../call/call';
import type { CallState } from '../call/state';
import type { IconName } from './icons';

export type Texts = TFunction<'call'>;

export interface Announcement {
  text: string;
  /** Interrupts what the screen reader says: only for what changes the person's own situation. */
  urgent?: boolean;
  /** Nothing is wrong: what is urgent to hear is then shown like anything else. */
  good?: true;
  /** Also to be read on the screen for a while; in other words, where the screen may be seen by others. */
  shown?: true | string;
  /** What it is about: a later word about the same, shown or only said, takes this one from the screen. */
  about?: string;
  /** Left out when the person wants few announcements. */
  chatter?: boolean;
}

export interface Tab {
  icon: IconName;
  /** Key of the name in the locale file; it is also the heading of the panel. */
  label: string;
  Panel: ComponentType;
  /** A number on the button; `label` is the key of the text that says with `count` what it means. */
  badge?: {
    count: (state: CallState) => number;
    label: (state: CallState) => string;
    /** Something waits for this person, not just a number. */
    loud: (state: CallState) => boolean;
  };
  available?: (state: CallState) => boolean;
}

export interface Shortcut {
  /** With Ctrl+Shift (⌘⇧): a letter as in `KeyboardEvent.code` without `Key`. */
  letter: string;
  label: string;
  /** The key of the text that says why it cannot be done now. */
  locked?: (state: CallState) => string | undefined;
  /** What that text is about, as in {@link Announcement}. */
  about?: string;
  run: (call: Call, state: CallState) => void;
}

export interface Feature {
  name: string;
  tab?: Tab;
  shortcuts?: readonly Shortcut[];
  /** Compares two moments a second or so apart: many joins become one sentence. */
  announce?: (before: CallState, after: CallState, t: Texts) => Announcement[];
  /** The same, and after something was said not for ten seconds: of what anybody can bring about again and again. */
  announceRarely?: (before: CallState, after: CallState, t: Texts) => Announcement[];
  /** The same, at once after every change. */
  announceAtOnce?: (before: CallState, after: CallState, t: Texts) => Announcement[];
}

export const CallContext = createContext<Call | undefined>(undefined);

export function useCall(): Call {
  const call = useContext(CallContext);
  if (call === undefined) throw new Error('useCall outside of a meeting');
  return call;
}

/** Renders again only when what `select` returns has changed (`Object.is`, or equal lists). */
export function useCallState<T>(select: (state: CallState) => T): T {
  const { store } = useCall();
  const last = useRef<T | undefined>(undefined);
  return useSyncExternalStore(store.subscribe, () => {
    const next = select(store.getSnapshot());
    if (last.current === undefined || !same(last.current, next)) last.current = next;
    return last.current as T;
  });
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((entry, index) => Object.is(entry, b[index]));
}
