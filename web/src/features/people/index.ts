// SPDX-License-Identifier: EUPL-1.2

import { atTheDoor, isModerator, present } from '../../call/select';
import type { Feature } from '../feature';
import { Panel } from './Panel';

export const people: Feature = {
  name: 'people',
  tab: {
    icon: 'people',
    label: 'people.title',
    Panel,
    badge: {
      count: (state) => atTheDoor(state).length || present(state).length + 1,
      label: (state) => (atTheDoor(state).length > 0 ? 'people.waiting' : 'people.count'),
      loud: (state) => atTheDoor(state).length > 0,
    },
  },
  announceAtOnce: (before, after, t) =>
    before.me !== undefined && isModerator(before) !== isModerator(after)
      ? [{ text: t(isModerator(after) ? 'people.you_moderate' : 'people.you_no_longer'), urgent: true, shown: true, about: 'role', ...(isModerator(after) ? { good: true } : {}) }]
      : [],
};
