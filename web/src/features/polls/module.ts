// SPDX-License-Identifier: EUPL-1.2

/** The poll of the place where one is: what is asked, what one has chosen, how many chose what. Who chose what is known to nobody here. */
import type { EventOf, Module } from '../../call/module';
import type { JoinSuccess, Timestamp } from '../../call/wire';

export interface Question {
  id: string;
  topic: string;
  choices: readonly { id: number; content: string }[];
  multiple: boolean;
  /** The counts are shown while it runs. */
  live: boolean;
}

/** How many chose this, by the id of the choice. */
export type Counts = ReadonlyMap<number, number>;

export interface Running extends Question {
  /** By the server's clock, both. */
  endsAt: number;
  heardAt: Timestamp;
}

export interface Polls {
  running?: Running;
  /** What one has chosen in it, from whichever window; nothing chosen yet: `undefined`. */
  mine?: readonly number[];
  /** Of what runs, if it is live. */
  counts?: Counts;
  /** The last one that is over here. */
  last?: { question: Question; counts: Counts };
  /** How far the server's clock is ahead of this one, in milliseconds. */
  ahead: number;
}

type Told = Extract<EventOf<'polls'>, { message: 'started' }> | NonNullable<JoinSuccess['module_data']['polls']>;

type Over = NonNullable<NonNullable<JoinSuccess['ended']>['polls']>;

const question = ({ id, topic, live, multiple_choice: multiple, choices }: Told | Over): Question => ({ id, topic, live, multiple, choices });
const running = (told: Told, started: Timestamp, heardAt: Timestamp): Running => ({
  ...question(told),
  endsAt: Date.parse(started) + told.duration * 1000,
  heardAt,
});

const countsOf = (results: readonly { id: number; count: number }[]): Counts => new Map(results.map(({ id, count }) => [id, count]));
const kept = ({ last }: Polls): Pick<Polls, 'last'> => (last === undefined ? {} : { last });

export const polls: Module<'polls', Polls> = {
  namespace: 'polls',
  ofRoom: true,
  // What one has chosen replaces what one had chosen.
  again: { vote: '' },
  initial: { ahead: 0 },
  joined({ module_data: { polls: own }, ended }, _facts, _before, at) {
    const over = ended?.polls;
    const last = over === undefined ? {} : { last: { question: question(over), counts: countsOf(over.results) } };
    if (!own) return { ahead: 0, ...last };
    return {
      running: running(own, own.started, at),
      ...(own.choice_ids === undefined ? {} : { mine: own.choice_ids }),
      ...(own.results === undefined ? {} : { counts: countsOf(own.results) }),
      ...last,
      ahead: 0,
    };
  },
  reduce(slice, event, _, at) {
    const now = slice.running;
    switch (event.message) {
      case 'started':
        return { running: running(event, at, at), ...kept(slice), ahead: 0 };
      case 'live_update':
        return event.id === now?.id ? { ...slice, counts: countsOf(event.results) } : slice;
      case 'voted':
        return event.poll_id === now?.id ? chosen(slice, now.id, 'choice_id' in event ? [event.choice_id] : event.choice_ids) : slice;
      case 'done':
        return event.id === now?.id ? { last: { question: now, counts: countsOf(event.results) }, ahead: 0 } : slice;
      default:
        return slice;
    }
  },
  run(_, slice) {
    let known: Running | undefined;
    return slice.subscribe(() => {
      const now = slice.getSnapshot().running;
      if (now === known) return;
      known = now;
      if (now !== undefined) slice.update((one) => ({ ...one, ahead: Date.parse(now.heardAt) - Date.now() }));
    });
  },
};

/** The server has taken a vote; with nothing chosen it was taken back. */
export function chosen(slice: Polls, poll: string, mine: readonly number[]): Polls {
  if (slice.running?.id !== poll) return slice;
  const { mine: before, ...rest } = slice;
  return mine.length === 0 ? rest : { ...rest, mine };
}
