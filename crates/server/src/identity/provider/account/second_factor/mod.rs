// SPDX-License-Identifier: EUPL-1.2
//! The second factor of a local account: codes by time from an app (RFC 6238), and recovery codes for who loses it. Not
//! passkeys: those are two factors in one. The rule: no code counts twice, and only who knows the password changes it.
//! Where one is required (`identity.second_factor`), the login itself sets it up.

pub mod store;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};

use super::{Password, account, prove};
use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::clock;
use crate::config::SecondFactor;
use crate::db::{millis, time};
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::{Answer, Invalid, Refused};
use crate::identity::caller::Known;
use crate::identity::hashed;
use crate::users::User;
use store::Factor;

const RECOVERY_CODES: usize = 10;
/// So long a secret that a login has proposed is shown again.
const PROPOSED: SignedDuration = SignedDuration::from_mins(15);
/// Letters and digits that nobody confuses on paper.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

#[derive(Serialize)]
pub struct Status {
    enabled: bool,
    /// There has to be one: it cannot be turned off.
    required: bool,
    /// How many are left.
    recovery_codes: i64,
}

/// What an app has to know. No `Debug`: a secret.
#[derive(Serialize)]
pub struct Proposal {
    /// Base 32, to be typed.
    secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    uri: String,
}

#[derive(Deserialize)]
pub struct Confirmation {
    code: String,
}

/// Shown once. No `Debug`: secrets.
#[derive(Serialize)]
pub struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// How a login stands with the second factor.
pub enum Checked {
    Right,
    /// There is one, and no code came.
    Missing,
    Wrong,
    /// There has to be one: this is to be taken into an app, whose code comes with the next attempt.
    Required(Proposal),
    /// It was the first code of the one that has to be.
    Added(RecoveryCodes),
}

/// Whether this person has to have one.
fn is_required(app: &App, user: &User) -> bool {
    match app.config.identity.second_factor {
        SecondFactor::Optional => false,
        SecondFactor::Administrators => user.administers().is_admin(),
        SecondFactor::Everyone => true,
    }
}

fn app_of(secret: &str, organisation: &str, email: &str) -> anyhow::Result<Totp> {
    let secret = Secret::try_from_base32(secret)
        .ok()
        .context("a stored secret cannot be read")?;
    // A colon separates the two in the address that apps read.
    let organisation = organisation.replace(':', " ");
    let totp = Builder::new()
        .with_secret(secret)
        .with_skew(1)
        .with_issuer(Some(organisation))
        .with_account_name(email.replace(':', " "))
        .build();
    totp.map_err(|error| anyhow::anyhow!("{error}"))
}

/// The step of time whose code this is, now or just before or after.
fn step(secret: &str, code: &str) -> anyhow::Result<Option<i64>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = app_of(secret, "", "")?.check(&code, clock::unix());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Checks what came with a login beside the right password.
pub async fn check(app: &App, user: &User, account: &str, code: Option<&str>) -> anyhow::Result<Checked> {
    let tenant = user.tenant;
    let factor = store::find(&app.db, tenant, account).await?;
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let right = match (factor, code) {
        (Some(Factor { confirmed: true, .. }), None) => return Ok(Checked::Missing),
        (Some(factor @ Factor { confirmed: true, .. }), Some(code)) => match step(&factor.secret, code)? {
            Some(step) => store::use_step(&app.db, tenant, account, step).await?,
            None => store::use_code(&app.db, tenant, account, &hashed(&normal(code))).await?,
        },
        _ if !is_required(app, user) => true,
        (Some(factor), Some(code)) => match step(&factor.secret, code)? {
            Some(step) => match take(app, user, account, &factor, step).await? {
                Some(codes) => return Ok(Checked::Added(codes)),
                None => false,
            },
            None => false,
        },
        // Who types the password again has perhaps taken it into the app already.
        (Some(factor), None) if time(factor.created_at) + PROPOSED > clock::now() => {
            return Ok(Checked::Required(proposal(app, user, factor.secret).await?));
        }
        _ => match new(app, user, account).await? {
            Some(proposal) => return Ok(Checked::Required(proposal)),
            None => return Ok(Checked::Missing),
        },
    };
    Ok(if right { Checked::Right } else { Checked::Wrong })
}

/// Proposes a secret; it counts once its first code has come back. `None`: there is one in use.
async fn new(app: &App, user: &User, account: &str) -> anyhow::Result<Option<Proposal>> {
    let secret = Secret::from(clock::random::<20>().as_slice()).to_base32();
    if !store::propose(&app.db, user.tenant, account, &secret, millis(clock::now())).await? {
        return Ok(None);
    }
    Ok(Some(proposal(app, user, secret).await?))
}

