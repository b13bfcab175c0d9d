// SPDX-License-Identifier: EUPL-1.2

import { atTheDoor, isModerator, present } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';
import { lazily } from '../lazily';
import { several } from '../several';

/** With more people than this, who comes and goes is said only to those who want to hear everything. */
const LARGE = 15;

export const people: Feature = {
  name: 'people',
  tab: {
    rank: 8,
    icon: 'people',
    label: 'people.title',
    Panel: lazily(async () => (await import('./Panel')).Panel),
    badge(state, t) {
      const waiting = atTheDoor(state).length;
      const count = waiting || present(state).length + 1;
      return { count, text: t(waiting > 0 ? 'people.waiting' : 'people.count', { count }), loud: waiting > 0 };
    },
  },
  announceAtOnce(before, after, t) {
    if (before.me === undefined || isModerator(before) === isModerator(after)) return [];
    const now = isModerator(after);
    return [{ text: t(now ? 'people.you_moderate' : 'people.you_no_longer'), urgent: true, shown: true, about: 'role', ...(now ? { good: true } : {}) }];
  },
  announceRarely: comings,
};

function comings(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
  if (before.people === after.people) return [];
  const was = new Map(present(before).map(({ id, name }) => [id, name]));
  const is = new Map(present(after).map(({ id, name }) => [id, name]));
  const came = [...is].filter(([id]) => !was.has(id)).map(([, name]) => name);
  const went = [...was].filter(([id]) => !is.has(id)).map(([, name]) => name);
  const chatter = is.size > LARGE;
  const say = (key: string, names: string[]): Announcement[] => (names.length === 0 ? [] : [{ text: several(t, key, names), chatter }]);
  return [...say('people.came', came), ...say('people.went', went)];
}
