// SPDX-License-Identifier: EUPL-1.2
//! SQL of rooms. Not of guest links: those are in `rooms::invites::store`.

use crate::change::{Change, within};
use crate::db::{Db, on, row};
use crate::ids::{InviteCode, RoomId, TariffId, TenantId, UserId};

use super::{GuestAccess, Role};

/// A room as stored. No `Debug`: it holds a password.
#[derive(Clone)]
pub struct Room {
    pub tenant: TenantId,
    pub id: RoomId,
    pub created_by: UserId,
    pub created_at: i64,
    pub password: Option<String>,
    pub waiting_room: bool,
    pub guest_access: String,
    pub e2e_encryption: bool,
    /// `None`: as the server's setting says.
    pub screen_share_requires_permission: Option<bool>,
}
row!(Room {
    tenant,
    id,
    created_by,
    created_at,
    password,
    waiting_room,
    guest_access,
    e2e_encryption,
    screen_share_requires_permission
});

impl Room {
    pub fn guest_access(&self) -> GuestAccess {
        GuestAccess::stored(&self.guest_access)
    }
}

/// A room as somebody with an account finds it.
pub struct ForAccount {
    pub room: Room,
    /// The highest role of their invitations to its event.
    pub invited_as: Option<String>,
    /// Whether the guest link they come with opens it now.
    pub linked: bool,
    pub banned: bool,
}
row!(ForAccount { ..room: Room, invited_as, linked, banned });

impl ForAccount {
    /// By their own right, without the link.
    pub fn role(&self, user: UserId) -> Option<Role> {
        match self.invited_as.as_deref() {
            _ if self.room.created_by == user => Some(Role::Moderator),
            Some("moderator") => Some(Role::Moderator),
            Some(_) => Some(Role::User),
            None => None,
        }
    }
}

/// `None`: there is no such room, or the account or its tenant is disabled.
pub async fn for_account(
    db: &Db,
    tenant: TenantId,
    id: RoomId,
    user: UserId,
    code: Option<InviteCode>,
    now: i64,
) -> sqlx::Result<Option<ForAccount>> {
    const SQL: &str = "SELECT r.tenant, r.id, r.created_by, r.created_at, r.password, r.waiting_room, r.guest_access, \
        r.e2e_encryption, r.screen_share_requires_permission, \
        (SELECT MIN(i.role) FROM event_invites i JOIN events e ON e.tenant = i.tenant AND e.id = i.event \
            WHERE i.tenant = $1 AND e.room = $2 AND i.invitee = $3) AS invited_as, \
        EXISTS (SELECT 1 FROM invites l WHERE l.tenant = $1 AND l.code = $4 AND l.room = $2 AND l.active \
            AND (l.expires_at IS NULL OR l.expires_at > $5)) AS linked, \
        EXISTS (SELECT 1 FROM room_bans b WHERE b.tenant = $1 AND b.room = $2 AND b.banned = $3) AS banned \
        FROM rooms r JOIN users u ON u.tenant = r.tenant AND u.id = $3 JOIN tenants t ON t.id = r.tenant \
        WHERE r.tenant = $1 AND r.id = $2 AND NOT u.disabled AND NOT t.disabled";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).bind(user).bind(code).bind(now)
        .fetch_optional(pool).await)
}

/// A room as a guest finds it, and what its owner's tariff follows from.
pub struct ForGuest {
    pub room: Room,
    pub tariff: Option<TariffId>,
    pub tariff_status: String,
}
row!(ForGuest { ..room: Room, tariff, tariff_status });

/// The room that a guest link opens now, if it is this one. The tenant is the link's; a disabled one has no guests.
pub async fn for_guest(db: &Db, id: RoomId, code: InviteCode, now: i64) -> sqlx::Result<Option<ForGuest>> {
    const SQL: &str = "SELECT r.tenant, r.id, r.created_by, r.created_at, r.password, r.waiting_room, r.guest_access, \
        r.e2e_encryption, r.screen_share_requires_permission, o.tariff, o.tariff_status \
        FROM invites l JOIN tenants t ON t.id = l.tenant JOIN rooms r ON r.tenant = l.tenant AND r.id = l.room \
        JOIN users o ON o.tenant = r.tenant AND o.id = r.created_by \
        WHERE l.code = $1 AND l.room = $2 AND l.active AND (l.expires_at IS NULL OR l.expires_at > $3) \
        AND NOT t.disabled";
    on!(db, pool => sqlx::query_as(SQL).bind(code).bind(id).bind(now).fetch_optional(pool).await)
}

