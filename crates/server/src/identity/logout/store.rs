// SPDX-License-Identifier: EUPL-1.2
//! SQL of logins that foreign providers have ended. Of no tenant: a session id does not tell whose it is.

use crate::db::{Db, on};

pub async fn add(db: &Db, login: &str, ended_at: i64) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO ended_logins (login_hash, ended_at) VALUES ($1, $2) ON CONFLICT (login_hash) \
        DO UPDATE SET ended_at = excluded.ended_at WHERE ended_logins.ended_at < excluded.ended_at";
    on!(db, pool => sqlx::query(SQL).bind(login).bind(ended_at).execute(pool).await.map(drop))
}

/// A session is over for good; of a person, what was issued before.
pub async fn find(db: &Db, person: &str, session: &str, issued: i64) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT 1 FROM ended_logins WHERE login_hash = $2 OR (login_hash = $1 AND ended_at >= $3)";
    let found: Option<(i32,)> = on!(db, pool => sqlx::query_as(SQL).bind(person).bind(session).bind(issued)
        .fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Forgets logins that ended before this second: their access tokens have run out.
pub async fn tidy(db: &Db, before: i64) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM ended_logins WHERE ended_at < $1";
    on!(db, pool => sqlx::query(SQL).bind(before).execute(pool).await.map(drop))
}
