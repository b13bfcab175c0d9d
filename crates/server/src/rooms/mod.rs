// SPDX-License-Identifier: EUPL-1.2
//! Rooms: where meetings take place, their guest links and rules. Not who may enter now: that is in `entry`. Who has
//! no relation to a room learns nothing about it.

pub mod bans;
pub mod http;
pub mod invites;
pub mod sip;
pub mod store;
pub mod streaming;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Config;
use crate::db::Db;
use crate::http::failure::Refused;
use crate::users::User;
pub use store::Room;

/// What to say to somebody who has as many rooms, with and without an event, as one person may have.
pub async fn too_many(db: &Db, config: &Config, user: &User) -> sqlx::Result<Option<Refused>> {
    let most = config.meetings.most_per_person;
    let text = format!("You have {most} meetings, and nobody can have more. Delete some that are over.");
    let full = store::count(db, user.tenant, user.id).await? >= most;
    Ok(full.then(|| Refused::new(StatusCode::CONFLICT, "too_many_meetings", text)))
}

/// Who may come with a guest link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestAccess {
    Disabled,
    WaitingRoom,
    DirectAccess,
}

impl GuestAccess {
    /// Who waits before they are let in. `everyone`: as the room says.
    pub fn who_waits(self, everyone: bool) -> konvent_meeting::WaitingRoom {
        match (everyone, self) {
            (true, _) => konvent_meeting::WaitingRoom::ForEveryone,
            (false, GuestAccess::WaitingRoom) => konvent_meeting::WaitingRoom::ForGuests,
            (false, _) => konvent_meeting::WaitingRoom::Disabled,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            GuestAccess::Disabled => "disabled",
            GuestAccess::WaitingRoom => "waiting_room",
            GuestAccess::DirectAccess => "direct_access",
        }
    }

    /// A stored word; one this version does not know lets nobody in.
    pub fn stored(word: &str) -> GuestAccess {
        match word {
            "waiting_room" => GuestAccess::WaitingRoom,
            "direct_access" => GuestAccess::DirectAccess,
            _ => GuestAccess::Disabled,
        }
    }
}

impl From<GuestAccess> for konvent_meeting::GuestAccess {
    fn from(access: GuestAccess) -> konvent_meeting::GuestAccess {
        match access {
            GuestAccess::Disabled => konvent_meeting::GuestAccess::Disabled,
            GuestAccess::WaitingRoom => konvent_meeting::GuestAccess::WaitingRoom,
            GuestAccess::DirectAccess => konvent_meeting::GuestAccess::DirectAccess,
        }
    }
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Moderator,
    User,
    Guest,
}

impl From<Role> for konvent_meeting::Role {
    fn from(role: Role) -> konvent_meeting::Role {
        match role {
            Role::Moderator => konvent_meeting::Role::Moderator,
            Role::User => konvent_meeting::Role::User,
            Role::Guest => konvent_meeting::Role::Guest,
        }
    }
}

/// Whether sharing a screen needs a moderator's permission, where a room says so or nothing of its own.
pub fn asks_to_share_screens(config: &Config, of_room: Option<bool>) -> bool {
    of_room.unwrap_or(config.meetings.screen_share_requires_permission)
}
