// SPDX-License-Identifier: EUPL-1.2

import { describe, expect, it } from 'vitest';
import { heard, settled } from './settled';
import { initialState, type Media, mediaOff, type MediaTrack } from './state';

const track = (participantId: string, muted: boolean): MediaTrack => ({ key: participantId, participantId, source: 'microphone', muted });
const report = (...tracks: MediaTrack[]): Media => ({ ...mediaOff, own: { ...mediaOff.own }, weakLine: new Set(['bo']), tracks });

describe('a report of the media', () => {
  it('changes nothing when everything in it is as before', () => {
    const before = settled(initialState.media, report(track('bo', false), track('cem', true)));
    expect(before.tracks.get('bo')).toEqual([track('bo', false)]);
    expect(settled(before, report(track('bo', false), track('cem', true)))).toBe(before);
    expect(settled(before, { ...report(track('bo', false), track('cem', true)), speaking: ['bo'] })).toBe(before);
  });

  it('leaves alone whom it does not concern', () => {
    const before = settled(initialState.media, report(track('bo', false), track('cem', true)));
    const after = settled(before, report(track('bo', false), track('cem', false)));
    expect(after).not.toBe(before);
    expect(after.own).toBe(before.own);
    expect(after.weakLine).toBe(before.weakLine);
    expect(after.tracks.get('bo')).toBe(before.tracks.get('bo'));
    expect(after.tracks.get('cem')).toEqual([track('cem', false)]);
  });
});

describe('who speaks', () => {
  it('is nobody whose microphone is off, whoever turned it off', () => {
    const media = { ...report(track('bo', false), track('cem', true)), speaking: ['bo', 'cem', 'dora'] };
    const now = heard([], media);
    expect(now).toEqual(['bo']);
    expect(heard(now, media)).toBe(now);
  });
});
