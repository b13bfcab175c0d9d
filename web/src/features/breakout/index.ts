// SPDX-License-Identifier: EUPL-1.2

import i18next from 'i18next';
import { sliceOf } from '../../call/module';
import { here, isModerator, nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';
import { lazily } from '../lazily';
import { several } from '../several';
import { timeText } from '../time';
import { Banner } from './Banner';
import { ICON } from './icon';
import { breakout as module, roomOf } from './module';

/** With more people than this in a room, who comes and goes is said only to those who want to hear everything. */
const LARGE = 15;

const slice = (state: CallState) => sliceOf(state, module);
const isOpen = (state: CallState): boolean => slice(state).running !== undefined;

export const breakout: Feature = {
  name: 'breakout',
  module,
  tab: {
    rank: 50,
    icon: ICON,
    label: 'breakout.title',
    Panel: lazily(async () => (await import('./Panel')).Panel),
    available: (state) => isModerator(state) || isOpen(state),
    badge(state, t) {
      const count = isModerator(state) ? (slice(state).running?.rooms.filter(({ needsHelp }) => needsHelp).length ?? 0) : 0;
      return { count, text: count === 0 ? '' : t('breakout.calls', { count }), loud: true };
    },
  },
  Banner,
  title: (state) => roomOf(slice(state), state.me?.breakout)?.name ?? '',
  where({ breakout: id }, state, t) {
    if (!isOpen(state)) return undefined;
    return id === undefined ? t('breakout.main') : roomOf(slice(state), id)?.name;
  },
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
    return [...opened(before, after, t), ...moved(before, after, t), ...ending(before, after, t), ...called(before, after, t)];
  },
  announce: comings,
};

function opened(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { opened: deed, running } = slice(after);
  if (deed === undefined || running === undefined || deed.count === slice(before).opened?.count) return [];
  if (deed.by === after.me?.id) return [{ text: t('breakout.opened'), shown: true, about: 'breakout' }];
  const by = (deed.by === undefined ? undefined : nameOf(after, deed.by)) ?? t('announce.moderation');
  const mine = roomOf(slice(after), running.assignment);
  const text = mine === undefined ? t('breakout.opened_by', { name: by }) : `${t('breakout.opened_by', { name: by })} ${t('breakout.yours', { name: mine.name })}`;
  return [{ text, urgent: true, good: true, shown: true, about: 'breakout' }];
}

/** Where this person is now. When the rooms close they hear that alone. */
function moved(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (!isOpen(after) || before.me?.breakout === after.me?.breakout) return [];
  const now = roomOf(slice(after), after.me?.breakout);
  const text = now === undefined ? t('breakout.now_main') : t('breakout.now_in', { name: now.name });
  return [{ text, urgent: true, good: true, shown: true, about: 'breakout' }];
}

function ending(before: CallState, after: CallState, t: Texts): Announcement[] {
  const [was, is] = [slice(before), slice(after)];
  if (is.closed !== undefined && is.closed.count !== was.closed?.count) return [{ text: t('breakout.closed'), urgent: true, good: true, shown: true, about: 'breakout' }];
  if (is.noticed !== undefined && is.noticed.count !== was.noticed?.count && is.clock?.endsAt !== undefined) {
    return [{ text: t('breakout.closes_at', { time: timeText(is.clock.endsAt, i18next.language) }), urgent: true, good: true, shown: true, about: 'breakout' }];
  }
  return is.said === undefined || is.said === was.said ? [] : [{ text: t(`breakout.left_${is.said}`), shown: true, about: 'breakout time' }];
}

/** Only moderators and those in the room are told by the server; who called knows it. */
function called(before: CallState, after: CallState, t: Texts): Announcement[] {
  const [was, is] = [slice(before), slice(after)];
  const ended = (was.running?.rooms ?? []).filter(({ id, needsHelp }) => needsHelp && roomOf(is, id)?.needsHelp === false);
  const over = ended.map(({ id, name }) => ({ text: t('breakout.call_ended', { name }), about: `breakout call ${id}` }));
  if (is.called === undefined || is.called.count === was.called?.count) return over;
  const { by, id } = is.called;
  const about = `breakout call ${id}`;
  if (by === after.me?.id) return [...over, { text: t('breakout.you_called'), shown: true, about }];
  const text = t('breakout.called', { name: (by === undefined ? undefined : nameOf(after, by)) ?? '', room: roomOf(is, id)?.name ?? '' });
  return [...over, { text, shown: true, about, ...(isModerator(after) ? { urgent: true, good: true as const } : {}) }];
}

/** Who comes into one's room and who goes to another one. */
function comings(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (!isOpen(before) || !isOpen(after) || before.joins !== after.joins || before.me?.breakout !== after.me?.breakout || before.people === after.people) return [];
  const [was, is] = [here(before), here(after)];
  const stays = (state: CallState, id: string): boolean => (state.people.get(id)?.connections.length ?? 0) > 0;
  const names = (list: typeof is, other: typeof is, elsewhere: CallState): string[] =>
    list.filter(({ id }) => !other.some((one) => one.id === id) && stays(elsewhere, id)).map(({ name }) => name);
  const say = (key: string, list: string[]): Announcement[] => (list.length === 0 ? [] : [{ text: several(t, key, list), chatter: is.length > LARGE }]);
  return [...say('breakout.came', names(is, was, before)), ...say('breakout.went', names(was, is, after))];
}
