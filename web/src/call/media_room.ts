// SPDX-License-Identifier: EUPL-1.2

/**
 * One media room over livekit-client, and the only file that imports it (a chunk of its own). It connects with a token, publishes what
 * the devices have, and plays; it captures nothing, and what to do when the line is lost is decided in `media_rooms.ts`.
 * ICE servers come from our own server's join response alone: no public STUN server is asked.
 */
import {
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  LocalAudioTrack,
  type Participant,
  RemoteAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  VideoPreset,
} from 'livekit-client';
import type { Devices } from './devices';
import type { MediaRoom, RoomEvents, RoomOptions } from './media_port';
import { Publishing, type Sender } from './publishing';
import { type DeviceKind, type MediaTrack, roomOff, type RoomState, type TrackSource } from './state';
import type { Credentials, ParticipantId } from './wire';

setLogLevel('warn');

const SOURCES: Record<TrackSource, Track.Source> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen_share: Track.Source.ScreenShare,
  screen_share_audio: Track.Source.ScreenShareAudio,
};

const KINDS = ['microphone', 'camera', 'screen_share'] as const;

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

export async function openRoom(devices: Devices, options: RoomOptions, events: RoomEvents): Promise<MediaRoom> {
  return new LivekitRoom(devices, options, events);
}

class LivekitRoom implements MediaRoom {
  #room: Room | undefined;
  #name: string | undefined;
  #state: RoomState = roomOff;
  #refreshing = false;
  #volume = 1;
  #sender: Sender | undefined;
  readonly #publishing: Publishing;
  readonly #sound = document.createElement('div');
  readonly #forget: () => void;

