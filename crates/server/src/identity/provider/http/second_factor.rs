// SPDX-License-Identifier: EUPL-1.2
//! One's own second factor: see, add and remove it. Only who knows the password changes it.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::account::{Password, account, prove};
use super::keys;
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Invalid, Refused};
use crate::identity::caller::Known;
use crate::identity::provider::account::second_factor::{self, Proposal, RecoveryCodes, store};

#[derive(Serialize)]
pub struct Status {
    enabled: bool,
    /// There has to be one: it cannot be turned off.
    required: bool,
    /// How many are left.
    recovery_codes: i64,
}

#[derive(Deserialize)]
pub struct Confirmation {
    code: String,
}

pub async fn status(State(app): State<App>, Known(user): Known) -> Answer<Json<Status>> {
    keys(&app)?;
    let account = account(&app, &user).await?;
    let factor = store::find(&app.db, user.tenant, &account).await?;
    Ok(Json(Status {
        enabled: factor.is_some_and(|factor| factor.confirmed),
        required: second_factor::is_required(&app.identity, &user),
        recovery_codes: store::codes_left(&app.db, user.tenant, &account).await?,
    }))
}

pub async fn propose(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Json<Proposal>> {
    let account = prove(&app, &user, client, body.current_password).await?;
    let proposal = second_factor::new(&app.identity, &user, &account)
        .await?
        .ok_or_else(|| {
            let text = "There is a second factor already. Remove it first.";
            Refused::new(StatusCode::CONFLICT, "conflict", text)
        })?;
    Ok(Json(proposal))
}

/// Takes the proposed secret into use.
pub async fn confirm(
    State(app): State<App>,
    Known(user): Known,
    Json(body): Json<Confirmation>,
) -> Answer<Json<RecoveryCodes>> {
    keys(&app)?;
    let account = account(&app, &user).await?;
    let factor = store::find(&app.db, user.tenant, &account).await?;
    let factor = factor
        .filter(|factor| !factor.confirmed)
        .ok_or_else(Refused::not_found)?;
    let Some(step) = second_factor::step(&factor.secret, &body.code)? else {
        let text = "This is not the code that the app shows now. Check the clock of the device.";
        return Err(Refused::validation(vec![Invalid::new("code", "wrong_code", text)]).into());
    };
    let codes = second_factor::take(&app.identity, &user, &account, &factor, step).await?;
    Ok(Json(codes.ok_or_else(Refused::not_found)?))
}

/// New recovery codes in place of all old ones.
pub async fn renew_codes(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Json<RecoveryCodes>> {
    let account = prove(&app, &user, client, body.current_password).await?;
    let (codes, hashes) = second_factor::recovery_codes();
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::renew_codes(&mut change, &account, &hashes).await? {
        return Err(Refused::not_found().into());
    }
    change.record(Entry::by(user.id, Action::RecoveryCodesRenewed).on(user.id));
    change.commit().await?;
    Ok(Json(codes))
}

pub async fn remove(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<StatusCode> {
    let account = prove(&app, &user, client, body.current_password).await?;
    if second_factor::is_required(&app.identity, &user) {
        let text = "Your organisation requires a second factor.";
        return Err(Refused::new(StatusCode::CONFLICT, "second_factor_required", text).into());
    }
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if store::remove(&mut change, &account).await? {
        change.record(Entry::by(user.id, Action::SecondFactorRemoved).on(user.id));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
