// SPDX-License-Identifier: EUPL-1.2

/** What the meeting pages ask the server, and what is asked anew after a change. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { answer, api, ApiError, type EventResource, removed } from '../../api/client';
import { linksOf } from '../../api/pages';
import { randomText } from '../auth/pkce';
import { hasUserSearch } from '../config';
import { bodyOf, changesOf, type Draft } from './draft';
import type { Instance } from './instance';

const INVITEES = 200;

export type Invitee = EventResource['invitees'][number];
export type Role = 'user' | 'moderator';

/** Somebody on the list of a meeting that is being planned. */
export interface Guest {
  /** Absent: invited by e-mail. */
  id?: string;
  /** Everybody in a group; once invited, they are people. */
  group?: string;
  /** Empty for a group. */
  email: string;
  name: string;
  role: Role;
}

export function useEvent(id: string | undefined) {
  return useQuery({
    queryKey: ['events', 'one', id],
    queryFn: () =>
      answer(
        api.GET('/v1/events/{event_id}', {
          params: { path: { event_id: id ?? '' }, query: { invitees_max: INVITEES } },
        }),
      ),
    enabled: id !== undefined,
  });
}

interface Asked {
  time_min?: string;
  time_max?: string;
  favorites?: boolean;
  invite_status?: readonly ('accepted' | 'declined' | 'tentative' | 'pending')[];
  per_page?: number;
  instances_max?: number;
}

/** One page of what is planned, and where the next one begins. */
async function pageOfInstances({ invite_status, ...asked }: Asked, after?: string) {
  const query = { ...asked, invite_status: invite_status?.join(','), adhoc: false, after };
  const call = api.GET('/v1/events/instances', { params: { query: query as never } });
  const rows = await answer(call);
  return { rows, next: linksOf((await call).response.headers.get('Link'))['after']?.get('after') ?? undefined };
}

/** Everything that is asked for: the server gives at most a hundred at a time, and says where it goes on. */
export async function allInstances(asked: Asked): Promise<Instance[]> {
  const all: Instance[] = [];
  let after: string | undefined;
  do {
    const { rows, next } = await pageOfInstances(asked, after);
    all.push(...rows);
    after = next;
  } while (after !== undefined);
  return all;
}

/**
 * What is planned between two points in time; of each series as many dates as `instances_max` says, without it the series
 * as one. `whole`: all of it, not the first page alone. `keep`: what was asked for before is shown until the answer.
 */
