// SPDX-License-Identifier: EUPL-1.2

/** What is said of the call itself: where this person is, the line, what was not done, and when it ends. */
import type { CallState } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';

export const core: Feature = {
  name: 'core',
  title: ({ link }, t) => (link.state === 'open' ? '' : t('title.lost')),
  announceAtOnce: (before, after, t) => [
    ...place(before, after, t),
    ...connection(before, after, t),
    ...media(before, after, t),
    ...refused(before, after, t),
    ...closing(before, after, t),
  ],
};

/** Before the door, and back there: that changes everything for who it concerns. */
function place(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (after.phase.at !== 'waiting' || before.phase.at === 'waiting') return [];
  const { why } = after.phase;
  return [{ text: `${t(`waiting.${why}.title`)}. ${t(`waiting.${why}.text`)}`, urgent: true }];
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
  return [{ text: t('announce.back'), urgent: true, good: true, shown: true, about: 'connection' }];
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
  const text = t([`${refusal.namespace}.refused.${refusal.error}`, `refused.${refusal.error}`, 'refused.other']);
  return [{ text, urgent: true, shown: true, ...about }];
}

/** Who comes while the end is near reads it on the screen; from then on it is said. */
function closing(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { closing: now } = after.room;
  if (before.joins !== after.joins || now === undefined || now === before.room.closing) return [];
  return [{ text: t(`closing.in_${now}`), urgent: true }];
}
