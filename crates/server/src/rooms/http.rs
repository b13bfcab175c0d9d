// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms` with their tariff and event (profile §2). Entering is in `entry`. A room of an event goes with it;
//! only its owner changes or deletes a room.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::streaming::wire::StreamingLink;
use super::streaming::{self, refuse_if};
use super::{GuestAccess, Role, Room, invites, sip, store};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::{millis, time};
use crate::door::running;
use crate::events::wire::{ChangeQuery, check_texts};
use crate::events::{self, EventInfo, MeetingDetails};
use crate::http::extract::{Id, Json, Query, present};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::numbered::Numbered;
use crate::http::origin::Origin;
use crate::identity::caller::{Asker, Known};
use crate::ids::{RoomId, TenantId};
use crate::tariffs::Tariff;
use crate::users;
use crate::users::User;
use crate::users::profile::PublicUserProfile;

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
    /// Konvent's own: whether only those may share their screen whom a moderator gave the permission, and moderators.
    pub screen_share_requires_permission: bool,
}

#[derive(Deserialize, ToSchema)]
pub struct PostRoom {
    pub password: Option<String>,
    /// Refused when true: nobody can dial in.
    #[serde(default)]
    pub enable_sip: bool,
    #[serde(default)]
    pub waiting_room: bool,
    pub guest_access: Option<GuestAccess>,
    #[serde(default)]
    pub e2e_encryption: bool,
    /// Konvent's own; absent: as the server's setting says.
    pub screen_share_requires_permission: Option<bool>,
}

