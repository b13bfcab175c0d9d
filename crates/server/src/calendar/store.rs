// SPDX-License-Identifier: EUPL-1.2
//! SQL of calendars: events with all that an entry says, and the secret addresses.

use futures_util::TryStreamExt as _;

use super::Descriptions;
use crate::db::{Db, on, row};
use crate::ids::{EventId, RoomId, TenantId, UserId};

/// An event with its organiser. No `Debug`: it names people.
pub struct EventRow {
    pub id: EventId,
    pub room: RoomId,
    pub title: String,
    pub description: String,
    pub created_by: UserId,
    pub updated_at: i64,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<i64>,
    pub starts_at_timezone: Option<String>,
    pub ends_at: Option<i64>,
    pub recurrence: String,
    pub recurrence_ends: String,
    pub sequence: i64,
    pub has_password: bool,
    pub organiser_name: String,
    pub organiser_email: String,
}
row!(EventRow {
    id,
    room,
    title,
    description,
    created_by,
    updated_at,
    is_all_day,
    starts_at,
    starts_at_timezone,
    ends_at,
    recurrence,
    recurrence_ends,
    sequence,
    has_password,
    organiser_name,
    organiser_email
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.room, e.title, e.description, e.created_by, e.updated_at, e.is_all_day, e.starts_at, ",
            "e.starts_at_timezone, e.ends_at, e.recurrence, e.recurrence_ends, e.revision AS sequence, ",
            "r.password IS NOT NULL AS has_password, u.display_name AS organiser_name, u.email AS organiser_email ",
            "FROM events e JOIN rooms r ON r.tenant = e.tenant AND r.id = e.room ",
            "JOIN users u ON u.tenant = e.tenant AND u.id = e.created_by WHERE e.tenant = $1 ",
            $rest
        )
    };
}

pub async fn event(db: &Db, tenant: TenantId, id: EventId) -> sqlx::Result<Option<EventRow>> {
    const SQL: &str = select!("AND e.id = $2");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)
}

/// What a person made or is invited to and has not declined, as far as it ends after a time; at most `limit`, first what
/// they made themselves, the newest first.
pub async fn of_person(
    db: &Db,
    tenant: TenantId,
    user: UserId,
    after: i64,
    limit: i64,
    descriptions: &mut Descriptions,
) -> sqlx::Result<Vec<EventRow>> {
    const SQL: &str = select!(
        "AND (e.created_by = $2 OR EXISTS (SELECT 1 FROM event_invites i WHERE i.tenant = e.tenant AND i.event = e.id \
         AND i.invitee = $2 AND i.status <> 'declined')) AND e.starts_at IS NOT NULL AND e.spans_to > $3 \
         ORDER BY CASE WHEN e.created_by = $2 THEN 0 ELSE 1 END, e.created_at DESC, e.id LIMIT $4"
    );
    let mut found = Vec::new();
    on!(db, pool => {
        // One by one, so that what is left out takes no memory.
        let mut rows = sqlx::query_as(SQL).bind(tenant).bind(user).bind(after).bind(limit).fetch(pool);
        while let Some(row) = rows.try_next().await? {
            let mut row: EventRow = row;
            descriptions.keep(&mut row.description);
            found.push(row);
        }
    });
    Ok(found)
}

/// Replaces the secret of a person's calendar.
pub async fn set_secret(db: &Db, tenant: TenantId, owner: UserId, hash: &str, now: i64) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO calendar_feeds (tenant, owner, secret_hash, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant, owner) DO UPDATE SET secret_hash = $3, created_at = $4";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(owner).bind(hash).bind(now).execute(pool).await.map(drop))
}

/// `false`: there is none.
pub async fn remove_secret(db: &Db, tenant: TenantId, owner: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM calendar_feeds WHERE tenant = $1 AND owner = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(owner).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

/// Since when a person's calendar has its secret.
pub async fn secret_since(db: &Db, tenant: TenantId, owner: UserId) -> sqlx::Result<Option<i64>> {
    const SQL: &str = "SELECT created_at FROM calendar_feeds WHERE tenant = $1 AND owner = $2";
    let row: Option<(i64,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(owner).fetch_optional(pool).await)?;
    Ok(row.map(|(since,)| since))
}

/// Whose calendar a secret opens. The secret is all that the asker has: it names the tenant, too.
pub async fn owner(db: &Db, hash: &str) -> sqlx::Result<Option<(TenantId, UserId)>> {
    const SQL: &str = "SELECT tenant, owner FROM calendar_feeds WHERE secret_hash = $1";
    on!(db, pool => sqlx::query_as(SQL).bind(hash).fetch_optional(pool).await)
}
