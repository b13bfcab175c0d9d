// SPDX-License-Identifier: EUPL-1.2

/**
 * What the media report after every event, as what has really changed. The media library makes everything anew each time; who looks
 * at a part of it is disturbed only when that part is another. Pure.
 */
import type { Media, MediaState, MediaTrack } from './state';
import type { ParticipantId } from './wire';

/** The state after the report: every part of `before` that is the same, and `before` itself when all of it is. */
export function settled(before: MediaState, { tracks, speaking: _, ...report }: Media): MediaState {
  const now: MediaState = { ...report, tracks: byPerson(before.tracks, tracks) };
  for (const key of Object.keys(now) as (keyof MediaState)[]) {
    if (alike(before[key], now[key])) Object.assign(now, { [key]: before[key] });
  }
  return alike(before, now) ? before : now;
}

/** Who speaks and is heard, loudest first: the media server's list is a moment older than a microphone that has just been turned off. */
export function heard(before: readonly ParticipantId[], { speaking, tracks }: Media): readonly ParticipantId[] {
  const open = new Set(tracks.filter(({ source, muted }) => source === 'microphone' && !muted).map(({ participantId }) => participantId));
  const now = speaking.filter((id) => open.has(id));
  return alike(before, now) ? before : now;
}

export function byPerson(before: MediaState['tracks'], tracks: readonly MediaTrack[]): MediaState['tracks'] {
  const known = new Map([...before.values()].flat().map((track) => [track.key, track]));
  const people = new Map<ParticipantId, MediaTrack[]>();
  for (const track of tracks) {
    const same = known.get(track.key);
    const list = people.get(track.participantId) ?? [];
    people.set(track.participantId, list);
    list.push(same !== undefined && alike(same, track) ? same : track);
  }
  const now = new Map<ParticipantId, readonly MediaTrack[]>();
  for (const [id, list] of people) {
    const was = before.get(id);
    now.set(id, was !== undefined && alike(was, list) ? was : list);
  }
  return now;
}

/** The same value, or a list, set, map or record of the same ones. */
function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one));
  if (a instanceof Map) return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => Object.is(b.get(key), value));
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, index) => Object.is(one, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
