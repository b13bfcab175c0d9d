// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}/streaming_targets` (profile §2). Only moderators see them, only the owner changes them.

use axum::extract::State;
use axum::http::StatusCode;

use super::store::{self, Target};
use super::wire::{PatchStreamingTarget, StreamingKind, StreamingTarget, StreamingTargetResource};
use super::{MOST_TARGETS, check, refuse_if};
use crate::app::App;
use crate::change::{Change, Fields};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Known;
use crate::ids::{RoomId, StreamingTargetId};
use crate::rooms::http::{moderated, owned};
use crate::users::User;

/// Where the meetings of a room are streamed to; for its moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/streaming_targets", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = Vec<StreamingTargetResource>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    Id(room): Id<RoomId>,
) -> Answer<Json<Vec<StreamingTargetResource>>> {
    let room = moderated(&app, &user, room).await?;
    let is_owner = room.created_by == user.id;
    let targets = store::of_rooms(&app.db, user.tenant, &[room.id]).await?;
    let resources = targets
        .into_iter()
        .map(|target| StreamingTargetResource::new(target, is_owner));
    Ok(Json(resources.collect()))
}

/// Adds a target; for the room's owner.
#[utoipa::path(post, path = "/rooms/{room_id}/streaming_targets", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)), request_body = StreamingTarget,
    responses((status = 200, body = StreamingTargetResource), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Id(room): Id<RoomId>,
    Json(body): Json<StreamingTarget>,
) -> Answer<Json<StreamingTargetResource>> {
    let room = owned(&app, &user, room).await?;
    let mut errors = Vec::new();
    check(std::slice::from_ref(&body), "streaming_target", &mut errors);
    if store::of_rooms(&app.db, user.tenant, &[room.id]).await?.len() >= MOST_TARGETS {
        let text = format!("A room has at most {MOST_TARGETS} targets.");
        errors.push(Invalid::new("streaming_target", "too_many", text));
    }
    refuse_if(errors)?;
    let id = store::add(&app.db, user.tenant, room.id, &body).await?;
    Ok(Json(StreamingTargetResource::new(
        one(&app, &user, room.id, id).await?,
        true,
    )))
}

/// One target; for the room's moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/streaming_targets/{target_id}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("target_id" = StreamingTargetId, Path)),
    responses((status = 200, body = StreamingTargetResource), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    Id((room, id)): Id<(RoomId, StreamingTargetId)>,
) -> Answer<Json<StreamingTargetResource>> {
    let room = moderated(&app, &user, room).await?;
    let target = one(&app, &user, room.id, id).await?;
    Ok(Json(StreamingTargetResource::new(target, room.created_by == user.id)))
}

/// Changes a target; for the room's owner.
#[utoipa::path(patch, path = "/rooms/{room_id}/streaming_targets/{target_id}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("target_id" = StreamingTargetId, Path)), request_body = PatchStreamingTarget,
    responses((status = 200, body = StreamingTargetResource), (status = 204, description = "Nothing to change"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    Id((room, id)): Id<(RoomId, StreamingTargetId)>,
    Json(patch): Json<PatchStreamingTarget>,
) -> Answer<axum::response::Response> {
    use axum::response::IntoResponse as _;
    let room = owned(&app, &user, room).await?;
    let mut target = one(&app, &user, room.id, id).await?;
    if patch.name.is_none() && patch.kind.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut fields = Fields::default();
    let mut write = |column, given: Option<String>, place: &mut String| {
        if let Some(text) = given {
            fields.text(column, text.clone());
            *place = text;
        }
    };
    write("name", patch.name, &mut target.name);
    if let Some(kind) = patch.kind {
        write(
            "streaming_endpoint",
            kind.streaming_endpoint,
            &mut target.streaming_endpoint,
        );
        write("streaming_key", kind.streaming_key, &mut target.streaming_key);
        write("public_url", kind.public_url, &mut target.public_url);
    }
    let changed = StreamingTarget {
        name: target.name.clone(),
        kind: StreamingKind::Custom,
        streaming_endpoint: target.streaming_endpoint.clone(),
        streaming_key: target.streaming_key.clone(),
        public_url: target.public_url.clone(),
    };
    let mut errors = Vec::new();
    changed.check("streaming_target", &mut errors);
    refuse_if(errors)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::change(&mut change, room.id, id, &fields).await?;
    change.commit().await?;
    let target = one(&app, &user, room.id, id).await?;
    Ok(Json(StreamingTargetResource::new(target, true)).into_response())
}

/// Deletes a target; for the room's owner.
#[utoipa::path(delete, path = "/rooms/{room_id}/streaming_targets/{target_id}", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("target_id" = StreamingTargetId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    Known(user): Known,
    Id((room, id)): Id<(RoomId, StreamingTargetId)>,
) -> Answer<StatusCode> {
    let room = owned(&app, &user, room).await?;
    match store::delete(&app.db, user.tenant, room.id, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

async fn one(app: &App, user: &User, room: RoomId, id: StreamingTargetId) -> Answer<Target> {
    let targets = store::of_rooms(&app.db, user.tenant, &[room]).await?;
    let target = targets.into_iter().find(|target| target.id == id);
    Ok(target.ok_or_else(Refused::not_found)?)
}
