// SPDX-License-Identifier: EUPL-1.2
//! `konvent tariffs list|set|delete`: what people may use, on the machine itself. Works beside a running server.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;

use super::http::{TariffSettings, checked};
use super::store;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::ids::{TariffId, TenantId};
use crate::start_error::Language;

#[derive(Subcommand)]
pub enum Command {
    /// Print the tariffs, one a line: id, name, storage, seconds, participants, what is disabled; - is no limit
    List,
    /// Add a tariff, or set everything of the one of this name
    Set {
        name: String,
        /// What the tariff claim of a provider calls it
        #[arg(long)]
        external_id: Option<String>,
        /// Bytes of files; absent: no limit
        #[arg(long)]
        max_storage: Option<i64>,
        /// Seconds a meeting may last; absent: no limit
        #[arg(long)]
        room_time_limit_secs: Option<i64>,
        /// People a meeting may have; absent: no limit
        #[arg(long)]
        room_participant_limit: Option<i64>,
        /// Module or module::feature that may not be used; may be repeated
        #[arg(long)]
        disable: Vec<String>,
    },
    /// Delete a tariff that nobody has
    Delete { name: String },
}

pub async fn run(command: Command, config: &Config, language: Language) -> anyhow::Result<()> {
    let db = Db::open(config).await?;
    let mut change = Change::begin(&db, TenantId::DEFAULT).await?;
    let (tariff, action) = match command {
        Command::List => {
            let mut out = std::io::stdout().lock();
            let shown = |quota: Option<i64>| quota.map_or("-".to_owned(), |quota| quota.to_string());
            for tariff in store::all(&db).await? {
                let (storage, time) = (shown(tariff.max_storage), shown(tariff.room_time_limit_secs));
                let (people, disabled) = (shown(tariff.room_participant_limit), &tariff.disabled);
                writeln!(
                    out,
                    "{}\t{}\t{storage}\t{time}\t{people}\t{disabled}",
                    tariff.id, tariff.name
                )?;
            }
            return Ok(());
        }
        Command::Set {
            name,
            external_id,
            max_storage,
            room_time_limit_secs,
            room_participant_limit,
            disable,
        } => {
            let before = store::by_name(&db, name.trim()).await?;
            let id = before
                .as_ref()
                .map_or_else(|| TariffId(clock::id()), |before| before.id);
            let settings = TariffSettings {
                name,
                external_id,
                max_storage,
                room_time_limit_secs,
                room_participant_limit,
                disabled: disable,
            };
            let tariff = match checked(id, settings) {
                Ok(tariff) => tariff,
                Err(refused) => match refused.body.validation_errors.into_iter().next() {
                    Some(problem) => bail!("{}: {}", problem.field.unwrap_or_default(), problem.message),
                    None => bail!("{}", refused.body.message),
                },
            };
            let taken = "The external id belongs to another tariff.";
            if before.is_some() {
                ensure!(store::change(&mut change, &tariff).await?, taken);
                (id, Action::TariffChanged)
            } else {
                ensure!(store::add(&mut change, &tariff).await?, taken);
                (id, Action::TariffCreated)
            }
        }
        Command::Delete { name } => {
            let tariff = store::by_name(&db, &name)
                .await?
                .context("There is no tariff of this name.")?;
            let gone = tariff.id != TariffId::STANDARD && store::remove(&mut change, tariff.id).await?;
            ensure!(
                gone,
                "The standard tariff, and one that somebody has, cannot be deleted."
            );
            (tariff.id, Action::TariffDeleted)
        }
    };
    change.record(Entry::by(Actor::Operator, action).on(tariff));
    change.commit().await?;
    println!(
        "{}",
        language.of("The change has been made.", "Die Änderung wurde vorgenommen.")
    );
    Ok(())
}
