// SPDX-License-Identifier: EUPL-1.2

/** One's own account at the built-in login: logins and password. A foreign provider answers 404: it keeps them itself. */
import { ApiError, refusal, sendAuthorized } from '../../api/client';

export interface Login {
  id: string;
  browser: string | null;
  logged_in_at: string;
  last_used_at: string;
  current: boolean;
}

export async function ask(method: string, path: string, body?: object): Promise<unknown> {
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
export const endLogin = (id: string) => ask('DELETE', `logins/${id}`);
export const endOtherLogins = () => ask('DELETE', 'logins');
export const changePassword = (current_password: string, new_password: string) =>
  ask('POST', 'password', { current_password, new_password });

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
