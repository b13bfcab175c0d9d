// SPDX-License-Identifier: EUPL-1.2
//! A change: one transaction, with what the audit log says of it and what is to be done because of it. Not the telling of
//! running meetings: that comes after the commit. The rule: whoever writes a row that is recorded writes it through here, so that
//! row, entry and job are all there or none of them.

mod store;

use sqlx::{Postgres, Sqlite, Transaction};

use crate::audit::{self, Entry};
use crate::db::Db;
use crate::ids::TenantId;
use crate::queue::Pending;

pub use store::Fields;

/// Without [`Change::commit`] nothing has happened.
#[must_use]
pub struct Change {
    pub tenant: TenantId,
    pub(crate) open: Open,
    entries: Vec<Entry>,
    jobs: Vec<(TenantId, Pending)>,
}

pub enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one block in a change, whichever database it is: `within!(change, connection => query(…).execute(connection).await)`.
macro_rules! within {
    ($change:expr, $connection:ident => $block:expr) => {
        match &mut $change.open {
            $crate::change::Open::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $block
            }
            $crate::change::Open::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $block
            }
        }
    };
}
pub(crate) use within;

impl Change {
    /// Waits for other writers where there can be one only: nothing read meanwhile gets old.
    pub async fn begin(db: &Db, tenant: TenantId) -> sqlx::Result<Change> {
        let open = match db {
            Db::Sqlite(pool) => Open::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Open::Postgres(pool.begin().await?),
        };
        Ok(Change {
            tenant,
            open,
            entries: Vec::new(),
            jobs: Vec::new(),
        })
    }

    /// Something that changed no row of ours, for the audit log alone.
    pub async fn note(db: &Db, tenant: TenantId, entry: Entry) -> sqlx::Result<()> {
        let mut change = Change::begin(db, tenant).await?;
        change.record(entry);
        change.commit().await
    }

    /// What the audit log says of it.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// What is to be done because of it.
    pub fn queue(&mut self, jobs: impl IntoIterator<Item = Pending>) {
        let tenant = self.tenant;
        self.jobs.extend(jobs.into_iter().map(|job| (tenant, job)));
    }

    /// The same in another organisation than the one whose log it stands in.
    pub fn queue_in(&mut self, tenant: TenantId, job: Pending) {
        self.jobs.push((tenant, job));
    }

    pub async fn commit(mut self) -> sqlx::Result<()> {
        let tenant = self.tenant;
        for (whose, job) in &self.jobs {
            within!(self, connection => job.add_in(connection, *whose).await?);
        }
        // The last: other entries of the tenant wait for the commit.
        for entry in std::mem::take(&mut self.entries) {
            within!(self, connection => audit::record_in(connection, tenant, entry).await?);
        }
        match self.open {
            Open::Sqlite(transaction) => transaction.commit().await?,
            Open::Postgres(transaction) => transaction.commit().await?,
        }
        for (_, job) in &self.jobs {
            job.ring();
        }
        Ok(())
    }
}
