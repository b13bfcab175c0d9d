// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}/invites` and `/v1/invite/verify` (profile §2).

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{self, Invite};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::{millis, time};
use crate::door::running;
use crate::events::invites::http::guest::{self, GuestInvitation};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::{InviteCode, RoomId, TenantId, UserId};
use crate::rooms::http::moderated;
use crate::rooms::{self, GuestAccess};
use crate::tenants::Organisation;
use crate::users::profile::PublicUserProfile;
use crate::users::{self, User};

#[derive(Serialize, ToSchema)]
pub struct InviteResource {
    pub invite_code: InviteCode,
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    pub created_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub updated: Timestamp,
    pub updated_by: PublicUserProfile,
    pub room_id: RoomId,
    pub active: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
pub struct PostGuestLink {
    /// Absent: the link lasts as long as the room.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
pub struct PutInvite {
    /// Absent or null: the link lasts as long as the room.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
pub struct Verify {
    pub invite_code: InviteCode,
}

#[derive(Serialize, ToSchema)]
pub struct Verified {
    pub room_id: RoomId,
    pub password_required: bool,
    /// Konvent's own: whose guest one is, as its pages shall show it.
    pub organisation: Organisation,
    /// Konvent's own: to what a personal link invites; absent for links that are nobody's in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<GuestInvitation>,
}

/// Guest links of one room that work at the same time. Personal ones do not count: there is one for each invitation.
pub const MOST_WORKING: i64 = 100;
/// In one list, of those that have ended.
pub const MOST_ENDED: i64 = MOST_WORKING;

/// The guest links of a room but the personal ones that were mailed: all that work, and the newest hundred of those that
/// have ended; for its moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/invites", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = Vec<InviteResource>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(room): Id<RoomId>,
) -> Answer<Json<Vec<InviteResource>>> {
    moderated(&app, &user, room).await?;
    let now = millis(clock::now());
    let invites = store::of_room(&app.db, user.tenant, room, now, MOST_ENDED).await?;
    Ok(Json(resources(&app, user.tenant, &origin, invites).await?))
}

/// Makes a guest link; for the room's moderators.
#[utoipa::path(post, path = "/rooms/{room_id}/invites", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)), request_body = PostGuestLink,
    responses((status = 200, body = InviteResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(room): Id<RoomId>,
    Json(body): Json<PostGuestLink>,
) -> Answer<Json<InviteResource>> {
    moderated(&app, &user, room).await?;
    let now = clock::now();
    check_expiration(body.expiration, now)?;
    refuse_one_more(&app, user.tenant, room, now).await?;
    let invite = Invite {
        code: InviteCode(Uuid::from_bytes(clock::random())),
        room,
        created_by: user.id,
        created_at: millis(now),
        updated_by: user.id,
        updated_at: millis(now),
        active: true,
        expires_at: body.expiration.map(millis),
    };
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::add(&mut change, &invite).await?;
    change.record(Entry::by(user.id, Action::GuestLinkCreated).on(room));
    change.commit().await?;
    Ok(Json(resource(&app, user.tenant, &origin, invite).await?))
}

/// One guest link; for the room's moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/invites/{invite_code}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("invite_code" = InviteCode, Path)),
    responses((status = 200, body = InviteResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id((room, code)): Id<(RoomId, InviteCode)>,
) -> Answer<Json<InviteResource>> {
    moderated(&app, &user, room).await?;
    let invite = store::one(&app.db, user.tenant, room, code)
        .await?
        .ok_or_else(Refused::not_found)?;
    Ok(Json(resource(&app, user.tenant, &origin, invite).await?))
}

/// Changes how long a guest link lasts; for the room's moderators. One that had run out works again.
#[utoipa::path(put, path = "/rooms/{room_id}/invites/{invite_code}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("invite_code" = InviteCode, Path)), request_body = PutInvite,
    responses((status = 200, body = InviteResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id((room, code)): Id<(RoomId, InviteCode)>,
    Json(body): Json<PutInvite>,
) -> Answer<Json<InviteResource>> {
    moderated(&app, &user, room).await?;
    let mut invite = store::one(&app.db, user.tenant, room, code)
        .await?
        .ok_or_else(Refused::not_found)?;
    let now = clock::now();
    check_expiration(body.expiration, now)?;
    if invite.active && !invite.works(millis(now)) {
        refuse_one_more(&app, user.tenant, room, now).await?;
    }
    invite.expires_at = body.expiration.map(millis);
    invite.updated_by = user.id;
    invite.updated_at = millis(now);
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::set_end(&mut change, room, code, invite.expires_at, (user.id, millis(now))).await?;
    change.record(Entry::by(user.id, Action::GuestLinkChanged).on(room));
    change.commit().await?;
    running::link_changed(&app, room);
    Ok(Json(resource(&app, user.tenant, &origin, invite).await?))
}

/// Ends a guest link; for the room's moderators. It is kept, inactive.
#[utoipa::path(delete, path = "/rooms/{room_id}/invites/{invite_code}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("invite_code" = InviteCode, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn end(
    State(app): State<App>,
    Known(user): Known,
    Id((room, code)): Id<(RoomId, InviteCode)>,
) -> Answer<StatusCode> {
    moderated(&app, &user, room).await?;
    store::one(&app.db, user.tenant, room, code)
        .await?
        .ok_or_else(Refused::not_found)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::end(&mut change, room, code, (user.id, millis(clock::now()))).await?;
    change.record(Entry::by(user.id, Action::GuestLinkDeleted).on(room));
    change.commit().await?;
    running::link_changed(&app, room);
    Ok(StatusCode::NO_CONTENT)
}

/// Whether there may be another link that works.
async fn refuse_one_more(app: &App, tenant: TenantId, room: RoomId, now: Timestamp) -> Answer<()> {
    if store::count(&app.db, tenant, room, millis(now)).await? >= MOST_WORKING {
        let text = format!("This room has {MOST_WORKING} guest links already. End one that is no longer needed.");
        return Err(Refused::new(StatusCode::CONFLICT, "too_many_guest_links", text).into());
    }
    Ok(())
}

fn check_expiration(expiration: Option<Timestamp>, now: Timestamp) -> Answer<()> {
    if expiration.is_some_and(|expiration| expiration <= now) {
        let past = Invalid::new("expiration", "invalid_value", "This time has passed.");
        return Err(Refused::validation(vec![past]).into());
    }
    Ok(())
}

/// Which room a guest link opens; needs no login.
#[utoipa::path(post, path = "/invite/verify", tag = "rooms", request_body = Verify,
    responses((status = 200, body = Verified), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn verify(State(app): State<App>, Json(body): Json<Verify>) -> Answer<Json<Verified>> {
    let now = millis(clock::now());
    let tenant = store::tenant_of(&app.db, body.invite_code, now).await?;
    let Some(tenant) = tenant else {
        return Err(app.entrance.unusable_link(body.invite_code).await?.into());
    };
    let room = store::room_of(&app.db, tenant, body.invite_code, now).await?;
    let room = match room {
        Some(id) => rooms::store::room(&app.db, tenant, id).await?,
        None => None,
    };
    let room = room.filter(|room| room.guest_access() != GuestAccess::Disabled);
    let room = room.ok_or_else(Refused::not_found)?;
    Ok(Json(Verified {
        room_id: room.id,
        password_required: room.password.is_some(),
        organisation: app.organisation(tenant).await,
        invitation: guest::invitation(&app, tenant, room.id, body.invite_code).await?,
    }))
}

async fn resource(app: &App, tenant: TenantId, origin: &Origin, invite: Invite) -> Answer<InviteResource> {
    let one = resources(app, tenant, origin, vec![invite]).await?.pop();
    Ok(one.ok_or_else(Refused::not_found)?)
}

async fn resources(app: &App, tenant: TenantId, origin: &Origin, invites: Vec<Invite>) -> Answer<Vec<InviteResource>> {
    let mut ids: Vec<UserId> = invites
        .iter()
        .flat_map(|invite| [invite.created_by, invite.updated_by])
        .collect();
    ids.sort();
    ids.dedup();
    let people = users::store::by_ids(&app.db, tenant, &ids).await?;
    let profile = |user: User| (user.id, PublicUserProfile::of(user, origin));
    let people: HashMap<UserId, PublicUserProfile> = people.into_iter().map(profile).collect();
    let person = |id| {
        people
            .get(&id)
            .cloned()
            .unwrap_or_else(|| PublicUserProfile::unknown(id, origin))
    };
    let resources = invites.into_iter().map(|invite| InviteResource {
        invite_code: invite.code,
        created: time(invite.created_at),
        created_by: person(invite.created_by),
        updated: time(invite.updated_at),
        updated_by: person(invite.updated_by),
        room_id: invite.room,
        active: invite.active,
        expiration: invite.expires_at.map(time),
    });
    Ok(resources.collect())
}
