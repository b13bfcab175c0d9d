// SPDX-License-Identifier: EUPL-1.2
//! Passwords of local accounts: what is accepted, and how it is kept (argon2id with the parameters of the OWASP
//! Password Storage Cheat Sheet). Not who may log in. A password leaves this module only as a hash.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::clock;

pub const SHORTEST: usize = 10;
/// Longer ones are no safer and only cost time.
pub const LONGEST: usize = 256;
/// Each hash takes 19 MiB for its moment.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Compared against when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

/// Why a new password is refused.
pub fn problem(password: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Some(format!("A password has {SHORTEST} to {LONGEST} characters."));
    }
    let local = email.split('@').next().unwrap_or_default();
    let folded = password.to_lowercase();
    let first = password.chars().next();
    if folded == email || folded == local || password.chars().all(|c| Some(c) == first) {
        return Some("This password is too easy to guess.".into());
    }
    None
}

pub async fn hash(password: String) -> anyhow::Result<String> {
    let _turn = AT_ONCE.acquire().await?;
    tokio::task::spawn_blocking(move || hash_now(&password)).await?
}

/// Whether the password belongs to the hash; takes as long when there is no hash.
pub async fn verify(password: String, hash: Option<String>) -> anyhow::Result<bool> {
    let _turn = AT_ONCE.acquire().await?;
    let verified = tokio::task::spawn_blocking(move || {
        // An account that was only invited has an empty one.
        let hash = hash.filter(|hash| !hash.is_empty());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let matches = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        known && matches
    });
    Ok(verified.await?)
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2
        .hash_password_with_salt(password.as_bytes(), &clock::random::<16>())
        .map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}
