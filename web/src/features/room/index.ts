// SPDX-License-Identifier: EUPL-1.2

import { isModerator, nameOf, present } from '../../call/select';
import type { CallState, DeviceKind } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';

/** With more people than this, who comes and goes is said only to those who want to hear everything. */
const LARGE = 15;

export const room: Feature = {
  name: 'room',
  shortcuts: [
    {
      letter: 'D',
      label: 'shortcuts.microphone',
      run: (call, { media }) => call.set('microphone', media.own.microphone !== 'on'),
    },
    {
      letter: 'E',
      label: 'shortcuts.camera',
      run: (call, { media }) => call.set('camera', media.own.camera !== 'on'),
    },
  ],
  announceAtOnce: (before, after, t) => [
    ...ownDevices(before, after, t),
    ...muted(before, after, t),
    ...connection(before, after, t),
    ...closing(before, after, t),
  ],
  announce: (before, after, t) => comings(before, after, t),
};

function ownDevices(before: CallState, after: CallState, t: Texts): Announcement[] {
  const kinds: DeviceKind[] = ['microphone', 'camera', 'screen_share'];
  return kinds.flatMap((kind) => {
    const now = after.media.own[kind];
    const was = before.media.own[kind];
    if ((now === 'on') === (was === 'on')) return [];
    // Being muted is announced as what it is.
    if (kind === 'microphone' && before.moderation.muted !== after.moderation.muted) return [];
    return [{ text: t(`announce.${kind}_${now === 'on' ? 'on' : 'off'}`) }];
  });
}

function muted(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { muted: now } = after.moderation;
  if (now === undefined || now.count === before.moderation.muted?.count) return [];
  return [{ text: t('announce.muted_by', { name: nameOf(after, now.by) ?? '' }), urgent: true }];
}

function connection(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (after.phase.at !== 'meeting') return [];
  if (before.phase.at !== 'meeting') return [{ text: t('announce.joined'), urgent: true }];
  const down = (state: CallState): boolean => state.link.state !== 'open';
  if (down(before) === down(after)) return [];
  return [{ text: t(down(after) ? 'banner.lost' : 'announce.back'), urgent: true }];
}

/** Who comes while the end is near reads it on the screen; from then on it is said. */
function closing(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { closing: now } = after.room;
  const same = before.me?.connectionId === after.me?.connectionId;
  if (!same || now === undefined || now === before.room.closing) return [];
  return [{ text: t(`closing.in_${now}`), urgent: true }];
}

function comings(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting') return [];
  // After a reconnect everybody seems to come: that is one announcement, made elsewhere.
  if (before.me?.connectionId !== after.me?.connectionId) return [];
  const was = new Map(present(before).map(({ id, name }) => [id, name]));
  const is = new Map(present(after).map(({ id, name }) => [id, name]));
  const came = [...is].filter(([id]) => !was.has(id)).map(([, name]) => name);
  const went = [...was].filter(([id]) => !is.has(id)).map(([, name]) => name);
  const chatter = is.size > LARGE;
  const say = (key: string, names: string[]): Announcement[] => {
    if (names.length === 0) return [];
    const [name = '', second = ''] = names;
    return [{ text: t(key, { count: names.length, name, second, rest: names.length - 1 }), chatter }];
  };
  const waiting = isModerator(after)
    ? after.moderation.waiting.filter(
        ({ id, accepted }) =>
          !accepted && !before.moderation.waiting.some((other) => other.id === id),
      )
    : [];
  return [
    ...say('announce.came', came),
    ...say('announce.went', went),
    ...say('announce.waiting', waiting.map(({ name }) => name)).map((one) => ({
      ...one,
      chatter: false,
    })),
  ];
}
