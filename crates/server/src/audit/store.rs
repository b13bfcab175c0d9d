// SPDX-License-Identifier: EUPL-1.2
//! SQL of the audit log. There is no statement here that changes an entry.

use crate::db::{Db, on};
use crate::ids::TenantId;

use super::{NO_HASH, Recorded};

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
pub struct Filter {
    pub action: String,
    pub actor: String,
    pub object: String,
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
        "number < $2 AND ($3 = '' OR action = $3) AND ($4 = '' OR actor = $4) AND ($5 = '' OR object = $5) \
         AND at >= $6 AND at <= $7 ORDER BY number DESC LIMIT $8"
    );
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(number).bind(&filter.action).bind(&filter.actor)
        .bind(&filter.object).bind(filter.since).bind(filter.until).bind(limit).fetch_all(pool).await)
}

/// Number and hash of the newest entry that is older than a time.
pub async fn last_before(db: &Db, tenant: TenantId, at: i64) -> sqlx::Result<Option<(i64, String)>> {
    // Clocks step: only what has nothing younger before it counts, so that the chain keeps its order.
    const SQL: &str = "SELECT number, hash FROM audit_entries WHERE tenant = $1 AND number < COALESCE( \
        (SELECT MIN(number) FROM audit_entries WHERE tenant = $1 AND at >= $2), \
        (SELECT MAX(number) + 1 FROM audit_entries WHERE tenant = $1)) ORDER BY number DESC LIMIT 1";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(at).fetch_optional(pool).await)
}
