// SPDX-License-Identifier: EUPL-1.2
//! Mails one person an address at which they set a password. The secret in it is kept until the mail is sent or the
//! address has run out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Failed;
use crate::app::App;
use crate::ids::TenantId;
use crate::mail::{self, Receiver};

#[derive(Serialize, Deserialize)]
pub struct AccountMail {
    pub to: Receiver,
    /// `password_reset` or `account_invitation`.
    pub template: String,
    /// From the slash on.
    pub path: String,
    pub expires_at: Timestamp,
}

impl AccountMail {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        mail::send_account_mail(app, tenant, self).await
    }
}
