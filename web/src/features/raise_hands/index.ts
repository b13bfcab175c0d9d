// SPDX-License-Identifier: EUPL-1.2

import { hasModule, sliceOf } from '../../call/module';
import { isModerator, nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Feature, TileMark } from '../feature';
import { hands, queue } from './module';
import { Queue } from './Queue';

const isUp = (state: CallState): boolean => state.me !== undefined && sliceOf(state, hands).raised.has(state.me.id);
const mayRaise = (state: CallState): boolean => sliceOf(state, hands).enabled || isUp(state);

const UP: TileMark = { icon: 'hand', label: 'raise_hands.up' };

export const raiseHands: Feature = {
  name: 'raise_hands',
  module: hands,
  tools: [
    {
      name: 'hand',
      rank: 6,
      look: (state, t) => ({
        icon: 'hand',
        label: t(isUp(state) ? 'raise_hands.lower_mine' : mayRaise(state) ? 'raise_hands.raise_mine' : 'raise_hands.not_allowed'),
        active: isUp(state),
        locked: !mayRaise(state),
        about: 'may hand',
      }),
      press: (call, state) => call.send({ namespace: 'raise_hands', payload: { action: isUp(state) ? 'lower_hand' : 'raise_hand' } }),
    },
  ],
  tile: (state, id) => (sliceOf(state, hands).raised.has(id) ? UP : undefined),
  personActions: ({ id }, state, t) =>
    sliceOf(state, hands).raised.has(id)
      ? [{ label: t('raise_hands.lower_theirs'), run: (call) => call.send({ namespace: 'raise_hands', payload: { action: 'reset_raised_hands', target: [id] } }) }]
      : [],
  moderation: { block: 'speaking', Part: Queue },
  shortcuts: [
    {
      letter: 'H',
      label: 'raise_hands.shortcut',
      about: 'may hand',
      locked: (state) => (mayRaise(state) ? undefined : 'raise_hands.not_allowed'),
      run: (call, state) => {
        if (hasModule(state, hands)) call.send({ namespace: 'raise_hands', payload: { action: isUp(state) ? 'lower_hand' : 'raise_hand' } });
      },
    },
  ],
  announceAtOnce(before, after, t) {
    const was = isUp(before);
    const is = isUp(after);
    const { enabled, lowered } = sliceOf(after, hands);
    if (before.phase.at === 'meeting' && after.phase.at === 'meeting' && sliceOf(before, hands).enabled !== enabled) {
      const text = t(enabled ? 'raise_hands.allowed' : was && !is ? 'raise_hands.off_yours_down' : 'raise_hands.off');
      return [{ text, urgent: was && !is, shown: true, about: 'may hand' }];
    }
    if (before.me === undefined || was === is || after.phase.at !== 'meeting') return [];
    if (lowered !== undefined && lowered.count !== sliceOf(before, hands).lowered?.count) {
      const name = nameOf(after, lowered.by) ?? t('announce.moderation');
      return [{ text: t('raise_hands.lowered_by', { name }), urgent: true, shown: true, about: 'may hand' }];
    }
    return [{ text: t(is ? 'raise_hands.yours_up' : 'raise_hands.yours_down'), about: 'may hand' }];
  },
  announceRarely(before, after, t) {
    // Who comes in sees the hands that are up.
    if (!isModerator(after) || before.phase.at !== 'meeting') return [];
    const known = sliceOf(before, hands).raised;
    return queue(sliceOf(after, hands)).flatMap(({ id, at }, index) =>
      known.get(id) === at || id === after.me?.id ? [] : [{ text: t('raise_hands.theirs_up', { name: nameOf(after, id) ?? '', position: index + 1 }) }],
    );
  },
};
