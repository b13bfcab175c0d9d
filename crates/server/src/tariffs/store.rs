// SPDX-License-Identifier: EUPL-1.2
//! SQL of tariffs. They belong to the installation, not to a tenant.

use crate::change::{Change, within};
use crate::db::{Db, deleting, on, row};
use crate::ids::TariffId;

/// A tariff as stored; an absent quota is no limit.
#[derive(Clone)]
pub struct Stored {
    pub id: TariffId,
    pub name: String,
    /// What the tariff claim of a provider calls it.
    pub external_id: Option<String>,
    pub max_storage: Option<i64>,
    pub room_time_limit_secs: Option<i64>,
    pub room_participant_limit: Option<i64>,
    /// `module` and `module::feature`, with spaces between them.
    pub disabled: String,
    pub created_at: i64,
}
row!(Stored {
    id,
    name,
    external_id,
    max_storage,
    room_time_limit_secs,
    room_participant_limit,
    disabled,
    created_at
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, external_id, max_storage, room_time_limit_secs, room_participant_limit, disabled, ",
            "created_at FROM tariffs ",
            $rest
        )
    };
}

/// Every tariff, by name.
pub async fn all(db: &Db) -> sqlx::Result<Vec<Stored>> {
    const SQL: &str = select!("ORDER BY name");
    on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)
}

pub async fn by_id(db: &Db, id: TariffId) -> sqlx::Result<Option<Stored>> {
    const SQL: &str = select!("WHERE id = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)
}

pub async fn by_name(db: &Db, name: &str) -> sqlx::Result<Option<Stored>> {
    const SQL: &str = select!("WHERE name = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(name).fetch_optional(pool).await)
}

pub async fn by_external_id(db: &Db, external_id: &str) -> sqlx::Result<Option<TariffId>> {
    const SQL: &str = "SELECT id FROM tariffs WHERE external_id = $1";
    let row: Option<(TariffId,)> = on!(db, pool => sqlx::query_as(SQL).bind(external_id).fetch_optional(pool).await)?;
    Ok(row.map(|(id,)| id))
}

/// `false`: name or external id belong to another tariff.
pub async fn add(change: &mut Change, tariff: &Stored) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO tariffs (id, name, external_id, max_storage, room_time_limit_secs, \
        room_participant_limit, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    within!(change, connection => sqlx::query(SQL).bind(tariff.id).bind(&tariff.name).bind(&tariff.external_id)
        .bind(tariff.max_storage).bind(tariff.room_time_limit_secs).bind(tariff.room_participant_limit)
        .bind(&tariff.disabled).bind(tariff.created_at)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// `false`: name or external id belong to another tariff.
pub async fn change(change: &mut Change, tariff: &Stored) -> sqlx::Result<bool> {
    const SQL: &str = "UPDATE tariffs SET name = $2, external_id = $3, max_storage = $4, room_time_limit_secs = $5, \
        room_participant_limit = $6, disabled = $7 WHERE id = $1";
    let done = within!(change, connection => sqlx::query(SQL).bind(tariff.id).bind(&tariff.name).bind(&tariff.external_id)
        .bind(tariff.max_storage).bind(tariff.room_time_limit_secs).bind(tariff.room_participant_limit)
        .bind(&tariff.disabled).execute(connection).await.map(drop));
    crate::db::unless_taken(done)
}

/// `false`: there is none, or somebody has it.
pub async fn remove(change: &mut Change, id: TariffId) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM tariffs WHERE id = $1 \
        AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.tariff = tariffs.id) \
        AND NOT EXISTS (SELECT 1 FROM users u WHERE u.tariff = tariffs.id)";
    deleting(
        within!(change, connection => sqlx::query(SQL).bind(id).execute(connection).await.map(|done| done.rows_affected() == 1)),
    )
}
