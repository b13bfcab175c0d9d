// SPDX-License-Identifier: EUPL-1.2
//! SQL of events and their rooms. Not of invitations: those are in `events::invites::store`.

use crate::db::{Db, millis, on, row};
use crate::ids::{EventId, RoomId, TenantId, UserId};

use super::wire::EventsQuery;

/// An event with its room, as stored. No `Debug`: it holds a password.
pub struct Event {
    pub id: EventId,
    pub room: RoomId,
    pub title: String,
    pub description: String,
    pub created_by: UserId,
    pub created_at: i64,
    pub updated_by: UserId,
    pub updated_at: i64,
    pub is_adhoc: bool,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<i64>,
    pub starts_at_timezone: Option<String>,
    pub ends_at: Option<i64>,
    pub ends_at_timezone: Option<String>,
    pub show_meeting_details: bool,
    pub password: Option<String>,
    pub waiting_room: bool,
    pub guest_access: String,
    pub e2e_encryption: bool,
}
row!(Event {
    id,
    room,
    title,
    description,
    created_by,
    created_at,
    updated_by,
    updated_at,
    is_adhoc,
    is_all_day,
    starts_at,
    starts_at_timezone,
    ends_at,
    ends_at_timezone,
    show_meeting_details,
    password,
    waiting_room,
    guest_access,
    e2e_encryption
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.room, e.title, e.description, e.created_by, e.created_at, e.updated_by, e.updated_at, ",
            "e.is_adhoc, e.is_all_day, e.starts_at, e.starts_at_timezone, e.ends_at, e.ends_at_timezone, ",
            "e.show_meeting_details, r.password, r.waiting_room, r.guest_access, r.e2e_encryption ",
            "FROM events e JOIN rooms r ON r.tenant = e.tenant AND r.id = e.room WHERE e.tenant = $1 ",
            $rest
        )
    };
}

/// Adds the event and its room, both or neither.
pub async fn add(db: &Db, tenant: TenantId, event: &Event) -> sqlx::Result<()> {
    const ROOM: &str = "INSERT INTO rooms (tenant, id, created_by, created_at, password, waiting_room, guest_access, \
        e2e_encryption) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const EVENT: &str = "INSERT INTO events (tenant, id, room, title, description, created_by, created_at, updated_by, \
        updated_at, is_adhoc, is_all_day, starts_at, starts_at_timezone, ends_at, ends_at_timezone, \
        show_meeting_details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(ROOM).bind(tenant).bind(event.room).bind(event.created_by).bind(event.created_at)
            .bind(&event.password).bind(event.waiting_room).bind(&event.guest_access).bind(event.e2e_encryption)
            .execute(&mut *transaction).await?;
        sqlx::query(EVENT).bind(tenant).bind(event.id).bind(event.room).bind(&event.title).bind(&event.description)
            .bind(event.created_by).bind(event.created_at).bind(event.updated_by).bind(event.updated_at)
            .bind(event.is_adhoc).bind(event.is_all_day).bind(event.starts_at).bind(&event.starts_at_timezone)
            .bind(event.ends_at).bind(&event.ends_at_timezone).bind(event.show_meeting_details)
            .execute(&mut *transaction).await?;
        transaction.commit().await
    })
}

pub async fn change(db: &Db, tenant: TenantId, event: &Event) -> sqlx::Result<()> {
    const ROOM: &str = "UPDATE rooms SET password = $3, waiting_room = $4, guest_access = $5, e2e_encryption = $6 \
        WHERE tenant = $1 AND id = $2";
    const EVENT: &str = "UPDATE events SET title = $3, description = $4, updated_by = $5, updated_at = $6, \
        is_adhoc = $7, is_all_day = $8, starts_at = $9, starts_at_timezone = $10, ends_at = $11, \
        ends_at_timezone = $12, show_meeting_details = $13 WHERE tenant = $1 AND id = $2";
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(ROOM).bind(tenant).bind(event.room).bind(&event.password).bind(event.waiting_room)
            .bind(&event.guest_access).bind(event.e2e_encryption).execute(&mut *transaction).await?;
        sqlx::query(EVENT).bind(tenant).bind(event.id).bind(&event.title).bind(&event.description)
            .bind(event.updated_by).bind(event.updated_at).bind(event.is_adhoc).bind(event.is_all_day)
            .bind(event.starts_at).bind(&event.starts_at_timezone).bind(event.ends_at)
            .bind(&event.ends_at_timezone).bind(event.show_meeting_details)
            .execute(&mut *transaction).await?;
        transaction.commit().await
    })
}

