// SPDX-License-Identifier: EUPL-1.2
import { type GuestLink, newestOf, worksNow } from '../api/guest_link';
import { type AccessToken, send } from '../api/send';

export interface Inviting {
  roomId: string;
  /** The code that was given at joining; since then its link may have ended. */
  known: string | undefined;
  mayMakeOne: boolean;
}

/** The code of a guest link that works now. Nothing: there is none, and the person may not make one. */
export async function guestLink(
  { roomId, known, mayMakeOne }: Inviting,
  { api, accessToken }: { api: string; accessToken: AccessToken },
): Promise<string | undefined> {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T | undefined> => {
    const init = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const response = await send(new Request(`${api}/${path}`, { method, ...init }), accessToken);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  };
  if (known !== undefined && (await ask('POST', 'invite/verify', { invite_code: known })) !== undefined) return known;
  if (!mayMakeOne) return undefined;
  const path = `rooms/${roomId}/invites`;
  const links = (await ask<GuestLink[]>('GET', path)) ?? [];
  return (newestOf(links.filter(worksNow)) ?? (await ask<GuestLink>('POST', path, {})))?.invite_code;
}
