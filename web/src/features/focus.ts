// SPDX-License-Identifier: EUPL-1.2

import { type RefObject, useLayoutEffect } from 'react';

/** The stage: where a person is who has nowhere else to be. */
export const stage = (): HTMLElement | null => document.querySelector<HTMLElement>('main[data-region]');

/** Whoever has the focus in an element that goes, by whatever cause, goes on at the first of `next` that takes it. */
export function useFocusAfter(element: RefObject<HTMLElement | null>, next: (gone: HTMLElement) => readonly (HTMLElement | null)[]): void {
  useLayoutEffect(() => {
    const gone = element.current;
    return () => {
      if (!gone?.contains(document.activeElement)) return;
      for (const one of next(gone)) {
        one?.focus();
        if (!gone.contains(document.activeElement)) return;
      }
    };
    // What comes next is asked when the element goes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [element]);
}
