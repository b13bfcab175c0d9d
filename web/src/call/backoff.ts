// SPDX-License-Identifier: EUPL-1.2

/** Short at first, for a line that only blinked; never longer than 20 s, so that nobody gives up. */
const DELAYS_MS = [300, 1_000, 2_000, 4_000, 8_000, 15_000, 20_000];

/** How long to wait before attempt `attempt` (from 1); ± 25 %, so that a full room does not return in one blow. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const delay = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? 300;
  return Math.round(delay * (0.75 + random() / 2));
}
