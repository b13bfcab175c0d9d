// SPDX-License-Identifier: EUPL-1.2

import { nameOf, unreadTotal } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Announcement, Feature } from '../feature';
import { Panel } from './Panel';

export const chat: Feature = {
  name: 'chat',
  tab: { icon: 'chat', label: 'chat.title', Panel, badge: { count: unreadTotal, label: () => 'chat.unread', loud: () => true } },
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
    const said: Announcement[] = [];
    if (before.chat.enabled !== after.chat.enabled) said.push({ text: t(after.chat.enabled ? 'chat.enabled' : 'chat.disabled'), shown: true, about: 'chat' });
    const failed = ({ chat }: CallState) => chat.outbox.filter((one) => one.failed).length;
    if (failed(after) > failed(before)) said.push({ text: t('chat.not_sent'), urgent: true, shown: true });
    return said;
  },
  announce(before, after, t) {
    if (before.me?.connectionId !== after.me?.connectionId) return [];
    return [...after.chat.conversations].flatMap(([key, { messages }]) => {
      const last = before.chat.conversations.get(key)?.messages.at(-1)?.timestamp ?? '';
      return messages
        .filter(({ timestamp, source }) => timestamp > last && source !== after.me?.id)
        .slice(-3)
        .map(({ source, content }) => {
          const name = nameOf(after, source) ?? '';
          if (key === 'global') return { text: t('chat.says', { name, content }) };
          // Others may see this screen: what was written stands in the chat alone. Whoever writes has one place, whatever their name.
          const unseen = key === after.chat.reading ? {} : { shown: t('chat.wrote_privately', { name }), about: `chat ${key}` };
          return { text: t('chat.says_privately', { name, content }), ...unseen };
        });
    });
  },
};
