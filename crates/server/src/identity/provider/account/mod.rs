// SPDX-License-Identifier: EUPL-1.2
//! Local accounts: their passwords, second factors and passkeys, and the one-time addresses to set a password. Not the person:
//! that is in `users`.

pub mod link;
pub mod passkeys;
pub mod second_factor;
pub mod store;

use anyhow::{bail, ensure};

use crate::audit::{self, Action, Actor, Entry};
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
    let added = users::store::add_local(db, tenant, &email, name, &hash, language, administers).await?;
    ensure!(added, "There is already an account with this e-mail address.");
    if let Some(user) = users::store::by_email(db, tenant, &email).await? {
        users::store::adopt_invitations(db, tenant, user.id, &email).await?;
    }
    let entry = Entry::by(Actor::Operator, Action::AccountCreated).with("administrator", administers.is_admin());
    Ok(audit::record(db, tenant, entry).await?)
}

/// Removes the second factor and all passkeys of a local account. `false`: it has none.
pub async fn remove_factors(db: &Db, tenant: TenantId, user: UserId, actor: Actor) -> sqlx::Result<bool> {
    let account = super::store::subject(db, tenant, user).await?;
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
