// SPDX-License-Identifier: EUPL-1.2

/** What the client knows about the call: one immutable value, replaced at every change. */
import type { Slices } from './module';
import type { ConnectionId, ParticipantId, Role, Timestamp } from './wire';
import type { Notice } from './closing';
import type { DevicesState } from './devices';
import type { RefusalCode } from './start';

/** Why it ended for this person. */
export type Over =
  | 'left'
  | 'kicked'
  /** They waited, and were not let in. */
  | 'turned_away'
  | 'banned'
  | 'debriefed'
  | 'room_deleted'
  | 'time_limit'
  | 'idle'
  | 'full'
  | 'refused'
  | 'closed';

/** `came_back`: was inside, lost the connection, and the way in now leads through the waiting room. */
export type Wait = 'arrived' | 'sent_back' | 'came_back';

export type Phase =
  | { at: 'joining' }
  | { at: 'waiting'; accepted: boolean; why: Wait }
  | { at: 'meeting' }
  | { at: 'over'; why: Over; refusal?: RefusalCode };

/**
 * The signaling connection. `silent`: it stands, but the server has not answered for seconds. `lost` while joining: the person is
 * asked before the next try. `attempt` counts since the last success; `retryAt` is epoch milliseconds.
 */
export interface Link {
  state: 'connecting' | 'open' | 'silent' | 'lost';
  attempt: number;
  retryAt?: number;
}

export interface Me {
  id: ParticipantId;
  name: string;
  role: Role;
  owner: boolean;
  /** Address of their picture. */
  picture?: string;
  /** The id of the breakout room they are in; in the main room there is none. */
  breakout?: number;
}

export interface Person {
  id: ParticipantId;
  name: string;
  role: Role;
  kind: string;
  owner: boolean;
  joinedAt: Timestamp;
  /** Address of their picture. */
  picture?: string;
  /** As in {@link Me}. */
  breakout?: number;
  /** Empty when the person has left; the name is still needed for what they wrote. */
  connections: readonly ConnectionId[];
}

export interface Waiting {
  id: ParticipantId;
  name: string;
  joinedAt: Timestamp;
  accepted: boolean;
}

export interface RoomFacts {
  title?: string;
  inviteCode?: string;
  password?: string;
  closesAt?: Timestamp;
  /** The last notice of the end that has come. */
  closing?: Notice;
  modules: Readonly<Record<string, readonly string[]>>;
}

export type DeviceKind = 'microphone' | 'camera' | 'screen_share';
export type TrackSource = DeviceKind | 'screen_share_audio';
export type DeviceState = 'off' | 'starting' | 'on';
/** Each has its own advice for the person. */
export type DeviceProblem = 'denied' | 'missing' | 'in_use' | 'insecure' | 'failed' | 'unplugged';

/** What a `<video>` needs: livekit's local and remote tracks both fit. */
export interface Attachable {
  attach(element: HTMLMediaElement): HTMLMediaElement;
  detach(element: HTMLMediaElement): HTMLMediaElement;
}

export interface MediaTrack {
  key: string;
  participantId: ParticipantId;
  source: TrackSource;
  muted: boolean;
  /** Absent until the track is received. */
  video?: Attachable;
}

/** The meeting's own media room is `main`; a feature names those it opens. */
export type RoomKey = string;
export const MAIN: RoomKey = 'main';

/** One media connection. */
export interface RoomState {
  connection: 'off' | 'connecting' | 'connected' | 'reconnecting' | 'unreachable';
  tracks: readonly MediaTrack[];
  /** Loudest first, self included. */
  speaking: readonly ParticipantId[];
  allowed: Readonly<Record<DeviceKind, boolean>>;
  /** Who may share their screen, by the media server's word. */
  mayShare: ReadonlySet<ParticipantId>;
  /** The browser wants a tap before it plays sound. */
  soundBlocked: boolean;
  weakLine: ReadonlySet<ParticipantId>;
}

/** The meeting's own room and this person's devices, and in `rooms` those that they are in beside it. */
export interface Media extends RoomState, Omit<DevicesState, 'tracks'> {
  rooms: ReadonlyMap<RoomKey, RoomState>;
}

/** Media as the page reads them: by person, and without who speaks; that changes several times a second and is `call.speaking`. */
export interface MediaState extends Omit<Media, 'tracks' | 'speaking'> {
  tracks: ReadonlyMap<ParticipantId, readonly MediaTrack[]>;
}

export interface CallState {
  phase: Phase;
  link: Link;
  /** How often the server has told everything: what differs from one to the next came about while this person was away. */
  joins: number;
  room: RoomFacts;
  me?: Me;
  people: ReadonlyMap<ParticipantId, Person>;
  /** Who waits to be let in; only moderators know. */
  waiting: readonly Waiting[];
  media: MediaState;
  /** The last command that was not done: refused by the server, `not_sent`, or `lost` on a dead line. */
  refusal?: { count: number; namespace: string; error: string };
  /** What each module knows, read by `sliceOf`. */
  slices: Slices;
}

export const roomOff: RoomState = {
  connection: 'off',
  tracks: [],
  speaking: [],
  allowed: { microphone: true, camera: true, screen_share: true },
  mayShare: new Set(),
  soundBlocked: false,
  weakLine: new Set(),
};

export const mediaOff: Media = {
  ...roomOff,
  own: { microphone: 'off', camera: 'off', screen_share: 'off' },
  problems: {},
  rooms: new Map(),
};

const { tracks: _, speaking: __, ...off } = mediaOff;

export const initialState: CallState = {
  phase: { at: 'joining' },
  link: { state: 'connecting', attempt: 0 },
  joins: 0,
  room: { modules: {} },
  people: new Map(),
  waiting: [],
  media: { ...off, tracks: new Map() },
  slices: {},
};
