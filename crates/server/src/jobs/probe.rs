// SPDX-License-Identifier: EUPL-1.2
//! A job for the tests of the queue: it leaves an entry in the audit log each time it runs, then ends as it was told.

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::ids::TenantId;
use crate::queue::{Failed, Payload};

#[derive(Serialize, Deserialize)]
pub enum End {
    Well,
    ForNow,
    ForGood,
    Panic,
}

#[derive(Serialize, Deserialize)]
pub struct Probe {
    pub name: String,
    pub end: End,
}

impl Payload for Probe {
    const KIND: &str = "probe";
}

impl Probe {
    pub async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        let entry = Entry::by(Actor::System, Action::JobChanged).on(&self.name);
        Change::note(&app.db, tenant, entry).await?;
        match self.end {
            End::Well => Ok(()),
            End::ForNow => Err(Failed::ForNow(anyhow!("nobody answers"))),
            End::ForGood => Err(Failed::ForGood(anyhow!("no such place"))),
            End::Panic => panic!("as told"),
        }
    }
}
