// SPDX-License-Identifier: EUPL-1.2

import { nameOf } from '../../call/select';
import type { Feature } from '../feature';

export const reaction: Feature = {
  name: 'reaction',
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
