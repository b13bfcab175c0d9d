// SPDX-License-Identifier: EUPL-1.2

import { useEffect } from 'react';

/** The page's title: what is here, then whose it is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Konvent`;
  }, [title]);
}

/** Whether the meeting has the whole window. */
const listeners = new Set<() => void>();
let value = false;

export const inMeeting = {
  get: (): boolean => value,
  set: (next: boolean): void => {
    value = next;
    for (const listener of listeners) listener();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
