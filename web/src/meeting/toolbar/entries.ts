// SPDX-License-Identifier: EUPL-1.2

/** What features have for the toolbar, tools before panels, and which of it has room. Pure. */
import type { ComponentType } from 'react';
import type { Call } from '../../call/call';
import type { CallState } from '../../call/state';
import type { Feature, Look, Tab, Texts, Tool } from '../../features/feature';

export interface Entry {
  /** Feature and name: two features may call a tool alike. */
  key: string;
  rank: number;
  look: (state: CallState, t: Texts) => Look | undefined;
  press?: (call: Call, state: CallState) => void;
  Menu?: ComponentType;
  /** The name of the feature whose panel it opens. */
  opens?: string;
}

export function entriesOf(features: readonly Feature[]): readonly Entry[] {
  const tools = features.flatMap(({ name, tools: own = [] }) => own.map((tool) => toolEntry(name, tool)));
  const tabs = features.flatMap(({ name, tab }) => (tab === undefined ? [] : [tabEntry(name, tab)]));
  return [...tools, ...tabs];
}

function toolEntry(feature: string, { name, look, ...tool }: Tool): Entry {
  return { ...tool, key: `${feature}.${name}`, look: (state, t) => guarded(t, () => look(state, t)) };
}

/** "Chat, 2 unread". */
function tabEntry(name: string, { rank, icon, label, badge, available }: Tab): Entry {
  return {
    key: `${name}.tab`,
    rank,
    opens: name,
    look: (state, t) =>
      guarded(t, () => {
        if (available?.(state) === false) return undefined;
        const { count, text, loud } = badge?.(state, t) ?? { count: 0, text: '', loud: false };
        return { icon, label: count === 0 ? t(label) : `${t(label)}, ${text}`, badge: count, loud };
      }),
  };
}

/** A tool whose feature stumbles says so in its place; the others stay. */
function guarded(t: Texts, look: () => Look | undefined): Look | undefined {
  try {
    return look();
  } catch {
    return { icon: 'alert', label: t('slot.broken'), locked: true };
  }
}

/** More buttons than this nobody finds their way among. */
const AT_MOST = 11;

/** Sizes as in the stylesheet, in CSS pixels: a button, what lies between two, the way out; the bar's own edges. */
const WIDE = { tool: 52, gap: 8, leave: 64 };
const NARROW = { tool: 44, gap: 4, leave: 46 };
const EDGES = 16;
const NARROW_UP_TO = 719;

/** How many tools have room beside "More" and the way out. */
export function room(width: number): number {
  const { tool, gap, leave } = width <= NARROW_UP_TO ? NARROW : WIDE;
  const left = width - EDGES - leave - tool - gap;
  return Math.min(AT_MOST, Math.max(0, Math.floor(left / (tool + gap))));
}

/** Those of the smallest rank, in the order of the list; of two equals the earlier. */
export function inBar<T extends { rank: number }>(entries: readonly T[], places: number): readonly T[] {
  const chosen = new Set([...entries].sort((a, b) => a.rank - b.rank).slice(0, places));
  return entries.filter((entry) => chosen.has(entry));
}
