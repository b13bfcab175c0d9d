// SPDX-License-Identifier: EUPL-1.2
//! Organisations that share an installation and know nothing of each other: which ones there are, at which web address,
//! with which OpenID providers. Not their people: those are in `users`. What is here is read often and changes seldom, so
//! it is kept in memory for two seconds; whether somebody is disabled is asked of the database each time.

pub mod cli;
pub mod http;
pub mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::config;
use crate::db::Db;
use crate::ids::TenantId;

pub use store::{Issuer, Tenant};

/// How long a change made by another process may go unseen.
const KEPT_MILLIS: i128 = 2000;

/// The tenants that are not disabled, and their providers.
#[derive(Default)]
pub struct Directory {
    pub tenants: Vec<Tenant>,
    /// By address.
    pub issuers: HashMap<String, Issuer>,
}

/// A cheap handle of what is kept in memory.
#[derive(Clone, Default)]
pub struct Tenants(Arc<Kept>);

#[derive(Default)]
struct Kept {
    directory: Mutex<(Option<Timestamp>, Arc<Directory>)>,
    loading: tokio::sync::Mutex<()>,
}

impl Directory {
    pub fn tenant(&self, id: TenantId) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    /// The tenant whose own web address has this host (and port).
    pub fn at_host(&self, host: &str) -> Option<&Tenant> {
        let has = |tenant: &&Tenant| {
            let address = tenant.address.as_deref().and_then(|address| address.split_once("://"));
            address.is_some_and(|(_, own)| own.eq_ignore_ascii_case(host))
        };
        self.tenants.iter().find(has)
    }

    /// The provider with which people of this tenant log in; the oldest, if there are several.
    pub fn login_of(&self, tenant: TenantId) -> Option<&Issuer> {
        let own = self.issuers.values();
        own.filter(|issuer| issuer.tenant == tenant)
            .min_by_key(|issuer| (issuer.created_at, &issuer.issuer))
    }
}

impl Tenants {
    /// What is known now. When the database does not answer, what was known before.
    pub async fn directory(&self, db: &Db) -> Arc<Directory> {
        let now = clock::now();
        let fresh = |loaded: Option<Timestamp>| {
            loaded.is_some_and(|loaded| (0..KEPT_MILLIS).contains(&now.duration_since(loaded).as_millis()))
        };
        let (loaded, kept) = self.kept();
        if fresh(loaded) {
            return kept;
        }
        // One asks; the others go on with what there is, unless there is nothing yet.
        let Ok(_alone) = self.0.loading.try_lock() else {
            if loaded.is_some() {
                return kept;
            }
            let _waited = self.0.loading.lock().await;
            return self.kept().1;
        };
        let directory = match load(db).await {
            Ok(directory) => Arc::new(directory),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the list of tenants cannot be read");
                kept
            }
        };
        // As of now: it may have taken long to hear that the database does not answer.
        *self.lock() = (Some(clock::now()), directory.clone());
        directory
    }

    /// Reads anew at the next request, after a change made here.
    pub fn changed(&self) {
        self.lock().0 = None;
    }

    fn kept(&self) -> (Option<Timestamp>, Arc<Directory>) {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Option<Timestamp>, Arc<Directory>)> {
        self.0.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn load(db: &Db) -> sqlx::Result<Directory> {
    let mut tenants = store::all(db).await?;
    tenants.retain(|tenant| !tenant.disabled);
    let mut issuers = HashMap::new();
    for issuer in store::issuers(db).await? {
        if tenants.iter().any(|tenant| tenant.id == issuer.tenant) {
            issuers.insert(issuer.issuer.clone(), issuer);
        }
    }
    Ok(Directory { tenants, issuers })
}

/// What the law wants on the pages of an organisation: addresses on the web, or to write to (`mailto:`).
#[derive(Default, Serialize, ToSchema)]
pub struct Links {
    pub imprint_url: Option<String>,
    pub data_protection_url: Option<String>,
    pub accessibility_url: Option<String>,
}

#[derive(Default, Serialize, ToSchema)]
pub struct Organisation {
    pub name: String,
    /// `#rrggbb`. Null: Konvent's own.
    pub colour_light: Option<String>,
    pub colour_dark: Option<String>,
    #[serde(flatten)]
    pub links: Links,
}

impl Directory {
    /// An organisation as its pages shall show it. The links of the settings are those of the default organisation: one has
    /// an imprint of its own, or none.
    pub fn organisation(&self, settings: &config::Organisation, id: TenantId) -> Organisation {
        let tenant = self.tenant(id);
        let link = |own: fn(&Tenant) -> &Option<String>, default: &str| {
            let default = (id == TenantId::DEFAULT && !default.is_empty()).then(|| default.to_owned());
            tenant.and_then(|tenant| own(tenant).clone()).or(default)
        };
        let links = Links {
            imprint_url: link(|tenant| &tenant.imprint_url, &settings.imprint_url),
            data_protection_url: link(|tenant| &tenant.data_protection_url, &settings.data_protection_url),
            accessibility_url: link(|tenant| &tenant.accessibility_url, &settings.accessibility_url),
        };
        let name = tenant.and_then(|tenant| tenant.organisation_name.clone());
        Organisation {
            name: name.unwrap_or_else(|| settings.name.clone()),
            colour_light: tenant.and_then(|tenant| tenant.colour_light.clone()),
            colour_dark: tenant.and_then(|tenant| tenant.colour_dark.clone()),
            links,
        }
    }
}
