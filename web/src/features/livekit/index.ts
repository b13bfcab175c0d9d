// SPDX-License-Identifier: EUPL-1.2

/** This person's microphone, camera and screen, and what the moderation does to those of others. */
import { sliceOf } from '../../call/module';
import { isHeard, nameOf } from '../../call/select';
import type { CallState, DeviceKind } from '../../call/state';
import type { Announcement, Feature, PersonAction, Texts, Tool } from '../feature';
import type { Glyph } from '../../ui';
import { DeviceChoices } from './DeviceChoices';
import { devices } from './module';

export const livekit: Feature = {
  name: 'livekit',
  module: devices,
  tools: [device('microphone', 1, ['microphone_off', 'microphone']), device('camera', 2, ['camera_off', 'camera']), device('screen_share', 15, ['share', 'share'])],
  Settings: DeviceChoices,
  title: ({ media }, t) => t(media.own.microphone === 'on' ? 'livekit.title_live' : 'livekit.title_muted'),
  shortcuts: [
    {
      letter: 'D',
      about: 'may microphone',
      label: 'livekit.shortcut_microphone',
      locked: (state) => locked(state, 'microphone'),
      run: (call, { media }) => call.set('microphone', media.own.microphone === 'off'),
    },
    {
      letter: 'E',
      about: 'may camera',
      label: 'livekit.shortcut_camera',
      locked: (state) => locked(state, 'camera'),
      run: (call, { media }) => call.set('camera', media.own.camera === 'off'),
    },
  ],
  personActions({ id }, { media }, t): PersonAction[] {
    const may = media.mayShare.has(id);
    const mute: PersonAction = {
      label: t('livekit.mute'),
      run: (call) => call.send({ namespace: 'moderation', payload: { action: 'mute', participants: [id] } }),
    };
    const share: PersonAction = {
      label: t(may ? 'livekit.revoke_share' : 'livekit.grant_share'),
      run: (call) =>
        call.send({ namespace: 'livekit', payload: { action: may ? 'revoke_screen_share_permission' : 'grant_screen_share_permission', participants: [id] } }),
    };
    // Who is silent already cannot be muted. Without media nobody's microphone is known.
    return media.connection !== 'connected' || isHeard(media, id) ? [mute, share] : [share];
  },
  announceAtOnce: (before, after, t) => [
    ...own(before, after, t),
    ...sharing(before, after, t),
    ...wrong(before, after, t),
    ...muted(before, after, t),
  ],
};

function device(kind: DeviceKind, rank: number, [off, on]: readonly [Glyph, Glyph]): Tool {
  const share = kind === 'screen_share';
  return {
    name: kind,
    rank,
    look({ media }, t) {
      if (share && !('getDisplayMedia' in (navigator.mediaDevices ?? {}))) return undefined;
      const now = media.own[kind];
      const allowed = media.allowed[kind];
      const isOn = now === 'on';
      const says = isOn ? 'off' : !allowed ? 'not_allowed' : now === 'starting' ? 'starting' : 'on';
      return {
        icon: isOn ? on : off,
        label: t(`livekit.tool.${kind}_${says}`),
        active: share && isOn,
        off: !share && !isOn,
        // What is starting can be called off.
        locked: !allowed && now === 'off',
        about: `may ${kind}`,
      };
    },
    press: (call, { media }) => call.set(kind, media.own[kind] === 'off'),
  };
}

/** The key of the text that says why a device cannot be turned on. */
function locked({ media: { own: now, allowed } }: CallState, kind: DeviceKind): string | undefined {
  return now[kind] === 'on' || allowed[kind] ? undefined : `livekit.tool.${kind}_not_allowed`;
}

function own(before: CallState, after: CallState, t: Texts): Announcement[] {
  // Who goes out has no devices any more, and hears that they are outside.
  if (after.phase.at !== 'meeting') return [];
  const kinds: DeviceKind[] = ['microphone', 'camera', 'screen_share'];
  return kinds.flatMap((kind) => {
    const now = after.media.own[kind];
    // The devices may have been on before: that they are is said inside.
    const was = before.phase.at === 'meeting' ? before.media.own[kind] : 'off';
    if ((now === 'on') === (was === 'on')) return [];
    // Being muted is announced as what it is.
    if (kind === 'microphone' && sliceOf(before, devices).muted !== sliceOf(after, devices).muted) return [];
    const text = t(`livekit.${kind}_${now === 'on' ? 'on' : 'off'}`);
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
  const text = t(is ? 'livekit.share_allowed' : ended ? 'livekit.share_ended' : 'livekit.share_forbidden');
  return [{ text, urgent: !is, shown: true, about: 'may screen_share' }];
}

/** What is wrong with a device stands in a banner; that another one took its place is shown for a while. */
function wrong(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { problems, replaced, offered } = after.media;
  const said: Announcement[] = (Object.keys(problems) as DeviceKind[])
    .filter((kind) => problems[kind] !== before.media.problems[kind])
    .map((kind) => ({ text: `${t(`device.${kind}`)}: ${t(`device.${problems[kind]}`)}`, urgent: true, about: `device ${kind}` }));
  // Asked in a banner, too.
  if (offered !== undefined && offered.id !== before.media.offered?.id) said.push({ text: t('device.offered', { label: offered.label }) });
  if (replaced === undefined || replaced === before.media.replaced) return said;
  const text = t(`livekit.${replaced.kind}_replaced`, { by: replaced.by });
  return [...said, { text, urgent: true, shown: true, about: `device ${replaced.kind}` }];
}

function muted(before: CallState, after: CallState, t: Texts): Announcement[] {
  const now = sliceOf(after, devices).muted;
  if (now === undefined || now.count === sliceOf(before, devices).muted?.count) return [];
  return [{ text: t('livekit.muted_by', { name: nameOf(after, now.by) ?? t('announce.moderation') }), urgent: true, shown: true }];
}
