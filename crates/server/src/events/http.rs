// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events` (profile §2 and §9): plan, list, change, delete. Not invitations: see `events::invites`; not the single
//! dates of a series: see `events::instances`. What somebody may not see does not exist for them: 404.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::Digest as _;

use super::instances;
use super::instances::store::Exception;
use super::pages::{Page, Position};
use super::resources::{self, Surroundings};
use super::store::{self, Cursor, Event, Filter, Kind, Seen};
use super::when::{When, series_of};
use super::wire::{self, ChangeQuery, EventOrException, EventQuery, EventResource, EventsQuery, PatchEvent, PostEvent};
use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::millis;
use crate::door::running;
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::{EventId, RoomId, UserId};
use crate::rooms::sip;
use crate::rooms::streaming::{self, refuse_if};
use crate::rooms::{self, GuestAccess};
use crate::turns;
use crate::users::User;

/// Plans a meeting, or starts one now (`is_adhoc`). Asked again with the same `Idempotency-Key`, because the answer was lost
/// on the way, it answers with the event that was made the first time, and changes nothing of it; 410: it was deleted since.
#[utoipa::path(post, path = "/events", tag = "events", security(("bearer" = [])), request_body = PostEvent,
    params(ChangeQuery, ("idempotency-key" = Option<String>, Header, description = "Made up by the client for one event; 16 to 255 characters")),
    responses((status = 201, body = EventResource), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 410, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    // Nobody is invited yet: there is nothing to suppress.
    Query(_how): Query<ChangeQuery>,
    headers: HeaderMap,
    Json(body): Json<PostEvent>,
) -> Answer<(StatusCode, Json<EventResource>)> {
    let mut errors = Vec::new();
    let key = headers.get("idempotency-key").map(HeaderValue::as_bytes);
    let may_be_again = key.is_some();
    let id = match key {
        None => EventId(clock::id()),
        Some(key) => {
            if !(16..=255).contains(&key.len()) {
                errors.push(Invalid::new(
                    "idempotency-key",
                    "invalid_length",
                    "16 to 255 characters.",
                ));
            }
            known_by(user.id, key)
        }
    };
    wire::check_texts(
        Some(&body.title),
        Some(&body.description),
        body.password.as_deref(),
        &mut errors,
    );
    let mut when = When {
        is_all_day: body.is_all_day,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        recurrence: body.recurrence_pattern,
        series: None,
    };
    when.check(body.is_time_independent, &mut errors);
    streaming::check(&body.streaming_targets, "streaming_targets", &mut errors);
    if let Some(report) = &body.training_participation_report {
        report.check(&mut errors);
    }
    refuse_shared_folder(body.has_shared_folder, &mut errors);
    refuse_if(errors)?;
    if may_be_again && audit::store::has(&app.db, user.tenant, Action::EventDeleted, id).await? {
        let text = "This meeting was made already, and deleted since.";
        return Err(Refused::gone("already_deleted", text).into());
    }
    // One that was made already is told again.
    if let Some(full) = rooms::too_many(&app.db, &app.config, &user).await?
        && store::visible(&app.db, user.tenant, user.id, &[id]).await?.is_empty()
    {
        return Err(full.into());
    }
    let now = millis(clock::now());
    let mut event = Event {
        id,
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
        recurrence: String::new(),
        recurrence_ends: String::new(),
        sorts_at: 0,
        spans_from: 0,
        spans_to: 0,
        revision: 0,
        training_report: body.training_participation_report.as_ref().map(stored).transpose()?,
        show_meeting_details: body.show_meeting_details,
        password: body.password,
        waiting_room: body.waiting_room,
        guest_access: body.guest_access.unwrap_or(GuestAccess::DirectAccess).as_str().into(),
        e2e_encryption: body.e2e_encryption,
    };
    when.write(&mut event);
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if store::add(&mut change, &event).await? {
        sip::open(&mut change, &app.config, event.room).await?;
        streaming::store::replace(&mut change, event.room, &body.streaming_targets).await?;
        change.record(Entry::by(user.id, Action::EventCreated).on(event.id));
        change.commit().await?;
    } else {
        drop(change);
        event = visible(&app, &user, event.id).await?.event;
    }
    let seen = Seen {
        event,
        invite_status: "accepted".into(),
        is_favorite: false,
    };
    Ok((
        StatusCode::CREATED,
        Json(resources::one(&app.db, &app.config, &user, &origin, seen, 0).await?),
    ))
}

