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
  about: string;
  text: string;
  urgent: boolean;
}

/** More at once would cover the meeting: the oldest go first. */
const AT_MOST = 3;

export class Notices {
  readonly shown: Store<readonly Shown[]> = createStore<readonly Shown[]>([]);
  readonly #listeners = new Set<(said: readonly Announcement[]) => void>();
  #key = 0;

  say(...said: readonly Announcement[]): void {
    const wanted = said.flatMap(({ text, shown, about, urgent = false }) => {
      if (shown === undefined) return [];
      const written = shown === true ? text : shown;
      return [{ about: about ?? written, text: written, urgent }];
    });
    // What no longer holds is not left standing, whether its end is shown or only said.
    const settled = new Set([...said.flatMap(({ about }) => about ?? []), ...wanted.map(({ about }) => about)]);
    this.shown.update((before) => {
      const others = before.filter(({ about }) => !settled.has(about));
      if (wanted.length === 0) return others.length === before.length ? before : others;
      return [...others, ...wanted.map((one) => ({ key: ++this.#key, ...one }))].slice(-AT_MOST);
    });
    if (said.length > 0) for (const listener of this.#listeners) listener(said);
  }

  readonly close = (key: number): void => this.shown.update((before) => before.filter((one) => one.key !== key));

  /** Whoever gives the words to the screen reader. */
  listen(listener: (said: readonly Announcement[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const NoticesContext = createContext<Notices | undefined>(undefined);

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (notices === undefined) throw new Error('useNotices outside of a meeting');
  return notices;
}
