// SPDX-License-Identifier: EUPL-1.2
//! Work that is done later, or again and again: a queue in the database, so that nothing is lost when the program stops
//! and nothing is done twice when several run. Not for what a request can do itself. The rule: a job says what to do by
//! ids, and doing it again after half of it must be harmless.
//!
//! A new kind is a file here with a struct and its `run`, and a line in [`Job`]. Whoever adds one inside a transaction
//! calls [`add_in`] there and [`Queue::wake`] after the commit.

pub mod account_mail;
pub mod cli;
pub mod event_mail;
pub mod expulsion;
mod forget_failed;
pub mod http;
pub mod password_forgotten;
#[cfg(test)]
pub mod probe;
mod retention;
pub mod store;
pub mod worker;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Digest as _;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::db::{Db, millis, on};
use crate::ids::{JobId, TenantId};

/// Everything that can be queued. The name of a variant is stored: it stays for good.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    AccountMail(account_mail::AccountMail),
    EventMail(event_mail::EventMail),
    Expulsion(expulsion::Expulsion),
    ForgetFailed(forget_failed::ForgetFailed),
    PasswordForgotten(password_forgotten::PasswordForgotten),
    Retention(retention::Retention),
    #[cfg(test)]
    Probe(probe::Probe),
}

/// What is done by itself, once in each period, for each tenant.
fn periodic() -> Vec<(Job, Period)> {
    vec![
        (Job::ForgetFailed(forget_failed::ForgetFailed {}), Period::Daily),
        (Job::Retention(retention::Retention {}), Period::Hourly),
    ]
}

impl Job {
    async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        match self {
            Job::AccountMail(job) => job.run(app, tenant).await,
            Job::EventMail(job) => job.run(app, tenant).await,
            Job::Expulsion(job) => job.run(app, tenant).await,
            Job::ForgetFailed(job) => job.run(app, tenant).await,
            Job::PasswordForgotten(job) => job.run(app, tenant).await,
            Job::Retention(job) => job.run(app, tenant).await,
            #[cfg(test)]
            Job::Probe(job) => job.run(app, tenant).await,
        }
    }

    /// The stored name and contents.
    fn parts(&self) -> (String, String) {
        let Ok(Value::Object(mut parts)) = serde_json::to_value(self) else {
            unreachable!("a job is an object in JSON");
        };
        let kind = parts.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned));
        let payload = parts.remove("payload").unwrap_or(Value::Null);
        (kind.unwrap_or_default(), payload.to_string())
    }

    fn stored(kind: &str, payload: &str) -> anyhow::Result<Job> {
        let payload: Value = serde_json::from_str(payload)?;
        Ok(serde_json::from_value(json!({"kind": kind, "payload": payload}))?)
    }
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

#[derive(Clone, Copy)]
pub enum Period {
    Hourly,
    /// At half past two in the night (UTC).
    Daily,
}

impl Period {
    /// The beginning of the next period, in milliseconds since 1970.
    fn next(self, at: i64) -> i64 {
        const MINUTE: i64 = 60_000;
        let (length, offset) = match self {
            Period::Hourly => (60 * MINUTE, 0),
            Period::Daily => (24 * 60 * MINUTE, 150 * MINUTE),
        };
        ((at - offset).div_euclid(length) + 1) * length + offset
    }
}

/// A periodic job has the same id for good, so that it is in the queue once.
fn periodic_id(kind: &str) -> JobId {
    let hash = sha2::Sha256::digest(format!("periodic job {kind}"));
    JobId(Uuid::from_slice(&hash[..16]).unwrap_or_default())
}

/// How often a job is tried before it is given up: with the pauses below, for about two and a half days.
pub const MOST_ATTEMPTS: i64 = 20;
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

/// The pause after so many attempts: doubled each time, a quarter more or less by chance (`random`).
fn pause(attempts: i64, random: u8) -> Duration {
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let pause = (FIRST_PAUSE * 2_u32.pow(doubled)).min(LONGEST_PAUSE);
    pause.mul_f64(0.75 + f64::from(random) / f64::from(u8::MAX) / 2.0)
}

/// The worker's bell.
#[derive(Default)]
pub struct Queue {
    bell: Notify,
}

impl Queue {
    /// Lets the worker look at once. Called after the commit of a transaction that added a job; if it is forgotten, the
    /// job waits for the worker's next look.
    pub fn wake(&self) {
        self.bell.notify_one();
    }
}

/// Adds a job where no transaction is at hand.
pub async fn add(app: &App, tenant: TenantId, job: &Job, run_at: Timestamp) -> sqlx::Result<JobId> {
    let id = leave(&app.db, tenant, job, run_at).await?;
    app.jobs.wake();
    Ok(id)
}

/// Adds a job for another process, which looks for new ones every few seconds.
pub async fn leave(db: &Db, tenant: TenantId, job: &Job, run_at: Timestamp) -> sqlx::Result<JobId> {
    on!(db, pool => {
        let mut connection = pool.acquire().await?;
        add_in(&mut *connection, tenant, job, run_at).await
    })
}

/// Adds a job in the transaction that makes it necessary.
pub async fn add_in<C: store::Enqueue>(
    connection: &mut C,
    tenant: TenantId,
    job: &Job,
    run_at: Timestamp,
) -> sqlx::Result<JobId> {
    let id = JobId(clock::id());
    let (kind, payload) = job.parts();
    connection
        .enqueue(tenant, id, &kind, &payload, millis(run_at), millis(clock::now()))
        .await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours_and_differ_by_chance() {
        assert_eq!(pause(1, 0), FIRST_PAUSE.mul_f64(0.75));
        assert_eq!(pause(1, 255), FIRST_PAUSE.mul_f64(1.25));
        let middle = |attempts| pause(attempts, 127).as_secs_f64() / FIRST_PAUSE.as_secs_f64();
        assert!((middle(4) - 8.0).abs() < 0.1);
        assert!(pause(MOST_ATTEMPTS, 255) <= LONGEST_PAUSE.mul_f64(1.25));
        let all: Duration = (1..MOST_ATTEMPTS).map(|attempts| pause(attempts, 127)).sum();
        let days = all.as_secs_f64() / 86_400.0;
        assert!((2.0..3.0).contains(&days), "{days}");
    }

    #[test]
    fn periods_begin_on_the_hour_and_at_half_past_two() {
        let at = |text: &str| millis(text.parse().unwrap());
        assert_eq!(
            Period::Hourly.next(at("2030-05-01T10:00:00Z")),
            at("2030-05-01T11:00:00Z")
        );
        assert_eq!(
            Period::Hourly.next(at("2030-05-01T10:59:59Z")),
            at("2030-05-01T11:00:00Z")
        );
        assert_eq!(
            Period::Daily.next(at("2030-05-01T02:29:00Z")),
            at("2030-05-01T02:30:00Z")
        );
        assert_eq!(
            Period::Daily.next(at("2030-05-01T02:30:00Z")),
            at("2030-05-02T02:30:00Z")
        );
    }

    #[test]
    fn a_job_is_stored_by_name_and_read_back() {
        let (kind, payload) = Job::ForgetFailed(forget_failed::ForgetFailed {}).parts();
        assert_eq!((kind.as_str(), payload.as_str()), ("forget_failed", "{}"));
        assert!(Job::stored(&kind, &payload).is_ok());
        assert!(Job::stored("no_such_kind", "{}").is_err());
    }
}
