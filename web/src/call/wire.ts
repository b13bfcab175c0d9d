// SPDX-License-Identifier: EUPL-1.2

/**
 * Names for what travels over the signaling connection, as the server's own document has it (`npm run api`). No type of a frame
 * is written here.
 */
import type { components } from './wire.gen';

type Schemas = components['schemas'];

export type ServerFrame = Schemas['ServerFrame'];
export type ClientFrame = Schemas['ClientFrame'];
/** What the server says in a namespace, refusals included. */
export type Said<N extends ServerFrame['namespace']> = Extract<ServerFrame, { namespace: N }>['payload'];

export type CoreEvent = Schemas['CoreEvent'];
export type ChatEvent = Schemas['ChatEvent'];
export type LivekitEvent = Schemas['LivekitEvent'];
export type ModerationEvent = Schemas['ModerationEvent'];
export type BreakoutEvent = Schemas['BreakoutEvent'];
export type RaiseHandsEvent = Schemas['RaiseHandsEvent'];
export type ReactionEvent = Schemas['ReactionEvent'];
/** What a module answers to a command that it refuses. */
export type ModuleError = Extract<ServerFrame['payload'], { message: 'error' }>;
export type JoinSuccess = Schemas['JoinSuccess'];
export type ModuleData = Schemas['ModuleData'];
/** What modules tell of somebody else. */
export type PeerModules = Schemas['PeerModules'];
export type PeerData = Schemas['PeerData'];
/** What moderators learn of the door; what is absent stays as it was known. */
export type ModeratorData = Partial<Schemas['Door']>;

export type RoomChange = Schemas['ParametersChange'];

export type ParticipantId = Schemas['ParticipantId'];
export type ConnectionId = Schemas['ConnectionId'];
/** RFC 3339. */
export type Timestamp = Schemas['ChatMessage']['timestamp'];
/** The main room or a breakout room. */
export type Place = Schemas['Place'];
export type Role = Schemas['Role'];
export type WaitingRoom = Schemas['WaitingRoom'];
export type KickScope = Schemas['KickScope'];
export type Reaction = Schemas['Reaction'];
export type Restriction = Schemas['Restriction'];
export type BannedParticipant = Schemas['BannedParticipant'];
/** Somebody who waits, as a moderator who joins and one who is inside learn of them. */
export type WaitingParticipant = Pick<Schemas['WaitingParticipant'], 'participant_id' | 'joined_at' | 'display_name'> &
  Partial<Pick<Schemas['WaitingParticipant'], 'accepted'>>;
export type ChatScope = Schemas['Scope'];
export type StoredMessage = Schemas['ChatMessage'];
export type ChatChunk = Schemas['Chunk'];
export type PrivateHistory = Schemas['Correspondence'];
export type SwitchedRoom = Schemas['SwitchedRoom'];
export type Credentials = Schemas['Credentials'];

/** In the order in which they are offered. */
export const REACTIONS = [
  'thumbs_up',
  'clap',
  'heart',
  'tada',
  'joy',
  'open_mouth',
  'smiling_face_with_tear',
  'thumbs_down',
] as const satisfies readonly Reaction[];
