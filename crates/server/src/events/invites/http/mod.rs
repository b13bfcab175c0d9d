// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events/{event}/invites`, one's own answer, and favourites (profile §2 and §9). Colleagues are invited as user or
//! moderator, e-mail addresses as guest or moderator.

pub mod guest;
pub mod undelivered;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::door::running;
use crate::events::http::{editable, visible};
use crate::events::invites::store;
use crate::events::resources::invitees;
use crate::events::wire::{ChangeQuery, EventInvitee, InviteStatus};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Failure, Invalid, Refused};
use crate::http::numbered::Numbered;
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::{EventId, TenantId, UserId};
use crate::mail::Receiver;
use crate::users;

/// `{invitee, role}` for somebody with an account, `{email, role}`, or `{group, role}`.
#[derive(Deserialize, ToSchema)]
pub struct PostInvite {
    /// Konvent's own: everybody who is in this group now.
    pub group: Option<String>,
    pub invitee: Option<UserId>,
    #[schema(max_length = 255)]
    pub email: Option<String>,
    pub role: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct PatchInvite {
    /// `user` or `moderator`.
    pub role: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct EmailInvite {
    pub email: String,
}

#[derive(Deserialize, ToSchema)]
pub struct PatchEmailInvite {
    pub email: String,
    /// `guest` or `moderator`.
    pub role: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct PendingInvites {
    pub total_pending_invites: i64,
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InvitesQuery {
    /// Only those who answered so.
    pub status: Option<InviteStatus>,
    /// 30 by default, 100 at most; without `page` and `per_page` all are listed.
    pub per_page: Option<i64>,
    /// From 1 on.
    pub page: Option<i64>,
}

/// Everybody invited to an event.
#[utoipa::path(get, path = "/events/{event_id}/invites", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), InvitesQuery),
    responses((status = 200, body = Vec<EventInvitee>), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<EventId>,
    Query(query): Query<InvitesQuery>,
) -> Answer<Response> {
    visible(&app, &user, id).await?;
    let mut all = invitees(&app.db, user.tenant, &origin, id).await?;
    all.retain(|invitee| query.status.is_none_or(|status| invitee.status == status));
    let Some(numbered) = Numbered::of(query.page, query.per_page) else {
        return Ok(Json(all).into_response());
    };
    let link = numbered.cut(&mut all);
    Ok((link, Json(all)).into_response())
}

/// Invites a person. An e-mail address that belongs to an account invites that account.
#[utoipa::path(post, path = "/events/{event_id}/invites", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ChangeQuery), request_body = PostInvite,
    responses((status = 201, description = "Invited"), (status = 204, description = "Was invited before"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Query(how): Query<ChangeQuery>,
    Json(body): Json<PostInvite>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    let tenant = user.tenant;
    let invalid = |field: &str, code: &str, text: &str| Refused::validation(vec![Invalid::new(field, code, text)]);
    if let Some(group) = &body.group {
        if body.invitee.is_some() || body.email.is_some() {
            return Err(invalid("group", "value_required", "Name one of invitee, email and group.").into());
        }
        let role = colleague_role(body.role.as_deref().unwrap_or("user"))?;
        let members = users::store::members(&app.db, tenant, group).await?;
        if members.is_empty() {
            return Err(invalid("group", "unknown_group", "There is nobody in this group.").into());
        }
        let mut new = Vec::new();
        let mut change = Change::begin(&app.db, tenant).await?;
        for member in members.into_iter().filter(|member| *member != event.created_by) {
            if store::invite(&mut change, id, member, role, user.id).await? {
                let entry = Entry::by(user.id, Action::InvitationCreated).on(id);
                change.record(entry.with("invitee", member).with("role", role));
                let to = Receiver::User(member);
                change.queue(app.mail.invited(id, to, how.suppress_email_notification));
                new.push(member);
            }
        }
        change.commit().await?;
        for member in &new {
            running::right_changed(&app, tenant, event.room, *member).await?;
        }
        return Ok(if !new.is_empty() {
            StatusCode::CREATED
        } else {
            StatusCode::NO_CONTENT
        });
    }
    let invitee = match (body.invitee, &body.email) {
        (Some(id), None) => {
            let invitee = users::store::by_id(&app.db, tenant, id).await?;
            Some(invitee.ok_or_else(|| invalid("invitee", "unknown_user", "There is no such person."))?)
        }
        (None, Some(email)) => users::store::by_email(&app.db, tenant, &users::folded(email)).await?,
        _ => return Err(invalid("invitee", "value_required", "Name either invitee or email.").into()),
    };
    let role = body.role.as_deref();
    let mut entry = Entry::by(user.id, Action::InvitationCreated).on(id);
    let (to, as_what, name) = match invitee {
        Some(invitee) if invitee.id == event.created_by => return Ok(StatusCode::NO_CONTENT),
        Some(invitee) => {
            entry = entry.with("invitee", invitee.id);
            let role = colleague_role(role.unwrap_or("user"))?;
            (Receiver::User(invitee.id), role, Default::default())
        }
        None => {
            let email = users::folded(body.email.as_deref().unwrap_or_default());
            if !users::is_email(&email) {
                return Err(invalid("email", "invalid_email", "This is not an e-mail address.").into());
            }
            let role = email_role(role.unwrap_or("guest"))?;
            app.mail.may_invite(user.id, how.suppress_email_notification)?;
            let name = match app.directory_of(tenant) {
                Some(directory) => directory.name_of(&email).await.unwrap_or_default(),
                None => Default::default(),
            };
            (Receiver::Email(email), role, name)
        }
    };
    let mut change = Change::begin(&app.db, tenant).await?;
    let new = match &to {
        Receiver::User(invitee) => store::invite(&mut change, id, *invitee, as_what, user.id).await?,
        Receiver::Email(email) => {
            let name = (name.0.as_str(), name.1.as_str());
            store::invite_email(&mut change, id, email, name, as_what, user.id).await?
        }
    };
    if new {
        change.record(entry);
        change.queue(app.mail.invited(id, to.clone(), how.suppress_email_notification));
        change.commit().await?;
        if let Receiver::User(invitee) = to {
            running::right_changed(&app, tenant, event.room, invitee).await?;
        }
    }
    Ok(if new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    })
}

/// Colleagues are no guests: an invitation by e-mail that meets an account makes a user.
fn colleague_role(role: &str) -> Answer<&'static str> {
    match role {
        "user" | "guest" => Ok("user"),
        "moderator" => Ok("moderator"),
        _ => Err(wrong_role("user or moderator.")),
    }
}

fn email_role(role: &str) -> Answer<&'static str> {
    match role {
        "guest" | "user" => Ok("guest"),
        "moderator" => Ok("moderator"),
        _ => Err(wrong_role("guest or moderator.")),
    }
}

fn wrong_role(text: &str) -> Failure {
    Refused::validation(vec![Invalid::new("role", "invalid_value", text)]).into()
}

/// Changes as what a colleague is invited; for who may edit the event.
#[utoipa::path(patch, path = "/events/{event_id}/invites/{user_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ("user_id" = UserId, Path)), request_body = PatchInvite,
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    Id((id, invitee)): Id<(EventId, UserId)>,
    Json(body): Json<PatchInvite>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    let Some(role) = body.role else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let role = colleague_role(&role)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    there_was(store::set_role(&mut change, id, invitee, role).await?)?;
    let entry = Entry::by(user.id, Action::InvitationChanged).on(id);
    change.record(entry.with("invitee", invitee).with("role", role));
    change.commit().await?;
    running::right_changed(&app, user.tenant, event.room, invitee).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an invitation back; for who may edit the event.
#[utoipa::path(delete, path = "/events/{event_id}/invites/{user_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ("user_id" = UserId, Path), ChangeQuery),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove(
    State(app): State<App>,
    Known(user): Known,
    Id((id, invitee)): Id<(EventId, UserId)>,
    Query(how): Query<ChangeQuery>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    there_was(store::uninvite(&mut change, id, invitee).await?)?;
    let entry = Entry::by(user.id, Action::InvitationDeleted).on(id);
    change.record(entry.with("invitee", invitee));
    let to = Receiver::User(invitee);
    app.mail
        .uninvited(&mut change, id, to, how.suppress_email_notification)
        .await?;
    change.commit().await?;
    running::right_changed(&app, user.tenant, event.room, invitee).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes as what an e-mail address is invited; for who may edit the event.
#[utoipa::path(patch, path = "/events/{event_id}/invites/email", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), request_body = PatchEmailInvite,
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change_email(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Json(body): Json<PatchEmailInvite>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    let email = users::folded(&body.email);
    let role = body.role.as_deref().map(email_role).transpose()?;
    let Some(role) = role else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let entry = Entry::by(user.id, Action::InvitationChanged).on(id).with("role", role);
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if store::set_email_role(&mut change, id, &email, role).await? {
        change.record(entry);
        change.commit().await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    // Who has an account was invited with it.
    let colleague = colleague(&app, user.tenant, id, &email).await?;
    let role = colleague_role(role)?;
    there_was(store::set_role(&mut change, id, colleague, role).await?)?;
    change.record(entry.with("invitee", colleague));
    change.commit().await?;
    running::right_changed(&app, user.tenant, event.room, colleague).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the invitation of an e-mail address back; for who may edit the event.
#[utoipa::path(delete, path = "/events/{event_id}/invites/email", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ChangeQuery), request_body = EmailInvite,
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn remove_email(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Query(how): Query<ChangeQuery>,
    Json(body): Json<EmailInvite>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    let email = users::folded(&body.email);
    let mut entry = Entry::by(user.id, Action::InvitationDeleted).on(id);
    let mut change = Change::begin(&app.db, user.tenant).await?;
    let to = if store::uninvite_email(&mut change, id, &email).await? {
        Receiver::Email(email)
    } else {
        let colleague = colleague(&app, user.tenant, id, &email).await?;
        there_was(store::uninvite(&mut change, id, colleague).await?)?;
        entry = entry.with("invitee", colleague);
        Receiver::User(colleague)
    };
    change.record(entry);
    app.mail
        .uninvited(&mut change, id, to.clone(), how.suppress_email_notification)
        .await?;
    change.commit().await?;
    match to {
        Receiver::User(colleague) => running::right_changed(&app, user.tenant, event.room, colleague).await?,
        Receiver::Email(_) => running::link_changed(&app, event.room),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who was invited with an account of this address. Of several nobody is chosen by chance.
async fn colleague(app: &App, tenant: TenantId, event: EventId, email: &str) -> Answer<UserId> {
    let found = store::invited_with_email(&app.db, tenant, event, email).await?;
    match found.as_slice() {
        [] => Err(Refused::not_found().into()),
        [one] => Ok(*one),
        _ => {
            let text =
                "Several invited people have this address: change or withdraw the invitation of each by their id.";
            Err(Refused::validation(vec![Invalid::new("email", "ambiguous", text)]).into())
        }
    }
}

fn there_was(there_was: bool) -> Answer<StatusCode> {
    if there_was {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::not_found().into())
    }
}

/// How many invitations one has not answered yet.
#[utoipa::path(get, path = "/users/me/pending_invites", tag = "events", security(("bearer" = [])),
    responses((status = 200, body = PendingInvites)))]
pub async fn pending(State(app): State<App>, Known(user): Known) -> Answer<Json<PendingInvites>> {
    Ok(Json(PendingInvites {
        total_pending_invites: store::pending(&app.db, user.tenant, user.id).await?,
    }))
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
    there_was(store::answer(&app.db, user.tenant, id, user.id, status.as_str()).await?)
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
