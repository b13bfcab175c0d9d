// SPDX-License-Identifier: EUPL-1.2
//! SQL of the built-in provider: signing keys, login sessions, grants. Not of people: those are in `users::store`.
//! Secrets come in hashed. What a browser brings (address, cookie, code, grant) is unique across tenants and leads to its
//! tenant; every other query names the tenant.

use crate::change::{Change, within};
use crate::clock;
use crate::db::{Db, millis, on, row};
use crate::ids::{TenantId, UserId};

use super::LoginRequest;

/// A browser that has logged in.
pub struct Session {
    pub tenant: TenantId,
    pub secret_hash: String,
    pub account: String,
    pub authenticated_at: i64,
}
row!(Session {
    tenant,
    secret_hash,
    account,
    authenticated_at
});

/// One authorization with its family of refresh tokens.
pub struct Grant {
    pub tenant: TenantId,
    pub id: String,
    pub account: String,
    pub redirect_uri: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub code_challenge: String,
    pub code_expires_at: i64,
    pub previous_token: Option<String>,
    pub rotated_at: Option<i64>,
    pub authenticated_at: i64,
    pub expires_at: i64,
    pub revoked: bool,
}
row!(Grant {
    tenant,
    id,
    account,
    redirect_uri,
    scope,
    nonce,
    code_challenge,
    code_expires_at,
    previous_token,
    rotated_at,
    authenticated_at,
    expires_at,
    revoked
});

pub struct NewGrant<'a> {
    pub id: String,
    pub session: &'a Session,
    pub request: &'a LoginRequest,
    pub code_hash: String,
    pub code_expires_at: i64,
    pub expires_at: i64,
}

pub async fn signing_key(db: &Db, tenant: TenantId) -> sqlx::Result<Option<(String, String)>> {
    const SQL: &str = "SELECT kid, private_key FROM signing_keys WHERE tenant = $1 ORDER BY created_at, kid LIMIT 1";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)
}

pub async fn add_signing_key(db: &Db, tenant: TenantId, kid: &str, key: &str) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO signing_keys (tenant, kid, private_key, created_at) VALUES ($1, $2, $3, $4)";
    let now = millis(clock::now());
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(kid).bind(key).bind(now).execute(pool).await.map(drop))
}

/// Tenant, id and password hash of a local account; an e-mail address belongs to one tenant.
pub async fn account(db: &Db, email: &str) -> sqlx::Result<Option<(TenantId, String, String)>> {
    const SQL: &str = "SELECT tenant, id, password_hash FROM accounts WHERE email = $1";
    on!(db, pool => sqlx::query_as(SQL).bind(email).fetch_optional(pool).await)
}

pub async fn subject(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<String> {
    const SQL: &str = "SELECT subject FROM users WHERE tenant = $1 AND id = $2";
    let (subject,): (String,) = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_one(pool).await)?;
    Ok(subject)
}

pub async fn add_session(change: &mut Change, session: &Session, expires_at: i64) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO login_sessions (tenant, secret_hash, account, authenticated_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5)";
    within!(change, connection => sqlx::query(SQL).bind(session.tenant).bind(&session.secret_hash).bind(&session.account)
        .bind(session.authenticated_at).bind(expires_at).execute(connection).await.map(drop))
}

pub async fn session(db: &Db, secret_hash: &str, now: i64) -> sqlx::Result<Option<Session>> {
    const SQL: &str = "SELECT tenant, secret_hash, account, authenticated_at FROM login_sessions \
        WHERE secret_hash = $1 AND expires_at > $2";
    on!(db, pool => sqlx::query_as(SQL).bind(secret_hash).bind(now).fetch_optional(pool).await)
}

/// Ends a login and everything granted from it.
pub async fn end_session(db: &Db, secret_hash: &str) -> sqlx::Result<()> {
    const SESSION: &str = "DELETE FROM login_sessions WHERE secret_hash = $1";
    const GRANTS: &str = "UPDATE grants SET revoked = TRUE WHERE session_hash = $1";
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(SESSION).bind(secret_hash).execute(&mut *transaction).await?;
        sqlx::query(GRANTS).bind(secret_hash).execute(&mut *transaction).await?;
        transaction.commit().await
    })
}

pub async fn add_grant(change: &mut Change, grant: &NewGrant<'_>) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO grants (tenant, id, account, session_hash, client_id, redirect_uri, scope, nonce, \
        code_hash, code_challenge, code_expires_at, code_used, authenticated_at, expires_at, revoked) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, $12, $13, FALSE)";
    within!(change, connection => sqlx::query(SQL).bind(grant.session.tenant).bind(&grant.id).bind(&grant.session.account).bind(&grant.session.secret_hash)
        .bind(&grant.request.client_id).bind(&grant.request.redirect_uri).bind(&grant.request.scope)
        .bind(&grant.request.nonce).bind(&grant.code_hash).bind(&grant.request.code_challenge)
        .bind(grant.code_expires_at).bind(grant.session.authenticated_at).bind(grant.expires_at)
        .execute(connection).await.map(drop))
}

macro_rules! select_grant {
    ($rest:literal) => {
        concat!(
            "SELECT tenant, id, account, redirect_uri, scope, nonce, code_challenge, code_expires_at, previous_token, ",
            "rotated_at, authenticated_at, expires_at, revoked FROM grants WHERE ",
            $rest
        )
    };
}

pub async fn grant(db: &Db, id: &str) -> sqlx::Result<Option<Grant>> {
    const SQL: &str = select_grant!("id = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)
}

pub async fn grant_by_code(db: &Db, code_hash: &str) -> sqlx::Result<Option<Grant>> {
    const SQL: &str = select_grant!("code_hash = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(code_hash).fetch_optional(pool).await)
}

/// Takes a code. `false`: it was taken before.
pub async fn use_code(db: &Db, tenant: TenantId, id: &str, token: &str, now: i64) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE grants SET code_used = TRUE, current_token = $3, rotated_at = $4 \
        WHERE tenant = $1 AND id = $2 AND NOT code_used";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(token).bind(now).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

/// Puts the next refresh token in place of the current one. `false`: that is not the current one.
pub async fn rotate(db: &Db, tenant: TenantId, id: &str, current: &str, next: &str, now: i64) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE grants SET previous_token = current_token, current_token = $4, rotated_at = $5 \
        WHERE tenant = $1 AND id = $2 AND current_token = $3 AND NOT revoked";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(current).bind(next).bind(now).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

pub async fn revoke(db: &Db, tenant: TenantId, id: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE grants SET revoked = TRUE WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).execute(pool).await.map(drop))
}

/// Whether a login still counts.
pub async fn is_open(db: &Db, tenant: TenantId, id: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT 1 FROM grants WHERE tenant = $1 AND id = $2 AND NOT revoked";
    let found: Option<(i32,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Removes what has run out, of all tenants.
pub async fn tidy(db: &Db, now: i64) -> sqlx::Result<()> {
    const SESSIONS: &str = "DELETE FROM login_sessions WHERE expires_at < $1";
    const GRANTS: &str = "DELETE FROM grants WHERE expires_at < $1";
    on!(db, pool => {
        sqlx::query(SESSIONS).bind(now).execute(pool).await?;
        sqlx::query(GRANTS).bind(now).execute(pool).await.map(drop)
    })
}
