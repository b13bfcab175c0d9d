// SPDX-License-Identifier: EUPL-1.2

import { nameOf, present } from '../../call/select';
import type { CallState, DeviceKind } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';
import { several } from '../several';

/** With more people than this, who comes and goes is said only to those who want to hear everything. */
const LARGE = 15;

export const core: Feature = {
  name: 'core',
  shortcuts: [
    {
      letter: 'D',
      about: 'may microphone',
      label: 'shortcuts.microphone',
      locked: (state) => lockedDevice(state, 'microphone'),
      run: (call, { media }) => call.set('microphone', media.own.microphone !== 'on'),
    },
    {
      letter: 'E',
      about: 'may camera',
      label: 'shortcuts.camera',
      locked: (state) => lockedDevice(state, 'camera'),
      run: (call, { media }) => call.set('camera', media.own.camera !== 'on'),
    },
  ],
  announceAtOnce: (before, after, t) => [
    ...place(before, after, t),
    ...ownDevices(before, after, t),
    ...sharing(before, after, t),
    ...devices(before, after, t),
    ...muted(before, after, t),
    ...connection(before, after, t),
    ...media(before, after, t),
    ...refused(before, after, t),
    ...closing(before, after, t),
  ],
  announceRarely: (before, after, t) => comings(before, after, t),
};

/** Before the door, and back there: that changes everything for who it concerns. */
function place(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (after.phase.at !== 'waiting' || before.phase.at === 'waiting') return [];
  const { why } = after.phase;
  return [{ text: `${t(`waiting.${why}.title`)}. ${t(`waiting.${why}.text`)}`, urgent: true }];
}

function ownDevices(before: CallState, after: CallState, t: Texts): Announcement[] {
  // Who goes out has no devices any more, and hears that they are outside.
  if (after.phase.at !== 'meeting') return [];
  const kinds: DeviceKind[] = ['microphone', 'camera', 'screen_share'];
  return kinds.flatMap((kind) => {
    const now = after.media.own[kind];
    const was = before.media.own[kind];
    if ((now === 'on') === (was === 'on')) return [];
    // Being muted is announced as what it is.
    if (kind === 'microphone' && before.moderation.muted !== after.moderation.muted) return [];
    const text = t(`announce.${kind}_${now === 'on' ? 'on' : 'off'}`);
    if (kind !== 'screen_share') return [{ text }];
    // Whoever may not share any more is told that instead.
    if (!after.media.allowed.screen_share) return [];
    return [{ text, about: 'may screen_share', ...(now === 'on' ? {} : { shown: true }) }];
  });
}

/** Whether this person may share their screen is decided by the moderation, at any time. */
function sharing(before: CallState, after: CallState, t: Texts): Announcement[] {
  const there = ({ phase, media: { connection } }: CallState): boolean => phase.at === 'meeting' && connection === 'connected';
  const was = before.media.allowed.screen_share;
  const is = after.media.allowed.screen_share;
  if (!there(before) || !there(after) || was === is) return [];
  const ended = before.media.own.screen_share === 'on';
  const text = t(is ? 'announce.share_allowed' : ended ? 'announce.share_ended' : 'announce.share_forbidden');
  return [{ text, urgent: !is, shown: true, about: 'may screen_share' }];
}

/** What is wrong with a device stands in a banner; that another one took its place is shown for a while. */
function devices(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { problems, replaced } = after.media;
  const wrong = (Object.keys(problems) as DeviceKind[])
    .filter((kind) => problems[kind] !== before.media.problems[kind])
    .map((kind) => ({ text: `${t(`device.${kind}`)}: ${t(`device.${problems[kind]}`)}`, urgent: true, about: `device ${kind}` }));
  if (replaced === undefined || replaced === before.media.replaced) return wrong;
  const text = t(`announce.${replaced.kind}_replaced`, { by: replaced.by });
  return [...wrong, { text, urgent: true, shown: true, about: `device ${replaced.kind}` }];
}

function muted(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { muted: now } = after.moderation;
  if (now === undefined || now.count === before.moderation.muted?.count) return [];
  return [{ text: t('announce.muted_by', { name: nameOf(after, now.by) ?? t('announce.moderation') }), urgent: true, shown: true }];
}

function connection(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (after.phase.at !== 'meeting') return [];
  if (before.phase.at !== 'meeting') return [{ text: t('announce.joined'), urgent: true }];
  const was = before.link.state;
  const is = after.link.state;
  // Trying again is not a new loss.
  if (is === 'silent' && was === 'open') return [{ text: t('banner.silent'), urgent: true, about: 'connection' }];
  if (is === 'lost' && (was === 'open' || was === 'silent')) return [{ text: t('banner.lost'), urgent: true, about: 'connection' }];
  if (is !== 'open' || was === 'open') return [];
  const missed = before.me?.connectionId === after.me?.connectionId ? 0 : missedMessages(before, after);
  const text = missed > 0 ? t('announce.back_messages', { count: missed }) : t('announce.back');
  return [{ text, urgent: true, good: true, shown: true, about: 'connection' }];
}

/** What others wrote while the line was down. */
function missedMessages(before: CallState, after: CallState): number {
  let missed = 0;
  for (const [key, { messages }] of after.chat.conversations) {
    const last = before.chat.conversations.get(key)?.messages.at(-1)?.timestamp ?? '';
    missed += messages.filter(({ timestamp, source }) => timestamp > last && source !== after.me?.id).length;
  }
  return missed;
}

/** Sound and picture, while the meeting itself is reached. */
function media(before: CallState, after: CallState, t: Texts): Announcement[] {
  const now = after.media.connection;
  if (after.phase.at !== 'meeting' || after.link.state !== 'open' || now === before.media.connection) return [];
  return now === 'unreachable' || now === 'reconnecting' ? [{ text: t(`banner.media_${now}`) }] : [];
}

/** What this person asked for and did not get, and why. */
function refused(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { refusal } = after;
  if (refusal === undefined || refusal.count === before.refusal?.count) return [];
  // Said again, it takes the place of what stands there.
  const about = refusal.error === 'not_sent' ? { about: 'connection' } : refusal.error === 'lost' ? { about: 'lost' } : {};
  return [{ text: t([`refused.${refusal.error}`, 'refused.other']), urgent: true, shown: true, ...about }];
}

/** Who comes while the end is near reads it on the screen; from then on it is said. */
function closing(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { closing: now } = after.room;
  const same = before.me?.connectionId === after.me?.connectionId;
  if (!same || now === undefined || now === before.room.closing) return [];
  return [{ text: t(`closing.in_${now}`), urgent: true }];
}

/** The key of the text that says why a device cannot be turned on. */
function lockedDevice({ media: { own, allowed } }: CallState, kind: DeviceKind): string | undefined {
  return own[kind] === 'on' || allowed[kind] ? undefined : `toolbar.${kind}_not_allowed`;
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
  const say = (key: string, names: string[]): Announcement[] => (names.length === 0 ? [] : [{ text: several(t, key, names), chatter }]);
  return [...say('announce.came', came), ...say('announce.went', went)];
}
