// SPDX-License-Identifier: EUPL-1.2

/** An observable value, in the shape React's `useSyncExternalStore` reads. */
export interface Store<T> {
  getSnapshot(): T;
  subscribe(listener: () => void): () => void;
  update(change: (value: T) => T): void;
}

/** Listeners hear only of real changes: a change that returns the same object is silent. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    update(change) {
      const next = change(value);
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
