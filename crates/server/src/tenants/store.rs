// SPDX-License-Identifier: EUPL-1.2
//! SQL of tenants. Not for anything else.

use crate::db::{Db, on};
use crate::ids::TenantId;

pub async fn organisation_name(db: &Db, tenant: TenantId) -> sqlx::Result<Option<String>> {
    const SQL: &str = "SELECT organisation_name FROM tenants WHERE id = $1";
    let row: Option<(Option<String>,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)?;
    Ok(row.and_then(|(name,)| name))
}

pub async fn set_organisation_name(db: &Db, tenant: TenantId, name: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE tenants SET organisation_name = $2 WHERE id = $1";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(name).execute(pool).await.map(drop))
}
