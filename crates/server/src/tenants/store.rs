// SPDX-License-Identifier: EUPL-1.2
//! SQL of tenants and their OpenID providers. Not of people.

use crate::change::{Change, Fields, within};
use crate::clock;
use crate::db::{Db, millis, on, row};
use crate::ids::{TariffId, TenantId};

#[derive(Clone)]
pub struct Tenant {
    pub id: TenantId,
    /// For administrators; unique.
    pub name: String,
    /// What pages call it; `None`: as the settings say.
    pub organisation_name: Option<String>,
    /// What the tenant claim of a shared provider calls it.
    pub external_id: Option<String>,
    /// Its own web address, like `https://meet.example.org`.
    pub address: Option<String>,
    pub colour_light: Option<String>,
    pub colour_dark: Option<String>,
    /// Addresses of what the law wants on its pages.
    pub imprint_url: Option<String>,
    pub data_protection_url: Option<String>,
    pub accessibility_url: Option<String>,
    /// Of its people who have none of their own; `None`: the standard one.
    pub tariff: Option<TariffId>,
    pub disabled: bool,
    pub created_at: i64,
}
row!(Tenant {
    id,
    name,
    organisation_name,
    external_id,
    address,
    colour_light,
    colour_dark,
    imprint_url,
    data_protection_url,
    accessibility_url,
    tariff,
    disabled,
    created_at
});

impl Tenant {
    pub fn new(name: String) -> Tenant {
        Tenant {
            id: TenantId(clock::id()),
            name,
            organisation_name: None,
            external_id: None,
            address: None,
            colour_light: None,
            colour_dark: None,
            imprint_url: None,
            data_protection_url: None,
            accessibility_url: None,
            tariff: None,
            disabled: false,
            created_at: millis(clock::now()),
        }
    }
}

/// An OpenID provider beside the one of the settings.
#[derive(Clone)]
pub struct Issuer {
    /// The tenant of its people, or with `tenant_claim` the tenant that keeps it.
    pub tenant: TenantId,
    pub issuer: String,
    pub client_id: String,
    /// Empty: the client id.
    pub audience: String,
    pub tenant_claim: Option<String>,
    /// It vouches for every e-mail address that it tells, without saying so of each.
    pub emails_verified: bool,
    pub created_at: i64,
}
row!(Issuer {
    tenant,
    issuer,
    client_id,
    audience,
    tenant_claim,
    emails_verified,
    created_at
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, organisation_name, external_id, address, colour_light, colour_dark, imprint_url, ",
            "data_protection_url, accessibility_url, tariff, disabled, created_at FROM tenants ",
            $rest
        )
    };
}

/// Every tenant, by name.
pub async fn all(db: &Db) -> sqlx::Result<Vec<Tenant>> {
    const SQL: &str = select!("ORDER BY name");
    on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)
}

pub async fn by_id(db: &Db, tenant: TenantId) -> sqlx::Result<Option<Tenant>> {
    const SQL: &str = select!("WHERE id = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(tenant).fetch_optional(pool).await)
}

pub async fn by_name(db: &Db, name: &str) -> sqlx::Result<Option<Tenant>> {
    const SQL: &str = select!("WHERE name = $1");
    on!(db, pool => sqlx::query_as(SQL).bind(name).fetch_optional(pool).await)
}

/// `false`: name, external id or address belong to another tenant.
pub async fn add(change: &mut Change, tenant: &Tenant) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO tenants (id, name, organisation_name, external_id, address, colour_light, colour_dark, \
        tariff, disabled, created_at, imprint_url, data_protection_url, accessibility_url) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING";
    within!(change, connection => sqlx::query(SQL).bind(tenant.id).bind(&tenant.name).bind(&tenant.organisation_name)
        .bind(&tenant.external_id).bind(&tenant.address).bind(&tenant.colour_light).bind(&tenant.colour_dark)
        .bind(tenant.tariff).bind(tenant.disabled).bind(tenant.created_at)
        .bind(&tenant.imprint_url).bind(&tenant.data_protection_url).bind(&tenant.accessibility_url)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// Writes the given columns. `false`: name, external id or address belong to another tenant.
pub async fn change(change: &mut Change, tenant: TenantId, fields: &Fields) -> sqlx::Result<bool> {
    let done = fields.write(change, "tenants", &[("id", tenant.to_string())]).await;
    crate::db::unless_taken(done)
}

pub async fn set_organisation_name(change: &mut Change, tenant: TenantId, name: &str) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE tenants SET organisation_name = $2 WHERE id = $1";
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(name).execute(connection).await.map(drop))
}

/// The providers of all tenants.
pub async fn issuers(db: &Db) -> sqlx::Result<Vec<Issuer>> {
    const SQL: &str = "SELECT tenant, issuer, client_id, audience, tenant_claim, emails_verified, created_at FROM issuers \
        ORDER BY created_at, issuer";
    on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await)
}

/// `false`: this provider is known already, here or to another tenant.
pub async fn add_issuer(change: &mut Change, issuer: &Issuer) -> sqlx::Result<bool> {
    const SQL: &str = "INSERT INTO issuers (tenant, issuer, client_id, audience, tenant_claim, created_at, emails_verified) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    within!(change, connection => sqlx::query(SQL).bind(issuer.tenant).bind(&issuer.issuer).bind(&issuer.client_id)
        .bind(&issuer.audience).bind(&issuer.tenant_claim).bind(issuer.created_at).bind(issuer.emails_verified)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}

/// `false`: there is no such provider.
pub async fn remove_issuer(change: &mut Change, tenant: TenantId, issuer: &str) -> sqlx::Result<bool> {
    const SQL: &str = "DELETE FROM issuers WHERE tenant = $1 AND issuer = $2";
    within!(change, connection => sqlx::query(SQL).bind(tenant).bind(issuer)
        .execute(connection).await.map(|done| done.rows_affected() == 1))
}
