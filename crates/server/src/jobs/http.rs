// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/jobs`: what waits, what runs, what failed, for administrators. Contents of jobs are not shown.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::store;
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::{millis, time};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::identity::caller::Administrator;
use crate::ids::JobId;
use crate::queue::store::{Listed, list as page};
use crate::users::User;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    pub state: Option<JobState>,
    /// 1 to 100, by default 30.
    pub per_page: Option<i64>,
    /// From the `Link` header of the page before.
    pub after: Option<JobId>,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Failed,
}

impl JobState {
    fn as_str(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Failed => "failed",
        }
    }

    fn stored(word: &str) -> JobState {
        match word {
            "running" => JobState::Running,
            "failed" => JobState::Failed,
            _ => JobState::Queued,
        }
    }
}

/// Work to be done, or that could not be done. What has been done is not listed.
#[derive(Serialize, ToSchema)]
pub struct JobResource {
    pub id: JobId,
    #[schema(example = "forget_failed")]
    pub kind: String,
    pub state: JobState,
    /// When it runs next; null: not by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub run_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: i64,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Listed> for JobResource {
    fn from(job: Listed) -> JobResource {
        JobResource {
            id: job.id,
            kind: job.kind,
            state: JobState::stored(&job.state),
            run_at: job.run_at.map(time),
            attempts: job.attempts,
            last_error: job.last_error,
            created_at: time(job.created_at),
        }
    }
}

/// The jobs of one's organisation, for administrators. The `Link` header leads to the next page.
#[utoipa::path(get, path = "/admin/jobs", tag = "admin", security(("bearer" = [])), params(JobsQuery),
    responses((status = 200, body = Vec<JobResource>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<JobsQuery>,
) -> Answer<Response> {
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let state = query.state.map_or("", JobState::as_str);
    let after = query.after.unwrap_or(JobId(Uuid::nil()));
    let mut found = page(&app.db, user.tenant, state, after, per_page + 1).await?;
    let most = usize::try_from(per_page).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|last| {
        let state = query.state.map(|state| format!("&state={}", state.as_str()));
        let state = state.unwrap_or_default();
        let link = format!("<?per_page={per_page}{state}&after={}>; rel=\"after\"", last.id);
        [(header::LINK, link)]
    });
    let jobs: Vec<JobResource> = found.into_iter().map(JobResource::from).collect();
    Ok((next, Json(jobs)).into_response())
}

/// Lets a job run now, as if it had never been tried; for administrators. 404: there is none, or it is running.
#[utoipa::path(post, path = "/admin/jobs/{job_id}/retry", tag = "admin", security(("bearer" = [])),
    params(("job_id" = JobId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn retry(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<JobId>,
) -> Answer<StatusCode> {
    let mut change = Change::begin(&app.db, user.tenant).await?;
    let found = store::retry(&mut change, id, millis(clock::now())).await?;
    kept(change, &user, id, found, "retried").await?;
    app.jobs.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a job that shall not run; for administrators. A periodic one comes again.
#[utoipa::path(delete, path = "/admin/jobs/{job_id}", tag = "admin", security(("bearer" = [])),
    params(("job_id" = JobId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<JobId>,
) -> Answer<StatusCode> {
    let mut change = Change::begin(&app.db, user.tenant).await?;
    let found = store::delete(&mut change, id).await?;
    kept(change, &user, id, found, "deleted").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a change of a job that was found.
async fn kept(mut change: Change, user: &User, id: JobId, found: bool, how: &'static str) -> Answer<()> {
    if !found {
        return Err(Refused::not_found().into());
    }
    change.record(Entry::by(user.id, Action::JobChanged).on(id).with("change", how));
    Ok(change.commit().await?)
}
