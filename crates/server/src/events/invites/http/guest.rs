// SPDX-License-Identifier: EUPL-1.2
//! What somebody invited by e-mail address sees and answers by their personal link. Other guest links are nobody's in
//! person and answer nothing. The code of the link is all the proof there is, as for entering the room.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::events::instances::{self, Upcoming};
use crate::events::invites::store;
use crate::events::resources::times;
use crate::events::store::{self as events, Event};
use crate::events::when::{series_of, zoned};
use crate::events::wire::{DateTimeTz, InviteStatus};
use crate::http::extract::Json;
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::ids::{InviteCode, RoomId, TenantId};
use crate::rooms;
use crate::users;

/// The invitation behind a personal link.
#[derive(Serialize, ToSchema)]
pub struct GuestInvitation {
    pub answer: InviteStatus,
    /// Name of who invites.
    pub organiser: String,
    /// Of a series its next date, or the one that takes place now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTimeTz>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTimeTz>,
    pub is_all_day: bool,
    pub is_series: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestAnswer {
    Accepted,
    Declined,
}

#[derive(Deserialize, ToSchema)]
pub struct PutAnswer {
    pub invite_code: InviteCode,
    pub answer: GuestAnswer,
}

/// What a code that opens the room invites to. `None`: it is nobody's in person.
pub async fn invitation(
    app: &App,
    tenant: TenantId,
    room: RoomId,
    code: InviteCode,
) -> Answer<Option<GuestInvitation>> {
    let Some(answer) = store::answer_by_link(&app.db, tenant, code).await? else {
        return Ok(None);
    };
    let Some(event) = events::of_room(&app.db, tenant, room).await? else {
        return Ok(None);
    };
    let organiser = users::store::by_id(&app.db, tenant, event.created_by).await?;
    let organiser = organiser.map(|user| user.display_name).unwrap_or_default();
    let (starts_at, ends_at, is_all_day) = next(app, tenant, &event).await?;
    Ok(Some(GuestInvitation {
        answer: InviteStatus::stored(&answer),
        organiser,
        starts_at,
        ends_at,
        is_all_day,
        is_series: !event.recurrence.is_empty(),
    }))
}

/// When it takes place next, and whether for whole days. A series that is over: as it began.
async fn next(
    app: &App,
    tenant: TenantId,
    event: &Event,
) -> sqlx::Result<(Option<DateTimeTz>, Option<DateTimeTz>, bool)> {
    let all_day = event.is_all_day == Some(true);
    if let Some(series) = series_of(event) {
        let exceptions = instances::store::of_events(&app.db, tenant, &[event.id]).await?;
        let by_start = instances::by_start(&exceptions);
        let dates = Upcoming::new(event.id, &series, &exceptions, millis(clock::now()), i64::MAX);
        for date in dates {
            let exception = by_start.get(&(event.id, millis(date.start))).copied();
            if exception.is_some_and(|exception| exception.cancelled) {
                continue;
            }
            let (starts_at, ends_at) = times(event, &series, date.start, exception);
            let all_day = exception.and_then(|exception| exception.is_all_day).unwrap_or(all_day);
            return Ok((Some(starts_at), Some(ends_at), all_day));
        }
    }
    let starts_at = zoned(event.starts_at, event.starts_at_timezone.as_ref());
    let ends_at = zoned(event.ends_at, event.ends_at_timezone.as_ref());
    Ok((starts_at, ends_at, all_day))
}

/// Answers the invitation behind a personal link; needs no login.
#[utoipa::path(put, path = "/invite/answer", tag = "events", request_body = PutAnswer,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn answer(State(app): State<App>, Json(body): Json<PutAnswer>) -> Answer<StatusCode> {
    let tenant = rooms::invites::store::tenant_of(&app.db, body.invite_code, millis(clock::now())).await?;
    let tenant = tenant.ok_or_else(Refused::not_found)?;
    let status = match body.answer {
        GuestAnswer::Accepted => InviteStatus::Accepted,
        GuestAnswer::Declined => InviteStatus::Declined,
    };
    if !store::answer_as_guest(&app.db, tenant, body.invite_code, status.as_str()).await? {
        return Err(Refused::not_found().into());
    }
    Ok(StatusCode::NO_CONTENT)
}
