// SPDX-License-Identifier: EUPL-1.2

/** Which breakout rooms are open, until when, and which of them is this person's. Who is in which stands in the core of the call. */
import type { EventOf, Facts, Module } from '../../call/module';
import { isModerator } from '../../call/select';
import type { ParticipantId, Timestamp } from '../../call/wire';
import { type Clock, follow, type Left } from '../left';

export interface Room {
  id: number;
  name: string;
  /** Moderators are asked to come. */
  needsHelp: boolean;
}

export interface Running {
  /** By id. */
  rooms: readonly Room[];
  /** The room this person is assigned to. */
  assignment?: number;
  /** Whoever is no moderator enters no other room. */
  assignedOnly: boolean;
}

/** By whom, if that is known; `count` tells two of the same in a row apart. */
interface Deed {
  by?: ParticipantId;
  count: number;
}

export interface Breakout extends Left {
  running?: Running;
  /** Of what runs. */
  clock?: Clock;
  opened?: Deed;
  /** They close sooner or later than was said before. */
  noticed?: Deed;
  closed?: Deed;
  /** Who called moderators last, to which room. */
  called?: Deed & { id: number };
}

const deed = (before: Deed | undefined, by: ParticipantId | undefined): Deed => ({ count: (before?.count ?? 0) + 1, ...(by === undefined ? {} : { by }) });
const clock = (endsAt: Timestamp | undefined, heardAt: Timestamp): Clock => ({ heardAt, ...(endsAt === undefined ? {} : { endsAt }) });

type Open = Pick<Extract<EventOf<'breakout'>, { message: 'started' }>, 'rooms' | 'assignment' | 'assigned_only'>;

const running = ({ rooms, assignment, assigned_only: assignedOnly }: Open): Running => ({
  rooms: rooms.map(({ id, name, help_since }) => ({ id, name, needsHelp: help_since !== undefined })),
  ...(assignment === undefined ? {} : { assignment }),
  assignedOnly,
});

export const breakout: Module<'breakout', Breakout> = {
  namespace: 'breakout',
  again: { switch_room: 'already_in_room', rename_room: '', call_for_help: '', withdraw_call: '' },
  initial: { ahead: 0 },
  joined({ module_data: { breakout: own } }, _, before, at) {
    const { running: was, clock: _clock, said: _said, ...rest } = before;
    if (own !== undefined) return { ...rest, running: running(own), clock: clock(own.expires, at) };
    return was === undefined ? rest : { ...rest, closed: deed(rest.closed, undefined) };
  },
  reduce(slice, event, _, at) {
    const now = slice.running;
    switch (event.message) {
      case 'started': {
        const { said: _said, ...rest } = slice;
        return { ...rest, running: running(event), clock: clock(event.expires_at, at), opened: deed(slice.opened, event.started_by) };
      }
      case 'close_notice': {
        const { said: _said, ...rest } = slice;
        return { ...rest, clock: clock(event.stops_at, at), noticed: deed(slice.noticed, event.issued_by) };
      }
      case 'closing': {
        const { running: _running, clock: _clock, said: _said, ...rest } = slice;
        return { ...rest, closed: deed(slice.closed, event.issued_by) };
      }
      case 'switched_room': {
        const own = event.own_data.breakout;
        return own === undefined || now === undefined ? slice : { ...slice, running: running(own) };
      }
      case 'room_renamed':
        return withRoom(slice, event.id, { name: event.name });
      case 'help_called':
        return { ...withRoom(slice, event.id, { needsHelp: true }), called: { ...deed(slice.called, event.participant_id), id: event.id } };
      case 'call_ended':
        return withRoom(slice, event.id, { needsHelp: false });
      default:
        return slice;
    }
  },
  run: (_, slice) => follow(slice, ({ clock: now }) => now),
};

function withRoom(slice: Breakout, id: number, change: Partial<Room>): Breakout {
  const { running: now } = slice;
  if (now === undefined) return slice;
  return { ...slice, running: { ...now, rooms: now.rooms.map((room) => (room.id === id ? { ...room, ...change } : room)) } };
}

export const roomOf = ({ running: now }: Breakout, id: number | undefined): Room | undefined => (id === undefined ? undefined : now?.rooms.find((room) => room.id === id));

/** Whether this person may go there by themselves; always to the main room. */
export function mayEnter({ running: now }: Breakout, facts: Facts, id: number): boolean {
  return now !== undefined && (!now.assignedOnly || isModerator(facts) || now.assignment === id);
}

/** Everybody by chance, so that no room has more than one person more than another. */
export function dealt(people: readonly ParticipantId[], rooms: number, random: () => number): ReadonlyMap<ParticipantId, number> {
  const shuffled = [...people];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as string, shuffled[last] as string];
  }
  return new Map(shuffled.map((id, index) => [id, index % rooms]));
}

