// SPDX-License-Identifier: EUPL-1.2

/** What the meeting pages ask the server, and what is asked anew after a change. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api, type EventResource } from '../../api/client';
import { hasUserSearch } from '../config';
import { bodyOf, type Draft } from './draft';

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

/** What is planned between two points in time; of each series as many dates as `instances_max` says, without it the series as one. */
export function useInstances(query: {
  time_min?: string;
  time_max?: string;
  favorites?: boolean;
  invite_status?: readonly ('accepted' | 'declined' | 'tentative' | 'pending')[];
  per_page?: number;
  instances_max?: number;
}) {
  return useQuery({
    queryKey: ['events', 'instances', query],
    queryFn: () =>
      answer(
        api.GET('/v1/events/instances', {
          params: { query: { ...query, invite_status: query.invite_status?.join(','), adhoc: false } as never },
        }),
      ),
  });
}

export function guestOf({ profile }: Invitee): Guest {
  const role = profile.role === 'moderator' ? 'moderator' : 'user';
  return profile.kind === 'registered'
    ? { id: profile.id, email: profile.email, name: profile.display_name, role }
    : { email: profile.email, name: profile.email, role };
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

/** Takes back the invitations of those who are no longer on the list. */
async function uninvite(eventId: string, before: readonly Guest[], after: readonly Guest[]): Promise<void> {
  const path = { event_id: eventId };
  for (const guest of before.filter((one) => !after.some(sameAs(one)))) {
    if (guest.id !== undefined)
      await answer(
        api.DELETE('/v1/events/{event_id}/invites/{user_id}', { params: { path: { ...path, user_id: guest.id } } }),
      );
    else
      await answer(
        api.DELETE('/v1/events/{event_id}/invites/email', { params: { path }, body: { email: guest.email } }),
      );
  }
}

function invitationOf({ id, group, email, role }: Guest) {
  if (group !== undefined) return { group, role };
  if (id !== undefined) return { invitee: id, role };
  return { email, role: role === 'moderator' ? 'moderator' : 'guest' };
}

/** Invites those who are new on the list, and gives the others the role they have there. */
async function invite(eventId: string, before: readonly Guest[], after: readonly Guest[]): Promise<void> {
  const path = { event_id: eventId };
  for (const guest of after) {
    const known = before.find(sameAs(guest));
    if (known === undefined)
      await answer(
        api.POST('/v1/events/{event_id}/invites', {
          params: { path },
          body: invitationOf(guest),
        }),
      );
    else if (known.role !== guest.role && guest.id !== undefined)
      await answer(
        api.PATCH('/v1/events/{event_id}/invites/{user_id}', {
          params: { path: { ...path, user_id: guest.id } },
          body: { role: guest.role },
        }),
      );
  }
}

/** What is stored of a meeting that is being changed. */
export interface Stored {
  id: string;
  draft: Draft;
  guests: readonly Guest[];
}

/**
 * Plans or changes a meeting with everybody who is invited. Each step mails those whom it concerns: nobody is told of a
 * change that is none, nor of one to a meeting they are not invited to any more.
 */
export function useSave(stored: Stored | undefined) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ draft, guests }: { draft: Draft; guests: readonly Guest[] }) => {
      const body = bodyOf(draft);
      if (stored === undefined) {
        const { id } = await answer(api.POST('/v1/events', { body }));
        await invite(id, [], guests);
        return id;
      }
      const { id } = stored;
      await uninvite(id, stored.guests, guests);
      if (JSON.stringify(body) !== JSON.stringify(bodyOf(stored.draft)))
        await answer(api.PATCH('/v1/events/{event_id}', { params: { path: { event_id: id } }, body }));
      await invite(id, stored.guests, guests);
      return id;
    },
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
