// SPDX-License-Identifier: EUPL-1.2

import { hands, isModerator, nameOf } from '../../call/select';
import type { Feature } from '../feature';

export const raiseHands: Feature = {
  name: 'raise_hands',
  shortcuts: [
    {
      letter: 'H',
      label: 'shortcuts.hand',
      about: 'may hand',
      locked: ({ me, handsEnabled }) => (handsEnabled || me?.handRaisedAt !== undefined ? undefined : 'toolbar.hand_not_allowed'),
      run: (call, { me }) =>
        call.send({
          namespace: 'raise_hands',
          payload: { action: me?.handRaisedAt === undefined ? 'raise_hand' : 'lower_hand' },
        }),
    },
  ],
  announceAtOnce(before, after, t) {
    const was = before.me?.handRaisedAt !== undefined;
    const is = after.me?.handRaisedAt !== undefined;
    if (before.phase.at === 'meeting' && after.phase.at === 'meeting' && before.handsEnabled !== after.handsEnabled) {
      const text = t(after.handsEnabled ? 'hands.allowed' : was && !is ? 'hands.off_yours_down' : 'hands.off');
      return [{ text, urgent: was && !is, shown: true, about: 'may hand' }];
    }
    if (before.me === undefined || was === is) return [];
    const { handLowered } = after;
    if (handLowered !== undefined && handLowered.count !== before.handLowered?.count) {
      const name = nameOf(after, handLowered.by) ?? t('announce.moderation');
      return [{ text: t('hands.lowered_by', { name }), urgent: true, shown: true, about: 'may hand' }];
    }
    return [{ text: t(is ? 'hands.yours_up' : 'hands.yours_down'), about: 'may hand' }];
  },
  announceRarely(before, after, t) {
    if (!isModerator(after) || before.me?.connectionId !== after.me?.connectionId) return [];
    const known = new Set(hands(before).map(({ id, at }) => `${id} ${at}`));
    return hands(after).flatMap(({ id, name, at }, index) =>
      known.has(`${id} ${at}`) || id === after.me?.id ? [] : [{ text: t('hands.up', { name, position: index + 1 }) }],
    );
  },
};
