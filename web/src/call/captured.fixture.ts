// SPDX-License-Identifier: EUPL-1.2

/** Devices that a test plugs in, allows and pulls out. */
import { vi } from 'vitest';

export class FakeTrack extends EventTarget {
  enabled = true;
  muted = false;
  readyState = 'live';
  contentHint = '';

  constructor(
    readonly kind: 'audio' | 'video',
    readonly deviceId: string,
  ) {
    super();
  }

  get label(): string {
    return `the ${this.deviceId}`;
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }

  clone(): FakeTrack {
    return new FakeTrack(this.kind, this.deviceId);
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** The device is pulled out. */
  ends(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

type Wanted = { deviceId?: { exact: string } };

export class FakeDevices extends EventTarget {
  /** By kind of track; the first is the browser's own choice. */
  here: { audio: string[]; video: string[] } = { audio: ['built-in', 'headset'], video: ['lid'] };
  /** What every request was for. */
  readonly asked: string[] = [];
  readonly tracks: FakeTrack[] = [];
  /** What a request is refused with. */
  refusal: ((kinds: readonly string[]) => string | undefined) | undefined;

  readonly getUserMedia = async (wanted: { audio?: Wanted; video?: Wanted }) => {
    const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind] !== undefined);
    this.asked.push(kinds.map((kind) => `${kind} ${wanted[kind]?.deviceId?.exact ?? 'any'}`).join(' and '));
    await undefined;
    const refusal = this.refusal?.(kinds);
    if (refusal !== undefined) throw new DOMException('', refusal);
    const got = kinds.map((kind) => {
      const exact = wanted[kind]?.deviceId?.exact;
      if (exact !== undefined && !this.here[kind].includes(exact)) throw new DOMException('', 'OverconstrainedError');
      const id = exact ?? this.here[kind][0];
      if (id === undefined) throw new DOMException('', 'NotFoundError');
      return new FakeTrack(kind, id);
    });
    this.tracks.push(...got);
    return { getTracks: () => got };
  };

  readonly getDisplayMedia = async () => {
    const picture = new FakeTrack('video', 'screen');
    this.tracks.push(picture);
    return { getTracks: () => [picture], getVideoTracks: () => [picture], getAudioTracks: () => [] };
  };

  readonly enumerateDevices = async () => [
    ...this.here.audio.map((deviceId) => ({ kind: 'audioinput', deviceId, label: `the ${deviceId}` })),
    ...this.here.video.map((deviceId) => ({ kind: 'videoinput', deviceId, label: `the ${deviceId}` })),
  ];

  plugs(id: string): void {
    this.here.audio.push(id);
    this.dispatchEvent(new Event('devicechange'));
  }

  live(): string[] {
    return this.tracks.filter(({ readyState }) => readyState === 'live').map(({ deviceId }) => deviceId);
  }
}

export function stubDevices(): FakeDevices {
  const media = new FakeDevices();
  vi.stubGlobal('isSecureContext', true);
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: media });
  return media;
}
