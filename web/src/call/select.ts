// SPDX-License-Identifier: EUPL-1.2

/** Questions to the state that more than one feature asks. Pure. */
import type { Facts } from './module';
import type { Media, MediaTrack, Person, Waiting } from './state';
import type { ParticipantId, Restriction } from './wire';

export function isModerator(state: Facts): boolean {
  return state.me?.role === 'moderator';
}

/** Everybody else who is in the meeting now, in the order they came. */
export function present(state: Facts): Person[] {
  return [...state.people.values()].filter((person) => person.connections.length > 0);
}

export function nameOf(state: Facts, id: ParticipantId): string | undefined {
  return id === state.me?.id ? state.me.name : state.people.get(id)?.name;
}

/** Who waits to be let in and has not been. */
export function atTheDoor(state: Facts): Waiting[] {
  return isModerator(state) ? state.waiting.filter(({ accepted }) => !accepted) : [];
}

export function isRestricted(restriction: Restriction, id: ParticipantId | undefined): boolean {
  return (
    restriction.type === 'enabled' &&
    (id === undefined || !restriction.unrestricted_participants.includes(id))
  );
}

export function camera(media: Media, id: ParticipantId): MediaTrack | undefined {
  return media.tracks.find(
    (track) => track.participantId === id && track.source === 'camera' && !track.muted,
  );
}

export function microphoneIsOn(media: Media, id: ParticipantId): boolean {
  return media.tracks.some(
    (track) => track.participantId === id && track.source === 'microphone' && !track.muted,
  );
}

/** Who speaks and is heard: the media server's list is a moment older than a microphone that has just been turned off. */
export function speakers(media: Media): ParticipantId[] {
  return media.speaking.filter((id) => microphoneIsOn(media, id));
}

export function shares(media: Media): MediaTrack[] {
  return media.tracks.filter((track) => track.source === 'screen_share' && !track.muted);
}
