// SPDX-License-Identifier: EUPL-1.2

/** Asks the server for a place in a meeting: `POST /v1/rooms/{id}/start` or `start_invited`. */
import type { components } from '../api/schema';
import type { AccessToken } from '../api/send';

export interface Joining {
  roomId: string;
  /** With a code the person joins by the link, otherwise as a logged-in user. */
  inviteCode?: string | undefined;
  password?: string | undefined;
  displayName?: string | undefined;
}

export type Place = components['schemas']['Started'];

/** Why the server refuses the person: trying again with the same data will not help. */
export type RefusalCode =
  | 'wrong_password'
  | 'unauthorized'
  | 'forbidden'
  | 'banned'
  | 'not_found'
  | 'invalid';

export class Refused extends Error {
  constructor(readonly code: RefusalCode) {
    super(code);
  }
}

/** The server cannot be reached or is not ready: worth another attempt. */
export class Unreachable extends Error {}

export interface StartOptions {
  /** Base of the REST interface, e.g. `https://meet.example.org/v1`. */
  api: string;
  deviceSecret: string;
  /** Nothing for guests. */
  accessToken: AccessToken;
  fetch?: typeof fetch;
  signal?: AbortSignal;
}

/** Errors: {@link Refused} or {@link Unreachable}. */
export async function start(joining: Joining, options: StartOptions): Promise<Place> {
  const token = await options.accessToken();
  try {
    return await ask(joining, options, token);
  } catch (error) {
    if (token === undefined || !(error instanceof Refused) || error.code !== 'unauthorized') throw error;
    return ask(joining, options, await options.accessToken(token));
  }
}

async function ask(joining: Joining, options: StartOptions, token: string | undefined): Promise<Place> {
  // Who is logged in keeps their name and role, also when they came by a link.
  const invited = joining.inviteCode !== undefined && token === undefined;
  const path = invited ? 'start_invited' : 'start';
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  const body = {
    device_secret: options.deviceSecret,
    // We know the newer words for the waiting room and for bans.
    dialect: 'july',
    ...(joining.displayName ? { display_name: joining.displayName } : {}),
    ...(joining.password ? { password: joining.password } : {}),
    ...(joining.inviteCode ? { invite_code: joining.inviteCode } : {}),
  };
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(
      `${options.api}/rooms/${encodeURIComponent(joining.roomId)}/${path}`,
      {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        ...(options.signal ? { signal: options.signal } : {}),
      },
    );
  } catch (error) {
    throw new Unreachable('start', { cause: error });
  }
  if (response.ok) return (await response.json()) as Place;
  if (response.status === 429 || response.status >= 500) throw new Unreachable('start');
  const { code } = (await response.json().catch(() => ({}))) as { code?: string };
  throw new Refused(refusal(response.status, code));
}

function refusal(status: number, code: string | undefined): RefusalCode {
  if (code === 'wrong_room_password' || code === 'invalid_credentials') return 'wrong_password';
  if (code === 'banned_from_room') return 'banned';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  return 'invalid';
}
