// SPDX-License-Identifier: EUPL-1.2
//! SQL of users and local accounts. Not of logins: those are in `identity::provider::store`.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use crate::change::{Change, Fields, within};
use crate::clock;
use crate::db::{Db, millis, on, padded, places, row};
use crate::ids::{TariffId, TenantId, UserId};

use super::{Administers, LOCAL, search, split_name};

/// A person. No `Debug`: this is personal data.
#[derive(Clone)]
pub struct User {
    pub tenant: TenantId,
    pub id: UserId,
    pub email: String,
    /// Somebody vouches for it; only then it leads to this person.
    pub email_verified: bool,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub language: String,
    pub dashboard_theme: String,
    pub conference_theme: String,
    /// The id of their picture.
    pub avatar: Option<String>,
    /// Administers their tenant.
    pub is_admin: bool,
    /// Administers the whole installation.
    pub is_operator: bool,
    /// This person or their whole tenant is disabled.
    pub is_blocked: bool,
    /// Their own tariff instead of their tenant's.
    pub tariff: Option<TariffId>,
    pub tariff_status: String,
}

row!(User {
    tenant,
    id,
    email,
    email_verified,
    title,
    firstname,
    lastname,
    display_name,
    language,
    dashboard_theme,
    conference_theme,
    avatar,
    is_admin,
    is_operator,
    is_blocked,
    tariff,
    tariff_status
});

/// What a token or an administrator says about a person.
pub struct Person<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub email: &'a str,
    pub firstname: &'a str,
    pub lastname: &'a str,
    pub display_name: &'a str,
    pub language: &'a str,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT tenant, id, email, email_verified, title, firstname, lastname, display_name, language, dashboard_theme, ",
            "conference_theme, is_admin, is_operator, tariff, tariff_status, ",
            "(SELECT a.id FROM avatars a WHERE a.tenant = users.tenant AND a.owner = users.id) AS avatar, ",
            "disabled OR (SELECT t.disabled FROM tenants t WHERE t.id = users.tenant) AS is_blocked ",
            "FROM users WHERE tenant = $1 ",
            $rest
        )
    };
}

const INSERT: &str = "INSERT INTO users (tenant, id, issuer, subject, email, title, firstname, lastname, display_name, \
    language, dashboard_theme, conference_theme, is_admin, is_operator, search, created_at, email_verified) \
    VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, 'system', 'system', $10, $11, $12, $13, $3 = 'local') \
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

/// Whose address it is. Of several people whom an address belonged to one after the other, the last one.
pub async fn by_email(db: &Db, tenant: TenantId, email: &str) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("AND email = $2 AND email_verified ORDER BY created_at DESC LIMIT 1");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(email).fetch_optional(pool).await)
}

/// People whose name or address has a word for each word of the query, by last name.
pub async fn find(db: &Db, tenant: TenantId, query: &str, limit: i64) -> sqlx::Result<Vec<User>> {
    const SQL: &str = select!(
        "AND NOT disabled AND (email_verified OR NOT EXISTS (SELECT 1 FROM users o WHERE o.tenant = users.tenant \
         AND o.email = users.email AND o.email_verified)) AND search LIKE $2 AND search LIKE $3 AND search LIKE $4 AND search LIKE $5 AND search LIKE $6 \
         ORDER BY lastname, firstname, id LIMIT $7"
    );
    let [first, second, third, fourth, fifth] = search::patterns(query);
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(first).bind(second).bind(third).bind(fourth).bind(fifth)
        .bind(limit).fetch_all(pool).await)
}

/// A person with what administrators see besides.
pub struct Listed {
    pub user: User,
    pub issuer: String,
    pub disabled: bool,
    /// Has a local account and has not chosen its password yet.
    pub invited: bool,
    pub created_at: i64,
    /// In order.
    pub groups: Vec<String>,
}

struct Besides {
    id: UserId,
    issuer: String,
    disabled: bool,
    invited: bool,
    created_at: i64,
}
row!(Besides {
    id,
    issuer,
    disabled,
    invited,
    created_at
});

macro_rules! select_besides {
    ($rest:literal) => {
        concat!(
            "SELECT id, issuer, disabled, created_at, EXISTS (SELECT 1 FROM accounts a WHERE a.tenant = users.tenant ",
            "AND users.issuer = 'local' AND a.id = users.subject AND a.password_hash = '') AS invited ",
            "FROM users WHERE tenant = $1 ",
            $rest
        )
    };
}