async fn proposal(app: &App, user: &User, secret: String) -> anyhow::Result<Proposal> {
    let directory = app.tenants.directory(&app.db).await;
    let named = directory
        .tenant(user.tenant)
        .and_then(|tenant| tenant.organisation_name.clone());
    let organisation = named.unwrap_or_else(|| app.config.organisation.name.clone());
    let uri = app_of(&secret, &organisation, &user.email)?.to_url();
    let uri = uri.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Proposal { secret, uri })
}

/// Takes a proposed secret into use. `None`: it is in use, or another one was proposed meanwhile.
async fn take(
    app: &App,
    user: &User,
    account: &str,
    factor: &Factor,
    step: i64,
) -> anyhow::Result<Option<RecoveryCodes>> {
    let (codes, hashes) = recovery_codes();
    if !store::confirm(&app.db, user.tenant, account, &factor.secret, step, &hashes).await? {
        return Ok(None);
    }
    let entry = Entry::by(user.id, Action::SecondFactorAdded).on(user.id);
    audit::record(&app.db, user.tenant, entry).await?;
    Ok(Some(codes))
}

/// A recovery code however it was typed.
fn normal(code: &str) -> String {
    let code = code.chars().filter(char::is_ascii_alphanumeric);
    code.map(|c| c.to_ascii_lowercase()).collect()
}

/// Four groups of four: 80 random bits.
fn recovery_code() -> String {
    let letters = clock::random::<16>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// New ones, and what is stored of them.
fn recovery_codes() -> (RecoveryCodes, Vec<String>) {
    let recovery_codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes = recovery_codes.iter().map(|code| hashed(&normal(code))).collect();
    (RecoveryCodes { recovery_codes }, hashes)
}

pub async fn status(State(app): State<App>, Known(user): Known) -> Answer<Json<Status>> {
    super::keys(&app)?;
    let account = account(&app, &user).await?;
    let factor = store::find(&app.db, user.tenant, &account).await?;
    Ok(Json(Status {
        enabled: factor.is_some_and(|factor| factor.confirmed),
        required: is_required(&app, &user),
        recovery_codes: store::codes_left(&app.db, user.tenant, &account).await?,
    }))
}

pub async fn propose(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Response> {
    let account = match prove(&app, &user, client, body.current_password).await? {
        Ok(account) => account,
        Err(wait) => return Ok(wait),
    };
    let proposal = new(&app, &user, &account).await?.ok_or_else(|| {
        let text = "There is a second factor already. Remove it first.";
        Refused::new(StatusCode::CONFLICT, "conflict", text)
    })?;
    Ok(Json(proposal).into_response())
}

/// Takes the proposed secret into use.
pub async fn confirm(
    State(app): State<App>,
    Known(user): Known,
    Json(body): Json<Confirmation>,
) -> Answer<Json<RecoveryCodes>> {
    super::keys(&app)?;
    let account = account(&app, &user).await?;
    let factor = store::find(&app.db, user.tenant, &account).await?;
    let factor = factor
        .filter(|factor| !factor.confirmed)
        .ok_or_else(Refused::not_found)?;
    let Some(step) = step(&factor.secret, &body.code)? else {
        let text = "This is not the code that the app shows now. Check the clock of the device.";
        return Err(Refused::validation(vec![Invalid::new("code", "wrong_code", text)]).into());
    };
    let codes = take(&app, &user, &account, &factor, step).await?;
    Ok(Json(codes.ok_or_else(Refused::not_found)?))
}

/// New recovery codes in place of all old ones.
pub async fn renew_codes(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Response> {
    let account = match prove(&app, &user, client, body.current_password).await? {
        Ok(account) => account,
        Err(wait) => return Ok(wait),
    };
    let (codes, hashes) = recovery_codes();
    if !store::renew_codes(&app.db, user.tenant, &account, &hashes).await? {
        return Err(Refused::not_found().into());
    }
    let entry = Entry::by(user.id, Action::RecoveryCodesRenewed).on(user.id);
    audit::record(&app.db, user.tenant, entry).await?;
    Ok(Json(codes).into_response())
}

pub async fn remove(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Response> {
    let account = match prove(&app, &user, client, body.current_password).await? {
        Ok(account) => account,
        Err(wait) => return Ok(wait),
    };
    if is_required(&app, &user) {
        let text = "Your organisation requires a second factor.";
        return Err(Refused::new(StatusCode::CONFLICT, "second_factor_required", text).into());
    }
    if store::remove(&app.db, user.tenant, &account).await? {
        let entry = Entry::by(user.id, Action::SecondFactorRemoved).on(user.id);
        audit::record(&app.db, user.tenant, entry).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
