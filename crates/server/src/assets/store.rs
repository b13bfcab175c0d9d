// SPDX-License-Identifier: EUPL-1.2
//! SQL of files. Their contents are elsewhere: `files`.

use crate::change::{Change, within};
use crate::db::{Db, on, row};
use crate::ids::{AssetId, EventId, RoomId, TenantId, UserId};

/// A file as stored. No `Debug`: its name may tell what a meeting was about.
#[derive(Clone)]
pub struct Asset {
    pub id: AssetId,
    pub room: RoomId,
    pub owner: UserId,
    pub created_by: UserId,
    pub created_at: i64,
    pub namespace: Option<String>,
    pub kind: String,
    pub filename: String,
    pub size: i64,
}
row!(Asset {
    id,
    room,
    owner,
    created_by,
    created_at,
    namespace,
    kind,
    filename,
    size
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, room, owner, created_by, created_at, namespace, kind, filename, size FROM assets ",
            "WHERE tenant = $1 AND ",
            $rest
        )
    };
}

/// Bytes that count against a person's quota.
pub async fn used(db: &Db, tenant: TenantId, owner: UserId) -> sqlx::Result<u64> {
    // PostgreSQL sums BIGINT to NUMERIC.
    const SQL: &str = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM assets WHERE tenant = $1 AND owner = $2";
    let (used,): (i64,) = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(owner).fetch_one(pool).await)?;
    Ok(u64::try_from(used).unwrap_or(0))
}

/// What became of a new file.
pub enum Added {
    Yes,
    /// It does not fit into what is left of its owner's quota.
    NoSpace,
    /// Its room was deleted meanwhile.
    NoRoom,
}

/// Adds a file if its room is there and it fits into what is left of its owner's quota.
pub async fn add(change: &mut Change, asset: &Asset, quota: Option<u64>) -> sqlx::Result<Added> {
    let tenant = change.tenant;
    // So that the room stays until the file is in it: no key holds it there, because files outlive their room until
    // their contents are removed.
    const ROOM: &str = "UPDATE rooms SET created_at = created_at WHERE tenant = $1 AND id = $2";
    // Writing the owner's row makes uploads that count against one quota wait for each other, on both databases.
    const TURN: &str = "UPDATE users SET created_at = created_at WHERE tenant = $1 AND id = $2";
    const ADD: &str = "INSERT INTO assets (tenant, id, room, owner, created_by, created_at, namespace, kind, filename, \
        size) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE \
        (SELECT COALESCE(SUM(size), 0) FROM assets WHERE tenant = $1 AND owner = $4) + $10 <= $11";
    let quota = quota.map_or(i64::MAX, |quota| i64::try_from(quota).unwrap_or(i64::MAX));
    within!(change, connection => {
        let room = sqlx::query(ROOM).bind(tenant).bind(asset.room).execute(&mut *connection).await?;
        if room.rows_affected() != 1 {
            return Ok(Added::NoRoom);
        }
        sqlx::query(TURN).bind(tenant).bind(asset.owner).execute(&mut *connection).await?;
        let added = sqlx::query(ADD).bind(tenant).bind(asset.id).bind(asset.room).bind(asset.owner)
            .bind(asset.created_by).bind(asset.created_at).bind(&asset.namespace).bind(&asset.kind)
            .bind(&asset.filename).bind(asset.size).bind(quota)
            .execute(&mut *connection).await?.rows_affected() == 1;
        if !added {
            return Ok(Added::NoSpace);
        }
        Ok(Added::Yes)
    })
}

pub async fn of_room(
    db: &Db,
    tenant: TenantId,
    room: RoomId,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<Asset>, i64)> {
    const SQL: &str = select!("room = $2 ORDER BY created_at DESC, id LIMIT $3 OFFSET $4");
    const COUNT: &str = "SELECT COUNT(*) FROM assets WHERE tenant = $1 AND room = $2";
    let (total,): (i64,) = on!(db, pool => sqlx::query_as(COUNT).bind(tenant).bind(room).fetch_one(pool).await)?;
    let found = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(limit).bind(offset)
        .fetch_all(pool).await)?;
    Ok((found, total))
}