/// Deletes the room, and with it its event, invitations and guest links.
pub async fn delete(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM rooms WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).execute(pool).await.map(drop))
}

pub async fn of_room(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<Event>> {
    const SQL: &str = select!("AND e.room = $2");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).fetch_optional(pool).await)
}

/// The event, if this person made it or is invited to it.
pub async fn visible(db: &Db, tenant: TenantId, id: EventId, user: UserId) -> sqlx::Result<Option<Event>> {
    const SQL: &str = select!(
        "AND e.id = $2 AND (e.created_by = $3 OR EXISTS (SELECT 1 FROM event_invites i \
         WHERE i.tenant = e.tenant AND i.event = e.id AND i.invitee = $3))"
    );
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).bind(user).fetch_optional(pool).await)
}

/// Where a page begins: after the event with this sort key and id.
pub struct Cursor {
    pub starts_at: i64,
    pub id: EventId,
}

/// A time-independent event sorts by its creation.
pub fn sort_key(event: &Event) -> i64 {
    event.starts_at.unwrap_or(event.created_at)
}

/// One page of what a person made or is invited to, by time; one more than asked for shows that there is another page.
pub async fn list(
    db: &Db,
    tenant: TenantId,
    user: UserId,
    query: &EventsQuery,
    cursor: &Cursor,
    limit: i64,
) -> sqlx::Result<Vec<Event>> {
    const SQL: &str = select!(
        "AND COALESCE((SELECT i.status FROM event_invites i WHERE i.tenant = e.tenant AND i.event = e.id \
            AND i.invitee = $2), CASE WHEN e.created_by = $2 THEN 'accepted' ELSE '' END) <> '' \
         AND ($3 = '' OR $3 LIKE '%,' || COALESCE((SELECT i.status FROM event_invites i WHERE i.tenant = e.tenant \
            AND i.event = e.id AND i.invitee = $2), 'accepted') || ',%') \
         AND (NOT $4 OR EXISTS (SELECT 1 FROM event_favorites f WHERE f.tenant = e.tenant AND f.event = e.id \
            AND f.owner = $2)) \
         AND COALESCE(e.ends_at, e.created_at) >= $5 AND COALESCE(e.starts_at, e.created_at) <= $6 \
         AND e.created_at > $7 AND e.created_at < $8 \
         AND ($9 = 0 OR ($9 = 1) = e.is_adhoc) AND ($10 = 0 OR ($10 = 1) = (e.starts_at IS NULL)) \
         AND (COALESCE(e.starts_at, e.created_at) > $11 \
            OR (COALESCE(e.starts_at, e.created_at) = $11 AND e.id > $12)) \
         ORDER BY COALESCE(e.starts_at, e.created_at), e.id LIMIT $13"
    );
    let statuses: String = query
        .invite_status
        .iter()
        .map(|status| format!(",{}", status.as_str()))
        .collect();
    let statuses = if statuses.is_empty() { statuses } else { statuses + "," };
    let three_way = |flag: Option<bool>| flag.map_or(0_i64, |flag| if flag { 1 } else { 2 });
    let from = |time: Option<jiff::Timestamp>| time.map_or(i64::MIN, millis);
    let to = |time: Option<jiff::Timestamp>| time.map_or(i64::MAX, millis);
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).bind(&statuses).bind(query.favorites)
        .bind(from(query.time_min)).bind(to(query.time_max)).bind(from(query.created_after)).bind(to(query.created_before))
        .bind(three_way(query.adhoc)).bind(three_way(query.time_independent))
        .bind(cursor.starts_at).bind(cursor.id).bind(limit)
        .fetch_all(pool).await)
}
