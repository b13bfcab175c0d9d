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
    /// Only ID tokens carry these.
    pub at_hash: Option<String>,
    pub c_hash: Option<String>,
    /// What a login page has asked for; some providers repeat it in access tokens.
    pub nonce: Option<String>,
    /// What an access token is good for, in either way of naming it.
    pub scope: Option<serde_json::Value>,
    pub scp: Option<serde_json::Value>,
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

    /// Some providers write it as a text.
    pub fn is_true(&self, name: &str) -> bool {
        let claim = self.claim(name);
        claim.is_some_and(|value| value == true || value == "true")
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
    claimed(token)?["iss"].as_str().map(str::to_owned)
}

/// What a token says, not proved here.
pub fn claimed(token: &str) -> Option<serde_json::Value> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1)?;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
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

/// Whether a token says itself that it is an access token: by its type (RFC 9068; Keycloak's claim), or by what only those
/// say. An ID token need not say that it is one, so that saying nothing is not enough.
fn is_access(kind: Option<&str>, claims: &Claims) -> bool {
    let kind = kind.map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("at+jwt")) || claims.typ.as_deref() == Some("Bearer") {
        return true;
    }
    let says = claims.scope.is_some() || claims.scp.is_some() || claims.client_id.is_some();
    says && claims.nonce.is_none()
}

/// Whether these are the claims of an access token for this audience: not an ID or refresh token, not another service's.
/// `kind`: the `typ` of its header.
pub fn check_access(kind: Option<&str>, claims: &Claims, audience: &str, client_id: &str) -> Result<(), &'static str> {
    if claims.sub.trim().is_empty() {
        return Err("nobody's");
    }
    if claims.at_hash.is_some()
        || claims.c_hash.is_some()
        || claims.events.is_some()
        || !is_access(kind, claims)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, claims: serde_json::Value) -> Result<(), &'static str> {
        let claims = Claims::deserialize(claims).unwrap();
        check_access(Some(kind), &claims, "konvent-web", "konvent-web")
    }

    /// A token for us with some further claims.
    fn token(more: serde_json::Value) -> serde_json::Value {
        let mut claims = serde_json::json!({"sub": "anna", "aud": "konvent-web", "iat": 1, "exp": 2});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    #[test]
    fn an_id_token_is_no_access_token_whatever_it_leaves_out() {
        use serde_json::json;
        for claims in [
            json!({}),
            json!({"nonce": "n1"}),
            json!({"azp": "konvent-web", "auth_time": 1}),
            json!({"nonce": "n1", "scope": "openid"}),
            json!({"scope": "openid", "at_hash": "x"}),
            json!({"scope": "openid", "c_hash": "x"}),
            json!({"typ": "ID", "scope": "openid"}),
        ] {
            assert!(check("JWT", token(claims.clone())).is_err(), "{claims}");
        }
        assert!(check("at+jwt", token(json!({"at_hash": "x"}))).is_err());
    }

    #[test]
    fn access_tokens_of_the_common_providers_are_taken_and_those_of_nobody_are_not() {
        use serde_json::json;
        for (kind, claims) in [
            ("at+jwt", json!({})),
            ("application/at+jwt", json!({"nonce": "n1"})),
            ("JWT", json!({"typ": "Bearer", "nonce": "n1"})),
            ("JWT", json!({"scope": "openid profile"})),
            ("JWT", json!({"scp": ["konvent"]})),
            ("JWT", json!({"client_id": "konvent-web"})),
        ] {
            assert_eq!(check(kind, token(claims.clone())), Ok(()), "{claims}");
        }
        for sub in ["", " "] {
            assert!(check("at+jwt", token(json!({"sub": sub}))).is_err());
        }
    }
}
