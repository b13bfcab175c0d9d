// SPDX-License-Identifier: EUPL-1.2

import { sliceOf } from '../../call/module';
import { isModerator, isRestricted, nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Feature } from '../feature';
import { Choice } from './Choice';
import { Rising } from './Rising';
import { reactions } from './module';

const barred = (state: CallState): boolean => isRestricted(sliceOf(state, reactions).restricted, state.me?.id);

export const reaction: Feature = {
  name: 'reaction',
  module: reactions,
  tools: [
    {
      name: 'react',
      rank: 20,
      look: (state, t) =>
        barred(state) && !isModerator(state)
          ? { icon: 'smile', label: t('reaction.not_allowed'), locked: true, about: 'may react' }
          : { icon: 'smile', label: t('reaction.react') },
      Menu: Choice,
    },
  ],
  Stage: Rising,
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting' || isModerator(after) || barred(before) === barred(after)) return [];
    return [{ text: t(barred(after) ? 'reaction.off' : 'reaction.allowed'), shown: true, about: 'may react' }];
  },
  announce(before, after, t) {
    const { last } = sliceOf(before, reactions);
    const fresh = sliceOf(after, reactions).shown.filter(({ key, by }) => key > last && by !== after.me?.id);
    const [first] = fresh;
    if (first === undefined) return [];
    const name = nameOf(after, first.by) ?? '';
    const text =
      fresh.length === 1
        ? t('reaction.one', { name, reaction: t(`reaction.${first.reaction}`) })
        : t('reaction.several', { count: fresh.length });
    return [{ text, chatter: true }];
  },
};
