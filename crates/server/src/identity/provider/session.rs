// SPDX-License-Identifier: EUPL-1.2
//! The login cookie: whose browser has logged in, so that the next authorization needs no password. Not an access right:
//! the REST interface takes no cookie. Only the hash of its secret is stored.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use reqwest::Url;
use serde::Deserialize;

use super::store::{self, Session};
use super::{LOGIN_SECS, keys};
use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::identity::hashed;
use crate::ids::TenantId;

const COOKIE: &str = "konvent_login";

/// Opens a session and gives the cookie for it.
pub async fn open(app: &App, origin: &Origin, tenant: TenantId, account: &str) -> anyhow::Result<(Session, String)> {
    let secret = clock::secret();
    let now = clock::now();
    let session = Session {
        tenant,
        secret_hash: hashed(&secret),
        account: account.to_owned(),
        authenticated_at: millis(now),
    };
    let expires = millis(now + SignedDuration::from_secs(LOGIN_SECS));
    store::add_session(&app.db, &session, expires).await?;
    Ok((session, cookie(origin, &secret, LOGIN_SECS)))
}

fn cookie(origin: &Origin, secret: &str, seconds: i64) -> String {
    let secure = if origin.is_secure() { "; Secure" } else { "" };
    format!("{COOKIE}={secret}; Path=/identity; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// Every cookie of a request, as `name=value`.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs.map(str::trim)
}

fn secret(headers: &HeaderMap) -> Option<&str> {
    cookies(headers).find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The session of a request's cookie, if it is still open.
pub async fn find(app: &App, headers: &HeaderMap) -> anyhow::Result<Option<Session>> {
    let Some(secret) = secret(headers) else { return Ok(None) };
    let now = millis(clock::now());
    Ok(store::session(&app.db, &hashed(secret), now).await?)
}

#[derive(Deserialize)]
pub struct Logout {
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// Ends the session with everything granted from it, and goes to a page of this server, or of a front end it serves.
pub async fn end_session(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Query(logout): Query<Logout>,
) -> Answer<Response> {
    keys(&app)?;
    if let Some(secret) = secret(&headers) {
        store::end_session(&app.db, &hashed(secret)).await?;
    }
    let home = format!("{}/", origin.as_str());
    let asked = logout.post_logout_redirect_uri.and_then(|uri| Url::parse(&uri).ok());
    let ours = asked.filter(|url| origin.serves(&app.config, &url.origin().ascii_serialization()));
    let to = match (ours, logout.state) {
        (Some(mut url), Some(state)) => {
            url.query_pairs_mut().append_pair("state", &state);
            url.into()
        }
        (Some(url), None) => url.into(),
        (None, _) => home,
    };
    let headers = [(header::SET_COOKIE, cookie(&origin, "", 0))];
    Ok((headers, Redirect::to(&to)).into_response())
}
