// SPDX-License-Identifier: EUPL-1.2
//! `konvent jobs list|run|retry`: the queue on the machine itself. Works beside a running server.

use std::io::Write as _;

use anyhow::bail;
use clap::Subcommand;
use uuid::Uuid;

use super::worker;
use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::config::Config;
use crate::db::{Db, millis, time};
use crate::ids::{JobId, TenantId};
use crate::queue::store;
use crate::start_error::{Language, StartError};

#[derive(Subcommand)]
pub enum Command {
    /// Print the jobs, one a line: id, kind, state, next run, attempts, last error
    List {
        /// Only those queued, running or failed
        #[arg(long, default_value = "")]
        state: String,
        /// Id of the organisation, if there are several
        #[arg(long)]
        tenant: Option<Uuid>,
    },
    /// Run everything that is due now, and end
    Run,
    /// Let a failed job run again, as if it had never been tried
    Retry {
        /// As printed by `konvent jobs list`
        id: Uuid,
        /// Id of the organisation, if there are several
        #[arg(long)]
        tenant: Option<Uuid>,
    },
}

pub async fn run(command: Command, mut config: Config, language: Language) -> anyhow::Result<()> {
    let chosen = |tenant: Option<Uuid>| tenant.map_or(TenantId::DEFAULT, TenantId);
    let mut out = std::io::stdout().lock();
    match command {
        Command::List { state, tenant } => {
            let db = Db::open(&config).await?;
            let mut after = JobId(Uuid::nil());
            loop {
                let page = store::list(&db, chosen(tenant), &state, after, 1000).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for job in &page {
                    let next = job.run_at.map_or("-".to_owned(), |at| time(at).to_string());
                    let error = job.last_error.as_deref().unwrap_or("-");
                    let (id, kind, state, attempts) = (job.id, &job.kind, &job.state, job.attempts);
                    writeln!(out, "{id}\t{kind}\t{state}\t{next}\t{attempts}\t{error}")?;
                }
            }
        }
        Command::Run => {
            // The server may be running beside us and hold the media port; nobody sends media here.
            config.media.udp = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let app = App::open(config).await?;
            let count = worker::run_due(&app, clock::now()).await?;
            match language {
                Language::English => writeln!(out, "Jobs run: {count}")?,
                Language::German => writeln!(out, "Ausgeführte Aufgaben: {count}")?,
            }
        }
        Command::Retry { id, tenant } => {
            let db = Db::open(&config).await?;
            let (id, tenant) = (JobId(id), chosen(tenant));
            let mut change = Change::begin(&db, tenant).await?;
            if !super::store::retry(&mut change, id, millis(clock::now())).await? {
                bail!(StartError::new(
                    "There is no such job, or it is running; `konvent jobs list` shows all.",
                    "Diese Aufgabe gibt es nicht, oder sie läuft gerade; `konvent jobs list` zeigt alle.",
                ));
            }
            let entry = Entry::by(Actor::Operator, Action::JobChanged).on(id);
            change.record(entry.with("change", "retried"));
            change.commit().await?;
            match language {
                Language::English => writeln!(out, "The job runs within half a minute, if the server is running.")?,
                Language::German => writeln!(
                    out,
                    "Die Aufgabe läuft innerhalb einer halben Minute, wenn der Server läuft."
                )?,
            }
        }
    }
    Ok(())
}
