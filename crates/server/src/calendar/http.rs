// SPDX-License-Identifier: EUPL-1.2
//! `/v1/users/me/calendar_feed` and `/v1/calendar/{secret}.ics`: one's own meetings for other calendar programs. The secret
//! in the address is the only proof; whoever passes it on shows their calendar, until they renew it.

use std::collections::HashMap;

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use konvent_calendar::Meeting;
use konvent_calendar::ics::{self, Entry, Method};
use serde::Serialize;
use sha2::Digest as _;
use utoipa::ToSchema;

use super::{Descriptions, MOST_CANCELLED, MOST_EXCEPTIONS, store, with_exceptions};
use crate::app::App;
use crate::clock::{self, hashed};
use crate::db::{millis, time};
use crate::events::instances;
use crate::events::instances::store::{Exception, Nearest};
use crate::http::extract::Json;
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::EventId;
use crate::turns::Kind;
use crate::users::{self, User};

/// How long meetings stay in the calendar after their end.
const KEPT_MILLIS: i64 = 90 * 24 * 60 * 60 * 1000;
const MOST_EVENTS: i64 = 5000;

#[derive(Serialize, ToSchema)]
pub struct CalendarFeed {
    /// Told once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://meet.example.org/v1/calendar/….ics")]
    pub url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Whether one's calendar has a secret address. The address itself was told when it was made.
#[utoipa::path(get, path = "/users/me/calendar_feed", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = CalendarFeed), (status = 404, body = ErrorBody)))]
pub async fn get(State(app): State<App>, Known(user): Known) -> Answer<Json<CalendarFeed>> {
    let since = store::secret_since(&app.db, user.tenant, user.id).await?;
    let since = since.ok_or_else(Refused::not_found)?;
    Ok(Json(CalendarFeed {
        url: None,
        created_at: time(since),
    }))
}

/// Makes a secret address for one's calendar; an earlier one stops working.
#[utoipa::path(post, path = "/users/me/calendar_feed", tag = "users", security(("bearer" = [])),
    responses((status = 201, body = CalendarFeed)))]
pub async fn create(
    State(app): State<App>,
    origin: Origin,
    Known(user): Known,
) -> Answer<(StatusCode, Json<CalendarFeed>)> {
    let secret = clock::secret();
    let now = clock::now();
    store::set_secret(&app.db, user.tenant, user.id, &hashed(&secret), millis(now)).await?;
    let feed = CalendarFeed {
        url: Some(format!("{}/v1/calendar/{secret}.ics", origin.as_str())),
        created_at: time(millis(now)),
    };
    Ok((StatusCode::CREATED, Json(feed)))
}

/// Takes the secret address of one's calendar away.
#[utoipa::path(delete, path = "/users/me/calendar_feed", tag = "users", security(("bearer" = [])),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn remove(State(app): State<App>, Known(user): Known) -> Answer<StatusCode> {
    match store::remove_secret(&app.db, user.tenant, user.id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

/// What the database knows of somebody's calendar.
struct Found {
    meetings: Vec<Meeting>,
    exceptions: Vec<Exception>,
    descriptions: Descriptions,
}

impl Found {
    async fn of(app: &App, user: &User) -> sqlx::Result<Found> {
        let now = millis(clock::now());
        let after = now - KEPT_MILLIS;
        let (db, tenant) = (&app.db, user.tenant);
        let mut descriptions = Descriptions::default();
        let rows = store::of_person(db, tenant, user.id, after, MOST_EVENTS, &mut descriptions).await?;
        let series = rows.iter().filter(|row| !row.recurrence.is_empty());
        // One's own first: invitations of others push nothing out.
        let (own, of_others): (Vec<_>, Vec<_>) = series.partition(|row| row.created_by == user.id);
        let mut exceptions = Vec::new();
        for (is_cancelled, most) in [(true, MOST_CANCELLED), (false, MOST_EXCEPTIONS)] {
            let mut left = most;
            for series in [&own, &of_others] {
                let series: Vec<EventId> = series.iter().map(|row| row.id).collect();
                let wanted = Nearest {
                    is_cancelled,
                    now,
                    from: after,
                    most: left,
                };
                let look = |exception: &mut Exception| match &mut exception.description {
                    Some(_) if is_cancelled => exception.description = None,
                    Some(description) => descriptions.keep(description),
                    None => {}
                };
                let some = instances::store::nearest(db, tenant, &series, &wanted, look).await?;
                left -= some.len();
                exceptions.extend(some);
            }
        }
        let meetings = rows.into_iter().map(Meeting::from).collect();
        Ok(Found {
            meetings,
            exceptions,
            descriptions,
        })
    }

    /// The calendar as text. It takes a while: not for a thread that others wait for.
    fn text(self, origin: &Origin) -> String {
        let Found {
            mut meetings,
            exceptions,
            mut descriptions,
        } = self;
        let mut of_event: HashMap<EventId, Vec<Exception>> = HashMap::new();
        for exception in exceptions {
            of_event.entry(exception.event).or_default().push(exception);
        }
        for meeting in &mut meetings {
            if let (Some(when), Some(own)) = (meeting.when.as_mut(), of_event.remove(&EventId(meeting.event))) {
                with_exceptions(when, &meeting.title, &meeting.description, own, &mut descriptions);
            }
        }
        let links: Vec<String> = meetings
            .iter()
            .map(|meeting| format!("{}/room/{}", origin.as_str(), meeting.room))
            .collect();
        let entries: Vec<Entry<'_>> = meetings
            .iter()
            .zip(&links)
            .map(|(meeting, link)| Entry {
                meeting,
                link,
                attendee: None,
                stamp: time(meeting.changed_at),
            })
            .collect();
        ics::calendar(Method::Publish, Some("Konvent"), &entries, clock::now())
    }
}

/// The calendar behind a secret address, as iCalendar. Needs no login. `If-None-Match` is answered.
#[utoipa::path(get, path = "/calendar/{file}", tag = "users",
    params(("file" = String, Path, description = "The secret and `.ics`")),
    responses((status = 200, content_type = "text/calendar", body = String), (status = 304, description = "Unchanged"),
        (status = 404, body = ErrorBody)))]
pub async fn calendar(
    State(app): State<App>,
    origin: Origin,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let secret = file.strip_suffix(".ics").ok_or_else(Refused::not_found)?;
    let owner = store::owner(&app.db, &hashed(secret)).await?;
    let (tenant, owner) = owner.ok_or_else(Refused::not_found)?;
    let user = users::store::by_id(&app.db, tenant, owner).await?;
    let user = user.filter(|user| !user.is_blocked).ok_or_else(Refused::not_found)?;
    let turn = app.turns.take(user.id, Kind::Whole).await;
    let found = Found::of(&app, &user).await?;
    let writing = app.turns.writing().await;
    let (text, tag) = tokio::task::spawn_blocking(move || {
        let text = found.text(&origin);
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&text)));
        drop(writing);
        (text, tag)
    })
    .await
    .context("a calendar could not be written")?;
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|value| {
        let value = value.trim();
        value == "*" || value.strip_prefix("W/").unwrap_or(value) == tag
    });
    let common = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    Ok((common, kind, turn.body(text)).into_response())
}
