// SPDX-License-Identifier: EUPL-1.2

/**
 * What the meeting tells this person, in words: spoken to who listens, and for a while on the screen for who looks. It keeps no
 * history. The one rule: whatever is to be read is also said, in the same moment.
 */
import { createContext, useContext } from 'react';
import { createStore, type Store } from '../call/store';
import type { Announcement } from './feature';

export interface Shown {
  key: number;
  /** Which of all that was said this was: said again it stands where it stood, and is new. */
  said: number;
  about: string;
  text: string;
  urgent: boolean;
}

/** More at once would cover the meeting: the oldest go first, and what is urgent last. */
const AT_MOST = 3;

export class Notices {
  readonly shown: Store<readonly Shown[]> = createStore<readonly Shown[]>([]);
  readonly #listeners = new Set<(said: readonly Announcement[]) => void>();
  #said = 0;

  say(...said: readonly Announcement[]): void {
    this.shown.update((before) => {
      const after = said.reduce((list, one) => this.#after(list, one), before);
      return after.length > AT_MOST ? after.filter((one) => after.filter((other) => outlasts(other, one)).length < AT_MOST) : after;
    });
    if (said.length > 0) for (const listener of this.#listeners) listener(said);
  }

  /** One of each `about`. What no longer holds is not left standing, whether its end is shown or only said. */
  #after(list: readonly Shown[], { text, shown, about, urgent = false, good }: Announcement): readonly Shown[] {
    const written = shown === true ? text : shown;
    const subject = about ?? written;
    const known = list.find((one) => one.about === subject);
    if (subject === undefined || (written === undefined && known === undefined)) return list;
    if (written === undefined) return list.filter((one) => one !== known);
    const said = ++this.#said;
    const next: Shown = { key: known?.key ?? said, said, about: subject, text: written, urgent: urgent && good !== true };
    return known === undefined ? [...list, next] : list.map((one) => (one === known ? next : one));
  }

  readonly close = (key: number): void => this.shown.update((before) => before.filter((one) => one.key !== key));

  /** Whoever gives the words to the screen reader. */
  listen(listener: (said: readonly Announcement[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Whether `one` stays rather than `other` where there is no room for both. */
export function outlasts(one: Shown, other: Shown): boolean {
  return one.urgent === other.urgent ? one.said > other.said : one.urgent;
}

export const NoticesContext = createContext<Notices | undefined>(undefined);

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (notices === undefined) throw new Error('useNotices outside of a meeting');
  return notices;
}
