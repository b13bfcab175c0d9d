// SPDX-License-Identifier: EUPL-1.2
//! Passwords of local accounts: what is accepted, and how it is kept (argon2id with the parameters of the OWASP
//! Password Storage Cheat Sheet). Not who may log in. A password leaves this module only as a hash. However a keyboard
//! composes its characters, it is the same password (NIST SP 800-63B §3.1.1.2: normalization form KC).

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::clock;

pub const SHORTEST: usize = 10;
/// Longer ones are no safer and only cost time.
pub const LONGEST: usize = 256;
/// Each hash takes 19 MiB for its moment, also when whoever asked has gone: the turn belongs to the work.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Compared against when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

/// Why a new password is refused.
pub fn problem(password: &str, email: &str) -> Option<String> {
    let password = &normal(password);
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
    let turn = AT_ONCE.acquire().await?;
    let hashed = tokio::task::spawn_blocking(move || {
        let _held = turn;
        hash_now(&normal(&password))
    });
    hashed.await?
}

/// A password as it is hashed.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Whether the password belongs to the hash; takes as long when there is no hash.
pub async fn verify(password: String, hash: Option<String>) -> anyhow::Result<bool> {
    let turn = AT_ONCE.acquire().await?;
    let verified = tokio::task::spawn_blocking(move || {
        let _held = turn;
        // An account that was only invited has an empty one.
        let hash = hash.filter(|hash| !hash.is_empty());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let fits = |password: &str| {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        };
        let normal = normal(&password);
        // Who set theirs before there was one form of it still comes in as they typed it then.
        let matches = fits(&normal) || normal != password && fits(&password);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_the_same_however_its_characters_are_composed() {
        let (composed, decomposed, wide) = (
            "schl\u{fc}ssel brett",
            "schlu\u{308}ssel brett",
            "schl\u{fc}\u{ff53}sel brett",
        );
        for set in [composed, decomposed, wide] {
            let kept = hash(set.into()).await.unwrap();
            for typed in [composed, decomposed, wide] {
                assert!(
                    verify(typed.into(), Some(kept.clone())).await.unwrap(),
                    "{set:?} {typed:?}"
                );
            }
            assert!(!verify("schlussel brett".into(), Some(kept)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_password_from_before_there_was_one_form_still_opens() {
        let decomposed = "schlu\u{308}ssel brett";
        let kept = hash_now(decomposed).unwrap();
        assert!(verify(decomposed.into(), Some(kept.clone())).await.unwrap());
        assert!(!verify("schl\u{fc}ssel brett".into(), Some(kept)).await.unwrap());
    }

    #[test]
    fn its_length_is_that_of_the_form_that_is_kept() {
        // Ten code points as typed, five as kept.
        assert!(problem(&"a\u{308}".repeat(5), "").is_some());
    }
}
