// SPDX-License-Identifier: EUPL-1.2
//! SQL of users and local accounts. Not of logins: those are in `identity::provider::store`.

use sqlx::AssertSqlSafe;

use crate::clock;
use crate::db::{Db, millis, on, padded, places, row};
use crate::ids::{TenantId, UserId};

use super::{LOCAL, split_name};

/// A person. No `Debug`: this is personal data.
#[derive(Clone)]
pub struct User {
    pub tenant: TenantId,
    pub id: UserId,
    pub email: String,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub language: String,
    pub dashboard_theme: String,
    pub conference_theme: String,
    pub is_admin: bool,
}

row!(User {
    tenant,
    id,
    email,
    title,
    firstname,
    lastname,
    display_name,
    language,
    dashboard_theme,
    conference_theme,
    is_admin
});

/// What a token or an administrator says about a person.
pub struct Person<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub email: &'a str,
    pub firstname: &'a str,
    pub lastname: &'a str,
    pub display_name: &'a str,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT tenant, id, email, title, firstname, lastname, display_name, language, dashboard_theme, ",
            "conference_theme, is_admin FROM users WHERE tenant = $1 ",
            $rest
        )
    };
}

const INSERT: &str = "INSERT INTO users (tenant, id, issuer, subject, email, title, firstname, lastname, display_name, \
    language, dashboard_theme, conference_theme, is_admin, created_at) \
    VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, 'de', 'system', 'system', $9, $10) \
    ON CONFLICT (tenant, issuer, subject) DO NOTHING";

pub async fn by_subject(db: &Db, tenant: TenantId, issuer: &str, subject: &str) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("AND issuer = $2 AND subject = $3");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(issuer).bind(subject).fetch_optional(pool).await)
}

pub async fn by_id(db: &Db, tenant: TenantId, id: UserId) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("AND id = $2");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)
}

/// Those of the people who are there, in no order.
pub async fn by_ids(db: &Db, tenant: TenantId, ids: &[UserId]) -> sqlx::Result<Vec<User>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = padded(ids);
    let sql = format!("{}({})", select!("AND id IN "), places(2, ids.len()));
    on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(pool).await
    })
}

pub async fn by_email(db: &Db, tenant: TenantId, email: &str) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("AND email = $2 ORDER BY created_at LIMIT 1");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(email).fetch_optional(pool).await)
}

/// Adds a person at their first request; two first requests at once add one.
pub async fn add(db: &Db, tenant: TenantId, person: &Person<'_>) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(INSERT)
        .bind(tenant).bind(UserId(clock::id())).bind(person.issuer).bind(person.subject).bind(person.email)
        .bind(person.firstname).bind(person.lastname).bind(person.display_name).bind(false)
        .bind(millis(clock::now()))
        .execute(pool).await.map(drop))
}

/// Takes over what the provider now says; the display name is the person's own choice and stays.
pub async fn refresh(db: &Db, tenant: TenantId, id: UserId, email: &str, first: &str, last: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE users SET email = $3, firstname = $4, lastname = $5 WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(tenant).bind(id).bind(email).bind(first).bind(last)
        .execute(pool).await.map(drop))
}

pub async fn change(db: &Db, user: &User) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE users SET title = $3, display_name = $4, language = $5, dashboard_theme = $6, \
        conference_theme = $7 WHERE tenant = $1 AND id = $2";
    on!(db, pool => sqlx::query(SQL).bind(user.tenant).bind(user.id).bind(&user.title).bind(&user.display_name)
        .bind(&user.language).bind(&user.dashboard_theme).bind(&user.conference_theme)
        .execute(pool).await.map(drop))
}

/// Adds a local account with its user, both or neither. `false`: the e-mail address is taken.
pub async fn add_local(
    db: &Db,
    tenant: TenantId,
    email: &str,
    name: &str,
    hash: &str,
    admin: bool,
) -> sqlx::Result<bool> {
    const ACCOUNT: &str = "INSERT INTO accounts (tenant, id, email, password_hash, created_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, email) DO NOTHING";
    let account = clock::id().to_string();
    let now = millis(clock::now());
    let (first, last) = split_name(name);
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        let added = sqlx::query(ACCOUNT).bind(tenant).bind(&account).bind(email).bind(hash).bind(now)
            .execute(&mut *transaction).await?.rows_affected() == 1;
        if added {
            sqlx::query(INSERT).bind(tenant).bind(UserId(clock::id())).bind(LOCAL).bind(&account).bind(email)
                .bind(first).bind(last).bind(name.trim()).bind(admin).bind(now)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(added)
    })
}

pub async fn has_admin(db: &Db, tenant: TenantId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT id FROM users WHERE tenant = $1 AND is_admin LIMIT 1";
    let row: Option<(String,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)?;
    Ok(row.is_some())
}
