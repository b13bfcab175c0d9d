// SPDX-License-Identifier: EUPL-1.2

/**
 * The parts of the pages that are fetched when they are needed. Knows of an error whether it is a part that could not be fetched:
 * then nothing is broken, and the way to the server is barred.
 */
const errors = new WeakSet<object>();

addEventListener('vite:preloadError', (event) => void errors.add(event.payload));

export const notFetched = (error: unknown): boolean => typeof error === 'object' && error !== null && errors.has(error);

/** Fetches once, however often it is asked; what has failed stays so until the page is loaded again. */
export function once<T>(fetch: () => Promise<T>): () => Promise<T> {
  let part: Promise<T> | undefined;
  return () => (part ??= fetch());
}
