// SPDX-License-Identifier: EUPL-1.2

/**
 * Media over livekit-client, and the only file that imports it (a chunk of its own). It connects
 * with a token, publishes and plays; what to do when the line is lost is decided in `call.ts`.
 * ICE servers come from our own server's join response alone: no public STUN server is asked.
 */
import {
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  LocalAudioTrack,
  type LocalTrack,
  type Participant,
  type RemoteTrack,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  TrackEvent,
  VideoPreset,
  VideoPresets,
} from 'livekit-client';
import { deviceProblem } from './device_problem';
import type { MediaChoices, MediaEvents, MediaPort } from './media_port';
import { type DeviceKind, type DeviceState, type Media, mediaOff, type MediaTrack } from './state';
import type { Credentials, ParticipantId } from './wire';

setLogLevel('warn');

const SOURCES: Record<DeviceKind, Track.Source> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen_share: Track.Source.ScreenShare,
};

/** What can be unplugged. */
const KINDS = ['microphone', 'camera'] as const;

/** Where sound comes from. */
const SOUNDS: Track.Source[] = [Track.Source.Microphone, Track.Source.ScreenShareAudio];

/** `livekit.TrackSource` numbers in `ParticipantPermission.can_publish_sources`. */
const SOURCE_NUMBERS: Record<DeviceKind, number> = { camera: 1, microphone: 2, screen_share: 3 };

/** The signaling connection tells these persons what happened; a new token would be refused. */
const FINAL = new Set([
  DisconnectReason.CLIENT_INITIATED,
  DisconnectReason.DUPLICATE_IDENTITY,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_DELETED,
]);

/** The smallest layer keeps sign language readable: 426 × 240 at 20 frames (EN 301 549, 6.5). */
const LAYERS = [new VideoPreset(426, 240, 200_000, 20), new VideoPreset(640, 360, 500_000, 25)];

export async function openMedia(choices: MediaChoices, events: MediaEvents): Promise<MediaPort> {
  return new LivekitMedia(choices, events);
}

class LivekitMedia implements MediaPort {
  #room: Room | undefined;
  #local: LocalTrack[] = [];
  /** Published before the connection was lost, to be published again. */
  #kept: LocalTrack[] = [];
  /** What is being turned on or off, and to what: the last word counts, also when it comes meanwhile. */
  #wanted: Partial<Record<DeviceKind, boolean>> = {};
  #media: Media = mediaOff;
  #refreshing = false;
  readonly #sound = document.createElement('div');

