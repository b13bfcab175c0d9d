// SPDX-License-Identifier: EUPL-1.2

import { isModerator, isRestricted, nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Feature } from '../feature';

export const reaction: Feature = {
  name: 'reaction',
  announceAtOnce(before, after, t) {
    const barred = ({ reactionsRestricted, me }: CallState): boolean => isRestricted(reactionsRestricted, me?.id);
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting' || isModerator(after) || barred(before) === barred(after)) return [];
    return [{ text: t(barred(after) ? 'reaction.off' : 'reaction.allowed'), shown: true, about: 'may react' }];
  },
  announce(before, after, t) {
    const last = before.reactions.at(-1)?.key ?? 0;
    const fresh = after.reactions.filter(({ key, by }) => key > last && by !== after.me?.id);
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
