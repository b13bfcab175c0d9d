// SPDX-License-Identifier: EUPL-1.2
//! SQL of journals: what running meetings were told, until they end.

use uuid::Uuid;

use crate::clock;
use crate::db::{Db, millis, on, row};
use crate::ids::{RoomId, TenantId};

/// The beginning of a journal.
#[derive(Clone)]
pub struct Header {
    pub id: Uuid,
    pub began_at: i64,
    pub version: i64,
    /// Under which address its first person came.
    pub origin: String,
    pub parameters: String,
}

/// Some lines of it, written together.
#[derive(Clone)]
pub struct Page {
    pub journal: Uuid,
    pub number: i64,
    pub lines: String,
}

/// A connection of either database that journals are written through, in the middle of a transaction. Writing twice is
/// writing once: whether a transaction that was cut off had come to its end is not known.
pub trait Keep: Send {
    fn begin_journal(
        &mut self,
        tenant: TenantId,
        room: RoomId,
        header: &Header,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
    /// `false`: another page stands under its number.
    fn add_page(&mut self, tenant: TenantId, page: &Page) -> impl Future<Output = sqlx::Result<bool>> + Send;
    fn remove_journal(&mut self, tenant: TenantId, id: Uuid) -> impl Future<Output = sqlx::Result<()>> + Send;
}

const BEGIN: &str = "INSERT INTO journals (tenant, id, room, began_at, version, origin, parameters) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, id) DO NOTHING";
const ADD: &str = "INSERT INTO journal_pages (tenant, journal, number, lines) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (tenant, journal, number) DO NOTHING";
const IS_THERE: &str =
    "SELECT COUNT(*) FROM journal_pages WHERE tenant = $1 AND journal = $2 AND number = $3 AND lines = $4";
const REMOVE: &str = "DELETE FROM journals WHERE tenant = $1 AND id = $2";

macro_rules! keep {
    ($connection:ty) => {
        impl Keep for $connection {
            async fn begin_journal(&mut self, tenant: TenantId, room: RoomId, header: &Header) -> sqlx::Result<()> {
                sqlx::query(BEGIN)
                    .bind(tenant)
                    .bind(header.id.to_string())
                    .bind(room)
                    .bind(header.began_at)
                    .bind(header.version)
                    .bind(&header.origin)
                    .bind(&header.parameters)
                    .execute(&mut *self)
                    .await
                    .map(drop)
            }

            async fn add_page(&mut self, tenant: TenantId, page: &Page) -> sqlx::Result<bool> {
                let journal = page.journal.to_string();
                let add = sqlx::query(ADD).bind(tenant).bind(&journal);
                let added = add
                    .bind(page.number)
                    .bind(&page.lines)
                    .execute(&mut *self)
                    .await?;
                if added.rows_affected() == 1 {
                    return Ok(true);
                }
                let is_there = sqlx::query_as(IS_THERE).bind(tenant).bind(&journal);
                let (same,): (i64,) = is_there
                    .bind(page.number)
                    .bind(&page.lines)
                    .fetch_one(&mut *self)
                    .await?;
                Ok(same == 1)
            }

            async fn remove_journal(&mut self, tenant: TenantId, id: Uuid) -> sqlx::Result<()> {
                sqlx::query(REMOVE)
                    .bind(tenant)
                    .bind(id.to_string())
                    .execute(&mut *self)
                    .await
                    .map(drop)
            }
        }
    };
}
keep!(sqlx::SqliteConnection);
keep!(sqlx::PgConnection);

/// A journal that is there, or was to be, without its pages.
pub struct Found {
    pub tenant: TenantId,
    pub room: RoomId,
    pub id: String,
    pub began_at: i64,
    pub version: i64,
    pub origin: String,
    pub parameters: String,
}
row!(Found {
    tenant,
    room,
    id,
    began_at,
    version,
    origin,
    parameters
});

impl Found {
    pub fn begun(tenant: TenantId, room: RoomId, header: &Header) -> Found {
        Found {
            tenant,
            room,
            id: header.id.to_string(),
            began_at: header.began_at,
            version: header.version,
            origin: header.origin.clone(),
            parameters: header.parameters.clone(),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT tenant, room, id, began_at, version, origin, parameters FROM journals WHERE set_aside_at IS NULL ",
            $rest
        )
    };
}

/// Those of meetings that had not ended when the program did.
pub async fn all(db: &Db) -> sqlx::Result<Vec<Found>> {
    const SQL: &str = select!("ORDER BY began_at");
    on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)
}

pub async fn of_room(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<Found>> {
    const SQL: &str = select!("AND tenant = $1 AND room = $2 ORDER BY began_at DESC LIMIT 1");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).fetch_optional(pool).await)
}

pub async fn with_id(db: &Db, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Found>> {
    const SQL: &str = select!("AND tenant = $1 AND id = $2");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id.to_string()).fetch_optional(pool).await)
}

/// Number and lines of some of its pages, from this one on.
pub async fn pages(db: &Db, tenant: TenantId, journal: &str, from: i64) -> sqlx::Result<Vec<(i64, String)>> {
    const SQL: &str = "SELECT number, lines FROM journal_pages WHERE tenant = $1 AND journal = $2 AND number >= $3 \
        ORDER BY number LIMIT 16";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(journal).bind(from).fetch_all(pool).await)
}

/// It is not played again, and kept to be looked at.
pub async fn set_aside(db: &Db, tenant: TenantId, journal: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE journals SET set_aside_at = $3 WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(journal).bind(millis(clock::now())).execute(pool).await.map(drop))
}
