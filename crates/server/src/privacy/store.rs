// SPDX-License-Identifier: EUPL-1.2
//! SQL that finds and deletes everything of one person. Rows that hang on others by a foreign key go with them.

use crate::change::{Change, within};
use crate::db::{Db, deleting, on};
use crate::ids::{EventId, RoomId, TenantId, UserId};
use crate::users::{LOCAL, User};

/// What a statement is given after the tenant.
enum By {
    User,
    Email,
    /// The e-mail address as a text of JSON.
    QuotedEmail,
}

/// In this order: what refers to the person is given to the owner of what it is in, then the person goes.
const STATEMENTS: &[(By, &str)] = &[
    (By::User, "DELETE FROM rooms WHERE tenant = $1 AND created_by = $2"),
    (By::User, "DELETE FROM events WHERE tenant = $1 AND created_by = $2"),
    (
        By::User,
        "UPDATE events SET updated_by = created_by WHERE tenant = $1 AND updated_by = $2",
    ),
    (
        By::User,
        "UPDATE event_exceptions SET created_by = (SELECT e.created_by FROM events e \
         WHERE e.tenant = event_exceptions.tenant AND e.id = event_exceptions.event) WHERE tenant = $1 AND created_by = $2",
    ),
    (
        By::User,
        "UPDATE event_exceptions SET updated_by = (SELECT e.created_by FROM events e \
         WHERE e.tenant = event_exceptions.tenant AND e.id = event_exceptions.event) WHERE tenant = $1 AND updated_by = $2",
    ),
    (
        By::User,
        "UPDATE event_invites SET created_by = (SELECT e.created_by FROM events e \
         WHERE e.tenant = event_invites.tenant AND e.id = event_invites.event) WHERE tenant = $1 AND created_by = $2",
    ),
    (
        By::User,
        "UPDATE event_email_invites SET created_by = (SELECT e.created_by FROM events e \
         WHERE e.tenant = event_email_invites.tenant AND e.id = event_email_invites.event) \
         WHERE tenant = $1 AND created_by = $2",
    ),
    (
        By::User,
        "UPDATE invites SET created_by = (SELECT r.created_by FROM rooms r \
         WHERE r.tenant = invites.tenant AND r.id = invites.room) WHERE tenant = $1 AND created_by = $2",
    ),
    (
        By::User,
        "UPDATE invites SET updated_by = (SELECT r.created_by FROM rooms r \
         WHERE r.tenant = invites.tenant AND r.id = invites.room) WHERE tenant = $1 AND updated_by = $2",
    ),
    (
        By::User,
        "UPDATE assets SET created_by = owner WHERE tenant = $1 AND created_by = $2",
    ),
    (
        By::Email,
        "DELETE FROM invites WHERE tenant = $1 AND code IN \
         (SELECT l.code FROM event_guest_links l WHERE l.tenant = $1 AND l.email = $2)",
    ),
    (
        By::Email,
        "DELETE FROM event_email_invites WHERE tenant = $1 AND email = $2",
    ),
    // Mails to them or about them that have not been sent yet.
    (
        By::User,
        "DELETE FROM jobs WHERE tenant = $1 AND REPLACE(payload, $2, '') <> payload",
    ),
    (
        By::QuotedEmail,
        "DELETE FROM jobs WHERE tenant = $1 AND REPLACE(payload, $2, '') <> payload",
    ),
    (
        By::User,
        "DELETE FROM accounts WHERE tenant = $1 AND id = (SELECT u.subject FROM users u \
         WHERE u.tenant = $1 AND u.id = $2 AND u.issuer = 'local')",
    ),
    (By::User, "DELETE FROM users WHERE tenant = $1 AND id = $2"),
];

pub async fn delete(change: &mut Change, user: &User) -> sqlx::Result<()> {
    debug_assert_eq!(LOCAL, "local", "the statement above names it");
    let id = user.id.to_string();
    // As it stands in a payload: nobody else's address is the same between quotes, or ends in it.
    let quoted = serde_json::Value::from(user.email.as_str()).to_string();
    within!(change, connection => {
        for (by, sql) in STATEMENTS {
            let given = match by {
                By::User => &id,
                By::Email => &user.email,
                By::QuotedEmail => &quoted,
            };
            deleting(sqlx::query(*sql).bind(user.tenant).bind(given).execute(&mut *connection).await)?;
        }
        Ok(())
    })
}

/// SQLite keeps what was written in its journal until that is started anew. PostgreSQL overwrites it by itself.
pub async fn forget_pages(db: &Db) -> sqlx::Result<()> {
    match db {
        Db::Sqlite(pool) => sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(pool)
            .await
            .map(drop),
        Db::Postgres(_) => Ok(()),
    }
}

pub async fn events(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<EventId>> {
    const SQL: &str = "SELECT id FROM events WHERE tenant = $1 AND created_by = $2 ORDER BY created_at, id";
    let rows: Vec<(EventId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub async fn rooms(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<RoomId>> {
    const SQL: &str = "SELECT id FROM rooms WHERE tenant = $1 AND created_by = $2 ORDER BY created_at, id";
    let rows: Vec<(RoomId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Those who administer the whole installation, of all tenants.
pub async fn operators(db: &Db) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "SELECT id FROM users WHERE is_operator AND NOT disabled";
    let rows: Vec<(UserId,)> = on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Every invitation of a person: event, its title, role, answer, time.
pub async fn invitations(
    db: &Db,
    tenant: TenantId,
    user: UserId,
) -> sqlx::Result<Vec<(EventId, String, String, String, i64)>> {
    const SQL: &str = "SELECT i.event, e.title, i.role, i.status, i.created_at FROM event_invites i \
        JOIN events e ON e.tenant = i.tenant AND e.id = i.event WHERE i.tenant = $1 AND i.invitee = $2 \
        ORDER BY i.created_at, i.event";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)
}

pub async fn favorites(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<EventId>> {
    const SQL: &str = "SELECT event FROM event_favorites WHERE tenant = $1 AND owner = $2 ORDER BY event";
    let rows: Vec<(EventId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Guest links that a person made: room, time, end. The code itself is a secret of the room.
pub async fn guest_links(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<(RoomId, i64, Option<i64>)>> {
    const SQL: &str = "SELECT room, created_at, expires_at FROM invites WHERE tenant = $1 AND created_by = $2 \
        ORDER BY created_at, code";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)
}

/// Files that a person put anywhere: room, name, size, time.
pub async fn files(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<(RoomId, String, i64, i64)>> {
    const SQL: &str = "SELECT room, filename, size, created_at FROM assets WHERE tenant = $1 AND created_by = $2 \
        ORDER BY created_at, id";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)
}

/// Logins that have not run out: browser, time of login.
pub async fn logins(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<(Option<String>, i64)>> {
    const SQL: &str = "SELECT g.browser, g.authenticated_at FROM grants g JOIN users u \
        ON u.tenant = g.tenant AND u.subject = g.account AND u.issuer = 'local' WHERE u.tenant = $1 AND u.id = $2 \
        ORDER BY g.authenticated_at";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)
}

/// Rooms a person is banned from: room, time.
pub async fn bans(db: &Db, tenant: TenantId, user: UserId) -> sqlx::Result<Vec<(RoomId, i64)>> {
    const SQL: &str =
        "SELECT room, created_at FROM room_bans WHERE tenant = $1 AND banned = $2 ORDER BY created_at, room";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(user).fetch_all(pool).await)
}
