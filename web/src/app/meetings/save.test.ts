// SPDX-License-Identifier: EUPL-1.2

/** Saving a meeting with its invitations, and asking for all of a long list. */
import { CalendarDate, parseZonedDateTime } from '@internationalized/date';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../api/client';
import { emptyDraft } from './draft';
import { allInstances, type Guest, NotInvited, save, type Saving, type Stored } from './queries';
import { daysOf, type Times } from './when';

afterEach(() => vi.unstubAllGlobals());

const draft = { ...emptyDraft(parseZonedDateTime('2030-01-01T09:30[Europe/Berlin]')), title: 'Rat' };
const guest = (email: string, role: Guest['role'] = 'user'): Guest => ({ email, name: email, role });

/** A server that refuses to invite some addresses, and what it was asked. */
function refusing(...addresses: string[]) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    asked.push(`${request.method} ${pathname.replace('/v1/events', '')} ${/"email":"([^"]*)"/.exec(text)?.[1] ?? ''}`.trim());
    if (pathname.endsWith('/invites') && addresses.some((address) => text.includes(address)))
      return Response.json({ code: 'validation_failed' }, { status: 422 });
    return request.method === 'POST' ? Response.json({ id: '1' }, { status: 201 }) : new Response(null, { status: 204 });
  });
  return asked;
}

describe('a meeting that is saved', () => {
  it('is made once, though an invitation was refused and it is saved again', async () => {
    const asked = refusing('b@example.org');
    const now: { current: Stored | undefined } = { current: undefined };
    const guests = ['a@example.org', 'b@example.org', 'c@example.org'].map((email) => guest(email));
    const refused = await save(now, draft, guests).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotInvited);
    expect((refused as NotInvited).names).toEqual(['b@example.org']);
    expect(asked).toEqual(['POST', 'POST /1/invites a@example.org', 'POST /1/invites b@example.org', 'POST /1/invites c@example.org']);
    asked.length = 0;
    const corrected = guests.map((one) => (one.email === 'b@example.org' ? guest('bo@example.org') : one));
    expect(await save(now, draft, corrected)).toBe('1');
    expect(asked).toEqual(['POST /1/invites bo@example.org']);
  });

  it('keeps the role that a guest invited by e-mail was given in the form', async () => {
    const asked = refusing();
    const now = { current: { id: '1', draft, guests: [guest('a@example.org')] } };
    await save(now, draft, [guest('a@example.org', 'moderator')]);
    expect(asked).toEqual(['PATCH /1/invites/email a@example.org']);
    await save(now, draft, [guest('a@example.org', 'moderator')]);
    expect(asked).toHaveLength(1);
  });
});

/** Which requests get no answer: they are done all the same, or do not arrive. */
interface Lost {
  method?: string;
  isSwallowed?: boolean;
}

/** A server that does what it is asked; of those requests that `lost` names no answer comes back. */
function forgetful(invited: Record<string, string>, lost: Lost) {
  const now = { title: draft.title, invited };
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    const { email, role, title } = JSON.parse((await request.text()) || '{}') as { email?: string; role?: string; title?: string };
    let status = 204;
    if (request.method === lost.method && lost.isSwallowed === true) throw new TypeError('the network is away');
    if (!pathname.includes('/invites')) now.title = title ?? now.title;
    else if (email !== undefined && request.method !== 'POST' && now.invited[email] === undefined) status = 404;
    else if (email !== undefined && request.method === 'DELETE') delete now.invited[email];
    else if (email !== undefined && request.method === 'PATCH') now.invited[email] = role ?? '';
    else if (email !== undefined) now.invited[email] ??= role ?? '';
    if (request.method === lost.method) throw new TypeError('the network is away');
    return status === 404 ? Response.json({ code: 'not_found' }, { status }) : new Response(null, { status });
  });
  return now;
}