/// How many people fit the query, and those of one page by last name.
pub async fn listed(
    db: &Db,
    tenant: TenantId,
    query: &str,
    limit: i64,
    skipped: i64,
) -> sqlx::Result<(usize, Vec<Listed>)> {
    const COUNT: &str = "SELECT COUNT(*) FROM users WHERE tenant = $1 AND search LIKE $2 AND search LIKE $3 \
        AND search LIKE $4 AND search LIKE $5 AND search LIKE $6";
    const PAGE: &str = select_besides!(
        "AND search LIKE $2 AND search LIKE $3 AND search LIKE $4 AND search LIKE $5 AND search LIKE $6 \
         ORDER BY lastname, firstname, id LIMIT $7 OFFSET $8"
    );
    let [a, b, c, d, e] = &search::patterns(query);
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(COUNT).bind(tenant).bind(a).bind(b).bind(c).bind(d).bind(e)
        .fetch_one(pool).await)?;
    let page: Vec<Besides> = on!(db, pool => sqlx::query_as(PAGE).bind(tenant).bind(a).bind(b).bind(c).bind(d).bind(e)
        .bind(limit).bind(skipped).fetch_all(pool).await)?;
    let listed = complete(db, tenant, page).await?;
    Ok((usize::try_from(count).unwrap_or(0), listed))
}

pub async fn listed_by_id(db: &Db, tenant: TenantId, id: UserId) -> sqlx::Result<Option<Listed>> {
    const SQL: &str = select_besides!("AND id = $2");
    let found = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_all(pool).await)?;
    Ok(complete(db, tenant, found).await?.pop())
}

/// Everybody with this address, whether somebody vouches for it or not: for administration, which must miss nobody.
pub async fn listed_by_email(db: &Db, tenant: TenantId, email: &str) -> sqlx::Result<Vec<Listed>> {
    const SQL: &str = select_besides!("AND email = $2 ORDER BY created_at, id");
    let found = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(email).fetch_all(pool).await)?;
    complete(db, tenant, found).await
}

async fn complete(db: &Db, tenant: TenantId, rows: Vec<Besides>) -> sqlx::Result<Vec<Listed>> {
    let ids: Vec<UserId> = rows.iter().map(|row| row.id).collect();
    let users = by_ids(db, tenant, &ids).await?;
    let mut groups = groups_of(db, tenant, &ids).await?;
    let with = |row: Besides| {
        let user = users.iter().find(|user| user.id == row.id)?.clone();
        Some(Listed {
            user,
            issuer: row.issuer,
            disabled: row.disabled,
            invited: row.invited,
            created_at: row.created_at,
            groups: groups.remove(&row.id).unwrap_or_default(),
        })
    };
    Ok(rows.into_iter().filter_map(with).collect())
}

/// How many people each tenant has.
pub async fn counts(db: &Db) -> sqlx::Result<Vec<(TenantId, u64)>> {
    const SQL: &str = "SELECT tenant, COUNT(*) FROM users GROUP BY tenant";
    let rows: Vec<(TenantId, i64)> = on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .map(|(tenant, count)| (tenant, u64::try_from(count).unwrap_or(0)))
        .collect())
}

/// Writes what an administrator decides about a person, as far as it is given.
pub async fn administer(change: &mut Change, id: UserId, fields: &Fields) -> sqlx::Result<()> {
    let ids = [("tenant", change.tenant.to_string()), ("id", id.to_string())];
    fields.write(change, "users", &ids).await
}

/// Logs somebody out everywhere.
pub async fn end_logins(change: &mut Change, id: UserId) -> sqlx::Result<()> {
    const GRANTS: &str = "UPDATE grants SET revoked = TRUE WHERE tenant = $1 \
        AND account = (SELECT subject FROM users WHERE tenant = $1 AND id = $2 AND issuer = $3)";
    const SESSIONS: &str = "DELETE FROM login_sessions WHERE tenant = $1 \
        AND account = (SELECT subject FROM users WHERE tenant = $1 AND id = $2 AND issuer = $3)";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(GRANTS).bind(tenant).bind(id).bind(LOCAL).execute(&mut *connection).await?;
        sqlx::query(SESSIONS).bind(tenant).bind(id).bind(LOCAL).execute(connection).await.map(drop)
    })
}

