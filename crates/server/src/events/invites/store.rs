// SPDX-License-Identifier: EUPL-1.2
//! SQL of invitations and favourites.

use crate::clock;
use crate::db::{Db, millis, on};
use crate::ids::{EventId, TenantId, UserId};

/// Invited colleagues: who, as what, with what answer.
pub async fn people(db: &Db, tenant: TenantId, event: EventId) -> sqlx::Result<Vec<(UserId, String, String)>> {
    const SQL: &str = "SELECT invitee, role, status FROM event_invites WHERE tenant = $1 AND event = $2 \
        ORDER BY created_at, invitee";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).fetch_all(pool).await)
}

/// Invited e-mail addresses with their role.
pub async fn emails(db: &Db, tenant: TenantId, event: EventId) -> sqlx::Result<Vec<(String, String)>> {
    const SQL: &str = "SELECT email, role FROM event_email_invites WHERE tenant = $1 AND event = $2 \
        ORDER BY created_at, email";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).fetch_all(pool).await)
}

/// `false`: invited before.
pub async fn invite(
    db: &Db,
    tenant: TenantId,
    event: EventId,
    invitee: UserId,
    role: &str,
    by: UserId,
) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO event_invites (tenant, event, invitee, role, status, created_by, created_at) \
        VALUES ($1, $2, $3, $4, 'pending', $5, $6) ON CONFLICT (tenant, event, invitee) DO NOTHING";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee).bind(role).bind(by)
        .bind(millis(clock::now())).execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// `false`: invited before.
pub async fn invite_email(
    db: &Db,
    tenant: TenantId,
    event: EventId,
    email: &str,
    role: &str,
    by: UserId,
) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO event_email_invites (tenant, event, email, role, created_by, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, event, email) DO NOTHING";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(email).bind(role).bind(by)
        .bind(millis(clock::now())).execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// Answers one's own invitation. `false`: there is none.
pub async fn answer(db: &Db, tenant: TenantId, event: EventId, invitee: UserId, status: &str) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE event_invites SET status = $4 WHERE tenant = $1 AND event = $2 AND invitee = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee).bind(status)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// Takes an invitation back. `false`: there is none.
pub async fn uninvite(db: &Db, tenant: TenantId, event: EventId, invitee: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM event_invites WHERE tenant = $1 AND event = $2 AND invitee = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

pub async fn is_favorite(db: &Db, tenant: TenantId, event: EventId, owner: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT event FROM event_favorites WHERE tenant = $1 AND event = $2 AND owner = $3";
    let row: Option<(EventId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(owner).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// `false`: it is one already.
pub async fn add_favorite(db: &Db, tenant: TenantId, event: EventId, owner: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO event_favorites (tenant, event, owner) VALUES ($1, $2, $3) \
        ON CONFLICT (tenant, event, owner) DO NOTHING";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(owner)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

pub async fn remove_favorite(db: &Db, tenant: TenantId, event: EventId, owner: UserId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM event_favorites WHERE tenant = $1 AND event = $2 AND owner = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(owner).execute(pool).await.map(drop))
}
