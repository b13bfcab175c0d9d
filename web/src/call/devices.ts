// SPDX-License-Identifier: EUPL-1.2

/**
 * Microphone, camera and screen of this person, captured once for all who want them: every media room and every preview. It knows no
 * room, no server and no media library. Its one rule: what is off sends nothing, from the moment on at which it is turned off.
 */
import { type Kept, lasting } from '../storage';
import { deviceProblem, errorName } from './device_problem';
import type { DeviceKind, DeviceProblem, DeviceState, TrackSource } from './state';
import { createStore, type Store } from './store';

/** What is captured by `getUserMedia`; the screen is not. */
const CAPTURED = ['microphone', 'camera'] as const;
type Captured = (typeof CAPTURED)[number];

const INPUTS = { microphone: 'audioinput', camera: 'videoinput' } as const;

export interface DevicesState {
  own: Readonly<Record<DeviceKind, DeviceState>>;
  problems: Readonly<Partial<Record<DeviceKind, DeviceProblem>>>;
  /** What is captured, after its {@link Process}. A microphone that is off keeps its track, which is then silent. */
  tracks: ReadonlyMap<TrackSource, MediaStreamTrack>;
  /** A device in use went away and another took its place; `count` tells two such changes apart. */
  replaced?: { kind: DeviceKind; by: string; count: number };
  /** A device that has just been plugged in. */
  offered?: Offer;
}

export interface Offer {
  kind: MediaDeviceKind;
  id: string;
  label: string;
}

/** Makes another track of a captured one: a blurred background, a voice without noise. `stop` lets go of what that needs. */
export type Process = (raw: MediaStreamTrack) => Promise<{ track: MediaStreamTrack; stop: () => void }>;

/** Ids as browsers give them to this origin. */
export type Choices = Partial<Record<MediaDeviceKind, string>>;

interface Capture {
  raw: MediaStreamTrack;
  track: MediaStreamTrack;
  stop: () => void;
}

const KEY = 'konvent.devices';

export class Devices {
  readonly store: Store<DevicesState> = createStore<DevicesState>({
    own: { microphone: 'off', camera: 'off', screen_share: 'off' },
    problems: {},
    tracks: new Map(),
  });
  readonly #wanted: Record<DeviceKind, boolean> = { microphone: false, camera: false, screen_share: false };
  readonly #captures = new Map<Captured, Capture>();
  readonly #processes = new Map<Captured, Process>();
  /** In use when it was unplugged: any other one will do. */
  readonly #unplugged = new Set<Captured>();
  /** Asked for with what is not wanted any more: another device was chosen meanwhile. */
  readonly #stale = new Set<Captured>();
  #choices: Choices;
  #screen: MediaStream | undefined;
  #held = false;
  #working: Promise<void> | undefined;
  #known: readonly MediaDeviceInfo[] | undefined;

  constructor(private readonly storage: Kept = lasting) {
    this.#choices = read(storage);
  }

