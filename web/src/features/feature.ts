// SPDX-License-Identifier: EUPL-1.2

/**
 * What a feature is to the screen of a meeting: everything that it puts anywhere, named by the place. What it is to the call is its
 * `Module`. A feature is one folder and one line in `list.ts`; its texts are in its folder under its name. The one rule: it never
 * imports another feature, and nothing outside its folder knows it by name.
 */
import type { TFunction } from 'i18next';
import type { ComponentType } from 'react';
import type { Call } from '../call/call';
import type { AnyModule } from '../call/module';
import type { CallState, Person } from '../call/state';
import type { ParticipantId } from '../call/wire';
import type { Glyph } from '../ui';
import type { Lazy } from './lazily';

export { CallContext, useCall, useCallState, useSlice, useSpeaking } from './use_call';

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

/** Compares two moments of the call: what there is to say about what has changed between them. */
export type Announce = (before: CallState, after: CallState, t: Texts) => Announcement[];

/** What a button shows. */
export interface Look {
  icon: Glyph;
  /** What pressing does or shows; it is the tooltip, too. */
  label: string;
  active?: boolean;
  off?: boolean;
  /** Cannot be done now; the label says why, and pressing shows it. */
  locked?: boolean;
  /** What a lock is about, as in {@link Announcement}: the reason is not shown twice. */
  about?: string;
  /** A number on the button. */
  badge?: number;
  /** Something waits for this person, not just a number. */
  loud?: boolean;
}

/**
 * A place in the toolbar. Where there is no room for all, those with a small `rank` stay and the others are in "More": 10 and less
 * for what everybody needs at any time, 20 for what most use, 50 for the rest.
 */
interface Place {
  rank: number;
}

export interface Tool extends Place {
  /** One of the feature's own. */
  name: string;
  /** Nothing: it is not there now. */
  look: (state: CallState, t: Texts) => Look | undefined;
  press?: (call: Call, state: CallState) => void;
  /** Instead of pressing: a `Menu` of React Aria that it opens. */
  Menu?: ComponentType;
}

/** A panel beside the stage, and its button. */
export interface Tab extends Place {
  icon: Glyph;
  /** Key of the name in the texts; it is also the heading of the panel. */
  label: string;
  /** In the chunk of the meeting, or of its own by `lazily`. */
  Panel: Lazy;
  badge?: (state: CallState, t: Texts) => { count: number; text: string; loud: boolean };
  available?: (state: CallState) => boolean;
}

/** What a moderator can do with somebody. */
export interface PersonAction {
  /** As it is read; no two are called alike. */
  label: string;
  run: (call: Call) => void;
  /** Asked before it is done. */
  confirm?: { title: string; text: string };
}

/** A sign on somebody's tile; always the same object for the same sign. */
export interface TileMark {
  icon: Glyph;
  /** Key of the text that the tile's name says. */
  label: string;
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
  /** Its folder, and the first word of the keys of its texts. */
  name: string;
  module?: AnyModule;
  tools?: readonly Tool[];
  tab?: Tab;
  /** In the header, beside the title. */
  Chip?: ComponentType;
  /** Above the stage, whatever panel is open. */
  Banner?: ComponentType;
  /** The same while a dialog lies over the meeting. */
  BannerInDialog?: ComponentType;
  /** Lies over the tiles; what covers all of them is a curtain (`curtain.ts`). */
  Stage?: ComponentType;
  /** Opens by itself when there is something to be decided: a dialog. */
  Sheet?: ComponentType;
  tile?: (state: CallState, id: ParticipantId) => TileMark | undefined;
  /** In which part of the meeting somebody is, while it has several: for the list of people. */
  where?: (person: { breakout?: number }, state: CallState, t: Texts) => string | undefined;
  personActions?: (person: Person, state: CallState, t: Texts) => readonly PersonAction[];
  /** A part of the moderation panel: `speaking` is about who has the floor, `room` about what is allowed. */
  moderation?: { block: 'speaking' | 'room'; Part: ComponentType };
  /** Above the list of people. */
  People?: ComponentType;
  /** A part of the settings. */
  Settings?: ComponentType;
  /** A part of the title of the browser's tab, for who looks elsewhere. */
  title?: (state: CallState, t: Texts) => string;
  shortcuts?: readonly Shortcut[];
  /** Of two moments a second or so apart: many joins become one sentence. */
  announce?: Announce;
  /** The same, and after something was said not for ten seconds: of what anybody can bring about again and again. */
  announceRarely?: Announce;
  /** At once after every change. */
  announceAtOnce?: Announce;
}
