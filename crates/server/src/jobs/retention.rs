// SPDX-License-Identifier: EUPL-1.2
//! Deletes what has served its purpose: `crate::retention`. Hourly.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::ids::{RoomId, TenantId};
use crate::queue::{Failed, Payload};

#[derive(Serialize, Deserialize)]
pub struct Retention {}

impl Payload for Retention {
    const KIND: &str = "retention";
}

impl Retention {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        let is_running = |room: RoomId| app.registry.is_running(konvent_meeting::RoomId(room.0));
        crate::retention::run(&app.db, &app.config, &app.assets, is_running, tenant).await?;
        Ok(())
    }
}
