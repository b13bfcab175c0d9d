// SPDX-License-Identifier: EUPL-1.2
//! SQL of what administrators do with jobs. The rest is in `queue`.

use crate::change::{Change, within};
use crate::ids::JobId;

/// Lets a job run at once, as if it had never been tried. `false`: there is none, or it is running.
pub async fn retry(change: &mut Change, id: JobId, now: i64) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE jobs SET state = 'queued', run_at = $3, attempts = 0 \
        WHERE tenant = $1 AND id = $2 AND state <> 'running'";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(id).bind(now)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// `false`: there is none.
pub async fn delete(change: &mut Change, id: JobId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(id).execute(connection).await.map(|done| done.rows_affected() == 1))
}
