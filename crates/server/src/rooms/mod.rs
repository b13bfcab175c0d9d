// SPDX-License-Identifier: EUPL-1.2
//! Rooms: where meetings take place, who may enter, guest links. Not the running meeting: that is in `signaling`. Who has
//! no relation to a room learns nothing about it.

pub mod bans;
pub mod http;
pub mod invites;
pub mod sip;
pub mod start;
pub mod store;
pub mod streaming;

use std::net::IpAddr;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::events::{self, EventInfo};
use crate::http::failure::{Answer, Refused};
use crate::identity::caller::Asker;
use crate::identity::throttle::Counter;
use crate::ids::{InviteCode, RoomId};
use crate::signaling::entries::Who;
use crate::tariffs;
use crate::users::{self, User};

use sip::CallIn;
pub use store::Room;

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

/// Leave to enter, with what the meeting has to know.
pub struct Admission {
    pub room: Room,
    pub event: Option<EventInfo>,
    pub role: Role,
    /// `None`: a guest.
    pub user: Option<User>,
    pub owner: User,
    /// A guest link that works now and is nobody's in person, to show in the meeting.
    pub invite_code: Option<InviteCode>,
    pub tariff: tariffs::Stored,
    pub call_in: Option<CallIn>,
    /// Who may not enter; never the person admitted.
    pub banned: Vec<bans::store::Banned>,
}

/// Decides whether somebody may enter now: the owner and invited moderators as moderators, other invited people as
/// users, people with an account and a guest link as users, and guests with a guest link while guest access is on.
/// The password is asked of all but the owner and moderators. Entries are counted where there is one: who has no way into a
/// room takes nothing away from those who do.
pub async fn admission(
    app: &App,
    id: RoomId,
    asker: &Asker,
    invite_code: Option<InviteCode>,
    password: Option<&str>,
    from: IpAddr,
) -> Answer<Admission> {
    let (room, role) = access(app, id, asker, invite_code).await?;
    let who = match asker {
        Asker::User(user) => Who::Account(user.id),
        Asker::Guest(_) | Asker::Machine(_) | Asker::Nobody => Who::guests(from),
    };
    if let Err(wait) = app.registry.may_enter(konvent_meeting::RoomId(id.0), who) {
        tracing::info!(room = %id, "entry refused: too many at once");
        let text = "Too many people come in from here at once. Try again in a moment.";
        return Err(Refused::too_many("too_many_requests", text, wait).into());
    }
    let tenant = room.tenant;
    if role != Role::Moderator
        && let Some(expected) = &room.password
    {
        check_password(app, id, expected, password, from)?;
    }
    let banned = bans::store::list(&app.db, tenant, id).await?;
    if let Asker::User(user) = asker
        && banned.iter().any(|banned| banned.banned == user.id)
    {
        tracing::info!(room = %id, "entry refused: banned");
        return Err(banned_from_room().into());
    }
    // Not the one they came by: that may be theirs in person, or have ended.
    let code = invites::store::newest(&app.db, tenant, id, millis(clock::now())).await?;
    let user = match asker {
        Asker::User(user) if role != Role::Guest => Some((**user).clone()),
        _ => None,
    };
    let admission = admit(app, room, role, user).await?;
    Ok(Admission {
        invite_code: code,
        banned,
        ..admission
    })
}

/// Each wrong guess counts, for its address and for the room; a password left out is no guess.
fn check_password(
    app: &App,
    room: RoomId,
    expected: &str,
    password: Option<&str>,
    from: IpAddr,
) -> Result<(), Refused> {
    let counted = Counter::room(room, from);
    if let Some(password) = password {
        let right = || same(password, expected);
        match app.identity.throttle.guess(counted, clock::now(), right) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(secs) => {
                tracing::info!(%room, "entry refused: too many wrong room passwords");
                let text = "There were too many wrong passwords. Wait a moment, then try again.";
                return Err(Refused::too_many("too_many_attempts", text, secs));
            }
        }
    }
    tracing::info!(%room, "entry refused: wrong room password");
    let text = "The room's password is wrong or missing.";
    Err(Refused::new(StatusCode::UNAUTHORIZED, "wrong_room_password", text))
}

