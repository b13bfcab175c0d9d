// SPDX-License-Identifier: EUPL-1.2

/**
 * What this browser keeps for the page: choices, the login, drafts of a name. The one rule: a browser that forbids its storage, or
 * whose storage is full, loses nothing but the memory – what was set then holds for this page, and nothing ever throws.
 */
export type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function kept(open: () => Kept): Kept {
  /** What the browser did not take; nothing: what was removed although the browser would not. */
  const here = new Map<string, string | null>();
  const attempt = <T>(work: (storage: Kept) => T): T | undefined => {
    try {
      // Asking for the storage throws already where it is forbidden.
      return work(open());
    } catch {
      return undefined;
    }
  };
  const put = (key: string, value: string | null, work: (storage: Kept) => void): void => {
    const done = attempt((storage) => {
      work(storage);
      return true;
    });
    if (done) here.delete(key);
    else here.set(key, value);
  };
  return {
    getItem: (key) => here.get(key) ?? (here.has(key) ? null : (attempt((storage) => storage.getItem(key)) ?? null)),
    setItem: (key, value) => put(key, value, (storage) => storage.setItem(key, value)),
    removeItem: (key) => put(key, null, (storage) => storage.removeItem(key)),
  };
}

/** Kept across tabs and visits. */
export const lasting = kept(() => localStorage);
/** Kept for this tab. */
export const passing = kept(() => sessionStorage);
