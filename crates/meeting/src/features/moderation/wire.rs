// SPDX-License-Identifier: EUPL-1.2
//! Moderation as it travels.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Restriction;
use crate::ids::{ConnectionId, ParticipantId};
use crate::parameters::{GuestAccess, Role, WaitingRoom};

/// Whom a debriefing puts out.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KickScope {
    Guests,
    UsersAndGuests,
    All,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Out, and before the door when they come back.
    Kick {
        target: ParticipantId,
    },
    /// Out, also of later meetings of the room.
    Ban {
        /// A registered user.
        target: ParticipantId,
    },
    Unban {
        target: ParticipantId,
    },
    UpdateRole {
        /// A registered user.
        participant_id: ParticipantId,
        /// `user` or `moderator`.
        new_role: Role,
    },
    Debrief {
        kick_scope: KickScope,
    },
    EnableWaitingRoom,
    DisableWaitingRoom,
    ChangeWaitingRoomState {
        new_state: WaitingRoom,
    },
    SendToWaitingRoom {
        target: ParticipantId,
    },
    Accept {
        target: ParticipantId,
    },
    /// Guests may change their own name, unless that is restricted; moderators that of any guest.
    ChangeDisplayName {
        /// A guest.
        target: ParticipantId,
        /// At most 100 bytes.
        new_name: String,
    },
    EnableDisplayNameChangeRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableDisplayNameChangeRestrictions,
    /// Also what is heard of a shared screen.
    Mute {
        participants: BTreeSet<ParticipantId>,
    },
    /// Only these and moderators may speak from now on. It takes the sound of a shared screen as well, but from those who
    /// were granted to share.
    EnableMicrophoneRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableMicrophoneRestrictions,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To whoever goes.
    Kicked { reason: Kicked },
    /// To whoever goes, or comes and is banned.
    Banned,
    /// To moderators who know `july`.
    ParticipantBanned(BannedParticipant),
    /// To moderators who know `july`.
    ParticipantUnbanned { participant_id: ParticipantId },
    /// To everybody; also when the invitation was changed outside.
    RoleUpdated {
        participant_id: ParticipantId,
        new_role: Role,
        /// To whoever is a moderator from now on.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        moderator_data: Option<Door>,
    },
    /// To everybody.
    DebriefingStarted { issued_by: ParticipantId },
    /// To everybody who knows `july`.
    WaitingRoomUpdated { new_state: WaitingRoom },
    /// To everybody who does not know `july`.
    WaitingRoomEnabled { new_state: WaitingRoom },
    /// To everybody who does not know `july`.
    WaitingRoomDisabled { new_state: WaitingRoom },
    /// To whom it concerns.
    SentToWaitingRoom,
    /// To whom it concerns: `core.enter_room` leads in.
    Accepted,
    /// To moderators.
    ParticipantAccepted { participant_id: ParticipantId },
    /// To everybody.
    DisplayNameChanged {
        target: ParticipantId,
        issued_by: ParticipantId,
        old_name: String,
        new_name: String,
    },
    /// To everybody.
    DisplayNameChangeRestrictionsEnabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    /// To everybody.
    DisplayNameChangeRestrictionsDisabled,
    /// To whoever was heard before.
    Muted { moderator: ParticipantId },
    /// To everybody, once the media server knows.
    MicrophoneRestrictionsEnabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    /// To everybody, once the media server knows.
    MicrophoneRestrictionsDisabled,
}

/// Why somebody was put out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kicked {
    Kicked,
    Debriefed,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    /// Guests change their own name only, and only where that is not restricted.
    InsufficientPermissions,
    UnknownParticipant,
    UnknownParticipants {
        /// Those who are not inside.
        participants: Vec<ParticipantId>,
    },
    /// Nobody waits under this id, or a moderator has accepted them already.
    NotWaiting,
    CannotKickRoomOwner,
    CannotBanSelf,
    CannotBanRoomOwner,
    CannotBanGuests,
    AlreadyBanned,
    AlreadyUnbanned,
    CannotChangeRoomOwnerRole,
    /// A guest, or the role `guest`.
    UserCannotBeModerator,
    RoleAlreadyAssigned,
    CannotSendRoomOwnerToWaitingRoom,
    CannotChangeNameOfRegisteredUsers,
    /// Too long, without a visible character, or with one that does not belong in a name.
    InvalidDisplayName,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub door: Door,
    /// As in the snapshot of `raise_hands`; older front ends look for it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub raise_hands_enabled: Option<bool>,
    pub display_name_change_restrictions: Restriction,
}

/// Who has to wait; to moderators also who does, and who may not come at all.
#[derive(Serialize, ToSchema)]
pub(crate) struct Door {
    /// Whether `waiting_room` is not `disabled`.
    pub waiting_room_enabled: bool,
    pub waiting_room: WaitingRoom,
    pub guest_access: GuestAccess,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub waiting_room_participants: Option<Vec<WaitingParticipant>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub banned_participants: Option<Vec<BannedParticipant>>,
}

/// Somebody who waits.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaitingParticipant {
    pub participant_id: ParticipantId,
    pub connections: Vec<ConnectionId>,
    pub accepted: bool,
    pub joined_at: Timestamp,
    pub display_name: String,
    pub avatar_url: Option<String>,
}

/// A registered user who may not come in.
#[derive(Serialize, ToSchema)]
pub(crate) struct BannedParticipant {
    pub participant_id: ParticipantId,
    pub display_name: String,
    pub avatar_url: Option<String>,
}
