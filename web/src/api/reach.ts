// SPDX-License-Identifier: EUPL-1.2

/**
 * Whether the server can be reached. The browser's word about the network, and every request that failed, are only reasons to look:
 * the server's own answer decides. Where nothing is known it is reached. A page that nobody uses looks by itself now and then, so
 * that people know before they begin something.
 */

/** Within five seconds it is known: one look takes no longer than this. */
const ANSWER_WITHIN_MS = 3_000;
const LOOK_AGAIN_MS = 3_000;
const LOOK_BY_ITSELF_MS = 15_000;
/** In every answer of our own server; whoever passes requests on and has none behind them says many things, but not this. */
const OUR_OWN = 'konvent';

const listeners = new Set<() => void>();
let away = false;
let looking = false;

async function look(): Promise<void> {
  if (looking) return;
  looking = true;
  const answered = await fetch(`${location.origin}/config.js`, {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).then(
    ({ headers }) => headers.has(OUR_OWN),
    () => false,
  );
  looking = false;
  if (away === answered) {
    away = !answered;
    for (const listener of [...listeners]) listener();
  }
  if (away) setTimeout(() => void look(), LOOK_AGAIN_MS);
}

addEventListener('offline', () => void look());
addEventListener('online', () => void look());

export const reach = {
  away: (): boolean => away,
  /** Looks from time to time, while it is `needed`. */
  watch(needed: () => boolean): void {
    const lookIfNeeded = () => {
      if (needed()) void look();
    };
    setInterval(lookIfNeeded, LOOK_BY_ITSELF_MS);
    document.addEventListener('visibilitychange', lookIfNeeded);
  },
  /** A request had no answer. */
  doubt: (): void => void look(),
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