/// The id of the event that somebody makes with this key: the same each time, and nobody else's.
fn known_by(who: UserId, key: &[u8]) -> EventId {
    let hash = sha2::Sha256::new().chain_update(who.0).chain_update(key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// One event.
#[utoipa::path(get, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), EventQuery),
    responses((status = 200, body = EventResource), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<EventId>,
    Query(query): Query<EventQuery>,
) -> Answer<Json<EventResource>> {
    let seen = visible(&app, &user, id).await?;
    Ok(Json(
        resources::one(&app.db, &app.config, &user, &origin, seen, query.invitees_max).await?,
    ))
}

/// Changes an event; for who made it.
#[utoipa::path(patch, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), EventQuery, ChangeQuery), request_body = PatchEvent,
    responses((status = 200, body = EventResource), (status = 204, description = "Nothing to change"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<EventId>,
    Query(query): Query<EventQuery>,
    Query(how): Query<ChangeQuery>,
    Json(patch): Json<PatchEvent>,
) -> Answer<Response> {
    if !has_change(&patch) {
        editable(&app, &user, id).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut may_tell = false;
    let (seen, before) = loop {
        let mut seen = editable(&app, &user, id).await?;
        let before = seen.event.clone();
        let moved = apply(&patch, &mut seen.event)?;
        if seen.event == before && patch.streaming_targets.is_none() {
            return Ok(
                Json(resources::one(&app.db, &app.config, &user, &origin, seen, query.invitees_max).await?)
                    .into_response(),
            );
        }
        let quiet = how.suppress_email_notification || !tells(&before, &seen.event);
        if !quiet && !may_tell {
            app.mail.may_change(user.tenant, user.id, id, quiet).await?;
            may_tell = true;
        }
        seen.event.updated_by = user.id;
        seen.event.updated_at = millis(clock::now());
        let mails = app.mail.changed(user.tenant, id, quiet).await?;
        let mut change = Change::begin(&app.db, user.tenant).await?;
        // Whoever was faster has changed what this change was worked out from: it is worked out again.
        if !store::change(&mut change, &mut seen.event, &before, moved).await? {
            continue;
        }
        if let Some(targets) = &patch.streaming_targets {
            streaming::store::replace(&mut change, seen.event.room, targets).await?;
        }
        change.record(Entry::by(user.id, Action::EventChanged).on(id));
        change.queue(mails);
        change.commit().await?;
        break (seen, before);
    };
    let event = &seen.event;
    running::changed(&app, event.room, (&before).into(), event.into()).await;
    Ok(Json(resources::one(&app.db, &app.config, &user, &origin, seen, query.invitees_max).await?).into_response())
}

/// Writes what a change asks for into an event, or refuses it. Whether the date part was given.
fn apply(patch: &PatchEvent, event: &mut Event) -> Answer<bool> {
    let mut errors = Vec::new();
    let password = patch.password.as_ref().and_then(|password| password.as_deref());
    wire::check_texts(
        patch.title.as_deref(),
        patch.description.as_deref(),
        password,
        &mut errors,
    );
    let when = new_date(event, patch, &mut errors);
    if let Some(targets) = &patch.streaming_targets {
        streaming::check(targets, "streaming_targets", &mut errors);
    }
    if let Some(Some(report)) = &patch.training_participation_report {
        report.check(&mut errors);
    }
    refuse_shared_folder(patch.has_shared_folder == Some(true), &mut errors);
    refuse_if(errors)?;
    let moved = when.is_some();
    if let Some(when) = when {
        when.write(event);
    }
    replace(&mut event.title, patch.title.as_ref());
    replace(&mut event.description, patch.description.as_ref());
    replace(&mut event.password, patch.password.as_ref());
    replace(&mut event.waiting_room, patch.waiting_room.as_ref());
    replace(
        &mut event.guest_access,
        patch.guest_access.map(|access| access.as_str().into()).as_ref(),
    );
    if let Some(report) = &patch.training_participation_report {
        event.training_report = report.as_ref().map(stored).transpose()?;
    }
    replace(&mut event.e2e_encryption, patch.e2e_encryption.as_ref());
    replace(&mut event.is_adhoc, patch.is_adhoc.as_ref());
    replace(&mut event.show_meeting_details, patch.show_meeting_details.as_ref());
    Ok(moved)
}

/// Whether people who are invited should hear of a change: whether their mail would say anything else.
fn tells(before: &Event, now: &Event) -> bool {
    let told = |event: &Event| {
        let when = (
            event.is_all_day,
            event.starts_at,
            event.ends_at,
            event.starts_at_timezone.clone(),
        );
        let what = (event.title.clone(), event.description.clone(), event.password.is_some());
        (when, event.recurrence.clone(), what)
    };
    told(before) != told(now)
}

/// Deletes an event with its room; for who made it.
#[utoipa::path(delete, path = "/events/{event_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ChangeQuery),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
    Query(how): Query<ChangeQuery>,
) -> Answer<StatusCode> {
    let event = editable(&app, &user, id).await?.event;
    remove(&app, &user, &event, how).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an event with its room, ends its meeting and tells who was invited.
pub async fn remove(app: &App, user: &User, event: &Event, how: ChangeQuery) -> Answer<()> {
    let farewell = app
        .mail
        .farewell(user.tenant, event.id, how.suppress_email_notification)
        .await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::delete(&mut change, event.room).await?;
    change.record(Entry::by(user.id, Action::EventDeleted).on(event.id));
    change.queue(farewell);
    change.commit().await?;
    running::deleted(app, event.room).await;
    app.assets.remove_of_deleted_rooms(user.tenant).await?;
    Ok(())
}

/// One's own events and those one is invited to, by their first start. The exceptions of a series follow it. The `Link`
/// header leads to the next page.
#[utoipa::path(get, path = "/events", tag = "events", security(("bearer" = [])), params(EventsQuery),
    responses((status = 200, body = Vec<EventOrException>), (status = 400, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Query(query): Query<EventsQuery>,
) -> Answer<Response> {
    let page = Page::of(query.per_page, query.after.as_deref())?;
    let turn = app.turns.take(user.id, turns::Kind::Page).await;
    let filter = Filter::new(user.tenant, user.id, &query, Kind::All);
    let mut events = store::list(&app.db, &filter, cursor(page.after), page.limit()).await?;
    let link = page.cut(&mut events, |seen| Position::of_event(&seen.event));
    let plain: Vec<Event> = events.iter().map(|seen| seen.event.clone()).collect();
    let series: Vec<EventId> = plain
        .iter()
        .filter(|event| !event.recurrence.is_empty())
        .map(|event| event.id)
        .collect();
    let exceptions = instances::store::of_events(&app.db, user.tenant, &series).await?;
    let surroundings = Surroundings::of(
        &app.db,
        &app.config,
        &user,
        &origin,
        &plain,
        &exceptions,
        query.invitees_max,
    )
    .await?;
    let mut of_series: HashMap<EventId, Vec<Exception>> = HashMap::new();
    for exception in exceptions {
        of_series.entry(exception.event).or_default().push(exception);
    }
    let mut answer = Vec::new();
    for (event, seen) in plain.iter().zip(events) {
        answer.push(EventOrException::Event(Box::new(surroundings.event(seen))));
        let Some(instances) = series_of(event) else { continue };
        for exception in of_series.remove(&event.id).unwrap_or_default() {
            if instances::reaches(event, &instances, &exception, filter.from, filter.to) {
                answer.push(EventOrException::Exception(Box::new(
                    surroundings.exception(event, exception),
                )));
            }
        }
    }
    Ok((link, turn.json(&answer)?).into_response())
}

pub fn cursor(after: Option<Position>) -> Cursor {
    let after = after.unwrap_or(Position::START);
    Cursor {
        sorts_at: after.at,
        id: after.event,
    }
}

/// The date part that a change asks for, checked; `None`: it stays.
fn new_date(event: &Event, patch: &PatchEvent, errors: &mut Vec<Invalid>) -> Option<When> {
    let asked = When {
        is_all_day: patch.is_all_day,
        starts_at: patch.starts_at.clone(),
        ends_at: patch.ends_at.clone(),
        recurrence: patch.recurrence_pattern.clone().unwrap_or_default(),
        series: None,
    };
    let times = asked.is_all_day.is_some() || asked.starts_at.is_some() || asked.ends_at.is_some();
    let touched = times || patch.recurrence_pattern.is_some();
    let mut when = match patch.is_time_independent {
        None if !touched => return None,
        Some(true) => asked,
        _ => {
            let whole = patch.is_time_independent == Some(false);
            let now = When::of(event);
            When {
                is_all_day: asked.is_all_day.or(now.is_all_day),
                starts_at: asked.starts_at.or(now.starts_at),
                ends_at: asked.ends_at.or(now.ends_at),
                recurrence: match &patch.recurrence_pattern {
                    None if !(whole && times) => now.recurrence,
                    _ => asked.recurrence,
                },
                series: None,
            }
        }
    };
    when.check(patch.is_time_independent == Some(true), errors);
    Some(when)
}

/// Shared folders of a cloud storage are not supported; for who made the event.
#[utoipa::path(put, path = "/events/{event_id}/shared_folder", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), responses((status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn add_shared_folder(State(app): State<App>, Known(user): Known, Id(id): Id<EventId>) -> Answer<StatusCode> {
    editable(&app, &user, id).await?;
    Err(Refused::bad_request("Shared folders are not set up on this server.").into())
}

/// No event has a shared folder: nothing is to be done; for who made the event.
#[utoipa::path(delete, path = "/events/{event_id}/shared_folder", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)), responses((status = 204), (status = 403, body = ErrorBody)))]
pub async fn remove_shared_folder(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
) -> Answer<StatusCode> {
    editable(&app, &user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn refuse_shared_folder(asked: bool, errors: &mut Vec<Invalid>) {
    if asked {
        let text = "Shared folders are not set up on this server.";
        errors.push(Invalid::new("has_shared_folder", "not_configured", text));
    }
}

fn stored(report: &wire::TrainingReport) -> anyhow::Result<String> {
    Ok(serde_json::to_string(report)?)
}

fn replace<T: Clone>(own: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        own.clone_from(new);
    }
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
        streaming_targets,
        has_shared_folder,
        training_participation_report,
    } = patch;
    let flags = [
        waiting_room,
        e2e_encryption,
        is_adhoc,
        is_time_independent,
        is_all_day,
        show_meeting_details,
        has_shared_folder,
    ];
    let times = starts_at.is_some() || ends_at.is_some() || recurrence_pattern.is_some();
    let texts = title.is_some() || description.is_some() || password.is_some();
    let settings = streaming_targets.is_some() || training_participation_report.is_some();
    texts || times || settings || guest_access.is_some() || flags.into_iter().any(Option::is_some)
}

/// The event, if this person may know of it.
pub async fn visible(app: &App, user: &User, id: EventId) -> Answer<Seen> {
    let mut seen = store::visible(&app.db, user.tenant, user.id, &[id]).await?;
    Ok(seen.pop().ok_or_else(Refused::not_found)?)
}

/// The event, if this person may change it.
pub async fn editable(app: &App, user: &User, id: EventId) -> Answer<Seen> {
    let seen = visible(app, user, id).await?;
    if can_edit(&seen.event, user) {
        Ok(seen)
    } else {
        Err(Refused::forbidden().into())
    }
}

pub fn can_edit(event: &Event, user: &User) -> bool {
    event.created_by == user.id
}
