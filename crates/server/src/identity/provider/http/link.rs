// SPDX-License-Identifier: EUPL-1.2
//! Setting a password by a one-time address: asking for one, and using it. The rule: whoever asks learns nothing about which
//! addresses have an account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{keys, login};
use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::db::millis;
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Invalid, Refused};
use crate::identity::password;
use crate::identity::provider::account::{link as account_link, store};
use crate::identity::throttle::Counter;
use crate::users;

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
    account_link::forgotten(&app.db, &app.jobs, email).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
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
    let mut change = Change::begin(&app.db, tenant).await?;
    if !store::set_password(&mut change, &account, &hash, &next).await? {
        return Err(gone().into());
    }
    let entry = Entry::by(Actor::Nobody, Action::PasswordChanged)
        .on(user.id)
        .with("how", "link");
    change.record(entry);
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
