// SPDX-License-Identifier: EUPL-1.2
//! The job queue: each job is done, once, and nothing is lost.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Stage, on_both};
use crate::audit;
use crate::clock;
use crate::db::{millis, on};
use crate::ids::{JobId, TenantId};
use crate::jobs::probe::{End, Probe};
use crate::jobs::worker;
use crate::queue::{self, MOST_ATTEMPTS, store};

const TENANT: TenantId = TenantId::DEFAULT;

async fn add(stage: &Stage, name: &str, end: End, run_at: Timestamp) -> JobId {
    let job = stage.app.jobs.at(run_at, &Probe { name: name.into(), end });
    let id = job.id;
    queue::add(&stage.app.db, TENANT, &[job]).await.unwrap();
    id
}

/// How often the job of this name ran.
async fn runs(stage: &Stage, name: &str) -> usize {
    let filter = audit::store::Filter {
        action: String::new(),
        actor: String::new(),
        object: name.into(),
        people: None,
        meeting: String::new(),
        since: i64::MIN,
        until: i64::MAX,
    };
    let entries = audit::store::before(&stage.app.db, TENANT, i64::MAX, &filter, 1000).await;
    entries.unwrap().len()
}

async fn listed(stage: &Stage, id: JobId) -> Option<store::Listed> {
    let all = store::list(&stage.app.db, TENANT, "", JobId(uuid::Uuid::nil()), 1000).await;
    all.unwrap().into_iter().find(|job| job.id == id)
}

