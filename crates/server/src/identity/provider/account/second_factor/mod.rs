// SPDX-License-Identifier: EUPL-1.2
//! The second factor of a local account: codes by time from an app (RFC 6238), and recovery codes for who loses it. Not
//! passkeys: those are two factors in one. The rule: no code counts twice, and only who knows the password changes it.
//! Where one is required (`identity.second_factor`), the login itself sets it up.

pub mod store;

use anyhow::Context as _;
use jiff::SignedDuration;
use serde::Serialize;
use totp_rs::{Builder, Secret, Totp};

use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::config::SecondFactor;
use crate::db::{millis, time};
use crate::identity::Identity;
use crate::users::User;
use store::Factor;

const RECOVERY_CODES: usize = 10;
/// So long a secret that a login has proposed is shown again.
const PROPOSED: SignedDuration = SignedDuration::from_mins(15);
/// Letters and digits that nobody confuses on paper.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

/// What an app has to know. No `Debug`: a secret.
#[derive(Serialize)]
pub struct Proposal {
    /// Base 32, to be typed.
    secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    uri: String,
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
pub fn is_required(identity: &Identity, user: &User) -> bool {
    match identity.config.identity.second_factor {
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
pub fn step(secret: &str, code: &str) -> anyhow::Result<Option<i64>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = app_of(secret, "", "")?.check(&code, clock::unix());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Checks what came with a login beside the right password.
pub async fn check(identity: &Identity, user: &User, account: &str, code: Option<&str>) -> anyhow::Result<Checked> {
    let tenant = user.tenant;
    let factor = store::find(&identity.db, tenant, account).await?;
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let right = match (factor, code) {
        (Some(Factor { confirmed: true, .. }), None) => return Ok(Checked::Missing),
        (Some(factor @ Factor { confirmed: true, .. }), Some(code)) => match step(&factor.secret, code)? {
            Some(step) => store::use_step(&identity.db, tenant, account, step).await?,
            None => store::use_code(&identity.db, tenant, account, &hashed(&normal(code))).await?,
        },
        _ if !is_required(identity, user) => true,
        (Some(factor), Some(code)) => match step(&factor.secret, code)? {
            Some(step) => match take(identity, user, account, &factor, step).await? {
                Some(codes) => return Ok(Checked::Added(codes)),
                None => false,
            },
            None => false,
        },
        // Who types the password again has perhaps taken it into the app already.
        (Some(factor), None) if time(factor.created_at) + PROPOSED > clock::now() => {
            return Ok(Checked::Required(proposal(identity, user, factor.secret).await?));
        }
        _ => match new(identity, user, account).await? {
            Some(proposal) => return Ok(Checked::Required(proposal)),
            None => return Ok(Checked::Missing),
        },
    };
    Ok(if right { Checked::Right } else { Checked::Wrong })
}

/// Proposes a secret; it counts once its first code has come back. `None`: there is one in use.
pub async fn new(identity: &Identity, user: &User, account: &str) -> anyhow::Result<Option<Proposal>> {
    let secret = Secret::from(clock::random::<20>().as_slice()).to_base32();
    if !store::propose(&identity.db, user.tenant, account, &secret, millis(clock::now())).await? {
        return Ok(None);
    }
    Ok(Some(proposal(identity, user, secret).await?))
}

async fn proposal(identity: &Identity, user: &User, secret: String) -> anyhow::Result<Proposal> {
    let directory = identity.tenants.directory(&identity.db).await;
    let named = directory
        .tenant(user.tenant)
        .and_then(|tenant| tenant.organisation_name.clone());
    let organisation = named.unwrap_or_else(|| identity.config.organisation.name.clone());
    let uri = app_of(&secret, &organisation, &user.email)?.to_url();
    let uri = uri.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Proposal { secret, uri })
}

/// Takes a proposed secret into use. `None`: it is in use, or another one was proposed meanwhile.
pub async fn take(
    identity: &Identity,
    user: &User,
    account: &str,
    factor: &Factor,
    step: i64,
) -> anyhow::Result<Option<RecoveryCodes>> {
    let (codes, hashes) = recovery_codes();
    let mut change = Change::begin(&identity.db, user.tenant).await?;
    if !store::confirm(&mut change, account, &factor.secret, step, &hashes).await? {
        return Ok(None);
    }
    change.record(Entry::by(user.id, Action::SecondFactorAdded).on(user.id));
    change.commit().await?;
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
pub fn recovery_codes() -> (RecoveryCodes, Vec<String>) {
    let recovery_codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes = recovery_codes.iter().map(|code| hashed(&normal(code))).collect();
    (RecoveryCodes { recovery_codes }, hashes)
}
