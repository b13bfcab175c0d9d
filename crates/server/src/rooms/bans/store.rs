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

/// A connection of either database that bans are kept through, in the middle of a transaction. Banning twice is banning once.
pub trait Bans: Send {
    fn ban(&mut self, tenant: TenantId, room: RoomId, who: UserId) -> impl Future<Output = sqlx::Result<()>> + Send;
    fn unban(&mut self, tenant: TenantId, room: RoomId, who: UserId) -> impl Future<Output = sqlx::Result<()>> + Send;
}

const ADD: &str = "INSERT INTO room_bans (tenant, room, banned, created_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (tenant, room, banned) DO NOTHING";
const REMOVE: &str = "DELETE FROM room_bans WHERE tenant = $1 AND room = $2 AND banned = $3";

macro_rules! bans {
    ($connection:ty) => {
        impl Bans for $connection {
            async fn ban(&mut self, tenant: TenantId, room: RoomId, who: UserId) -> sqlx::Result<()> {
                let now = millis(clock::now());
                let query = sqlx::query(ADD).bind(tenant).bind(room).bind(who).bind(now);
                query.execute(&mut *self).await.map(drop)
            }

            async fn unban(&mut self, tenant: TenantId, room: RoomId, who: UserId) -> sqlx::Result<()> {
                let query = sqlx::query(REMOVE).bind(tenant).bind(room).bind(who);
                query.execute(&mut *self).await.map(drop)
            }
        }
    };
}
bans!(sqlx::SqliteConnection);
bans!(sqlx::PgConnection);
