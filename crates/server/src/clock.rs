// SPDX-License-Identifier: EUPL-1.2
//! Time and chance: the only place that asks the machine for either. Not a scheduler. Everything else takes time as an
//! argument, or calls these few functions at the edge.

use jiff::Timestamp;
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Whole seconds since 1970, as JSON Web Tokens count.
pub fn unix() -> u64 {
    u64::try_from(now().as_second()).unwrap_or(0)
}

/// A new id: version 7, so that rows sort by age. Never for a secret: use [`secret`].
#[expect(clippy::disallowed_methods, reason = "the one random source")]
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// A single-use token in the shape of a UUID (122 random bits), where the wire asks for a UUID.
#[expect(clippy::disallowed_methods, reason = "the one random source")]
pub fn token() -> Uuid {
    Uuid::new_v4()
}

/// `N` bytes from the operating system's random source.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

/// A secret for links and tokens: 192 random bits in 32 characters that need no escaping in a URL.
pub fn secret() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<24>())
}

/// How random secrets are stored and compared. They have so much chance in them that no salt is needed.
pub fn hashed(secret: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(secret))
}
