// SPDX-License-Identifier: EUPL-1.2

/** The REST interface, typed by the server's own document (`npm run api`). */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';
import { deadline } from './deadline';
import { reach } from './reach';
import { type AccessToken, send } from './send';

export type EventResource = components['schemas']['EventResource'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type Profile = components['schemas']['PrivateUserProfile'];

/** `code` is the server's, or `unreachable` when there was no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields: Readonly<Record<string, string>> = {},
    /** There was no answer in time, as long as anybody waits. */
    readonly late = false,
  ) {
    super(code);
  }
}

let accessToken: AccessToken = () => Promise.resolve(undefined);

/** Gives the client its tokens. */
export function authorize(tokens: AccessToken): void {
  accessToken = tokens;
}

const sendUntil = (request: Request, end?: AbortSignal): Promise<Response> =>
  send(request, accessToken, end).catch((error: unknown) => {
    // Who breaks off a request has not lost the server.
    if (!(error instanceof DOMException && error.name === 'AbortError')) reach.doubt();
    throw error;
  });

/** Sends a request as who is logged in, and waits for its answer as long as people do. */
export const sendAuthorized = (request: Request): Promise<Response> => sendUntil(request, deadline());

/** For what takes its time, because it is a file or the server reads everything for it: `fetch` of one request. */
export const unhurried = { fetch: (request: Request): Promise<Response> => sendUntil(request) };

export const api = createClient<paths>({ baseUrl: location.origin, fetch: sendAuthorized });

/** The data of an answer, or an {@link ApiError}. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result;
  try {
    result = await call;
  } catch (error) {
    throw new ApiError(0, 'unreachable', {}, error instanceof DOMException && error.name === 'TimeoutError');
  }
  const { data, error, response } = result;
  if (response.ok) return data as T;
  throw refusal(response.status, error);
}

/** That what is deleted is not there any more was wanted: an answer was lost, or somebody was faster. */
export async function removed(answered: Promise<unknown>): Promise<void> {
  await answered.catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  });
}

/** What the server says against a request. */
export function refusal(status: number, error: unknown): ApiError {
  const body = (error ?? {}) as Partial<ErrorBody>;
  const fields = Object.fromEntries((body.validation_errors ?? []).map(({ field, code }) => [field, code]));
  return new ApiError(status, body.code ?? 'unknown', fields);
}
