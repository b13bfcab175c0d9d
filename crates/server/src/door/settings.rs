// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/settings`: the settings in force, secrets masked, for administrators of the installation. They are changed in
//! the settings file and the environment, not here.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::extract::Json;
use crate::http::failure::{Answer, ErrorBody};
use crate::identity::caller::Operator;

#[derive(Serialize, ToSchema)]
pub struct Setting {
    #[schema(example = "http.listen")]
    pub key: String,
    /// As in a settings file (TOML); a secret that is set is `********`.
    #[schema(example = "127.0.0.1:8080")]
    pub value: String,
}

/// The settings in force, by key.
#[utoipa::path(get, path = "/admin/settings", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = Vec<Setting>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<App>, _operator: Operator) -> Answer<Json<Vec<Setting>>> {
    let settings = app.config.shown.iter();
    let settings = settings.map(|(key, value)| Setting {
        key: key.clone(),
        value: value.clone(),
    });
    Ok(Json(settings.collect()))
}
