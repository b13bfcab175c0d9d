// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events/instances` and `/v1/events/{event}/instances` (profile §2 and §9). Instances are listed when cancelled,
//! too: clients leave them out.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{AT_ONCE, Date, MOST_EXCEPTIONS, MOST_SERIES, Merged, Upcoming, by_start, span, store};
use crate::app::App;
use crate::change::Change;
use crate::clock;
use crate::db::{millis, time};
use crate::events::http::{cursor, editable, visible};
use crate::events::pages::{Page, Position};
use crate::events::resources::{Surroundings, parse_instance_id, times};
use crate::events::store::{self as events, Dates, Event, Filter, Kind, Seen};
use crate::events::when::{Instances, check_times, series_of};
use crate::events::wire::{
    ChangeQuery, EventInstance, EventOrInstance, EventQuery, EventStatus, EventsQuery, InstancesQuery, PatchInstance,
    check_texts,
};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::EventId;
use crate::rooms::streaming::refuse_if;
use crate::turns;
use crate::users::User;
use store::Exception;

/// Most dates of one series in a list.
const MOST_INSTANCES: i64 = 100;

/// What takes place when: events by time, of each series its dates (`instances_max`). The `Link` header leads to the
/// next page.
#[utoipa::path(get, path = "/events/instances", tag = "events", security(("bearer" = [])), params(EventsQuery),
    responses((status = 200, body = Vec<EventOrInstance>), (status = 400, body = ErrorBody)))]
pub async fn all(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Query(query): Query<EventsQuery>,
) -> Answer<Response> {
    let page = Page::of(query.per_page, query.after.as_deref())?;
    let turn = app.turns.take(user.id, turns::Kind::Page).await;
    let most = usize::try_from(query.instances_max.clamp(0, MOST_INSTANCES)).unwrap_or(0);
    let kind = if most == 0 { Kind::All } else { Kind::Single };
    let filter = Filter::new(user.tenant, user.id, &query, kind);
    let singles = events::list(&app.db, &filter, cursor(page.after), page.limit()).await?;
    let mut found: Vec<(Position, Option<Date>)> = singles
        .iter()
        .map(|seen| (Position::of_event(&seen.event), None))
        .collect();
    if most > 0 {
        let filter = Filter::new(user.tenant, user.id, &query, Kind::Series);
        let limit = usize::try_from(page.limit()).unwrap_or(0);
        let after = page.after.unwrap_or(Position::START);
        let (mut to, mut steps) = (filter.to, 0);
        for some in chosen(&app, &filter).await?.chunks(AT_ONCE) {
            let ids: Vec<EventId> = some.iter().map(|dates| dates.id).collect();
            let exceptions = store::of_events(&app.db, user.tenant, &ids).await?;
            let series: HashMap<_, _> = some
                .iter()
                .filter_map(|dates| Some((dates.id, Instances::of(dates)?)))
                .collect();
            let span = (filter.from, to);
            // Many series can be some work, which shall keep nobody waiting.
            let dates;
            (dates, steps) = tokio::task::spawn_blocking(move || {
                let mut merged = Merged::new(&series, &exceptions, span, most, steps);
                let on_page = |date: &Date| date.position > after;
                let dates: Vec<Date> = merged.by_ref().filter(on_page).take(limit).collect();
                ((!merged.is_exhausted()).then_some(dates), merged.steps)
            })
            .await
            .map_err(anyhow::Error::from)?;
            let dates = dates.ok_or_else(too_much)?.into_iter();
            found.extend(dates.map(|date| (date.position, Some(date))));
            found.sort();
            found.truncate(limit);
            // Once the page is full, only what comes before its end can be on it.
            if let Some((last, _)) = found.get(limit.saturating_sub(1)) {
                to = to.min(last.at);
            }
        }
    }
    let link = page.cut(&mut found, |(position, _)| *position);
    let shown = shown(&app, &user, singles, &found).await?;
    let plain: Vec<Event> = shown.values().map(|seen| seen.event.clone()).collect();
    let on_page: Vec<EventId> = plain.iter().map(|event| event.id).collect();
    let exceptions = store::of_events(&app.db, user.tenant, &on_page).await?;
    let series: HashMap<EventId, Instances> = plain
        .iter()
        .filter_map(|event| Some((event.id, series_of(event)?)))
        .collect();
    let by_start = by_start(&exceptions);
    let exception = |date: &Date| by_start.get(&(date.position.event, date.position.instance)).copied();
    let authors: Vec<Exception> = found
        .iter()
        .filter_map(|(_, date)| exception(date.as_ref()?).cloned())
        .collect();
    let surroundings = Surroundings::of(
        &app.db,
        &app.config,
        &user,
        &origin,
        &plain,
        &authors,
        query.invitees_max,
    )
    .await?;
    let mut answer = Vec::new();
    for (position, date) in &found {
        let Some(seen) = shown.get(&position.event) else {
            continue;
        };
        answer.push(match (date, series.get(&position.event)) {
            (Some(date), Some(instances)) => EventOrInstance::Instance(Box::new(surroundings.instance(
                seen,
                instances,
                date.start,
                exception(date),
            ))),
            _ => EventOrInstance::Event(Box::new(surroundings.event(seen.clone()))),
        });
    }
    Ok((link, turn.json(&answer)?).into_response())
}

