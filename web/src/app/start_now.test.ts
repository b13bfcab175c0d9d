// SPDX-License-Identifier: EUPL-1.2
import { afterEach, expect, it, vi } from 'vitest';
import { startNow } from './start_now';

afterEach(() => void vi.unstubAllGlobals());

it('a meeting that was asked for again because the answer was lost is the same one, and the next is another', async () => {
  const keys: (string | null)[] = [];
  const answers = [
    () => Promise.reject(new TypeError('the answer is lost')),
    () => Promise.resolve(new Response('{}', { status: 503 })),
    () => Promise.resolve(Response.json({ id: 'first' }, { status: 201 })),
    () => Promise.resolve(Response.json({ code: 'too_many_meetings' }, { status: 409 })),
    () => Promise.resolve(Response.json({ id: 'second' }, { status: 201 })),
  ];
  vi.stubGlobal('fetch', (request: Request | string) => {
    // Whether the server is there is asked for beside it.
    if (!(request instanceof Request)) return Promise.resolve(new Response());
    keys.push(request.headers.get('idempotency-key'));
    return answers.shift()?.();
  });
  await expect(startNow('Meeting')).rejects.toMatchObject({ code: 'unreachable' });
  await expect(startNow('Meeting')).rejects.toMatchObject({ status: 503 });
  await expect(startNow('Meeting')).resolves.toMatchObject({ id: 'first' });
  await expect(startNow('Meeting')).rejects.toMatchObject({ code: 'too_many_meetings' });
  await expect(startNow('Meeting')).resolves.toMatchObject({ id: 'second' });
  expect(keys[0]?.length).toBeGreaterThanOrEqual(16);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(new Set(keys).size).toBe(3);
});
