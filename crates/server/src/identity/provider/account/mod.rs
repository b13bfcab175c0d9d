// SPDX-License-Identifier: EUPL-1.2
//! Local accounts: their passwords, second factors and passkeys, and the one-time addresses to set a password. Not the person:
//! that is in `users`.

pub mod link;
pub mod passkeys;
pub mod second_factor;
pub mod store;

use anyhow::{Context as _, bail, ensure};

use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::config::Config;
use crate::db::Db;
use crate::http::failure::Invalid;
use crate::identity::password;
use crate::ids::{TenantId, UserId};
use crate::users::{self, Administers};

/// Adds a local account and its user. For `konvent users add`.
pub async fn add(
    db: &Db,
    config: &Config,
    tenant: TenantId,
    email: &str,
    name: &str,
    password: &str,
    administers: Administers,
) -> anyhow::Result<()> {
    ensure!(
        config.identity.issuer.is_empty(),
        "identity.issuer names an OpenID provider: add people there."
    );
    let email = users::folded(email);
    ensure!(users::is_email(&email), "This is not an e-mail address.");
    if let Some(wrong) = Invalid::name("name", name) {
        bail!("The name cannot be taken. {}", wrong.message);
    }
    if let Some(problem) = password::problem(password, &email) {
        bail!("{problem}");
    }
    let hash = password::hash(password.to_owned()).await?;
    let language = &config.mail.language;
    let mut change = Change::begin(db, tenant).await?;
    let added = users::store::add_local(&mut change, &email, name, &hash, language, administers).await?;
    let (id, _) = added.context("There is already an account with this e-mail address.")?;
    users::store::adopt_invitations(&mut change, id, &email).await?;
    let entry = Entry::by(Actor::Operator, Action::AccountCreated);
    change.record(entry.with("administrator", administers.is_admin()));
    Ok(change.commit().await?)
}

/// Removes the second factor and all passkeys of a local account. `false`: it has none.
pub async fn remove_factors(change: &mut Change, user: UserId, account: &str, actor: Actor) -> sqlx::Result<bool> {
    let factor = second_factor::store::remove(change, account).await?;
    let passkeys = passkeys::store::remove_all(change, account).await? > 0;
    for (removed, action) in [
        (factor, Action::SecondFactorRemoved),
        (passkeys, Action::PasskeyRemoved),
    ] {
        if removed {
            change.record(Entry::by(actor, action).on(user));
        }
    }
    Ok(factor || passkeys)
}
