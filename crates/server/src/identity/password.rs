// SPDX-License-Identifier: EUPL-1.2
//! Passwords of local accounts: what is accepted, and how it is kept (argon2id with the parameters of the OWASP
//! Password Storage Cheat Sheet). Not who may log in. A password leaves this module only as a hash. However a keyboard
//! composes its characters, it is the same password (NIST SP 800-63B §3.1.1.2: normalization form KC).

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;

use crate::clock;
use crate::http::given_up::{self, GivenUp};

pub const SHORTEST: usize = 10;
/// Longer ones are no safer and only cost time.
pub const LONGEST: usize = 256;
/// Each hash takes 19 MiB and a core for its moment, also when whoever asked has gone: the turn belongs to the work.
const AT_ONCE: usize = 2;
static LINE: LazyLock<Arc<Line>> = LazyLock::new(Arc::default);
/// Compared against when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password", &mut Vec::new()).unwrap_or_default());

type Memory = Vec<Block>;

/// Where hashes are waited for.
struct Line {
    turns: Arc<Semaphore>,
    /// The memory of those that are not at work. Given back each time, it would stay with the thread that had it, of which
    /// there are hundreds.
    memory: Mutex<Vec<Memory>>,
}

impl Default for Line {
    fn default() -> Line {
        Line {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            memory: Mutex::default(),
        }
    }
}

impl Line {
    async fn work<T: Send + 'static>(
        self: &Arc<Line>,
        turn: OwnedSemaphorePermit,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let line = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let kept = || line.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = kept().pop().unwrap_or_default();
            let done = work(&mut memory);
            kept().push(memory);
            drop(turn);
            done
        });
        Ok(done.await?)
    }

    /// Whoever has given up leaves the line: guesses whose sender has gone keep nobody waiting.
    async fn verify(self: &Arc<Line>, password: String, hash: Option<String>) -> anyhow::Result<bool> {
        let turn = tokio::select! {
            turn = self.turns.clone().acquire_owned() => turn?,
            () = given_up::nobody_waits() => return Err(GivenUp.into()),
        };
        self.work(turn, move |memory| {
            // An account that was only invited has an empty one.
            let hash = hash.filter(|hash| !hash.is_empty());
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let mut fits = |password: &str| {
                PasswordHash::new(&hash).is_ok_and(|hash| belongs(password, &hash, memory).unwrap_or(false))
            };
            let normal = normal(&password);
            // Who set theirs before there was one form of it still comes in as they typed it then.
            let matches = fits(&normal) || normal != password && fits(&password);
            known && matches
        })
        .await
    }
}

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
    let turn = LINE.turns.clone().acquire_owned().await?;
    LINE.work(turn, move |memory| hash_now(&normal(&password), memory))
        .await?
}

/// A password as it is hashed.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Whether the password belongs to the hash; takes as long when there is no hash.
pub async fn verify(password: String, hash: Option<String>) -> anyhow::Result<bool> {
    LINE.verify(password, hash).await
}

fn hash_now(password: &str, memory: &mut Memory) -> anyhow::Result<String> {
    let params = Params::new(19_456, 2, 1, None)?;
    let (salt, mut output) = (clock::random::<16>(), [0; Params::DEFAULT_OUTPUT_LEN]);
    argon2id(&params, password, &salt, &mut output, memory)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

fn belongs(password: &str, hash: &PasswordHash, memory: &mut Memory) -> anyhow::Result<bool> {
    let (Some(salt), Some(kept)) = (&hash.salt, &hash.hash) else {
        return Ok(false);
    };
    let ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    let mut output = vec![0; kept.len()];
    argon2id(&Params::try_from(hash)?, password, salt, &mut output, memory)?;
    // Compared in constant time.
    Ok(ours && Output::new(&output)? == *kept)
}

fn argon2id(
    params: &Params,
    password: &str,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> anyhow::Result<()> {
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, memory)?)
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
        let kept = hash_now(decomposed, &mut Memory::new()).unwrap();
        assert!(verify(decomposed.into(), Some(kept.clone())).await.unwrap());
        assert!(!verify("schl\u{fc}ssel brett".into(), Some(kept)).await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn hundreds_who_log_in_at_once_take_the_memory_of_two() {
        let kept = hash("schlüssel brett".into()).await.unwrap();
        let line = Arc::new(Line::default());
        let guesses = (0..40).map(|guess| line.verify(format!("guessed {guess}"), Some(kept.clone())));
        let right = futures_util::future::join_all(guesses).await;
        assert!(right.into_iter().all(|right| !right.unwrap()));
        assert!(line.memory.lock().unwrap().len() <= AT_ONCE);
    }

    #[tokio::test]
    async fn whoever_gives_up_leaves_the_line() {
        let line = Arc::new(Line::default());
        let busy = line.turns.clone().acquire_many_owned(2).await.unwrap();
        let (asker, waits) = tokio::sync::watch::channel(());
        let mut asked = Box::pin(given_up::asked(waits, line.verify("guessed".into(), None)));
        assert!(futures_util::poll!(&mut asked).is_pending());
        drop(asker);
        assert!(asked.await.unwrap_err().is::<GivenUp>());
        drop(busy);
    }

    #[test]
    fn a_hash_of_another_kind_opens_nothing() {
        let kept = hash_now("schlüssel brett", &mut Memory::new()).unwrap();
        assert!(
            belongs(
                "schlüssel brett",
                &PasswordHash::new(&kept).unwrap(),
                &mut Memory::new()
            )
            .unwrap()
        );
        for (ours, other) in [("argon2id", "argon2i"), ("v=19", "v=16"), ("t=2", "t=3")] {
            let kept = kept.replace(ours, other);
            assert!(
                !belongs(
                    "schlüssel brett",
                    &PasswordHash::new(&kept).unwrap(),
                    &mut Memory::new()
                )
                .unwrap(),
                "{kept}"
            );
        }
    }

    #[test]
    fn its_length_is_that_of_the_form_that_is_kept() {
        // Ten code points as typed, five as kept.
        assert!(problem(&"a\u{308}".repeat(5), "").is_some());
    }
}
