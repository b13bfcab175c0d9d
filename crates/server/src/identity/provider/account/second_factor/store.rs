// SPDX-License-Identifier: EUPL-1.2
//! SQL of second factors. Every statement names the account beside the tenant.

use crate::change::{Change, within};
use crate::db::{Db, on, row};
use crate::ids::TenantId;

const NO_CODES: &str = "DELETE FROM recovery_codes WHERE tenant = $1 AND account = $2";
const CODE: &str = "INSERT INTO recovery_codes (tenant, account, code_hash) VALUES ($1, $2, $3)";

/// No `Debug`: a secret.
pub struct Factor {
    /// Base 32, as apps take it.
    pub secret: String,
    /// Whether its owner has shown that their app knows it. Before, it is not asked for.
    pub confirmed: bool,
    /// The last step of time whose code was used: none is taken twice.
    pub last_step: i64,
    pub created_at: i64,
}
row!(Factor {
    secret,
    confirmed,
    last_step,
    created_at
});

pub async fn find(db: &Db, tenant: TenantId, account: &str) -> sqlx::Result<Option<Factor>> {
    const SQL: &str = "SELECT secret, confirmed, last_step, created_at FROM second_factors \
        WHERE tenant = $1 AND account = $2";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).fetch_optional(pool).await)
}

/// Puts a new secret in place of one that was never confirmed. `false`: there is one in use.
pub async fn propose(db: &Db, tenant: TenantId, account: &str, secret: &str, now: i64) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO second_factors (tenant, account, secret, confirmed, last_step, created_at) \
        VALUES ($1, $2, $3, FALSE, 0, $4) ON CONFLICT (tenant, account) \
        DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at WHERE NOT second_factors.confirmed";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(account).bind(secret).bind(now).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

/// Takes the secret into use with its recovery codes, all or nothing. `false`: it is in use, or another one by now.
pub async fn confirm(
    change: &mut Change,
    account: &str,
    secret: &str,
    step: i64,
    codes: &[String],
) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE second_factors SET confirmed = TRUE, last_step = $4 \
        WHERE tenant = $1 AND account = $2 AND secret = $3 AND NOT confirmed";
    let tenant = change.tenant;
    within!(change, connection => {
        let taken = sqlx::query(SQL).bind(tenant).bind(account).bind(secret).bind(step)
            .execute(&mut *connection).await?.rows_affected() == 1;
        if taken {
            sqlx::query(NO_CODES).bind(tenant).bind(account).execute(&mut *connection).await?;
            for code in codes {
                sqlx::query(CODE).bind(tenant).bind(account).bind(code).execute(&mut *connection).await?;
            }
        }
        Ok(taken)
    })
}

/// New recovery codes in place of all others. `false`: there is no second factor in use.
pub async fn renew_codes(change: &mut Change, account: &str, codes: &[String]) -> sqlx::Result<bool> {
    let tenant = change.tenant;
    // Takes the row, so that it stays while its codes change.
    const SQL: &str = "UPDATE second_factors SET confirmed = TRUE WHERE tenant = $1 AND account = $2 AND confirmed";
    within!(change, connection => {
        let found = sqlx::query(SQL).bind(tenant).bind(account).execute(&mut *connection).await?.rows_affected() == 1;
        if found {
            sqlx::query(NO_CODES).bind(tenant).bind(account).execute(&mut *connection).await?;
            for code in codes {
                sqlx::query(CODE).bind(tenant).bind(account).bind(code).execute(&mut *connection).await?;
            }
        }
        Ok(found)
    })
}

/// Uses the code of a step of time. `false`: it or a later one was used.
pub async fn use_step(db: &Db, tenant: TenantId, account: &str, step: i64) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE second_factors SET last_step = $3 \
        WHERE tenant = $1 AND account = $2 AND confirmed AND last_step < $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(account).bind(step).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

/// Uses a recovery code. `false`: there is none like it.
pub async fn use_code(db: &Db, tenant: TenantId, account: &str, code_hash: &str) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM recovery_codes WHERE tenant = $1 AND account = $2 AND code_hash = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(account).bind(code_hash).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}

pub async fn codes_left(db: &Db, tenant: TenantId, account: &str) -> sqlx::Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM recovery_codes WHERE tenant = $1 AND account = $2";
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(account).fetch_one(pool).await)?;
    Ok(count)
}

/// Removes also what was only proposed. `false`: none was in use.
pub async fn remove(change: &mut Change, account: &str) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM second_factors WHERE tenant = $1 AND account = $2 AND confirmed";
    const PROPOSED: &str = "DELETE FROM second_factors WHERE tenant = $1 AND account = $2";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(NO_CODES).bind(tenant).bind(account).execute(&mut *connection).await?;
        let removed = sqlx::query(SQL).bind(tenant).bind(account).execute(&mut *connection).await?.rows_affected();
        sqlx::query(PROPOSED).bind(tenant).bind(account).execute(&mut *connection).await?;
        Ok(removed > 0)
    })
}
