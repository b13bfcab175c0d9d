// SPDX-License-Identifier: EUPL-1.2

/** One's own account at the built-in login: logins, password, second factor, passkeys. A foreign provider answers 404: it keeps them itself. */
import { ApiError, refusal, removed, sendAuthorized } from '../../api/client';
import { makePasskey } from './credential';

export interface Login {
  id: string;
  browser: string | null;
  logged_in_at: string;
  last_used_at: string;
  current: boolean;
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const request = new Request(`${location.origin}/identity/account/${path}`, {
    method,
    ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  let response: Response;
  try {
    response = await sendAuthorized(request);
  } catch {
    throw new ApiError(0, 'unreachable');
  }
  const answered: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answered;
  throw refusal(response.status, answered);
}

export const logins = async () => (await ask('GET', 'logins')) as Login[];
export const endLogin = (id: string) => removed(ask('DELETE', `logins/${id}`));
export const endOtherLogins = () => ask('DELETE', 'logins');
export const changePassword = (current_password: string, new_password: string) =>
  ask('POST', 'password', { current_password, new_password });

export interface SecondFactor {
  enabled: boolean;
  /** The server wants everybody like this person to have one. */
  required: boolean;
  /** How many are left. */
  recovery_codes: number;
}

/** What an authenticator app has to know: to be typed, and to be scanned. */
export interface Proposal {
  secret: string;
  uri: string;
}

export const secondFactor = async () => (await ask('GET', 'second_factor')) as SecondFactor;
export const proposeFactor = async (current_password: string) => (await ask('POST', 'second_factor', { current_password })) as Proposal;
/** Takes it into use; gives the recovery codes, this once. */
export const confirmFactor = async (code: string) =>
  ((await ask('PUT', 'second_factor', { code })) as { recovery_codes: string[] }).recovery_codes;
/** Gives new recovery codes in place of all others, this once. */
export const renewCodes = async (current_password: string) =>
  ((await ask('POST', 'second_factor/recovery_codes', { current_password })) as { recovery_codes: string[] }).recovery_codes;
export const removeFactor = (current_password: string) => ask('DELETE', 'second_factor', { current_password });

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

interface Started {
  ceremony: string;
  options: { publicKey: PublicKeyCredentialCreationOptionsJSON };
}

export const passkeys = async () => (await ask('GET', 'passkeys')) as Passkey[];
export const removePasskey = (id: string, current_password: string) => removed(ask('DELETE', `passkeys/${id}`, { current_password }));
export async function addPasskey(name: string, current_password: string): Promise<void> {
  const { ceremony, options } = (await ask('POST', 'passkeys/start', { current_password })) as Started;
  const credential = await makePasskey(options.publicKey);
  await ask('POST', 'passkeys', { ceremony, name, credential });
}

/** Names of browser and system in what a browser calls itself, as people know them; order matters: most name others, too. */
export function browserOf(text: string): { browser?: string; system?: string } {
  const first = (names: readonly (readonly [RegExp, string])[]) => names.find(([sign]) => sign.test(text))?.[1];
  const browser = first([
    [/Edg/, 'Edge'],
    [/OPR\//, 'Opera'],
    [/Firefox|FxiOS/, 'Firefox'],
    [/Chrom|CriOS/, 'Chrome'],
    [/Safari/, 'Safari'],
  ]);
  const system = first([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'macOS'],
    [/Linux|X11/, 'Linux'],
  ]);
  return { ...(browser ? { browser } : {}), ...(system ? { system } : {}) };
}