  /** Looks for devices that come and go, until {@link close}. */
  open(): void {
    navigator.mediaDevices?.addEventListener('devicechange', this.#changed);
    document.addEventListener('visibilitychange', this.#seen);
    void this.#look();
  }

  /** Lets go of everything. It may be opened again, with everything off. */
  close(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#changed);
    document.removeEventListener('visibilitychange', this.#seen);
    this.#wanted.microphone = this.#wanted.camera = false;
    this.hold();
    this.#held = false;
    this.#known = undefined;
    this.#set({ problems: {} }, ['replaced', 'offered']);
  }

  /** The last word counts, also when it comes while a device is still starting. */
  async set(kind: DeviceKind, on: boolean): Promise<void> {
    this.#wanted[kind] = on;
    if (on) this.forgetProblem(kind);
    if (kind === 'screen_share') return on ? this.#share() : this.#unshare();
    if (!on) this.#silence(kind);
    return this.#work();
  }

  /** It cannot be used any further, for this reason. */
  fail(kind: DeviceKind, problem: DeviceProblem): void {
    void this.set(kind, false);
    this.#problem(kind, problem);
  }

  forgetProblem(kind: DeviceKind): void {
    this.#problem(kind, undefined);
  }

  /** Captures it anew, where it is on: its track is of no use any more. */
  renew(kind: DeviceKind): void {
    if (kind === 'screen_share') void this.set(kind, false);
    else void this.#again(kind);
  }

  /** Nothing is captured until {@link resume}: the person waits before the door. What they want is kept, the screen is not. */
  hold(): void {
    this.#held = true;
    for (const kind of CAPTURED) this.#drop(kind);
    void this.set('screen_share', false);
  }

  resume(): void {
    this.#held = false;
    void this.#work();
  }

  /** From now on this one, in this browser. */
  async choose(kind: MediaDeviceKind, id: string): Promise<void> {
    this.#choices = { ...this.#choices, [kind]: id };
    this.storage.setItem(KEY, JSON.stringify(this.#choices));
    if (this.store.getSnapshot().offered?.kind === kind) this.decline();
    const captured = CAPTURED.find((one) => INPUTS[one] === kind);
    if (captured !== undefined) return this.#again(captured);
    // Rooms and previews look it up.
    this.#set({});
  }

  /** The chosen device, or the one in use. Nothing: the browser's own choice. */
  chosen(kind: MediaDeviceKind): string | undefined {
    const captured = CAPTURED.find((one) => INPUTS[one] === kind);
    const used = captured === undefined ? undefined : this.#captures.get(captured)?.raw.getSettings().deviceId;
    return used ?? this.#choices[kind];
  }

  /** The offered device is not wanted. */
  decline(): void {
    this.#set({}, ['offered']);
  }

  /** What every capture of this kind goes through from now on; nothing: it is used as it is. */
  async process(kind: Captured, process: Process | undefined): Promise<void> {
    if (process === undefined) this.#processes.delete(kind);
    else this.#processes.set(kind, process);
    return this.#again(kind);
  }

  /** What runs is captured anew; what is off will be. */
  async #again(kind: Captured): Promise<void> {
    this.#stale.add(kind);
    this.#drop(kind, this.#wanted[kind] && !this.#held ? 'starting' : 'off');
    return this.#work();
  }

  #work(): Promise<void> {
    this.#working ??= this.#captureWanted();
    return this.#working;
  }

  /** One request for all that is missing: the browser asks the person once, and a second request cannot silence the first. */
  async #captureWanted(): Promise<void> {
    // Both, where one is turned on right after the other; and whoever called has kept the promise.
    await undefined;
    try {
      for (;;) {
        const missing = CAPTURED.filter((kind) => this.#wanted[kind] && !this.#held && !this.#resumed(kind));
        if (missing.length === 0) return;
        for (const kind of missing) this.#own(kind, 'starting');
        this.#stale.clear();
        const got = await this.#ask(missing);
        for (const kind of missing) {
          const answer = got.get(kind) ?? 'failed';
          // Another one was chosen meanwhile: that this one cannot be had is nobody's concern any more.
          if (typeof answer === 'string' && this.#stale.has(kind)) continue;
          if (typeof answer === 'string') this.#missed(kind, answer);
          else await this.#adopt(kind, answer);
        }
      }
    } finally {
      this.#working = undefined;
    }
  }

  /** Whether it runs now. A microphone that was only silent does so at once. */
  #resumed(kind: Captured): boolean {
    const capture = this.#captures.get(kind);
    if (capture === undefined) return false;
    capture.raw.enabled = true;
    capture.track.enabled = true;
    this.#own(kind, 'on');
    return true;
  }

  async #ask(kinds: readonly Captured[]): Promise<Map<Captured, MediaStreamTrack | DeviceProblem>> {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const got = new Map<Captured, MediaStreamTrack | DeviceProblem>();
    const request = async (these: readonly Captured[], free = false): Promise<void> => {
      const wanted = Object.fromEntries(these.map((kind) => [kind === 'camera' ? 'video' : 'audio', this.#constraints(kind, free)]));
      try {
        if (media === undefined) throw new DOMException('', 'NotSupportedError');
        const stream = await media.getUserMedia(wanted);
        for (const track of stream.getTracks()) got.set(track.kind === 'video' ? 'camera' : 'microphone', track);
      } catch (error) {
        // The chosen one is not there today: any other.
        if (!free && errorName(error) === 'OverconstrainedError') return request(these, true);
        const problem = deviceProblem(error);
        for (const kind of these) got.set(kind, problem);
        if (these.length === 1) return;
        // Which of them it was is not said. Who said no is not asked again.
        for (const kind of these) if (problem !== 'denied' || (await isGranted(kind))) await request([kind]);
      }
    };
    await request(kinds);
    return got;
  }

  #constraints(kind: Captured, free: boolean): MediaTrackConstraints {
    const id = free || this.#unplugged.has(kind) ? undefined : this.#choices[INPUTS[kind]];
    const chosen = id === undefined || id === '' ? {} : { deviceId: { exact: id } };
    if (kind === 'microphone') return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...chosen };
    return { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...chosen };
  }

  #missed(kind: Captured, problem: DeviceProblem): void {
    const unplugged = this.#unplugged.delete(kind);
    if (!this.#wanted[kind] || this.#held) return this.#own(kind, 'off');
    this.#wanted[kind] = false;
    this.#own(kind, 'off');
    this.#problem(kind, unplugged && problem === 'missing' ? 'unplugged' : problem);
  }

  async #adopt(kind: Captured, raw: MediaStreamTrack): Promise<void> {
    const replaces = this.#unplugged.delete(kind);
    const process = this.#processes.get(kind);
    let made: Awaited<ReturnType<Process>> = { track: raw, stop: () => undefined };
    if (process !== undefined) {
      try {
        made = await process(raw);
      } catch {
        // Whoever wants their room blurred does not want it shown.
        raw.stop();
        return this.#missed(kind, 'failed');
      }
    }
    const { track, stop } = made;
    const capture: Capture = { raw, track, stop };
    if (!this.#wanted[kind] || this.#held) {
      release(capture);
      return this.#own(kind, 'off');
    }
    if (this.#stale.has(kind)) return release(capture);
    this.#captures.set(kind, capture);
    raw.addEventListener('ended', () => this.#ended(kind, raw));
    const count = (this.store.getSnapshot().replaced?.count ?? 0) + 1;
    this.#set({ tracks: this.#with(kind, track), ...(replaces ? { replaced: { kind, by: raw.label, count } } : {}) });
    this.#own(kind, 'on');
    void this.#look();
  }

  #ended(kind: Captured, raw: MediaStreamTrack): void {
    if (this.#captures.get(kind)?.raw !== raw) return;
    if (this.#wanted[kind]) this.#unplugged.add(kind);
    void this.#again(kind);
  }

  /** Off at once. A microphone stays captured: nobody is asked again for it, and headsets do not change their mode. */
  #silence(kind: Captured): void {
    const capture = this.#captures.get(kind);
    if (kind === 'camera') return this.#drop(kind);
    if (capture !== undefined) {
      capture.raw.enabled = false;
      capture.track.enabled = false;
    }
    this.#own(kind, 'off');
  }

  #drop(kind: Captured, next: DeviceState = 'off'): void {
    const capture = this.#captures.get(kind);
    this.#captures.delete(kind);
    if (capture !== undefined) {
      release(capture);
      this.#set({ tracks: this.#with(kind, undefined) });
    }
    this.#own(kind, next);
  }

  async #share(): Promise<void> {
    const { own } = this.store.getSnapshot();
    if (own.screen_share !== 'off') return;
    this.#own('screen_share', 'starting');
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
      this.#screen = stream;
      if (!this.#wanted.screen_share) return this.#notShared();
      const [picture] = stream.getVideoTracks();
      const [sound] = stream.getAudioTracks();
      if (picture === undefined) throw new DOMException('', 'NotFoundError');
      picture.contentHint = 'detail';
      // The browser's own bar ends it, too.
      picture.addEventListener('ended', () => this.#screen === stream && void this.set('screen_share', false));
      this.#set({ tracks: this.#with('screen_share', picture, sound) });
      this.#own('screen_share', 'on');
    } catch (error) {
      this.#notShared();
      const problem = deviceProblem(error);
      // Closing the browser's share dialog is a choice, not a problem.
      if (problem !== 'denied') this.#problem('screen_share', problem);
    }
  }

  /** Nothing came of choosing: it can be asked for again. */
  #notShared(): void {
    this.#unshare();
    this.#own('screen_share', 'off');
  }

  #unshare(): void {
    this.#wanted.screen_share = false;
    for (const track of this.#screen?.getTracks() ?? []) track.stop();
    if (this.#screen !== undefined) this.#set({ tracks: this.#with('screen_share', undefined) });
    this.#screen = undefined;
    // What is still being chosen ends by itself, and finds that nobody wants it.
    if (this.store.getSnapshot().own.screen_share === 'on') this.#own('screen_share', 'off');
  }

  readonly #changed = (): void => void this.#look();

  /** A phone takes devices away from a page that is not seen. */
  readonly #seen = (): void => {
    if (document.visibilityState !== 'visible' || !isTouched()) return;
    for (const [kind, { raw }] of this.#captures) {
      if (this.#wanted[kind] && (raw.muted || raw.readyState === 'ended')) void this.#again(kind);
    }
  };

  /** Offers what is new. Before a permission devices have no names, and nothing is known of what was there. */
  async #look(): Promise<void> {
    const all = await navigator.mediaDevices?.enumerateDevices().catch(() => undefined);
    const named = all?.filter(({ deviceId, label }) => label !== '' && !ALIASES.has(deviceId));
    if (named === undefined || named.length === 0) return;
    const before = this.#known;
    this.#known = named;
    const { offered } = this.store.getSnapshot();
    if (offered !== undefined && !named.some(({ deviceId }) => deviceId === offered.id)) this.decline();
    const fresh = before === undefined ? [] : named.filter(({ kind, deviceId }) => !before.some((one) => one.kind === kind && one.deviceId === deviceId));
    // A headset is a microphone and a speaker: as a microphone it is worth asking.
    const offer = fresh.find(({ kind }) => kind === 'audioinput') ?? fresh[0];
    if (offer === undefined || !before?.some(({ kind }) => kind === offer.kind) || this.chosen(offer.kind) === offer.deviceId) return;
    this.#set({ offered: { kind: offer.kind, id: offer.deviceId, label: offer.label } });
  }

  #with(source: DeviceKind, track: MediaStreamTrack | undefined, sound?: MediaStreamTrack): ReadonlyMap<TrackSource, MediaStreamTrack> {
    const tracks = new Map(this.store.getSnapshot().tracks);
    const put = (key: TrackSource, value: MediaStreamTrack | undefined) => (value === undefined ? tracks.delete(key) : tracks.set(key, value));
    put(source, track);
    if (source === 'screen_share') put('screen_share_audio', sound);
    return tracks;
  }

  #own(kind: DeviceKind, state: DeviceState): void {
    const { own } = this.store.getSnapshot();
    if (own[kind] !== state) this.#set({ own: { ...own, [kind]: state } });
  }

