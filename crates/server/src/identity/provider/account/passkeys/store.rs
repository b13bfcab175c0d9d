// SPDX-License-Identifier: EUPL-1.2
//! SQL of passkeys. Whose key a login used, its credential id says, across tenants; every other statement names the account
//! beside the tenant.

use crate::change::{Change, within};
use crate::db::{Db, on, row};
use crate::ids::TenantId;

/// A passkey as its owner sees it.
pub struct Listed {
    pub id: String,
    pub name: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
}
row!(Listed {
    id,
    name,
    created_at,
    used_at
});

/// A passkey as a login needs it.
pub struct Known {
    pub tenant: TenantId,
    pub id: String,
    pub account: String,
    /// JSON of the library: public key, counter, flags.
    pub credential: String,
}
row!(Known {
    tenant,
    id,
    account,
    credential
});

pub struct NewPasskey<'a> {
    pub id: &'a str,
    pub account: &'a str,
    pub credential_id: &'a str,
    pub name: &'a str,
    pub credential: &'a str,
    pub created_at: i64,
}

pub async fn list(db: &Db, tenant: TenantId, account: &str) -> sqlx::Result<Vec<Listed>> {
    const SQL: &str = "SELECT id, name, created_at, used_at FROM passkeys WHERE tenant = $1 AND account = $2 \
        ORDER BY created_at, id";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).fetch_all(pool).await)
}

/// The credential ids of an account.
pub async fn credential_ids(db: &Db, tenant: TenantId, account: &str) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "SELECT credential_id FROM passkeys WHERE tenant = $1 AND account = $2";
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// `false`: the credential is known already, of whomever.
pub async fn add(change: &mut Change, new: &NewPasskey<'_>) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO passkeys (tenant, id, account, credential_id, name, credential, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(new.id).bind(new.account).bind(new.credential_id).bind(new.name)
        .bind(new.credential).bind(new.created_at).execute(connection).await.map(|done| done.rows_affected() == 1))
}

pub async fn by_credential(db: &Db, credential_id: &str) -> sqlx::Result<Option<Known>> {
    const SQL: &str = "SELECT tenant, id, account, credential FROM passkeys WHERE credential_id = $1";
    on!(db, pool => sqlx::query_as(SQL).bind(credential_id).fetch_optional(pool).await)
}

pub async fn used(db: &Db, tenant: TenantId, id: &str, credential: &str, now: i64) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE passkeys SET credential = $3, used_at = $4 WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(credential).bind(now).execute(pool).await.map(drop))
}

/// `false`: the account has no such passkey.
pub async fn remove(change: &mut Change, account: &str, id: &str) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM passkeys WHERE tenant = $1 AND account = $2 AND id = $3";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(account).bind(id).execute(connection).await
        .map(|done| done.rows_affected() == 1))
}

/// Removes every passkey of an account. How many.
pub async fn remove_all(change: &mut Change, account: &str) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM passkeys WHERE tenant = $1 AND account = $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(account).execute(connection).await
        .map(|done| done.rows_affected()))
}

/// Marks a ceremony as used; those that have run out go. `false`: it was used before.
pub async fn use_ceremony(db: &Db, hash: &str, expires_at: i64, now: i64) -> sqlx::Result<bool> {
    const OLD: &str = "DELETE FROM used_ceremonies WHERE expires_at < $1";
    const SQL: &str = "INSERT INTO used_ceremonies (ceremony_hash, expires_at) VALUES ($1, $2) \
        ON CONFLICT (ceremony_hash) DO NOTHING";
    on!(db, pool => {
        sqlx::query(OLD).bind(now).execute(pool).await?;
        sqlx::query(SQL).bind(hash).bind(expires_at).execute(pool).await.map(|done| done.rows_affected() == 1)
    })
}
