// SPDX-License-Identifier: EUPL-1.2
//! SQL of what is over. What hangs on a room goes with it.

use crate::change::{Change, within};
use crate::db::{Db, on};
use crate::ids::{RoomId, TenantId};

pub async fn adhoc_rooms(db: &Db, tenant: TenantId, before: i64) -> sqlx::Result<Vec<RoomId>> {
    const SQL: &str = "SELECT room FROM events WHERE tenant = $1 AND is_adhoc AND updated_at < $2";
    let rooms: Vec<(RoomId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(before).fetch_all(pool).await)?;
    Ok(rooms.into_iter().map(|(room,)| room).collect())
}

/// Deletes the room of a meeting without a plan, unless it was changed meanwhile.
pub async fn delete_room(change: &mut Change, room: RoomId, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM rooms WHERE tenant = $1 AND id = $2 AND EXISTS (SELECT 1 FROM events e \
        WHERE e.tenant = $1 AND e.room = $2 AND e.is_adhoc AND e.updated_at < $3)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(room).bind(before).execute(connection).await
        .map(|done| done.rows_affected()))
}

/// Rooms of planned meetings whose last date is over.
pub async fn past_rooms(db: &Db, tenant: TenantId, before: i64) -> sqlx::Result<Vec<RoomId>> {
    const SQL: &str = "SELECT room FROM events WHERE tenant = $1 AND NOT is_adhoc AND starts_at IS NOT NULL \
        AND spans_to < $2";
    let rooms: Vec<(RoomId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(before).fetch_all(pool).await)?;
    Ok(rooms.into_iter().map(|(room,)| room).collect())
}

/// Deletes one of them, unless it was planned anew meanwhile.
pub async fn delete_past_room(change: &mut Change, room: RoomId, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM rooms WHERE tenant = $1 AND id = $2 AND EXISTS (SELECT 1 FROM events e \
        WHERE e.tenant = $1 AND e.room = $2 AND NOT e.is_adhoc AND e.starts_at IS NOT NULL AND e.spans_to < $3)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(room).bind(before).execute(connection).await
        .map(|done| done.rows_affected()))
}

pub async fn delete_guest_links(change: &mut Change, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM invites WHERE tenant = $1 AND expires_at < $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(before).execute(connection).await
        .map(|done| done.rows_affected()))
}

/// Deletes journals of meetings that were set aside before a time.
pub async fn delete_journals(db: &Db, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM journals WHERE set_aside_at < $1";
    on!(db, pool => sqlx::query(SQL).bind(before).execute(pool).await.map(|done| done.rows_affected()))
}