/// The series of a list: all that the person made or has agreed to, and as many others as there is room for.
async fn chosen(app: &App, filter: &Filter) -> sqlx::Result<Vec<Dates>> {
    let dates = events::series(&app.db, filter, MOST_SERIES).await?;
    if i64::try_from(dates.len()).unwrap_or(0) < MOST_SERIES {
        return Ok(dates);
    }
    match events::chosen_series(&app.db, filter).await? {
        chosen if chosen > MOST_SERIES => events::series(&app.db, filter, chosen).await,
        _ => Ok(dates),
    }
}

fn too_much() -> Refused {
    Refused::bad_request("There are too many dates to look at: ask for a shorter time (`time_min`, `time_max`).")
}

/// The events on a page: the single ones are there, of the series only those with a date on it are read.
async fn shown(
    app: &App,
    user: &User,
    singles: Vec<Seen>,
    found: &[(Position, Option<Date>)],
) -> Answer<HashMap<EventId, Seen>> {
    let dates = found.iter().filter_map(|(position, date)| date.map(|_| position.event));
    let mut ids: Vec<EventId> = dates.collect();
    ids.sort();
    ids.dedup();
    let series = events::visible(&app.db, user.tenant, user.id, &ids).await?;
    let on_page = |seen: &Seen| found.iter().any(|(position, _)| position.event == seen.event.id);
    let all = singles.into_iter().filter(on_page).chain(series);
    Ok(all.map(|seen| (seen.event.id, seen)).collect())
}

