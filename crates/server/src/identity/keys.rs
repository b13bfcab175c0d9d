// SPDX-License-Identifier: EUPL-1.2
//! The signing key of the built-in provider: ES256, made at the first start and kept in the database, so that all nodes
//! share it. Not for foreign providers. The private half never leaves this module.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{self, hashed};
use crate::db::Db;
use crate::ids::TenantId;

use super::{jwt, provider};

pub struct Keys {
    kid: String,
    signing: EncodingKey,
    checking: DecodingKey,
    jwk: serde_json::Value,
}

impl Keys {
    pub async fn open(db: &Db, tenant: TenantId) -> anyhow::Result<Keys> {
        let stored = match provider::store::signing_key(db, tenant).await? {
            Some(stored) => stored,
            None => {
                let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
                let kid = hashed(&pair.public_key_pem());
                provider::store::add_signing_key(db, tenant, &kid, &pair.serialize_pem()).await?;
                // Read again: of two nodes that start at once the first one's key counts.
                provider::store::signing_key(db, tenant)
                    .await?
                    .context("the key just stored is gone")?
            }
        };
        let (kid, pem) = stored;
        let pair = rcgen::KeyPair::from_pem(&pem)?;
        // An uncompressed point: 4, x, y.
        let point = pair.public_key_raw();
        let (x, y) = point.get(1..65).context("not a P-256 key")?.split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Ok(Keys {
            signing: EncodingKey::from_ec_pem(pem.as_bytes())?,
            checking: DecodingKey::from_ec_components(&x, &y)?,
            jwk: serde_json::json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y}),
            kid,
        })
    }

    /// The public half (RFC 7517).
    pub fn jwk_set(&self) -> serde_json::Value {
        serde_json::json!({"keys": [self.jwk]})
    }

    /// `kind` is the `typ` header: it keeps the kinds of token apart that this key signs.
    pub fn sign(&self, kind: &str, claims: &impl Serialize) -> anyhow::Result<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        header.typ = Some(kind.into());
        Ok(jsonwebtoken::encode(&header, claims, &self.signing)?)
    }

    pub fn verify<T: DeserializeOwned>(&self, kind: &str, token: &str, issuer: &str) -> Result<T, &'static str> {
        self.verify_at(clock::unix(), kind, token, issuer)
    }

    /// Also a token that has run out: it says who somebody was, and proves no right.
    pub fn verify_old<T: DeserializeOwned>(&self, kind: &str, token: &str, issuer: &str) -> Result<T, &'static str> {
        self.verify_at(0, kind, token, issuer)
    }

    fn verify_at<T: DeserializeOwned>(
        &self,
        now: u64,
        kind: &str,
        token: &str,
        issuer: &str,
    ) -> Result<T, &'static str> {
        let header = jwt::header(token)?;
        if header.typ.as_deref() != Some(kind) {
            return Err("another kind of token");
        }
        if header.alg != Algorithm::ES256 || header.kid.as_deref() != Some(&self.kid) {
            return Err("another key");
        }
        jwt::verify(token, &header, &self.checking, issuer, now)
    }
}
