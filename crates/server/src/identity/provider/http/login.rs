// SPDX-License-Identifier: EUPL-1.2
//! The login page's request: e-mail address and password for a pending authorization. Not the page: that belongs to the
//! web client. Wrong address and wrong password look and last the same.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::{self, LOGIN_REQUEST};
use super::{device, keys, session};
use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::millis;
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::keys::Keys;
use crate::identity::password;
use crate::identity::provider::account::second_factor::{self, RecoveryCodes};
use crate::identity::provider::{LoginRequest, store};
use crate::identity::throttle::Counter;
use crate::ids::TenantId;
use crate::users::{self, User};

/// No `Debug`: it holds a password.
#[derive(Deserialize)]
pub struct Login {
    request: String,
    email: String,
    password: String,
    /// Of the second factor, when the account has one: from its app, or a recovery code.
    code: Option<String>,
}

/// No `Debug`: secrets.
#[derive(Serialize)]
struct Entered {
    redirect_to: String,
    #[serde(flatten)]
    codes: Option<RecoveryCodes>,
}

pub async fn login(
    State(app): State<App>,
    origin: Origin,
    Client(address): Client,
    headers: HeaderMap,
    Json(login): Json<Login>,
) -> Answer<Response> {
    let keys = keys(&app)?;
    let request = pending(keys, &origin, &login.request)?;
    let email = users::folded(&login.email);
    refuse_long(&email)?;
    let counted = [
        device::counted(&app, &origin, &headers, &email)?,
        Counter::address(address),
    ];
    if let Err(secs) = app.identity.throttle.attempt(counted, clock::now()) {
        tracing::warn!("login refused: too many attempts");
        return Ok(too_many_attempts(secs));
    }
    let account = store::account(&app.db, &email).await?;
    // Whose address it is, if anybody's, so that the attempt stands in that organisation's log.
    let asked = account.as_ref().map_or(TenantId::DEFAULT, |(tenant, ..)| *tenant);
    let (found, hash) = account.map(|(tenant, id, hash)| ((tenant, id), hash)).unzip();
    let long = login.password.chars().count() > password::LONGEST;
    let right = !long && password::verify(login.password, hash).await?;
    let Some((tenant, account)) = found.clone().filter(|_| right) else {
        tracing::info!("login refused: wrong e-mail address or password");
        let account = found.map(|(_, account)| account).unwrap_or_default();
        failed(&app, asked, &account, address).await?;
        let text = "The e-mail address or the password is wrong.";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "invalid_credentials", text).into());
    };
    let user = enabled(&app, tenant, &account).await?;
    // Who is asked for the code comes a second time for one login, and so does everybody behind the same address. For the
    // account it counts until the code was right: codes cannot be guessed without a wait either.
    let half_done = || app.identity.throttle.succeeded([Counter::address(address)]);
    let codes = match second_factor::check(&app.identity, &user, &account, login.code.as_deref()).await? {
        second_factor::Checked::Right => None,
        second_factor::Checked::Added(codes) => Some(codes),
        second_factor::Checked::Required(proposal) => {
            half_done();
            let body = json!({
                "code": "second_factor_setup_required",
                "message": "A second factor is required here. Add it to your authenticator app.",
                "proposal": proposal,
            });
            let headers = [(header::CACHE_CONTROL, "no-store")];
            return Ok((StatusCode::UNAUTHORIZED, headers, axum::Json(body)).into_response());
        }
        second_factor::Checked::Missing => {
            half_done();
            let text = "Enter the code from your authenticator app.";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "second_factor_required", text).into());
        }
        second_factor::Checked::Wrong => {
            tracing::info!("login refused: wrong code of the second factor");
            failed(&app, tenant, &account, address).await?;
            let text = "This code is wrong, or was used already. Wait for the next one.";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "invalid_code", text).into());
        }
    };
    app.identity.throttle.succeeded(counted);
    enter(&app, &origin, &request, &user, &account, codes).await
}

/// No address is longer: it is not looked for.
pub fn refuse_long(email: &str) -> Result<(), Refused> {
    if email.chars().count() <= users::LONGEST_EMAIL {
        return Ok(());
    }
    let text = format!("At most {} characters.", users::LONGEST_EMAIL);
    Err(Refused::validation(vec![Invalid::new("email", "invalid_length", text)]))
}

/// Records a login that was refused, with where it came from and whose account it was, if anybody's. What was typed is not
/// recorded: it may be anything.
pub async fn failed(app: &App, tenant: TenantId, account: &str, address: IpAddr) -> sqlx::Result<()> {
    let user = users::store::by_subject(&app.db, tenant, users::LOCAL, account).await?;
    let entry = Entry::by(Actor::Nobody, Action::LoginFailed).with("address", address);
    let entry = match user {
        Some(user) => entry.on(user.id),
        None => entry.with("account", "unknown"),
    };
    Change::note(&app.db, tenant, entry).await
}

/// The owner of an account who may log in.
pub async fn enabled(app: &App, tenant: TenantId, account: &str) -> Answer<User> {
    let user = users::store::by_subject(&app.db, tenant, users::LOCAL, account).await?;
    let user = user.filter(|user| !user.is_blocked).ok_or_else(|| {
        tracing::info!("login refused: the account or its organisation is disabled");
        let text = "This account has been disabled. Ask your administrator.";
        Refused::new(StatusCode::FORBIDDEN, "account_disabled", text)
    })?;
    Ok(user)
}

/// Logs an account in whose owner has proved themselves. `codes`: those of a second factor that this login has added.
pub async fn enter(
    app: &App,
    origin: &Origin,
    request: &LoginRequest,
    user: &User,
    account: &str,
    codes: Option<RecoveryCodes>,
) -> Answer<Response> {
    let entry = Entry::by(user.id, Action::LoginSucceeded).on(user.id);
    let mut change = Change::begin(&app.db, user.tenant).await?;
    let (session, cookie) = session::open(&mut change, origin, account).await?;
    let to = authorize::grant(&mut change, request, &session).await?;
    change.record(entry);
    change.commit().await?;
    store::tidy(&app.db, millis(clock::now())).await?;
    let browser = device::cookie(app, origin, &user.email)?;
    let cookies = AppendHeaders([(header::SET_COOKIE, cookie), (header::SET_COOKIE, browser)]);
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let body = Entered { redirect_to: to, codes };
    Ok((headers, cookies, axum::Json(body)).into_response())
}

/// The authorization that a login page was made for.
pub fn pending(keys: &Keys, origin: &Origin, token: &str) -> Answer<LoginRequest> {
    let issuer = format!("{}/identity", origin.as_str());
    let too_old = || Refused::gone("login_expired", "This login page is too old. Start again.");
    let request: LoginRequest = keys.verify(LOGIN_REQUEST, token, &issuer).map_err(|reason| {
        tracing::info!(reason, "login refused: the request does not hold");
        too_old()
    })?;
    // The token's leeway is for clocks of others; this one is our own.
    if request.exp <= clock::unix() {
        return Err(too_old().into());
    }
    Ok(request)
}

pub const TOO_MANY_ATTEMPTS: &str = "Too many attempts. Wait before you try again.";

/// The answer to who has to wait before the next attempt.
pub fn too_many_attempts(secs: i64) -> Response {
    let body = json!({
        "code": "too_many_attempts",
        "message": TOO_MANY_ATTEMPTS,
        "retry_after_secs": secs,
    });
    let headers = [(header::RETRY_AFTER, secs.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}
