// SPDX-License-Identifier: EUPL-1.2
//! Sends out of running meetings whoever was disabled by another process: only the one that serves has them. Not the
//! disabling. The one rule: whoever is enabled again meanwhile stays.

use konvent_meeting::ParticipantId;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::ids::{TenantId, UserId};
use crate::queue::{Failed, Payload};
use crate::{tenants, users};

#[derive(Serialize, Deserialize)]
pub struct Expulsion {
    /// `None`: everybody of the organisation.
    pub person: Option<UserId>,
}

impl Payload for Expulsion {
    const KIND: &str = "expulsion";
}

impl Expulsion {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        if let Some(id) = self.person {
            let person = users::store::by_id(&app.db, tenant, id).await?;
            if person.is_none_or(|person| person.is_blocked) {
                app.registry.expel(tenant, ParticipantId(id.0)).await;
            }
        } else {
            let organisation = tenants::store::by_id(&app.db, tenant).await?;
            if organisation.is_none_or(|organisation| organisation.disabled) {
                app.registry.end_all(tenant).await;
            }
        }
        Ok(())
    }
}
