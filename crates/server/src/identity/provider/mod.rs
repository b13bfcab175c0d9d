// SPDX-License-Identifier: EUPL-1.2
//! The built-in OpenID provider at `{origin}/identity`: authorization code with PKCE (S256) for one public client, this
//! server's own pages (RFC 6749, 7636, 9207, 9700; OpenID Connect Core). Not for foreign clients. Without a local
//! signing key (a foreign provider is set) every path answers 404.

pub mod account;
pub mod authorize;
mod device;
pub mod discovery;
pub mod login;
pub mod session;
pub mod store;
pub mod token;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::{delete, get, post};

use super::Source;
use super::keys::Keys;
use crate::app::App;
use crate::http::failure::Refused;

/// Times in seconds: a code is taken at once, an access token is short, a refresh token is rotated.
pub const CODE_SECS: i64 = 60;
pub const ACCESS_SECS: u64 = 10 * 60;
pub const REFRESH_SECS: u64 = 7 * 24 * 3600;
pub const GRANT_SECS: i64 = 30 * 24 * 3600;
pub const LOGIN_PAGE_SECS: u64 = 15 * 60;
pub const LOGIN_SECS: i64 = 12 * 3600;
/// The `typ` of ID tokens.
pub const ID: &str = "JWT";

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
            get(account::second_factor::status)
                .post(account::second_factor::propose)
                .put(account::second_factor::confirm)
                .delete(account::second_factor::remove),
        )
        .route(
            "/account/second_factor/recovery_codes",
            post(account::second_factor::renew_codes),
        )
        .route("/account/passkeys/start", post(account::passkeys::start))
        .route(
            "/account/passkeys",
            get(account::passkeys::list).post(account::passkeys::add),
        )
        .route("/account/passkeys/{id}", delete(account::passkeys::remove))
        .route("/passkey/start", post(account::passkeys::login::start))
        .route("/passkey/login", post(account::passkeys::login::login))
        .route("/account/forgotten", post(account::link::forgotten))
        .route("/account/new_password", post(account::link::set))
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
    match &app.identity.source {
        Source::BuiltIn(keys) => Ok(keys),
        Source::External(_) => Err(Refused::not_found()),
    }
}
