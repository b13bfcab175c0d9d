// SPDX-License-Identifier: EUPL-1.2

import { isModerator } from '../../call/select';
import type { Feature } from '../feature';
import { Panel } from './Panel';

export const moderation: Feature = {
  name: 'moderation',
  tab: { icon: 'shield', label: 'moderation.title', Panel, available: isModerator },
  announceAtOnce: (before, after, t) =>
    before.phase.at === 'meeting' && before.moderation.microphones.type !== after.moderation.microphones.type
      ? [{ text: t(`moderation.microphones_${after.moderation.microphones.type}`), shown: true, about: 'may microphone' }]
      : [],
};
