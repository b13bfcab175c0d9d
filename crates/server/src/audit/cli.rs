// SPDX-License-Identifier: EUPL-1.2
//! `konvent audit list|verify|export`: the log on the machine itself. Works beside a running server.

use std::io::Write as _;

use anyhow::bail;
use clap::Subcommand;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Recorded, verify};
use crate::config::Config;
use crate::db::{Db, time};
use crate::ids::TenantId;
use crate::start_error::{Language, StartError};

#[derive(Subcommand)]
pub enum Command {
    /// Print the newest entries, one a line: number, time, actor, action, object, details
    List {
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: i64,
        /// Only this action, such as event.deleted
        #[arg(long, default_value = "")]
        action: String,
        /// Id of the organisation, if there are several
        #[arg(long)]
        tenant: Option<Uuid>,
    },
    /// Go along the chain and say whether anything was changed or is missing
    Verify {
        /// Id of the organisation, if there are several
        #[arg(long)]
        tenant: Option<Uuid>,
    },
    /// Print the whole log as JSON lines, oldest first, each with what was hashed
    Export {
        /// Id of the organisation, if there are several
        #[arg(long)]
        tenant: Option<Uuid>,
    },
}

fn chosen(tenant: Option<Uuid>) -> TenantId {
    tenant.map_or(TenantId::DEFAULT, TenantId)
}

pub async fn run(command: Command, config: &Config, language: Language) -> anyhow::Result<()> {
    let db = Db::open(config).await?;
    let mut out = std::io::stdout().lock();
    match command {
        Command::List { limit, action, tenant } => {
            let filter = Filter {
                action,
                actor: String::new(),
                object: String::new(),
                people: None,
                meeting: String::new(),
                since: i64::MIN,
                until: i64::MAX,
            };
            for entry in store::before(&db, chosen(tenant), i64::MAX, &filter, limit.max(1)).await? {
                writeln!(out, "{}", line(&entry))?;
            }
        }
        Command::Verify { tenant } => {
            let verdict = verify(&db, chosen(tenant)).await?;
            let (entries, head) = (verdict.entries, verdict.head);
            if let Some(number) = verdict.broken_at {
                bail!(StartError::new(
                    format!("The audit log is broken: entry {number} was changed, or is missing."),
                    format!("Das Prüfprotokoll ist beschädigt: Der Eintrag {number} wurde verändert oder fehlt."),
                ));
            }
            let text = match language {
                Language::English => format!("The audit log is whole: {entries} entries, the newest with hash {head}"),
                Language::German => {
                    format!("Das Prüfprotokoll ist vollständig: {entries} Einträge, der neueste mit Prüfsumme {head}")
                }
            };
            writeln!(out, "{text}")?;
        }
        Command::Export { tenant } => {
            let tenant = chosen(tenant);
            let mut after = 0;
            loop {
                let page = store::after(&db, tenant, after, 1000).await?;
                let Some(last) = page.last() else { break };
                after = last.number;
                for entry in &page {
                    writeln!(out, "{}", exported(entry, tenant))?;
                }
            }
        }
    }
    Ok(())
}

fn line(entry: &Recorded) -> String {
    let none = || "-".to_owned();
    let details: Vec<String> = entry
        .details()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}",
        entry.number,
        time(entry.at),
        entry.actor.clone().unwrap_or_else(|| entry.actor_kind.clone()),
        entry.action,
        entry.object.clone().unwrap_or_else(none),
        details.join(" "),
    )
}

/// `hash` is SHA-256 over the text `previous` and the text `entry`, one after the other.
fn exported(entry: &Recorded, tenant: TenantId) -> String {
    serde_json::json!({"entry": entry.canonical(tenant), "previous": entry.previous, "hash": entry.hash}).to_string()
}
