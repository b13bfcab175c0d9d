// SPDX-License-Identifier: EUPL-1.2
//! The people of a meeting and their connections. State belongs to the participant, media and admission to
//! the connection: somebody may wait with one device and sit in the room with another.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{ConnectionId, DeviceId, ParticipantId};
use crate::parameters::{ParticipationKind, Role};

/// One socket of a participant.
pub(crate) struct Connection {
    pub id: ConnectionId,
    pub device: DeviceId,
    pub media_url: Arc<str>,
    /// In the room, or still in the waiting room.
    pub entered: bool,
}

/// One person, also after they left.
pub(crate) struct Member {
    pub id: ParticipantId,
    pub kind: ParticipationKind,
    pub display_name: String,
    pub avatar_url: Option<String>,
    /// The role they came with.
    pub base_role: Role,
    pub role: Role,
    pub is_room_owner: bool,
    /// Let in by a moderator or by the rules of the room: does not wait again.
    pub admitted: bool,
    /// Was in the room at some time, so that everybody knows them.
    pub known: bool,
    pub joined_at: Timestamp,
    pub left_at: Option<Timestamp>,
    pub connections: Vec<Connection>,
    pub may_share_screen: bool,
    /// The encoded entry in `participants` and its `module_data`, kept until something in it changes.
    pub peer: Option<Peer>,
}

/// The encoded description of a member for everybody else.
pub(crate) struct Peer {
    pub entry: String,
    pub module_data: Arc<str>,
}

/// Somebody who may not come back, as moderators see them.
#[derive(Clone, Serialize)]
pub(crate) struct Banned {
    pub participant_id: ParticipantId,
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    pub banned_by: ParticipantId,
    pub banned_at: Timestamp,
}

impl Member {
    pub(crate) fn entered(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.entered)
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| !connection.entered)
    }

    pub(crate) fn is_in_room(&self) -> bool {
        self.entered().next().is_some()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting().next().is_some()
    }

    pub(crate) fn is_moderator(&self) -> bool {
        self.role == Role::Moderator
    }

    pub(crate) fn is_registered(&self) -> bool {
        self.kind == ParticipationKind::Registered
    }

    /// The LiveKit identity of one of their connections (OpenTalk profile §5).
    pub(crate) fn identity(&self, connection: ConnectionId) -> String {
        format!("{}:{connection}", self.id)
    }

    pub(crate) fn identities(&self) -> Vec<String> {
        self.entered().map(|connection| self.identity(connection.id)).collect()
    }
}