async fn run_due(stage: &Stage, now: Timestamp) -> usize {
    worker::run_due(&stage.app, now).await.unwrap()
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now + SignedDuration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_when_its_time_has_come_and_is_gone() {
    on_both(async |stage| {
        let now = clock::now();
        let id = add(&stage, "a", End::Well, later(now, 60)).await;
        run_due(&stage, now).await;
        assert_eq!(runs(&stage, "a").await, 0);
        run_due(&stage, later(now, 60)).await;
        assert_eq!(runs(&stage, "a").await, 1);
        assert!(listed(&stage, id).await.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_added_in_a_transaction_that_is_rolled_back_was_never_there() {
    on_both(async |stage| {
        let now = clock::now();
        let probe = Probe {
            name: "a".into(),
            end: End::Well,
        };
        let job = stage.app.jobs.at(now, &probe);
        on!(&stage.app.db, pool => {
            let mut transaction = pool.begin().await.unwrap();
            job.add_in(&mut *transaction, TENANT).await.unwrap();
            transaction.rollback().await.unwrap();
        });
        run_due(&stage, later(now, 1)).await;
        assert_eq!(runs(&stage, "a").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_run_forty_jobs_once_each() {
    on_both(async |stage| {
        let now = clock::now();
        for number in 0..40 {
            add(&stage, &format!("job {number}"), End::Well, now).await;
        }
        let at = later(now, 1);
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let app = stage.app.clone();
                tokio::spawn(async move { worker::run_due(&app, at).await.unwrap() })
            })
            .collect();
        let mut count = 0;
        for worker in workers {
            count += worker.await.unwrap();
        }
        // A worker that loses a race for a job ends; the others go on.
        count += run_due(&stage, at).await;
        assert_eq!(count, 40);
        for number in 0..40 {
            assert_eq!(runs(&stage, &format!("job {number}")).await, 1, "{number}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_process_that_died_is_run_by_another_after_its_lease() {
    on_both(async |stage| {
        let now = clock::now();
        let id = add(&stage, "a", End::Well, now).await;
        let dead = clock::token();
        let at = later(now, 1);
        let until = millis(at) + i64::try_from(worker::LEASE.as_millis()).unwrap();
        let taken = store::take(&stage.app.db, dead, millis(at), until).await.unwrap();
        assert!(taken.is_some_and(|taken| taken.id == id));
        assert_eq!(listed(&stage, id).await.unwrap().state, "running");
        run_due(&stage, at).await;
        assert_eq!(runs(&stage, "a").await, 0);
        // The dead one comes back to life too late: the job is not its own any more.
        run_due(&stage, later(at, 61)).await;
        assert_eq!(runs(&stage, "a").await, 1);
        assert!(!store::hold(&stage.app.db, TENANT, id, dead, i64::MAX).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_does_not_succeed_is_tried_again_with_growing_pauses_and_given_up_visibly() {
    on_both(async |stage| {
        let mut now = clock::now();
        let id = add(&stage, "a", End::ForNow, now).await;
        for attempt in 1..=MOST_ATTEMPTS {
            run_due(&stage, later(now, 1)).await;
            let job = listed(&stage, id).await.unwrap();
            assert_eq!(job.attempts, attempt);
            assert_eq!(job.last_error.as_deref(), Some("nobody answers"));
            if attempt == MOST_ATTEMPTS {
                assert_eq!((job.state.as_str(), job.run_at), ("failed", None));
                break;
            }
            let next = crate::db::time(job.run_at.unwrap());
            assert!(next > later(now, 20) && job.state == "queued");
            // Nothing happens before.
            run_due(&stage, later(next, -1)).await;
            assert_eq!(listed(&stage, id).await.unwrap().attempts, attempt);
            now = next;
        }
        run_due(&stage, later(now, 1_000_000)).await;
        assert_eq!(runs(&stage, "a").await, usize::try_from(MOST_ATTEMPTS).unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hopeless_job_is_given_up_at_once_and_a_panic_hurts_only_its_job() {
    on_both(async |stage| {
        let now = clock::now();
        let hopeless = add(&stage, "hopeless", End::ForGood, now).await;
        let broken = add(&stage, "broken", End::Panic, now).await;
        add(&stage, "next", End::Well, now).await;
        run_due(&stage, later(now, 1)).await;
        let job = listed(&stage, hopeless).await.unwrap();
        assert_eq!(
            (job.state.as_str(), job.last_error.as_deref()),
            ("failed", Some("no such place"))
        );
        let job = listed(&stage, broken).await.unwrap();
        assert_eq!((job.state.as_str(), job.attempts), ("queued", 1));
        assert_eq!(runs(&stage, "next").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_periodic_job_runs_once_in_each_period() {
    on_both(async |stage| {
        let start: Timestamp = "2030-05-01T10:00:00Z".parse().unwrap();
        assert_eq!(run_due(&stage, start).await, 0);
        let hours = 24 * 10;
        let mut days = 0;
        for hour in 1..=hours {
            let now = later(start, hour * 3600);
            let workers = [worker::run_due(&stage.app, now), worker::run_due(&stage.app, now)];
            let [one, two] = workers;
            let (one, two) = tokio::join!(one, two);
            let count = one.unwrap() + two.unwrap();
            // 03:00 is the first look after half past two.
            let due = (start.as_second() / 3600 + hour) % 24 == 3;
            // Retention looks every hour, the others once a day.
            assert_eq!(count, 1 + usize::from(due), "{now}");
            days += count - 1;
        }
        assert_eq!(days, 10);
        // A machine that was off for a week does it once.
        assert_eq!(run_due(&stage, later(start, (hours + 24 * 7) * 3600)).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_wakes_for_a_new_job_and_stops_when_told() {
    on_both(async |stage| {
        let (stopping, stopped) = watch::channel(false);
        let working = tokio::spawn(worker::work(stage.app.clone(), stopped));
        for name in ["one", "two", "three"] {
            let id = add(&stage, name, End::Well, clock::now()).await;
            // Far less than the worker sleeps when nobody wakes it.
            tokio::time::timeout(Duration::from_secs(5), async {
                while listed(&stage, id).await.is_some() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await
            .unwrap();
            assert_eq!(runs(&stage, name).await, 1);
        }
        stopping.send_replace(true);
        tokio::time::timeout(Duration::from_secs(5), working)
            .await
            .unwrap()
            .unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_retry_and_delete_jobs_and_others_do_not() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let now = clock::now();
        let id = add(&stage, "a", End::ForGood, now).await;
        let path = format!("/v1/admin/jobs/{id}");
        let retry = format!("{path}/retry");
        for (method, path) in [
            (Method::GET, "/v1/admin/jobs"),
            (Method::POST, &retry),
            (Method::DELETE, &path),
        ] {
            let reply = stage.ask(method.clone(), path, &bo, None).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN);
            assert_eq!(stage.ask(method, path, "", None).await.status, StatusCode::UNAUTHORIZED);
        }
        run_due(&stage, later(now, 1)).await;
        let failed = stage.get("/v1/admin/jobs?state=failed", &ada).await.json();
        assert_eq!(failed.as_array().map(Vec::len), Some(1));
        assert_eq!(
            (
                &failed[0]["id"],
                &failed[0]["kind"],
                &failed[0]["run_at"],
                &failed[0]["last_error"]
            ),
            (&json!(id), &json!("probe"), &Value::Null, &json!("no such place"))
        );
        let first = stage.get("/v1/admin/jobs?per_page=2", &ada).await;
        let link = first.header(header::LINK).to_owned();
        let query = link[1..].split('>').next().unwrap();
        let second = stage.get(&format!("/v1/admin/jobs{query}"), &ada).await;
        assert_ne!(first.json()[0]["id"], second.json()[0]["id"]);
        assert_eq!(second.header(header::LINK), "");

        assert_eq!(
            stage.ask(Method::POST, &retry, &ada, None).await.status,
            StatusCode::NO_CONTENT
        );
        run_due(&stage, later(now, 2)).await;
        assert_eq!(runs(&stage, "a").await, 2);
        assert_eq!(
            stage.ask(Method::DELETE, &path, &ada, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            stage.ask(Method::DELETE, &path, &ada, None).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            stage.ask(Method::POST, &retry, &ada, None).await.status,
            StatusCode::NOT_FOUND
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_long_ago_is_forgotten() {
    on_both(async |stage| {
        let now = clock::now();
        let id = add(&stage, "a", End::ForGood, now).await;
        run_due(&stage, later(now, 1)).await;
        store::forget_failed(&stage.app.db, TENANT, millis(now) - 1)
            .await
            .unwrap();
        assert!(listed(&stage, id).await.is_some());
        store::forget_failed(&stage.app.db, TENANT, millis(later(now, 1)))
            .await
            .unwrap();
        assert!(listed(&stage, id).await.is_none());
    })
    .await;
}
