// SPDX-License-Identifier: EUPL-1.2
// @vitest-environment node

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { backoff } from './backoff';
import { deviceSecret } from './device';
import { Refused, start, Unreachable } from './start';

let server: Server | undefined;
afterEach(() => server?.close());

interface Asked {
  url: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

/** A server that answers every request the same way and remembers the last one. */
async function answering(status: number, body: object): Promise<{ api: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const listening = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { authorization } = request.headers;
      asked.push({ url: request.url ?? '', authorization, body: JSON.parse(text) as Asked['body'] });
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server = listening;
  await new Promise<void>((ready) => listening.listen(0, '127.0.0.1', ready));
  return { api: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/v1`, asked };
}

const options = (api: string, token?: string) => ({
  api,
  deviceSecret: 'x'.repeat(43),
  accessToken: () => Promise.resolve(token),
});

describe('joining', () => {
  it('asks as a guest with code and name, as a user with the login', async () => {
    const place = { token: 't', roomserver_address: 'https://example.org' };
    const { api, asked } = await answering(200, place);
    const guest = { roomId: 'r', inviteCode: 'code', displayName: 'Bo' };
    expect(await start(guest, options(api))).toEqual(place);
    await start({ roomId: 'r' }, options(api, 'jwt'));
    expect(asked[0]?.url).toBe('/v1/rooms/r/start_invited');
    const body = { device_secret: 'x'.repeat(43), dialect: 'july', display_name: 'Bo', invite_code: 'code' };
    expect(asked[0]?.body).toEqual(body);
    expect(asked[1]).toMatchObject({ url: '/v1/rooms/r/start', authorization: 'Bearer jwt' });
  });

  it('asks once more with a new token when the server refuses the first', async () => {
    const { api, asked } = await answering(401, { code: 'unauthorized' });
    const accessToken = (refused?: string) => Promise.resolve(refused === 'old' ? 'new' : 'old');
    await expect(start({ roomId: 'r' }, { ...options(api), accessToken })).rejects.toBeInstanceOf(Refused);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it.each([
    [401, 'wrong_room_password', 'wrong_password'],
    [403, 'banned_from_room', 'banned'],
    [403, 'forbidden', 'forbidden'],
    [404, 'not_found', 'not_found'],
    [401, 'unauthorized', 'unauthorized'],
    [400, 'invalid_json', 'invalid'],
  ])('is refused by %i %s as %s', async (status, code, expected) => {
    const { api } = await answering(status, { code, message: '' });
    const failure = await start({ roomId: 'r' }, options(api)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Refused);
    expect((failure as Refused).code).toBe(expected);
  });

  it('is tried again when the server is not ready or not there', async () => {
    const { api } = await answering(503, {});
    await expect(start({ roomId: 'r' }, options(api))).rejects.toBeInstanceOf(Unreachable);
    await expect(start({ roomId: 'r' }, options('http://127.0.0.1:9'))).rejects.toBeInstanceOf(Unreachable);
  });
});

describe('coming back', () => {
  it('waits longer each time and never longer than 25 seconds', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => backoff(attempt, () => 0.5));
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(backoff(50, () => 1)).toBeLessThanOrEqual(25_000);
  });

  it('shows the same secret each time, 43 characters of base64url', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const secret = deviceSecret(storage);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(deviceSecret(storage)).toBe(secret);
  });
});
