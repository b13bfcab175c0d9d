// SPDX-License-Identifier: EUPL-1.2
//! One-time addresses to set a password: for who forgot theirs, and for who is invited. The rule: whoever asks learns
//! nothing about which addresses have an account; what the mailbox gets is all there is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::{keys, login, store as provider};
use super::store;
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry};
use crate::clock;
use crate::db::millis;
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Invalid, Refused};
use crate::identity::throttle::Counter;
use crate::identity::{hashed, password};
use crate::ids::{TenantId, UserId};
use crate::jobs::Failed;
use crate::{mail, users};

const RESET: SignedDuration = SignedDuration::from_hours(1);
const HANDED_OUT: SignedDuration = SignedDuration::from_hours(24);
const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Deserialize)]
pub struct Forgotten {
    email: String,
}

/// No `Debug`: secrets.
#[derive(Deserialize)]
pub struct NewPassword {
    token: String,
    password: String,
}

/// Mails an address to set a new password to whoever has an account with this e-mail address.
pub async fn forgotten(
    State(app): State<App>,
    Client(address): Client,
    Json(body): Json<Forgotten>,
) -> Answer<Response> {
    keys(&app)?;
    if !app.mail.is_on() {
        let text = "This server sends no mails. Ask your administrator for a new password.";
        return Err(Refused::new(StatusCode::CONFLICT, "no_mail", text).into());
    }
    let email = users::folded(&body.email);
    login::refuse_long(&email)?;
    // Counted apart from logins: nobody fills a mailbox, nor keeps its owner from logging in.
    let counted = [Counter::reset(&email), Counter::address(address)];
    if let Err(secs) = app.identity.throttle.attempt(counted, clock::now()) {
        tracing::warn!("reset of a password refused: too many attempts");
        return Ok(login::too_many_attempts(secs));
    }
    let account = provider::account(&app.db, &email).await?;
    let whose = account.map(|(tenant, ..)| tenant);
    mail::password_forgotten(&app, whose, email, clock::now() + RESET).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Mails the address, if there is such an account. For the job.
pub async fn mail_reset(app: &App, email: &str, expires_at: jiff::Timestamp) -> Result<(), Failed> {
    if let Some((tenant, account, _)) = provider::account(&app.db, email).await?
        && let Some(user) = users::store::by_subject(&app.db, tenant, users::LOCAL, &account).await?
        && !user.is_blocked
    {
        let path = add(app, tenant, &account, expires_at).await?;
        mail::password_reset(app, tenant, user.id, path, expires_at).await?;
    }
    Ok(())
}

/// Mails an address to set the first password to the owner of a new account.
pub async fn invite(app: &App, tenant: TenantId, user: UserId) -> anyhow::Result<()> {
    let account = provider::subject(&app.db, tenant, user).await?;
    let expires = clock::now() + INVITATION;
    let path = add(app, tenant, &account, expires).await?;
    mail::account_invitation(app, tenant, mail::Receiver::User(user), &path, expires).await?;
    Ok(())
}

/// Makes an address to set a new password, to be handed over by an administrator who knows who asks. Those from before end.
pub async fn hand_out(app: &App, tenant: TenantId, user: UserId) -> sqlx::Result<(String, Timestamp)> {
    let account = provider::subject(&app.db, tenant, user).await?;
    store::end_links(&app.db, tenant, &account).await?;
    let expires = clock::now() + HANDED_OUT;
    Ok((add(app, tenant, &account, expires).await?, expires))
}

async fn add(app: &App, tenant: TenantId, account: &str, expires: Timestamp) -> sqlx::Result<String> {
    let secret = clock::secret();
    store::add_link(
        &app.db,
        tenant,
        &hashed(&secret),
        account,
        millis(expires),
        millis(clock::now()),
    )
    .await?;
    Ok(format!("/password?token={secret}"))
}

/// Sets the password with the secret of the mailed address, and ends every login.
pub async fn set(State(app): State<App>, Client(address): Client, Json(body): Json<NewPassword>) -> Answer<Response> {
    keys(&app)?;
    let counted = [Counter::address(address)];
    if let Err(secs) = app.identity.throttle.attempt(counted, clock::now()) {
        return Ok(login::too_many_attempts(secs));
    }
    let hash = hashed(&body.token);
    let gone = || {
        Refused::gone(
            "link_expired",
            "This address was used already, or is too old. Ask for a new one.",
        )
    };
    let link = store::link(&app.db, &hash, millis(clock::now())).await?;
    let (tenant, account) = link.ok_or_else(gone)?;
    let user = users::store::by_subject(&app.db, tenant, users::LOCAL, &account).await?;
    let user = user.filter(|user| !user.is_blocked).ok_or_else(gone)?;
    app.identity.throttle.succeeded(counted);
    if let Some(problem) = password::problem(&body.password, &user.email) {
        let weak = Invalid::new("password", "invalid_password", problem);
        return Err(Refused::validation(vec![weak]).into());
    }
    let next = password::hash(body.password).await?;
    if !store::set_password(&app.db, tenant, &account, &hash, &next).await? {
        return Err(gone().into());
    }
    let entry = Entry::by(Actor::Nobody, Action::PasswordChanged)
        .on(user.id)
        .with("how", "link");
    audit::record(&app.db, tenant, entry).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
