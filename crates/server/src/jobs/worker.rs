// SPDX-License-Identifier: EUPL-1.2
//! Runs jobs: takes what is due, holds it while it runs, and says how it ended. Not the queue itself: that is the table.
//! Whoever has lost a job stops working on it. A process that is killed loses its jobs after [`LEASE`]; then another one,
//! or the same after its start, takes them.

use std::time::Duration;

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Job, PERIODIC, Period, pause, periodic_id};
use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::queue::store::{self, Outcome, Taken};
use crate::queue::{Failed, MOST_ATTEMPTS};

/// How long a job stays with who took it without a sign of life.
pub const LEASE: Duration = Duration::from_secs(60);
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// Beyond that a job hangs.
const LONGEST_RUN: Duration = Duration::from_secs(60 * 60);
/// How many run at the same time in one process.
const AT_ONCE: usize = 4;
/// Other processes add jobs, too, and cannot ring our bell.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);
/// How often new tenants get the periodic jobs.
const PLANNED_EVERY: Duration = Duration::from_secs(60);
/// How long running jobs may go on once the program has been told to stop.
const GRACE: Duration = Duration::from_secs(10);
const LONGEST_ERROR: usize = 1000;

/// The worker of a running server. Ends when `stopping` turns true.
pub async fn work(app: App, mut stopping: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    let mut planned_at: Option<Timestamp> = None;
    loop {
        let now = clock::now();
        let every = SignedDuration::try_from(PLANNED_EVERY).unwrap_or_default();
        if planned_at.is_none_or(|at| now.duration_since(at) >= every) {
            match plan(&app, now).await {
                Ok(()) => planned_at = Some(now),
                Err(error) => tracing::warn!(%error, "periodic jobs cannot be planned; tried again"),
            }
        }
        let asleep = match start_due(&app, &mut running).await {
            Ok(asleep) => asleep,
            Err(error) => {
                tracing::warn!(%error, "the job queue cannot be read; tried again");
                LONGEST_SLEEP
            }
        };
        if let Err(error) = app.db.shrink().await {
            // On a full disk: as soon as there is room.
            tracing::debug!(%error, "the database keeps the room of what was deleted for now");
        }
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => break,
            Some(_) = running.join_next() => {}
            () = app.jobs.woken() => {}
            () = sleep(asleep) => {}
        }
    }
    let all = async { while running.join_next().await.is_some() {} };
    if timeout(GRACE, all).await.is_err() {
        tracing::info!("jobs are broken off; they run again after the next start");
    }
}

/// Starts what is due, as far as there is room; gives how long there is nothing more to start.
async fn start_due(app: &App, running: &mut JoinSet<()>) -> sqlx::Result<Duration> {
    while running.len() < AT_ONCE {
        let now = clock::now();
        let lease = clock::token();
        let Some(taken) = take(app, lease, now).await? else {
            let next = store::next_at(&app.db).await?;
            let pause = next.map_or(i64::MAX, |next| next - millis(now)).max(1);
            return Ok(Duration::from_millis(pause.unsigned_abs()).min(LONGEST_SLEEP));
        };
        let app = app.clone();
        running.spawn(async move { perform(&app, &taken, lease, now).await });
    }
    Ok(LONGEST_SLEEP)
}

/// Runs everything that is due at `now`, one after the other, and ends. How many there were.
pub async fn run_due(app: &App, now: Timestamp) -> sqlx::Result<usize> {
    plan(app, now).await?;
    let mut count = 0;
    loop {
        let lease = clock::token();
        let Some(taken) = take(app, lease, now).await? else {
            return Ok(count);
        };
        perform(app, &taken, lease, now).await;
        count += 1;
    }
}

/// Sees to it that every tenant has the periodic jobs in its queue.
async fn plan(app: &App, now: Timestamp) -> sqlx::Result<()> {
    for (kind, period) in PERIODIC {
        let now = millis(now);
        store::plan(&app.db, periodic_id(kind), kind, "{}", period.next(now), now).await?;
    }
    Ok(())
}

