// SPDX-License-Identifier: EUPL-1.2
//! People whom the OpenID provider knows and who have never logged in here, as Keycloak's admin interface lists them. Not
//! the login. The rule: when the provider does not answer, who is known here is found all the same.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::address::is_allowed;
use crate::clock;
use crate::config::Config;

/// People wait for the answer while they type.
const PATIENCE: Duration = Duration::from_secs(3);
/// A token is renewed so long before its end.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

pub struct Directory {
    client: Client,
    issuer: String,
    url: String,
    client_id: String,
    client_secret: String,
    token: Mutex<Option<(String, Timestamp)>>,
}

/// No `Debug`: personal data.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub email: Option<String>,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    #[serde(default)]
    enabled: bool,
}

#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expires_in: i64,
}

impl Directory {
    /// `None`: the settings name none.
    pub fn open(config: &Config) -> anyhow::Result<Option<Directory>> {
        let settings = &config.directory;
        if settings.url.is_empty() {
            return Ok(None);
        }
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Some(Directory {
            client,
            issuer: config.identity.issuer.trim_end_matches('/').to_owned(),
            url: settings.url.trim_end_matches('/').to_owned(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.expose().to_owned(),
            token: Mutex::default(),
        }))
    }

    /// People whose name or address fits, by the provider's own rules; none, if it does not answer.
    pub async fn find(&self, query: &str, most: i64) -> Vec<Entry> {
        self.listed(&[("search", query)], most).await
    }

    /// First and last name of who has exactly this address. `None`: nobody has, or it does not answer.
    pub async fn name_of(&self, email: &str) -> Option<(String, String)> {
        let known = |entry: &Entry| entry.email.as_deref().is_some_and(|own| super::folded(own) == email);
        let mut found = self.listed(&[("email", email), ("exact", "true")], 2).await;
        found.retain(known);
        let entry = found.pop()?;
        Some((entry.first_name, entry.last_name))
    }

    async fn listed(&self, wanted: &[(&str, &str)], most: i64) -> Vec<Entry> {
        match self.ask(wanted, most).await {
            Ok(entries) => entries
                .into_iter()
                .filter(|entry| entry.enabled && entry.email.is_some())
                .collect(),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    "the directory of the OpenID provider does not answer as it should"
                );
                Vec::new()
            }
        }
    }

    async fn ask(&self, wanted: &[(&str, &str)], most: i64) -> anyhow::Result<Vec<Entry>> {
        let most = most.to_string();
        let mut address = Url::parse(&format!("{}/users", self.url))?;
        let pairs = [("max", most.as_str()), ("briefRepresentation", "true")];
        address.query_pairs_mut().extend_pairs(wanted).extend_pairs(pairs);
        let request = self.client.get(address).bearer_auth(self.token().await?);
        // An address with a query holds what somebody looked for: it is not for the log.
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
            *self.token.lock().await = None;
        }
        ensure!(answer.status().is_success(), "status {}", answer.status());
        answer
            .json()
            .await
            .map_err(reqwest::Error::without_url)
            .context("not a list of people")
    }

    async fn token(&self) -> anyhow::Result<String> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = kept.as_ref()
            && *until > clock::now()
        {
            return Ok(token.clone());
        }
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer);
        let discovery: Discovery = self
            .client
            .get(discovery)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        ensure!(is_allowed(&discovery.token_endpoint), "token endpoint without TLS");
        let form = [("grant_type", "client_credentials")];
        let request = self.client.post(discovery.token_endpoint).form(&form);
        let request = request.basic_auth(&self.client_id, Some(&self.client_secret));
        let answer: Token = request
            .send()
            .await?
            .error_for_status()
            .context("login")?
            .json()
            .await?;
        let until = clock::now() + SignedDuration::from_secs(answer.expires_in) - MARGIN;
        *kept = Some((answer.access_token.clone(), until));
        Ok(answer.access_token)
    }
}
