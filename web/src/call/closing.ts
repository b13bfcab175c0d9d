// SPDX-License-Identifier: EUPL-1.2

/** A meeting with a time limit says before its end how long is left: so many seconds before. */
export const NOTICES = [300, 60, 10] as const;
export type Notice = (typeof NOTICES)[number];

/** The last notice whose time has come. */
export function noticeAt(leftMs: number): Notice | undefined {
  return NOTICES.findLast((notice) => leftMs <= notice * 1000);
}

/** Which notices are still to come, and in how many milliseconds. */
export function noticesAhead(leftMs: number): { notice: Notice; inMs: number }[] {
  return NOTICES.map((notice) => ({ notice, inMs: leftMs - notice * 1000 })).filter(({ inMs }) => inMs > 0);
}
