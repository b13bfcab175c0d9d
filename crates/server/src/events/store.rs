// SPDX-License-Identifier: EUPL-1.2
//! SQL of events and their rooms. Not of invitations: those are in `events::invites::store`, nor of exceptions of a
//! series: `events::instances::store`. A page of events is one query, whatever is on it.

use konvent_calendar::{Series, end_of};
use sqlx::{AssertSqlSafe, FromRow, Row as _};

use crate::change::{Change, within};
use crate::db::{Db, millis, on, padded, places, row, time};
use crate::ids::{EventId, RoomId, TenantId, UserId};

use super::instances;
use super::instances::store::Exception;
use super::wire::EventsQuery;

/// An event with its room, as stored. No `Debug`: it holds a password.
#[derive(Clone, PartialEq)]
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
    /// `RRULE` lines; empty for a single meeting.
    pub recurrence: String,
    /// When each of these rules ends: `Series::ends`.
    pub recurrence_ends: String,
    /// The first start, or the creation of an event without time.
    pub sorts_at: i64,
    /// From the first start to the last end, exceptions included; `i64::MAX` for a series without end.
    pub spans_from: i64,
    pub spans_to: i64,
    /// Counts the changes that invited people should hear of, exceptions included: SEQUENCE in calendars.
    pub revision: i64,
    /// JSON of `wire::TrainingReport`.
    pub training_report: Option<String>,
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
    recurrence,
    recurrence_ends,
    sorts_at,
    spans_from,
    spans_to,
    revision,
    training_report,
    show_meeting_details,
    password,
    waiting_room,
    guest_access,
    e2e_encryption
});

/// An event as one person sees it in lists.
#[derive(Clone)]
pub struct Seen {
    pub event: Event,
    pub invite_status: String,
    pub is_favorite: bool,
}

macro_rules! seen {
    ($row:ty) => {
        impl FromRow<'_, $row> for Seen {
            fn from_row(row: &$row) -> Result<Seen, sqlx::Error> {
                Ok(Seen {
                    event: Event::from_row(row)?,
                    invite_status: row.try_get("invite_status")?,
                    is_favorite: row.try_get("is_favorite")?,
                })
            }
        }
    };
}
seen!(sqlx::sqlite::SqliteRow);
seen!(sqlx::postgres::PgRow);

macro_rules! columns {
    () => {
        "e.id, e.room, e.title, e.description, e.created_by, e.created_at, e.updated_by, e.updated_at, e.is_adhoc, \
         e.is_all_day, e.starts_at, e.starts_at_timezone, e.ends_at, e.ends_at_timezone, e.recurrence, \
         e.recurrence_ends, e.sorts_at, e.spans_from, e.spans_to, e.revision, e.training_report, e.show_meeting_details, r.password, r.waiting_room, \
         r.guest_access, r.e2e_encryption"
    };
}

/// What the person `$2` made or is invited to, as `mine`, with the answer. Only what ends at `$3` or later.
macro_rules! mine {
    () => {
        "WITH mine AS (SELECT id AS event, 'accepted' AS status FROM events WHERE tenant = $1 AND created_by = $2 \
            AND spans_to >= $3 UNION ALL SELECT event, status FROM event_invites WHERE tenant = $1 AND invitee = $2) "
    };
}

/// Adds an event with its room. `false`: there is one with this id; the change is not to be kept.
pub async fn add(change: &mut Change, event: &Event) -> sqlx::Result<bool> {
    const ROOM: &str = "INSERT INTO rooms (tenant, id, created_by, created_at, password, waiting_room, guest_access, \
        e2e_encryption) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const EVENT: &str = "INSERT INTO events (tenant, id, room, title, description, created_by, created_at, updated_by, \
        updated_at, is_adhoc, is_all_day, starts_at, starts_at_timezone, ends_at, ends_at_timezone, \
        show_meeting_details, recurrence, sorts_at, spans_from, spans_to, revision, training_report, \
        recurrence_ends) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
        ON CONFLICT (tenant, id) DO NOTHING";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(ROOM).bind(tenant).bind(event.room).bind(event.created_by).bind(event.created_at)
            .bind(&event.password).bind(event.waiting_room).bind(&event.guest_access).bind(event.e2e_encryption)
            .execute(&mut *connection).await?;
        let added = sqlx::query(EVENT).bind(tenant).bind(event.id).bind(event.room).bind(&event.title).bind(&event.description)
            .bind(event.created_by).bind(event.created_at).bind(event.updated_by).bind(event.updated_at)
            .bind(event.is_adhoc).bind(event.is_all_day).bind(event.starts_at).bind(&event.starts_at_timezone)
            .bind(event.ends_at).bind(&event.ends_at_timezone).bind(event.show_meeting_details)
            .bind(&event.recurrence).bind(event.sorts_at).bind(event.spans_from).bind(event.spans_to)
            .bind(event.revision).bind(&event.training_report).bind(&event.recurrence_ends)
            .execute(&mut *connection).await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        Ok(true)
    })
}

