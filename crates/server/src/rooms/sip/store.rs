// SPDX-License-Identifier: EUPL-1.2
//! SQL of dialling in.

use sqlx::AssertSqlSafe;

use super::{Digits, SipConfig};
use crate::change::{Change, within};
use crate::db::{Db, on, padded, places};
use crate::ids::{RoomId, TenantId};

/// Those of some rooms.
pub async fn of_rooms(db: &Db, tenant: TenantId, rooms: &[RoomId]) -> sqlx::Result<Vec<SipConfig>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let rooms = padded(rooms);
    let list = places(2, rooms.len());
    let sql = format!("SELECT room, sip_id, password, lobby FROM sip_configs WHERE tenant = $1 AND room IN ({list})");
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
        for room in rooms {
            query = query.bind(room);
        }
        query.fetch_all(pool).await
    })
}

/// The room of any tenant that a caller's number leads to.
pub async fn by_sip_id(db: &Db, sip_id: &str) -> sqlx::Result<Option<(TenantId, SipConfig)>> {
    const TENANT: &str = "SELECT tenant FROM sip_configs WHERE sip_id = $1";
    const SQL: &str = "SELECT room, sip_id, password, lobby FROM sip_configs WHERE tenant = $1 AND sip_id = $2";
    let tenant: Option<(TenantId,)> = on!(db, pool => sqlx::query_as(TENANT).bind(sip_id).fetch_optional(pool).await)?;
    let Some((tenant,)) = tenant else { return Ok(None) };
    let config: Option<SipConfig> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(sip_id).fetch_optional(pool).await)?;
    Ok(config.map(|config| (tenant, config)))
}

/// `false`: the room has one already.
pub async fn add(change: &mut Change, config: &SipConfig) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO sip_configs (tenant, room, sip_id, password, lobby) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (tenant, room) DO NOTHING";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(config.room).bind(&config.sip_id.0).bind(&config.password.0)
        .bind(config.lobby).execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// What is `None` stays. `false`: there is none to change.
pub async fn change(
    db: &Db,
    tenant: TenantId,
    room: RoomId,
    password: Option<&Digits>,
    lobby: Option<bool>,
) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE sip_configs SET password = COALESCE($3, password), lobby = COALESCE($4, lobby) \
        WHERE tenant = $1 AND room = $2";
    let password = password.map(|digits| digits.0.as_str());
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).bind(password).bind(lobby)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// `false`: there was none.
pub async fn delete(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM sip_configs WHERE tenant = $1 AND room = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(room).execute(pool).await
        .map(|done| done.rows_affected() == 1))
}