/// Adds a person at their first request; two first requests at once add one.
pub async fn add(db: &Db, tenant: TenantId, person: &Person<'_>) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(INSERT)
        .bind(tenant).bind(UserId(clock::id())).bind(person.issuer).bind(person.subject).bind(person.email)
        .bind(person.firstname).bind(person.lastname).bind(person.display_name).bind(person.language).bind(false).bind(false)
        .bind(search::terms(&[person.firstname, person.lastname, person.display_name, person.email]))
        .bind(millis(clock::now()))
        .execute(pool).await.map(drop))
}

/// Takes over what the provider now says. Not the display name: that is the person's own choice.
pub async fn refresh(change: &mut Change, user: &User) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE users SET email = $3, firstname = $4, lastname = $5, tariff = $6, tariff_status = $7, \
        search = $8 WHERE tenant = $1 AND id = $2";
    within!(change, connection => sqlx::query(SQL).bind(user.tenant).bind(user.id).bind(&user.email)
        .bind(&user.firstname).bind(&user.lastname).bind(user.tariff).bind(&user.tariff_status).bind(terms(user))
        .execute(connection).await.map(drop))
}

fn terms(user: &User) -> String {
    search::terms(&[&user.firstname, &user.lastname, &user.display_name, &user.email])
}

/// The groups that the provider counts this person to, in order.
pub async fn groups(db: &Db, tenant: TenantId, member: UserId) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "SELECT name FROM user_groups WHERE tenant = $1 AND member = $2 ORDER BY name";
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(member).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

async fn groups_of(db: &Db, tenant: TenantId, ids: &[UserId]) -> sqlx::Result<HashMap<UserId, Vec<String>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = padded(ids);
    let list = places(2, ids.len());
    let sql = format!("SELECT member, name FROM user_groups WHERE tenant = $1 AND member IN ({list}) ORDER BY name");
    let rows: Vec<(UserId, String)> = on!(db, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(pool).await
    })?;
    let mut groups: HashMap<UserId, Vec<String>> = HashMap::new();
    for (member, name) in rows {
        groups.entry(member).or_default().push(name);
    }
    Ok(groups)
}

/// Every group of a tenant with how many people are in it, by name.
pub async fn all_groups(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<(String, i64)>> {
    const SQL: &str = "SELECT name, COUNT(*) FROM user_groups WHERE tenant = $1 GROUP BY name ORDER BY name";
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// Who is in a group and not disabled.
pub async fn members(db: &Db, tenant: TenantId, group: &str) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "SELECT u.id FROM user_groups g JOIN users u ON u.tenant = g.tenant AND u.id = g.member \
        WHERE g.tenant = $1 AND g.name = $2 AND NOT u.disabled ORDER BY u.lastname, u.firstname, u.id";
    let rows: Vec<(UserId,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(group).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Makes invitations by e-mail address those of the person who now has an account with it.
pub async fn adopt_invitations(change: &mut Change, user: UserId, email: &str) -> sqlx::Result<()> {
    const ADOPT: &str = "INSERT INTO event_invites (tenant, event, invitee, role, status, created_by, created_at) \
        SELECT tenant, event, $2, CASE role WHEN 'moderator' THEN 'moderator' ELSE 'user' END, status, created_by, \
        created_at FROM event_email_invites WHERE tenant = $1 AND email = $3 \
        ON CONFLICT (tenant, event, invitee) DO NOTHING";
    const DROP: &str = "DELETE FROM event_email_invites WHERE tenant = $1 AND email = $2";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(ADOPT).bind(tenant).bind(user).bind(email).execute(&mut *connection).await?;
        sqlx::query(DROP).bind(tenant).bind(email).execute(&mut *connection).await?;
        Ok(())
    })
}

/// What a provider now says of somebody's address. One that is vouched for was somebody else's before, if anybody's: whoever
/// comes with it under another subject of any provider is another person, and nothing of the earlier one's is theirs.
pub async fn set_email(change: &mut Change, id: UserId, email: &str, verified: bool) -> sqlx::Result<()> {
    const EARLIER: &str = "UPDATE users SET email_verified = FALSE WHERE tenant = $1 AND email = $2 AND id <> $3 \
        AND issuer <> $4";
    const SQL: &str = "UPDATE users SET email = $3, email_verified = $4 WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    within!(change, connection => {
        if verified {
            sqlx::query(EARLIER).bind(tenant).bind(email).bind(id).bind(LOCAL).execute(&mut *connection).await?;
        }
        sqlx::query(SQL).bind(tenant).bind(id).bind(email).bind(verified).execute(&mut *connection).await?;
        Ok(())
    })
}

