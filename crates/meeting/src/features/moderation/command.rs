// SPDX-License-Identifier: EUPL-1.2
//! The commands of moderation as they travel, and what the audit log says of each. Nothing is done here. The one rule: a
//! deed names ids and fixed words.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::features::{Act, Deed};
use crate::ids::ParticipantId;
use crate::parameters::{Role, WaitingRoom};

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KickScope {
    Guests,
    UsersAndGuests,
    All,
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Kick {
        target: ParticipantId,
    },
    Ban {
        target: ParticipantId,
    },
    Unban {
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

impl Command {
    pub fn deed(&self) -> Option<Deed> {
        let deed = |act, target: &ParticipantId| Deed::new(act).on([*target]);
        Some(match self {
            Command::Kick { target } => deed(Act::Kicked, target),
            Command::Ban { target } => deed(Act::Banned, target),
            Command::Unban { target } => deed(Act::Unbanned, target),
            Command::UpdateRole {
                participant_id,
                new_role,
            } => deed(Act::RoleGiven, participant_id).to(match new_role {
                Role::Guest => "guest",
                Role::User => "user",
                Role::Moderator => "moderator",
            }),
            Command::Debrief { kick_scope } => Deed::new(Act::Debriefed).to(match kick_scope {
                KickScope::Guests => "guests",
                KickScope::UsersAndGuests => "users_and_guests",
                KickScope::All => "all",
            }),
            Command::EnableWaitingRoom => Deed::new(Act::WaitingRoomSet).to("for_everyone"),
            Command::DisableWaitingRoom => Deed::new(Act::WaitingRoomSet).to("disabled"),
            Command::ChangeWaitingRoomState { new_state } => Deed::new(Act::WaitingRoomSet).to(match new_state {
                WaitingRoom::Disabled => "disabled",
                WaitingRoom::ForGuests => "for_guests",
                WaitingRoom::ForEveryone => "for_everyone",
            }),
            Command::SendToWaitingRoom { target } => deed(Act::SentToWaitingRoom, target),
            Command::Accept { target } => deed(Act::LetIn, target),
            // Also guests change their own name; it is no deed of a moderator then.
            Command::ChangeDisplayName { .. } => return None,
            Command::EnableDisplayNameChangeRestrictions { .. } => Deed::new(Act::RenamingRestricted).to("enabled"),
            Command::DisableDisplayNameChangeRestrictions => Deed::new(Act::RenamingRestricted).to("disabled"),
            Command::Mute { participants } => Deed::new(Act::Muted).on(participants.iter().copied()),
            Command::EnableMicrophoneRestrictions { .. } => Deed::new(Act::MicrophonesRestricted).to("enabled"),
            Command::DisableMicrophoneRestrictions => Deed::new(Act::MicrophonesRestricted).to("disabled"),
        })
    }
}
