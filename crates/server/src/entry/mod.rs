// SPDX-License-Identifier: EUPL-1.2
//! Who may enter a room now, and as what: by account, guest link or telephone, past password, bans and tariff; and what a meeting
//! has to know that begins. Not the ticket and the meeting: those are in `signaling`. The rule: who has no relation to a room
//! learns nothing about it.

pub mod entries;
pub mod http;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use konvent_meeting as meeting;
use konvent_meeting::{DeviceId, Parameters, ParticipantId};
use tokio::time::Instant;

use crate::clock;
use crate::config::Config;
use crate::db::{Db, millis};
use crate::events;
use crate::http::failure::{Answer, Refused};
use crate::http::origin::Origin;
use crate::identity::Identity;
use crate::identity::caller::Asker;
use crate::identity::throttle::Counter;
use crate::ids::{InviteCode, RoomId, TenantId, UserId};
use crate::rooms::{self, GuestAccess, Role, Room, bans, invites, sip, store};
use crate::tariffs::Tariffs;
use crate::tenants;
use crate::users::{self, User, avatar};

use entries::{Entries, Who};

/// By what somebody came to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With an account, and perhaps a guest link.
    Account(UserId, Option<InviteCode>),
    Guest(InviteCode),
    Telephone,
}

/// Leave to enter.
pub struct Admission {
    pub room: Room,
    pub role: Role,
    /// `None`: a guest.
    pub user: Option<User>,
    /// By what they came, to be asked by again.
    pub way: Way,
    /// As what their entry is counted, once they connect.
    pub who: Vec<Who>,
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

/// What to say to somebody who comes too often, or with too many others.
fn too_often(who: &[Who], wait: i64) -> Refused {
    tracing::info!("entry refused: too many at once");
    let text = match who {
        [Who::Account(_)] => "You have come in too often just now. Try again in a moment.",
        _ => "Too many people come in from here at once. Try again in a moment.",
    };
    Refused::too_many("too_many_requests", text, wait)
}

/// The way into rooms.
pub struct Entrance {
    config: Arc<Config>,
    db: Db,
    tariffs: Arc<Tariffs>,
    identity: Arc<Identity>,
    entries: Mutex<Entries>,
}

impl Entrance {
    pub fn new(config: Arc<Config>, db: Db, tariffs: Arc<Tariffs>, identity: Arc<Identity>) -> Entrance {
        Entrance {
            entries: Mutex::new(Entries::new(config.signaling.joins_per_minute)),
            config,
            db,
            tariffs,
            identity,
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an entry of somebody whom the room is open to, when they connect.
    pub fn enter(&self, room: RoomId, who: &[Who]) -> Result<(), Refused> {
        let counted = self.entries().enter(meeting::RoomId(room.0), who, Instant::now());
        counted.map_err(|wait| too_often(who, wait))
    }

    /// Decides whether somebody may enter now: the owner and invited moderators as moderators, other invited people as
    /// users, people with an account and a guest link as users, and guests with a guest link while guest access is on.
    /// The password is asked of all but the owner and moderators. Who enters too often is told so here, and counted when
    /// they connect: who has no way into a room, or does not come, takes nothing away from those who do.
    pub async fn admission(
        &self,
        id: RoomId,
        asker: &Asker,
        invite_code: Option<InviteCode>,
        password: Option<&str>,
        (from, device): (IpAddr, DeviceId),
    ) -> Answer<Admission> {
        let standing = self.standing(id, asker, invite_code).await?;
        let who = match asker {
            Asker::User(user) => vec![Who::Account(user.id)],
            Asker::Guest(_) | Asker::Machine(_) | Asker::Nobody => Who::guest(from, device),
        };
        let may_enter = self.entries().may_enter(meeting::RoomId(id.0), &who, Instant::now());
        may_enter.map_err(|wait| too_often(&who, wait))?;
        if standing.role != Role::Moderator
            && let Some(expected) = &standing.room.password
        {
            self.check_password(id, expected, password, from)?;
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
            who,
        })
    }

    /// What somebody who was admitted is in the room by what holds now; `None`: they may not enter any more. `password`: that of
    /// the room when they were.
    pub async fn still_admitted(
        &self,
        tenant: TenantId,
        id: RoomId,
        way: Way,
        password: Option<&str>,
    ) -> Answer<Option<Role>> {
        let now = millis(clock::now());
        let (room, role) = match way {
            Way::Account(user, code) => {
                let found = store::for_account(&self.db, tenant, id, user, code, now).await?;
                let Some(found) = found.filter(|found| !found.banned) else {
                    return Ok(None);
                };
                let Some(role) = found.role(user).or(found.linked.then_some(Role::User)) else {
                    return Ok(None);
                };
                (found.room, role)
            }
            Way::Guest(code) => match store::for_guest(&self.db, id, code, now).await? {
                Some(found) if found.room.guest_access() != GuestAccess::Disabled => (found.room, Role::Guest),
                _ => return Ok(None),
            },
            Way::Telephone => {
                let enabled = tenants::store::by_id(&self.db, tenant)
                    .await?
                    .is_some_and(|tenant| !tenant.disabled);
                let room = store::room(&self.db, tenant, id).await?.filter(|_| enabled);
                return Ok(room.map(|_| Role::Guest));
            }
        };
        let knows_password = role == Role::Moderator || room.password.is_none() || room.password.as_deref() == password;
        Ok(knows_password.then_some(role))
    }

    /// Each wrong guess counts, for its address and for the room; a password left out is no guess.
    fn check_password(
        &self,
        room: RoomId,
        expected: &str,
        password: Option<&str>,
        from: IpAddr,
    ) -> Result<(), Refused> {
        let counted = Counter::room(room, from);
        if let Some(password) = password {
            let right = || same(password, expected);
            match self.identity.throttle.guess(counted, clock::now(), right) {
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

    /// The room and what the asker is in it, without asking for the password. No relation: 403 for people with an account,
    /// 404 for guests, as the profile has it. The tenant is that of the account, or of the guest link; whoever has an account
    /// with one tenant and a guest link of another is a guest there.
    pub async fn access(&self, id: RoomId, asker: &Asker, invite_code: Option<InviteCode>) -> Answer<(Room, Role)> {
        let standing = self.standing(id, asker, invite_code).await?;
        Ok((standing.room, standing.role))
    }

    async fn standing(&self, id: RoomId, asker: &Asker, invite_code: Option<InviteCode>) -> Answer<Standing> {
        let now = millis(clock::now());
        let code = match asker {
            Asker::Guest(code) => Some(*code),
            Asker::Machine(_) => return Err(Refused::forbidden().into()),
            Asker::User(_) | Asker::Nobody => invite_code,
        };
        if let Asker::User(user) = asker
            && let Some(found) = store::for_account(&self.db, user.tenant, id, user.id, code, now).await?
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
        let Some(found) = store::for_guest(&self.db, id, code, now).await? else {
            return Err(match invites::store::tenant_of(&self.db, code, now).await? {
                None => self.unusable_link(code).await?.into(),
                Some(_) => Refused::not_found().into(),
            });
        };
        if found.room.guest_access() == GuestAccess::Disabled {
            return Err(Refused::not_found().into());
        }
        let tariff = self
            .tariffs
            .of_account(found.room.tenant, found.tariff, &found.tariff_status)
            .await?;
        Ok(Standing {
            role: Role::Guest,
            banned: false,
            allowed: tariff.allows_guests(),
            way: Way::Guest(code),
            room: found.room,
        })
    }

    /// What to say of a guest link that opens nothing now: whoever holds it may know that it once did.
    pub async fn unusable_link(&self, code: InviteCode) -> Answer<Refused> {
        Ok(match invites::store::exists(&self.db, code).await? {
            true => Refused::new(
                StatusCode::NOT_FOUND,
                "link_ended",
                "This link has ended. Ask for a new one.",
            ),
            false => Refused::not_found(),
        })
    }

    /// What a meeting has to know of its room when it begins; `None`: there is no such room any more. It is read when the
    /// meeting is there already, so that what is changed meanwhile reaches it.
    pub async fn parameters(&self, tenant: TenantId, id: RoomId, origin: &Origin) -> sqlx::Result<Option<Parameters>> {
        let Some(room) = store::room(&self.db, tenant, id).await? else {
            return Ok(None);
        };
        let Some(owner) = users::store::by_id(&self.db, tenant, room.created_by).await? else {
            return Ok(None);
        };
        let tariff = self.tariffs.of(&owner).await?;
        let event = events::info(&self.db, tenant, id).await?;
        let call_in = sip::call_in(&self.db, &self.config, tenant, &[id]).await?.remove(&id);
        // Not the one that somebody came by: that may be theirs in person, or have ended.
        let invite_code = invites::store::newest(&self.db, tenant, id, millis(clock::now())).await?;
        let banned = bans::store::list(&self.db, tenant, id).await?;
        let guest_access = room.guest_access();
        Ok(Some(Parameters {
            room: meeting::RoomId(id.0),
            owner: room.created_by.0,
            created_by: meeting::Creator {
                avatar_url: avatar::of(&owner, origin),
                title: owner.title,
                firstname: owner.firstname,
                lastname: owner.lastname,
                display_name: owner.display_name,
            },
            password: room.password,
            waiting_room: guest_access.who_waits(room.waiting_room),
            guest_access: guest_access.into(),
            show_meeting_details: event.as_ref().is_none_or(|event| event.show_meeting_details),
            event: event.map(|event| meeting::EventInfo {
                id: event.id.0,
                room_id: meeting::RoomId(event.room_id.0),
                title: event.title,
                is_adhoc: event.is_adhoc,
                e2e_encryption: event.e2e_encryption,
            }),
            invite_code: invite_code.map(|code| code.0),
            call_in: call_in.map(|call_in| meeting::CallIn {
                tel: call_in.tel,
                id: call_in.id.0,
                password: call_in.password.0,
            }),
            banned: banned
                .into_iter()
                .map(|banned| seen_by_moderators(banned, origin))
                .collect(),
            tariff: tariff.of_meeting(BTreeMap::new()),
            screen_share_requires_permission: rooms::asks_to_share_screens(
                &self.config,
                room.screen_share_requires_permission,
            ),
            seed: clock::random(),
        }))
    }
}

pub fn banned_from_room() -> Refused {
    let text = "You have been banned from this meeting.";
    Refused::new(StatusCode::FORBIDDEN, "banned_from_room", text)
}

fn seen_by_moderators(banned: bans::store::Banned, origin: &Origin) -> (ParticipantId, meeting::Banned) {
    let avatar_url = avatar::address(origin, banned.avatar.as_deref(), &banned.display_name);
    let person = meeting::Banned {
        display_name: banned.display_name,
        avatar_url: Some(avatar_url),
    };
    (ParticipantId(banned.banned.0), person)
}

/// Compares in a time that does not depend on where the texts differ.
fn same(a: &str, b: &str) -> bool {
    use sha2::Digest as _;
    sha2::Sha256::digest(a) == sha2::Sha256::digest(b)
}