/// `before`: as it was read. `moved`: its dates may have changed; its exceptions go along, and the event then reaches
/// over them. `false`: somebody has changed it, its room or one of its dates since it was read, or deleted it; the
/// change is not to be kept.
pub async fn change(change: &mut Change, event: &mut Event, before: &Event, moved: bool) -> sqlx::Result<bool> {
    const FORGET: &str = "DELETE FROM event_exceptions WHERE tenant = $1 AND event = $2";
    const MINE: &str = "UPDATE events SET revision = revision + 1 WHERE tenant = $1 AND id = $2 AND revision = $3";
    const ROOM: &str = "UPDATE rooms SET password = $3, waiting_room = $4, guest_access = $5, e2e_encryption = $6 \
        WHERE tenant = $1 AND id = $2 AND password IS NOT DISTINCT FROM $7 AND waiting_room = $8 AND guest_access = $9 \
        AND e2e_encryption = $10";
    const EVENT: &str = "UPDATE events SET title = $3, description = $4, updated_by = $5, updated_at = $6, \
        is_adhoc = $7, is_all_day = $8, starts_at = $9, starts_at_timezone = $10, ends_at = $11, \
        ends_at_timezone = $12, show_meeting_details = $13, recurrence = $14, sorts_at = $15, spans_from = $16, \
        spans_to = $17, training_report = $18, recurrence_ends = $19 WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => {
        // The room first, as where it is deleted with its event: who has one of them shall not wait for the other.
        let room = sqlx::query(ROOM).bind(tenant).bind(event.room).bind(&event.password).bind(event.waiting_room)
            .bind(&event.guest_access).bind(event.e2e_encryption).bind(&before.password).bind(before.waiting_room)
            .bind(&before.guest_access).bind(before.e2e_encryption).execute(&mut *connection).await?;
        let mine = sqlx::query(MINE).bind(tenant).bind(event.id).bind(before.revision).execute(&mut *connection).await?;
        if (room.rows_affected(), mine.rows_affected()) != (1, 1) {
            return Ok(false);
        }
        event.revision = before.revision + 1;
        if moved {
            let stored: Vec<Exception> = sqlx::query_as(AssertSqlSafe(instances::store::of_event())).bind(tenant)
                .bind(event.id).fetch_all(&mut *connection).await?;
            let exceptions = instances::carried(before, event, stored);
            sqlx::query(FORGET).bind(tenant).bind(event.id).execute(&mut *connection).await?;
            for exception in &exceptions {
                instances::store::set_exception!(connection, tenant, exception);
            }
        }
        sqlx::query(EVENT).bind(tenant).bind(event.id).bind(&event.title).bind(&event.description)
            .bind(event.updated_by).bind(event.updated_at).bind(event.is_adhoc).bind(event.is_all_day)
            .bind(event.starts_at).bind(&event.starts_at_timezone).bind(event.ends_at)
            .bind(&event.ends_at_timezone).bind(event.show_meeting_details)
            .bind(&event.recurrence).bind(event.sorts_at).bind(event.spans_from).bind(event.spans_to)
            .bind(&event.training_report).bind(&event.recurrence_ends).execute(&mut *connection).await?;
        Ok(true)
    })
}

/// Deletes the room, and with it its event, invitations and guest links.
pub async fn delete(change: &mut Change, room: RoomId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM rooms WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(room).execute(connection).await.map(drop))
}

pub async fn of_room(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<Event>> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM events e JOIN rooms r ON r.tenant = e.tenant AND r.id = e.room WHERE e.tenant = $1 AND e.room = $2"
    );
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).fetch_optional(pool).await)
}

