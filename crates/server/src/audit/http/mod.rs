// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/audit`: the log, for administrators. Reading is all there is.

pub mod readable;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::audit;
use crate::audit::store::{self, Filter};
use crate::audit::{Action, Entry, Verdict};
use crate::change::Change;
use crate::db::millis;
use crate::http::extract::{Json, Query};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Administrator;
use crate::ids::TenantId;
use readable::{AuditEntry, MOST_MEANT, people_meant, readable};

/// Entries read at once while exporting.
const EXPORT_PAGE: i64 = 500;
/// Longest word to look for, in characters.
const LONGEST_WORD: usize = 255;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Such as `event.deleted`, or `event` for everything of that kind.
    #[serde(default)]
    #[param(max_length = 255)]
    pub action: String,
    /// The id of a user: what they have done.
    #[serde(default)]
    #[param(max_length = 255)]
    pub actor: String,
    /// The id of what it was done to.
    #[serde(default)]
    #[param(max_length = 255)]
    pub object: String,
    /// What a person has done and what was done to them: an id, or beginnings of words of the name or e-mail address that
    /// fit at most 50 people.
    #[serde(default)]
    #[param(max_length = 255)]
    pub person: String,
    /// What a meeting was about: the id of the event or room, or a part of the title.
    #[serde(default)]
    #[param(max_length = 255)]
    pub meeting: String,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_min: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_max: Option<Timestamp>,
}

impl AuditQuery {
    /// The query of another page: what was looked for, and what names the page.
    fn continued(&self, page: [(&str, i64); 2]) -> String {
        let times = [self.time_min, self.time_max].map(|time| time.map(|time| time.to_string()).unwrap_or_default());
        let [time_min, time_max] = &times;
        let wanted = [
            ("action", &self.action),
            ("actor", &self.actor),
            ("object", &self.object),
            ("person", &self.person),
            ("meeting", &self.meeting),
            ("time_min", time_min),
            ("time_max", time_max),
        ];
        // Of it only the query is used, which is written with escapes.
        let mut url = reqwest::Url::parse("http://localhost/").expect("an address");
        url.query_pairs_mut()
            .extend_pairs(wanted.into_iter().filter(|(_, value)| !value.is_empty()))
            .extend_pairs(page.map(|(name, value)| (name, value.to_string())));
        url.query().unwrap_or_default().to_owned()
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 100, by default 30.
    pub per_page: Option<i64>,
    /// From the `Link` header of the page before.
    pub after: Option<i64>,
}

async fn filter(app: &App, tenant: TenantId, query: &AuditQuery) -> Answer<Filter> {
    let mut errors = Vec::new();
    for (field, text) in [
        ("action", &query.action),
        ("actor", &query.actor),
        ("object", &query.object),
        ("person", &query.person),
        ("meeting", &query.meeting),
    ] {
        if text.chars().count() > LONGEST_WORD {
            let text = format!("At most {LONGEST_WORD} characters.");
            errors.push(Invalid::new(field, "invalid_length", text));
        }
    }
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    let people = match query.person.trim() {
        "" => None,
        text => Some(people_meant(&app.db, tenant, text).await?.ok_or_else(|| {
            let text = format!("More than {MOST_MEANT} people fit: give more of the name, or the e-mail address.");
            Refused::validation(vec![Invalid::new("person", "too_many", text)])
        })?),
    };
    let meeting = query.meeting.trim();
    Ok(Filter {
        action: query.action.clone(),
        actor: query.actor.clone(),
        object: query.object.clone(),
        people,
        // An id however it is written.
        meeting: meeting
            .parse::<Uuid>()
            .map_or_else(|_| meeting.to_owned(), |id| id.to_string()),
        since: query.time_min.map_or(i64::MIN, millis),
        until: query.time_max.map_or(i64::MAX, millis),
    })
}

/// The audit log, newest first; for administrators. The `Link` header leads to the next page.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("bearer" = [])), params(AuditQuery, PageQuery),
    responses((status = 200, body = Vec<AuditEntry>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<AuditQuery>,
    Query(page): Query<PageQuery>,
) -> Answer<Response> {
    let per_page = page.per_page.unwrap_or(30).clamp(1, 100);
    let filter = filter(&app, user.tenant, &query).await?;
    let before = page.after.unwrap_or(i64::MAX);
    let mut found = store::before(&app.db, user.tenant, before, &filter, per_page + 1).await?;
    let most = usize::try_from(per_page).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|last| {
        let next = query.continued([("per_page", per_page), ("after", last.number)]);
        [(header::LINK, format!("<?{next}>; rel=\"after\""))]
    });
    let entries = readable(&app.db, user.tenant, found).await?;
    Ok((next, Json(entries)).into_response())
}

/// The whole log, or what the filter leaves of it, newest first, as one list; for administrators. The export itself stands
/// in the log.
#[utoipa::path(get, path = "/admin/audit/export", tag = "admin", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, body = Vec<AuditEntry>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn export(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<AuditQuery>,
) -> Answer<Response> {
    let filter = filter(&app, user.tenant, &query).await?;
    let entry = Entry::by(user.id, Action::LogExported);
    Change::note(&app.db, user.tenant, entry).await?;
    let pages = stream::try_unfold(Some(i64::MAX), move |before| {
        let (app, filter) = (app.clone(), filter.clone());
        async move { next_page(&app, user.tenant, &filter, before).await }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"konvent-audit.json\"",
        ),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

/// A piece of the list and where the next one begins; `None`: its end has been written.
async fn next_page(
    app: &App,
    tenant: TenantId,
    filter: &Filter,
    before: Option<i64>,
) -> anyhow::Result<Option<(String, Option<i64>)>> {
    let Some(before) = before else { return Ok(None) };
    let found = store::before(&app.db, tenant, before, filter, EXPORT_PAGE).await?;
    let last = found.last().map(|entry| entry.number);
    let mut text = String::from(if before == i64::MAX { "[" } else { "" });
    for (index, entry) in readable(&app.db, tenant, found).await?.into_iter().enumerate() {
        text += if before == i64::MAX && index == 0 { "" } else { "," };
        text += &serde_json::to_string(&entry)?;
    }
    if last.is_none() {
        text += "]";
    }
    Ok(Some((text, last)))
}

/// Goes along the whole chain and says whether anything was changed or is missing; for administrators.
#[utoipa::path(get, path = "/admin/audit/verification", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = Verdict), (status = 403, body = ErrorBody)))]
pub async fn verify(State(app): State<App>, Administrator(user): Administrator) -> Answer<Json<Verdict>> {
    Ok(Json(audit::verify(&app.db, user.tenant).await?))
}
