// SPDX-License-Identifier: EUPL-1.2
//! `/config.js`: what a web client has to know before it can ask anything, as OpenTalk's front end reads it (profile
//! section 3), plus `konvent` for our own client. Nothing secret: anybody can fetch it.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::json;

use super::origin::Origin;
use crate::VERSION;
use crate::app::App;
use crate::ids::TenantId;
use crate::tenants;

pub async fn config_js(State(app): State<App>, origin: Origin) -> impl IntoResponse {
    let config = &app.config;
    let built_in = config.identity.issuer.is_empty();
    let authority = if built_in {
        format!("{}/identity", origin.as_str())
    } else {
        config.identity.issuer.clone()
    };
    let organisation = match tenants::store::organisation_name(&app.db, TenantId::DEFAULT).await {
        Ok(name) => name,
        Err(error) => {
            tracing::error!(%error, "the organisation's name cannot be read");
            None
        }
    };
    let organisation = organisation.unwrap_or_else(|| config.organisation.name.clone());
    let settings = json!({
        "insecure": !origin.is_secure(),
        "baseUrl": origin.as_str(),
        "controller": origin.host(),
        "oidcConfig": {
            "authority": authority,
            "clientId": config.identity.client_id,
            "redirectPath": "/auth/callback",
            "signOutRedirectUri": format!("{}/", origin.as_str()),
            "popupRedirectPath": "/auth/popup_callback",
            "scope": "openid profile email",
        },
        "features": {
            "userSearch": false,
            "muteUsers": true,
            "resetHandraises": true,
            "addUser": false,
            "joinWithoutMedia": true,
            "e2eEncryption": false,
        },
        "spacedeck": { "enabled": false },
        "konvent": {
            "version": VERSION,
            "organisationName": organisation,
            "builtInLogin": built_in,
        },
    });
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, format!("window.config = {settings};\n"))
}

/// Where other programs (calendar add-ins) find the REST interface of this address.
pub async fn well_known_client(origin: Origin) -> impl IntoResponse {
    axum::Json(json!({ "opentalk_controller": { "base_url": origin.as_str() } }))
}