/// Those of these events that the person made or is invited to, in no order.
pub async fn visible(db: &Db, tenant: TenantId, user: UserId, ids: &[EventId]) -> sqlx::Result<Vec<Seen>> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        ", COALESCE(i.status, 'accepted') AS invite_status, f.owner IS NOT NULL AS is_favorite \
         FROM events e JOIN rooms r ON r.tenant = e.tenant AND r.id = e.room \
         LEFT JOIN event_invites i ON i.tenant = e.tenant AND i.event = e.id AND i.invitee = $2 \
         LEFT JOIN event_favorites f ON f.tenant = e.tenant AND f.event = e.id AND f.owner = $2 \
         WHERE e.tenant = $1 AND (e.created_by = $2 OR i.invitee IS NOT NULL) AND e.id IN "
    );
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = padded(ids);
    let sql = format!("{SQL}({})", places(3, ids.len()));
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(user);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(pool).await
    })
}

/// Where a page begins: after the event with this sort key and id.
#[derive(Clone, Copy)]
pub struct Cursor {
    pub sorts_at: i64,
    pub id: EventId,
}

/// Which events a list is about.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    All,
    Single,
    Series,
}

macro_rules! filtered {
    () => {
        "mine JOIN events e ON e.tenant = $1 AND e.id = mine.event \
         WHERE e.spans_to >= $3 AND e.spans_from <= $4 AND e.created_at > $5 AND e.created_at < $6 \
         AND ($7 = '' OR $7 LIKE '%,' || mine.status || ',%') \
         AND (NOT $8 OR EXISTS (SELECT 1 FROM event_favorites f WHERE f.tenant = $1 AND f.event = e.id \
            AND f.owner = $2)) \
         AND ($9 = 0 OR ($9 = 1) = e.is_adhoc) AND ($10 = 0 OR ($10 = 1) = (e.starts_at IS NULL)) \
         AND ($11 = 0 OR ($11 = 1) = (e.recurrence = ''))"
    };
}

macro_rules! bind_filter {
    ($sql:expr, $filter:expr) => {
        sqlx::query_as($sql)
            .bind($filter.tenant)
            .bind($filter.user)
            .bind($filter.from)
            .bind($filter.to)
            .bind($filter.created_after)
            .bind($filter.created_before)
            .bind(&$filter.statuses)
            .bind($filter.favorites)
            .bind($filter.adhoc)
            .bind($filter.time_independent)
            .bind($filter.kind)
    };
}

/// What a list of events is narrowed down to, as the database takes it.
pub struct Filter {
    tenant: TenantId,
    user: UserId,
    pub from: i64,
    pub to: i64,
    created_after: i64,
    created_before: i64,
    statuses: String,
    favorites: bool,
    adhoc: i64,
    time_independent: i64,
    kind: i64,
}

impl Filter {
    pub fn new(tenant: TenantId, user: UserId, query: &EventsQuery, kind: Kind) -> Filter {
        let statuses: String = query
            .invite_status
            .iter()
            .map(|status| format!(",{}", status.as_str()))
            .collect();
        let three_way = |flag: Option<bool>| flag.map_or(0, |flag| if flag { 1 } else { 2 });
        let from = |time: Option<jiff::Timestamp>| time.map_or(i64::MIN, millis);
        let to = |time: Option<jiff::Timestamp>| time.map_or(i64::MAX, millis);
        Filter {
            tenant,
            user,
            from: from(query.time_min),
            to: to(query.time_max),
            created_after: from(query.created_after),
            created_before: to(query.created_before),
            statuses: if statuses.is_empty() { statuses } else { statuses + "," },
            favorites: query.favorites,
            adhoc: three_way(query.adhoc),
            time_independent: three_way(query.time_independent),
            kind: match kind {
                Kind::All => 0,
                Kind::Single => 1,
                Kind::Series => 2,
            },
        }
    }
}

/// One page of what a person made or is invited to, by first start.
pub async fn list(db: &Db, filter: &Filter, cursor: Cursor, limit: i64) -> sqlx::Result<Vec<Seen>> {
    const SQL: &str = concat!(
        mine!(),
        "SELECT ",
        columns!(),
        ", e.invite_status, f.owner IS NOT NULL AS is_favorite FROM (SELECT e.*, mine.status AS invite_status FROM ",
        filtered!(),
        " AND (e.sorts_at > $12 OR (e.sorts_at = $12 AND e.id > $13)) ORDER BY e.sorts_at, e.id LIMIT $14) e \
         JOIN rooms r ON r.tenant = e.tenant AND r.id = e.room \
         LEFT JOIN event_favorites f ON f.tenant = e.tenant AND f.event = e.id AND f.owner = $2 \
         ORDER BY e.sorts_at, e.id"
    );
    on!(db, pool => bind_filter!(SQL, filter).bind(cursor.sorts_at).bind(cursor.id).bind(limit).fetch_all(pool).await)
}

