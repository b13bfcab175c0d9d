// SPDX-License-Identifier: EUPL-1.2

/** Questions to the state that more than one feature asks. Pure. */
import type { Facts } from './module';
import type { MediaState, MediaTrack, Person, Waiting } from './state';
import type { ParticipantId, Restriction } from './wire';

export function isModerator(state: Facts): boolean {
  return state.me?.role === 'moderator';
}

/** Everybody else who is in the meeting now, in the order they came. */
export function present(state: Facts): Person[] {
  return [...state.people.values()].filter((person) => person.connections.length > 0);
}

/** Those of them who are in the same room as this person: who sees and hears them. */
export function here(state: Facts): Person[] {
  return present(state).filter(({ breakout }) => breakout === state.me?.breakout);
}

/** Between these two moments this person came to another room: what is new to them there is not new. */
export function hasMoved(before: Facts, after: Facts): boolean {
  return before.me?.breakout !== after.me?.breakout;
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

export function camera(media: MediaState, id: ParticipantId): MediaTrack | undefined {
  return media.tracks.get(id)?.find(({ source, muted }) => source === 'camera' && !muted);
}

/** Whether anything of a person is heard: their voice, or the sound of what they share. */
export function isHeard(media: MediaState, id: ParticipantId): boolean {
  return media.tracks.get(id)?.some(({ source, muted }) => (source === 'microphone' || source === 'screen_share_audio') && !muted) ?? false;
}

export function microphoneIsOn(media: MediaState, id: ParticipantId): boolean {
  return media.tracks.get(id)?.some(({ source, muted }) => source === 'microphone' && !muted) ?? false;
}

export function shares(media: MediaState): MediaTrack[] {
  return [...media.tracks.values()].flat().filter(({ source, muted }) => source === 'screen_share' && !muted);
}
