// SPDX-License-Identifier: EUPL-1.2
//! What the audit log says of each command of moderation. Nothing is done here. The one rule: a deed names ids and fixed
//! words.

use super::wire::{Command, KickScope};
use crate::features::{Act, Deed, Setting};
use crate::ids::ParticipantId;
use crate::parameters::{Role, WaitingRoom};

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
                Role::Guest => Setting::Guest,
                Role::User => Setting::User,
                Role::Moderator => Setting::Moderator,
            }),
            Command::Debrief { kick_scope } => Deed::new(Act::Debriefed).to(match kick_scope {
                KickScope::Guests => Setting::Guests,
                KickScope::UsersAndGuests => Setting::UsersAndGuests,
                KickScope::All => Setting::All,
            }),
            Command::EnableWaitingRoom => Deed::new(Act::WaitingRoomSet).to(Setting::ForEveryone),
            Command::DisableWaitingRoom => Deed::new(Act::WaitingRoomSet).to(Setting::Disabled),
            Command::ChangeWaitingRoomState { new_state } => Deed::new(Act::WaitingRoomSet).to(match new_state {
                WaitingRoom::Disabled => Setting::Disabled,
                WaitingRoom::ForGuests => Setting::ForGuests,
                WaitingRoom::ForEveryone => Setting::ForEveryone,
            }),
            Command::SendToWaitingRoom { target } => deed(Act::SentToWaitingRoom, target),
            Command::Accept { target } => deed(Act::LetIn, target),
            // Also guests change their own name; it is no deed of a moderator then.
            Command::ChangeDisplayName { .. } => return None,
            Command::EnableDisplayNameChangeRestrictions { .. } => {
                Deed::new(Act::RenamingRestricted).to(Setting::Enabled)
            }
            Command::DisableDisplayNameChangeRestrictions => Deed::new(Act::RenamingRestricted).to(Setting::Disabled),
            Command::Mute { participants } => Deed::new(Act::Muted).on(participants.iter().copied()),
            Command::EnableMicrophoneRestrictions { .. } => Deed::new(Act::MicrophonesRestricted).to(Setting::Enabled),
            Command::DisableMicrophoneRestrictions => Deed::new(Act::MicrophonesRestricted).to(Setting::Disabled),
        })
    }
}
