// SPDX-License-Identifier: EUPL-1.2
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeDevices, stubDevices } from './captured.fixture';
import { Devices } from './devices';
import type { RoomOptions } from './media_port';
import { Publishing, type Sender, type Sent } from './publishing';
import type { DeviceKind, DeviceProblem, TrackSource } from './state';

let media: FakeDevices;
let devices: Devices;

/** A room that notes what it is asked for, and takes a moment for everything. */
class Room implements Sender {
  ready = true;
  allowed = true;
  readonly done: string[] = [];
  readonly out = new Map<TrackSource, Sent & { track: MediaStreamTrack; muted: boolean }>();
  readonly stopped: [DeviceKind, DeviceProblem | undefined][] = [];
  readonly publishing: Publishing;
  fails = false;

  constructor(options: RoomOptions = { publishes: ['microphone', 'camera', 'screen_share'] }) {
    this.publishing = new Publishing(
      devices,
      options,
      () => this,
      (kind, problem) => {
        this.stopped.push([kind, problem]);
        void devices.set(kind, false);
      },
    );
    devices.store.subscribe(() => this.publishing.follow());
  }

  mayPublish(): boolean {
    return this.allowed;
  }

  sent(source: TrackSource): Sent | undefined {
    return this.out.get(source);
  }

  async publish(source: TrackSource, track: MediaStreamTrack): Promise<void> {
    await settled();
    if (this.fails) throw new Error('no');
    this.done.push(`publish ${source}`);
    const does = (what: string, change: () => void) => async () => {
      await settled();
      this.done.push(`${what} ${source}`);
      change();
    };
    const sent = {
      track,
      muted: false,
      replace: async (next: MediaStreamTrack) => does('replace', () => (sent.track = next))(),
      mute: does('mute', () => {
        sent.muted = true;
        this.publishing.muted(source as DeviceKind);
      }),
      unmute: does('unmute', () => (sent.muted = false)),
      end: does('end', () => this.out.delete(source)),
    };
    this.out.set(source, sent);
  }
}

const settled = () => new Promise((done) => setTimeout(done));
const calm = async () => {
  for (let turn = 0; turn < 12; turn += 1) await settled();
};

describe('what a room is sent', () => {
  beforeEach(() => {
    media = stubDevices();
    devices = new Devices();
    devices.open();
  });
  afterEach(() => {
    devices.close();
    vi.unstubAllGlobals();
  });

  it('follows the devices step by step, and is never stopped by its own muting', async () => {
    const room = new Room();
    await devices.set('microphone', true);
    await calm();
    void devices.set('microphone', false);
    await undefined;
    void devices.set('microphone', true);
    await calm();
    expect([room.out.get('microphone')?.muted, devices.store.getSnapshot().own.microphone]).toEqual([false, 'on']);
    void devices.set('microphone', false);
    await calm();
    expect(room.out.get('microphone')?.muted).toBe(true);
    await devices.set('camera', true);
    await calm();
    await devices.set('camera', false);
    await devices.set('camera', true);
    await calm();
    expect([room.out.get('camera')?.muted, room.out.get('camera')?.track === (media.tracks.at(-1) as unknown)]).toEqual([false, true]);
    expect(room.stopped).toEqual([]);
  });

  it('is a device again that took the place of an unplugged one, also when the room muted the old one', async () => {
    const room = new Room();
    await devices.set('microphone', true);
    await calm();
    media.tracks[0]?.ends();
    const sent = room.out.get('microphone');
    if (sent !== undefined) sent.muted = true;
    room.publishing.muted('microphone');
    await calm();
    expect([sent?.muted, sent?.track === (media.tracks[1] as unknown)]).toEqual([false, true]);
    expect(room.stopped).toEqual([]);
  });

  it('is nothing that the server takes, refuses or cannot take', async () => {
    const room = new Room();
    await devices.set('microphone', true);
    await calm();
    room.publishing.muted('microphone');
    expect(room.stopped).toEqual([['microphone', undefined]]);
    room.allowed = false;
    await devices.set('screen_share', true);
    await calm();
    expect(room.stopped.at(-1)).toEqual(['screen_share', undefined]);
    expect(media.live()).toEqual(['built-in']);
    room.allowed = true;
    room.fails = true;
    await devices.set('camera', true);
    await calm();
    expect(room.stopped.at(-1)).toEqual(['camera', 'failed']);
  });

  it('is published anew on a new connection, and what the library has stopped is captured anew', async () => {
    const room = new Room();
    await devices.set('microphone', true);
    await calm();
    room.ready = false;
    room.out.clear();
    media.tracks[0]?.stop();
    room.publishing.follow();
    await calm();
    expect(room.done).toEqual(['publish microphone']);
    room.ready = true;
    room.publishing.follow();
    await calm();
    expect(room.done).toEqual(['publish microphone', 'publish microphone']);
    expect(room.out.get('microphone')?.track.readyState).toBe('live');
  });

  it('is a copy in a room beside: silence in one is not silence in the other, and nothing runs on when the device is let go', async () => {
    const aside = new Room({ publishes: ['camera'], copies: true });
    await devices.set('camera', true);
    await calm();
    const copy = aside.out.get('camera')?.track;
    expect([copy === (media.tracks[0] as unknown), copy?.readyState]).toEqual([false, 'live']);
    await devices.set('camera', false);
    await calm();
    expect(copy?.readyState).toBe('ended');
    await devices.set('camera', true);
    await calm();
    aside.publishing.close();
    expect(aside.out.get('camera')?.track.readyState).toBe('ended');
  });

  it('is nothing where a room is only for listening', async () => {
    const room = new Room({ publishes: [] });
    await devices.set('microphone', true);
    await calm();
    expect(room.done).toEqual([]);
  });
});
