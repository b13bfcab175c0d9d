// SPDX-License-Identifier: EUPL-1.2
//! `konvent tenants list|add|change|add-issuer|remove-issuer`: organisations on the machine itself. Works beside a running
//! server, which sees a change within two seconds.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};

use super::http::problems;
use super::store::{self, Issuer, Tenant};
use crate::address::is_allowed;
use crate::audit::{Action, Actor, Entry};
use crate::change::{Change, Fields};
use crate::clock;
use crate::config::Config;
use crate::db::{Db, millis};
use crate::ids::TenantId;
use crate::jobs::expulsion::Expulsion;
use crate::queue::Queue;
use crate::start_error::Language;
use crate::{tariffs, users};

#[derive(Subcommand)]
pub enum Command {
    /// Print the organisations, one a line: id, name, external id, address, people, disabled or enabled
    List,
    /// Add an organisation
    Add {
        /// For administrators; unique
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Change an organisation; an empty text takes a value away
    Change {
        name: String,
        #[command(flatten)]
        settings: Settings,
        /// Nobody of it can log in any more, its guest links open nothing, and its meetings end
        #[arg(long)]
        disable: bool,
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
    },
    /// Let people of an organisation log in with an OpenID provider
    AddIssuer {
        /// Name of the organisation
        name: String,
        /// Address of the provider
        issuer: String,
        #[arg(long)]
        client_id: String,
        /// Of access tokens; by default the client id
        #[arg(long, default_value = "")]
        audience: String,
        /// Claim that names the organisation of each person; only for a provider that is trusted with all of them
        #[arg(long)]
        tenant_claim: Option<String>,
        /// It vouches for every e-mail address that it tells, without saying email_verified of each
        #[arg(long)]
        emails_verified: bool,
    },
    /// Take an OpenID provider away
    RemoveIssuer { name: String, issuer: String },
}

#[derive(Args, Default)]
pub struct Settings {
    /// What pages call it
    #[arg(long)]
    organisation_name: Option<String>,
    /// What the tenant claim of a shared provider calls it
    #[arg(long)]
    external_id: Option<String>,
    /// Its own web address, like https://meet.example.org
    #[arg(long)]
    address: Option<String>,
    /// Address of its imprint, linked on every page
    #[arg(long)]
    imprint_url: Option<String>,
    /// Address of its data protection notice
    #[arg(long)]
    data_protection_url: Option<String>,
    /// Address of its accessibility statement
    #[arg(long)]
    accessibility_url: Option<String>,
    /// Name of the tariff of its people
    #[arg(long)]
    tariff: Option<String>,
}

impl Settings {
    /// Writes what is given into a tenant. The columns that it concerns.
    async fn apply(self, db: &Db, tenant: &mut Tenant) -> anyhow::Result<Vec<&'static str>> {
        let mut given = Vec::new();
        for (column, text, place) in [
            (
                "organisation_name",
                self.organisation_name,
                &mut tenant.organisation_name,
            ),
            ("external_id", self.external_id, &mut tenant.external_id),
            ("address", self.address, &mut tenant.address),
            ("imprint_url", self.imprint_url, &mut tenant.imprint_url),
            (
                "data_protection_url",
                self.data_protection_url,
                &mut tenant.data_protection_url,
            ),
            (
                "accessibility_url",
                self.accessibility_url,
                &mut tenant.accessibility_url,
            ),
        ] {
            if text.is_some() {
                *place = text;
                given.push(column);
            }
        }
        if let Some(name) = self.tariff.as_deref() {
            tenant.tariff = match name {
                "" => None,
                name => {
                    let tariff = tariffs::store::by_name(db, name).await?;
                    let tariff =
                        tariff.context("There is no tariff of this name; `konvent tariffs list` shows them.")?;
                    Some(tariff.id)
                }
            };
            given.push("tariff");
        }
        Ok(given)
    }
}

