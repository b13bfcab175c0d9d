// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}/invites` and `/v1/invite/verify` (profile §2).

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{self, Invite};
use crate::app::App;
use crate::clock;
use crate::db::{millis, time};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::{Asker, Known};
use crate::ids::{InviteCode, RoomId, TenantId};
use crate::rooms::{self, GuestAccess, Role};
use crate::users;
use crate::users::User;
use crate::users::http::PublicUserProfile;

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
pub struct PostInvite {
    /// Absent: the link lasts as long as the room.
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
}

/// The guest links of a room; for its moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/invites", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = Vec<InviteResource>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    Id(room): Id<RoomId>,
) -> Answer<Json<Vec<InviteResource>>> {
    moderates(&app, &user, room).await?;
    let mut resources = Vec::new();
    for invite in store::of_room(&app.db, user.tenant, room).await? {
        resources.push(resource(&app, user.tenant, invite).await?);
    }
    Ok(Json(resources))
}

/// Makes a guest link; for the room's moderators.
#[utoipa::path(post, path = "/rooms/{room_id}/invites", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)), request_body = PostInvite,
    responses((status = 200, body = InviteResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Id(room): Id<RoomId>,
    Json(body): Json<PostInvite>,
) -> Answer<Json<InviteResource>> {
    moderates(&app, &user, room).await?;
    let now = clock::now();
    if body.expiration.is_some_and(|expiration| expiration <= now) {
        let past = Invalid::new("expiration", "invalid_value", "This time has passed.");
        return Err(Refused::validation(vec![past]).into());
    }
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
    store::add(&app.db, user.tenant, &invite).await?;
    Ok(Json(resource(&app, user.tenant, invite).await?))
}

/// Which room a guest link opens; needs no login.
#[utoipa::path(post, path = "/invite/verify", tag = "rooms", request_body = Verify,
    responses((status = 200, body = Verified), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn verify(State(app): State<App>, Json(body): Json<Verify>) -> Answer<Json<Verified>> {
    let tenant = TenantId::DEFAULT;
    let room = store::room_of(&app.db, tenant, body.invite_code, millis(clock::now())).await?;
    let room = match room {
        Some(id) => rooms::store::room(&app.db, tenant, id).await?,
        None => None,
    };
    let room = room.filter(|room| room.guest_access() != GuestAccess::Disabled);
    let room = room.ok_or_else(Refused::not_found)?;
    Ok(Json(Verified {
        room_id: room.id,
        password_required: room.password.is_some(),
    }))
}

async fn moderates(app: &App, user: &User, room: RoomId) -> Answer<()> {
    let asker = Asker::User(Box::new(user.clone()));
    match rooms::access(app, room, &asker, None).await? {
        (_, Role::Moderator) => Ok(()),
        _ => Err(Refused::forbidden().into()),
    }
}

async fn resource(app: &App, tenant: TenantId, invite: Invite) -> Answer<InviteResource> {
    let creator = users::store::by_id(&app.db, tenant, invite.created_by).await?;
    let updater = users::store::by_id(&app.db, tenant, invite.updated_by).await?;
    Ok(InviteResource {
        invite_code: invite.code,
        created: time(invite.created_at),
        created_by: creator.ok_or_else(Refused::not_found)?.into(),
        updated: time(invite.updated_at),
        updated_by: updater.ok_or_else(Refused::not_found)?.into(),
        room_id: invite.room,
        active: invite.active,
        expiration: invite.expires_at.map(time),
    })
}
