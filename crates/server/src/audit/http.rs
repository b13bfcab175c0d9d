// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/audit`: the log, for administrators. Reading is all there is.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Filter};
use super::{Recorded, Verdict};
use crate::app::App;
use crate::db::{millis, time};
use crate::http::extract::{Json, Query};
use crate::http::failure::{Answer, ErrorBody};
use crate::identity::caller::Administrator;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Such as `event.deleted`.
    pub action: Option<String>,
    /// The id of a user.
    pub actor: Option<String>,
    /// The id of what it was done to.
    pub object: Option<String>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_min: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_max: Option<Timestamp>,
    /// 1 to 100, by default 30.
    pub per_page: Option<i64>,
    /// From the `Link` header of the page before.
    pub after: Option<i64>,
}

/// What happened once.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `user`, `nobody` (not logged in), `operator` (command line) or `system` (by itself).
    pub actor_kind: String,
    /// The id of a user.
    pub actor: Option<String>,
    #[schema(example = "event.deleted")]
    pub action: String,
    pub object: Option<String>,
    pub details: BTreeMap<String, String>,
    /// SHA-256 over the hash before and this entry's canonical JSON, in hexadecimal.
    pub hash: String,
}

impl From<Recorded> for AuditEntry {
    fn from(entry: Recorded) -> AuditEntry {
        AuditEntry {
            number: entry.number,
            at: time(entry.at),
            details: entry.details(),
            actor_kind: entry.actor_kind,
            actor: entry.actor,
            action: entry.action,
            object: entry.object,
            hash: entry.hash,
        }
    }
}

/// The audit log, newest first; for administrators. The `Link` header leads to the next page.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, body = Vec<AuditEntry>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<AuditQuery>,
) -> Answer<Response> {
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let filter = Filter {
        action: query.action.unwrap_or_default(),
        actor: query.actor.unwrap_or_default(),
        object: query.object.unwrap_or_default(),
        since: query.time_min.map_or(i64::MIN, millis),
        until: query.time_max.map_or(i64::MAX, millis),
    };
    let before = query.after.unwrap_or(i64::MAX);
    let mut found = store::before(&app.db, user.tenant, before, &filter, per_page + 1).await?;
    let most = usize::try_from(per_page).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|last| {
        let link = format!("<?per_page={per_page}&after={}>; rel=\"after\"", last.number);
        [(header::LINK, link)]
    });
    let entries: Vec<AuditEntry> = found.into_iter().map(AuditEntry::from).collect();
    Ok((next, Json(entries)).into_response())
}

/// Goes along the whole chain and says whether anything was changed or is missing; for administrators.
#[utoipa::path(get, path = "/admin/audit/verification", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = Verdict), (status = 403, body = ErrorBody)))]
pub async fn verify(State(app): State<App>, Administrator(user): Administrator) -> Answer<Json<Verdict>> {
    Ok(Json(super::verify(&app.db, user.tenant).await?))
}