pub async fn set_groups(change: &mut Change, member: UserId, names: &[String]) -> sqlx::Result<()> {
    const CLEAR: &str = "DELETE FROM user_groups WHERE tenant = $1 AND member = $2";
    const ADD: &str = "INSERT INTO user_groups (tenant, member, name) VALUES ($1, $2, $3)";
    let tenant = change.tenant;
    within!(change, connection => {
        sqlx::query(CLEAR).bind(tenant).bind(member).execute(&mut *connection).await?;
        for name in names {
            sqlx::query(ADD).bind(tenant).bind(member).bind(name).execute(&mut *connection).await?;
        }
        Ok(())
    })
}

/// Writes what a person decides about themselves, as far as it is given.
pub async fn change(change: &mut Change, id: UserId, fields: &Fields) -> sqlx::Result<()> {
    const NOW: &str = select!("AND id = $2");
    const TERMS: &str = "UPDATE users SET search = $3 WHERE tenant = $1 AND id = $2";
    let tenant = change.tenant;
    let ids = [("tenant", tenant.to_string()), ("id", id.to_string())];
    fields.write(change, "users", &ids).await?;
    // By the names as they are now.
    within!(change, connection => {
        let user: User = sqlx::query_as(NOW).bind(tenant).bind(id).fetch_one(&mut *connection).await?;
        sqlx::query(TERMS).bind(tenant).bind(id).bind(terms(&user)).execute(connection).await.map(drop)
    })
}

/// Adds a local account with its user, and gives the ids of both. `None`: the e-mail address is taken, here or in another tenant.
pub async fn add_local(
    change: &mut Change,
    email: &str,
    name: &str,
    hash: &str,
    language: &str,
    administers: Administers,
) -> sqlx::Result<Option<(UserId, String)>> {
    const ACCOUNT: &str = "INSERT INTO accounts (tenant, id, email, password_hash, created_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING";
    let tenant = change.tenant;
    let (id, account) = (UserId(clock::id()), clock::id().to_string());
    let now = millis(clock::now());
    let (first, last) = split_name(name);
    within!(change, connection => {
        let added = sqlx::query(ACCOUNT).bind(tenant).bind(&account).bind(email).bind(hash).bind(now)
            .execute(&mut *connection).await?.rows_affected() == 1;
        if added {
            sqlx::query(INSERT).bind(tenant).bind(id).bind(LOCAL).bind(&account).bind(email)
                .bind(first).bind(last).bind(name.trim()).bind(language).bind(administers.is_admin()).bind(administers.is_operator())
                .bind(search::terms(&[name, email])).bind(now)
                .execute(&mut *connection).await?;
        }
        Ok(added.then_some((id, account)))
    })
}

/// Whether somebody has an account of the built-in login.
pub async fn is_local(db: &Db, tenant: TenantId, id: UserId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT id FROM users WHERE tenant = $1 AND id = $2 AND issuer = $3";
    let row: Option<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(tenant).bind(id).bind(LOCAL).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

pub async fn has_admin(db: &Db, tenant: TenantId) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT id FROM users WHERE tenant = $1 AND is_admin LIMIT 1";
    let row: Option<(String,)> = on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)?;
    Ok(row.is_some())
}

/// Writes the search terms of people whose row is from before there were any, of all tenants.
pub async fn complete_search_terms(db: &Db) -> sqlx::Result<()> {
    const OLD: &str = "SELECT tenant, id, firstname || ' ' || lastname || ' ' || display_name || ' ' || email \
        FROM users WHERE search = '' LIMIT 500";
    const SET: &str = "UPDATE users SET search = $3 WHERE tenant = $1 AND id = $2";
    loop {
        let rows: Vec<(TenantId, UserId, String)> = on!(db, pool => sqlx::query_as(OLD).fetch_all(pool).await)?;
        if rows.is_empty() {
            return Ok(());
        }
        on!(db, pool => {
            let mut transaction = pool.begin().await?;
            for (tenant, id, text) in &rows {
                sqlx::query(SET).bind(tenant).bind(id).bind(search::terms(&[text])).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
    }
}
