// SPDX-License-Identifier: EUPL-1.2

import { isModerator, present } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Feature } from '../feature';
import { Panel } from './Panel';

/** How many wait to be let in; only moderators know. */
function waits(state: CallState): number {
  return state.moderation.waiting.filter(({ accepted }) => !accepted).length;
}

export const people: Feature = {
  name: 'people',
  tab: {
    icon: 'people',
    label: 'people.title',
    Panel,
    badge: {
      count: (state) => waits(state) || present(state).length + 1,
      label: (state) => (waits(state) > 0 ? 'people.waiting' : 'people.count'),
      loud: (state) => waits(state) > 0,
    },
  },
  announceAtOnce: (before, after, t) =>
    before.me !== undefined && isModerator(before) !== isModerator(after)
      ? [{ text: t(isModerator(after) ? 'people.you_moderate' : 'people.you_no_longer'), urgent: true }]
      : [],
};