pub async fn room(db: &Db, tenant: TenantId, id: RoomId) -> sqlx::Result<Option<Room>> {
    const SQL: &str = "SELECT tenant, id, created_by, created_at, password, waiting_room, guest_access, e2e_encryption, \
        screen_share_requires_permission FROM rooms WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)
}

/// The rooms somebody owns, newest first.
pub async fn owned(db: &Db, tenant: TenantId, owner: UserId, limit: i64, skipped: i64) -> sqlx::Result<Vec<Room>> {
    const SQL: &str = "SELECT tenant, id, created_by, created_at, password, waiting_room, guest_access, e2e_encryption, \
        screen_share_requires_permission FROM rooms WHERE tenant = $1 AND created_by = $2 ORDER BY created_at DESC, id LIMIT $3 OFFSET $4";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(owner).bind(limit).bind(skipped).fetch_all(pool).await)
}

pub async fn count(db: &Db, tenant: TenantId, owner: UserId) -> sqlx::Result<usize> {
    const SQL: &str = "SELECT COUNT(*) FROM rooms WHERE tenant = $1 AND created_by = $2";
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(owner).fetch_one(pool).await)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub async fn add(change: &mut Change, room: &Room) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO rooms (tenant, id, created_by, created_at, password, waiting_room, guest_access, \
        e2e_encryption, screen_share_requires_permission) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(room.id).bind(room.created_by).bind(room.created_at)
        .bind(&room.password).bind(room.waiting_room).bind(&room.guest_access).bind(room.e2e_encryption)
        .bind(room.screen_share_requires_permission).execute(connection).await.map(drop))
}

/// `before`: as it was read. `false`: somebody has changed the room since, or deleted it; nothing is written.
pub async fn change(change: &mut Change, room: &Room, before: &Room) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE rooms SET password = $3, waiting_room = $4, guest_access = $5, e2e_encryption = $6, \
        screen_share_requires_permission = $7 WHERE tenant = $1 AND id = $2 AND password IS NOT DISTINCT FROM $8 \
        AND waiting_room = $9 AND guest_access = $10 AND e2e_encryption = $11 \
        AND screen_share_requires_permission IS NOT DISTINCT FROM $12";
    let tenant = change.tenant;
    within!(change, connection => {
        let changed = sqlx::query(SQL).bind(tenant).bind(room.id).bind(&room.password).bind(room.waiting_room)
            .bind(&room.guest_access).bind(room.e2e_encryption).bind(room.screen_share_requires_permission)
            .bind(&before.password).bind(before.waiting_room).bind(&before.guest_access).bind(before.e2e_encryption)
            .bind(before.screen_share_requires_permission).execute(connection).await?;
        Ok(changed.rows_affected() == 1)
    })
}

/// What a person is in a room: as its owner, or by invitation to its event.
pub async fn role(db: &Db, tenant: TenantId, room: RoomId, user: UserId) -> sqlx::Result<Option<Role>> {
    const SQL: &str = "SELECT 'moderator' FROM rooms WHERE tenant = $1 AND id = $2 AND created_by = $3 \
        UNION ALL SELECT i.role FROM event_invites i JOIN events e ON e.tenant = i.tenant AND e.id = i.event \
        WHERE i.tenant = $1 AND e.room = $2 AND i.invitee = $3";
    let roles: Vec<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(room).bind(user).fetch_all(pool).await)?;
    let moderator = roles.iter().any(|(role,)| role == "moderator");
    Ok(match roles.first() {
        Some(_) if moderator => Some(Role::Moderator),
        Some(_) => Some(Role::User),
        None => None,
    })
}
