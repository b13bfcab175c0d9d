// SPDX-License-Identifier: EUPL-1.2
//! The events of the namespace `core` (OpenTalk profile §4.2, §4.3, §9).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::engine::Connection;
use crate::ids::{ConnectionId, DeviceId, ParticipantId, RoomId};
use crate::parameters::{Creator, EventInfo, ParametersChange, Role, Tariff};
use crate::ports::ClosingReason;

#[derive(Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event<'a> {
    JoinSuccess(Box<JoinSuccess<'a>>),
    ParticipantConnected {
        participant_id: ParticipantId,
        connection_id: ConnectionId,
        peer_data: &'a RawValue,
    },
    ParticipantDisconnected {
        participant_id: ParticipantId,
        connection_id: ConnectionId,
        reason: DisconnectReason,
    },
    JoinBlocked {
        reason: &'static str,
    },
    InWaitingRoom {
        connection_id: ConnectionId,
        participant_id: ParticipantId,
    },
    JoinedWaitingRoom {
        participant_id: ParticipantId,
        connection_ids: Vec<ConnectionId>,
        joined_at: Timestamp,
        display_name: &'a str,
        avatar_url: Option<&'a str>,
    },
    /// Both dialects: one id, and a list of it.
    LeftWaitingRoom {
        id: ParticipantId,
        connection_id: ConnectionId,
        connection_ids: [ConnectionId; 1],
    },
    Closing {
        reason: ClosingReason,
    },
    RoomParametersChanged {
        change: &'a ParametersChange,
    },
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisconnectReason {
    Leave,
    ConnectionLost,
    Kicked,
    Debriefed,
    Banned,
    SentToWaitingRoom,
}

/// All of the meeting for a newcomer, but `participants`, which the engine appends.
#[derive(Serialize)]
pub(crate) struct JoinSuccess<'a> {
    pub id: ParticipantId,
    pub connection_id: ConnectionId,
    pub device_id: DeviceId,
    /// The newcomer's other connections.
    pub connections: Vec<ConnectionInfo>,
    pub display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<&'a str>,
    pub role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    pub tariff: &'a Tariff,
    pub enabled_modules: BTreeMap<&'static str, Vec<&'static str>>,
    pub module_data: BTreeMap<&'static str, Box<RawValue>>,
    pub event_info: Option<&'a EventInfo>,
    pub meeting_details: MeetingDetails,
    pub room_info: RoomInfo<'a>,
    pub is_room_owner: bool,
}

#[derive(Serialize)]
pub(crate) struct ConnectionInfo {
    connection_id: ConnectionId,
    device_id: DeviceId,
}

impl From<&Connection> for ConnectionInfo {
    fn from(connection: &Connection) -> Self {
        Self {
            connection_id: connection.id,
            device_id: connection.device,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct MeetingDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_code_id: Option<Uuid>,
    pub streaming_links: [(); 0],
}

#[derive(Serialize)]
pub(crate) struct RoomInfo<'a> {
    pub id: RoomId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'a str>,
    pub created_by: &'a Creator,
}