  #problem(kind: DeviceKind, problem: DeviceProblem | undefined): void {
    const { [kind]: before, ...others } = this.store.getSnapshot().problems;
    if (before !== problem) this.#set({ problems: problem === undefined ? others : { ...others, [kind]: problem } });
  }

  #set(change: Partial<DevicesState>, gone: readonly ('replaced' | 'offered')[] = []): void {
    this.store.update((state) => {
      const next = { ...state, ...change };
      for (const key of gone) delete next[key];
      return next;
    });
  }
}

/** A window or a whole screen, readable and no larger than that. */
const SCREEN: DisplayMediaStreamOptions & Record<string, unknown> = {
  video: { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: 30 },
  audio: true,
  surfaceSwitching: 'include',
  systemAudio: 'include',
};

/** Chromium's names for a device that has one of its own. */
const ALIASES = new Set(['default', 'communications']);

function release({ raw, track, stop }: Capture): void {
  raw.stop();
  track.stop();
  stop();
}

function isTouched(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

async function isGranted(kind: Captured): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: kind })).state === 'granted';
  } catch {
    return false;
  }
}

/** What the storage holds may be anything. */
function read(storage: Kept): Choices {
  try {
    const all = JSON.parse(storage.getItem(KEY) ?? '{}') as Record<string, unknown>;
    const kinds: MediaDeviceKind[] = ['audioinput', 'videoinput', 'audiooutput'];
    return Object.fromEntries(kinds.flatMap((kind) => (typeof all[kind] === 'string' ? [[kind, all[kind]]] : [])));
  } catch {
    return {};
  }
}
