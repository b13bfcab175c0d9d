// SPDX-License-Identifier: EUPL-1.2
//! The login page's request: e-mail address and password for a pending authorization. Not the page: that belongs to the
//! web client. Wrong address and wrong password look and last the same.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::authorize::{self, LOGIN_REQUEST, LoginRequest};
use super::{keys, session, store};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry};
use crate::clock;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Refused};
use crate::http::origin::Origin;
use crate::identity::password;
use crate::ids::TenantId;
use crate::users;

/// No `Debug`: it holds a password.
#[derive(Deserialize)]
pub struct Login {
    request: String,
    email: String,
    password: String,
}

pub async fn login(
    State(app): State<App>,
    origin: Origin,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Json(login): Json<Login>,
) -> Answer<Response> {
    let keys = keys(&app)?;
    let issuer = format!("{}/identity", origin.as_str());
    let request: LoginRequest = keys.verify(LOGIN_REQUEST, &login.request, &issuer).map_err(|reason| {
        tracing::info!(reason, "login refused: the request does not hold");
        Refused::gone("login_expired", "This login page is too old. Start again.")
    })?;
    // The token's leeway is for clocks of others; this one is our own.
    if request.exp <= clock::unix() {
        return Err(Refused::gone("login_expired", "This login page is too old. Start again.").into());
    }
    let email = users::folded(&login.email);
    let address = client_address(&app, peer.map(|Extension(ConnectInfo(peer))| peer), &headers);
    if let Err(secs) = app.identity.throttle.attempt(&email, address, clock::now()) {
        tracing::warn!("login refused: too many attempts");
        return Ok(too_many_attempts(secs));
    }
    let account = store::account(&app.db, &email).await?;
    // Whose address it is, if anybody's, so that the attempt stands in that organisation's log.
    let asked = account.as_ref().map_or(TenantId::DEFAULT, |(tenant, ..)| *tenant);
    let (found, hash) = account.map(|(tenant, id, hash)| ((tenant, id), hash)).unzip();
    let long = login.password.chars().count() > password::LONGEST;
    let right = !long && password::verify(login.password, hash).await?;
    let Some((tenant, account)) = found.filter(|_| right) else {
        tracing::info!("login refused: wrong e-mail address or password");
        audit::record(&app.db, asked, Entry::by(Actor::Nobody, Action::LoginFailed)).await?;
        let text = "The e-mail address or the password is wrong.";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "invalid_credentials", text).into());
    };
    app.identity.throttle.succeeded(&email, address);
    let user = users::store::by_subject(&app.db, tenant, users::LOCAL, &account).await?;
    if user.is_none_or(|user| user.is_blocked) {
        tracing::info!("login refused: the account or its organisation is disabled");
        let text = "This account has been disabled. Ask your administrator.";
        return Err(Refused::new(StatusCode::FORBIDDEN, "account_disabled", text).into());
    }
    let entry = Entry::by(Actor::Nobody, Action::LoginSucceeded).on(&account);
    audit::record(&app.db, tenant, entry).await?;
    let (session, cookie) = session::open(&app, &origin, tenant, &account).await?;
    let to = authorize::grant(&app, &request, &session).await?;
    let headers = [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, "no-store".into())];
    Ok((headers, axum::Json(json!({"redirect_to": to}))).into_response())
}

/// The answer to who has to wait before the next attempt.
pub fn too_many_attempts(secs: i64) -> Response {
    let body = json!({
        "code": "too_many_attempts",
        "message": "Too many attempts. Wait before you try again.",
        "retry_after_secs": secs,
    });
    let headers = [(header::RETRY_AFTER, secs.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}

/// Behind a proxy the address that the proxy added last; anything before it may be invented.
pub fn client_address(app: &App, peer: Option<SocketAddr>, headers: &HeaderMap) -> IpAddr {
    let forwarded = app.config.http.behind_proxy.then(|| {
        let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        value.rsplit(',').next()?.trim().parse().ok()
    });
    forwarded
        .flatten()
        .or(peer.map(|peer| peer.ip()))
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
