// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/meetings`: the meetings that run now, for administrators. Who is in them and what is said there is not shown.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use konvent_meeting::Input;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::events;
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::identity::caller::Administrator;
use crate::ids::RoomId;
use crate::users::admin::{TenantQuery, chosen};

/// A meeting that runs.
#[derive(Serialize, ToSchema)]
pub struct RunningMeeting {
    pub room_id: RoomId,
    /// Of its event; null: it was not planned.
    pub title: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// Open connections: people, with those in the waiting room, once for each of their devices.
    pub connections: usize,
}

/// The running meetings of an organisation in which somebody is, the oldest first.
#[utoipa::path(get, path = "/admin/meetings", tag = "admin", security(("bearer" = [])), params(TenantQuery),
    responses((status = 200, body = Vec<RunningMeeting>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<TenantQuery>,
) -> Answer<Json<Vec<RunningMeeting>>> {
    let tenant = chosen(&user, query.tenant_id)?;
    let mut meetings = Vec::new();
    let running = app.registry.running(tenant).await;
    for running in running.into_iter().filter(|running| running.connections > 0) {
        let room_id = RoomId(running.room.0);
        let event = events::info(&app.db, tenant, room_id).await?;
        meetings.push(RunningMeeting {
            room_id,
            title: event.filter(|event| !event.is_adhoc).map(|event| event.title),
            began_at: running.began_at,
            connections: running.connections,
        });
    }
    meetings.sort_by_key(|meeting| meeting.began_at);
    Ok(Json(meetings))
}

/// Ends a running meeting for everybody.
#[utoipa::path(delete, path = "/admin/meetings/{room_id}", tag = "admin", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), TenantQuery),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn end(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(room): Id<RoomId>,
    Query(query): Query<TenantQuery>,
) -> Answer<StatusCode> {
    let tenant = chosen(&user, query.tenant_id)?;
    let running = app.registry.running(tenant).await;
    if !running.iter().any(|meeting| meeting.room.0 == room.0) {
        return Err(Refused::not_found().into());
    }
    Change::note(&app.db, tenant, Entry::by(user.id, Action::MeetingEnded).on(room)).await?;
    app.registry.tell(konvent_meeting::RoomId(room.0), Input::Debrief).await;
    Ok(StatusCode::NO_CONTENT)
}
