// SPDX-License-Identifier: EUPL-1.2
//! SQL of pictures of people. Who knows the id of a picture may see it; every other statement names its owner.

use uuid::Uuid;

use crate::db::{Db, on};
use crate::ids::{TenantId, UserId};

/// Puts a picture in place of the one before.
pub async fn set(
    db: &Db,
    tenant: TenantId,
    owner: UserId,
    id: Uuid,
    kind: &str,
    content: &str,
    now: i64,
) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO avatars (tenant, owner, id, kind, content, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (tenant, owner) DO UPDATE SET id = excluded.id, kind = excluded.kind, content = excluded.content, \
        created_at = excluded.created_at";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(owner).bind(id.to_string()).bind(kind).bind(content).bind(now)
        .execute(pool).await.map(drop))
}

/// Its media type and its content in base 64.
pub async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<(String, String)>> {
    const SQL: &str = "SELECT kind, content FROM avatars WHERE id = $1";
    on!(db, pool => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(pool).await)
}

pub async fn remove(db: &Db, tenant: TenantId, owner: UserId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM avatars WHERE tenant = $1 AND owner = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(owner).execute(pool).await.map(drop))
}
