// SPDX-License-Identifier: EUPL-1.2

/** What people have just sent, and who may. */
import type { Module } from '../../call/module';
import { type ParticipantId, type Reaction, REACTIONS, type Restriction } from '../../call/wire';

/** More than this at once is noise on the screen: the oldest go first. */
const SHOWN_AT_MOST = 30;
/** And so many of one person: whoever reacts without end pushes off their own alone. */
const SHOWN_OF_ONE = 5;
/** How long one stays on the screen. */
const SHOWN_MS = 5_000;

export interface ShownReaction {
  key: number;
  by: ParticipantId;
  reaction: Reaction;
}

export interface Reactions {
  shown: readonly ShownReaction[];
  /** The key of the last one, whether it is still shown or not. */
  last: number;
  restricted: Restriction;
}

export const reactions: Module<'reaction', Reactions> = {
  namespace: 'reaction',
  ofRoom: true,
  initial: { shown: [], last: 0, restricted: { type: 'disabled' } },
  joined: ({ module_data: { reaction } }, _, { last }) => ({ shown: [], last, restricted: reaction?.restrictions ?? { type: 'disabled' } }),
  reduce(slice, event) {
    switch (event.message) {
      case 'reacted': {
        if (!REACTIONS.includes(event.reaction)) return slice;
        const key = slice.last + 1;
        const one = { key, by: event.participant_id, reaction: event.reaction };
        const own = slice.shown.filter(({ by }) => by === one.by);
        const spent = own.length < SHOWN_OF_ONE ? undefined : own[0];
        const others = slice.shown.filter((other) => other !== spent);
        return { ...slice, last: key, shown: [...others, one].slice(-SHOWN_AT_MOST) };
      }
      case 'restrictions_enabled': {
        const { unrestricted_participants } = event;
        return { ...slice, restricted: { type: 'enabled', unrestricted_participants } };
      }
      case 'restrictions_disabled':
        return { ...slice, restricted: { type: 'disabled' } };
      default:
        return slice;
    }
  },
  run(_, slice) {
    const fading = new Set<ReturnType<typeof setTimeout>>();
    let seen = 0;
    const stop = slice.subscribe(() => {
      const { last } = slice.getSnapshot();
      if (last === seen) return;
      seen = last;
      const timer = setTimeout(() => {
        fading.delete(timer);
        slice.update((now) => fade(now, last));
      }, SHOWN_MS);
      fading.add(timer);
    });
    return () => {
      stop();
      for (const timer of fading) clearTimeout(timer);
    };
  },
};

/** Takes away the reactions up to `key`: they have been on the screen long enough. */
export function fade(slice: Reactions, key: number): Reactions {
  const shown = slice.shown.filter((reaction) => reaction.key > key);
  return shown.length === slice.shown.length ? slice : { ...slice, shown };
}
