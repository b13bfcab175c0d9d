// SPDX-License-Identifier: EUPL-1.2
//! Performs what a meeting may ask of the world. Not a decision: the meeting has decided. The set of effects is closed;
//! a new one is a line here.

use konvent_meeting::{Act, Deed, Effect, MediaPermission, MediaSource, Outcome, ParticipantId};
use konvent_sfu::{Permission, Sfu, TrackSource};

use crate::audit::{self, Action, Entry};
use crate::clock;
use crate::db::Db;
use crate::ids::{RoomId, TenantId, UserId};
use crate::rooms::bans;

/// Where a meeting's effects are performed.
pub struct World {
    pub sfu: Sfu,
    pub db: Db,
    pub tenant: TenantId,
    pub room: konvent_meeting::RoomId,
}

pub async fn perform(world: World, effect: Effect) -> Outcome {
    let World { sfu, db, tenant, room } = world;
    let recorded = |done: sqlx::Result<()>| match done {
        Ok(()) => Outcome::Done,
        Err(error) => {
            tracing::error!(%room, %error, "a ban could not be recorded; it holds until this meeting ends");
            Outcome::Failed
        }
    };
    match effect {
        Effect::RecordBan { participant } => {
            recorded(bans::store::add(&db, tenant, RoomId(room.0), UserId(participant.0)).await)
        }
        Effect::ForgetBan { participant } => {
            recorded(bans::store::remove(&db, tenant, RoomId(room.0), UserId(participant.0)).await)
        }
        Effect::MuteMedia {
            room,
            identities,
            source,
        } => {
            let mut muted = Vec::new();
            for identity in identities {
                if sfu.mute(&room, &identity, track_source(source), true).await {
                    muted.push(identity);
                }
            }
            Outcome::Muted(muted)
        }
        Effect::RemoveMedia {
            room,
            identities,
            revoke,
        } => {
            let until = u64::try_from(revoke.as_millisecond()).unwrap_or_default();
            // All are asked for before the first is waited for: nobody comes in between with a token from before.
            let removals = identities
                .iter()
                .map(|identity| sfu.remove(&room, identity, Some(until)));
            futures_util::future::join_all(removals).await;
            Outcome::Done
        }
        Effect::UpdateMediaPermission {
            room,
            identity,
            permission,
        } => {
            let now = u64::try_from(clock::now().as_millisecond()).unwrap_or_default();
            let permission = sfu_permission(permission);
            match sfu.update_permission(&room, &identity, permission, now).await {
                true => Outcome::Done,
                false => Outcome::Failed,
            }
        }
        Effect::DeleteMediaRoom { room } => {
            sfu.delete_room(&room).await;
            Outcome::Done
        }
        Effect::Record { by, deed } => match audit::record(&db, tenant, entry(RoomId(room.0), by, deed)).await {
            Ok(()) => Outcome::Done,
            Err(error) => {
                tracing::error!(%room, %error, "what a moderator did could not be recorded in the audit log");
                Outcome::Failed
            }
        },
    }
}

/// What the audit log says of a moderator's deed. Moderators have accounts: their id as participant is that of their account.
fn entry(room: RoomId, by: ParticipantId, deed: Deed) -> Entry {
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
    };
    let mut entry = Entry::by(UserId(by.0), action).on(room);
    match deed.targets[..] {
        [] => {}
        [one] => entry = entry.with("participant", one),
        _ => entry = entry.with("participants", deed.targets.len()),
    }
    match deed.value {
        Some(value) => entry.with("value", value),
        None => entry,
    }
}

fn sfu_permission(permission: MediaPermission) -> Permission {
    Permission {
        can_subscribe: permission.can_subscribe,
        can_publish: permission.can_publish,
        can_publish_data: permission.can_publish_data,
        can_publish_sources: permission.can_publish_sources.into_iter().map(track_source).collect(),
        can_update_metadata: false,
        hidden: permission.hidden,
    }
}

fn track_source(source: MediaSource) -> TrackSource {
    match source {
        MediaSource::Camera => TrackSource::Camera,
        MediaSource::Microphone => TrackSource::Microphone,
        MediaSource::ScreenShare => TrackSource::ScreenShare,
        MediaSource::ScreenShareAudio => TrackSource::ScreenShareAudio,
    }
}
