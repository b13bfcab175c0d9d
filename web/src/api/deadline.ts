// SPDX-License-Identifier: EUPL-1.2

/**
 * How long people wait for an answer. After that a request is given up: its page says so, and nothing comes of it by itself
 * when the server is there again. Files are no such request, they take as long as they take.
 */
const ANSWER_WITHIN_MS = 10_000;

/** Ends a request that begins now in time. */
export function deadline(): AbortSignal {
  const control = new AbortController();
  setTimeout(() => control.abort(new DOMException('no answer in time', 'TimeoutError')), ANSWER_WITHIN_MS);
  return control.signal;
}

/** What comes first: the end of the work or that of the time. The work itself goes on. */
export function before<T>(end: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (end === undefined) return work;
  return Promise.race([
    work,
    new Promise<never>((_, fail) => {
      const give = () => fail(end.reason as Error);
      if (end.aborted) give();
      else end.addEventListener('abort', give, { once: true });
    }),
  ]);
}
