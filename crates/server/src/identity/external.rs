// SPDX-License-Identifier: EUPL-1.2
//! A foreign OpenID provider: its discovery document, keys and userinfo. Not the checks on tokens: see `jwt`. It may be
//! late or restart: what was learnt stays in use, and what is missing is asked for again. Only addresses with TLS, or
//! on this machine, are ever asked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Header};
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::jwt::{self, Said};
use crate::address::is_allowed;
use crate::clock;
use crate::http::failure::{Answer, Refused};
use crate::start_error::StartError;

/// A key that the provider has withdrawn is believed for at most this long.
const KEYS_LAST_SECS: i64 = 15 * 60;
/// An unknown key id asks the provider again, but not for every forged token.
const ASK_AGAIN_SECS: i64 = 5;
/// While the provider does not answer, other requests are refused without asking.
const PAUSE_SECS: i64 = 1;
const TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_DOCUMENT: usize = 1 << 20;

pub struct External {
    issuer: String,
    client: Client,
    learnt: Mutex<Learnt>,
}

#[derive(Default)]
struct Learnt {
    keys: Option<JwkSet>,
    userinfo: Option<String>,
    asked: Option<Timestamp>,
    failed: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Userinfo {
    sub: String,
    #[serde(flatten)]
    said: Said,
}

/// The providers of tenants, each with what was learnt from it.
#[derive(Default)]
pub struct Providers(std::sync::Mutex<HashMap<String, Arc<External>>>);

impl Providers {
    /// The provider at an address. `None`: it cannot be used.
    pub fn at(&self, issuer: &str) -> Option<Arc<External>> {
        // Whoever holds the lock leaves the map whole.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = known.get(issuer) {
            return Some(provider.clone());
        }
        match External::new(issuer) {
            Ok(provider) => {
                let provider = Arc::new(provider);
                known.insert(issuer.to_owned(), provider.clone());
                Some(provider)
            }
            Err(error) => {
                tracing::error!(%error, "an OpenID provider in the database cannot be used");
                None
            }
        }
    }
}

impl External {
    pub fn new(issuer: &str) -> Result<External, StartError> {
        if !is_allowed(issuer) {
            return Err(StartError::new(
                "The setting identity.issuer is not valid: write the https address of the OpenID provider (http only on this machine).",
                "Die Einstellung identity.issuer ist ungültig: Schreiben Sie die https-Adresse des OpenID-Anbieters (http nur auf diesem Rechner).",
            ));
        }
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                StartError::new(
                    format!("Requests to the OpenID provider cannot be prepared: {error}."),
                    format!("Anfragen an den OpenID-Anbieter lassen sich nicht vorbereiten: {error}."),
                )
            })?;
        Ok(External {
            issuer: issuer.to_owned(),
            client,
            learnt: Mutex::default(),
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that a token names.
    pub async fn key(&self, header: &Header) -> Answer<DecodingKey> {
        let mut learnt = self.learnt.lock().await;
        let now = clock::now();
        let older =
            |time: Option<Timestamp>, secs: i64| time.is_none_or(|time| now.duration_since(time).as_secs() >= secs);
        let mut key = learnt.find(header);
        let due = older(learnt.asked, KEYS_LAST_SECS) || (key.is_none() && older(learnt.asked, ASK_AGAIN_SECS));
        if due && older(learnt.failed, PAUSE_SECS) {
            match self.ask().await {
                Ok((keys, userinfo)) => {
                    *learnt = Learnt {
                        keys: Some(keys),
                        userinfo,
                        asked: Some(clock::now()),
                        failed: None,
                    };
                }
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the OpenID provider does not answer as it should"
                    );
                    learnt.failed = Some(clock::now());
                }
            }
            key = learnt.find(header);
        }
        match key {
            Some(key) => Ok(key),
            None if learnt.keys.is_none() => Err(Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "identity_unavailable",
                "The login provider does not answer; try again in a moment.",
            )
            .into()),
            None => Err(Refused::invalid_token("no such key").into()),
        }
    }

    /// What the provider says about the owner of an access token, if it has a userinfo endpoint.
    pub async fn userinfo(&self, token: &str, subject: &str) -> anyhow::Result<Said> {
        let Some(address) = self.learnt.lock().await.userinfo.clone() else {
            return Ok(Said::default());
        };
        let userinfo: Userinfo = document(self.client.get(address).bearer_auth(token)).await?;
        ensure!(userinfo.sub == subject, "userinfo is about somebody else");
        Ok(userinfo.said)
    }

    #[cfg(test)]
    pub async fn forget_pauses(&self) {
        let mut learnt = self.learnt.lock().await;
        (learnt.asked, learnt.failed) = (None, None);
    }

    async fn ask(&self) -> anyhow::Result<(JwkSet, Option<String>)> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let discovery: Discovery = document(self.client.get(address)).await.context("discovery")?;
        ensure!(
            discovery.issuer == self.issuer,
            "the discovery document names another issuer"
        );
        ensure!(is_allowed(&discovery.jwks_uri), "jwks_uri without TLS");
        let userinfo = discovery.userinfo_endpoint.filter(|address| is_allowed(address));
        let set: serde_json::Value = document(self.client.get(discovery.jwks_uri)).await.context("keys")?;
        // Keys of a kind unknown here do not spoil the others.
        let keys = set["keys"].as_array().context("no list of keys")?;
        let keys = keys
            .iter()
            .filter_map(|key| serde_json::from_value(key.clone()).ok())
            .collect();
        Ok((JwkSet { keys }, userinfo))
    }
}

impl Learnt {
    fn find(&self, header: &Header) -> Option<DecodingKey> {
        let keys = &self.keys.as_ref()?.keys;
        let named = |jwk: &&jsonwebtoken::jwk::Jwk| match &header.kid {
            Some(kid) => jwk.common.key_id.as_ref() == Some(kid),
            None => keys.len() == 1,
        };
        keys.iter().filter(named).find_map(|jwk| jwt::key(jwk, header.alg))
    }
}

async fn document<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> anyhow::Result<T> {
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    ensure!(response.status().is_success(), "status {}", response.status());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        ensure!(body.len() + chunk.len() <= LARGEST_DOCUMENT, "the answer is too large");
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).context("not the JSON expected")
}
