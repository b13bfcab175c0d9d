// SPDX-License-Identifier: EUPL-1.2
//! Changes that are broken off: what belongs together is there together, or not at all.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::on_both;
use super::signaling::Room;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::on;
use crate::ids::{TariffId, TenantId};
use crate::jobs::probe::{End, Probe};
use crate::tariffs;

const TENANT: TenantId = TenantId::DEFAULT;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_whose_client_goes_away_leave_as_many_entries_as_changes() {
    let room = Room::open().await;
    let target = json!({"name": "Stream", "kind": "custom", "streaming_endpoint": "rtmps://live.example.org/app",
        "streaming_key": "key", "public_url": "https://live.example.org/watch"});
    let body = json!({"title": "Cut", "is_time_independent": true, "streaming_targets": [target]});
    for number in 0..100 {
        let mut socket = TcpStream::connect(room.address).await.unwrap();
        let (text, anna) = (body.to_string(), &room.anna);
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: localhost:8080\r\nauthorization: {anna}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        socket.write_all((head + &text).as_bytes()).await.unwrap();
        // Long enough to be anywhere in it, and sometimes at its end.
        tokio::time::sleep(Duration::from_millis(number % 12)).await;
        drop(socket);
    }
    let whole = room.stage.post("/v1/events", &room.anna, body).await;
    assert_eq!(whole.status, StatusCode::CREATED, "{}", whole.text);
    // At any moment, also while the last ones are still at work. The event of the room itself has no target.
    const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM events), \
        (SELECT COUNT(*) FROM audit_entries WHERE action = 'event.created'), \
        (SELECT COUNT(*) + 1 FROM streaming_targets)";
    let counts: (i64, i64, i64) =
        on!(&room.stage.app.db, pool => sqlx::query_as(COUNTS).fetch_one(pool).await).unwrap();
    assert!(counts.0 > 10, "{counts:?}");
    assert_eq!((counts.0, counts.0), (counts.1, counts.2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_kept_leaves_no_row_no_entry_and_no_job_and_one_that_is_leaves_all() {
    on_both(async |stage| {
        let db = &stage.app.db;
        let tariff = tariffs::Stored {
            id: TariffId(clock::id()),
            name: "Large".into(),
            external_id: None,
            max_storage: None,
            room_time_limit_secs: None,
            room_participant_limit: None,
            disabled: String::new(),
            created_at: 0,
        };
        let probe = Probe {
            name: "a".into(),
            end: End::Well,
        };
        const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM tariffs WHERE name = 'Large'), \
            (SELECT COUNT(*) FROM audit_entries WHERE action = 'tariff.created'), \
            (SELECT COUNT(*) FROM jobs WHERE kind = 'probe')";
        let counts =
            async || -> (i64, i64, i64) { on!(db, pool => sqlx::query_as(COUNTS).fetch_one(pool).await).unwrap() };
        for (kept, expected) in [(false, (0, 0, 0)), (true, (1, 1, 1))] {
            let mut change = Change::begin(db, TENANT).await.unwrap();
            assert!(tariffs::store::add(&mut change, &tariff).await.unwrap());
            change.record(Entry::by(Actor::Operator, Action::TariffCreated));
            change.queue([stage.app.jobs.now(&probe)]);
            match kept {
                true => change.commit().await.unwrap(),
                false => drop(change),
            }
            assert_eq!(counts().await, expected);
        }
    })
    .await;
}
