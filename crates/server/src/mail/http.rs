// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/mail`: whether mails are sent, for administrators. The settings themselves are the operator's.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::extract::Json;
use crate::http::failure::{Answer, ErrorBody};
use crate::identity::caller::Administrator;

#[derive(Serialize, ToSchema)]
pub struct MailStatus {
    /// False: nobody is told of invitations; the operator has to set `mail.url`.
    pub is_configured: bool,
    /// The address that mails come from.
    pub from: String,
}

/// Whether mails are sent; for administrators.
#[utoipa::path(get, path = "/admin/mail", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = MailStatus), (status = 403, body = ErrorBody)))]
pub async fn status(State(app): State<App>, _administrator: Administrator) -> Answer<Json<MailStatus>> {
    Ok(Json(MailStatus {
        is_configured: app.mail.is_on(),
        from: app.config.mail.from.clone(),
    }))
}
