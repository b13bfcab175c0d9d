// SPDX-License-Identifier: EUPL-1.2

import { before } from './deadline';

/** A token for `Authorization: Bearer`; none if nobody is logged in. After a refusal: another one than the refused. */
export type AccessToken = (refused?: string) => Promise<string | undefined>;

/** The server's word for credentials that are none at all: a new token would not be read either. */
const UNREADABLE = 'Unable to parse access token or invite code';

/**
 * Sends a request as who is logged in. When the server refuses the token, the request goes out once more with a new one. After
 * `end` nothing of it goes out; only a token that is being renewed is not left half done, which would end the login.
 */
export async function send(request: Request, accessToken: AccessToken, end?: AbortSignal): Promise<Response> {
  const fetch = (one: Request) => globalThis.fetch(one, end ? { signal: end } : {});
  if (request.headers.has('Authorization')) return fetch(request);
  const token = await before(end, accessToken());
  if (token === undefined) return fetch(request);
  const again = copyOf(request);
  request.headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(request);
  if (response.status !== 401 || (await unreadable(response))) return response;
  const next = await before(end, accessToken(token));
  if (next === undefined || again === undefined) return response;
  again.headers.set('Authorization', `Bearer ${next}`);
  return fetch(again);
}

/** None of a request whose body is read already, as that of a stream may be. */
function copyOf(request: Request): Request | undefined {
  try {
    return request.clone();
  } catch {
    return undefined;
  }
}

async function unreadable(response: Response): Promise<boolean> {
  const body = (await response.clone().json().catch(() => ({}))) as { message?: string };
  return body.message === UNREADABLE;
}
