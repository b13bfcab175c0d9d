// SPDX-License-Identifier: EUPL-1.2
//! What is deleted by itself, and what stays.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{Stage, on_both};
use crate::clock;
use crate::db::on;
use crate::ids::TenantId;
use crate::jobs::retention::Retention;

const TENANT: TenantId = TenantId::DEFAULT;

async fn change(stage: &Stage, sql: &'static str) {
    on!(&stage.app.db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn meetings_without_a_plan_and_guest_links_go_after_their_time_and_planned_ones_stay() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let mut events = Vec::new();
        for is_adhoc in [true, false] {
            let body = json!({"title": "Budget", "is_time_independent": true, "is_adhoc": is_adhoc});
            let event = stage.post("/v1/events", &anna, body).await.json();
            let links = format!("/v1/rooms/{}/invites", event["room"]["id"].as_str().unwrap());
            stage
                .post(&links, &anna, json!({"expiration": "2100-01-01T00:00:00Z"}))
                .await;
            events.push((format!("/v1/events/{}", event["id"].as_str().unwrap()), links));
        }
        let there = async |expected: [StatusCode; 2]| {
            for ((event, _), status) in events.iter().zip(expected) {
                assert_eq!(stage.get(event, &anna).await.status, status);
            }
        };
        Retention {}.run(&stage.app, TENANT).await.ok().unwrap();
        there([StatusCode::OK, StatusCode::OK]).await;
        change(&stage, "UPDATE events SET updated_at = 1").await;
        change(&stage, "UPDATE invites SET expires_at = 1").await;
        Retention {}.run(&stage.app, TENANT).await.ok().unwrap();
        there([StatusCode::NOT_FOUND, StatusCode::OK]).await;
        assert_eq!(stage.get(&events[1].1, &anna).await.json(), json!([]));
        let admin = stage.administrator("ada@example.org").await;
        let ran = stage.get("/v1/admin/audit?action=retention.ran", &admin).await.json();
        assert_eq!(
            ran[0]["details"],
            json!({"rooms": "1", "guest_links": "1", "files": "0"})
        );
        assert_eq!(ran.as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_meetings_go_after_their_last_date_when_the_operator_says_so() {
    for database in [super::Database::Sqlite, super::Database::Postgres] {
        let stage = Stage::open(database, &[("KONVENT_RETENTION_PAST_EVENTS_DAYS", "30")]).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let day = |days: i64| (clock::now() - SignedDuration::from_hours(24 * days)).to_string();
        let plan = |start: i64, rule: &[&str]| {
            json!({"title": "Budget", "is_time_independent": false, "is_all_day": false, "recurrence_pattern": rule,
                "starts_at": {"datetime": day(start), "timezone": "Europe/Berlin"},
                "ends_at": {"datetime": day(start), "timezone": "Europe/Berlin"}})
        };
        let always = json!({"title": "Budget", "is_time_independent": true});
        for (body, stays) in [
            (plan(31, &[]), false),
            (plan(29, &[]), true),
            (plan(60, &["FREQ=DAILY;COUNT=10"]), false),
            (plan(60, &["FREQ=DAILY;COUNT=40"]), true),
            (plan(60, &["FREQ=WEEKLY"]), true),
            (always, true),
        ] {
            let shown = body.to_string();
            let reply = stage.post("/v1/events", &anna, body).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            Retention {}.run(&stage.app, TENANT).await.ok().unwrap();
            let path = format!("/v1/events/{}", reply.json()["id"].as_str().unwrap());
            let there = stage.get(&path, &anna).await.status == StatusCode::OK;
            assert_eq!(there, stays, "{shown}");
        }
    }
}
