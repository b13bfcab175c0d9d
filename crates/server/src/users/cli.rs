// SPDX-License-Identifier: EUPL-1.2
//! `konvent users list|add|password-link|change`: people on the machine itself. Works beside a running server, which sees a change at the
//! next request.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;

use super::store::Listed;
use super::{Administers, LOCAL, folded, store};
use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::{Change, Fields};
use crate::config::Config;
use crate::db::Db;
use crate::identity::provider;
use crate::identity::provider::account::{self, link};
use crate::ids::{TenantId, UserId};
use crate::jobs::expulsion::Expulsion;
use crate::queue::Queue;
use crate::start_error::Language;
use crate::{tariffs, tenants};

#[derive(Subcommand)]
pub enum Command {
    /// Print the people, one a line: id, e-mail address, name, what they administer, disabled, invited or enabled
    List {
        /// Name of the organisation, if there are several
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Add an account; the password is read from standard input
    Add {
        email: String,
        /// The name other people see
        #[arg(long)]
        name: String,
        /// May administer this Konvent, with all its organisations
        #[arg(long)]
        admin: bool,
        /// May administer their organisation
        #[arg(long, conflicts_with = "admin")]
        tenant_admin: bool,
        /// Name of the organisation, if there are several
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Print a one-time address with which somebody sets a new password; hand it over on a safe way
    PasswordLink {
        /// The address, or the id that `users list` prints
        email: String,
        /// Name of the organisation, if there are several
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Change what somebody may
    Change {
        /// The address, or the id that `users list` prints
        email: String,
        /// Cannot log in any more, and is logged out everywhere
        #[arg(long)]
        disable: bool,
        /// Can log in again
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
        #[arg(long, value_name = "nothing|tenant|installation", value_parser = administers)]
        administers: Option<Administers>,
        /// Has lost the second factor or passkeys: log in with the password alone, and add new ones
        #[arg(long)]
        remove_second_factor: bool,
        /// Name of a tariff of their own; empty: their organisation's
        #[arg(long)]
        tariff: Option<String>,
        /// Name of the organisation, if there are several
        #[arg(long)]
        tenant: Option<String>,
    },
}

fn administers(word: &str) -> Result<Administers, String> {
    match word {
        "nothing" => Ok(Administers::Nothing),
        "tenant" => Ok(Administers::Tenant),
        "installation" => Ok(Administers::Installation),
        _ => Err("write nothing, tenant or installation".into()),
    }
}

/// Everybody whom an operator means by an address or an id; at least one.
async fn named(db: &Db, tenant: TenantId, text: &str) -> anyhow::Result<Vec<Listed>> {
    let found = match text.parse() {
        Ok(id) => store::listed_by_id(db, tenant, UserId(id)).await?.into_iter().collect(),
        Err(_) => store::listed_by_email(db, tenant, &folded(text)).await?,
    };
    ensure!(!found.is_empty(), "There is nobody with this e-mail address or id.");
    Ok(found)
}

/// The one; of several with one address nobody is chosen by chance.
fn only(mut found: Vec<Listed>) -> anyhow::Result<Listed> {
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|one| one.user.id.to_string()).collect();
        bail!(
            "Several people have this e-mail address; name one by the id: {}",
            ids.join(", ")
        );
    }
    found.pop().context("There is nobody with this e-mail address or id.")
}

pub async fn run(command: Command, mut config: Config, language: Language) -> anyhow::Result<()> {
    match command {
        Command::List { tenant } => {
            let db = Db::open(&config).await?;
            let tenant = tenants::cli::named(&db, tenant.as_deref()).await?;
            let mut out = std::io::stdout().lock();
            let (mut page, mut seen) = (0, 0);
            loop {
                let (count, people) = store::listed(&db, tenant, "", 1000, page * 1000).await?;
                for one in &people {
                    let user = &one.user;
                    let state = match (one.disabled, one.invited) {
                        (true, _) => "disabled",
                        (false, true) => "invited",
                        (false, false) => "enabled",
                    };
                    let rights = serde_json::to_value(user.administers())?;
                    let rights = rights.as_str().unwrap_or_default();
                    writeln!(
                        out,
                        "{}\t{}\t{}\t{rights}\t{state}",
                        user.id, user.email, user.display_name
                    )?;
                }
                (page, seen) = (page + 1, seen + people.len());
                if seen >= count || people.is_empty() {
                    return Ok(());
                }
            }
        }
        Command::Add {
            email,
            name,
            admin,
            tenant_admin,
            tenant,
        } => {
            let mut password = String::new();
            std::io::stdin().read_line(&mut password)?;
            let password = password.trim_end_matches(['\r', '\n']);
            // The server may be running beside us and hold the media port; nobody sends media here.
            config.media.udp = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let app = App::open(config).await?;
            let tenant = tenants::cli::named(&app.db, tenant.as_deref()).await?;
            let administers = match (admin, tenant_admin) {
                (true, _) => Administers::Installation,
                (false, true) => Administers::Tenant,
                (false, false) => Administers::Nothing,
            };
            account::add(&app.db, &app.config, tenant, &email, &name, password, administers).await?;
            println!(
                "{}",
                language.of("The account has been added.", "Das Konto wurde angelegt.")
            );
            Ok(())
        }
        Command::PasswordLink { email, tenant } => {
            // The server may be running beside us and hold the media port; nobody sends media here.
            config.media.udp = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let app = App::open(config).await?;
            let tenant = tenants::cli::named(&app.db, tenant.as_deref()).await?;
            let mut found = named(&app.db, tenant, &email).await?;
            found.retain(|one| one.issuer == LOCAL);
            ensure!(!found.is_empty(), "This person logs in with an OpenID provider.");
            let found = only(found)?;
            ensure!(!found.user.is_blocked, "This person is disabled.");
            let account = provider::store::subject(&app.db, tenant, found.user.id).await?;
            let mut change = Change::begin(&app.db, tenant).await?;
            let (path, expires) = link::hand_out(&mut change, &account).await?;
            change.record(Entry::by(Actor::Operator, Action::PasswordLinkMade).on(found.user.id));
            change.commit().await?;
            let origin = match app.config.http.public_url.as_str() {
                "" => format!("http://{}", app.config.http.listen),
                url => url.to_owned(),
            };
            println!("{origin}{path}");
            eprintln!(
                "{} {expires}",
                language.of("It opens the account once, until", "Sie öffnet das Konto einmal, bis")
            );
            Ok(())
        }
        Command::Change {
            email,
            disable,
            enable,
            administers,
            remove_second_factor,
            tariff,
            tenant,
        } => {
            let db = Db::open(&config).await?;
            let tenant = tenants::cli::named(&db, tenant.as_deref()).await?;
            let before = only(named(&db, tenant, &email).await?)?;
            let id = before.user.id;
            let mut fields = Fields::default();
            match tariff.as_deref() {
                None => {}
                Some("") => fields.text("tariff", None::<String>),
                Some(name) => match tariffs::store::by_name(&db, name).await? {
                    Some(tariff) => fields.text("tariff", tariff.id.to_string()),
                    None => bail!("There is no tariff of this name; `konvent tariffs list` shows them."),
                },
            }
            if let Some(administers) = administers {
                administers.write(&mut fields);
            }
            if disable || enable {
                fields.flag("disabled", disable);
            }
            let disabled = disable || before.disabled && !enable;
            let account = provider::store::subject(&db, tenant, id).await?;
            let mut change = Change::begin(&db, tenant).await?;
            store::administer(&mut change, id, &fields).await?;
            if disabled {
                store::end_logins(&mut change, id).await?;
                change.queue([Queue::default().now(&Expulsion { person: Some(id) })]);
            }
            let entry = Entry::by(Actor::Operator, Action::AccountChanged).on(id);
            change.record(entry.with("disabled", disabled));
            if remove_second_factor && !account::remove_factors(&mut change, id, &account, Actor::Operator).await? {
                bail!("This account has no second factor and no passkey.");
            }
            change.commit().await?;
            println!(
                "{}",
                language.of("The account has been changed.", "Das Konto wurde geändert.")
            );
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::on_both;
    use crate::users::store::Person;

    const TENANT: TenantId = TenantId::DEFAULT;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_operator_finds_everybody_with_an_address_also_whom_no_provider_vouches_for() {
        on_both(async |stage| {
            let db = &stage.app.db;
            let mut ids = Vec::new();
            for subject in ["first", "second"] {
                let person = Person {
                    issuer: "https://login.example.org",
                    subject,
                    email: "bo@example.org",
                    firstname: "Bo",
                    lastname: "Berg",
                    display_name: "Bo Berg",
                    language: "de",
                };
                store::add(db, TENANT, &person).await.unwrap();
                let found = store::by_subject(db, TENANT, person.issuer, subject).await.unwrap();
                ids.push(found.unwrap().id);
                if ids.len() == 1 {
                    let one = only(named(db, TENANT, " Bo@Example.org").await.unwrap()).unwrap();
                    assert_eq!(one.user.id, ids[0]);
                }
            }
            let several = only(named(db, TENANT, "bo@example.org").await.unwrap()).err().unwrap();
            for id in &ids {
                assert!(several.to_string().contains(&id.to_string()), "{several}");
                let one = only(named(db, TENANT, &id.to_string()).await.unwrap()).unwrap();
                assert_eq!(one.user.id, *id);
            }
            for nobody in ["no@example.org", "7f000000-0000-4000-8000-000000000001"] {
                assert!(named(db, TENANT, nobody).await.is_err());
            }
        })
        .await;
    }
}
