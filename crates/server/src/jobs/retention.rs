// SPDX-License-Identifier: EUPL-1.2
//! Deletes what has served its purpose: `crate::retention`. Hourly.

use serde::{Deserialize, Serialize};

use super::Failed;
use crate::app::App;
use crate::ids::TenantId;

#[derive(Serialize, Deserialize)]
pub struct Retention {}

impl Retention {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        Ok(crate::retention::run(app, tenant).await?)
    }
}
