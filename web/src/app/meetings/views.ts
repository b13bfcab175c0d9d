// SPDX-License-Identifier: EUPL-1.2

/** The ways to look at all meetings; part of the address. */
export const views = ['next', 'month', 'favorites', 'past'] as const;
export type View = (typeof views)[number];
