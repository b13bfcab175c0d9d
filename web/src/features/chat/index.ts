// SPDX-License-Identifier: EUPL-1.2

import { nameOf, unreadTotal } from '../../call/select';
import type { CallState } from '../../call/state';
import type { StoredMessage } from '../../call/wire';
import type { Announcement, Feature } from '../feature';
import { Panel } from './Panel';

/** So many messages of one person are said in so long: whoever writes without end does not silence the others. All stand in the chat. */
const SAID = 5;
const SAID_WITHIN_MS = 10_000;

function isSaid(messages: readonly StoredMessage[], index: number): boolean {
  const { source, timestamp } = messages[index] as StoredMessage;
  const since = Date.parse(timestamp) - SAID_WITHIN_MS;
  let before = 0;
  for (let other = index - 1; other >= 0 && before < SAID; other -= 1) {
    const one = messages[other] as StoredMessage;
    if (Date.parse(one.timestamp) < since) break;
    if (one.source === source) before += 1;
  }
  return before < SAID;
}

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
      const last = before.chat.conversations.get(key)?.messages.at(-1)?.id;
      const from = messages.findLastIndex(({ id }) => id === last) + 1;
      return messages
        .filter(({ source }, index) => index >= from && source !== after.me?.id && isSaid(messages, index))
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
