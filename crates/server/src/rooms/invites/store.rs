// SPDX-License-Identifier: EUPL-1.2
//! SQL of guest links.

use crate::change::{Change, Fields, within};
use crate::db::{Db, on, row};
use crate::ids::{InviteCode, RoomId, TenantId, UserId};

/// A guest link as stored. No `Debug`: the code is a secret.
pub struct Invite {
    pub code: InviteCode,
    pub room: RoomId,
    pub created_by: UserId,
    pub created_at: i64,
    pub updated_by: UserId,
    pub updated_at: i64,
    pub active: bool,
    pub expires_at: Option<i64>,
}
impl Invite {
    pub fn works(&self, now: i64) -> bool {
        self.active && self.expires_at.is_none_or(|expires| expires > now)
    }
}

row!(Invite {
    code,
    room,
    created_by,
    created_at,
    updated_by,
    updated_at,
    active,
    expires_at
});

pub async fn add(change: &mut Change, invite: &Invite) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO invites (tenant, code, room, created_by, created_at, updated_by, updated_at, active, \
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(invite.code).bind(invite.room).bind(invite.created_by)
        .bind(invite.created_at).bind(invite.updated_by).bind(invite.updated_at).bind(invite.active)
        .bind(invite.expires_at).execute(connection).await.map(drop))
}

/// The links that belong to nobody in person, by time: all that work now, and the newest `ended` of the others.
pub async fn of_room(db: &Db, tenant: TenantId, room: RoomId, now: i64, ended: i64) -> sqlx::Result<Vec<Invite>> {
    const SQL: &str = "WITH own AS (SELECT code, room, created_by, created_at, updated_by, updated_at, active, expires_at, \
        active AND (expires_at IS NULL OR expires_at > $3) AS works FROM invites WHERE tenant = $1 AND room = $2 \
        AND NOT EXISTS (SELECT 1 FROM event_guest_links p WHERE p.tenant = invites.tenant AND p.code = invites.code)) \
        SELECT code, room, created_by, created_at, updated_by, updated_at, active, expires_at FROM own \
        WHERE works OR code IN (SELECT code FROM own WHERE NOT works ORDER BY created_at DESC, code LIMIT $4) \
        ORDER BY created_at, code";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(now).bind(ended).fetch_all(pool).await)
}

/// How many links of a room work now and belong to nobody in person.
pub async fn count(db: &Db, tenant: TenantId, room: RoomId, now: i64) -> sqlx::Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM invites WHERE tenant = $1 AND room = $2 AND active \
        AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS (SELECT 1 FROM event_guest_links p \
        WHERE p.tenant = invites.tenant AND p.code = invites.code)";
    let (count,): (i64,) =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(now).fetch_one(pool).await)?;
    Ok(count)
}

/// The tenant of a code that works now, unless it is disabled. Codes are unique across tenants.
pub async fn tenant_of(db: &Db, code: InviteCode, now: i64) -> sqlx::Result<Option<TenantId>> {
    const SQL: &str = "SELECT i.tenant FROM invites i JOIN tenants t ON t.id = i.tenant WHERE i.code = $1 AND i.active \
        AND (i.expires_at IS NULL OR i.expires_at > $2) AND NOT t.disabled";
    let row: Option<(TenantId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(code).bind(now).fetch_optional(pool).await)?;
    Ok(row.map(|(tenant,)| tenant))
}

/// Whether there is such a code at all, also one that has ended.
pub async fn exists(db: &Db, code: InviteCode) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT tenant FROM invites WHERE code = $1";
    let row: Option<(TenantId,)> = on!(db, pool => sqlx::query_as(SQL).bind(code).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// One guest link of a room, active or not.
pub async fn one(db: &Db, tenant: TenantId, room: RoomId, code: InviteCode) -> sqlx::Result<Option<Invite>> {
    const SQL: &str = "SELECT code, room, created_by, created_at, updated_by, updated_at, active, expires_at \
        FROM invites WHERE tenant = $1 AND room = $2 AND code = $3";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(code).fetch_optional(pool).await)
}

/// When a guest link ends.
pub async fn set_end(
    change: &mut Change,
    room: RoomId,
    code: InviteCode,
    expires_at: Option<i64>,
    by: (UserId, i64),
) -> sqlx::Result<()> {
    let mut fields = Fields::default();
    fields.number("expires_at", expires_at);
    write(change, room, code, by, fields).await
}

/// Ends a guest link for good.
pub async fn end(change: &mut Change, room: RoomId, code: InviteCode, by: (UserId, i64)) -> sqlx::Result<()> {
    let mut fields = Fields::default();
    fields.flag("active", false);
    write(change, room, code, by, fields).await
}

/// `by`: who changes it, and when.
async fn write(
    change: &mut Change,
    room: RoomId,
    code: InviteCode,
    by: (UserId, i64),
    mut fields: Fields,
) -> sqlx::Result<()> {
    fields.text("updated_by", by.0.to_string());
    fields.number("updated_at", by.1);
    let ids = [
        ("tenant", change.tenant.to_string()),
        ("room", room.to_string()),
        ("code", code.to_string()),
    ];
    fields.write(change, "invites", &ids).await
}

/// The room that a code opens now.
pub async fn room_of(db: &Db, tenant: TenantId, code: InviteCode, now: i64) -> sqlx::Result<Option<RoomId>> {
    const SQL: &str = "SELECT room FROM invites WHERE tenant = $1 AND code = $2 AND active \
        AND (expires_at IS NULL OR expires_at > $3)";
    let row: Option<(RoomId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(code).bind(now).fetch_optional(pool).await)?;
    Ok(row.map(|(room,)| room))
}

/// The newest code that opens the room now and belongs to nobody in person.
pub async fn newest(db: &Db, tenant: TenantId, room: RoomId, now: i64) -> sqlx::Result<Option<InviteCode>> {
    const SQL: &str = "SELECT code FROM invites WHERE tenant = $1 AND room = $2 AND active \
        AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS (SELECT 1 FROM event_guest_links p \
        WHERE p.tenant = invites.tenant AND p.code = invites.code) ORDER BY created_at DESC LIMIT 1";
    let row: Option<(InviteCode,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(now).fetch_optional(pool).await)?;
    Ok(row.map(|(code,)| code))
}
