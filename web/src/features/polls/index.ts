// SPDX-License-Identifier: EUPL-1.2

import { sliceOf } from '../../call/module';
import { hasMoved, isModerator } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Feature } from '../feature';
import { Banner } from './Banner';
import { polls as module } from './module';
import { Panel } from './Panel';

const waitsForMe = (state: CallState): boolean => {
  const { running, mine } = sliceOf(state, module);
  return running !== undefined && mine === undefined;
};

export const polls: Feature = {
  name: 'polls',
  module,
  tab: {
    rank: 50,
    icon: 'poll',
    label: 'polls.name',
    Panel,
    available: (state) => {
      const { running, last } = sliceOf(state, module);
      return isModerator(state) || running !== undefined || last !== undefined;
    },
    badge: (state, t) => {
      const waits = waitsForMe(state);
      return { count: waits ? 1 : 0, text: waits ? t('polls.waits') : '', loud: waits };
    },
  },
  Banner,
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
    const [was, is] = [sliceOf(before, module), sliceOf(after, module)];
    if (is.running !== undefined && is.running.id !== was.running?.id) return [{ text: t('polls.asked', { topic: is.running.topic }), about: 'poll' }];
    if (is.last === undefined || hasMoved(before, after) || is.last.question.id === was.last?.question.id) return [];
    return [{ text: t('polls.over', { topic: is.last.question.topic }), shown: true, about: 'poll' }];
  },
};
