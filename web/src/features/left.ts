// SPDX-License-Identifier: EUPL-1.2

/** Time that runs out by the server's clock, which this one may not agree with: how far apart they are, and when what is left is said. */
import type { Store } from '../call/store';
import type { Timestamp } from '../call/wire';

/** When the time left is said, in seconds; at all other times it can be read. */
const SAID_AT = [300, 60, 10] as const;

export interface Clock {
  /** Absent: it runs without end. */
  endsAt?: Timestamp;
  /** When this was heard, by the server's clock. */
  heardAt: Timestamp;
}

/** What a slice keeps for it. */
export interface Left {
  /** How far the server's clock is ahead of this one, in milliseconds. */
  ahead: number;
  /** The seconds left that were said last. */
  said?: (typeof SAID_AT)[number];
}

/** For as long as the call lasts; another clock is another object. */
export function follow<S extends Left>(slice: Store<S>, clockOf: (slice: S) => Clock | undefined): () => void {
  let known: Clock | undefined;
  let waiting: ReturnType<typeof setTimeout>[] = [];
  const forget = () => {
    for (const one of waiting) clearTimeout(one);
    waiting = [];
  };
  const stop = slice.subscribe(() => {
    const now = clockOf(slice.getSnapshot());
    if (now === known) return;
    known = now;
    forget();
    if (now === undefined) return;
    const { endsAt, heardAt } = now;
    slice.update((one) => ({ ...one, ahead: Date.parse(heardAt) - Date.now() }));
    if (endsAt === undefined) return;
    const left = Date.parse(endsAt) - Date.parse(heardAt);
    waiting = SAID_AT.filter((seconds) => seconds * 1000 < left).map((said) =>
      setTimeout(() => slice.update((one) => ({ ...one, said })), left - said * 1000),
    );
  });
  return () => {
    stop();
    forget();
  };
}

/** In whole seconds; never less than nothing. */
export const secondsUntil = (endsAt: Timestamp, now: number): number => Math.max(0, Math.ceil((Date.parse(endsAt) - now) / 1000));

/** As a clock shows it: `4:05`, `1:00:00`. */
export function clockText(seconds: number): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
