// SPDX-License-Identifier: EUPL-1.2
//! SQL of bans. Not for anything else.

use crate::clock;
use crate::db::{Db, millis, on, row};
use crate::ids::{RoomId, TenantId, UserId};

pub struct Banned {
    pub banned: UserId,
    pub display_name: String,
    pub avatar: Option<String>,
}
row!(Banned {
    banned,
    display_name,
    avatar
});

/// Who is banned from a room, as moderators see them.
pub async fn list(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Vec<Banned>> {
    const SQL: &str = "SELECT b.banned, u.display_name, \
        (SELECT a.id FROM avatars a WHERE a.tenant = u.tenant AND a.owner = u.id) AS avatar FROM room_bans b \
        JOIN users u ON u.tenant = b.tenant AND u.id = b.banned WHERE b.tenant = $1 AND b.room = $2";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).fetch_all(pool).await)
}

/// Banning twice is banning once.
pub async fn add(db: &Db, tenant: TenantId, room: RoomId, banned: UserId) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO room_bans (tenant, room, banned, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant, room, banned) DO NOTHING";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).bind(banned).bind(millis(clock::now()))
        .execute(pool).await.map(drop))
}

pub async fn remove(db: &Db, tenant: TenantId, room: RoomId, banned: UserId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM room_bans WHERE tenant = $1 AND room = $2 AND banned = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).bind(banned).execute(pool).await.map(drop))
}
