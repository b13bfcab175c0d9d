// SPDX-License-Identifier: EUPL-1.2
//! The queue of work that is done later: rows in the database, so that nothing is lost when the program stops and nothing is
//! done twice when several run. Not the doing: that is in `jobs`. The rule: a job says what to do by ids, and doing it again
//! after half of it must be harmless.

pub mod store;

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;

use crate::clock;
use crate::db::{Db, millis, on};
use crate::ids::{JobId, TenantId};

/// How often a job is tried before it is given up.
pub const MOST_ATTEMPTS: i64 = 20;

/// What a job says to do.
pub trait Payload: Serialize {
    /// The stored name of such jobs: it stays for good.
    const KIND: &'static str;
}

/// Why a job was not done. The text is shown to administrators and never logged: it may name people.
pub enum Failed {
    /// It is tried again.
    ForNow(anyhow::Error),
    /// Trying again would change nothing.
    ForGood(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::ForNow(error.into())
    }
}

/// The worker's bell.
#[derive(Clone, Default)]
pub struct Queue {
    bell: Arc<Notify>,
}

impl Queue {
    /// A job that is due at a time.
    pub fn at<P: Payload>(&self, run_at: Timestamp, job: &P) -> Pending {
        Pending {
            id: JobId(clock::id()),
            kind: P::KIND,
            payload: serde_json::to_string(job).unwrap_or_default(),
            run_at: millis(run_at),
            bell: self.bell.clone(),
        }
    }

    pub fn now<P: Payload>(&self, job: &P) -> Pending {
        self.at(clock::now(), job)
    }

    /// Lets the worker look at once.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Until somebody wakes the worker.
    pub async fn woken(&self) {
        self.bell.notified().await;
    }
}

/// A job before it is in the queue: it goes there with the change that makes it necessary.
pub struct Pending {
    pub id: JobId,
    kind: &'static str,
    payload: String,
    run_at: i64,
    bell: Arc<Notify>,
}

impl Pending {
    /// Queues it in a transaction.
    pub async fn add_in<C: store::Enqueue>(&self, connection: &mut C, tenant: TenantId) -> sqlx::Result<()> {
        let now = millis(clock::now());
        connection
            .enqueue(tenant, self.id, self.kind, &self.payload, self.run_at, now)
            .await
    }

    /// Lets the worker of this process look at once, after the commit. Without it, or in another process, the job waits for
    /// the worker's next look.
    pub fn ring(&self) {
        self.bell.notify_one();
    }
}

/// Queues jobs where no transaction is at hand, all or none.
pub async fn add(db: &Db, tenant: TenantId, jobs: &[Pending]) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        for job in jobs {
            job.add_in(&mut *transaction, tenant).await?;
        }
        transaction.commit().await?;
    });
    for job in jobs {
        job.ring();
    }
    Ok(())
}
