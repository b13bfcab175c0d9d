// SPDX-License-Identifier: EUPL-1.2

/**
 * What a feature draws over the whole stage for a while. The one rule: what lies under it is out of reach for keyboard and screen reader
 * too, and who was there is led to the curtain and back.
 */
import { createContext, type RefObject, useContext, useLayoutEffect } from 'react';
import { stage } from './focus';

/** What lies under a curtain; given by the stage. */
export const BeneathContext = createContext<RefObject<HTMLElement | null>>({ current: null });

/** For as long as this element, which takes the focus, is there. */
export function useCurtain(curtain: RefObject<HTMLElement | null>): void {
  const beneath = useContext(BeneathContext);
  useLayoutEffect(() => {
    const [over, under] = [curtain.current, beneath.current];
    if (over === null || under === null) return undefined;
    const focused = document.activeElement;
    const before = focused instanceof HTMLElement && stage()?.contains(focused) === true ? focused : null;
    under.toggleAttribute('inert', true);
    if (before !== null) over.focus();
    return () => {
      under.toggleAttribute('inert', false);
      for (const one of [before, stage()]) if (over.contains(document.activeElement)) one?.focus();
    };
  }, [curtain, beneath]);
}
