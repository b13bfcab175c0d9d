// SPDX-License-Identifier: EUPL-1.2

import { sliceOf } from '../../call/module';
import { isModerator } from '../../call/select';
import type { ClientFrame } from '../../call/wire';
import type { Feature, PersonAction } from '../feature';
import { lazily } from '../lazily';
import { rules } from './module';

type Command = Extract<ClientFrame, { namespace: 'moderation' }>['payload'];

export const moderation: Feature = {
  name: 'moderation',
  module: rules,
  tab: { rank: 25, icon: 'shield', label: 'moderation.title', Panel: lazily(async () => (await import('./Panel')).Panel), available: isModerator },
  personActions({ id, name, kind, role, owner }, _, t) {
    const moderates = role === 'moderator';
    const action = (label: string, payload: Command): PersonAction => ({
      label: t(`moderation.${label}`),
      run: (call) => call.send({ namespace: 'moderation', payload }),
    });
    const asked = (label: 'kick' | 'ban'): PersonAction => ({
      ...action(label, { action: label, target: id }),
      confirm: { title: t(`moderation.${label}_title`, { name }), text: t(`moderation.${label}_text`) },
    });
    if (owner) return [];
    const always = [action('to_waiting_room', { action: 'send_to_waiting_room', target: id }), asked('kick')];
    if (kind === 'guest') return always;
    const next = moderates ? 'user' : 'moderator';
    return [action(moderates ? 'demote' : 'promote', { action: 'update_role', participant_id: id, new_role: next }), ...always, asked('ban')];
  },
  announceAtOnce(before, after, t) {
    const was = sliceOf(before, rules).microphones.type;
    const is = sliceOf(after, rules).microphones.type;
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting' || was === is) return [];
    return [{ text: t(`moderation.microphones_${is}`), shown: true, about: 'may microphone' }];
  },
};
