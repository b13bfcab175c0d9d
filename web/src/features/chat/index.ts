// SPDX-License-Identifier: EUPL-1.2

import { nameOf, unreadTotal } from '../../call/select';
import type { Feature } from '../feature';
import { Panel } from './Panel';

export const chat: Feature = {
  name: 'chat',
  tab: { icon: 'chat', label: 'chat.title', Panel, badge: { count: unreadTotal, label: () => 'chat.unread', loud: () => true } },
  announceAtOnce: (before, after, t) =>
    before.phase.at === 'meeting' && before.chat.enabled !== after.chat.enabled
      ? [{ text: t(after.chat.enabled ? 'chat.enabled' : 'chat.disabled') }]
      : [],
  announce(before, after, t) {
    if (before.me?.connectionId !== after.me?.connectionId) return [];
    return [...after.chat.conversations].flatMap(([key, { messages }]) => {
      const last = before.chat.conversations.get(key)?.messages.at(-1)?.timestamp ?? '';
      return messages
        .filter(({ timestamp, source }) => timestamp > last && source !== after.me?.id)
        .slice(-3)
        .map(({ source, content }) => ({
          text: t(key === 'global' ? 'chat.says' : 'chat.says_privately', { name: nameOf(after, source) ?? '', content }),
        }));
    });
  },
};
