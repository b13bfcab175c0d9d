// SPDX-License-Identifier: EUPL-1.2
//! Removes jobs that were given up long ago: they may name people. Not a retry. Daily.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::ids::TenantId;
use crate::queue::{Failed, Payload, store};

/// How long administrators can see what failed.
const KEPT_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;

#[derive(Serialize, Deserialize)]
pub struct ForgetFailed {}

impl Payload for ForgetFailed {
    const KIND: &str = "forget_failed";
}

impl ForgetFailed {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        store::forget_failed(&app.db, tenant, millis(clock::now()) - KEPT_MILLIS).await?;
        Ok(())
    }
}
