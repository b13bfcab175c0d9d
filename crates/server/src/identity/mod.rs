// SPDX-License-Identifier: EUPL-1.2
//! Who is asking: an OpenID resource server for tokens of the built-in provider or the one of the settings, and of the
//! providers that tenants have of their own. Not what
//! they may do: each noun decides that. Whatever the source, an access token goes through the same checks (`jwt`).

pub mod caller;
pub mod external;
pub mod foreign;
pub mod jwt;
pub mod keys;
pub mod logout;
pub mod password;
pub mod provider;
pub mod throttle;

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{self, hashed};
use crate::config::Config;
use crate::db::Db;
use crate::ids::TenantId;
use crate::start_error::StartError;
use crate::tenants::Tenants;
use crate::users;

pub struct Identity {
    pub source: Source,
    /// SHA-256 of the one-time set-up token, while there is no administrator.
    pub(crate) setup: Mutex<Option<String>>,
    /// Held while an administrator is being made: two set-ups at once make one.
    pub(crate) setting_up: tokio::sync::Mutex<()>,
    pub throttle: throttle::Throttle,
    pub(crate) seen: foreign::Seen,
    providers: external::Providers,
    pub(crate) config: Arc<Config>,
    pub(crate) db: Db,
    pub(crate) tenants: Tenants,
}

/// Where keys come from.
pub enum Source {
    BuiltIn(keys::Keys),
    External(Arc<external::External>),
}

impl Identity {
    pub async fn open(config: Arc<Config>, db: Db, tenants: Tenants) -> Result<Identity, StartError> {
        let source = if config.identity.issuer.is_empty() {
            let keys = keys::Keys::open(&db, TenantId::DEFAULT).await.map_err(|error| {
                StartError::new(
                    format!("The signing key of the built-in login cannot be read or made: {error:#}."),
                    format!("Der Signaturschlüssel der eingebauten Anmeldung kann nicht gelesen oder erzeugt werden: {error:#}."),
                )
            })?;
            Source::BuiltIn(keys)
        } else {
            Source::External(Arc::new(external::External::new(&config.identity.issuer)?))
        };
        Ok(Identity {
            source,
            setup: Mutex::new(None),
            setting_up: tokio::sync::Mutex::new(()),
            throttle: throttle::Throttle::default(),
            seen: foreign::Seen::default(),
            providers: external::Providers::default(),
            config,
            db,
            tenants,
        })
    }

    /// A new one-time set-up token when the built-in login has no administrator yet. An earlier one stops working.
    pub async fn setup_token(&self) -> anyhow::Result<Option<String>> {
        if matches!(self.source, Source::External(_)) || users::store::has_admin(&self.db, TenantId::DEFAULT).await? {
            return Ok(None);
        }
        let token = clock::secret();
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(hashed(&token));
        Ok(Some(token))
    }

    /// The built-in provider's signing key. `None`: a foreign provider is set.
    pub fn keys(&self) -> Option<&keys::Keys> {
        match &self.source {
            Source::BuiltIn(keys) => Some(keys),
            Source::External(_) => None,
        }
    }

    /// As if the pauses between questions to the foreign provider had passed.
    #[cfg(test)]
    pub async fn forget_failure(&self) {
        if let Source::External(external) = &self.source {
            external.forget_pauses().await;
        }
    }
}

/// The audience of access tokens for this server.
pub fn audience(config: &Config) -> &str {
    if config.identity.audience.is_empty() {
        &config.identity.client_id
    } else {
        &config.identity.audience
    }
}
