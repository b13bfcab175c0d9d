// SPDX-License-Identifier: EUPL-1.2
//! SQL of one's own logins and password. Not of logging in: that is in `provider::store`. Every statement names the
//! account beside the tenant: nobody ends the login of another.

use crate::change::{Change, within};
use crate::db::{Db, on, row};
use crate::ids::TenantId;

/// A grant that can still be renewed.
pub struct Login {
    pub id: String,
    pub browser: Option<String>,
    pub authenticated_at: i64,
    pub used_at: i64,
}
row!(Login {
    id,
    browser,
    authenticated_at,
    used_at
});

const SESSION: &str = "DELETE FROM login_sessions WHERE tenant = $1 AND account = $2 AND secret_hash = \
    (SELECT session_hash FROM grants WHERE tenant = $1 AND account = $2 AND id = $3)";
const OTHER_SESSIONS: &str = "DELETE FROM login_sessions WHERE tenant = $1 AND account = $2 AND secret_hash NOT IN \
    (SELECT session_hash FROM grants WHERE tenant = $1 AND account = $2 AND id = $3)";
const OTHER_GRANTS: &str = "UPDATE grants SET revoked = TRUE WHERE tenant = $1 AND account = $2 AND id <> $3";

pub async fn logins(db: &Db, tenant: TenantId, account: &str, now: i64) -> sqlx::Result<Vec<Login>> {
    const SQL: &str = "SELECT id, browser, authenticated_at, COALESCE(rotated_at, authenticated_at) AS used_at \
        FROM grants WHERE tenant = $1 AND account = $2 AND code_used AND NOT revoked AND expires_at > $3 \
        ORDER BY COALESCE(rotated_at, authenticated_at) DESC, id";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).bind(now).fetch_all(pool).await)
}

pub async fn name_browser(db: &Db, tenant: TenantId, grant: &str, browser: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE grants SET browser = $3 WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(grant).bind(browser).execute(pool).await.map(drop))
}

/// Ends a login with the cookie it came from. `false`: the account has no such login.
pub async fn end(change: &mut Change, account: &str, id: &str) -> sqlx::Result<bool> {
    const GRANTS: &str = "UPDATE grants SET revoked = TRUE WHERE tenant = $1 AND account = $2 AND NOT revoked \
        AND session_hash = (SELECT session_hash FROM grants WHERE tenant = $1 AND account = $2 AND id = $3)";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(SESSION).bind(tenant).bind(account).bind(id).execute(&mut *connection).await?;
        let ended = sqlx::query(GRANTS).bind(tenant).bind(account).bind(id)
            .execute(&mut *connection).await?.rows_affected();
        Ok(ended > 0)
    })
}

pub async fn end_others(change: &mut Change, account: &str, kept: &str) -> sqlx::Result<()> {
    let tenant = change.tenant;
    within!(change, connection => {
        for sql in [OTHER_SESSIONS, OTHER_GRANTS] {
            sqlx::query(sql).bind(tenant).bind(account).bind(kept).execute(&mut *connection).await?;
        }
        Ok(())
    })
}

pub async fn password_hash(db: &Db, tenant: TenantId, account: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str = "SELECT password_hash FROM accounts WHERE tenant = $1 AND id = $2";
    let row: Option<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).fetch_optional(pool).await)?;
    Ok(row.map(|(hash,)| hash))
}

/// The new hash in place of the one that was checked, and every login but `kept` ended, all or nothing. `false`: the
/// password has been changed meanwhile.
pub async fn change_password(
    change: &mut Change,
    account: &str,
    last: &str,
    next: &str,
    kept: &str,
) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE accounts SET password_hash = $4 WHERE tenant = $1 AND id = $2 AND password_hash = $3";
    let tenant = change.tenant;
    within!(change, connection => {
        let changed = sqlx::query(SQL).bind(tenant).bind(account).bind(last).bind(next)
            .execute(&mut *connection).await?.rows_affected() == 1;
        if changed {
            for sql in [OTHER_SESSIONS, OTHER_GRANTS] {
                sqlx::query(sql).bind(tenant).bind(account).bind(kept).execute(&mut *connection).await?;
            }
        }
        Ok(changed)
    })
}

/// Adds a one-time address; those of all accounts that have run out go.
pub async fn add_link(
    change: &mut Change,
    secret_hash: &str,
    account: &str,
    expires_at: i64,
    now: i64,
) -> sqlx::Result<()> {
    const OLD: &str = "DELETE FROM account_links WHERE expires_at < $1";
    const SQL: &str = "INSERT INTO account_links (tenant, secret_hash, account, expires_at) VALUES ($1, $2, $3, $4)";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(OLD).bind(now).execute(&mut *connection).await?;
        sqlx::query(SQL).bind(tenant).bind(secret_hash).bind(account).bind(expires_at).execute(connection).await.map(drop)
    })
}

/// Ends every address to set a password that was made for an account.
pub async fn end_links(change: &mut Change, account: &str) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM account_links WHERE tenant = $1 AND account = $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(account).execute(connection).await.map(drop))
}

/// Whose account a one-time address opens now.
pub async fn link(db: &Db, secret_hash: &str, now: i64) -> sqlx::Result<Option<(TenantId, String)>> {
    const SQL: &str = "SELECT tenant, account FROM account_links WHERE secret_hash = $1 AND expires_at > $2";
    on!(db, pool => sqlx::query_as(SQL).bind(secret_hash).bind(now).fetch_optional(pool).await)
}

/// Uses a one-time address: the password is set, every other address and login of the account ends, all or nothing.
/// `false`: the address was used meanwhile.
pub async fn set_password(change: &mut Change, account: &str, secret_hash: &str, next: &str) -> sqlx::Result<bool> {
    const USE: &str = "DELETE FROM account_links WHERE tenant = $1 AND account = $2 AND secret_hash = $3";
    const LINKS: &str = "DELETE FROM account_links WHERE tenant = $1 AND account = $2";
    const SQL: &str = "UPDATE accounts SET password_hash = $3 WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => {
        let used = sqlx::query(USE).bind(tenant).bind(account).bind(secret_hash)
            .execute(&mut *connection).await?.rows_affected() == 1;
        if used {
            sqlx::query(LINKS).bind(tenant).bind(account).execute(&mut *connection).await?;
            sqlx::query(SQL).bind(tenant).bind(account).bind(next).execute(&mut *connection).await?;
            for sql in [OTHER_SESSIONS, OTHER_GRANTS] {
                sqlx::query(sql).bind(tenant).bind(account).bind("").execute(&mut *connection).await?;
            }
        }
        Ok(used)
    })
}
