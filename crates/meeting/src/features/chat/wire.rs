// SPDX-License-Identifier: EUPL-1.2
//! The messages of the namespace `chat` (OpenTalk profile §4.2, §4.3, §9).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, ParticipantId};

/// Where a message belongs. There are no breakout rooms yet, and with them no breakout scope: it is kept
/// apart so that using it gets its own refusal.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", content = "target", rename_all = "snake_case")]
pub(crate) enum Scope {
    Global,
    Private(ParticipantId),
    Breakout(u32),
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnableChat,
    DisableChat,
    SendMessage {
        content: String,
        #[serde(flatten)]
        scope: Scope,
    },
    GetHistoryChunk {
        /// The newest message wanted.
        message_index: usize,
        #[serde(flatten)]
        scope: Scope,
    },
    SearchHistory {
        term: String,
        #[serde(default)]
        message_index: Option<usize>,
        #[serde(flatten)]
        scope: Scope,
    },
    SetLastSeenTimestamp {
        timestamp: Timestamp,
        #[serde(flatten)]
        scope: Scope,
    },
    ClearHistory,
}

#[derive(Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event<'a> {
    ChatEnabled {
        issued_by: ParticipantId,
    },
    ChatDisabled {
        issued_by: ParticipantId,
    },
    MessageSent {
        id: MessageId,
        source: ParticipantId,
        content: &'a str,
        #[serde(flatten)]
        scope: Scope,
    },
    RoomChatHistoryChunk {
        history: Chunk,
    },
    PrivateChatHistoryChunk {
        correspondent: ParticipantId,
        history: Chunk,
    },
    SearchResults {
        matches: Chunk,
        #[serde(flatten)]
        scope: Scope,
    },
    SetLastSeenTimestamp {
        timestamp: Timestamp,
        #[serde(flatten)]
        scope: Scope,
    },
    HistoryCleared {
        issued_by: ParticipantId,
    },
}

/// A kept message as one reader sees it: in private, `target` is the other person.
#[derive(Clone, Serialize)]
pub(crate) struct StoredMessage {
    pub id: MessageId,
    pub source: ParticipantId,
    pub timestamp: Timestamp,
    pub content: Arc<str>,
    #[serde(flatten)]
    pub scope: Scope,
}

/// Part of a history, oldest first.
#[derive(Default, Serialize)]
pub(crate) struct Chunk {
    pub messages: Vec<StoredMessage>,
    /// The index to ask for next, going back in time.
    pub next_index: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct PrivateHistory {
    pub correspondent: ParticipantId,
    pub history: Chunk,
}

#[derive(Serialize)]
pub(crate) struct Snapshot {
    pub enabled: bool,
    pub global_history: Chunk,
    pub private_history: Vec<PrivateHistory>,
    pub last_seen_timestamp_global: Option<Timestamp>,
    pub last_seen_timestamps_private: BTreeMap<ParticipantId, Timestamp>,
    /// Groups do not exist here; OpenTalk's clients want the map.
    pub last_seen_timestamps_group: BTreeMap<String, Timestamp>,
}

#[derive(Serialize)]
pub(crate) struct Peer {
    pub groups: [(); 0],
}
