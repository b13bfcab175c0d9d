// SPDX-License-Identifier: EUPL-1.2
//! Signed tokens: what must hold before a claim in one is believed (RFC 7519, RFC 8725, RFC 9068). Not where keys come
//! from. The algorithm comes from a list without `none` and without shared secrets, and must fit the key.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Clocks may differ by so much.
pub const LEEWAY_SECS: u64 = 60;

const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

/// The claims of an access token that count here. No `Debug`: personal data.
#[derive(Clone, Deserialize)]
pub struct Claims {
    pub sub: String,
    #[serde(default)]
    pub aud: Audience,
    pub azp: Option<String>,
    pub client_id: Option<String>,
    /// Keycloak says here what a token is for.
    pub typ: Option<String>,
    /// Only ID tokens carry it.
    pub at_hash: Option<String>,
    /// Only logout tokens carry it.
    pub events: Option<serde_json::Value>,
    /// The login at the provider that it comes from.
    pub sid: Option<String>,
    #[serde(default)]
    pub iat: u64,
    pub exp: u64,
    /// Everything else it says.
    #[serde(flatten)]
    pub said: Said,
}

/// What a provider says about a person, in an access token or at its userinfo endpoint, by the name of the claim.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Said(serde_json::Map<String, serde_json::Value>);

impl Said {
    /// A claim by its name, or by a path with dots into nested claims.
    fn claim(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.get(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            rest.split('.')
                .try_fold(self.0.get(first)?, |value, part| value.get(part))
        })
    }

    pub fn says(&self, name: &str) -> bool {
        self.claim(name).is_some_and(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// A list of texts, or one text; what is neither counts as nothing.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let claim = self.claim(name);
        let one = claim.map(std::slice::from_ref).unwrap_or_default();
        let all = claim.and_then(|value| value.as_array()).map_or(one, Vec::as_slice);
        all.iter()
            .filter_map(|value| value.as_str())
            .map(str::to_owned)
            .collect()
    }

    /// Adds what the other one says beyond this.
    pub fn and(&mut self, other: Said) {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }
}

/// Who a token says has issued it, not yet proved: only for the choice of the key.
pub fn claimed_issuer(token: &str) -> Option<String> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1)?;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    payload["iss"].as_str().map(str::to_owned)
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(from = "OneOrMany")]
pub struct Audience(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Audience {
    fn from(audience: OneOrMany) -> Audience {
        Audience(match audience {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        })
    }
}

#[derive(Deserialize)]
struct Times {
    iss: String,
    /// Tokens that must have one name it among their claims.
    exp: Option<u64>,
    nbf: Option<u64>,
}

/// The header, if the algorithm is one of ours.
pub fn header(token: &str) -> Result<Header, &'static str> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| "malformed, or an unknown algorithm")?;
    if header.crit.is_some() {
        return Err("critical header extensions");
    }
    if ALGORITHMS.contains(&header.alg) {
        Ok(header)
    } else {
        Err("algorithm not allowed")
    }
}

/// The claims of a token which is signed with the key, from the issuer, and valid now.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    header: &Header,
    key: &DecodingKey,
    issuer: &str,
    now: u64,
) -> Result<T, &'static str> {
    let mut validation = Validation::new(header.alg);
    // Times are checked below against the clock that was handed in; the audience by the caller.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<serde_json::Value>(token, key, &validation)
        .map_err(|_| "signature does not hold")?
        .claims;
    let times = Times::deserialize(&claims).map_err(|_| "iss is missing, or a time is no time")?;
    if times.iss != issuer {
        return Err("another issuer");
    }
    if times.exp.is_some_and(|exp| exp.saturating_add(LEEWAY_SECS) <= now) {
        return Err("expired");
    }
    if times.nbf.is_some_and(|nbf| nbf > now + LEEWAY_SECS) {
        return Err("not valid yet");
    }
    T::deserialize(claims).map_err(|_| "claims are missing or of the wrong kind")
}

/// Whether these are the claims of an access token for this audience: not an ID or refresh token, not another service's.
pub fn check_access(claims: &Claims, audience: &str, client_id: &str) -> Result<(), &'static str> {
    if claims.at_hash.is_some()
        || claims.events.is_some()
        || claims
            .typ
            .as_deref()
            .is_some_and(|typ| ["ID", "Refresh", "Offline", "Logout"].contains(&typ))
    {
        return Err("not an access token");
    }
    let meant = if claims.aud.0.is_empty() {
        let party = claims.azp.as_deref().or(claims.client_id.as_deref());
        party == Some(client_id)
    } else {
        claims.aud.0.iter().any(|aud| aud == audience)
    };
    if meant { Ok(()) } else { Err("another audience") }
}

/// The key of a JWK, if it is a public key for this algorithm.
pub fn key(jwk: &Jwk, algorithm: Algorithm) -> Option<DecodingKey> {
    use jsonwebtoken::jwk::{AlgorithmParameters, PublicKeyUse};
    let shared = matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
    let for_signing = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
    let named = jwk.common.key_algorithm.map(|named| named.to_string());
    let fits = named.is_none_or(|named| named == format!("{algorithm:?}"));
    (!shared && for_signing && fits)
        .then(|| DecodingKey::from_jwk(jwk).ok())
        .flatten()
}
