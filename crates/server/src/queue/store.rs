// SPDX-License-Identifier: EUPL-1.2
//! SQL of jobs. Two statements look across tenants, because the worker works for all: `take` and `next_at`; they tell
//! nobody anything.

use uuid::Uuid;

use crate::db::{Db, on, row};
use crate::ids::{JobId, TenantId};

/// A connection of either database that a job can be added through, in the middle of a transaction.
pub trait Enqueue: Send {
    fn enqueue(
        &mut self,
        tenant: TenantId,
        id: JobId,
        kind: &str,
        payload: &str,
        run_at: i64,
        now: i64,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

const ADD: &str = "INSERT INTO jobs (tenant, id, kind, payload, state, run_at, attempts, created_at) \
    VALUES ($1, $2, $3, $4, 'queued', $5, 0, $6)";

macro_rules! enqueue {
    ($connection:ty) => {
        impl Enqueue for $connection {
            async fn enqueue(
                &mut self,
                tenant: TenantId,
                id: JobId,
                kind: &str,
                payload: &str,
                run_at: i64,
                now: i64,
            ) -> sqlx::Result<()> {
                let query = sqlx::query(ADD).bind(tenant).bind(id).bind(kind).bind(payload);
                query.bind(run_at).bind(now).execute(self).await.map(drop)
            }
        }
    };
}
enqueue!(sqlx::SqliteConnection);
enqueue!(sqlx::PgConnection);

/// Adds a periodic job to every tenant that does not have it.
pub async fn plan(db: &Db, id: JobId, kind: &str, payload: &str, run_at: i64, now: i64) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO jobs (tenant, id, kind, payload, state, run_at, attempts, created_at) \
        SELECT id, $1, $2, $3, 'queued', $4, 0, $5 FROM tenants WHERE 1 = 1 ON CONFLICT (tenant, id) DO NOTHING";
    on!(db, pool => sqlx::query(SQL).bind(id).bind(kind).bind(payload).bind(run_at).bind(now)
        .execute(pool).await.map(drop))
}

/// A job that this process may run now. No `Debug`: the payload may name people.
pub struct Taken {
    pub tenant: TenantId,
    pub id: JobId,
    pub kind: String,
    pub payload: String,
    /// This one included.
    pub attempts: i64,
}
row!(Taken {
    tenant,
    id,
    kind,
    payload,
    attempts
});

/// Takes the job that has been due for the longest time. The outer condition is looked at again under the row's lock: of
/// two that choose the same job one comes away with nothing.
pub async fn take(db: &Db, lease: Uuid, now: i64, until: i64) -> sqlx::Result<Option<Taken>> {
    const SQL: &str = "UPDATE jobs SET state = 'running', lease = $1, run_at = $3, attempts = attempts + 1 \
        WHERE run_at <= $2 AND (tenant, id) = (SELECT tenant, id FROM jobs WHERE run_at <= $2 ORDER BY run_at, id LIMIT 1) \
        RETURNING tenant, id, kind, payload, attempts";
    // All rows, though there is one at most: SQLite tells only at the end whether the change is kept.
    let mut taken: Vec<Taken> = on!(db, pool => sqlx::query_as(SQL).bind(lease.to_string()).bind(now).bind(until)
        .fetch_all(pool).await)?;
    Ok(taken.pop())
}

/// Payloads of the jobs of a kind that have failed for good and name an id, with their attempts; the newest first.
pub async fn failed_about(db: &Db, tenant: TenantId, kind: &str, id: &str) -> sqlx::Result<Vec<(String, i64)>> {
    const SQL: &str = "SELECT payload, attempts FROM jobs WHERE tenant = $1 AND state = 'failed' AND kind = $2 \
        AND REPLACE(payload, $3, '') <> payload ORDER BY id DESC LIMIT 200";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(kind).bind(id).fetch_all(pool).await)
}

/// When the next job can be taken.
pub async fn next_at(db: &Db) -> sqlx::Result<Option<i64>> {
    const SQL: &str = "SELECT MIN(run_at) FROM jobs";
    let (at,): (Option<i64>,) = on!(db, pool => sqlx::query_as(SQL).fetch_one(pool).await)?;
    Ok(at)
}

/// Holds a job for longer. `false`: it is not ours any more.
pub async fn hold(db: &Db, tenant: TenantId, id: JobId, lease: Uuid, until: i64) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE jobs SET run_at = $4 WHERE tenant = $1 AND id = $2 AND lease = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(lease.to_string()).bind(until)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// The work is done.
pub async fn done(db: &Db, tenant: TenantId, id: JobId, lease: Uuid) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2 AND lease = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(lease.to_string()).execute(pool).await.map(drop))
}

/// How a job goes on that stays in the queue.
pub struct Outcome<'a> {
    pub failed: bool,
    pub run_at: Option<i64>,
    pub attempts: i64,
    pub error: Option<&'a str>,
}

pub async fn put_back(db: &Db, tenant: TenantId, id: JobId, lease: Uuid, outcome: &Outcome<'_>) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE jobs SET state = $4, run_at = $5, attempts = $6, last_error = $7, lease = NULL \
        WHERE tenant = $1 AND id = $2 AND lease = $3";
    let state = if outcome.failed { "failed" } else { "queued" };
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(lease.to_string()).bind(state).bind(outcome.run_at)
        .bind(outcome.attempts).bind(outcome.error).execute(pool).await.map(drop))
}

/// What administrators see; the payload is not theirs to read.
pub struct Listed {
    pub id: JobId,
    pub kind: String,
    pub state: String,
    pub run_at: Option<i64>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: i64,
}
row!(Listed {
    id,
    kind,
    state,
    run_at,
    attempts,
    last_error,
    created_at
});

/// One page after an id (nil: the first), oldest first; `state` may be empty.
pub async fn list(db: &Db, tenant: TenantId, state: &str, after: JobId, limit: i64) -> sqlx::Result<Vec<Listed>> {
    const SQL: &str = "SELECT id, kind, state, run_at, attempts, last_error, created_at FROM jobs \
        WHERE tenant = $1 AND ($2 = '' OR state = $2) AND id > $3 ORDER BY id LIMIT $4";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(state).bind(after).bind(limit).fetch_all(pool).await)
}

/// Removes what was made before a time and given up. How many.
pub async fn forget_failed(db: &Db, tenant: TenantId, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM jobs WHERE tenant = $1 AND state = 'failed' AND run_at IS NULL AND created_at < $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(before).execute(pool).await.map(|done| done.rows_affected()))
}
