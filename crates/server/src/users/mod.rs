// SPDX-License-Identifier: EUPL-1.2
//! People with an account, here or at an OpenID provider. Not guests: they have an invite code. A person's e-mail
//! address and name are never logged.

pub mod admin;
pub mod avatar;
pub mod cli;
pub mod directory;
pub mod http;
pub mod search;
pub mod store;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Action, Actor, Entry};
use crate::db::Db;
use crate::http::failure::Invalid;
use crate::identity::password;
use crate::identity::provider::{self, account::passkeys, account::second_factor};
use crate::ids::{TenantId, UserId};

pub use store::User;

/// The issuer stored for accounts of the built-in provider.
pub const LOCAL: &str = "local";
pub use crate::mail::address::{LONGEST as LONGEST_EMAIL, folded, is_email};

/// What somebody administers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Administers {
    #[default]
    Nothing,
    Tenant,
    Installation,
}

impl Administers {
    pub fn is_admin(self) -> bool {
        self != Administers::Nothing
    }

    pub fn is_operator(self) -> bool {
        self == Administers::Installation
    }
}

impl User {
    pub fn administers(&self) -> Administers {
        match (self.is_operator, self.is_admin) {
            (true, _) => Administers::Installation,
            (false, true) => Administers::Tenant,
            (false, false) => Administers::Nothing,
        }
    }
}

/// Adds a local account and its user. For `konvent users add`.
pub async fn add(
    app: &App,
    tenant: TenantId,
    email: &str,
    name: &str,
    password: &str,
    administers: Administers,
) -> anyhow::Result<()> {
    ensure!(
        app.config.identity.issuer.is_empty(),
        "identity.issuer names an OpenID provider: add people there."
    );
    let email = folded(email);
    ensure!(is_email(&email), "This is not an e-mail address.");
    if let Some(wrong) = Invalid::name("name", name) {
        bail!("The name cannot be taken. {}", wrong.message);
    }
    if let Some(problem) = password::problem(password, &email) {
        bail!("{problem}");
    }
    let hash = password::hash(password.to_owned()).await?;
    let language = &app.config.mail.language;
    let added = store::add_local(&app.db, tenant, &email, name, &hash, language, administers).await?;
    ensure!(added, "There is already an account with this e-mail address.");
    if let Some(user) = store::by_email(&app.db, tenant, &email).await? {
        store::adopt_invitations(&app.db, tenant, user.id, &email).await?;
    }
    let entry = Entry::by(Actor::Operator, Action::AccountCreated).with("administrator", administers.is_admin());
    Ok(audit::record(&app.db, tenant, entry).await?)
}

/// Removes the second factor and all passkeys of a local account. `false`: it has none.
pub async fn remove_factors(db: &Db, tenant: TenantId, user: UserId, actor: Actor) -> sqlx::Result<bool> {
    let account = provider::store::subject(db, tenant, user).await?;
    let factor = second_factor::store::remove(db, tenant, &account).await?;
    let passkeys = passkeys::store::remove_all(db, tenant, &account).await? > 0;
    for (removed, action) in [
        (factor, Action::SecondFactorRemoved),
        (passkeys, Action::PasskeyRemoved),
    ] {
        if removed {
            audit::record(db, tenant, Entry::by(actor, action).on(user)).await?;
        }
    }
    Ok(factor || passkeys)
}

/// The language of ours that a tag of BCP 47 asks for, such as `de-AT`.
pub fn language(tag: &str) -> Option<&'static str> {
    let first = tag.trim().split(['-', '_', ';']).next().unwrap_or_default();
    ["de", "en"].into_iter().find(|ours| first.eq_ignore_ascii_case(ours))
}

pub fn is_name(text: &str) -> bool {
    Invalid::name("", text).is_none()
}

/// First name and last name of a name in one piece: the last word is the last name.
pub fn split_name(name: &str) -> (&str, &str) {
    name.trim()
        .rsplit_once(char::is_whitespace)
        .unwrap_or((name.trim(), ""))
}
