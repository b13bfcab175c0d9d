// SPDX-License-Identifier: EUPL-1.2
//! The messages of the namespace `moderation`, in both dialects of the waiting room (OpenTalk profile §9).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::engine::{Banned, Restriction};
use crate::ids::ParticipantId;
use crate::parameters::{GuestAccess, Role, WaitingRoom};

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Kick {
        target: ParticipantId,
    },
    Ban {
        target: ParticipantId,
    },
    /// Clients of June say `participant_id`, those of July `target`.
    Unban {
        #[serde(alias = "participant_id")]
        target: ParticipantId,
    },
    UpdateRole {
        participant_id: ParticipantId,
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
    ChangeDisplayName {
        target: ParticipantId,
        new_name: String,
    },
    EnableDisplayNameChangeRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableDisplayNameChangeRestrictions,
    Mute {
        participants: BTreeSet<ParticipantId>,
    },
    EnableMicrophoneRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableMicrophoneRestrictions,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KickScope {
    Guests,
    UsersAndGuests,
    All,
}

#[derive(Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event<'a> {
    Kicked {
        reason: &'static str,
    },
    Banned,
    ParticipantBanned(&'a Banned),
    ParticipantUnbanned {
        participant_id: ParticipantId,
    },
    RoleUpdated {
        participant_id: ParticipantId,
        new_role: Role,
        /// Only for the person promoted.
        #[serde(skip_serializing_if = "Option::is_none")]
        moderator_data: Option<ModeratorData>,
    },
    DebriefingStarted {
        issued_by: ParticipantId,
    },
    WaitingRoomUpdated {
        new_state: WaitingRoom,
    },
    WaitingRoomEnabled,
    WaitingRoomDisabled,
    SentToWaitingRoom,
    Accepted,
    ParticipantAccepted {
        participant_id: ParticipantId,
    },
    DisplayNameChanged {
        target: ParticipantId,
        issued_by: ParticipantId,
        old_name: &'a str,
        new_name: &'a str,
    },
    DisplayNameChangeRestrictionsEnabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisplayNameChangeRestrictionsDisabled,
    Muted {
        moderator: ParticipantId,
    },
    MicrophoneRestrictionsEnabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    MicrophoneRestrictionsDisabled,
}

/// What only moderators learn.
#[derive(Serialize)]
pub(crate) struct ModeratorData {
    pub waiting_room_enabled: bool,
    pub waiting_room: WaitingRoom,
    pub guest_access: GuestAccess,
    pub waiting_room_participants: Vec<crate::engine::Waiting>,
    pub banned_participants: Vec<Banned>,
}

#[derive(Serialize)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub moderator_data: Option<ModeratorData>,
    pub display_name_change_restrictions: Restriction,
    /// Here as well as in `raise_hands`: clients of June look here.
    pub raise_hands_enabled: bool,
}
