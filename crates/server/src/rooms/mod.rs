// SPDX-License-Identifier: EUPL-1.2
//! Rooms: where meetings take place, who may enter, guest links. Not the running meeting: that is in `signaling`. Who has
//! no relation to a room learns nothing about it.

pub mod bans;
pub mod http;
pub mod invites;
mod opening;
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
use crate::http::failure::{Answer, Refused};
use crate::identity::caller::Asker;
use crate::identity::throttle::Counter;
use crate::ids::{InviteCode, RoomId};
use crate::signaling::entries::Who;
use crate::signaling::tickets::{Ticket, Way};
use crate::users::User;
use crate::{tariffs, tenants};

pub use opening::parameters;
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

impl From<Role> for konvent_meeting::Role {
    fn from(role: Role) -> konvent_meeting::Role {
        match role {
            Role::Moderator => konvent_meeting::Role::Moderator,
            Role::User => konvent_meeting::Role::User,
            Role::Guest => konvent_meeting::Role::Guest,
        }
    }
}

/// Leave to enter.
pub struct Admission {
    pub room: Room,
    pub role: Role,
    /// `None`: a guest.
    pub user: Option<User>,
    /// By what they came, to be asked by again.
    pub way: Way,
}

/// What somebody is to a room now.
struct Standing {
    room: Room,
    role: Role,
    banned: bool,
    /// Whether the tariff of its owner lets this person in.
    allowed: bool,
    way: Way,
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
    let standing = standing(app, id, asker, invite_code).await?;
    let who = match asker {
        Asker::User(user) => Who::Account(user.id),
        Asker::Guest(_) | Asker::Machine(_) | Asker::Nobody => Who::guests(from),
    };
    if let Err(wait) = app.registry.may_enter(konvent_meeting::RoomId(id.0), who) {
        tracing::info!(room = %id, "entry refused: too many at once");
        let text = "Too many people come in from here at once. Try again in a moment.";
        return Err(Refused::too_many("too_many_requests", text, wait).into());
    }
    if standing.role != Role::Moderator
        && let Some(expected) = &standing.room.password
    {
        check_password(app, id, expected, password, from)?;
    }
    if standing.banned {
        tracing::info!(room = %id, "entry refused: banned");
        return Err(banned_from_room().into());
    }
    if !standing.allowed {
        return Err(Refused::not_found().into());
    }
    let user = match asker {
        Asker::User(user) if standing.role != Role::Guest => Some((**user).clone()),
        _ => None,
    };
    Ok(Admission {
        room: standing.room,
        role: standing.role,
        user,
        way: standing.way,
    })
}

/// What somebody who got a ticket is in the room by what holds now; `None`: they may not enter any more.
pub async fn still_admitted(app: &App, ticket: &Ticket) -> Answer<Option<Role>> {
    let (tenant, id, now) = (ticket.tenant, RoomId(ticket.room.0), millis(clock::now()));
    let (room, role) = match ticket.way {
        Way::Account(user, code) => {
            let found = store::for_account(&app.db, tenant, id, user, code, now).await?;
            let Some(found) = found.filter(|found| !found.banned) else {
                return Ok(None);
            };
            let Some(role) = found.role(user).or(found.linked.then_some(Role::User)) else {
                return Ok(None);
            };
            (found.room, role)
        }
        Way::Guest(code) => match store::for_guest(&app.db, id, code, now).await? {
            Some(found) if found.room.guest_access() != GuestAccess::Disabled => (found.room, Role::Guest),
            _ => return Ok(None),
        },
        Way::Telephone => {
            let enabled = tenants::store::by_id(&app.db, tenant)
                .await?
                .is_some_and(|tenant| !tenant.disabled);
            let room = store::room(&app.db, tenant, id).await?.filter(|_| enabled);
            return Ok(room.map(|_| Role::Guest));
        }
    };
    let knows_password = role == Role::Moderator || room.password.is_none() || room.password == ticket.password;
    Ok(knows_password.then_some(role))
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
    let standing = standing(app, id, asker, invite_code).await?;
    Ok((standing.room, standing.role))
}

async fn standing(app: &App, id: RoomId, asker: &Asker, invite_code: Option<InviteCode>) -> Answer<Standing> {
    let now = millis(clock::now());
    let code = match asker {
        Asker::Guest(code) => Some(*code),
        Asker::Machine(_) => return Err(Refused::forbidden().into()),
        Asker::User(_) | Asker::Nobody => invite_code,
    };
    if let Asker::User(user) = asker
        && let Some(found) = store::for_account(&app.db, user.tenant, id, user.id, code, now).await?
    {
        let role = found.role(user.id).or(found.linked.then_some(Role::User));
        return Ok(Standing {
            role: role.ok_or_else(Refused::forbidden)?,
            banned: found.banned,
            allowed: true,
            way: Way::Account(user.id, code),
            room: found.room,
        });
    }
    let Some(code) = code else {
        return Err(match asker {
            Asker::Nobody => Refused::unauthorized().into(),
            _ => Refused::not_found().into(),
        });
    };
    let Some(found) = store::for_guest(&app.db, id, code, now).await? else {
        return Err(match invites::store::tenant_of(&app.db, code, now).await? {
            None => unusable_link(app, code).await?.into(),
            Some(_) => Refused::not_found().into(),
        });
    };
    if found.room.guest_access() == GuestAccess::Disabled {
        return Err(Refused::not_found().into());
    }
    let tariff = tariffs::of_account(app, found.room.tenant, found.tariff, &found.tariff_status).await?;
    Ok(Standing {
        role: Role::Guest,
        banned: false,
        allowed: tariff.allows_guests(),
        way: Way::Guest(code),
        room: found.room,
    })
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
