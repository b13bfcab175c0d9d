// SPDX-License-Identifier: EUPL-1.2

import { useEffect } from 'react';

/** The screen stays on: a phone that sleeps leaves the meeting. A browser that cannot, or will not on a low battery, sleeps. */
export function useAwake(): void {
  useEffect(() => {
    const { wakeLock } = navigator as Partial<Pick<Navigator, 'wakeLock'>>;
    if (wakeLock === undefined) return undefined;
    let over = false;
    let lock: WakeLockSentinel | undefined;
    const release = (): void => void lock?.release().catch(() => undefined);
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== 'visible' || (lock !== undefined && !lock.released)) return;
      lock = await wakeLock.request('screen').catch(() => undefined);
      if (over) release();
    };
    void ask();
    // The browser lets go of it with the page out of sight.
    const seen = (): void => void ask();
    document.addEventListener('visibilitychange', seen);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', seen);
      release();
    };
  }, []);
}
