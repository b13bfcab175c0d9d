// SPDX-License-Identifier: EUPL-1.2
//! SQL of invitations and favourites.

use sqlx::AssertSqlSafe;

use crate::change::{Change, within};
use crate::clock;
use crate::db::{Db, millis, on, padded, places, row};
use crate::ids::{EventId, InviteCode, TenantId, UserId};

/// An invited colleague: to what, who, as what, with what answer.
pub struct Invited {
    pub event: EventId,
    pub invitee: UserId,
    pub role: String,
    pub status: String,
}
row!(Invited {
    event,
    invitee,
    role,
    status
});

/// Colleagues invited to some events, at most `most` for each.
pub async fn people(db: &Db, tenant: TenantId, events: &[EventId], most: i64) -> sqlx::Result<Vec<Invited>> {
    let columns = "event, invitee, role, status";
    let sql = of_each(columns, "event_invites", "invitee", events.len());
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(most);
        for event in padded(events) {
            query = query.bind(event);
        }
        query.fetch_all(pool).await
    })
}

/// Somebody invited by e-mail address: to what, as what, with what answer. Without names nobody knows more of them.
pub struct InvitedGuest {
    pub event: EventId,
    pub email: String,
    pub role: String,
    pub status: String,
    pub firstname: String,
    pub lastname: String,
}
row!(InvitedGuest {
    event,
    email,
    role,
    status,
    firstname,
    lastname
});

/// E-mail addresses invited to some events, at most `most` for each.
pub async fn emails(db: &Db, tenant: TenantId, events: &[EventId], most: i64) -> sqlx::Result<Vec<InvitedGuest>> {
    let columns = "event, email, role, status, firstname, lastname";
    let sql = of_each(columns, "event_email_invites", "email", events.len());
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(most);
        for event in padded(events) {
            query = query.bind(event);
        }
        query.fetch_all(pool).await
    })
}

/// The first `$2` rows of each of the events from `$3` on, in the order of invitation.
fn of_each(columns: &str, table: &str, key: &str, events: usize) -> String {
    let list = match events {
        0 => "NULL".to_owned(),
        some => places(3, some.next_power_of_two()),
    };
    format!(
        "SELECT {columns} FROM (SELECT {columns}, created_at, ROW_NUMBER() OVER (PARTITION BY event \
         ORDER BY created_at, {key}) AS place FROM {table} WHERE tenant = $1 AND event IN ({list})) AS numbered \
         WHERE place <= $2 ORDER BY event, place"
    )
}

/// `false`: invited before.
pub async fn invite(
    change: &mut Change,
    event: EventId,
    invitee: UserId,
    role: &str,
    by: UserId,
) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO event_invites (tenant, event, invitee, role, status, created_by, created_at) \
        VALUES ($1, $2, $3, $4, 'pending', $5, $6) ON CONFLICT (tenant, event, invitee) DO NOTHING";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee).bind(role).bind(by)
        .bind(millis(clock::now())).execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// `false`: invited before.
pub async fn invite_email(
    change: &mut Change,
    event: EventId,
    email: &str,
    (firstname, lastname): (&str, &str),
    role: &str,
    by: UserId,
) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO event_email_invites (tenant, event, email, role, created_by, created_at, firstname, \
        lastname) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, event, email) DO NOTHING";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(email).bind(role).bind(by)
        .bind(millis(clock::now())).bind(firstname).bind(lastname).execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// Answers one's own invitation. `false`: there is none.
pub async fn answer(db: &Db, tenant: TenantId, event: EventId, invitee: UserId, status: &str) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE event_invites SET status = $4 WHERE tenant = $1 AND event = $2 AND invitee = $3";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee).bind(status)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

/// What the guest with this personal link answered. `None`: the link is nobody's in person.
pub async fn answer_by_link(db: &Db, tenant: TenantId, code: InviteCode) -> sqlx::Result<Option<String>> {
    const SQL: &str = "SELECT i.status FROM event_guest_links l JOIN event_email_invites i \
        ON i.tenant = l.tenant AND i.event = l.event AND i.email = l.email WHERE l.tenant = $1 AND l.code = $2";
    let row: Option<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(code).fetch_optional(pool).await)?;
    Ok(row.map(|(status,)| status))
}

/// Answers the invitation of the guest with this personal link. `false`: the link is nobody's in person.
pub async fn answer_as_guest(db: &Db, tenant: TenantId, code: InviteCode, status: &str) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE event_email_invites SET status = $3 WHERE tenant = $1 AND EXISTS (SELECT 1 \
        FROM event_guest_links l WHERE l.tenant = $1 AND l.code = $2 AND l.event = event_email_invites.event \
        AND l.email = event_email_invites.email)";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(code).bind(status)
        .execute(pool).await.map(|done| done.rows_affected() == 1))
}

pub async fn is_invited(db: &Db, tenant: TenantId, event: EventId, invitee: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT 1 FROM event_invites WHERE tenant = $1 AND event = $2 AND invitee = $3";
    let row: Option<(i32,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(invitee).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// Invited people with an address, whether somebody vouches for it or not.
pub async fn invited_with_email(db: &Db, tenant: TenantId, event: EventId, email: &str) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "SELECT u.id FROM event_invites i JOIN users u ON u.tenant = i.tenant AND u.id = i.invitee \
        WHERE i.tenant = $1 AND i.event = $2 AND u.email = $3 ORDER BY u.id";
    let found: Vec<(UserId,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(email).fetch_all(pool).await)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

pub async fn is_email_invited(db: &Db, tenant: TenantId, event: EventId, email: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT 1 FROM event_email_invites WHERE tenant = $1 AND event = $2 AND email = $3";
    let row: Option<(i32,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(event).bind(email).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// Takes an invitation back. `false`: there is none.
pub async fn uninvite(change: &mut Change, event: EventId, invitee: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM event_invites WHERE tenant = $1 AND event = $2 AND invitee = $3";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// Changes as what a colleague is invited. `false`: nobody is.
pub async fn set_role(change: &mut Change, event: EventId, invitee: UserId, role: &str) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE event_invites SET role = $4 WHERE tenant = $1 AND event = $2 AND invitee = $3";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(invitee).bind(role)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// Changes as what an e-mail address is invited. `false`: it is not.
pub async fn set_email_role(change: &mut Change, event: EventId, email: &str, role: &str) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE event_email_invites SET role = $4 WHERE tenant = $1 AND event = $2 AND email = $3";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(email).bind(role)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// Takes the invitation of an e-mail address back. `false`: there is none.
pub async fn uninvite_email(change: &mut Change, event: EventId, email: &str) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM event_email_invites WHERE tenant = $1 AND event = $2 AND email = $3";
    let tenant = change.tenant;
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(event).bind(email)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// How many invitations a person has not answered.
pub async fn pending(db: &Db, tenant: TenantId, invitee: UserId) -> sqlx::Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM event_invites WHERE tenant = $1 AND invitee = $2 AND status = 'pending'";
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(invitee).fetch_one(pool).await)?;
    Ok(count)
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
