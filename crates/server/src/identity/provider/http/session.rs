// SPDX-License-Identifier: EUPL-1.2
//! The login cookie: whose browser has logged in, so that the next authorization needs no password. Not an access right:
//! the REST interface takes no cookie. Only the hash of its secret is stored.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::keys;
use crate::app::App;
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::db::millis;
use crate::http::extract::Json;
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::identity::provider::store::{self, Session};
use crate::identity::provider::{ID, LOGIN_SECS};

const COOKIE: &str = "konvent_login";

/// Opens a session and gives the cookie for it.
pub async fn open(change: &mut Change, origin: &Origin, account: &str) -> anyhow::Result<(Session, String)> {
    let secret = clock::secret();
    let now = clock::now();
    let session = Session {
        tenant: change.tenant,
        secret_hash: hashed(&secret),
        account: account.to_owned(),
        authenticated_at: millis(now),
    };
    let expires = millis(now + SignedDuration::from_secs(LOGIN_SECS));
    store::add_session(change, &session, expires).await?;
    Ok((session, cookie(origin, COOKIE, &secret, LOGIN_SECS)))
}

/// Over TLS the name of a cookie says that only this host can have set it, and only over TLS (RFC 6265bis, `__Host-`).
fn name(origin: &Origin, name: &str) -> String {
    let prefix = if origin.is_secure() { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// A cookie for our own host.
pub fn cookie(origin: &Origin, called: &str, value: &str, seconds: i64) -> String {
    let name = name(origin, called);
    // That prefix wants the whole host.
    let scope = if origin.is_secure() {
        "Path=/; Secure"
    } else {
        "Path=/identity"
    };
    format!("{name}={value}; {scope}; Max-Age={seconds}; HttpOnly; SameSite=Lax")
}

/// What a cookie of ours says.
pub fn value<'a>(origin: &Origin, headers: &'a HeaderMap, called: &str) -> Option<&'a str> {
    let name = name(origin, called);
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
    named.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The session of a request's cookie, if it is still open.
pub async fn find(app: &App, origin: &Origin, headers: &HeaderMap) -> anyhow::Result<Option<Session>> {
    let Some(secret) = value(origin, headers, COOKIE) else {
        return Ok(None);
    };
    let now = millis(clock::now());
    Ok(store::session(&app.db, &hashed(secret), now).await?)
}

#[derive(Deserialize)]
pub struct Logout {
    id_token_hint: Option<String>,
    #[serde(flatten)]
    then: Then,
}

/// Where to go when the login has ended.
#[derive(Deserialize)]
pub struct Then {
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Hint {
    sub: String,
}

#[derive(Serialize)]
struct LoggedOut {
    redirect_to: String,
}

/// Ends the session with everything granted from it, and goes to a page of this server, or of a front end it serves (OpenID
/// Connect RP-Initiated Logout). The ID token proves that who asks is who has logged in: a link to here has none. Without it, a page asks.
pub async fn end_session(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Query(logout): Query<Logout>,
) -> Answer<Response> {
    let keys = keys(&app)?;
    let issuer = format!("{}/identity", origin.as_str());
    let Some(session) = find(&app, &origin, &headers).await? else {
        return Ok(Redirect::to(&address(&app, &origin, logout.then)).into_response());
    };
    let hint = logout.id_token_hint.as_deref();
    let hint = hint.and_then(|token| keys.verify_old::<Hint>(ID, token, &issuer).ok());
    if hint.is_none_or(|hint| hint.sub != session.account) {
        let mut page = Url::parse(&format!("{}/logout", origin.as_str())).map_err(anyhow::Error::from)?;
        let asked = [
            ("post_logout_redirect_uri", logout.then.post_logout_redirect_uri),
            ("state", logout.then.state),
        ];
        for (name, value) in asked {
            page.query_pairs_mut().extend_pairs(value.map(|value| (name, value)));
        }
        return Ok(Redirect::to(page.as_str()).into_response());
    }
    store::end_session(&app.db, &session.secret_hash).await?;
    let gone = [(header::SET_COOKIE, cookie(&origin, COOKIE, "", 0))];
    Ok((gone, Redirect::to(&address(&app, &origin, logout.then))).into_response())
}

/// The same for whom our page has asked. A page of somebody else cannot send this: neither the cookie nor JSON.
pub async fn log_out(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Json(then): Json<Then>,
) -> Answer<Response> {
    keys(&app)?;
    if let Some(session) = find(&app, &origin, &headers).await? {
        store::end_session(&app.db, &session.secret_hash).await?;
    }
    let gone = [(header::SET_COOKIE, cookie(&origin, COOKIE, "", 0))];
    let body = LoggedOut {
        redirect_to: address(&app, &origin, then),
    };
    Ok((gone, Json(body)).into_response())
}

fn address(app: &App, origin: &Origin, then: Then) -> String {
    let home = format!("{}/", origin.as_str());
    let asked = then.post_logout_redirect_uri.and_then(|uri| Url::parse(&uri).ok());
    let Some(mut url) = asked.filter(|url| origin.serves(&app.config, &url.origin().ascii_serialization())) else {
        return home;
    };
    if let Some(state) = then.state {
        url.query_pairs_mut().append_pair("state", &state);
    }
    url.into()
}