  constructor(
    private readonly choices: MediaChoices,
    private readonly events: MediaEvents,
  ) {
    this.#sound.hidden = true;
    this.#sound.dataset['sound'] = '';
    document.body.append(this.#sound);
  }

  async connect({ public_url, token }: Credentials): Promise<void> {
    const first = this.#room === undefined;
    await this.#drop();
    // The new connection has none of them yet, and says so at once.
    this.#kept.push(...this.#local);
    this.#local = [];
    const room = this.#newRoom();
    this.#room = room;
    this.#set({ connection: first ? 'connecting' : 'reconnecting' });
    try {
      await room.connect(public_url, token, { maxRetries: 0 });
    } catch {
      if (this.#room !== room) return;
      this.#set({ connection: 'unreachable' });
      this.events.lost(true);
      return;
    }
    this.#refresh();
    if (first) await this.#publishChosen();
    else await this.#publishAgain(room);
  }

  async close(): Promise<void> {
    await this.#drop();
    for (const track of [...this.#local, ...this.#kept]) track.stop();
    this.#local = [];
    this.#kept = [];
    this.#room = undefined;
    this.#sound.remove();
    this.#media = mediaOff;
    this.events.changed(this.#media);
  }

  async set(kind: DeviceKind, on: boolean): Promise<void> {
    const participant = this.#room?.localParticipant;
    // What waits for a new connection is not to come back on by itself.
    if (!on) this.#kept = this.#kept.filter((track) => track.source !== SOURCES[kind] || void track.stop());
    if (participant === undefined) return;
    const busy = this.#wanted[kind] !== undefined;
    this.#wanted[kind] = on;
    if (busy) return;
    if (on) this.#problem(kind, undefined);
    this.#refresh();
    try {
      let done: boolean | undefined;
      while (this.#wanted[kind] !== done) {
        done = this.#wanted[kind] === true;
        if (kind === 'microphone') await participant.setMicrophoneEnabled(done);
        else if (kind === 'camera') await participant.setCameraEnabled(done);
        else if (done) await this.#share();
        else await this.#unshare();
      }
    } catch (error) {
      const problem = deviceProblem(error);
      // Closing the browser's share dialog is a choice, not a problem.
      if (kind !== 'screen_share' || problem !== 'denied') this.#problem(kind, problem);
    } finally {
      delete this.#wanted[kind];
      this.#refresh();
    }
  }

  forgetProblem(kind: DeviceKind): void {
    this.#problem(kind, undefined);
  }

  async switchDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    if (kind === 'audioinput') this.choices.microphoneId = deviceId;
    else if (kind === 'videoinput') this.choices.cameraId = deviceId;
    else this.choices.speakerId = deviceId;
    const device: DeviceKind = kind === 'videoinput' ? 'camera' : 'microphone';
    try {
      await this.#room?.switchActiveDevice(kind, deviceId);
      if (kind !== 'audiooutput') this.#problem(device, undefined);
    } catch (error) {
      if (kind !== 'audiooutput') this.#problem(device, deviceProblem(error));
    }
  }

  activeDevice(kind: MediaDeviceKind): string | undefined {
    return this.#room?.getActiveDevice(kind);
  }

  async playSound(): Promise<void> {
    await this.#room?.startAudio();
    this.#refresh();
  }

  #newRoom(): Room {
    const { microphoneId, cameraId, speakerId } = this.choices;
    const room = new Room({
      adaptiveStream: true,
      dynacast: true,
      // The page asks before it is left, and ends the call itself: who stays keeps sound and picture.
      disconnectOnPageLeave: false,
      // What was published outlives a lost connection, to be published again.
      stopLocalTrackOnUnpublish: false,
      audioCaptureDefaults: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        ...(microphoneId ? { deviceId: microphoneId } : {}),
      },
      videoCaptureDefaults: {
        resolution: VideoPresets.h720.resolution,
        ...(cameraId ? { deviceId: cameraId } : {}),
      },
      publishDefaults: { simulcast: true, videoSimulcastLayers: LAYERS },
      ...(speakerId ? { audioOutput: { deviceId: speakerId } } : {}),
    });
    const refresh = (): void => this.#refresh();
    for (const event of REFRESHING) room.on(event, refresh);
    room
      .on(RoomEvent.TrackSubscribed, (track) => this.#play(track))
      .on(RoomEvent.TrackUnsubscribed, (track) => this.#silence(track))
      // Who is muted sends nothing; the library alone would go on sending silence.
      .on(RoomEvent.TrackMuted, ({ track }) => track instanceof LocalAudioTrack && void track.pauseUpstream())
      .on(RoomEvent.TrackUnmuted, ({ track }) => track instanceof LocalAudioTrack && void track.resumeUpstream())
      .on(RoomEvent.LocalTrackPublished, ({ track }) => track !== undefined && this.#watch(track))
      .on(RoomEvent.Disconnected, (reason) => this.#disconnected(room, reason));
    return room;
  }

  #disconnected(room: Room, reason: DisconnectReason | undefined): void {
    // A connection that never stood is reported by `connect`.
    if (this.#room !== room || this.#media.connection === 'connecting') return;
    const retry = reason === undefined || !FINAL.has(reason);
    this.#set({ connection: retry ? 'reconnecting' : 'off', tracks: [], speaking: [] });
    this.events.lost(retry);
  }

  /** Says when a device in use is unplugged, and whether the library has found another one. */
  #watch(track: LocalTrack): void {
    const kind = KINDS.find((one) => SOURCES[one] === track.source);
    if (kind === undefined) return;
    track.off(TrackEvent.Ended, this.#ended[kind]);
    track.on(TrackEvent.Ended, this.#ended[kind]);
  }

  readonly #ended: Record<(typeof KINDS)[number], (track: LocalTrack) => void> = {
    microphone: (track) => this.#unplugged('microphone', track),
    camera: (track) => this.#unplugged('camera', track),
  };

  #unplugged(kind: DeviceKind, track: LocalTrack): void {
    if (track.isMuted) return;
    const settle = (): void => {
      track.off(TrackEvent.Restarted, found);
      track.off(TrackEvent.Muted, none);
    };
    const found = (): void => {
      settle();
      const count = (this.#media.replaced?.count ?? 0) + 1;
      this.#set({ replaced: { kind, by: track.mediaStreamTrack.label, count } });
    };
    const none = (): void => {
      settle();
      this.#problem(kind, 'unplugged');
    };
    track.on(TrackEvent.Restarted, found);
    track.on(TrackEvent.Muted, none);
  }

  async #drop(): Promise<void> {
    const room = this.#room;
    room?.removeAllListeners();
    await room?.disconnect(false);
    this.#sound.replaceChildren();
  }

  async #publishChosen(): Promise<void> {
    await Promise.all([
      this.choices.microphone ? this.set('microphone', true) : undefined,
      this.choices.camera ? this.set('camera', true) : undefined,
    ]);
  }

  async #publishAgain(room: Room): Promise<void> {
    for (let track = this.#kept.pop(); track !== undefined; track = this.#kept.pop()) {
      const live = !track.isMuted && track.mediaStreamTrack.readyState === 'live';
      if (!live) {
        track.stop();
        continue;
      }
      try {
        await room.localParticipant.publishTrack(track, { source: track.source });
      } catch {
        // Yet another connection is on its way: it takes over the rest.
        if (this.#room !== room) return void this.#kept.push(track);
        track.stop();
      }
    }
    this.#refresh();
  }

  async #share(): Promise<void> {
    await this.#room?.localParticipant.setScreenShareEnabled(true, {
      audio: true,
      contentHint: 'detail',
      surfaceSwitching: 'include',
      systemAudio: 'include',
    });
  }

  async #unshare(): Promise<void> {
    const participant = this.#room?.localParticipant;
    for (const source of [Track.Source.ScreenShare, Track.Source.ScreenShareAudio]) {
      const track = participant?.getTrackPublication(source)?.track;
      if (track !== undefined) await participant?.unpublishTrack(track, true);
    }
  }

