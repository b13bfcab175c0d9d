// SPDX-License-Identifier: EUPL-1.2

import { isModerator, present } from '../../call/select';
import type { Feature } from '../feature';
import { Panel } from './Panel';

export const people: Feature = {
  name: 'people',
  tab: {
    icon: 'people',
    label: 'people.title',
    Panel,
    badge: { count: (state) => present(state).length + 1, label: 'people.count' },
  },
  announceAtOnce: (before, after, t) =>
    before.me !== undefined && isModerator(before) !== isModerator(after)
      ? [{ text: t(isModerator(after) ? 'people.you_moderate' : 'people.you_no_longer'), urgent: true }]
      : [],
};
