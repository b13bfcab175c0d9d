// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events` (profile §2 and §9): plan, list, change, delete. Not invitations: see `events::invites`. What somebody may
//! not see does not exist for them: 404.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::invites;
use super::store::{self, Cursor, Event};
use super::wire::{
    self, DateTimeTz, EventInvitee, EventQuery, EventResource, EventRoom, EventType, EventsQuery, InviteStatus,
    InviteeProfile, PatchEvent, PostEvent, When,
};
use crate::app::App;
use crate::clock;
use crate::db::{millis, time};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::identity::caller::Known;
use crate::ids::{EventId, RoomId};
use crate::rooms::GuestAccess;
use crate::users::{self, User};

/// Plans a meeting, or starts one now (`is_adhoc`).
#[utoipa::path(post, path = "/events", tag = "events", security(("bearer" = [])), request_body = PostEvent,
    responses((status = 201, body = EventResource), (status = 400, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Json(body): Json<PostEvent>,
) -> Answer<(StatusCode, Json<EventResource>)> {
    let mut errors = Vec::new();
    wire::check_texts(
        Some(&body.title),
        Some(&body.description),
        body.password.as_deref(),
        &mut errors,
    );
    let when = When {
        is_all_day: body.is_all_day,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
    };
    let when = wire::when(body.is_time_independent, when, &body.recurrence_pattern, &mut errors);
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    let now = millis(clock::now());
    let mut event = Event {
        id: EventId(clock::id()),
        room: RoomId(clock::token()),
        title: body.title,
        description: body.description,
        created_by: user.id,
        created_at: now,
        updated_by: user.id,
        updated_at: now,
        is_adhoc: body.is_adhoc,
        is_all_day: None,
        starts_at: None,
        starts_at_timezone: None,
        ends_at: None,
        ends_at_timezone: None,
        show_meeting_details: body.show_meeting_details,
        password: body.password,
        waiting_room: body.waiting_room,
        guest_access: body.guest_access.unwrap_or(GuestAccess::DirectAccess).as_str().into(),
        e2e_encryption: body.e2e_encryption,
    };
    set_when(&mut event, when);
    store::add(&app.db, user.tenant, &event).await?;
    Ok((StatusCode::CREATED, Json(resource(&app, &user, event, 0).await?)))
}

/// One event.
#[utoipa::path(get, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), EventQuery),
    responses((status = 200, body = EventResource), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Query(query): Query<EventQuery>,
) -> Answer<Json<EventResource>> {
    let event = visible(&app, &user, id).await?;
    Ok(Json(resource(&app, &user, event, query.invitees_max).await?))
}

/// Changes an event; for who made it.
#[utoipa::path(patch, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), EventQuery), request_body = PatchEvent,
    responses((status = 200, body = EventResource), (status = 204, description = "Nothing to change"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Query(query): Query<EventQuery>,
    Json(patch): Json<PatchEvent>,
) -> Answer<Response> {
    let mut event = visible(&app, &user, id).await?;
    if !can_edit(&event, &user) {
        return Err(Refused::forbidden().into());
    }
    if !has_change(&patch) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut errors = Vec::new();
    let password = patch.password.as_ref().and_then(|password| password.as_deref());
    wire::check_texts(
        patch.title.as_deref(),
        patch.description.as_deref(),
        password,
        &mut errors,
    );
    let recurrence = patch.recurrence_pattern.unwrap_or_default();
    let asked = When {
        is_all_day: patch.is_all_day,
        starts_at: patch.starts_at,
        ends_at: patch.ends_at,
    };
    let touches_time = asked.is_all_day.is_some() || asked.starts_at.is_some() || asked.ends_at.is_some();
    let was_independent = event.starts_at.is_none();
    let independent = patch.is_time_independent.unwrap_or(was_independent && !touches_time);
    let asked = if independent {
        asked
    } else {
        When {
            is_all_day: asked.is_all_day.or(event.is_all_day),
            starts_at: asked
                .starts_at
                .or_else(|| zoned(event.starts_at, event.starts_at_timezone.as_ref())),
            ends_at: asked
                .ends_at
                .or_else(|| zoned(event.ends_at, event.ends_at_timezone.as_ref())),
        }
    };
    let when = wire::when(independent, asked, &recurrence, &mut errors);
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    set_when(&mut event, when);
    event.title = patch.title.unwrap_or(event.title);
    event.description = patch.description.unwrap_or(event.description);
    event.password = patch.password.unwrap_or(event.password);
    event.waiting_room = patch.waiting_room.unwrap_or(event.waiting_room);
    event.guest_access = patch
        .guest_access
        .map_or(event.guest_access, |access| access.as_str().into());
    event.e2e_encryption = patch.e2e_encryption.unwrap_or(event.e2e_encryption);
    event.is_adhoc = patch.is_adhoc.unwrap_or(event.is_adhoc);
    event.show_meeting_details = patch.show_meeting_details.unwrap_or(event.show_meeting_details);
    event.updated_by = user.id;
    event.updated_at = millis(clock::now());
    store::change(&app.db, user.tenant, &event).await?;
    Ok(Json(resource(&app, &user, event, query.invitees_max).await?).into_response())
}

/// Deletes an event with its room; for who made it.
#[utoipa::path(delete, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    let event = visible(&app, &user, id).await?;
    if !can_edit(&event, &user) {
        return Err(Refused::forbidden().into());
    }
    store::delete(&app.db, user.tenant, event.room).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own events and those one is invited to, by time. The `Link` header leads to the next page.
#[utoipa::path(get, path = "/events", tag = "events", security(("bearer" = [])), params(EventsQuery),
    responses((status = 200, body = Vec<EventResource>), (status = 400, body = ErrorBody)))]
