// SPDX-License-Identifier: EUPL-1.2
//! SQL of the audit log. There is no statement here that changes an entry.

use std::collections::HashMap;
use std::fmt::Display;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::db::{Db, on, padded, places};
use crate::ids::TenantId;

use super::{Action, NO_HASH, Recorded};

/// A connection of either database that an entry can be added through, in the middle of a transaction.
pub trait Append: Send {
    /// `make` gets the entry's number and the hash before it.
    fn append(
        &mut self,
        tenant: TenantId,
        make: impl FnOnce(i64, String) -> Recorded + Send,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    fn remove_through(&mut self, tenant: TenantId, number: i64) -> impl Future<Output = sqlx::Result<u64>> + Send;
}

const TURN: &str = "UPDATE audit_heads SET number = number + 1 WHERE tenant = $1 RETURNING number, hash";
const FIRST: &str = "INSERT INTO audit_heads (tenant, number, hash) VALUES ($1, 0, $2) ON CONFLICT (tenant) DO NOTHING";
const ADD: &str = "INSERT INTO audit_entries (tenant, number, at, actor_kind, actor, action, object, details, previous, \
    hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const HEAD: &str = "UPDATE audit_heads SET hash = $2 WHERE tenant = $1";
const REMOVE: &str = "DELETE FROM audit_entries WHERE tenant = $1 AND number <= $2";

macro_rules! append {
    ($connection:ty) => {
        impl Append for $connection {
            async fn append(
                &mut self,
                tenant: TenantId,
                make: impl FnOnce(i64, String) -> Recorded + Send,
            ) -> sqlx::Result<()> {
                // The row of the head is the lock: the next one waits here until this transaction is over.
                let turn: Option<(i64, String)> = sqlx::query_as(TURN)
                    .bind(tenant)
                    .fetch_optional(&mut *self)
                    .await?;
                let (number, previous) = match turn {
                    Some(turn) => turn,
                    None => {
                        sqlx::query(FIRST)
                            .bind(tenant)
                            .bind(NO_HASH)
                            .execute(&mut *self)
                            .await?;
                        sqlx::query_as(TURN).bind(tenant).fetch_one(&mut *self).await?
                    }
                };
                let entry = make(number, previous);
                sqlx::query(ADD)
                    .bind(tenant)
                    .bind(entry.number)
                    .bind(entry.at)
                    .bind(entry.actor_kind)
                    .bind(entry.actor)
                    .bind(entry.action)
                    .bind(entry.object)
                    .bind(entry.details)
                    .bind(entry.previous)
                    .bind(&entry.hash)
                    .execute(&mut *self)
                    .await?;
                sqlx::query(HEAD)
                    .bind(tenant)
                    .bind(entry.hash)
                    .execute(&mut *self)
                    .await
                    .map(drop)
            }

            async fn remove_through(&mut self, tenant: TenantId, number: i64) -> sqlx::Result<u64> {
                let removed = sqlx::query(REMOVE)
                    .bind(tenant)
                    .bind(number)
                    .execute(&mut *self)
                    .await?;
                Ok(removed.rows_affected())
            }
        }
    };
}
append!(sqlx::SqliteConnection);
append!(sqlx::PgConnection);

pub async fn remove_through<C: Append>(connection: &mut C, tenant: TenantId, number: i64) -> sqlx::Result<u64> {
    connection.remove_through(tenant, number).await
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, at, actor_kind, actor, action, object, details, previous, hash FROM audit_entries ",
            "WHERE tenant = $1 AND ",
            $rest
        )
    };
}

/// Whether something was done to an object, as far as the log goes back.
pub async fn has(db: &Db, tenant: TenantId, action: Action, object: impl Display) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT number FROM audit_entries WHERE tenant = $1 AND object = $2 AND action = $3 LIMIT 1";
    let found: Option<(i64,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(object.to_string())
        .bind(action.as_str()).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Number and hash of the newest entry, or where it should be.
pub async fn head(db: &Db, tenant: TenantId) -> sqlx::Result<Option<(i64, String)>> {
    const SQL: &str = "SELECT number, hash FROM audit_heads WHERE tenant = $1";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)
}

/// The entries that come after a number, oldest first.
pub async fn after(db: &Db, tenant: TenantId, number: i64, limit: i64) -> sqlx::Result<Vec<Recorded>> {
    const SQL: &str = select!("number > $2 ORDER BY number LIMIT $3");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(number).bind(limit).fetch_all(pool).await)
}

