// SPDX-License-Identifier: EUPL-1.2
//! SQL for mails: who is to be told of an event, and the guest links that were mailed.

use uuid::Uuid;

use crate::change::{Change, within};
use crate::clock;
use crate::db::{Db, millis, on};
use crate::ids::{EventId, InviteCode, RoomId, TenantId, UserId};

/// Invited colleagues who have not declined.
pub async fn colleagues(db: &Db, tenant: TenantId, event: EventId) -> sqlx::Result<Vec<(UserId,)>> {
    const SQL: &str = "SELECT invitee FROM event_invites WHERE tenant = $1 AND event = $2 AND status <> 'declined' \
        ORDER BY created_at, invitee";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).fetch_all(pool).await)
}

/// People invited by e-mail address who have not declined.
pub async fn guests(db: &Db, tenant: TenantId, event: EventId) -> sqlx::Result<Vec<(String,)>> {
    const SQL: &str = "SELECT email FROM event_email_invites WHERE tenant = $1 AND event = $2 AND status <> 'declined' \
        ORDER BY created_at, email";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).fetch_all(pool).await)
}

/// What an invited colleague answered. `None`: they are not invited any more.
pub async fn status(db: &Db, tenant: TenantId, event: EventId, invitee: UserId) -> sqlx::Result<Option<String>> {
    const SQL: &str = "SELECT status FROM event_invites WHERE tenant = $1 AND event = $2 AND invitee = $3";
    let row: Option<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(invitee).fetch_optional(pool).await)?;
    Ok(row.map(|(status,)| status))
}

/// Raises the number by which calendars tell newer entries of an event from older ones.
pub async fn count_up(change: &mut Change, event: EventId) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE events SET revision = revision + 1 WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).execute(connection).await.map(drop))
}

/// What a guest answered. `None`: they are not invited any more.
pub async fn guest_status(db: &Db, tenant: TenantId, event: EventId, email: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str = "SELECT status FROM event_email_invites WHERE tenant = $1 AND event = $2 AND email = $3";
    let row: Option<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(email).fetch_optional(pool).await)?;
    Ok(row.map(|(status,)| status))
}

/// The guest link of a person invited by e-mail address, made when it is first asked for.
pub async fn guest_link(
    db: &Db,
    tenant: TenantId,
    event: EventId,
    room: RoomId,
    email: &str,
) -> sqlx::Result<InviteCode> {
    const KNOWN: &str = "SELECT code FROM event_guest_links WHERE tenant = $1 AND event = $2 AND email = $3";
    const INVITE: &str = "INSERT INTO invites (tenant, code, room, created_by, created_at, updated_by, updated_at, active) \
        SELECT $1, $2, $3, created_by, $4, created_by, $4, $5 FROM rooms WHERE tenant = $1 AND id = $3";
    const LINK: &str = "INSERT INTO event_guest_links (tenant, event, email, code) VALUES ($1, $2, $3, $4)";
    let known: Option<(InviteCode,)> =
        on!(db, pool => sqlx::query_as(KNOWN).bind(tenant).bind(event).bind(email).fetch_optional(pool).await)?;
    if let Some((code,)) = known {
        return Ok(code);
    }
    let code = InviteCode(Uuid::from_bytes(clock::random()));
    let now = millis(clock::now());
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(INVITE).bind(tenant).bind(code).bind(room).bind(now).bind(true).execute(&mut *transaction).await?;
        sqlx::query(LINK).bind(tenant).bind(event).bind(email).bind(code).execute(&mut *transaction).await?;
        transaction.commit().await
    })?;
    Ok(code)
}

/// Takes the mailed guest link of a person away.
pub async fn revoke_guest_link(change: &mut Change, event: EventId, email: &str) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM invites WHERE tenant = $1 AND code IN (SELECT code FROM event_guest_links \
        WHERE tenant = $1 AND event = $2 AND email = $3)";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(email).execute(connection).await.map(drop))
}
