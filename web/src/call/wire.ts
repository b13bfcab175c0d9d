// SPDX-License-Identifier: EUPL-1.2

/**
 * Frames of the signaling connection, exactly as they travel: snake_case, in both directions.
 * Only the namespaces that the client understands; a frame of another namespace is ignored.
 */

export type ParticipantId = string;
export type ConnectionId = string;
/** RFC 3339. */
export type Timestamp = string;
export type Role = 'moderator' | 'user' | 'guest';
export type WaitingRoom = 'disabled' | 'for_guests' | 'for_everyone';
export type KickScope = 'guests' | 'users_and_guests' | 'all';

export const REACTIONS = [
  'thumbs_up',
  'clap',
  'heart',
  'tada',
  'joy',
  'open_mouth',
  'smiling_face_with_tear',
  'thumbs_down',
] as const;
export type Reaction = (typeof REACTIONS)[number];

export type Restriction =
  | { type: 'disabled' }
  | { type: 'enabled'; unrestricted_participants: ParticipantId[] };

export interface ConnectionInfo {
  connection_id: ConnectionId;
  device_id?: string;
}

export interface PeerCore {
  display_name: string;
  role: Role;
  avatar_url?: string | null;
  participation_kind: string;
  joined_at: Timestamp;
  left_at?: Timestamp | null;
  is_room_owner?: boolean;
}

export interface PeerData {
  core?: PeerCore;
  raise_hands?: { raised_at: Timestamp } | null;
}

export interface Peer {
  id: ParticipantId;
  connections: ConnectionInfo[];
  module_data: PeerData;
}

export interface WaitingParticipant {
  participant_id: ParticipantId;
  accepted?: boolean;
  joined_at: Timestamp;
  display_name: string;
  avatar_url?: string | null;
}

export interface BannedParticipant {
  participant_id: ParticipantId;
  display_name?: string;
  avatar_url?: string | null;
}

export type ChatScope =
  | { scope: 'global' }
  | { scope: 'private'; target: ParticipantId }
  | { scope: 'breakout'; target: number };

export type StoredMessage = ChatScope & {
  id: string;
  source: ParticipantId;
  timestamp: Timestamp;
  content: string;
};

export interface ChatChunk {
  messages: StoredMessage[];
  next_index?: number | null;
}

export interface PrivateHistory {
  correspondent: ParticipantId;
  history: ChatChunk;
}

export interface Credentials {
  room: string;
  token: string;
  public_url: string;
}

export interface ModeratorData {
  waiting_room?: WaitingRoom;
  waiting_room_enabled?: boolean;
  guest_access?: 'disabled' | 'waiting_room' | 'direct_access';
  waiting_room_participants?: WaitingParticipant[];
  banned_participants?: BannedParticipant[];
}

export interface ModuleData {
  chat?: {
    enabled: boolean;
    global_history: ChatChunk;
    private_history?: PrivateHistory[];
    last_seen_timestamp_global?: Timestamp | null;
    last_seen_timestamps_private?: Record<ParticipantId, Timestamp>;
  };
  livekit?: Credentials & {
    microphone_restriction_state?: Restriction;
    screen_share_requires_permission?: boolean;
  };
  moderation?: ModeratorData & { display_name_change_restrictions?: Restriction };
  raise_hands?: { raise_hands_enabled: boolean; state?: { raised_at: Timestamp } | null };
  reaction?: { restrictions: Restriction };
}

export interface JoinSuccess {
  message: 'join_success';
  id: ParticipantId;
  connection_id: ConnectionId;
  display_name: string;
  avatar_url?: string | null;
  role: Role;
  closes_at?: Timestamp | null;
  enabled_modules: Record<string, string[]>;
  module_data: ModuleData;
  participants: Peer[];
  event_info?: { title: string } | null;
  meeting_details?: {
    invite_code_id?: string | null;
    call_in?: { tel: string; id: string; password: string } | null;
  } | null;
  room_info?: { id: string; password?: string | null };
  is_room_owner?: boolean;
}

export type DisconnectReason =
  | 'leave'
  | 'connection_lost'
  | 'kicked'
  | 'banned'
  | 'internal_error'
  | 'sent_to_waiting_room'
  | 'debriefed';

export type CoreEvent =
  | JoinSuccess
  | {
      message: 'participant_connected';
      participant_id: ParticipantId;
      connection_id: ConnectionId;
      peer_data?: PeerData;
    }
  | {
      message: 'participant_disconnected';
      participant_id: ParticipantId;
      connection_id: ConnectionId;
      reason: DisconnectReason;
    }
  | { message: 'join_blocked'; reason: string }
  | { message: 'in_waiting_room'; participant_id: ParticipantId }
  | ({ message: 'joined_waiting_room' } & WaitingParticipant)
  | { message: 'left_waiting_room'; id?: ParticipantId; participant_id?: ParticipantId }
  | { message: 'closing'; reason: string };

