// SPDX-License-Identifier: EUPL-1.2

/** Where the server draws initials for those who have set no picture; these pages draw their own, in their colours. */
const DRAWN = '/v1/avatars/initials/';

/** The picture that somebody has set, on this server by whatever name it is reached; `undefined`: they have set none. */
export function photograph(address: string | null | undefined): string | undefined {
  if (!address) return undefined;
  const { pathname } = new URL(address, location.origin);
  return pathname.startsWith(DRAWN) ? undefined : pathname;
}
