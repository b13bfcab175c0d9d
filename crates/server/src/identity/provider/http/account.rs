// SPDX-License-Identifier: EUPL-1.2
//! What people do with their own local account: see and end their logins, change the password. Not for administrators.
//! A stolen access token cannot take the account over: a new password takes the old one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{keys, login};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::{millis, time};
use crate::http::client::Client;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::{ACCESS, Known};
use crate::identity::password;
use crate::identity::provider;
use crate::identity::provider::account::store;
use crate::identity::throttle::Counter;
use crate::users::User;

/// One login of one browser.
#[derive(Serialize)]
pub struct Login {
    id: String,
    /// What the browser calls itself (`User-Agent`); absent for logins from before this was kept.
    browser: Option<String>,
    logged_in_at: jiff::Timestamp,
    last_used_at: jiff::Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

/// No `Debug`: passwords.
#[derive(Deserialize)]
pub struct NewPassword {
    current_password: String,
    new_password: String,
}

/// What who changes the ways to log in has to know. No `Debug`: a password.
#[derive(Deserialize)]
pub struct Password {
    pub(super) current_password: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sid: String,
}

/// The login of the access token of this request. Its owner has been checked before.
fn current(app: &App, origin: &Origin, headers: &HeaderMap) -> Result<String, Refused> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value
        .and_then(|value| value.trim().split_once(' '))
        .map(|(_, token)| token.trim());
    let issuer = format!("{}/identity", origin.as_str());
    let claims: Claims = keys(app)?
        .verify(ACCESS, token.unwrap_or_default(), &issuer)
        .map_err(Refused::invalid_token)?;
    Ok(claims.sid)
}

pub async fn account(app: &App, user: &User) -> sqlx::Result<String> {
    provider::store::subject(&app.db, user.tenant, user.id).await
}

/// Proves that who asks knows the password, so that a stolen access token opens no way in for good. Gives the account;
/// 422 with a wrong password, 429 after too many of them.
pub async fn prove(app: &App, user: &User, Client(address): Client, current_password: String) -> Answer<String> {
    keys(app)?;
    // Counted apart from logins: who holds a token cannot keep the owner from logging in, nor guess without a wait.
    let counted = [Counter::password(user.id), Counter::address(address)];
    if let Err(secs) = app.identity.throttle.attempt(counted, clock::now()) {
        tracing::warn!("a change of the account was refused: too many attempts");
        return Err(Refused::too_many("too_many_attempts", login::TOO_MANY_ATTEMPTS, secs).into());
    }
    let account = account(app, user).await?;
    let hash = store::password_hash(&app.db, user.tenant, &account).await?;
    let long = current_password.chars().count() > password::LONGEST;
    if long || !password::verify(current_password, hash).await? {
        let wrong = Invalid::new("current_password", "wrong_password", "This is not your password.");
        return Err(Refused::validation(vec![wrong]).into());
    }
    app.identity.throttle.succeeded(counted);
    Ok(account)
}

/// The logins that can still renew themselves, the one used last first.
pub async fn logins(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Known(user): Known,
) -> Answer<Json<Vec<Login>>> {
    let current = current(&app, &origin, &headers)?;
    let account = account(&app, &user).await?;
    let rows = store::logins(&app.db, user.tenant, &account, millis(clock::now())).await?;
    let logins = rows.into_iter().map(|row| Login {
        current: row.id == current,
        id: row.id,
        browser: row.browser,
        logged_in_at: time(row.authenticated_at),
        last_used_at: time(row.used_at),
    });
    Ok(Json(logins.collect()))
}

/// Ends one login at once, with its cookie and its tokens.
pub async fn end(State(app): State<App>, Known(user): Known, Id(id): Id<uuid::Uuid>) -> Answer<StatusCode> {
    keys(&app)?;
    let account = account(&app, &user).await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::end(&mut change, &account, &id.to_string()).await? {
        return Err(Refused::not_found().into());
    }
    change.record(Entry::by(user.id, Action::LoginEnded).on(id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every login but the one that asks.
pub async fn end_others(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Known(user): Known,
) -> Answer<StatusCode> {
    let current = current(&app, &origin, &headers)?;
    let account = account(&app, &user).await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::end_others(&mut change, &account, &current).await?;
    change.record(Entry::by(user.id, Action::LoginEnded).on(user.id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password and ends every other login.
pub async fn change_password(
    State(app): State<App>,
    origin: Origin,
    client: Client,
    headers: HeaderMap,
    Known(user): Known,
    Json(body): Json<NewPassword>,
) -> Answer<StatusCode> {
    let current = current(&app, &origin, &headers)?;
    let hash = store::password_hash(&app.db, user.tenant, &account(&app, &user).await?).await?;
    let account = prove(&app, &user, client, body.current_password).await?;
    if let Some(problem) = password::problem(&body.new_password, &user.email) {
        let weak = Invalid::new("new_password", "invalid_password", problem);
        return Err(Refused::validation(vec![weak]).into());
    }
    let next = password::hash(body.new_password).await?;
    let last = hash.unwrap_or_default();
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::change_password(&mut change, &account, &last, &next, &current).await? {
        let text = "The password has just been changed elsewhere. Log in again.";
        return Err(Refused::new(StatusCode::CONFLICT, "conflict", text).into());
    }
    change.record(Entry::by(user.id, Action::PasswordChanged).on(user.id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