async fn take(app: &App, lease: Uuid, now: Timestamp) -> sqlx::Result<Option<Taken>> {
    let now = millis(now);
    store::take(&app.db, lease, now, now + lease_millis()).await
}

fn lease_millis() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
}

/// Runs one job and writes down how it ended. All times count from `now`, when it was taken.
async fn perform(app: &App, taken: &Taken, lease: Uuid, now: Timestamp) {
    let ended = tokio::select! {
        ended = run(app, taken) => ended,
        () = lost(app, taken, lease) => {
            tracing::warn!(job = %taken.id, kind = taken.kind, "a job was lost to another process");
            return;
        }
    };
    let period = PERIODIC
        .into_iter()
        .find(|(kind, _)| *kind == taken.kind && periodic_id(kind) == taken.id)
        .map(|(_, period)| period);
    if let Err(error) = settle(app, taken, lease, millis(now), period, ended).await {
        // The lease passes, and the job runs again.
        tracing::error!(%error, job = %taken.id, kind = taken.kind, "the end of a job cannot be written down");
    }
}

async fn run(app: &App, taken: &Taken) -> Result<(), Failed> {
    let job = Job::stored(&taken.kind, &taken.payload)
        .map_err(|_| anyhow!("This version of Konvent does not know such a job."))?;
    let (app, tenant) = (app.clone(), taken.tenant);
    // A task of its own: when a job panics, that is its end and not ours. Dropping the set ends the task.
    let mut task = JoinSet::new();
    task.spawn(async move { job.run(&app, tenant).await });
    match timeout(LONGEST_RUN, task.join_next()).await {
        Ok(Some(Ok(ended))) => ended,
        Ok(_) => Err(anyhow!("The program made a mistake here; its log says more.").into()),
        Err(_) => Err(anyhow!("It did not end within an hour.").into()),
    }
}

/// Gives signs of life; ends when the job belongs to somebody else.
async fn lost(app: &App, taken: &Taken, lease: Uuid) {
    let mut held_until = millis(clock::now()) + lease_millis();
    loop {
        sleep(SIGN_OF_LIFE).await;
        let until = millis(clock::now()) + lease_millis();
        match store::hold(&app.db, taken.tenant, taken.id, lease, until).await {
            Ok(true) => held_until = until,
            Ok(false) => return,
            Err(_) if millis(clock::now()) < held_until => {}
            Err(_) => return,
        }
    }
}

async fn settle(
    app: &App,
    taken: &Taken,
    lease: Uuid,
    now: i64,
    period: Option<Period>,
    ended: Result<(), Failed>,
) -> sqlx::Result<()> {
    let next_period = period.map(|period| period.next(now));
    let (error, for_good) = match ended {
        Ok(()) => {
            let Some(next) = next_period else {
                return store::done(&app.db, taken.tenant, taken.id, lease).await;
            };
            let outcome = Outcome {
                failed: false,
                run_at: Some(next),
                attempts: 0,
                error: None,
            };
            return store::put_back(&app.db, taken.tenant, taken.id, lease, &outcome).await;
        }
        Err(Failed::ForNow(error)) => (error, taken.attempts >= MOST_ATTEMPTS),
        Err(Failed::ForGood(error)) => (error, true),
    };
    let (job, kind, attempts) = (taken.id, taken.kind.as_str(), taken.attempts);
    let error: String = format!("{error:#}").chars().take(LONGEST_ERROR).collect();
    let mut outcome = Outcome {
        failed: for_good,
        run_at: next_period,
        attempts,
        error: Some(&error),
    };
    if for_good {
        tracing::error!(%job, kind, attempts, "a job has failed; `konvent jobs list` says why");
        outcome.attempts = if period.is_some() { 0 } else { attempts };
    } else {
        let [random] = clock::random();
        let pause = i64::try_from(pause(attempts, random).as_millis()).unwrap_or(i64::MAX);
        outcome.run_at = Some(now + pause);
        tracing::warn!(%job, kind, attempts, "a job did not succeed and is tried again later");
    }
    store::put_back(&app.db, taken.tenant, taken.id, lease, &outcome).await
}
