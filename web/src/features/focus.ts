// SPDX-License-Identifier: EUPL-1.2

import { type RefObject, useLayoutEffect } from 'react';

/** The stage: where a person is who has nowhere else to be. */
export const stage = (): HTMLElement | null => document.querySelector<HTMLElement>('main[data-region]');

/** Whether people can see an element. */
export const isShown = (element: HTMLElement): boolean =>
  // Safari before 17.4 does not know it.
  (element as Partial<HTMLElement>).checkVisibility?.call(element) ?? element.getClientRects().length > 0;

type Next = (gone: HTMLElement) => readonly (HTMLElement | null)[];

/** Whoever has the focus in an element that goes, by whatever cause, goes on at the first of `next` that takes it; always the same function. */
export function useFocusAfter(element: RefObject<HTMLElement | null>, next: Next): void {
  useLayoutEffect(() => {
    const gone = element.current;
    return () => {
      if (!gone?.contains(document.activeElement)) return;
      for (const one of next(gone)) {
        one?.focus();
        if (!gone.contains(document.activeElement)) return;
      }
    };
  }, [element, next]);
}
