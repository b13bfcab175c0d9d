// SPDX-License-Identifier: EUPL-1.2
//! The audit log: its chain, and who may read it.

use axum::http::{StatusCode, header};

use super::{Stage, on_both};
use crate::audit::{self, Action, Actor, Entry};
use crate::clock;
use crate::db::on;
use crate::ids::TenantId;

const TENANT: TenantId = TenantId::DEFAULT;

async fn record(stage: &Stage, number: usize) {
    let entry = Entry::by(Actor::System, Action::JobChanged).with("number", number);
    audit::record(&stage.app.db, TENANT, entry).await.unwrap();
}

async fn change(stage: &Stage, sql: &'static str) {
    on!(&stage.app.db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
}

async fn broken_at(stage: &Stage) -> Option<i64> {
    audit::verify(&stage.app.db, TENANT).await.unwrap().broken_at
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_at_once_make_one_chain() {
    on_both(async |stage| {
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let db = stage.app.db.clone();
                tokio::spawn(async move {
                    let entry = Entry::by(Actor::System, Action::JobChanged).with("number", number);
                    audit::record(&db, TENANT, entry).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (50, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_missing_and_a_cut_off_entry_are_found() {
    for (number, sql) in [
        (3, "UPDATE audit_entries SET object = 'other' WHERE number = 3"),
        (3, "UPDATE audit_entries SET at = at + 1 WHERE number = 3"),
        (3, "DELETE FROM audit_entries WHERE number = 3"),
        (5, "DELETE FROM audit_entries WHERE number = 5"),
        (1, "DELETE FROM audit_entries WHERE number = 1"),
        (1, "DELETE FROM audit_entries"),
    ] {
        on_both(async |stage| {
            for number in 0..5 {
                record(&stage, number).await;
            }
            assert_eq!(broken_at(&stage).await, None);
            change(&stage, sql).await;
            assert_eq!(broken_at(&stage).await, Some(number), "{sql}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_fails_leaves_no_entry_and_no_gap() {
    on_both(async |stage| {
        record(&stage, 1).await;
        on!(&stage.app.db, pool => {
            let mut transaction = pool.begin().await.unwrap();
            let entry = Entry::by(Actor::System, Action::JobChanged);
            audit::record_in(&mut *transaction, TENANT, entry).await.unwrap();
            transaction.rollback().await.unwrap();
        });
        record(&stage, 2).await;
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (2, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortened_log_says_so_and_still_verifies() {
    on_both(async |stage| {
        for number in 0..5 {
            record(&stage, number).await;
        }
        let soon = crate::db::millis(clock::now()) + 1;
        assert_eq!(audit::shorten(&stage.app.db, TENANT, soon).await.unwrap(), 5);
        record(&stage, 6).await;
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (2, None));
        // Cutting off more than the log says is found.
        change(&stage, "DELETE FROM audit_entries WHERE number = 6").await;
        assert_eq!(broken_at(&stage).await, Some(6));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_read_the_log_by_pages_and_nobody_else_does() {
    on_both(async |stage| {
        let admin = stage.administrator("anna@example.org").await;
        let other = stage.person("bo@example.org", "Bo Berg").await;
        for number in 0..5 {
            record(&stage, number).await;
        }
        assert_eq!(stage.get("/v1/admin/audit", &other).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stage.get("/v1/admin/audit", "").await.status, StatusCode::UNAUTHORIZED);
        let first = stage.get("/v1/admin/audit?action=job.changed&per_page=3", &admin).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let link = first.header(header::LINK).to_owned();
        let newest = &first.json()[0];
        assert_eq!(
            (newest["details"]["number"].as_str(), newest["actor_kind"].as_str()),
            (Some("4"), Some("system"))
        );
        let after = link.split("after=").nth(1).unwrap().split('>').next().unwrap();
        let second = stage
            .get(&format!("/v1/admin/audit?action=job.changed&after={after}"), &admin)
            .await;
        assert_eq!(second.json().as_array().unwrap().len(), 2);
        assert!(second.header(header::LINK).is_empty());
        let verdict = stage.get("/v1/admin/audit/verification", &admin).await.json();
        assert_eq!(verdict["broken_at"], serde_json::Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_is_recorded_by_ids_and_without_a_name() {
    on_both(async |stage| {
        let admin = stage.administrator("ada@example.org").await;
        let body = serde_json::json!({"title": "Budget of Zephyrine", "is_time_independent": true});
        let event = stage.post("/v1/events", &admin, body).await.json();
        let room = event["room"]["id"].as_str().unwrap();
        let links = format!("/v1/rooms/{room}/invites");
        let link = stage.post(&links, &admin, serde_json::json!({})).await.json();
        let link = format!("{links}/{}", link["invite_code"].as_str().unwrap());
        let forever = serde_json::json!({"expiration": null});
        stage.ask(axum::http::Method::PUT, &link, &admin, Some(forever)).await;
        stage.ask(axum::http::Method::DELETE, &link, &admin, None).await;
        let at = format!("/v1/events/{}", event["id"].as_str().unwrap());
        stage.ask(axum::http::Method::DELETE, &at, &admin, None).await;
        let request = stage.login_request().await;
        let wrong = serde_json::json!({"request": request, "email": "ada@example.org", "password": "a wrong password"});
        stage.post("/identity/login", "", wrong).await;
        let log = stage.get("/v1/admin/audit", &admin).await;
        let entries = log.json();
        let actions: Vec<_> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["action"].as_str().unwrap())
            .collect();
        let expected = [
            "login.failed",
            "event.deleted",
            "guest_link.deleted",
            "guest_link.changed",
            "guest_link.created",
            "event.created",
            "login.succeeded",
            "account.created",
        ];
        assert_eq!(actions, expected);
        assert!(
            !log.text.contains("ada@") && !log.text.contains("Zephyrine"),
            "{}",
            log.text
        );
    })
    .await;
}
