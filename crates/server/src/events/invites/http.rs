// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events/{event}/invites`, one's own answer, and favourites (profile §2 and §9).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::store;
use crate::app::App;
use crate::events::http::{can_edit, invitees, visible};
use crate::events::wire::{EventInvitee, InviteStatus};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Known;
use crate::ids::{EventId, UserId};
use crate::users;

/// `{invitee, role}` for somebody with an account, or `{email, role}`.
#[derive(Deserialize, ToSchema)]
pub struct PostInvite {
    pub invitee: Option<UserId>,
    pub email: Option<String>,
    pub role: Option<String>,
}

/// Everybody invited to an event.
#[utoipa::path(get, path = "/events/{event_id}/invites", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)),
    responses((status = 200, body = Vec<EventInvitee>), (status = 404, body = ErrorBody)))]
pub async fn list(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<Json<Vec<EventInvitee>>> {
    let event = visible(&app, &user, id).await?;
    Ok(Json(invitees(&app, &user, event.id).await?))
}

/// Invites a person. An e-mail address that belongs to an account invites that account.
#[utoipa::path(post, path = "/events/{event_id}/invites", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), request_body = PostInvite,
    responses((status = 201, description = "Invited"), (status = 204, description = "Was invited before"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Json(body): Json<PostInvite>,
) -> Answer<StatusCode> {
    let event = visible(&app, &user, id).await?;
    if !can_edit(&event, &user) {
        return Err(Refused::forbidden().into());
    }
    let tenant = user.tenant;
    let invalid = |field: &str, code: &str, text: &str| Refused::validation(vec![Invalid::new(field, code, text)]);
    let invitee = match (body.invitee, &body.email) {
        (Some(id), None) => {
            let invitee = users::store::by_id(&app.db, tenant, id).await?;
            Some(invitee.ok_or_else(|| invalid("invitee", "unknown_user", "There is no such person."))?)
        }
        (None, Some(email)) => users::store::by_email(&app.db, tenant, &users::folded(email)).await?,
        _ => return Err(invalid("invitee", "value_required", "Name either invitee or email.").into()),
    };
    let role = body.role.as_deref();
    let new = match invitee {
        Some(invitee) if invitee.id == event.created_by => false,
        Some(invitee) => {
            let role = match role {
                None | Some("user" | "guest") => "user",
                Some("moderator") => "moderator",
                _ => return Err(invalid("role", "invalid_value", "user or moderator.").into()),
            };
            store::invite(&app.db, tenant, id, invitee.id, role, user.id).await?
        }
        None => {
            let email = users::folded(body.email.as_deref().unwrap_or_default());
            if !users::is_email(&email) {
                return Err(invalid("email", "invalid_email", "This is not an e-mail address.").into());
            }
            let role = match role {
                None | Some("guest" | "user") => "guest",
                Some("moderator") => "moderator",
                _ => return Err(invalid("role", "invalid_value", "guest or moderator.").into()),
            };
            store::invite_email(&app.db, tenant, id, &email, role, user.id).await?
        }
    };
    Ok(if new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    })
}

/// Takes an invitation back; for who may edit the event.
#[utoipa::path(delete, path = "/events/{event_id}/invites/{user_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ("user_id" = UserId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove(
    State(app): State<App>,
    Known(user): Known,
    Id((id, invitee)): Id<(EventId, UserId)>,
) -> Answer<StatusCode> {
    let event = visible(&app, &user, id).await?;
    if !can_edit(&event, &user) {
        return Err(Refused::forbidden().into());
    }
    match store::uninvite(&app.db, user.tenant, id, invitee).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

/// Accepts one's own invitation.
#[utoipa::path(patch, path = "/events/{event_id}/invite", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn accept(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    answer(&app, &user, id, InviteStatus::Accepted).await
}

/// Declines one's own invitation.
#[utoipa::path(delete, path = "/events/{event_id}/invite", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn decline(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    answer(&app, &user, id, InviteStatus::Declined).await
}

async fn answer(app: &App, user: &users::User, id: EventId, status: InviteStatus) -> Answer<StatusCode> {
    match store::answer(&app.db, user.tenant, id, user.id, status.as_str()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

/// Marks an event as a favourite.
#[utoipa::path(put, path = "/users/me/event_favorites/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)),
    responses((status = 201), (status = 204, description = "Was one before"), (status = 404, body = ErrorBody)))]
pub async fn add_favorite(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    visible(&app, &user, id).await?;
    let new = store::add_favorite(&app.db, user.tenant, id, user.id).await?;
    Ok(if new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    })
}

/// Unmarks a favourite.
#[utoipa::path(delete, path = "/users/me/event_favorites/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn remove_favorite(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    visible(&app, &user, id).await?;
    store::remove_favorite(&app.db, user.tenant, id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
