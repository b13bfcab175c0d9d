// SPDX-License-Identifier: EUPL-1.2
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guestLink } from './invite';

afterEach(() => vi.unstubAllGlobals());

const link = (invite_code: string, created: string, rest: object = {}) => ({ invite_code, created, active: true, expiration: null, ...rest });

/** A server that knows these links; what it was asked. */
function serving({ works = [], links = [] }: { works?: string[]; links?: object[] }): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname;
    asked.push(`${request.method} ${path}`);
    if (path === '/v1/invite/verify') {
      const { invite_code } = (await request.json()) as { invite_code: string };
      return works.includes(invite_code) ? Response.json({ room_id: 'r' }) : Response.json({ code: 'not_found' }, { status: 404 });
    }
    return Response.json(request.method === 'GET' ? links : link('made', '2030-01-03T00:00:00Z'));
  });
  return asked;
}

const server = { api: 'https://example.org/v1', accessToken: () => Promise.resolve('jwt') };

describe('the link that is shown in a meeting', () => {
  it('is the one of joining while it works', async () => {
    const asked = serving({ works: ['known'] });
    expect(await guestLink({ roomId: 'r', known: 'known', mayMakeOne: true }, server)).toBe('known');
    expect(asked).toEqual(['POST /v1/invite/verify']);
  });

  it('is for moderators the newest that works when that one has ended', async () => {
    const links = [
      link('old', '2030-01-01T00:00:00Z'),
      link('newer', '2030-01-02T00:00:00Z'),
      link('withdrawn', '2030-01-03T00:00:00Z', { active: false }),
      link('over', '2030-01-04T00:00:00Z', { expiration: '2020-01-01T00:00:00Z' }),
    ];
    const asked = serving({ links });
    expect(await guestLink({ roomId: 'r', known: 'over', mayMakeOne: true }, server)).toBe('newer');
    expect(asked).toEqual(['POST /v1/invite/verify', 'GET /v1/rooms/r/invites']);
  });

  it('is made for moderators where there is none', async () => {
    const asked = serving({ links: [link('withdrawn', '2030-01-03T00:00:00Z', { active: false })] });
    expect(await guestLink({ roomId: 'r', known: undefined, mayMakeOne: true }, server)).toBe('made');
    expect(asked).toEqual(['GET /v1/rooms/r/invites', 'POST /v1/rooms/r/invites']);
  });

  it('is none for others when it has ended', async () => {
    const asked = serving({});
    expect(await guestLink({ roomId: 'r', known: 'over', mayMakeOne: false }, server)).toBeUndefined();
    expect(asked).toEqual(['POST /v1/invite/verify']);
  });

  it('fails when the server does', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 503 })));
    await expect(guestLink({ roomId: 'r', known: 'known', mayMakeOne: false }, server)).rejects.toThrow('503');
  });
});
