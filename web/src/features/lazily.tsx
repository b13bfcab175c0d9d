// SPDX-License-Identifier: EUPL-1.2

/** A part of the meeting that comes when it is first shown, or before that in a quiet moment. What could not be fetched is asked for again with every try. */
import { type ComponentType, createContext, use, useContext } from 'react';

/** Which try this is, counted over all places; each `Slot` begins one. */
export const AttemptContext = createContext(0);

export type Lazy = ComponentType & { fetch?: () => Promise<unknown> };

export function lazily(load: () => Promise<ComponentType>): Lazy {
  let fetching: { attempt: number; part: Promise<ComponentType>; failed: boolean } | undefined;
  const fetch = (attempt: number): Promise<ComponentType> => {
    if (fetching !== undefined && !(fetching.failed && fetching.attempt !== attempt)) return fetching.part;
    const now = { attempt, part: load(), failed: false };
    now.part.catch(() => (now.failed = true));
    fetching = now;
    return now.part;
  };
  function Lazily() {
    const Part = use(fetch(useContext(AttemptContext)));
    return <Part />;
  }
  return Object.assign(Lazily, { fetch: () => fetch(0).catch(() => undefined) });
}