export function useInstances({ whole = false, keep = false, ...query }: Asked & { whole?: boolean; keep?: boolean }) {
  return useQuery({
    queryKey: ['events', 'instances', query, whole],
    queryFn: async () => (whole ? allInstances(query) : (await pageOfInstances(query)).rows),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

export function guestOf({ profile }: Invitee): Guest {
  const role = profile.role === 'moderator' ? 'moderator' : 'user';
  if (profile.kind === 'registered') return { id: profile.id, email: profile.email, name: profile.display_name, role };
  return { email: profile.email, name: profile.kind === 'unregistered' ? profile.display_name : profile.email, role };
}

/** As many letters as the server wants before it looks. */
const FEWEST = 3;

/** Groups of the organisation whose names hold the words. */
export function useGroups(words: string) {
  const q = words.trim();
  return useQuery({
    queryKey: ['groups', q],
    queryFn: () => answer(api.GET('/v1/users/groups', { params: { query: { q } } })),
    enabled: hasUserSearch() && q.length >= FEWEST,
  });
}

/** People of the organisation whose names or addresses begin so; nobody where the search is switched off. */
export function usePeople(words: string) {
  const q = words.trim();
  const enabled = hasUserSearch() && q.length >= FEWEST;
  return useQuery({
    queryKey: ['people', q],
    queryFn: () => answer(api.GET('/v1/users/find', { params: { query: { q } } })),
    enabled,
  });
}

/** What tells one who is invited from the others. */
export const keyOf = ({ id, group, email }: Guest): string => id ?? (group === undefined ? email.toLowerCase() : `group ${group}`);
const sameAs = (one: Guest) => (other: Guest) => keyOf(one) === keyOf(other);

/** What is stored of a meeting that is being planned or changed. */
export interface Stored {
  id: string;
  draft: Draft;
  guests: readonly Guest[];
  /** What was sent and not answered: it may be stored, too. */
  unsure?: { drafts: readonly Draft[]; guests: readonly Guest[] };
}

/** A meeting that is being saved. */
export interface Saving {
  current: Stored | undefined;
  /** The key by which the server knows that it is asked for the same meeting again, and what was sent with it and not answered. */
  making?: { key: string; drafts: readonly Draft[] };
}

/** The meeting is stored; these are not invited as they should be. */
export class NotInvited extends Error {
  constructor(readonly names: readonly string[]) {
    super('not invited');
  }
}

async function uninvite(event_id: string, guest: Guest): Promise<void> {
  const path = { event_id };
  if (guest.id === undefined)
    return removed(answer(api.DELETE('/v1/events/{event_id}/invites/email', { params: { path }, body: { email: guest.email } })));
  return removed(answer(api.DELETE('/v1/events/{event_id}/invites/{user_id}', { params: { path: { ...path, user_id: guest.id } } })));
}

function invitationOf({ id, group, email, role }: Guest) {
  if (group !== undefined) return { group, role };
  if (id !== undefined) return { invitee: id, role };
  return { email, role: roleOfGuest(role) };
}

/** Whom an e-mail address is invited as. */
const roleOfGuest = (role: Role) => (role === 'moderator' ? 'moderator' : 'guest');

/** Invites somebody, or changes as what. `unsure`: whether and as what they are invited is not known. */
async function invite(event_id: string, guest: Guest, known: Guest | undefined, unsure: boolean): Promise<void> {
  if (known !== undefined && !unsure && (known.role === guest.role || guest.group !== undefined)) return;
  const path = { event_id };
  if (known === undefined || unsure) await answer(api.POST('/v1/events/{event_id}/invites', { params: { path }, body: invitationOf(guest) }));
  // Who was invited before stays what they were.
  if (guest.group === undefined && (known !== undefined || unsure)) await changeRole(event_id, guest);
}

async function changeRole(event_id: string, { id, email, role }: Guest): Promise<unknown> {
  const path = { event_id };
  if (id === undefined)
    return answer(api.PATCH('/v1/events/{event_id}/invites/email', { params: { path }, body: { email, role: roleOfGuest(role) } }));
  return answer(api.PATCH('/v1/events/{event_id}/invites/{user_id}', { params: { path: { ...path, user_id: id } }, body: { role } }));
}

/** No word of whether it was done; or it is about somebody whom others have taken off the list. */
const isOpen = (error: unknown): boolean => !(error instanceof ApiError) || error.status === 0 || error.status === 404 || error.status >= 500;

/**
 * Plans or changes a meeting with everybody who is invited; its id. Each step mails those whom it concerns: nobody is told
 * of a change that is none, nor of one to a meeting they are not invited to any more. `now` holds what is stored and is
 * brought up to date with each step: tried again after one that failed, nothing is done twice. After one without an answer
 * both may be stored, what was and what was to be: all that differs from either is sent.
 */
export async function save(now: Saving, draft: Draft, guests: readonly Guest[]): Promise<string> {
  let stored = now.current;
  if (stored === undefined) {
    now.making ??= { key: randomText(), drafts: [] };
    const { key, drafts } = now.making;
    let id: string;
    try {
      ({ id } = await answer(api.POST('/v1/events', { params: { header: { 'idempotency-key': key } }, body: bodyOf(draft) })));
    } catch (error) {
      if (isOpen(error)) now.making = { key, drafts: [...drafts, draft] };
      throw error;
    }
    stored = { id, draft, guests: [], unsure: { drafts, guests: [] } };
    now.current = stored;
  }
  const { id } = stored;
  const keep = (part: Partial<Stored>) => {
    stored = { ...(stored as Stored), ...part };
    now.current = stored;
  };
  const unsure = () => stored?.unsure ?? { drafts: [], guests: [] };
  const doubt = (guest: Guest) => keep({ unsure: { ...unsure(), guests: [...unsure().guests.filter((one) => !sameAs(guest)(one)), guest] } });
  /** What is known of somebody from here on. */
  const settle = (guest: Guest, invited: readonly Guest[]) =>
    keep({
      guests: [...(stored as Stored).guests.filter((one) => !sameAs(guest)(one)), ...invited],
      unsure: { ...unsure(), guests: unsure().guests.filter((one) => !sameAs(guest)(one)) },
    });
  for (const gone of [...stored.guests, ...unsure().guests].filter((one) => !guests.some(sameAs(one)))) {
    try {
      await uninvite(id, gone);
    } catch (error) {
      if (isOpen(error)) doubt(gone);
      throw error;
    }
    settle(gone, []);
  }
  const body = Object.assign({}, ...[stored.draft, ...unsure().drafts].map((before) => changesOf(before, draft))) as ReturnType<typeof changesOf>;
  if (Object.keys(body).length > 0) {
    try {
      await answer(api.PATCH('/v1/events/{event_id}', { params: { path: { event_id: id } }, body }));
    } catch (error) {
      if (isOpen(error)) keep({ unsure: { ...unsure(), drafts: [...unsure().drafts, draft] } });
      throw error;
    }
  }
  keep({ draft, unsure: { ...unsure(), drafts: [] } });
  const refused: string[] = [];
  for (const guest of guests) {
    const known = stored.guests.find(sameAs(guest));
    try {
      await invite(id, guest, known, unsure().guests.some(sameAs(guest)));
      settle(guest, [guest]);
    } catch (error) {
      if (isOpen(error)) doubt(guest);
      if (!(error instanceof ApiError)) throw error;
      refused.push(guest.name);
    }
  }
  if (refused.length > 0) throw new NotInvited(refused);
  return id;
}

export function useSave(stored: Stored | undefined) {
  const queries = useQueryClient();
  const now = useRef<Saving>({ current: stored });
  return useMutation({
    mutationFn: ({ draft, guests }: { draft: Draft; guests: readonly Guest[] }) => save(now.current, draft, guests),
    onSettled: () => queries.invalidateQueries({ queryKey: ['events'] }),
  });
}

export function useEventAction<T>(act: (argument: T) => Promise<unknown>, after?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      after?.();
      await queries.invalidateQueries({ queryKey: ['events'] });
    },
  });
}