pub async fn list(State(app): State<App>, Known(user): Known, Query(query): Query<EventsQuery>) -> Answer<Response> {
    page(&app, &user, query).await
}

/// The same, with each date of a series by itself; there are no series yet.
#[utoipa::path(get, path = "/events/instances", tag = "events", security(("bearer" = [])), params(EventsQuery),
    responses((status = 200, body = Vec<EventResource>), (status = 400, body = ErrorBody)))]
pub async fn instances(
    State(app): State<App>,
    Known(user): Known,
    Query(query): Query<EventsQuery>,
) -> Answer<Response> {
    page(&app, &user, query).await
}

async fn page(app: &App, user: &User, query: EventsQuery) -> Answer<Response> {
    let cursor = match &query.after {
        None => Cursor {
            starts_at: i64::MIN,
            id: EventId(Uuid::nil()),
        },
        Some(text) => parse_cursor(text).ok_or_else(|| Refused::bad_request("The page in `after` is unknown."))?,
    };
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let mut events = store::list(&app.db, user.tenant, user.id, &query, &cursor, per_page + 1).await?;
    let more = events.len() > usize::try_from(per_page).unwrap_or(usize::MAX);
    events.truncate(usize::try_from(per_page).unwrap_or(usize::MAX));
    let next = events.last().filter(|_| more).map(|last| {
        let cursor = URL_SAFE_NO_PAD.encode(format!("{} {}", store::sort_key(last), last.id));
        format!("<?per_page={per_page}&after={cursor}>; rel=\"after\"")
    });
    let mut resources = Vec::new();
    for event in events {
        resources.push(resource(app, user, event, query.invitees_max).await?);
    }
    let link = next.map(|next| [(header::LINK, next)]);
    Ok(match link {
        Some(link) => (link, Json(resources)).into_response(),
        None => Json(resources).into_response(),
    })
}

fn parse_cursor(text: &str) -> Option<Cursor> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (starts_at, id) = decoded.split_once(' ')?;
    Some(Cursor {
        starts_at: starts_at.parse().ok()?,
        id: EventId(id.parse().ok()?),
    })
}

fn has_change(patch: &PatchEvent) -> bool {
    let PatchEvent {
        title,
        description,
        password,
        waiting_room,
        guest_access,
        e2e_encryption,
        is_adhoc,
        is_time_independent,
        is_all_day,
        starts_at,
        ends_at,
        recurrence_pattern,
        show_meeting_details,
    } = patch;
    let flags = [
        waiting_room,
        e2e_encryption,
        is_adhoc,
        is_time_independent,
        is_all_day,
        show_meeting_details,
    ];
    let times = starts_at.is_some() || ends_at.is_some() || recurrence_pattern.is_some();
    let texts = title.is_some() || description.is_some() || password.is_some();
    texts || times || guest_access.is_some() || flags.into_iter().any(Option::is_some)
}

