// SPDX-License-Identifier: EUPL-1.2
//! `/config.js`: what a web client has to know before it can ask anything, as OpenTalk's front end reads it (profile
//! section 3), plus `konvent` for our own client. Nothing secret: anybody can fetch it.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::json;

use crate::VERSION;
use crate::app::App;
use crate::http::origin::Origin;
use crate::ids::TenantId;

/// How people log in who come by an address.
pub struct Login {
    pub tenant: TenantId,
    /// Empty: the built-in provider.
    pub issuer: String,
    pub client_id: String,
}

/// An address of its own leads to the tenant's own provider; every other one to the provider of the settings.
pub async fn login(app: &App, origin: &Origin) -> Login {
    let directory = app.tenants.directory(&app.db).await;
    let tenant = directory
        .at_host(origin.host())
        .map_or(TenantId::DEFAULT, |tenant| tenant.id);
    let settings = &app.config.identity;
    let own = directory.login_of(tenant).filter(|_| tenant != TenantId::DEFAULT);
    let (issuer, client_id) = own.map_or((&settings.issuer, &settings.client_id), |own| {
        (&own.issuer, &own.client_id)
    });
    Login {
        tenant,
        issuer: issuer.clone(),
        client_id: client_id.clone(),
    }
}

pub async fn config_js(State(app): State<App>, origin: Origin) -> impl IntoResponse {
    let config = &app.config;
    let login = login(&app, &origin).await;
    let authority = match login.issuer.as_str() {
        "" => format!("{}/identity", origin.as_str()),
        issuer => issuer.to_owned(),
    };
    let organisation = app.organisation(login.tenant).await;
    let links = &organisation.links;
    let mut settings = json!({
        "insecure": !origin.is_secure(),
        "baseUrl": origin.as_str(),
        "controller": origin.host(),
        "oidcConfig": {
            "authority": authority,
            "clientId": login.client_id,
            "redirectPath": "/auth/callback",
            "signOutRedirectUri": format!("{}/", origin.as_str()),
            "popupRedirectPath": "/auth/popup_callback",
            "scope": "openid profile email",
        },
        "features": {
            "userSearch": config.users.search,
            "muteUsers": true,
            "resetHandraises": true,
            "addUser": false,
            "joinWithoutMedia": true,
            "e2eEncryption": false,
        },
        "spacedeck": { "enabled": false },
        "konvent": {
            "version": VERSION,
            "organisationName": organisation.name,
            "builtInLogin": login.issuer.is_empty(),
            "mails": app.mail.is_on(),
            "colours": {
                "light": organisation.colour_light,
                "dark": organisation.colour_dark,
            },
            "links": links,
        },
    });
    // The front end shows what is there; an empty address would be a link that leads to its own page.
    for (name, address) in [
        ("imprintUrl", &links.imprint_url),
        ("dataProtectionUrl", &links.data_protection_url),
    ] {
        if let Some(address) = address {
            settings[name] = json!(address);
        }
    }
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

/// Where the REST interface lies, relative to where `.well-known` is served.
pub async fn well_known_api() -> impl IntoResponse {
    axum::Json(json!({ "opentalk_api": { "v1": { "base_url": "v1" } } }))
}
