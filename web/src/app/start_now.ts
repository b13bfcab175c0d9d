// SPDX-License-Identifier: EUPL-1.2
import { answer, api, ApiError, type EventResource } from '../api/client';
import { randomText } from './auth/pkce';

/** Of the meeting that is being started, until it is known what has become of it. */
let key: string | undefined;

const isKnown = (error: unknown): boolean => error instanceof ApiError && error.status > 0 && error.status < 500;

/** Starts a meeting without a plan. Asked again because there was no answer, it is the same meeting. */
export async function startNow(title: string): Promise<EventResource> {
  key ??= randomText();
  try {
    const event = await answer(
      api.POST('/v1/events', { params: { header: { 'idempotency-key': key } }, body: { title, is_time_independent: true, is_adhoc: true } }),
    );
    key = undefined;
    return event;
  } catch (error) {
    if (isKnown(error)) key = undefined;
    throw error;
  }
}
