// SPDX-License-Identifier: EUPL-1.2

/** The rules of the room, and who is banned. What the moderation does to who is where stands in the core of the call. */
import type { Module } from '../../call/module';
import type { BannedParticipant, ModeratorData, ParticipantId, Restriction, WaitingRoom } from '../../call/wire';

export interface Rules {
  waitingRoom: WaitingRoom;
  banned: readonly { id: ParticipantId; name?: string }[];
  microphones: Restriction;
  names: Restriction;
}

const NOBODY: Restriction = { type: 'disabled' };

export const rules: Module<'moderation', Rules> = {
  namespace: 'moderation',
  again: {
    accept: 'not_waiting',
    ban: 'already_banned',
    unban: 'already_unbanned',
    update_role: 'role_already_assigned',
    change_waiting_room_state: '',
    change_display_name: '',
    mute: '',
    enable_microphone_restrictions: '',
    disable_microphone_restrictions: '',
    enable_display_name_change_restrictions: '',
    disable_display_name_change_restrictions: '',
  },
  initial: { waitingRoom: 'disabled', banned: [], microphones: NOBODY, names: NOBODY },
  joined: ({ module_data: { moderation, livekit } }) => ({
    ...toldToModerators(moderation ?? {}),
    names: moderation?.display_name_change_restrictions ?? NOBODY,
    microphones: livekit?.microphone_restriction_state ?? NOBODY,
  }),
  reduce(slice, event, facts) {
    switch (event.message) {
      case 'role_updated': {
        if (event.participant_id !== facts.me?.id) return slice;
        if (event.new_role !== 'moderator') return { ...slice, banned: [] };
        return { ...slice, ...toldToModerators({ waiting_room: slice.waitingRoom, ...event.moderator_data }) };
      }
      case 'waiting_room_updated':
        return { ...slice, waitingRoom: event.new_state };
      case 'waiting_room_enabled': {
        // The older dialect's word for `waiting_room_updated`; other servers than ours know only on and off there.
        const known = slice.waitingRoom === 'disabled' ? 'for_everyone' : slice.waitingRoom;
        return { ...slice, waitingRoom: event.new_state ?? known };
      }
      case 'waiting_room_disabled':
        return { ...slice, waitingRoom: 'disabled' };
      case 'participant_banned': {
        const { participant_id: id, display_name: name = facts.people.get(id)?.name } = event;
        const others = slice.banned.filter((one) => one.id !== id);
        return { ...slice, banned: [...others, name === undefined ? { id } : { id, name }] };
      }
      case 'participant_unbanned':
        return { ...slice, banned: slice.banned.filter(({ id }) => id !== event.participant_id) };
      case 'microphone_restrictions_enabled':
        return { ...slice, microphones: enabled(event.unrestricted_participants) };
      case 'microphone_restrictions_disabled':
        return { ...slice, microphones: NOBODY };
      case 'display_name_change_restrictions_enabled':
        return { ...slice, names: enabled(event.unrestricted_participants) };
      case 'display_name_change_restrictions_disabled':
        return { ...slice, names: NOBODY };
      default:
        return slice;
    }
  },
};

/** What a moderator learns on joining or on being promoted. */
function toldToModerators(data: ModeratorData): Pick<Rules, 'waitingRoom' | 'banned'> {
  const older: WaitingRoom = data.waiting_room_enabled === true ? 'for_everyone' : 'disabled';
  return { waitingRoom: data.waiting_room ?? older, banned: (data.banned_participants ?? []).map(bannedFrom) };
}

function bannedFrom({ participant_id: id, display_name: name }: BannedParticipant): Rules['banned'][number] {
  return name === undefined ? { id } : { id, name };
}

function enabled(unrestricted_participants: ParticipantId[]): Restriction {
  return { type: 'enabled', unrestricted_participants };
}