/// The dates of one series, by time. The `Link` header leads to the next page.
#[utoipa::path(get, path = "/events/{event_id}/instances", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), InstancesQuery),
    responses((status = 200, body = Vec<EventInstance>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<EventId>,
    Query(query): Query<InstancesQuery>,
) -> Answer<Response> {
    let seen = visible(&app, &user, id).await?;
    let instances = series_of(&seen.event).ok_or_else(Refused::not_found)?;
    let page = Page::of(query.per_page, query.after.as_deref())?;
    let after = page.after.unwrap_or(Position::START);
    let exceptions = store::of_events(&app.db, user.tenant, &[id]).await?;
    let asked_from = query.time_min.map_or(i64::MIN, millis);
    // Where the page before ended nothing earlier is of interest; what lies on other times is sorted in again.
    let to = query.time_max.map_or(i64::MAX, millis);
    let mut dates: Vec<Date> = Upcoming::new(id, &instances, &exceptions, asked_from.max(after.at), to)
        .filter(|date| date.position > after)
        .take(usize::try_from(page.limit()).unwrap_or(0))
        .collect();
    let link = page.cut(&mut dates, |date| date.position);
    let event = std::slice::from_ref(&seen.event);
    let surroundings = Surroundings::of(
        &app.db,
        &app.config,
        &user,
        &origin,
        event,
        &exceptions,
        query.invitees_max,
    )
    .await?;
    let by_start = by_start(&exceptions);
    let answer: Vec<EventInstance> = dates
        .iter()
        .map(|date| {
            let exception = by_start.get(&(id, date.position.instance)).copied();
            surroundings.instance(&seen, &instances, date.start, exception)
        })
        .collect();
    Ok((link, Json(answer)).into_response())
}

/// One date of a series.
#[utoipa::path(get, path = "/events/{event_id}/instances/{instance_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ("instance_id" = String, Path, example = "20260105T090000Z"), EventQuery),
    responses((status = 200, body = EventInstance), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id((id, instance)): Id<(EventId, String)>,
    Query(query): Query<EventQuery>,
) -> Answer<Json<EventInstance>> {
    let seen = visible(&app, &user, id).await?;
    let (instances, exception, _) = found(&app, &user, &seen.event, &instance).await?;
    Ok(Json(
        one(&app, &user, &origin, &seen, &instances, exception, query.invitees_max).await?,
    ))
}

/// Changes one date of a series, or cancels it (`status`); for who may edit the event.
#[utoipa::path(patch, path = "/events/{event_id}/instances/{instance_id}", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path), ("instance_id" = String, Path, example = "20260105T090000Z"), EventQuery, ChangeQuery),
    request_body = PatchInstance,
    responses((status = 200, body = EventInstance), (status = 204, description = "Nothing to change"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id((id, instance)): Id<(EventId, String)>,
    Query(query): Query<EventQuery>,
    Query(how): Query<ChangeQuery>,
    Json(patch): Json<PatchInstance>,
) -> Answer<Response> {
    let PatchInstance {
        title,
        description,
        is_all_day,
        starts_at,
        ends_at,
        status,
    } = &patch;
    let times = is_all_day.is_some() || starts_at.is_some() || ends_at.is_some();
    if title.is_none() && description.is_none() && !times && status.is_none() {
        let seen = editable(&app, &user, id).await?;
        found(&app, &user, &seen.event, &instance).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut may_tell = false;
    let (mut seen, instances, exception) = loop {
        let seen = editable(&app, &user, id).await?;
        let (instances, mut exception, others) = found(&app, &user, &seen.event, &instance).await?;
        apply(&patch, &seen.event, &instances, &mut exception, others)?;
        if !may_tell {
            app.mail
                .may_change(user.tenant, user.id, id, how.suppress_email_notification)
                .await?;
            may_tell = true;
        }
        exception.updated_by = user.id;
        exception.updated_at = millis(clock::now());
        let reach = span(&seen.event, &instances, &exception);
        // Whoever was faster has changed what this change was worked out from: it is worked out again.
        let mails = app
            .mail
            .changed(user.tenant, id, how.suppress_email_notification)
            .await?;
        let mut change = Change::begin(&app.db, user.tenant).await?;
        if store::set(&mut change, &exception, reach, seen.event.revision).await? {
            change.queue(mails);
            change.commit().await?;
            break (seen, instances, exception);
        }
    };
    seen.event.revision += 1;
    Ok(Json(one(&app, &user, &origin, &seen, &instances, exception, query.invitees_max).await?).into_response())
}

/// Writes what a change asks for into the exception of a date, or refuses it. `others`: dates that are different, too.
fn apply(
    patch: &PatchInstance,
    event: &Event,
    instances: &Instances,
    exception: &mut Exception,
    others: usize,
) -> Answer<()> {
    let mut errors = Vec::new();
    check_texts(patch.title.as_deref(), patch.description.as_deref(), None, &mut errors);
    if others >= MOST_EXCEPTIONS {
        let text = format!("At most {MOST_EXCEPTIONS} dates of a series can be different: change the series.");
        errors.push(Invalid::new("instance_id", "too_many", text));
    }
    exception.title = patch.title.clone().or(exception.title.take());
    exception.description = patch.description.clone().or(exception.description.take());
    exception.is_all_day = patch.is_all_day.or(exception.is_all_day);
    exception.cancelled = patch
        .status
        .map_or(exception.cancelled, |status| status == EventStatus::Cancelled);
    if let Some(at) = &patch.starts_at {
        exception.starts_at = Some(millis(at.datetime));
        exception.starts_at_timezone = Some(at.timezone.clone());
    }
    if let Some(at) = &patch.ends_at {
        exception.ends_at = Some(millis(at.datetime));
        exception.ends_at_timezone = Some(at.timezone.clone());
    }
    if patch.is_all_day.is_some() || patch.starts_at.is_some() || patch.ends_at.is_some() {
        let (starts_at, ends_at) = times(event, instances, time(exception.instance), Some(exception));
        let is_all_day = exception.is_all_day.or(event.is_all_day);
        check_times(is_all_day, Some(&starts_at), Some(&ends_at), &mut errors);
    }
    refuse_if(errors)
}

/// A series, the exception of one of its dates, and the number of others; a date without one gets an exception that
/// changes nothing.
async fn found(app: &App, user: &User, event: &Event, instance: &str) -> Answer<(Instances, Exception, usize)> {
    let start = parse_instance_id(instance).ok_or_else(Refused::not_found)?;
    let instances = series_of(event).ok_or_else(Refused::not_found)?;
    if !instances.series.has(time(start)) {
        return Err(Refused::not_found().into());
    }
    let exceptions = store::of_events(&app.db, user.tenant, &[event.id]).await?;
    let others = exceptions
        .iter()
        .filter(|exception| exception.instance != start)
        .count();
    let exception = exceptions.into_iter().find(|exception| exception.instance == start);
    let unchanged = Exception {
        event: event.id,
        instance: start,
        created_by: user.id,
        created_at: millis(clock::now()),
        updated_by: event.updated_by,
        updated_at: event.updated_at,
        cancelled: false,
        title: None,
        description: None,
        is_all_day: None,
        starts_at: None,
        starts_at_timezone: None,
        ends_at: None,
        ends_at_timezone: None,
    };
    Ok((instances, exception.unwrap_or(unchanged), others))
}

async fn one(
    app: &App,
    user: &User,
    origin: &Origin,
    seen: &Seen,
    instances: &Instances,
    exception: Exception,
    invitees_max: i64,
) -> Answer<EventInstance> {
    let exceptions = std::slice::from_ref(&exception);
    let surroundings = Surroundings::of(
        &app.db,
        &app.config,
        user,
        origin,
        std::slice::from_ref(&seen.event),
        exceptions,
        invitees_max,
    )
    .await?;
    Ok(surroundings.instance(seen, instances, time(exception.instance), Some(&exception)))
}