/// What the meeting has to know when somebody enters whose right to do so is settled.
async fn admit(app: &App, room: Room, role: Role, user: Option<User>) -> Answer<Admission> {
    let tenant = room.tenant;
    let owner = users::store::by_id(&app.db, tenant, room.created_by).await?;
    let owner = owner.ok_or_else(Refused::not_found)?;
    let tariff = tariffs::of(app, &owner).await?;
    if role == Role::Guest && !tariff.allows_guests() {
        return Err(Refused::not_found().into());
    }
    Ok(Admission {
        event: events::info(app, tenant, room.id).await?,
        owner,
        invite_code: None,
        banned: Vec::new(),
        call_in: sip::call_in(app, tenant, &[room.id]).await?.remove(&room.id),
        user,
        tariff,
        room,
        role,
    })
}

/// Whether sharing a screen needs a moderator's permission, where a room says so or nothing of its own.
pub fn asks_to_share_screens(app: &App, of_room: Option<bool>) -> bool {
    of_room.unwrap_or(app.config.meetings.screen_share_requires_permission)
}

pub fn banned_from_room() -> Refused {
    let text = "You have been banned from this meeting.";
    Refused::new(StatusCode::FORBIDDEN, "banned_from_room", text)
}

/// The room and what the asker is in it, without asking for the password. No relation: 403 for people with an account,
/// 404 for guests, as the profile has it. The tenant is that of the account, or of the guest link; whoever has an account
/// with one tenant and a guest link of another is a guest there.
pub async fn access(app: &App, id: RoomId, asker: &Asker, invite_code: Option<InviteCode>) -> Answer<(Room, Role)> {
    let now = millis(clock::now());
    let code = match asker {
        Asker::Guest(code) => Some(*code),
        Asker::Machine(_) => return Err(Refused::forbidden().into()),
        Asker::User(_) | Asker::Nobody => invite_code,
    };
    if let Asker::User(user) = asker
        && let Some(room) = store::room(&app.db, user.tenant, id).await?
    {
        if let Some(role) = store::role(&app.db, user.tenant, id, user.id).await? {
            return Ok((room, role));
        }
        let linked = match code {
            Some(code) => invites::store::room_of(&app.db, user.tenant, code, now).await? == Some(id),
            None => false,
        };
        return if linked {
            Ok((room, Role::User))
        } else {
            Err(Refused::forbidden().into())
        };
    }
    let Some(code) = code else {
        return Err(match asker {
            Asker::Nobody => Refused::unauthorized().into(),
            _ => Refused::not_found().into(),
        });
    };
    let tenant = invites::store::tenant_of(&app.db, code, now).await?;
    let Some(tenant) = tenant else {
        return Err(unusable_link(app, code).await?.into());
    };
    let linked = invites::store::room_of(&app.db, tenant, code, now).await? == Some(id);
    let room = store::room(&app.db, tenant, id).await?.filter(|_| linked);
    let room = room.filter(|room| room.guest_access() != GuestAccess::Disabled);
    Ok((room.ok_or_else(Refused::not_found)?, Role::Guest))
}

/// What to say of a guest link that opens nothing now: whoever holds it may know that it once did.
pub async fn unusable_link(app: &App, code: InviteCode) -> Answer<Refused> {
    Ok(match invites::store::exists(&app.db, code).await? {
        true => Refused::new(
            StatusCode::NOT_FOUND,
            "link_ended",
            "This link has ended. Ask for a new one.",
        ),
        false => Refused::not_found(),
    })
}

/// Compares in a time that does not depend on where the texts differ.
fn same(a: &str, b: &str) -> bool {
    use sha2::Digest as _;
    sha2::Sha256::digest(a) == sha2::Sha256::digest(b)
}
