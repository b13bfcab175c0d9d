// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { answer, removed } from './client';

const answered = (status: number) => removed(answer(Promise.resolve({ error: {}, response: new Response(null, { status }) })));

it('what is deleted is deleted when it is not there any more, and not when the server does not let it', async () => {
  await expect(answered(204)).resolves.toBeUndefined();
  await expect(answered(404)).resolves.toBeUndefined();
  await expect(answered(409)).rejects.toMatchObject({ status: 409 });
  await expect(removed(answer(Promise.reject(new TypeError('the network is away'))))).rejects.toMatchObject({ code: 'unreachable' });
});
