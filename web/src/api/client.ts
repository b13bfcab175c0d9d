// SPDX-License-Identifier: EUPL-1.2

/** The REST interface, typed by the server's own document (`npm run api`). */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type EventResource = components['schemas']['EventResource'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type Profile = components['schemas']['PrivateUserProfile'];

/** `code` is the server's, or `unreachable` when there was no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(code);
  }
}

export const api = createClient<paths>({ baseUrl: location.origin });

/** Gives the client its bearer token. */
export function authorize(accessToken: () => Promise<string | undefined>): void {
  api.use({
    async onRequest({ request }) {
      if (request.headers.has('Authorization')) return request;
      const token = await accessToken();
      if (token !== undefined) request.headers.set('Authorization', `Bearer ${token}`);
      return request;
    },
  });
}

/** The data of an answer, or an {@link ApiError}. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result;
  try {
    result = await call;
  } catch {
    throw new ApiError(0, 'unreachable');
  }
  const { data, error, response } = result;
  if (response.ok) return data as T;
  const body = (error ?? {}) as Partial<ErrorBody>;
  const fields = Object.fromEntries((body.validation_errors ?? []).map(({ field, code }) => [field, code]));
  throw new ApiError(response.status, body.code ?? 'unknown', fields);
}
