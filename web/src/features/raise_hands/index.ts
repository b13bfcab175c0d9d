// SPDX-License-Identifier: EUPL-1.2

import { hands, isModerator } from '../../call/select';
import type { Feature } from '../feature';

export const raiseHands: Feature = {
  name: 'raise_hands',
  shortcuts: [
    {
      letter: 'H',
      label: 'shortcuts.hand',
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
    if (before.me === undefined || was === is) return [];
    return [{ text: t(is ? 'hands.yours_up' : 'hands.yours_down') }];
  },
  announceRarely(before, after, t) {
    if (!isModerator(after) || before.me?.connectionId !== after.me?.connectionId) return [];
    const known = new Set(hands(before).map(({ id, at }) => `${id} ${at}`));
    return hands(after).flatMap(({ id, name, at }, index) =>
      known.has(`${id} ${at}`) || id === after.me?.id ? [] : [{ text: t('hands.up', { name, position: index + 1 }) }],
    );
  },
};
