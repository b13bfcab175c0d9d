// SPDX-License-Identifier: EUPL-1.2

/**
 * What the call needs of a media room. `media_room.ts` fulfils it with livekit-client; this file imports
 * nothing of it, so that everything but the meeting itself loads without the media library.
 */
import type { Devices } from './devices';
import type { DeviceKind, DeviceProblem, RoomState } from './state';
import type { Credentials } from './wire';

/** What this person sends into a room; everywhere they hear and see what others do. */
export interface RoomOptions {
  publishes: readonly DeviceKind[];
  /** Copies, so that silence here is not silence in the room that has the originals. */
  copies?: true;
}

export interface RoomEvents {
  changed(state: RoomState): void;
  /** The connection ended although nobody here wanted it; `retry`: a new token may help. */
  lost(retry: boolean): void;
  /** What was on is not sent: the server took it away (no problem), or it cannot be published. */
  stopped(kind: DeviceKind, problem: DeviceProblem | undefined): void;
}

/** One media connection. What it publishes follows the devices by itself. */
export interface MediaRoom {
  /** Replaces an earlier connection. */
  connect(credentials: Credentials): Promise<void>;
  close(): Promise<void>;
  /** Must be called from a tap or key press. */
  playSound(): Promise<void>;
  /** Of everything that is heard here, 0 to 1. */
  setVolume(volume: number): void;
}

export type OpenRoom = (devices: Devices, options: RoomOptions, events: RoomEvents) => Promise<MediaRoom>;
