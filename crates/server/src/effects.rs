// SPDX-License-Identifier: EUPL-1.2
//! Performs what a meeting may ask of the world. Not a decision: the meeting has decided. The set of effects is closed;
//! a new one is a line here.

use std::time::Duration;

use konvent_meeting::{Act, Deed, Effect, MediaPermission, MediaSource, Outcome, ParticipantId};
use konvent_sfu::{Permission, Sfu, TrackSource};

use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::Db;
use crate::ids::{RoomId, TenantId, UserId};
use crate::rooms::bans;

/// Until a record that could not be written is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Where a meeting's effects are performed.
#[derive(Clone)]
pub struct World {
    pub sfu: Sfu,
    pub db: Db,
    pub tenant: TenantId,
    pub room: konvent_meeting::RoomId,
}

pub async fn perform(world: World, effect: Effect) -> Outcome {
    let World { sfu, db, tenant, room } = world;
    match effect {
        Effect::RecordBan { participant } => {
            let (room, user) = (RoomId(room.0), UserId(participant.0));
            written(room, "meeting.banned", || bans::store::add(&db, tenant, room, user)).await
        }
        Effect::ForgetBan { participant } => {
            let (room, user) = (RoomId(room.0), UserId(participant.0));
            written(room, "meeting.unbanned", || {
                bans::store::remove(&db, tenant, room, user)
            })
            .await
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
        Effect::Record { by, deed } => {
            let room = RoomId(room.0);
            let what = entry(room, by, &deed).action().as_str();
            written(room, what, || Change::note(&db, tenant, entry(room, by, &deed))).await
        }
    }
}

/// Writes until it is written: the deed stands, so its record must. Only what can never be written is given up.
async fn written<F: Future<Output = sqlx::Result<()>>>(room: RoomId, what: &str, write: impl Fn() -> F) -> Outcome {
    let mut told = false;
    loop {
        let Err(error) = write().await else {
            return Outcome::Done;
        };
        if matches!(error, sqlx::Error::PoolClosed) {
            tracing::error!(%room, what, "what a moderator did is not recorded: the server stopped before that was possible");
            return Outcome::Failed;
        }
        if is_gone(&error) {
            tracing::error!(%room, what, %error, "what a moderator did can never be recorded: what it is about is gone");
            return Outcome::Failed;
        }
        if !told {
            tracing::error!(%room, what, %error, "what a moderator did cannot be recorded; trying every second until it is");
            told = true;
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// The room or the person.
fn is_gone(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_foreign_key_violation())
}

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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn attempts(fails: impl Fn(u32) -> Option<sqlx::Error>) -> (u32, Outcome) {
        let attempts = Cell::new(0);
        let outcome = written(RoomId(clock::id()), "meeting.muted", || {
            attempts.set(attempts.get() + 1);
            let result = fails(attempts.get()).map_or(Ok(()), Err);
            async { result }
        })
        .await;
        (attempts.get(), outcome)
    }

    #[tokio::test]
    async fn a_record_is_tried_again_until_it_is_written() {
        let full_at_first = |attempt| (attempt == 1).then_some(sqlx::Error::PoolTimedOut);
        assert_eq!(attempts(full_at_first).await, (2, Outcome::Done));
    }

    #[tokio::test]
    async fn a_record_is_given_up_when_the_database_is_closed() {
        let closing = |attempt| {
            Some(if attempt == 1 {
                sqlx::Error::PoolTimedOut
            } else {
                sqlx::Error::PoolClosed
            })
        };
        assert_eq!(attempts(closing).await, (2, Outcome::Failed));
    }
}