  constructor(
    private readonly devices: Devices,
    options: RoomOptions,
    private readonly events: RoomEvents,
  ) {
    this.#sound.hidden = true;
    this.#sound.dataset['sound'] = '';
    document.body.append(this.#sound);
    this.#publishing = new Publishing(devices, options, () => this.#sender, events.stopped);
    this.#forget = devices.store.subscribe(() => this.#follow());
  }

  async connect({ public_url, token, room: name }: Credentials): Promise<void> {
    // To come to another room is no trouble on the line.
    const fresh = this.#room === undefined || this.#name !== name;
    this.#name = name;
    await this.#drop();
    const room = this.#newRoom();
    this.#room = room;
    this.#sender = sending(room);
    this.#set({ connection: fresh ? 'connecting' : 'reconnecting', tracks: [], speaking: [] });
    try {
      await room.connect(public_url, token, { maxRetries: 0 });
    } catch {
      if (this.#room !== room) return;
      this.#set({ connection: 'unreachable' });
      this.events.lost(true);
      return;
    }
    this.#refresh();
    this.#follow();
  }

  async close(): Promise<void> {
    this.#forget();
    const room = this.#room;
    this.#room = undefined;
    this.#sender = undefined;
    await this.#drop(room);
    this.#publishing.close();
    this.#sound.remove();
  }

  async playSound(): Promise<void> {
    await this.#room?.startAudio();
    this.#refresh();
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    for (const { audioTrackPublications } of this.#room?.remoteParticipants.values() ?? []) {
      for (const { audioTrack } of audioTrackPublications.values()) if (audioTrack instanceof RemoteAudioTrack) audioTrack.setVolume(volume);
    }
  }

  #newRoom(): Room {
    const speaker = this.devices.chosen('audiooutput');
    const room = new Room({
      adaptiveStream: true,
      dynacast: true,
      // The page asks before it is left, and ends the call itself: who stays keeps sound and picture.
      disconnectOnPageLeave: false,
      // The devices outlive every connection.
      stopLocalTrackOnUnpublish: false,
      publishDefaults: { simulcast: true, videoSimulcastLayers: LAYERS },
      ...(speaker ? { audioOutput: { deviceId: speaker } } : {}),
    });
    const refresh = (): void => this.#refresh();
    for (const event of REFRESHING) room.on(event, refresh);
    room
      .on(RoomEvent.TrackSubscribed, (track, _, participant) => this.#play(room, track, participant))
      .on(RoomEvent.TrackUnsubscribed, (track) => this.#silence(track))
      // Who is muted sends nothing; the library alone would go on sending silence.
      .on(RoomEvent.TrackMuted, ({ track }) => track instanceof LocalAudioTrack && void track.pauseUpstream())
      .on(RoomEvent.TrackUnmuted, ({ track }) => track instanceof LocalAudioTrack && void track.resumeUpstream())
      .on(RoomEvent.TrackMuted, ({ source }, { isLocal }) => isLocal && this.#muted(source))
      .on(RoomEvent.ParticipantPermissionsChanged, () => this.#follow())
      .on(RoomEvent.Reconnected, () => this.#follow())
      .on(RoomEvent.Disconnected, (reason) => this.#disconnected(room, reason));
    return room;
  }

  #disconnected(room: Room, reason: DisconnectReason | undefined): void {
    // A connection that never stood is reported by `connect`.
    if (this.#room !== room || this.#state.connection === 'connecting') return;
    const retry = reason === undefined || !FINAL.has(reason);
    this.#set({ connection: retry ? 'reconnecting' : 'off', tracks: [], speaking: [] });
    this.events.lost(retry);
  }

  async #drop(room = this.#room): Promise<void> {
    room?.removeAllListeners();
    await room?.disconnect(false);
    this.#sound.replaceChildren();
  }

  #follow(): void {
    const speaker = this.devices.chosen('audiooutput');
    if (speaker !== undefined && this.#room !== undefined && this.#room.getActiveDevice('audiooutput') !== speaker) {
      // It may be gone: then the browser's own stays.
      void this.#room.switchActiveDevice('audiooutput', speaker).catch(() => undefined);
    }
    this.#publishing.follow();
  }

  #muted(source: Track.Source): void {
    const kind = KINDS.find((one) => SOURCES[one] === source);
    if (kind !== undefined) this.#publishing.muted(kind);
  }

  /** Only what says that it is sound: rights and the signs that somebody is heard go by the source. */
  #play(room: Room, track: RemoteTrack, participant: Participant): void {
    if (track.kind !== Track.Kind.Audio || !SOUNDS.includes(track.source)) return;
    // This person's other device, perhaps in the same room: it would howl.
    if (participantId(participant.identity) === participantId(room.localParticipant.identity)) return;
    if (track instanceof RemoteAudioTrack && this.#volume !== 1) track.setVolume(this.#volume);
    this.#sound.append(track.attach());
  }

  #silence(track: RemoteTrack): void {
    if (track.kind === Track.Kind.Audio) for (const element of track.detach()) element.remove();
  }

  #set(change: Partial<RoomState>): void {
    this.#state = { ...this.#state, ...change };
    this.events.changed(this.#state);
  }

  /** Many events arrive in one turn when people join: one new snapshot for all of them. */
  #refresh(): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    queueMicrotask(() => {
      this.#refreshing = false;
      const room = this.#room;
      if (room === undefined || room.state === ConnectionState.Disconnected) return;
      this.#set(snapshot(room));
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

const CONNECTIONS: Record<ConnectionState, RoomState['connection']> = {
  [ConnectionState.Disconnected]: 'reconnecting',
  [ConnectionState.Connecting]: 'connecting',
  [ConnectionState.Connected]: 'connected',
  [ConnectionState.Reconnecting]: 'reconnecting',
  [ConnectionState.SignalReconnecting]: 'reconnecting',
};

/** The sending side of a room, as {@link Publishing} sees it. */
function sending(room: Room): Sender {
  const me = room.localParticipant;
  return {
    get ready() {
      return room.state === ConnectionState.Connected;
    },
    mayPublish: (kind) => mayPublish(me, kind),
    publish: (source, track) => me.publishTrack(track, { source: SOURCES[source] }),
    sent(source) {
      const publication = me.getTrackPublication(SOURCES[source]);
      const track = publication?.track;
      if (publication === undefined || track === undefined) return undefined;
      return {
        track: track.mediaStreamTrack,
        muted: publication.isMuted,
        replace: (next) => track.replaceTrack(next, true),
        mute: () => publication.mute(),
        unmute: () => publication.unmute(),
        end: () => me.unpublishTrack(track, false),
      };
    },
  };
}

function snapshot(room: Room): RoomState {
  const everybody: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
  const allowed = (kind: DeviceKind): boolean => mayPublish(room.localParticipant, kind);
  return {
    connection: CONNECTIONS[room.state],
    tracks: everybody.flatMap(tracksOf),
    speaking: [...new Set(room.activeSpeakers.map(({ identity }) => participantId(identity)))],
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
