// SPDX-License-Identifier: EUPL-1.2
//! SQL of streaming targets.

use sqlx::AssertSqlSafe;

use super::wire::StreamingTarget;
use crate::change::{Change, Fields, within};
use crate::clock;
use crate::db::{Db, millis, on, padded, places, row};
use crate::ids::{RoomId, StreamingTargetId, TenantId};

/// No `Debug`: it holds a key.
#[derive(Clone)]
pub struct Target {
    pub id: StreamingTargetId,
    pub room: RoomId,
    pub name: String,
    pub streaming_endpoint: String,
    pub streaming_key: String,
    pub public_url: String,
}
row!(Target {
    id,
    room,
    name,
    streaming_endpoint,
    streaming_key,
    public_url
});

const COLUMNS: &str = "id, room, name, streaming_endpoint, streaming_key, public_url";
const INSERT: &str = "INSERT INTO streaming_targets (tenant, id, room, name, streaming_endpoint, streaming_key, \
    public_url, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The targets of some rooms, oldest first.
pub async fn of_rooms(db: &Db, tenant: TenantId, rooms: &[RoomId]) -> sqlx::Result<Vec<Target>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let rooms = padded(rooms);
    let list = places(2, rooms.len());
    let sql = format!(
        "SELECT {COLUMNS} FROM streaming_targets WHERE tenant = $1 AND room IN ({list}) ORDER BY created_at, id"
    );
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
        for room in rooms {
            query = query.bind(room);
        }
        query.fetch_all(pool).await
    })
}

pub async fn add(db: &Db, tenant: TenantId, room: RoomId, target: &StreamingTarget) -> sqlx::Result<StreamingTargetId> {
    let id = StreamingTargetId(clock::id());
    on!(db, pool => sqlx::query(INSERT).bind(tenant).bind(id).bind(room).bind(target.name.trim())
        .bind(&target.streaming_endpoint).bind(&target.streaming_key).bind(&target.public_url)
        .bind(millis(clock::now())).execute(pool).await.map(|_| id))
}

/// Replaces all targets of a room.
pub async fn replace(change: &mut Change, room: RoomId, targets: &[StreamingTarget]) -> sqlx::Result<()> {
    const DELETE: &str = "DELETE FROM streaming_targets WHERE tenant = $1 AND room = $2";
    let tenant = change.tenant;
    let now = millis(clock::now());
    within!(change, connection => {
        sqlx::query(DELETE).bind(tenant).bind(room).execute(&mut *connection).await?;
        for target in targets {
            sqlx::query(INSERT).bind(tenant).bind(StreamingTargetId(clock::id())).bind(room).bind(target.name.trim())
                .bind(&target.streaming_endpoint).bind(&target.streaming_key).bind(&target.public_url).bind(now)
                .execute(&mut *connection).await?;
        }
        Ok(())
    })
}

/// Writes the given columns.
pub async fn change(change: &mut Change, room: RoomId, id: StreamingTargetId, fields: &Fields) -> sqlx::Result<()> {
    let ids = [
        ("tenant", change.tenant.to_string()),
        ("room", room.to_string()),
        ("id", id.to_string()),
    ];
    fields.write(change, "streaming_targets", &ids).await
}

/// `false`: there is none.
pub async fn delete(db: &Db, tenant: TenantId, room: RoomId, id: StreamingTargetId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM streaming_targets WHERE tenant = $1 AND room = $2 AND id = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).bind(id)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}