/// As much of a series as is needed to compute when it takes place.
pub struct Dates {
    pub id: EventId,
    pub is_all_day: Option<bool>,
    pub starts_at: i64,
    pub starts_at_timezone: String,
    pub ends_at: i64,
    pub recurrence: String,
    pub recurrence_ends: String,
}
row!(Dates {
    id,
    is_all_day,
    starts_at,
    starts_at_timezone,
    ends_at,
    recurrence,
    recurrence_ends
});

macro_rules! chosen {
    () => {
        "(e.created_by = $2 OR mine.status IN ('accepted', 'tentative'))"
    };
}

/// The series a person made or is invited to, at most `limit`: first what one made or has agreed to, then the other
/// invitations, a newest one of everybody who invites before the second of anybody.
pub async fn series(db: &Db, filter: &Filter, limit: i64) -> sqlx::Result<Vec<Dates>> {
    const SQL: &str = concat!(
        mine!(),
        "SELECT e.id, e.is_all_day, e.starts_at, e.starts_at_timezone, e.ends_at, e.recurrence, e.recurrence_ends FROM ",
        filtered!(),
        " AND e.starts_at IS NOT NULL ORDER BY CASE WHEN ",
        chosen!(),
        " THEN 0 ELSE 1 END, ROW_NUMBER() OVER (PARTITION BY e.created_by ORDER BY e.sorts_at DESC, e.id), \
         e.sorts_at DESC, e.id LIMIT $12"
    );
    on!(db, pool => bind_filter!(SQL, filter).bind(limit).fetch_all(pool).await)
}

/// How many of these series the person made or has agreed to.
pub async fn chosen_series(db: &Db, filter: &Filter) -> sqlx::Result<i64> {
    const SQL: &str = concat!(
        mine!(),
        "SELECT COUNT(*) FROM ",
        filtered!(),
        " AND e.starts_at IS NOT NULL AND ",
        chosen!()
    );
    let (count,): (i64,) = on!(db, pool => bind_filter!(SQL, filter).fetch_one(pool).await)?;
    Ok(count)
}

/// Finds out where series end that were stored before their ends were.
pub async fn complete_ends(db: &Db) -> sqlx::Result<()> {
    const SOME: &str = "SELECT tenant, id, is_all_day, starts_at, starts_at_timezone, ends_at, recurrence FROM events \
        WHERE recurrence <> '' AND recurrence_ends = '' AND starts_at IS NOT NULL ORDER BY tenant, id LIMIT 500";
    const SET: &str = "UPDATE events SET recurrence = $3, recurrence_ends = $4, starts_at = $5, sorts_at = $5, ends_at = $6 \
        WHERE tenant = $1 AND id = $2";
    loop {
        let some: Vec<OldSeries> = on!(db, pool => sqlx::query_as(SOME).fetch_all(pool).await)?;
        for series in &some {
            let (rules, ends, (starts_at, ends_at)) = series.completed();
            on!(db, pool => sqlx::query(SET).bind(series.tenant).bind(series.id).bind(rules).bind(ends).bind(starts_at)
                .bind(ends_at).execute(pool).await.map(drop))?;
        }
        if some.is_empty() {
            return Ok(());
        }
    }
}

struct OldSeries {
    tenant: TenantId,
    id: EventId,
    is_all_day: Option<bool>,
    starts_at: i64,
    starts_at_timezone: String,
    ends_at: i64,
    recurrence: String,
}
row!(OldSeries {
    tenant,
    id,
    is_all_day,
    starts_at,
    starts_at_timezone,
    ends_at,
    recurrence
});

impl OldSeries {
    /// Rules, their ends, start and end. What cannot be read stays, and has an end that says nothing.
    fn completed(&self) -> (String, String, (i64, i64)) {
        let zone = konvent_calendar::zone(&self.starts_at_timezone);
        let span = (time(self.starts_at), time(self.ends_at));
        let Ok(series) = Series::old(&self.recurrence, span.0, &zone) else {
            return (self.recurrence.clone(), "?".into(), (self.starts_at, self.ends_at));
        };
        let first = series.first().unwrap_or(span.0);
        let end = end_of(first, span, self.is_all_day == Some(true), &zone);
        (series.text(), series.ends(), (millis(first), millis(end)))
    }
}
