// SPDX-License-Identifier: EUPL-1.2

/**
 * Makes what a media room is sent equal to what the devices have. It knows no media library and captures nothing. Its one rule: one step
 * at a time for each source, until there is none, so that the last word of the devices counts.
 */
import { deviceProblem } from './device_problem';
import type { Devices } from './devices';
import type { RoomEvents, RoomOptions } from './media_port';
import type { DeviceKind, TrackSource } from './state';

/** The sending side of one connection; it is gone with that. */
export interface Sender {
  /** Whether it stands. */
  readonly ready: boolean;
  mayPublish(kind: DeviceKind): boolean;
  sent(source: TrackSource): Sent | undefined;
  publish(source: TrackSource, track: MediaStreamTrack): Promise<unknown>;
}

export interface Sent {
  readonly track: MediaStreamTrack;
  readonly muted: boolean;
  replace(track: MediaStreamTrack): Promise<unknown>;
  mute(): Promise<unknown>;
  unmute(): Promise<unknown>;
  end(): Promise<unknown>;
}

export class Publishing {
  /** Sources whose steps are under way, and whether something has changed since the last one began. */
  readonly #under = new Map<TrackSource, boolean>();
  /** Being muted from here: any other muting of what is on is the server's. */
  readonly #muting = new Set<TrackSource>();
  readonly #copies = new Map<MediaStreamTrack, MediaStreamTrack>();

  constructor(
    private readonly devices: Devices,
    private readonly options: RoomOptions,
    private readonly sender: () => Sender | undefined,
    private readonly stopped: RoomEvents['stopped'],
  ) {}

  /** Something has changed: the devices, the connection, or what the server allows. */
  follow(): void {
    for (const kind of this.options.publishes) {
      void this.#follow(kind, kind);
      if (kind === 'screen_share') void this.#follow(kind, 'screen_share_audio');
    }
  }

  /** The room says that it is muted. Where nobody here did that, a moderator did; a device that is being changed mutes itself for a moment. */
  muted(kind: DeviceKind): void {
    if (!this.options.publishes.includes(kind) || this.#muting.has(kind)) return;
    if (this.devices.store.getSnapshot().own[kind] === 'on') this.stopped(kind, undefined);
  }

  close(): void {
    for (const copy of this.#copies.values()) copy.stop();
    this.#copies.clear();
  }

  async #follow(kind: DeviceKind, source: TrackSource): Promise<void> {
    const busy = this.#under.has(source);
    this.#under.set(source, true);
    if (busy) return;
    let sender = this.sender();
    try {
      for (let more = true; more || this.#under.get(source) === true; ) {
        this.#under.set(source, false);
        sender = this.sender();
        more = sender?.ready === true && (await this.#step(sender, kind, source));
      }
    } catch (error) {
      // On another connection by now: it follows anew.
      if (sender?.ready === true && sender === this.sender()) this.stopped(kind, deviceProblem(error));
    } finally {
      this.#under.delete(source);
    }
  }

  /** Answers whether something was to be done. */
  async #step(sender: Sender, kind: DeviceKind, source: TrackSource): Promise<boolean> {
    const { own, tracks } = this.devices.store.getSnapshot();
    const sent = sender.sent(source);
    const captured = tracks.get(source);
    if (own[kind] === 'on' && captured !== undefined) {
      if (!sender.mayPublish(kind)) {
        this.stopped(kind, undefined);
        return false;
      }
      // The library stops what it could not publish in time, and tells nobody.
      if (captured.readyState === 'ended') {
        this.devices.renew(kind);
        return false;
      }
      const track = this.#copy(captured);
      if (sent === undefined) await sender.publish(source, track);
      else if (sent.track !== track) await sent.replace(track);
      else if (sent.muted) await sent.unmute();
      else return false;
      this.#forgetCopies();
      return true;
    }
    // What is starting has not said its last word.
    if (own[kind] === 'starting' || sent === undefined) return false;
    if (kind === 'screen_share') await sent.end();
    else if (sent.muted) return false;
    else await this.#mute(source, sent);
    this.#forgetCopies();
    return true;
  }

  async #mute(source: TrackSource, sent: Sent): Promise<void> {
    this.#muting.add(source);
    await sent.mute().finally(() => this.#muting.delete(source));
  }

  #copy(track: MediaStreamTrack): MediaStreamTrack {
    if (this.options.copies === undefined) return track;
    const known = this.#copies.get(track);
    if (known !== undefined) return known;
    const copy = track.clone();
    copy.enabled = true;
    this.#copies.set(track, copy);
    return copy;
  }

  /** A copy of what is gone would keep the device running. */
  #forgetCopies(): void {
    const here = new Set(this.devices.store.getSnapshot().tracks.values());
    for (const [track, copy] of this.#copies) {
      if (here.has(track)) continue;
      copy.stop();
      this.#copies.delete(track);
    }
  }
}
