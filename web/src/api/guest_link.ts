// SPDX-License-Identifier: EUPL-1.2

/** What of a room's guest link says whether it lets people in. */
export interface GuestLink {
  invite_code: string;
  created: string;
  active: boolean;
  expiration?: string | null;
}

export const worksNow = ({ active, expiration }: GuestLink): boolean => active && (expiration == null || Date.parse(expiration) > Date.now());

export const newestOf = <T extends GuestLink>(links: readonly T[]): T | undefined =>
  links.toSorted((one, other) => Date.parse(one.created) - Date.parse(other.created)).at(-1);
