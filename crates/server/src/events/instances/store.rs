// SPDX-License-Identifier: EUPL-1.2
//! SQL of exceptions: dates of a series that are cancelled or different.

use futures_util::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use crate::change::{Change, within};
use crate::db::{Db, on, padded, places, row};
use crate::ids::{EventId, TenantId, UserId};

/// What is `None` is as in the series.
#[derive(Clone)]
pub struct Exception {
    pub event: EventId,
    /// When this date would have begun by the rules of the series.
    pub instance: i64,
    pub created_by: UserId,
    pub created_at: i64,
    pub updated_by: UserId,
    pub updated_at: i64,
    pub cancelled: bool,
    pub title: Option<String>,
    pub description: Option<String>,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<i64>,
    pub starts_at_timezone: Option<String>,
    pub ends_at: Option<i64>,
    pub ends_at_timezone: Option<String>,
}
row!(Exception {
    event,
    instance,
    created_by,
    created_at,
    updated_by,
    updated_at,
    cancelled,
    title,
    description,
    is_all_day,
    starts_at,
    starts_at_timezone,
    ends_at,
    ends_at_timezone
});

const COLUMNS: &str = "event, instance, created_by, created_at, updated_by, updated_at, cancelled, title, description, \
    is_all_day, starts_at, starts_at_timezone, ends_at, ends_at_timezone";

/// The exceptions of some series, by series and time.
pub async fn of_events(db: &Db, tenant: TenantId, events: &[EventId]) -> sqlx::Result<Vec<Exception>> {
    let mut found = Vec::new();
    // SQLite takes 32,766 values at most.
    for events in events.chunks(1 << 12) {
        let events = padded(events);
        let list = places(2, events.len());
        let sql = format!(
            "SELECT {COLUMNS} FROM event_exceptions WHERE tenant = $1 AND event IN ({list}) ORDER BY event, instance"
        );
        let some: Vec<Exception> = on!(db, pool => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
            for event in events {
                query = query.bind(event);
            }
            query.fetch_all(pool).await
        })?;
        found.extend(some);
    }
    Ok(found)
}

/// Which exceptions to look for.
pub struct Nearest {
    pub is_cancelled: bool,
    pub now: i64,
    /// From then on they are of interest.
    pub from: i64,
    pub most: usize,
}

/// The exceptions of some series that are nearest to now: those to come before those that are over. `look`: sees each as it is
/// read.
pub async fn nearest(
    db: &Db,
    tenant: TenantId,
    events: &[EventId],
    wanted: &Nearest,
    mut look: impl FnMut(&mut Exception),
) -> sqlx::Result<Vec<Exception>> {
    let Nearest {
        is_cancelled,
        now,
        from,
        most,
    } = *wanted;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for events in events.chunks(1 << 12) {
        let events = padded(events);
        let list = places(6, events.len());
        let sql = format!(
            "SELECT {COLUMNS} FROM event_exceptions WHERE tenant = $1 AND (instance >= $2 OR starts_at >= $2 OR ends_at >= $2) \
             AND cancelled = $4 AND event IN ({list}) ORDER BY CASE WHEN instance >= $5 THEN 0 ELSE 1 END, \
             CASE WHEN instance >= $5 THEN instance ELSE -instance END, event LIMIT $3"
        );
        on!(db, pool => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(from).bind(limit)
                .bind(is_cancelled).bind(now);
            for event in events {
                query = query.bind(event);
            }
            let mut rows = query.fetch(pool);
            while let Some(row) = rows.try_next().await? {
                let mut row: Exception = row;
                look(&mut row);
                found.push(row);
            }
        });
    }
    found.sort_by_key(|exception| {
        let is_over = exception.instance < now;
        (is_over, exception.instance.abs_diff(now), exception.event.0)
    });
    found.truncate(most);
    Ok(found)
}

/// Selects the exceptions of one series: `$1` tenant, `$2` event.
pub fn of_event() -> String {
    format!("SELECT {COLUMNS} FROM event_exceptions WHERE tenant = $1 AND event = $2 ORDER BY instance")
}

pub const SET: &str = "INSERT INTO event_exceptions (tenant, event, instance, created_by, created_at, updated_by, \
    updated_at, cancelled, title, description, is_all_day, starts_at, starts_at_timezone, ends_at, ends_at_timezone) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
    ON CONFLICT (tenant, event, instance) DO UPDATE SET updated_by = $6, updated_at = $7, cancelled = $8, title = $9, \
    description = $10, is_all_day = $11, starts_at = $12, starts_at_timezone = $13, ends_at = $14, ends_at_timezone = $15";

/// Adds or replaces an exception.
macro_rules! set_exception {
    ($transaction:expr, $tenant:expr, $exception:expr) => {
        sqlx::query($crate::events::instances::store::SET)
            .bind($tenant)
            .bind($exception.event)
            .bind($exception.instance)
            .bind($exception.created_by)
            .bind($exception.created_at)
            .bind($exception.updated_by)
            .bind($exception.updated_at)
            .bind($exception.cancelled)
            .bind(&$exception.title)
            .bind(&$exception.description)
            .bind($exception.is_all_day)
            .bind($exception.starts_at)
            .bind(&$exception.starts_at_timezone)
            .bind($exception.ends_at)
            .bind(&$exception.ends_at_timezone)
            .execute(&mut *$transaction)
            .await?
    };
}
pub(in crate::events) use set_exception;

/// Adds or replaces an exception, and lets its event reach over the new times. `read`: the revision of the event that it
/// was worked out from. `false`: somebody has changed the event or one of its dates since; nothing is written.
pub async fn set(change: &mut Change, exception: &Exception, span: (i64, i64), read: i64) -> sqlx::Result<bool> {
    const EVENT: &str = "UPDATE events SET revision = revision + 1, \
        spans_from = CASE WHEN $3 < spans_from THEN $3 ELSE spans_from END, \
        spans_to = CASE WHEN $4 > spans_to THEN $4 ELSE spans_to END WHERE tenant = $1 AND id = $2 AND revision = $5";
    let tenant = change.tenant;
    let (from, to) = span;
    within!(change, connection => {
        // The event first: its row is what changes of the whole series wait for.
        let event = sqlx::query(EVENT).bind(tenant).bind(exception.event).bind(from).bind(to).bind(read)
            .execute(&mut *connection).await?;
        if event.rows_affected() != 1 {
            return Ok(false);
        }
        set_exception!(connection, tenant, exception);
        Ok(true)
    })
}
