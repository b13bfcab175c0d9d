// SPDX-License-Identifier: EUPL-1.2

/** Who stands where on the stage: participant ids. Pure. */
import { camera, here, microphoneIsOn } from '../call/select';
import type { CallState } from '../call/state';
import type { ParticipantId } from '../call/wire';
import type { Feature } from '../features/feature';
import { safely } from '../features/safely';

/** Self first, then everybody in the same room in the order they came. */
export function inOrder(state: CallState): ParticipantId[] {
  return state.me === undefined ? [] : [state.me.id, ...here(state).map(({ id }) => id)];
}

/** For when not everybody fits: those who show or say something come first. */
export function bySight(state: CallState, features: readonly Feature[]): ParticipantId[] {
  const marked = (id: ParticipantId): boolean => features.some(({ tile }) => safely(undefined, () => tile?.(state, id)) !== undefined);
  const weight = (id: ParticipantId): number => {
    if (id === state.me?.id) return 0;
    if (camera(state.media, id)?.video !== undefined || marked(id)) return 1;
    return microphoneIsOn(state.media, id) ? 2 : 3;
  };
  const weighed = inOrder(state).map((id) => ({ id, weight: weight(id) }));
  return weighed.sort((a, b) => a.weight - b.weight).map(({ id }) => id);
}
