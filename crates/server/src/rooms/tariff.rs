// SPDX-License-Identifier: EUPL-1.2
//! What a meeting may use: quotas and modules (profile §2, `TariffResource`). Not a price list: there is one tariff, and
//! it limits nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Serialize, ToSchema)]
pub struct Tariff {
    pub id: Uuid,
    pub name: String,
    /// `max_storage` (bytes), `room_time_limit_secs`, `room_participant_limit`; absent means unlimited.
    pub quotas: BTreeMap<String, u64>,
    pub modules: BTreeMap<String, Module>,
}

#[derive(Clone, Default, Serialize, ToSchema)]
pub struct Module {
    pub features: Vec<String>,
}

const MODULES: [&str; 7] = [
    "core",
    "echo",
    "livekit",
    "chat",
    "raise_hands",
    "reaction",
    "moderation",
];

impl Tariff {
    pub fn standard() -> Tariff {
        Tariff {
            id: Uuid::from_u128(1),
            name: "Standard".into(),
            quotas: BTreeMap::new(),
            modules: MODULES
                .into_iter()
                .map(|name| (name.into(), Module::default()))
                .collect(),
        }
    }
}