describe('a meeting of which an answer was lost when it was saved', () => {
  const anna = guest('anna@example.org');
  const open = (...guests: Guest[]) => ({ current: { id: '1', draft, guests } as Stored | undefined });

  it('is saved when it is tried again, though the invitation that is taken back has gone', async () => {
    const lost: Lost = { method: 'DELETE' };
    const server = forgetful({ 'anna@example.org': 'guest' }, lost);
    const now = open(anna);
    await expect(save(now, { ...draft, title: 'Committee' }, [])).rejects.toThrow();
    delete lost.method;
    await save(now, { ...draft, title: 'Committee' }, []);
    expect(server).toEqual({ title: 'Committee', invited: {} });
  });

  it('is as its form says, also for who has changed their mind meanwhile', async () => {
    const lost: Lost = { method: 'DELETE' };
    const server = forgetful({ 'anna@example.org': 'guest' }, lost);
    const now = open(anna);
    await expect(save(now, draft, [])).rejects.toThrow();
    delete lost.method;
    await save(now, draft, [anna]);
    expect(server.invited).toEqual({ 'anna@example.org': 'guest' });
    lost.method = 'PATCH';
    await expect(save(now, { ...draft, title: 'Committee' }, [anna])).rejects.toThrow();
    lost.isSwallowed = true;
    await expect(save(now, draft, [anna])).rejects.toThrow();
    delete lost.isSwallowed;
    await expect(save(now, { ...draft, title: 'Board' }, [anna])).rejects.toThrow();
    delete lost.method;
    await save(now, draft, [anna]);
    expect(server).toEqual({ title: draft.title, invited: { 'anna@example.org': 'guest' } });
    lost.method = 'PATCH';
    await expect(save(now, draft, [guest('anna@example.org', 'moderator')])).rejects.toThrow();
    delete lost.method;
    await save(now, draft, [anna]);
    expect(server).toEqual({ title: draft.title, invited: { 'anna@example.org': 'guest' } });
  });

  it('leaves nobody invited whom its form does not name', async () => {
    const lost: Lost = { method: 'POST' };
    const server = forgetful({}, lost);
    const now = open();
    await expect(save(now, draft, [anna])).rejects.toBeInstanceOf(NotInvited);
    delete lost.method;
    await save(now, draft, []);
    expect(server.invited).toEqual({});
  });
});

it('a meeting whose making was not answered is made once, and is in the end what the form says', async () => {
  const made = new Map<string, string>();
  let isLost = true;
  vi.stubGlobal('fetch', async (request: Request) => {
    const { title } = JSON.parse((await request.text()) || '{}') as { title?: string };
    if (request.method === 'PATCH') {
      for (const key of made.keys()) made.set(key, title ?? '');
      return new Response(null, { status: 204 });
    }
    const key = request.headers.get('idempotency-key') ?? '';
    expect(key.length).toBeGreaterThanOrEqual(16);
    if (!made.has(key)) made.set(key, title ?? '');
    if (isLost) throw new TypeError('the network is away');
    return Response.json({ id: '1' }, { status: 201 });
  });
  const now: Saving = { current: undefined };
  await expect(save(now, draft, [])).rejects.toBeInstanceOf(ApiError);
  await expect(save(now, { ...draft, title: 'Rat und Haushalt' }, [])).rejects.toBeInstanceOf(ApiError);
  isLost = false;
  expect(await save(now, { ...draft, title: 'Haushalt' }, [])).toBe('1');
  expect([...made.values()]).toEqual(['Haushalt']);
});

it('asks on for as long as the server says that there is more', async () => {
  vi.stubGlobal('fetch', async (request: Request) => {
    const after = Number(new URL(request.url).searchParams.get('after') ?? 0);
    const link: HeadersInit = after < 2 ? { Link: `<https://konvent.example/v1/events/instances?after=${after + 1}>; rel="after"` } : {};
    return Response.json([{ id: String(after) }], { headers: link });
  });
  expect((await allInstances({ per_page: 100 })).map(({ id }) => id)).toEqual(['0', '1', '2']);
});

describe('a meeting over several days', () => {
  const at = (datetime: string) => ({ datetime, timezone: 'Europe/Berlin' });
  const month = [new CalendarDate(2030, 4, 1), new CalendarDate(2030, 4, 30)] as const;
  const from = (starts: string, ends: string): Times => ({ is_all_day: true, starts_at: at(starts), ends_at: at(ends) });

  it('stands on each day that it touches, and on none after it', () => {
    expect(daysOf(from('2030-04-09T22:00:00Z', '2030-04-12T22:00:00Z'), ...month)).toEqual(['2030-04-10', '2030-04-11', '2030-04-12']);
    expect(daysOf(from('2030-04-09T22:00:00Z', '2030-04-10T22:00:00Z'), ...month)).toEqual(['2030-04-10']);
  });

  it('stands on those of the month that is shown, also if it began before', () => {
    expect(daysOf(from('2030-03-29T23:00:00Z', '2030-04-02T22:00:00Z'), ...month)).toEqual(['2030-04-01', '2030-04-02']);
    expect(daysOf(from('2030-04-29T22:00:00Z', '2030-05-03T22:00:00Z'), ...month)).toEqual(['2030-04-30']);
  });
});
