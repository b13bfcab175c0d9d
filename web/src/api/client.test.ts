// SPDX-License-Identifier: EUPL-1.2
import { afterEach, expect, it, vi } from 'vitest';
import { answer, api, authorize, removed, unhurried } from './client';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  authorize(() => Promise.resolve(undefined));
});

const answered = (status: number) => removed(answer(Promise.resolve({ error: {}, response: new Response(null, { status }) })));

it('what is deleted is deleted when it is not there any more, and not when the server does not let it', async () => {
  await expect(answered(204)).resolves.toBeUndefined();
  await expect(answered(404)).resolves.toBeUndefined();
  await expect(answered(409)).rejects.toMatchObject({ status: 409 });
  await expect(removed(answer(Promise.reject(new TypeError('the network is away'))))).rejects.toMatchObject({ code: 'unreachable' });
});

const plan = { body: { title: 'Council', is_time_independent: true } };

/** A server that takes everything and answers nothing; what was sent to it. */
function hanging(): string[] {
  const sent: string[] = [];
  vi.stubGlobal('fetch', (request: Request | string, { signal }: RequestInit = {}) => {
    if (request instanceof Request) sent.push(request.method);
    return new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason as Error)));
  });
  return sent;
}

it('a request that people wait for ends after ten seconds without an answer; a file takes as long as it takes', async () => {
  vi.useFakeTimers();
  const sent = hanging();
  const ends: string[] = [];
  void answer(api.POST('/v1/events', plan)).catch(({ code, late }: { code: string; late: boolean }) => ends.push(`${code} ${late}`));
  void answer(api.GET('/v1/users/me/export', unhurried)).catch(() => ends.push('the file'));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends).toEqual(['unreachable true']);
  expect(sent.sort()).toEqual(['GET', 'POST']);
});

it('what was given up is not sent later, when a login could be renewed after all', async () => {
  vi.useFakeTimers();
  const sent = hanging();
  let renewed = (_: string) => {};
  authorize(() => new Promise((done) => (renewed = done)));
  const refused = expect(answer(api.POST('/v1/events', plan))).rejects.toMatchObject({ code: 'unreachable' });
  await vi.advanceTimersByTimeAsync(10_000);
  await refused;
  renewed('token');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent).toEqual([]);
});
