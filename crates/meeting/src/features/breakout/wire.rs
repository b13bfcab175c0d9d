// SPDX-License-Identifier: EUPL-1.2
//! Breakout rooms as they travel (profile §4.3 and §9). What the profile does not have is marked as Konvent's own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Place;
use crate::features::{EndedModules, ModuleData, PeerModules};
use crate::ids::ParticipantId;

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Opens rooms. Whoever is assigned to one is told so, and goes there by `switch_room`.
    Start {
        /// 1 to 100. A room's id is its index here.
        rooms: Vec<Wanted>,
        /// After so many seconds everybody is back; less than 60 counts as 60, at most 86,400. Absent: when stopped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        duration: Option<u32>,
        /// Konvent's own: everybody assigned is in their room at once.
        #[serde(default, skip_serializing_if = "Not::not")]
        move_assigned: bool,
        /// Konvent's own: whoever is no moderator enters no room but the one they are assigned to.
        #[serde(default, skip_serializing_if = "Not::not")]
        assigned_only: bool,
    },
    /// Goes to another room, or back, with all one's windows.
    SwitchRoom(Place),
    /// Konvent's own: brings people to a room, or back. Where only those assigned may enter, it assigns them.
    MoveParticipants {
        participants: BTreeSet<ParticipantId>,
        #[serde(flatten)]
        to: Place,
    },
    /// Konvent's own.
    RenameRoom {
        id: u32,
        /// 1 to 100 bytes that people can read.
        name: String,
    },
    /// Konvent's own: asks moderators into the room one is in. It stands until one comes.
    CallForHelp,
    /// Konvent's own: moderators need not come any more.
    WithdrawCall,
    /// Brings everybody back, now or after a while. Also what had an end then ends at this one.
    Stop {
        /// In seconds, at most 86,400. Absent or 0: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        delay: Option<u32>,
    },
}

/// A room that is to be opened.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WantedRoom)]
pub(crate) struct Wanted {
    /// 1 to 100 bytes that people can read.
    pub name: String,
    /// Who is to go there; nobody in two rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<ParticipantId>,
}

/// A room that is open.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = BreakoutRoom)]
pub(crate) struct Open {
    pub id: u32,
    pub name: String,
    /// Konvent's own: since when moderators are asked to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub help_since: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody.
    Started {
        started_by: ParticipantId,
        rooms: Vec<Open>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        expires_at: Option<Timestamp>,
        /// The room one is assigned to oneself.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        assignment: Option<u32>,
        /// Konvent's own: whoever is no moderator enters no other room.
        assigned_only: bool,
    },
    /// To all windows of whoever is in another room now, by themselves, by a moderator or because the rooms are closed.
    SwitchedRoom(Box<Switched>),
    /// To everybody else, wherever they are.
    ParticipantSwitchedRoom {
        participant_id: ParticipantId,
        old_room: Place,
        new_room: Place,
    },
    /// To everybody: the rooms close then, and not when it was said before.
    CloseNotice {
        issued_by: ParticipantId,
        stops_at: Timestamp,
    },
    /// To everybody: now all go back.
    Closing {
        /// Absent: their time is over.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        issued_by: Option<ParticipantId>,
    },
    /// To everybody: all are back.
    Closed,
    /// Konvent's own, to everybody whose front end names `dialect: "july"`.
    RoomRenamed {
        id: u32,
        name: String,
        issued_by: ParticipantId,
    },
    /// Konvent's own, to moderators and those in the room whose front end names `dialect: "july"`.
    HelpCalled { id: u32, participant_id: ParticipantId },
    /// Konvent's own, to the same: a moderator has come, or it was withdrawn.
    CallEnded { id: u32, participant_id: ParticipantId },
}

/// What somebody learns who is in another room now.
#[derive(Serialize, ToSchema)]
#[schema(as = SwitchedRoom)]
pub(crate) struct Switched {
    /// What there is of each module that is of a room; a module that is not here has nothing running. `livekit` has
    /// the token for the media of this room, `chat` comes where something was written in it.
    pub own_data: ModuleData,
    /// What was over here before, of modules that keep it.
    #[serde(skip_serializing_if = "EndedModules::is_empty")]
    #[schema(required = false)]
    pub ended: EndedModules,
    pub old_room: Place,
    pub new_room: Place,
    /// What modules that are of a room tell of others here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub peer_data: BTreeMap<ParticipantId, PeerModules>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    /// Not one's own room, where only those assigned may enter.
    InsufficientPermission,
    AlreadyActive,
    AlreadyInRoom,
    UnknownParticipant {
        participant_id: ParticipantId,
    },
    /// No room at all, or somebody in two of them.
    InvalidSelection,
    TooManyRooms,
    UnknownBreakoutId,
    BreakoutInactive,
    /// Of a room.
    InvalidName {
        /// In bytes.
        max_length: usize,
    },
    InvalidDuration {
        /// In seconds.
        max_duration: u32,
    },
    /// One is in the main room.
    NotInBreakoutRoom,
}

/// The rooms that are open; absent: none.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// Where one is.
    pub room: Place,
    pub rooms: Vec<Open>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires: Option<Timestamp>,
    /// Konvent's own: the room one is assigned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assignment: Option<u32>,
    /// Konvent's own: whoever is no moderator enters no other room.
    pub assigned_only: bool,
}

/// Where somebody is, while rooms are open.
#[derive(Serialize, ToSchema)]
pub(crate) struct Peer {
    pub room: Place,
}
