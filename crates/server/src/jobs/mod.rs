// SPDX-License-Identifier: EUPL-1.2
//! Work that is done later, or again and again: what each kind of job does, and the worker that does it. Not the queue: that
//! is `queue`. Not for what a request can do itself.
//!
//! A new kind is a `Payload` (here, or in the noun that queues it), and a line in [`Job`].

pub mod cli;
pub mod expulsion;
mod forget_failed;
pub mod http;
#[cfg(test)]
pub mod probe;
pub mod retention;
mod store;
pub mod worker;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Digest as _;
use uuid::Uuid;

use crate::app::App;
use crate::identity::provider::account::link::{self, PasswordForgotten};
use crate::ids::{JobId, TenantId};
use crate::mail::{AccountMail, EventMail};
use crate::queue::{Failed, Payload};

/// Everything that can be queued. The name of a variant is stored: it stays for good.
#[derive(Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    AccountMail(AccountMail),
    EventMail(EventMail),
    Expulsion(expulsion::Expulsion),
    ForgetFailed(forget_failed::ForgetFailed),
    PasswordForgotten(PasswordForgotten),
    Retention(retention::Retention),
    #[cfg(test)]
    Probe(probe::Probe),
}

/// What is done by itself, once in each period, for each tenant. None of it has anything to say.
const PERIODIC: [(&str, Period); 2] = [
    (forget_failed::ForgetFailed::KIND, Period::Daily),
    (retention::Retention::KIND, Period::Hourly),
];

impl Job {
    async fn run(&self, app: &App, tenant: TenantId) -> Result<(), Failed> {
        match self {
            Job::AccountMail(job) => app.mail.send_account_mail(tenant, job).await,
            Job::EventMail(job) => app.mail.send_event_mail(tenant, job).await,
            Job::Expulsion(job) => job.run(app, tenant).await,
            Job::ForgetFailed(job) => job.run(app, tenant).await,
            Job::PasswordForgotten(job) => link::mail_reset(&app.db, &app.mail, job).await,
            Job::Retention(job) => job.run(app, tenant).await,
            #[cfg(test)]
            Job::Probe(job) => job.run(app, tenant).await,
        }
    }

    fn stored(kind: &str, payload: &str) -> anyhow::Result<Job> {
        let payload: Value = serde_json::from_str(payload)?;
        Ok(serde_json::from_value(json!({"kind": kind, "payload": payload}))?)
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

/// With these pauses a job is tried for about two and a half days.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

/// The pause after so many attempts: doubled each time, a quarter more or less by chance (`random`).
fn pause(attempts: i64, random: u8) -> Duration {
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let pause = (FIRST_PAUSE * 2_u32.pow(doubled)).min(LONGEST_PAUSE);
    pause.mul_f64(0.75 + f64::from(random) / f64::from(u8::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::millis;
    use crate::queue::MOST_ATTEMPTS;

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
    fn a_job_is_read_back_by_the_name_it_is_stored_under() {
        let expulsion = json!({"person": null}).to_string();
        let stored = [
            (expulsion::Expulsion::KIND, expulsion.as_str()),
            (forget_failed::ForgetFailed::KIND, "{}"),
            (retention::Retention::KIND, "{}"),
            (
                PasswordForgotten::KIND,
                r#"{"email": "", "expires_at": "2030-05-01T10:00:00Z"}"#,
            ),
            (
                AccountMail::KIND,
                r#"{"to": {"email": "a@example.net"}, "template": "", "path": "", "expires_at": "2030-05-01T10:00:00Z"}"#,
            ),
            (
                EventMail::KIND,
                r#"{"to": {"email": "a@example.net"}, "about": {"invited": "00000000-0000-0000-0000-000000000007"}}"#,
            ),
        ];
        for (kind, payload) in stored {
            assert!(Job::stored(kind, payload).is_ok(), "{kind}");
        }
        assert!(Job::stored("no_such_kind", "{}").is_err());
    }
}
