// SPDX-License-Identifier: EUPL-1.2
//! Mails one person what happened to an event they are invited to. Running twice sends the same Message-ID twice.

use serde::{Deserialize, Serialize};

use super::Failed;
use crate::app::App;
use crate::ids::TenantId;
use crate::mail::{self, About, Receiver};

#[derive(Serialize, Deserialize)]
pub struct EventMail {
    pub to: Receiver,
    pub about: About,
}

impl EventMail {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        mail::send_event_mail(app, tenant, self).await
    }
}
