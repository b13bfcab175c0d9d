// SPDX-License-Identifier: EUPL-1.2

/** The ways in at the built-in login: password, code, passkey. Each answers where to go on, or what is wrong. */
import { deadline } from '../../api/deadline';
import type { Proposal } from './account';
import { PasskeyProblem, usePasskey } from './credential';

const known = [
  'invalid_credentials',
  'second_factor_required',
  'invalid_code',
  'account_disabled',
  'login_expired',
  'no_host_name',
  'passkey_refused',
  'ceremony_expired',
] as const;

export type Problem =
  | { code: (typeof known)[number] | 'passkey_cancelled' | 'unreachable' }
  | { code: 'too_many_attempts'; minutes: number }
  | { code: 'second_factor_setup_required'; proposal: Proposal };

/** `recovery_codes`: of the second factor that was set up on the way. */
export interface Entered {
  redirect_to: string;
  recovery_codes?: string[];
}

interface Answer extends Partial<Entered> {
  code?: string;
  proposal?: Proposal;
  retry_after_secs?: number;
}

class Failed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

async function post<T>(path: string, body: object): Promise<T> {
  let response: Response;
  let answer: Answer;
  try {
    response = await fetch(`/identity/${path}`, {
      method: 'POST',
      signal: deadline(),
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    answer = (await response.json()) as Answer;
  } catch {
    throw new Failed({ code: 'unreachable' });
  }
  if (response.ok) return answer as T;
  if (response.status === 429)
    throw new Failed({ code: 'too_many_attempts', minutes: Math.max(1, Math.ceil((answer.retry_after_secs ?? 60) / 60)) });
  const { code, proposal } = answer;
  if (code === 'second_factor_setup_required' && proposal) throw new Failed({ code, proposal });
  throw new Failed({ code: known.find((one) => one === code) ?? 'unreachable' });
}

async function outcome(work: () => Promise<Entered>): Promise<Entered | Problem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failed) return error.problem;
    if (error instanceof PasskeyProblem) return { code: error.code === 'cancelled' ? 'passkey_cancelled' : 'passkey_refused' };
    throw error;
  }
}

/** `request`: the authorization that the login page was opened for. `code`: of the second factor. */
export const withPassword = (request: string, email: string, password: string, code?: string) =>
  outcome(() => post('login', { request, email, password, ...(code === undefined ? {} : { code }) }));

interface Started {
  ceremony: string;
  options: { publicKey: PublicKeyCredentialRequestOptionsJSON };
}

export const withPasskey = (request: string) =>
  outcome(async () => {
    const { ceremony, options } = await post<Started>('passkey/start', {});
    const credential = await usePasskey(options.publicKey);
    return post('passkey/login', { request, ceremony, credential });
  });