fn set_when(event: &mut Event, when: When) {
    event.is_all_day = when.is_all_day;
    (event.starts_at, event.starts_at_timezone) = when.starts_at.map(|at| (millis(at.datetime), at.timezone)).unzip();
    (event.ends_at, event.ends_at_timezone) = when.ends_at.map(|at| (millis(at.datetime), at.timezone)).unzip();
}

fn zoned(at: Option<i64>, timezone: Option<&String>) -> Option<DateTimeTz> {
    Some(DateTimeTz {
        datetime: time(at?),
        timezone: timezone?.clone(),
    })
}

/// The event, if this person may know of it.
pub async fn visible(app: &App, user: &User, id: EventId) -> Answer<Event> {
    let event = store::visible(&app.db, user.tenant, id, user.id).await?;
    Ok(event.ok_or_else(Refused::not_found)?)
}

pub fn can_edit(event: &Event, user: &User) -> bool {
    event.created_by == user.id
}

pub async fn invitees(app: &App, user: &User, event: EventId) -> Answer<Vec<EventInvitee>> {
    let mut invitees = Vec::new();
    for (id, role, status) in invites::store::people(&app.db, user.tenant, event).await? {
        if let Some(invitee) = users::store::by_id(&app.db, user.tenant, id).await? {
            invitees.push(EventInvitee {
                profile: InviteeProfile::Registered {
                    profile: invitee.into(),
                    role,
                },
                status: InviteStatus::stored(&status),
            });
        }
    }
    for (email, role) in invites::store::emails(&app.db, user.tenant, event).await? {
        invitees.push(EventInvitee {
            profile: InviteeProfile::Email {
                email,
                avatar_url: String::new(),
                role,
            },
            status: InviteStatus::Pending,
        });
    }
    Ok(invitees)
}

async fn resource(app: &App, user: &User, event: Event, invitees_max: i64) -> Answer<EventResource> {
    let mut invited = invitees(app, user, event.id).await?;
    let own = invited.iter().find_map(|invitee| match &invitee.profile {
        InviteeProfile::Registered { profile, .. } if profile.id == user.id => Some(invitee.status),
        _ => None,
    });
    let most = usize::try_from(invitees_max.max(0)).unwrap_or(usize::MAX);
    let invitees_truncated = invited.len() > most;
    invited.truncate(most);
    let creator = users::store::by_id(&app.db, user.tenant, event.created_by).await?;
    let updater = users::store::by_id(&app.db, user.tenant, event.updated_by).await?;
    let can_edit = can_edit(&event, user);
    Ok(EventResource {
        created_by: creator.ok_or_else(Refused::not_found)?.into(),
        created_at: time(event.created_at),
        updated_by: updater.ok_or_else(Refused::not_found)?.into(),
        updated_at: time(event.updated_at),
        room: EventRoom {
            id: event.room,
            waiting_room: event.waiting_room,
            guest_access: GuestAccess::stored(&event.guest_access),
            e2e_encryption: event.e2e_encryption,
            password: event.password.filter(|_| can_edit),
        },
        invitees_truncated,
        invitees: invited,
        is_adhoc: event.is_adhoc,
        is_time_independent: event.starts_at.is_none(),
        is_all_day: event.is_all_day,
        starts_at: zoned(event.starts_at, event.starts_at_timezone.as_ref()),
        ends_at: zoned(event.ends_at, event.ends_at_timezone.as_ref()),
        recurrence_pattern: Vec::new(),
        r#type: EventType::Single,
        invite_status: own.unwrap_or(InviteStatus::Accepted),
        is_favorite: invites::store::is_favorite(&app.db, user.tenant, event.id, user.id).await?,
        can_edit,
        streaming_targets: Vec::new(),
        show_meeting_details: event.show_meeting_details,
        id: event.id,
        title: event.title,
        description: event.description,
    })
}
