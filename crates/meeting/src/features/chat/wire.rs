// SPDX-License-Identifier: EUPL-1.2
//! The chat as it travels.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{MessageId, ParticipantId};
use crate::wire::Nothing;

/// A conversation: of all, wherever they are, of oneself with one other person, or of those in a breakout room.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(tag = "scope", content = "target", rename_all = "snake_case")]
pub(crate) enum Scope {
    Global,
    Private(ParticipantId),
    Breakout(u32),
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnableChat,
    DisableChat,
    SendMessage {
        /// At most 4096 characters.
        content: String,
        #[serde(flatten)]
        scope: Scope,
    },
    /// In private: with somebody of this meeting.
    SetLastSeenTimestamp {
        timestamp: Timestamp,
        #[serde(flatten)]
        scope: Scope,
    },
    GetHistoryChunk {
        /// Of the newest message wanted. An index stays that of its message.
        message_index: usize,
        #[serde(flatten)]
        scope: Scope,
    },
    SearchHistory {
        /// 2 to 255 characters.
        term: String,
        /// Where to go on: of the newest message to look at.
        message_index: Option<usize>,
        #[serde(flatten)]
        scope: Scope,
    },
    /// Of what was said to all.
    ClearHistory,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody.
    ChatEnabled { issued_by: ParticipantId },
    /// To everybody.
    ChatDisabled { issued_by: ParticipantId },
    /// To everybody, to the two of the conversation, or to those in the breakout room; sent at the frame's time.
    MessageSent {
        id: MessageId,
        source: ParticipantId,
        content: String,
        #[serde(flatten)]
        scope: Scope,
    },
    /// To one's own connections.
    SetLastSeenTimestamp {
        timestamp: Timestamp,
        #[serde(flatten)]
        scope: Scope,
    },
    /// To whoever asked.
    RoomChatHistoryChunk {
        history: Chunk,
        /// The breakout room, where it is of one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        breakout: Option<u32>,
    },
    /// To whoever asked.
    PrivateChatHistoryChunk(Correspondence),
    /// To whoever asked.
    SearchResults {
        matches: Chunk,
        #[serde(flatten)]
        scope: Scope,
    },
    /// To everybody.
    HistoryCleared { issued_by: ParticipantId },
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    ChatDisabled,
    MessageTooLong {
        /// In characters.
        max: usize,
    },
    InvalidSearchTermLength {
        min: usize,
        max: usize,
    },
    /// Of a private conversation: nobody here, or oneself.
    UnknownParticipant,
    /// One is not in this breakout room.
    NotInBreakoutRoom,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    pub enabled: bool,
    pub global_history: Chunk,
    /// Of the breakout room one is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub breakout_room_history: Option<Chunk>,
    /// The latest conversations, the newest messages of them.
    pub private_history: Vec<Correspondence>,
    pub last_seen_timestamp_global: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_seen_timestamp_breakout: Option<Timestamp>,
    pub last_seen_timestamps_private: BTreeMap<ParticipantId, Timestamp>,
    /// Always empty.
    #[schema(value_type = BTreeMap<String, Timestamp>)]
    pub last_seen_timestamps_group: BTreeMap<String, Nothing>,
}

/// What others see of somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Peer {
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<Nothing>,
}

/// A message that was kept.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = ChatMessage)]
pub(crate) struct Message {
    pub id: MessageId,
    pub source: ParticipantId,
    pub timestamp: Timestamp,
    pub content: String,
    #[serde(flatten)]
    pub scope: Scope,
}

/// A piece of a conversation, oldest first.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Chunk {
    pub messages: Vec<Message>,
    /// Where to ask on; none: there is nothing older.
    pub next_index: Option<usize>,
}

/// A private conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Correspondence {
    pub correspondent: ParticipantId,
    pub history: Chunk,
}
