// SPDX-License-Identifier: EUPL-1.2
//! Performs what a meeting asks of the media server. Not a decision: the meeting has decided. Not what it leaves on record:
//! that is in `recorder`.

use konvent_meeting::{Effect, MediaPermission, MediaSource, Outcome};
use konvent_sfu::{Permission, Sfu, TrackSource};

use crate::clock;

pub async fn perform(sfu: Sfu, effect: Effect) -> Outcome {
    match effect {
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
        Effect::RecordBan { .. } | Effect::ForgetBan { .. } | Effect::Record { .. } => Outcome::Failed,
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
