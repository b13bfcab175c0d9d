// SPDX-License-Identifier: EUPL-1.2
//! The paths below `/identity`: the endpoints of the built-in provider, its login page and what people do with their own
//! account. Not what an account is. Without a local signing key every path answers 404.

pub mod account;
pub mod authorize;
mod device;
pub mod discovery;
mod link;
pub mod login;
mod passkey_login;
mod passkeys;
mod second_factor;
pub mod session;
pub mod token;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::{delete, get, post};

use crate::app::App;
use crate::http::failure::Refused;
use crate::identity::keys::Keys;

/// Below `/identity`.
pub fn routes() -> Router<App> {
    // What scripts of other origins may read: nothing here goes by cookie.
    let open = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::configuration).options(preflight),
        )
        .route("/jwks", get(discovery::jwks).options(preflight))
        .route("/token", post(token::token).options(preflight))
        .route(
            "/userinfo",
            get(discovery::userinfo).post(discovery::userinfo).options(preflight),
        )
        .layer(axum::middleware::map_response(allow_any_origin));
    Router::new()
        .route("/authorize", get(authorize::authorize))
        .route("/login", post(login::login))
        .route("/end_session", get(session::end_session))
        .route("/logout", post(session::log_out))
        .route("/account/logins", get(account::logins).delete(account::end_others))
        .route("/account/logins/{id}", delete(account::end))
        .route("/account/password", post(account::change_password))
        .route(
            "/account/second_factor",
            get(second_factor::status)
                .post(second_factor::propose)
                .put(second_factor::confirm)
                .delete(second_factor::remove),
        )
        .route(
            "/account/second_factor/recovery_codes",
            post(second_factor::renew_codes),
        )
        .route("/account/passkeys/start", post(passkeys::start))
        .route("/account/passkeys", get(passkeys::list).post(passkeys::add))
        .route("/account/passkeys/{id}", delete(passkeys::remove))
        .route("/passkey/start", post(passkey_login::start))
        .route("/passkey/login", post(passkey_login::login))
        .route("/account/forgotten", post(link::forgotten))
        .route("/account/new_password", post(link::set))
        .merge(open)
}

async fn preflight() -> [(header::HeaderName, &'static str); 3] {
    [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ]
}

async fn allow_any_origin(mut response: axum::response::Response) -> axum::response::Response {
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn keys(app: &App) -> Result<&Keys, Refused> {
    app.identity.keys().ok_or_else(Refused::not_found)
}