  /** Only what says that it is sound: rights and the signs that somebody is heard go by the source. */
  #play(track: RemoteTrack): void {
    if (track.kind === Track.Kind.Audio && SOUNDS.includes(track.source)) this.#sound.append(track.attach());
  }

  #silence(track: RemoteTrack): void {
    if (track.kind === Track.Kind.Audio) for (const element of track.detach()) element.remove();
  }

  #problem(kind: DeviceKind, problem: Media['problems'][DeviceKind]): void {
    const problems = { ...this.#media.problems };
    if (problem === undefined) delete problems[kind];
    else problems[kind] = problem;
    this.#set({ problems });
  }

  #set(change: Partial<Media>): void {
    this.#media = { ...this.#media, ...change };
    this.events.changed(this.#media);
  }

  /** Many events arrive in one turn when people join: one new snapshot for all of them. */
  #refresh(): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    queueMicrotask(() => {
      this.#refreshing = false;
      const room = this.#room;
      if (room === undefined || room.state === ConnectionState.Disconnected) return;
      const local = [...room.localParticipant.trackPublications.values()];
      this.#local = local.flatMap(({ track }) => (track === undefined ? [] : [track]));
      this.#set(snapshot(room, this.#wanted));
    });
  }
}

const REFRESHING = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.ParticipantPermissionsChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

const CONNECTIONS: Record<ConnectionState, Media['connection']> = {
  [ConnectionState.Disconnected]: 'reconnecting',
  [ConnectionState.Connecting]: 'connecting',
  [ConnectionState.Connected]: 'connected',
  [ConnectionState.Reconnecting]: 'reconnecting',
  [ConnectionState.SignalReconnecting]: 'reconnecting',
};

function snapshot(room: Room, wanted: Partial<Record<DeviceKind, boolean>>): Partial<Media> {
  const everybody: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
  const own = (kind: DeviceKind): DeviceState => {
    const publication = room.localParticipant.getTrackPublication(SOURCES[kind]);
    if (publication?.track !== undefined && !publication.isMuted) return 'on';
    return wanted[kind] === true ? 'starting' : 'off';
  };
  const allowed = (kind: DeviceKind): boolean => mayPublish(room.localParticipant, kind);
  return {
    connection: CONNECTIONS[room.state],
    tracks: everybody.flatMap(tracksOf),
    speaking: [...new Set(room.activeSpeakers.map(({ identity }) => participantId(identity)))],
    own: { microphone: own('microphone'), camera: own('camera'), screen_share: own('screen_share') },
    allowed: {
      microphone: allowed('microphone'),
      camera: allowed('camera'),
      screen_share: allowed('screen_share'),
    },
    mayShare: new Set(everybody.filter((one) => mayPublish(one, 'screen_share')).map(({ identity }) => participantId(identity))),
    soundBlocked: !room.canPlaybackAudio,
    weakLine: new Set(everybody.filter(isWeak).map(({ identity }) => participantId(identity))),
  };
}

function mayPublish({ permissions }: Participant, kind: DeviceKind): boolean {
  const sources = permissions?.canPublishSources ?? [];
  return (permissions?.canPublish ?? true) && (sources.length === 0 || sources.includes(SOURCE_NUMBERS[kind]));
}

/** The identity is `participant:connection`: one person may be here with several devices. */
function participantId(identity: string): ParticipantId {
  return identity.split(':', 1)[0] ?? identity;
}

function isWeak({ connectionQuality }: Participant): boolean {
  return (
    connectionQuality === ConnectionQuality.Poor || connectionQuality === ConnectionQuality.Lost
  );
}

function tracksOf(participant: Participant): MediaTrack[] {
  return [...participant.trackPublications.values()].flatMap((publication) => {
    const { source, isMuted: muted, videoTrack } = publication;
    if (source === Track.Source.Unknown) return [];
    const track: MediaTrack = {
      key: `${participant.identity}/${publication.trackSid}`,
      participantId: participantId(participant.identity),
      source,
      muted,
      ...(videoTrack === undefined ? {} : { video: videoTrack }),
    };
    return [track];
  });
}
