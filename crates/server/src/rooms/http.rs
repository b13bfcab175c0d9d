// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}` with its tariff and event (profile §2). Entering is in `rooms::start`.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::tariff::Tariff;
use super::{GuestAccess, Role, access};
use crate::app::App;
use crate::db::time;
use crate::events::{self, EventInfo};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::identity::caller::{Asker, Known};
use crate::ids::{RoomId, TenantId};
use crate::users;
use crate::users::http::PublicUserProfile;

#[derive(Serialize, ToSchema)]
pub struct RoomResource {
    pub id: RoomId,
    pub created_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Only for moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    pub waiting_room: bool,
    pub guest_access: GuestAccess,
    pub e2e_encryption: bool,
}

/// A room; for those who may enter it.
#[utoipa::path(get, path = "/rooms/{room_id}", tag = "rooms", security(("bearer" = [])), params(("room_id" = RoomId, Path)),
    responses((status = 200, body = RoomResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(State(app): State<App>, Known(user): Known, Id(id): Id<RoomId>) -> Answer<Json<RoomResource>> {
    let tenant = user.tenant;
    let (room, role) = access(&app, id, &Asker::User(Box::new(user)), None).await?;
    let owner = users::store::by_id(&app.db, tenant, room.created_by).await?;
    Ok(Json(RoomResource {
        id: room.id,
        created_by: owner.ok_or_else(Refused::not_found)?.into(),
        created_at: time(room.created_at),
        waiting_room: room.waiting_room,
        guest_access: room.guest_access(),
        e2e_encryption: room.e2e_encryption,
        password: room.password.filter(|_| role == Role::Moderator),
    }))
}

/// What a meeting in this room may use.
#[utoipa::path(get, path = "/rooms/{room_id}/tariff", tag = "rooms", security(("bearer" = []), ("invite_code" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = Tariff), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn tariff(State(app): State<App>, asker: Asker, Id(id): Id<RoomId>) -> Answer<Json<Tariff>> {
    access(&app, id, &asker, None).await?;
    Ok(Json(Tariff::standard()))
}

/// The event of a room, as little as a guest may know.
#[utoipa::path(get, path = "/rooms/{room_id}/event", tag = "rooms", security(("bearer" = []), ("invite_code" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = EventInfo), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn event(State(app): State<App>, asker: Asker, Id(id): Id<RoomId>) -> Answer<Json<EventInfo>> {
    access(&app, id, &asker, None).await?;
    let info = events::info(&app, TenantId::DEFAULT, id).await?;
    Ok(Json(info.ok_or_else(Refused::not_found)?))
}