/// Absent fields stay.
#[derive(Deserialize, ToSchema)]
pub struct PatchRoom {
    /// null takes the password away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub password: Option<Option<String>>,
    pub waiting_room: Option<bool>,
    pub guest_access: Option<GuestAccess>,
    pub e2e_encryption: Option<bool>,
    /// Konvent's own; null: as the server's setting says.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<bool>)]
    pub screen_share_requires_permission: Option<Option<bool>>,
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct NumberedQuery {
    /// 30 by default, 100 at most.
    pub per_page: Option<i64>,
    /// From 1 on.
    pub page: Option<i64>,
}

impl RoomResource {
    fn new(app: &App, room: Room, owner: PublicUserProfile, role: Role) -> RoomResource {
        RoomResource {
            screen_share_requires_permission: super::asks_to_share_screens(
                &app.config,
                room.screen_share_requires_permission,
            ),
            id: room.id,
            created_by: owner,
            created_at: time(room.created_at),
            waiting_room: room.waiting_room,
            guest_access: room.guest_access(),
            e2e_encryption: room.e2e_encryption,
            password: room.password.filter(|_| role == Role::Moderator),
        }
    }
}

/// The room, for its moderators.
pub async fn moderated(app: &App, user: &User, id: RoomId) -> Answer<Room> {
    match app
        .entrance
        .access(id, &Asker::User(Box::new(user.clone())), None)
        .await?
    {
        (room, Role::Moderator) => Ok(room),
        _ => Err(Refused::forbidden().into()),
    }
}

/// The room, for its owner.
pub async fn owned(app: &App, user: &User, id: RoomId) -> Answer<Room> {
    let (room, _) = app
        .entrance
        .access(id, &Asker::User(Box::new(user.clone())), None)
        .await?;
    if room.created_by == user.id {
        Ok(room)
    } else {
        Err(Refused::forbidden().into())
    }
}

/// One's own rooms, newest first.
#[utoipa::path(get, path = "/rooms", tag = "rooms", security(("bearer" = [])), params(NumberedQuery),
    responses((status = 200, body = Vec<RoomResource>)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Query(query): Query<NumberedQuery>,
) -> Answer<Response> {
    let numbered = Numbered::of(query.page.or(Some(1)), query.per_page).ok_or_else(Refused::not_found)?;
    let count = store::count(&app.db, user.tenant, user.id).await?;
    let rooms = store::owned(&app.db, user.tenant, user.id, numbered.size(), numbered.before()).await?;
    let owner = PublicUserProfile::of(user, &origin);
    let rooms = rooms
        .into_iter()
        .map(|room| RoomResource::new(&app, room, owner.clone(), Role::Moderator));
    Ok((numbered.link(count), Json(rooms.collect::<Vec<_>>())).into_response())
}

/// Makes a room without an event.
#[utoipa::path(post, path = "/rooms", tag = "rooms", security(("bearer" = [])), request_body = PostRoom,
    responses((status = 201, body = RoomResource), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Json(body): Json<PostRoom>,
) -> Answer<(StatusCode, Json<RoomResource>)> {
    let mut errors = Vec::new();
    check_texts(None, None, body.password.as_deref(), &mut errors);
    if body.enable_sip {
        let text = "Nobody can dial in to this server.";
        errors.push(Invalid::new("enable_sip", "not_configured", text));
    }
    refuse_if(errors)?;
    if let Some(full) = super::too_many(&app.db, &app.config, &user).await? {
        return Err(full.into());
    }
    let room = Room {
        tenant: user.tenant,
        id: RoomId(clock::token()),
        created_by: user.id,
        created_at: millis(clock::now()),
        password: body.password,
        waiting_room: body.waiting_room,
        guest_access: body.guest_access.unwrap_or(GuestAccess::DirectAccess).as_str().into(),
        e2e_encryption: body.e2e_encryption,
        screen_share_requires_permission: body.screen_share_requires_permission,
    };
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::add(&mut change, &room).await?;
    change.record(Entry::by(user.id, Action::RoomCreated).on(room.id));
    change.commit().await?;
    let resource = RoomResource::new(&app, room, PublicUserProfile::of(user, &origin), Role::Moderator);
    Ok((StatusCode::CREATED, Json(resource)))
}

/// Changes a room; for its owner.
#[utoipa::path(patch, path = "/rooms/{room_id}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)), request_body = PatchRoom,
    responses((status = 200, body = RoomResource), (status = 204, description = "Nothing to change"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<RoomId>,
    Json(patch): Json<PatchRoom>,
) -> Answer<Response> {
    let PatchRoom {
        password,
        waiting_room,
        guest_access,
        e2e_encryption,
        screen_share_requires_permission,
    } = patch;
    let rules = password.is_some() || waiting_room.is_some() || guest_access.is_some();
    if !rules && e2e_encryption.is_none() && screen_share_requires_permission.is_none() {
        owned(&app, &user, id).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let (room, before) = loop {
        let before = owned(&app, &user, id).await?;
        let mut errors = Vec::new();
        let new_password = password.as_ref().and_then(|password| password.as_deref());
        check_texts(None, None, new_password, &mut errors);
        refuse_if(errors)?;
        let room = Room {
            password: password.clone().unwrap_or_else(|| before.password.clone()),
            waiting_room: waiting_room.unwrap_or(before.waiting_room),
            guest_access: guest_access.unwrap_or(before.guest_access()).as_str().into(),
            e2e_encryption: e2e_encryption.unwrap_or(before.e2e_encryption),
            screen_share_requires_permission: screen_share_requires_permission
                .unwrap_or(before.screen_share_requires_permission),
            ..before.clone()
        };
        // Whoever was faster has changed what this change was worked out from: it is worked out again.
        let mut change = Change::begin(&app.db, user.tenant).await?;
        if store::change(&mut change, &room, &before).await? {
            change.record(Entry::by(user.id, Action::RoomChanged).on(id));
            change.commit().await?;
            break (room, before);
        }
    };
    running::changed(&app, id, (&before).into(), (&room).into()).await;
    let owner = PublicUserProfile::of(user, &origin);
    Ok(Json(RoomResource::new(&app, room, owner, Role::Moderator)).into_response())
}

/// Deletes a room, and its event; for its owner.
#[utoipa::path(delete, path = "/rooms/{room_id}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ChangeQuery),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<RoomId>,
    Query(how): Query<ChangeQuery>,
) -> Answer<StatusCode> {
    let room = owned(&app, &user, id).await?;
    match events::store::of_room(&app.db, user.tenant, room.id).await? {
        Some(event) => events::http::remove(&app, &user, &event, how).await?,
        None => {
            let mut change = Change::begin(&app.db, user.tenant).await?;
            events::store::delete(&mut change, room.id).await?;
            change.record(Entry::by(user.id, Action::RoomDeleted).on(room.id));
            change.commit().await?;
            running::deleted(&app, room.id).await;
            app.assets.remove_of_deleted_rooms(user.tenant).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A room; for those who may enter it.
#[utoipa::path(get, path = "/rooms/{room_id}", tag = "rooms", security(("bearer" = [])), params(("room_id" = RoomId, Path)),
    responses((status = 200, body = RoomResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<RoomId>,
) -> Answer<Json<RoomResource>> {
    let tenant = user.tenant;
    let (room, role) = app.entrance.access(id, &Asker::User(Box::new(user)), None).await?;
    let owner = users::store::by_id(&app.db, tenant, room.created_by).await?;
    let owner = PublicUserProfile::of(owner.ok_or_else(Refused::not_found)?, &origin);
    Ok(Json(RoomResource::new(&app, room, owner, role)))
}

/// What a meeting in this room may use.
#[utoipa::path(get, path = "/rooms/{room_id}/tariff", tag = "rooms", security(("bearer" = []), ("invite_code" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = Tariff), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn tariff(State(app): State<App>, asker: Asker, Id(id): Id<RoomId>) -> Answer<Json<Tariff>> {
    let (room, _) = app.entrance.access(id, &asker, None).await?;
    let owner = users::store::by_id(&app.db, room.tenant, room.created_by).await?;
    let owner = owner.ok_or_else(Refused::not_found)?;
    Ok(Json(app.tariffs.of(&owner).await?.into()))
}

/// The event of a room, as little as a guest may know.
#[utoipa::path(get, path = "/rooms/{room_id}/event", tag = "rooms", security(("bearer" = []), ("invite_code" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = EventInfo), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn event(State(app): State<App>, asker: Asker, Id(id): Id<RoomId>) -> Answer<Json<EventInfo>> {
    let (room, _) = app.entrance.access(id, &asker, None).await?;
    let mut info = events::info(&app.db, room.tenant, id)
        .await?
        .ok_or_else(Refused::not_found)?;
    if info.show_meeting_details {
        info.meeting_details = Some(meeting_details(&app, room.tenant, id).await?);
    }
    Ok(Json(info))
}

/// How others find the meeting: its guest link and its streams.
async fn meeting_details(app: &App, tenant: TenantId, room: RoomId) -> Answer<MeetingDetails> {
    let streams = streaming::store::of_rooms(&app.db, tenant, &[room]).await?;
    Ok(MeetingDetails {
        call_in: sip::call_in(&app.db, &app.config, tenant, &[room]).await?.remove(&room),
        invite_code_id: invites::store::newest(&app.db, tenant, room, millis(clock::now())).await?,
        streaming_links: streams
            .into_iter()
            .map(|target| StreamingLink {
                name: target.name,
                url: target.public_url,
            })
            .collect(),
    })
}
