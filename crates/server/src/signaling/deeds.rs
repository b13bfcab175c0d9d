// SPDX-License-Identifier: EUPL-1.2
//! What the audit log says of what moderators do. Not whether they may.

use konvent_meeting::{Act, Deed, ParticipantId};

use crate::audit::{Action, Entry};
use crate::ids::{RoomId, UserId};

/// What the audit log says of a moderator's deed. Moderators have accounts: their id as participant is that of their account.
pub(crate) fn entry(room: RoomId, by: ParticipantId, deed: &Deed) -> Entry {
    let action = match deed.act {
        Act::Kicked => Action::ParticipantKicked,
        Act::Banned => Action::ParticipantBanned,
        Act::Unbanned => Action::ParticipantUnbanned,
        Act::RoleGiven => Action::ParticipantRoleGiven,
        Act::Debriefed => Action::MeetingDebriefed,
        Act::WaitingRoomSet => Action::WaitingRoomSet,
        Act::SentToWaitingRoom => Action::ParticipantSentToWaitingRoom,
        Act::LetIn => Action::ParticipantLetIn,
        Act::Renamed => Action::ParticipantRenamed,
        Act::RenamingRestricted => Action::RenamingRestricted,
        Act::Muted => Action::ParticipantsMuted,
        Act::MicrophonesRestricted => Action::MicrophonesRestricted,
        Act::ScreenSharingSet => Action::ScreenSharingSet,
        Act::ChatSwitched => Action::ChatSwitched,
        Act::ChatCleared => Action::ChatCleared,
        Act::HandsSwitched => Action::HandsSwitched,
        Act::HandsLowered => Action::HandsLowered,
        Act::ReactionsRestricted => Action::ReactionsRestricted,
        Act::BreakoutStarted => Action::BreakoutStarted,
        Act::BreakoutStopped => Action::BreakoutStopped,
        Act::MovedToRoom => Action::ParticipantsMoved,
    };
    let mut entry = Entry::by(UserId(by.0), action).on(room);
    let targets: Vec<String> = deed.targets.iter().map(ToString::to_string).collect();
    match &targets[..] {
        [] => {}
        [one] => entry = entry.with("participant", one),
        several => entry = entry.with("participants", several.join(" ")),
    }
    match deed.value {
        Some(value) => entry.with("value", value.as_str()),
        None => entry,
    }
}
