// SPDX-License-Identifier: EUPL-1.2
//! Mails an address to set a new password to whoever has an account with an e-mail address, and does nothing for who has
//! none. Running twice mails twice; both addresses work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Failed;
use crate::app::App;
use crate::identity::provider::account::link;
use crate::ids::TenantId;

#[derive(Serialize, Deserialize)]
pub struct PasswordForgotten {
    /// Of the account; empty: there is none.
    pub email: String,
    pub expires_at: Timestamp,
}

impl PasswordForgotten {
    pub async fn run(&self, app: &App, _tenant: TenantId) -> Result<(), Failed> {
        link::mail_reset(app, &self.email, self.expires_at).await
    }
}
