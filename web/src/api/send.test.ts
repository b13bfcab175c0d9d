// SPDX-License-Identifier: EUPL-1.2
import { afterEach, describe, expect, it, vi } from 'vitest';
import { send } from './send';

afterEach(() => vi.unstubAllGlobals());

const ADDRESS = 'https://konvent.example/v1/events';

/** A server that takes one token only, and what it was sent. */
function taking(token: string, message = 'The access token is not valid (any more).') {
  const asked: { authorization: string | null; body: string }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const authorization = request.headers.get('Authorization');
    asked.push({ authorization, body: await request.text() });
    return authorization === `Bearer ${token}` ? Response.json({}) : Response.json({ message }, { status: 401 });
  });
  return asked;
}

/** Gives the first token, and the second to who says that the first was refused. */
const tokens = (first?: string, second?: string) => vi.fn((refused?: string) => Promise.resolve(refused === undefined ? first : second));

describe('a request of somebody who is logged in', () => {
  it('goes out once more, whole, with a new token', async () => {
    const asked = taking('b');
    const response = await send(new Request(ADDRESS, { method: 'POST', body: 'plan' }), tokens('a', 'b'));
    expect(response.status).toBe(200);
    expect(asked).toEqual([
      { authorization: 'Bearer a', body: 'plan' },
      { authorization: 'Bearer b', body: 'plan' },
    ]);
  });

  it('goes out twice at most', async () => {
    const asked = taking('c');
    expect((await send(new Request(ADDRESS), tokens('a', 'b'))).status).toBe(401);
    expect(asked).toHaveLength(2);
  });

  it('stays refused when there is no new token', async () => {
    const asked = taking('b');
    expect((await send(new Request(ADDRESS), tokens('a'))).status).toBe(401);
    expect(asked).toHaveLength(1);
  });

  it('asks for no new token where the server could not read any', async () => {
    taking('b', 'Unable to parse access token or invite code');
    const accessToken = tokens('a', 'b');
    const response = await send(new Request(ADDRESS), accessToken);
    expect(response.status).toBe(401);
    expect(accessToken).toHaveBeenCalledOnce();
    expect(await response.json()).toMatchObject({ message: 'Unable to parse access token or invite code' });
  });

  it('leaves alone who comes by a link, or without a login', async () => {
    const asked = taking('b');
    const headers = { Authorization: 'InviteCode x' };
    expect((await send(new Request(ADDRESS, { headers }), tokens('a', 'b'))).status).toBe(401);
    expect((await send(new Request(ADDRESS), tokens())).status).toBe(401);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['InviteCode x', null]);
  });
});