pub async fn of_owner(
    db: &Db,
    tenant: TenantId,
    owner: UserId,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<Asset>, i64)> {
    const SQL: &str = select!("owner = $2 ORDER BY created_at DESC, id LIMIT $3 OFFSET $4");
    const COUNT: &str = "SELECT COUNT(*) FROM assets WHERE tenant = $1 AND owner = $2";
    let (total,): (i64,) = on!(db, pool => sqlx::query_as(COUNT).bind(tenant).bind(owner).fetch_one(pool).await)?;
    let found = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(owner).bind(limit).bind(offset)
        .fetch_all(pool).await)?;
    Ok((found, total))
}

/// The event that a room belongs to.
pub async fn event_of(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<EventId>> {
    const SQL: &str = "SELECT id FROM events WHERE tenant = $1 AND room = $2";
    let row: Option<(EventId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).fetch_optional(pool).await)?;
    Ok(row.map(|(id,)| id))
}

pub async fn one(db: &Db, tenant: TenantId, room: RoomId, id: AssetId) -> sqlx::Result<Option<Asset>> {
    const SQL: &str = select!("id = $2 AND room = $3");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).bind(room).fetch_optional(pool).await)
}

pub async fn exists(db: &Db, tenant: TenantId, id: AssetId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT id FROM assets WHERE tenant = $1 AND id = $2";
    let row: Option<(AssetId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// `false`: there was none.
pub async fn remove(change: &mut Change, room: RoomId, id: AssetId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM assets WHERE tenant = $1 AND room = $2 AND id = $3";
    let tenant = change.tenant;
    within!(change, connection => {
        let removed = sqlx::query(SQL).bind(tenant).bind(room).bind(id).execute(connection).await?;
        Ok(removed.rows_affected() == 1)
    })
}

pub async fn of_deleted_rooms(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<(RoomId, AssetId)>> {
    const SQL: &str = "SELECT a.room, a.id FROM assets a WHERE a.tenant = $1 AND NOT EXISTS \
        (SELECT 1 FROM rooms r WHERE r.tenant = a.tenant AND r.id = a.room)";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// How many files are of rooms that are gone.
pub async fn count_of_deleted_rooms(change: &mut Change) -> sqlx::Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM assets a WHERE a.tenant = $1 AND NOT EXISTS \
        (SELECT 1 FROM rooms r WHERE r.tenant = a.tenant AND r.id = a.room)";
    let tenant = change.tenant;
    let (count,): (i64,) = within!(change, connection => sqlx::query_as(SQL).bind(tenant).fetch_one(connection).await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

pub async fn add_download(change: &mut Change, secret_hash: &str, asset: AssetId, expires_at: i64) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO asset_downloads (tenant, secret_hash, asset, expires_at) VALUES ($1, $2, $3, $4)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(secret_hash).bind(asset).bind(expires_at)
        .execute(connection).await.map(drop))
}

/// Takes a one-time address: what it leads to, and whose it is. The address itself is all that is known.
pub async fn take_download(db: &Db, secret_hash: &str, now: i64) -> sqlx::Result<Option<(TenantId, Asset)>> {
    const TAKE: &str = "DELETE FROM asset_downloads WHERE secret_hash = $1 RETURNING tenant, asset, expires_at";
    const ASSET: &str = select!("id = $2");
    // All rows, though there is one at most: SQLite tells only at the end whether the change is kept.
    let mut taken: Vec<(TenantId, AssetId, i64)> =
        on!(db, pool => sqlx::query_as(TAKE).bind(secret_hash).fetch_all(pool).await)?;
    let Some((tenant, id, _)) = taken.pop().filter(|(_, _, expires_at)| *expires_at > now) else {
        return Ok(None);
    };
    let asset: Option<Asset> = on!(db, pool => sqlx::query_as(ASSET).bind(tenant).bind(id).fetch_optional(pool).await)?;
    Ok(asset.map(|asset| (tenant, asset)))
}

pub async fn remove_expired_downloads(db: &Db, tenant: TenantId, now: i64) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM asset_downloads WHERE tenant = $1 AND expires_at <= $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(now).execute(pool).await.map(drop))
}
