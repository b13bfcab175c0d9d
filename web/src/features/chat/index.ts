// SPDX-License-Identifier: EUPL-1.2

import { sliceOf } from '../../call/module';
import { nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { ParticipantId, StoredMessage } from '../../call/wire';
import type { Announcement, Feature, Texts } from '../feature';
import { isRoom, messages, unread } from './module';
import { OnOff } from './OnOff';
import { Panel } from './Panel';

/** So many messages of one person are said in so long: whoever writes without end does not silence the others. All stand in the chat. */
const SAID = 5;
const SAID_WITHIN_MS = 10_000;

function isSaid(list: readonly StoredMessage[], index: number): boolean {
  const { source, timestamp } = list[index] as StoredMessage;
  const since = Date.parse(timestamp) - SAID_WITHIN_MS;
  let before = 0;
  for (let other = index - 1; other >= 0 && before < SAID; other -= 1) {
    const one = list[other] as StoredMessage;
    if (Date.parse(one.timestamp) < since) break;
    if (one.source === source) before += 1;
  }
  return before < SAID;
}

export const chat: Feature = {
  name: 'chat',
  module: messages,
  tab: {
    rank: 7,
    icon: 'chat',
    label: 'chat.title',
    Panel,
    badge(state, t) {
      const count = unread(sliceOf(state, messages));
      return { count, text: t('chat.unread', { count }), loud: true };
    },
  },
  moderation: { block: 'room', Part: OnOff },
  title(state, t) {
    const count = unread(sliceOf(state, messages));
    return count === 0 ? '' : t('chat.title_unread', { count });
  },
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
    const was = sliceOf(before, messages);
    const is = sliceOf(after, messages);
    if (was === is) return [];
    const said: Announcement[] = missed(before, after, t);
    if (was.enabled !== is.enabled) said.push({ text: t(is.enabled ? 'chat.enabled' : 'chat.disabled'), shown: true, about: 'chat' });
    const failed = (list: typeof is.outbox) => list.filter((one) => one.failed).length;
    if (failed(is.outbox) > failed(was.outbox)) said.push({ text: t('chat.not_sent'), urgent: true, shown: true });
    return said;
  },
  announce(before, after, t) {
    if (before.joins !== after.joins) return [];
    const was = sliceOf(before, messages).conversations;
    const { conversations, reading } = sliceOf(after, messages);
    return [...conversations].flatMap(([key, { messages: list }]) => {
      const last = was.get(key)?.messages.at(-1)?.id;
      if (list.at(-1)?.id === last) return [];
      const from = list.findLastIndex(({ id }) => id === last) + 1;
      return list
        .filter(({ source }, index) => index >= from && source !== after.me?.id && isSaid(list, index))
        .map(({ source, content }) => {
          const name = nameOf(after, source) ?? '';
          if (isRoom(key)) return { text: t('chat.says_in_room', { name, content }) };
          if (key === 'global') return { text: t('chat.says', { name, content }), ...toAllRooms(after, source, key === reading) };
          // Others may see this screen: what was written stands in the chat alone. Whoever writes has one place, whatever their name.
          const unseen = key === reading ? {} : { shown: t('chat.wrote_privately', { name }), about: `chat ${key}` };
          return { text: t('chat.says_privately', { name, content }), ...unseen };
        });
    });
  },
};

/** What moderators write to all who are in many rooms is to be read wherever one looks. */
function toAllRooms(state: CallState, source: ParticipantId, read: boolean): Pick<Announcement, 'shown' | 'about'> {
  const moderates = state.people.get(source)?.role === 'moderator';
  return state.me?.breakout === undefined || !moderates || read ? {} : { shown: true, about: `chat ${source}` };
}

/** What others wrote while the line was down. */
function missed(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (before.joins === after.joins) return [];
  const was = sliceOf(before, messages).conversations;
  let count = 0;
  for (const [key, { messages: list }] of sliceOf(after, messages).conversations) {
    const last = was.get(key)?.messages.at(-1)?.timestamp ?? '';
    count += list.filter(({ timestamp, source }) => timestamp > last && source !== after.me?.id).length;
  }
  return count === 0 ? [] : [{ text: t('chat.missed', { count }), urgent: true, good: true, shown: true, about: 'chat missed' }];
}
