// SPDX-License-Identifier: EUPL-1.2

/** The timer of the place where one is, and who is ready. It counts by the server's clock: this one may be wrong. */
import type { EventOf, Module } from '../../call/module';
import type { JoinSuccess, ParticipantId, Timestamp } from '../../call/wire';
import { type Clock, follow, type Left, secondsUntil } from '../left';

/** What front ends of the profile call a timer that is a break for all. */
export const BREAK = 'coffee-break';

/** Only a countdown ends. */
export interface Running extends Clock {
  startedAt: Timestamp;
  title?: string;
  isBreak: boolean;
  asksWhoIsReady: boolean;
}

interface Ended {
  /** By a moderator, and not because its time was up. */
  stopped: boolean;
  /** Unknown to who was away then. */
  by?: ParticipantId;
  reason?: string;
  count: number;
}

export interface Timer extends Left {
  running?: Running;
  ready: ReadonlySet<ParticipantId>;
  /** How the last one ended; `count` tells two of the same in a row apart. */
  ended?: Ended;
}

type Told = Extract<EventOf<'timer'>, { message: 'started' }> | NonNullable<JoinSuccess['module_data']['timer']>;

const running = (told: Told, heardAt: Timestamp): Running => ({
  startedAt: told.started_at,
  ...(told.kind === 'countdown' ? { endsAt: told.ends_at } : {}),
  ...(told.title === undefined ? {} : { title: told.title }),
  // Other front ends of the same profile have written it both ways.
  isBreak: told.style?.replace('_', '-') === BREAK,
  asksWhoIsReady: told.ready_check_enabled,
  heardAt,
});

export const timer: Module<'timer', Timer> = {
  namespace: 'timer',
  ofRoom: true,
  again: { update_ready_status: '' },
  initial: { ready: new Set(), ahead: 0 },
  joined({ module_data: { timer: own }, id, participants }, _, { running: before, ended: known }, at) {
    // What ran when the line was cut and does not run any more has ended meanwhile.
    const isOver = before?.endsAt !== undefined && Date.parse(before.endsAt) <= Date.parse(at);
    const ended = before === undefined || own ? known : { stopped: !isOver, count: (known?.count ?? 0) + 1 };
    const others = participants.flatMap((peer) => (peer.id !== id && peer.module_data.timer?.ready_status === true ? [peer.id] : []));
    return {
      ...(own ? { running: running(own, at) } : {}),
      ready: new Set([...others, ...(own?.ready_status === true ? [id] : [])]),
      ahead: 0,
      ...(ended === undefined ? {} : { ended }),
    };
  },
  reduce(slice, event, _, at) {
    const { ended } = slice;
    switch (event.message) {
      case 'started':
        return { running: running(event, at), ready: new Set(), ahead: 0, ...(ended === undefined ? {} : { ended }) };
      case 'stopped': {
        const by = event.kind === 'by_moderator' ? { by: event.participant_id } : {};
        const why = event.reason === undefined ? {} : { reason: event.reason };
        return { ready: new Set(), ahead: 0, ended: { stopped: event.kind === 'by_moderator', ...by, ...why, count: (ended?.count ?? 0) + 1 } };
      }
      case 'updated_ready_status': {
        const ready = new Set(slice.ready);
        if (event.status) ready.add(event.participant_id);
        else ready.delete(event.participant_id);
        return { ...slice, ready };
      }
      default:
        return slice;
    }
  },
  overhear(slice, { namespace, payload }, facts) {
    if (namespace !== 'core' || payload.message !== 'participant_disconnected') return slice;
    const gone = payload.participant_id;
    if (!slice.ready.has(gone) || facts.people.get(gone)?.connections.length !== 0) return slice;
    return { ...slice, ready: new Set([...slice.ready].filter((id) => id !== gone)) };
  },
  run: (_, slice) => follow(slice, ({ running: now }) => now),
};

/** What is left, or how long it has run, in whole seconds; never less than nothing. */
export function seconds({ startedAt, endsAt }: Running, now: number): number {
  return endsAt === undefined ? Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1000)) : secondsUntil(endsAt, now);
}