/// The given columns of a tenant.
fn fields(tenant: &Tenant, given: &[&'static str]) -> Fields {
    let mut fields = Fields::default();
    for column in given {
        let text = match *column {
            "organisation_name" => tenant.organisation_name.clone(),
            "external_id" => tenant.external_id.clone(),
            "address" => tenant.address.clone(),
            "imprint_url" => tenant.imprint_url.clone(),
            "data_protection_url" => tenant.data_protection_url.clone(),
            "accessibility_url" => tenant.accessibility_url.clone(),
            _ => tenant.tariff.map(|tariff| tariff.to_string()),
        };
        fields.text(column, text);
    }
    fields
}

/// The tenant of this name; without a name the default one.
pub async fn named(db: &Db, name: Option<&str>) -> anyhow::Result<TenantId> {
    let Some(name) = name else { return Ok(TenantId::DEFAULT) };
    let tenant = store::by_name(db, name).await?;
    let tenant = tenant.context("There is no organisation of this name; `konvent tenants list` shows them.")?;
    Ok(tenant.id)
}

fn valid(tenant: &mut Tenant) -> anyhow::Result<()> {
    if let Some(problem) = problems(tenant).pop() {
        bail!("{}: {}", problem.field.unwrap_or_default(), problem.message);
    }
    Ok(())
}

const TAKEN: &str = "Name, external id or address belong to another organisation.";

pub async fn run(command: Command, config: &Config, language: Language) -> anyhow::Result<()> {
    let db = Db::open(config).await?;
    let mut change = Change::begin(&db, TenantId::DEFAULT).await?;
    let (tenant, action) = match command {
        Command::List => return list(&db).await,
        Command::Add { name, settings } => {
            let mut tenant = Tenant::new(name);
            settings.apply(&db, &mut tenant).await?;
            valid(&mut tenant)?;
            ensure!(store::add(&mut change, &tenant).await?, TAKEN);
            (tenant.id, Action::TenantCreated)
        }
        Command::Change {
            name,
            settings,
            disable,
            enable,
        } => {
            let id = named(&db, Some(&name)).await?;
            let mut tenant = store::by_id(&db, id)
                .await?
                .context("There is no organisation of this name.")?;
            let given = settings.apply(&db, &mut tenant).await?;
            valid(&mut tenant)?;
            let mut fields = fields(&tenant, &given);
            if disable || enable {
                fields.flag("disabled", disable);
            }
            ensure!(store::change(&mut change, id, &fields).await?, TAKEN);
            if disable || tenant.disabled && !enable {
                change.queue_in(id, Queue::default().now(&Expulsion { person: None }));
            }
            (id, Action::TenantChanged)
        }
        Command::AddIssuer {
            name,
            issuer,
            client_id,
            audience,
            tenant_claim,
            emails_verified,
        } => {
            let tenant = named(&db, Some(&name)).await?;
            let issuer = Issuer {
                tenant,
                issuer: issuer.trim_end_matches('/').to_owned(),
                client_id,
                audience,
                tenant_claim,
                emails_verified,
                created_at: millis(clock::now()),
            };
            ensure!(
                is_allowed(&issuer.issuer),
                "Write the provider's address with https://."
            );
            let known = issuer.issuer == config.identity.issuer;
            ensure!(
                !known && store::add_issuer(&mut change, &issuer).await?,
                "This provider is known already."
            );
            (tenant, Action::TenantChanged)
        }
        Command::RemoveIssuer { name, issuer } => {
            let tenant = named(&db, Some(&name)).await?;
            ensure!(
                store::remove_issuer(&mut change, tenant, &issuer).await?,
                "It has no such provider."
            );
            (tenant, Action::TenantChanged)
        }
    };
    change.record(Entry::by(Actor::Operator, action).on(tenant));
    change.commit().await?;
    println!(
        "{}",
        language.of("The change has been made.", "Die Änderung wurde vorgenommen.")
    );
    Ok(())
}

async fn list(db: &Db) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let counts = users::store::counts(db).await?;
    for tenant in store::all(db).await? {
        let people = counts
            .iter()
            .find(|(id, _)| *id == tenant.id)
            .map_or(0, |(_, count)| *count);
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let (external_id, address) = (or_none(&tenant.external_id), or_none(&tenant.address));
        let state = if tenant.disabled { "disabled" } else { "enabled" };
        writeln!(
            out,
            "{}\t{}\t{external_id}\t{address}\t{people}\t{state}",
            tenant.id, tenant.name
        )?;
    }
    Ok(())
}
