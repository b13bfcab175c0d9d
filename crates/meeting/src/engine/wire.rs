// SPDX-License-Identifier: EUPL-1.2
//! What the engine itself says: who comes in, who is there, who goes. What a module says is its own. The one rule: nobody
//! learns here what is not for everybody inside, but for what is marked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::features::{EndedModules, ModuleData, PeerModules};
use crate::ids::{ConnectionId, DeviceId, ParticipantId, RoomId};
use crate::parameters::{CallIn, Creator, EventInfo, ParametersChange, ParticipationKind, Role};
use crate::ports::ClosingReason;
use crate::wire;

/// Goes in, once accepted.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnterRoom,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To whoever enters.
    JoinSuccess(Box<JoinSuccess>),
    /// To whoever has to wait.
    InWaitingRoom {
        connection_id: ConnectionId,
        participant_id: ParticipantId,
    },
    /// To whoever is turned away.
    JoinBlocked { reason: Blocked },
    /// To moderators.
    JoinedWaitingRoom {
        participant_id: ParticipantId,
        connection_ids: Vec<ConnectionId>,
        joined_at: Timestamp,
        display_name: String,
        avatar_url: Option<String>,
    },
    /// To moderators: somebody went in or went away, with the last of their connections.
    LeftWaitingRoom {
        id: ParticipantId,
        connection_id: Option<ConnectionId>,
        connection_ids: Vec<ConnectionId>,
    },
    /// To everybody but this connection.
    ParticipantConnected {
        participant_id: ParticipantId,
        connection_id: ConnectionId,
        peer_data: PeerData,
    },
    /// To the others.
    ParticipantDisconnected {
        participant_id: ParticipantId,
        connection_id: ConnectionId,
        reason: Leaving,
    },
    /// To moderators: the room was changed outside. What is absent stayed as it was.
    RoomParametersChanged { change: ParametersChange },
    /// To everybody: the meeting ends.
    Closing { reason: ClosingReason },
}

impl wire::Event for Event {
    const NAMESPACE: &'static str = "core";

    fn size(&self) -> usize {
        match self {
            Event::JoinSuccess(success) => {
                let people = success.participants.iter();
                // A comma each, and 8 KiB of all the rest, if nobody has chatted.
                people.map(|person| person.get().len() + 1).sum::<usize>() + 8 * 1024
            }
            _ => 256,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    AlreadyInRoom,
    NotAccepted,
}

/// The command is a moderator's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum AnyRefusal {
    InsufficientPermissions,
    /// The same, in the word of `breakout`.
    InsufficientPermission,
}

/// Why nobody else comes in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Blocked {
    /// The meeting is full. Try again later.
    ParticipantLimitReached,
    /// One person may not have more connections. For good.
    TooManyConnections,
}

/// Why somebody leaves.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leaving {
    Leave,
    ConnectionLost,
    Kicked,
    Banned,
    SentToWaitingRoom,
    Debriefed,
}

/// Everything a newcomer has to know.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinSuccess {
    pub id: ParticipantId,
    pub connection_id: ConnectionId,
    pub device_id: DeviceId,
    /// One's other connections.
    pub connections: Vec<ConnectionInfo>,
    pub display_name: String,
    pub avatar_url: Option<String>,
    pub role: Role,
    /// When the tariff ends the meeting.
    pub closes_at: Option<Timestamp>,
    pub tariff: TariffInfo,
    /// The features of each module that there is; a module without features is here, too.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub enabled_modules: BTreeMap<&'static str, Vec<&'static str>>,
    pub module_data: ModuleData,
    /// What was over before, of modules that keep it. Front ends of the profile take what is in `module_data` for what runs.
    #[serde(skip_serializing_if = "EndedModules::is_empty")]
    #[schema(required = false)]
    pub ended: EndedModules,
    /// Everybody else, also who left.
    #[schema(value_type = Vec<Peer>)]
    pub participants: Vec<EncodedPeer>,
    pub event_info: Option<EventInfo>,
    pub meeting_details: MeetingDetails,
    pub room_info: RoomInfo,
    pub is_room_owner: bool,
}

/// The tariff of the room's owner. Quotas: `max_storage` (bytes), `room_time_limit_secs`, `room_participant_limit`; an
/// absent quota is no limit.
#[derive(Serialize, ToSchema)]
pub(crate) struct TariffInfo {
    pub id: Uuid,
    pub name: String,
    pub quotas: BTreeMap<String, u64>,
    pub used_quota: BTreeMap<String, u64>,
    /// `module::feature`
    pub disabled_features: Vec<String>,
}

/// One connection of somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionInfo {
    pub connection_id: ConnectionId,
    pub device_id: DeviceId,
}

/// Somebody else in the meeting.
#[derive(Serialize, ToSchema)]
pub(crate) struct Peer {
    pub id: ParticipantId,
    pub connections: Vec<ConnectionInfo>,
    pub module_data: PeerData,
}

/// A [`Peer`], encoded once per change and not once per newcomer: at a thousand people that is what costs most.
pub(crate) type EncodedPeer = Arc<RawValue>;

/// What the modules tell of somebody.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PeerData {
    pub core: PeerCore,
    #[serde(flatten)]
    pub modules: PeerModules,
}

/// Somebody as everybody sees them.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PeerCore {
    pub display_name: String,
    /// Guests are shown as `user`.
    pub role: Role,
    pub avatar_url: Option<String>,
    pub participation_kind: ParticipationKind,
    pub joined_at: Timestamp,
    pub left_at: Option<Timestamp>,
    pub is_room_owner: bool,
}

/// How others come in; to moderators, and to everybody where the room says so.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeetingDetails {
    pub invite_code_id: Option<Uuid>,
    pub call_in: Option<CallIn>,
    /// Always empty.
    pub streaming_links: Vec<String>,
}

/// The room of the meeting.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoomInfo {
    pub id: RoomId,
    /// To moderators, so that they can pass it on.
    pub password: Option<String>,
    pub created_by: Creator,
}

/// A rule that holds for all but some.
#[derive(Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Restriction {
    #[default]
    Disabled,
    Enabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
}

/// How a connection gets to the media server.
#[derive(Serialize, ToSchema)]
pub(crate) struct Credentials {
    pub room: String,
    /// Of LiveKit, for one minute.
    pub token: String,
    pub public_url: String,
}
