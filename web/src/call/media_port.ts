// SPDX-License-Identifier: EUPL-1.2

/**
 * What the call needs of media. `media.ts` fulfils it with livekit-client; this file imports
 * nothing of it, so that everything but the meeting itself loads without the media library.
 */
import type { DeviceKind, Media } from './state';
import type { Credentials } from './wire';

export interface MediaChoices {
  microphone: boolean;
  camera: boolean;
  microphoneId?: string | undefined;
  cameraId?: string | undefined;
  speakerId?: string | undefined;
}

export interface MediaEvents {
  changed(media: Media): void;
  /** The connection ended although nobody here wanted it; `retry`: a new token may help. */
  lost(retry: boolean): void;
}

export interface MediaPort {
  /** Replaces an earlier connection; what was published is published again. */
  connect(credentials: Credentials): Promise<void>;
  close(): Promise<void>;
  set(kind: DeviceKind, on: boolean): Promise<void>;
  forgetProblem(kind: DeviceKind): void;
  switchDevice(kind: MediaDeviceKind, deviceId: string): Promise<void>;
  activeDevice(kind: MediaDeviceKind): string | undefined;
  /** Must be called from a tap or key press. */
  playSound(): Promise<void>;
}

export type OpenMedia = (choices: MediaChoices, events: MediaEvents) => Promise<MediaPort>;