export type ModerationEvent =
  | { message: 'kicked'; reason?: 'kicked' | 'debriefed' }
  | { message: 'banned' }
  | ({ message: 'participant_banned' } & BannedParticipant)
  | { message: 'participant_unbanned'; participant_id: ParticipantId }
  | {
      message: 'role_updated';
      participant_id: ParticipantId;
      new_role: Role;
      moderator_data?: ModeratorData | null;
    }
  | { message: 'debriefing_started'; issued_by: ParticipantId }
  | { message: 'waiting_room_updated'; new_state: WaitingRoom }
  | { message: 'waiting_room_enabled'; new_state?: WaitingRoom }
  | { message: 'waiting_room_disabled'; new_state?: WaitingRoom }
  | { message: 'sent_to_waiting_room' }
  | { message: 'accepted' }
  | { message: 'participant_accepted'; participant_id: ParticipantId }
  | {
      message: 'display_name_changed';
      target: ParticipantId;
      issued_by: ParticipantId;
      old_name: string;
      new_name: string;
    }
  | { message: 'display_name_change_restrictions_enabled'; unrestricted_participants: ParticipantId[] }
  | { message: 'display_name_change_restrictions_disabled' }
  | { message: 'muted'; moderator: ParticipantId }
  | { message: 'microphone_restrictions_enabled'; unrestricted_participants: ParticipantId[] }
  | { message: 'microphone_restrictions_disabled' };

export type ChatEvent =
  | { message: 'chat_enabled'; issued_by: ParticipantId }
  | { message: 'chat_disabled'; issued_by: ParticipantId }
  | { message: 'history_cleared'; issued_by: ParticipantId }
  | ({ message: 'message_sent'; id: string; source: ParticipantId; content: string } & ChatScope)
  | { message: 'room_chat_history_chunk'; history: ChatChunk }
  | ({ message: 'private_chat_history_chunk' } & PrivateHistory)
  | ({ message: 'set_last_seen_timestamp'; timestamp: Timestamp } & ChatScope)
  | { message: 'slow_down'; recommended_wait_ms: number };

export type RaiseHandsEvent =
  | { message: 'raise_hands_enabled'; issued_by: ParticipantId }
  | { message: 'raise_hands_disabled'; issued_by: ParticipantId }
  | { message: 'hand_raised'; participant: ParticipantId; raised_at?: Timestamp }
  | { message: 'hand_lowered'; participant: ParticipantId }
  | {
      message: 'raised_hand_reset_by_moderator';
      issued_by: ParticipantId;
      participants: ParticipantId[];
    };

export type ReactionEvent =
  | { message: 'reacted'; participant_id: ParticipantId; reaction: Reaction }
  | { message: 'restrictions_enabled'; unrestricted_participants: ParticipantId[] }
  | { message: 'restrictions_disabled' };

export type LivekitEvent =
  | ({ message: 'credentials' } & Credentials)
  | { message: 'screen_share_permissions_updated'; grant: boolean; participants: ParticipantId[] };

/** What any module answers to a command that it refuses. */
export interface ModuleError {
  message: 'error';
  error: string;
  retry_after_ms?: number;
}

interface Framed<N extends string, P> {
  namespace: N;
  timestamp?: Timestamp;
  payload: P;
  /** Of the command that this answers. */
  transaction_id?: number;
}

export type ServerFrame =
  | Framed<'core', CoreEvent | ModuleError>
  | Framed<'moderation', ModerationEvent | ModuleError>
  | Framed<'chat', ChatEvent | ModuleError>
  | Framed<'raise_hands', RaiseHandsEvent | ModuleError>
  | Framed<'reaction', ReactionEvent | ModuleError>
  | Framed<'livekit', LivekitEvent | ModuleError>
  | Framed<'echo', { message: 'pong' }>
  | Framed<'error', { error: string; message?: string }>;

export type ClientFrame =
  | { namespace: 'core'; payload: { action: 'enter_room' } }
  | { namespace: 'echo'; payload: { action: 'ping' } }
  | {
      namespace: 'moderation';
      payload:
        | {
            action: 'kick' | 'ban' | 'unban' | 'send_to_waiting_room' | 'accept';
            target: ParticipantId;
          }
        | { action: 'update_role'; participant_id: ParticipantId; new_role: 'user' | 'moderator' }
        | { action: 'debrief'; kick_scope: KickScope }
        | { action: 'change_waiting_room_state'; new_state: WaitingRoom }
        | { action: 'change_display_name'; target: ParticipantId; new_name: string }
        | { action: 'mute'; participants: ParticipantId[] }
        | {
            action: 'enable_microphone_restrictions' | 'enable_display_name_change_restrictions';
            unrestricted_participants: ParticipantId[];
          }
        | { action: 'disable_microphone_restrictions' | 'disable_display_name_change_restrictions' };
    }
  | {
      namespace: 'chat';
      payload:
        | { action: 'enable_chat' | 'disable_chat' | 'clear_history' }
        | ({ action: 'send_message'; content: string } & ChatScope)
        | ({ action: 'get_history_chunk'; message_index: number } & ChatScope)
        | ({ action: 'set_last_seen_timestamp'; timestamp: Timestamp } & ChatScope);
    }
  | {
      namespace: 'raise_hands';
      payload:
        | { action: 'raise_hand' | 'lower_hand' | 'enable_raise_hands' | 'disable_raise_hands' }
        | { action: 'reset_raised_hands'; target?: ParticipantId[] };
    }
  | { namespace: 'reaction'; payload: { action: 'react'; reaction: Reaction } }
  | {
      namespace: 'livekit';
      payload:
        | { action: 'create_new_access_token' }
        | {
            action: 'grant_screen_share_permission' | 'revoke_screen_share_permission';
            participants: ParticipantId[];
          };
    };