/// What to look for; an empty text means any.
#[derive(Clone)]
pub struct Filter {
    /// A whole word, or what stands before its dot.
    pub action: String,
    pub actor: String,
    pub object: String,
    /// Ids of people, of whom one has done it or it was done to.
    pub people: Option<Vec<String>>,
    /// Id of an event or room, or a part of titles: it was done to one of these meetings.
    pub meeting: String,
    pub since: i64,
    pub until: i64,
}

/// One page, newest first, of entries before a number.
pub async fn before(
    db: &Db,
    tenant: TenantId,
    number: i64,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Recorded>> {
    const SQL: &str = select!(
        "number < $2 AND ($3 = '' OR action = $3 OR action LIKE $4) AND ($5 = '' OR actor = $5) \
         AND ($6 = '' OR object = $6) AND at >= $7 AND at <= $8"
    );
    const MEANT: &str = "tenant = $1 AND (id = $9 OR room = $9 OR title LIKE $10 ESCAPE '!' \
        OR LOWER(title) LIKE $11 ESCAPE '!')";
    // A word that nobody is called finds nothing.
    if filter.people.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let people = filter.people.as_deref().unwrap_or_default();
    let people: Vec<&str> = padded(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let mut sql = format!(
        "{SQL} AND ($9 = '' OR object = $9 OR object IN (SELECT id FROM events WHERE {MEANT} UNION ALL \
         SELECT room FROM events WHERE {MEANT}))"
    );
    let mut next = 12;
    if !people.is_empty() {
        let ids = places(next, people.len());
        next += people.len();
        let named: Vec<String> = (next..next + people.len())
            .map(|place| format!("details LIKE ${place}"))
            .collect();
        next += people.len();
        sql += &format!(" AND (actor IN ({ids}) OR object IN ({ids}) OR {})", named.join(" OR "));
    }
    sql += &format!(" ORDER BY number DESC LIMIT ${next}");
    let kind = format!("{}.%", filter.action.replace(['%', '_'], ""));
    let title = |text: &str| format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(number).bind(&filter.action).bind(kind)
            .bind(&filter.actor).bind(&filter.object).bind(filter.since).bind(filter.until).bind(&filter.meeting)
            .bind(title(&filter.meeting)).bind(title(&filter.meeting.to_lowercase()));
        for id in &people {
            query = query.bind(id);
        }
        for id in &people {
            // Also as one of several in a text.
            query = query.bind(format!("%{id}%"));
        }
        query.bind(limit).fetch_all(pool).await
    })
}

/// What ids of `sql` are called: it ends where the list of ids begins.
async fn called(db: &Db, tenant: TenantId, sql: &str, ids: &[Uuid]) -> sqlx::Result<HashMap<String, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = padded(ids);
    let sql = format!("{sql} IN ({})", places(2, ids.len()));
    let rows: Vec<(String, String)> = on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
        for id in &ids {
            query = query.bind(id.to_string());
        }
        query.fetch_all(pool).await
    })?;
    Ok(rows.into_iter().collect())
}

/// The titles of meetings, by the ids of their events and rooms.
pub async fn titles(db: &Db, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<HashMap<String, String>> {
    const EVENTS: &str = "SELECT id, title FROM events WHERE tenant = $1 AND id";
    const ROOMS: &str = "SELECT room, title FROM events WHERE tenant = $1 AND room";
    let mut titles = called(db, tenant, EVENTS, ids).await?;
    titles.extend(called(db, tenant, ROOMS, ids).await?);
    Ok(titles)
}

/// The names of files, organisations and tariffs.
pub async fn things(db: &Db, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<HashMap<String, String>> {
    const FILES: &str = "SELECT id, filename FROM assets WHERE tenant = $1 AND id";
    // Only who administers the installation has done something to these; it stands in the log of their organisation.
    const TENANTS: &str = "SELECT id, name FROM tenants WHERE $1 <> '' AND id";
    const TARIFFS: &str = "SELECT id, name FROM tariffs WHERE $1 <> '' AND id";
    let mut names = called(db, tenant, FILES, ids).await?;
    names.extend(called(db, tenant, TENANTS, ids).await?);
    names.extend(called(db, tenant, TARIFFS, ids).await?);
    Ok(names)
}

/// Number and hash of the newest entry that is older than a time.
pub async fn last_before(db: &Db, tenant: TenantId, at: i64) -> sqlx::Result<Option<(i64, String)>> {
    // Clocks step: only what has nothing younger before it counts, so that the chain keeps its order.
    const SQL: &str = "SELECT number, hash FROM audit_entries WHERE tenant = $1 AND number < COALESCE( \
        (SELECT MIN(number) FROM audit_entries WHERE tenant = $1 AND at >= $2), \
        (SELECT MAX(number) + 1 FROM audit_entries WHERE tenant = $1)) ORDER BY number DESC LIMIT 1";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(at).fetch_optional(pool).await)
}
