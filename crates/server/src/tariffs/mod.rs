// SPDX-License-Identifier: EUPL-1.2
//! What people may use: quotas and modules (profile §2, `TariffResource`). Not a price list, and not who pays. A room's
//! meeting has the tariff of the room's owner: their own, else their tenant's, else the standard one.

pub mod cli;
pub mod http;
pub mod store;

use std::collections::BTreeMap;

use konvent_meeting as meeting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Config;
use crate::db::Db;
use crate::ids::{TariffId, TenantId};
use crate::tenants::Tenants;
use crate::users::User;

pub use store::Stored;

/// What a client learns of a tariff.
#[derive(Clone, Serialize, ToSchema)]
pub struct Tariff {
    pub id: TariffId,
    pub name: String,
    /// `max_storage` (bytes), `room_time_limit_secs`, `room_participant_limit`; absent means unlimited.
    pub quotas: BTreeMap<String, u64>,
    pub modules: BTreeMap<String, Module>,
}

#[derive(Clone, Default, Serialize, ToSchema)]
pub struct Module {
    pub features: Vec<String>,
}

/// What the provider says of the person's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TariffStatus)]
pub enum Status {
    Default,
    Paid,
    /// Has the tariff that the setting `users.downgraded_tariff` names.
    Downgraded,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Default => "default",
            Status::Paid => "paid",
            Status::Downgraded => "downgraded",
        }
    }

    /// A word of a claim or of the database; one that is unknown is no special status.
    pub fn told(word: &str) -> Status {
        let all = [Status::Paid, Status::Downgraded];
        let told = all
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word));
        told.unwrap_or(Status::Default)
    }
}

/// Where the tariffs of people are looked up.
pub struct Tariffs {
    db: Db,
    tenants: Tenants,
    /// Name of the one that whoever is downgraded has; empty: their own.
    downgraded: String,
}

impl Tariffs {
    pub fn new(db: Db, tenants: Tenants, config: &Config) -> Tariffs {
        Tariffs {
            db,
            tenants,
            downgraded: config.users.downgraded_tariff.clone(),
        }
    }

    /// The tariff of a person.
    pub async fn of(&self, user: &User) -> sqlx::Result<Stored> {
        self.of_account(user.tenant, user.tariff, &user.tariff_status).await
    }

    /// The same of somebody of whom no more is known. `own`: a tariff that is theirs and not their tenant's.
    pub async fn of_account(&self, tenant: TenantId, own: Option<TariffId>, status: &str) -> sqlx::Result<Stored> {
        let Tariffs { db, downgraded, .. } = self;
        if Status::told(status) == Status::Downgraded && !downgraded.is_empty() {
            match store::by_name(db, downgraded).await? {
                Some(tariff) => return Ok(tariff),
                None => tracing::warn!("users.downgraded_tariff names a tariff that does not exist"),
            }
        }
        let of_tenant = match own {
            Some(_) => None,
            None => {
                let directory = self.tenants.directory(db).await;
                directory.tenant(tenant).and_then(|tenant| tenant.tariff)
            }
        };
        let id = own.or(of_tenant).unwrap_or(TariffId::STANDARD);
        match store::by_id(db, id).await? {
            Some(tariff) => Ok(tariff),
            None => store::by_id(db, TariffId::STANDARD)
                .await?
                .ok_or(sqlx::Error::RowNotFound),
        }
    }
}

impl Stored {
    pub fn quotas(&self) -> BTreeMap<String, u64> {
        let quotas = [
            ("max_storage", self.max_storage),
            ("room_time_limit_secs", self.room_time_limit_secs),
            ("room_participant_limit", self.room_participant_limit),
        ];
        let quota = |(name, value): (&str, Option<i64>)| Some((name.to_owned(), u64::try_from(value?).ok()?));
        quotas.into_iter().filter_map(quota).collect()
    }

    /// Whole modules that may not be used.
    pub fn disabled_modules(&self) -> Vec<String> {
        self.words()
            .filter(|word| !word.contains("::"))
            .map(str::to_owned)
            .collect()
    }

    /// `module::feature` that may not be used.
    pub fn disabled_features(&self) -> Vec<String> {
        self.words()
            .filter(|word| word.contains("::"))
            .map(str::to_owned)
            .collect()
    }

    pub fn allows_guests(&self) -> bool {
        self.words().all(|word| word != "core::guests_allowed")
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.disabled.split_whitespace()
    }

    /// What a meeting has to know.
    pub fn of_meeting(&self, used_quota: BTreeMap<String, u64>) -> meeting::Tariff {
        meeting::Tariff {
            id: self.id.0,
            name: self.name.clone(),
            quotas: self.quotas(),
            used_quota,
            disabled_features: self.disabled_features(),
            disabled_modules: self.disabled_modules(),
        }
    }
}

impl From<Stored> for Tariff {
    fn from(stored: Stored) -> Tariff {
        let modules = stored.of_meeting(BTreeMap::new()).enabled_modules();
        Tariff {
            id: stored.id,
            quotas: stored.quotas(),
            name: stored.name,
            modules: modules
                .into_iter()
                .map(|(name, features)| {
                    let features = features.into_iter().map(str::to_owned).collect();
                    (name.to_owned(), Module { features })
                })
                .collect(),
        }
    }
}
