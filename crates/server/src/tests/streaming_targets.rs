// SPDX-License-Identifier: EUPL-1.2
//! Rooms without an event, the end of guest links, and where rooms are streamed to.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Stage, on_both};

fn target(name: &str) -> Value {
    json!({"name": name, "kind": "custom", "streaming_endpoint": "rtmps://live.example.org/app",
        "streaming_key": "s3cret", "public_url": "https://tv.example.org/council"})
}

async fn room(stage: &Stage, who: &str) -> String {
    let reply = stage.post("/v1/rooms", who, json!({"waiting_room": true})).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    format!("/v1/rooms/{}", reply.json()["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_postgresql_cannot_keep_is_no_fault_of_the_server() {
    let stage = Stage::open(super::Database::Postgres, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let event = json!({"title": "Rat", "is_time_independent": true});
    let event = stage.post("/v1/events", &anna, event).await.json();
    let path = format!("/v1/rooms/{}/streaming_targets", event["room"]["id"].as_str().unwrap());
    let target = json!({"name": "TV", "kind": "custom", "streaming_endpoint": "rtmps://live.example.org/app",
        "streaming_key": "s3\u{0}cret", "public_url": "https://tv.example.org/council"});
    let reply = stage.post(&path, &anna, target).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_made_changed_listed_and_deleted() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let first = room(&stage, &anna).await;
        let second = room(&stage, &anna).await;
        let change = async |who: &str, body: Value| stage.ask(Method::PATCH, &first, who, Some(body)).await;
        assert_eq!(
            change(&bo, json!({"waiting_room": false})).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(change(&anna, json!({})).await.status, StatusCode::NO_CONTENT);
        let changed = change(&anna, json!({"password": "s3cret", "guest_access": "waiting_room"}))
            .await
            .json();
        assert_eq!(
            (&changed["password"], &changed["guest_access"], &changed["waiting_room"]),
            (&json!("s3cret"), &json!("waiting_room"), &json!(true))
        );
        assert_eq!(
            change(&anna, json!({"password": null})).await.json().get("password"),
            None
        );
        assert_eq!(
            change(&anna, json!({"password": ""})).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let dial_in = stage.post("/v1/rooms", &anna, json!({"enable_sip": true})).await;
        assert_eq!(dial_in.json()["validation_errors"][0]["field"], "enable_sip");
        let listed = stage.get("/v1/rooms?per_page=1&page=2", &anna).await;
        assert_eq!(format!("/v1/rooms/{}", listed.json()[0]["id"].as_str().unwrap()), first);
        assert!(
            listed
                .header(axum::http::header::LINK)
                .contains("<?per_page=1&page=1>; rel=\"prev\"")
        );
        assert_eq!(stage.get("/v1/rooms", &bo).await.json(), json!([]));
        assert_eq!(
            stage.get(&format!("{first}/event"), &anna).await.status,
            StatusCode::NOT_FOUND
        );
        for (who, expected) in [
            (&bo, StatusCode::FORBIDDEN),
            (&anna, StatusCode::NO_CONTENT),
            (&anna, StatusCode::NOT_FOUND),
        ] {
            assert_eq!(stage.ask(Method::DELETE, &second, who, None).await.status, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_link_can_be_changed_and_ended() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let room = room(&stage, &anna).await;
        let other = self::room(&stage, &anna).await;
        let made = stage.post(&format!("{room}/invites"), &anna, json!({})).await.json();
        let code = made["invite_code"].as_str().unwrap();
        let link = format!("{room}/invites/{code}");
        assert_eq!(stage.get(&link, &anna).await.json(), made);
        assert_eq!(stage.get(&link, &bo).await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            stage.get(&format!("{other}/invites/{code}"), &anna).await.status,
            StatusCode::NOT_FOUND
        );
        let put = async |body: Value| stage.ask(Method::PUT, &link, &anna, Some(body)).await;
        assert_eq!(
            put(json!({"expiration": "2020-01-01T00:00:00Z"})).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let longer = put(json!({"expiration": "2999-01-01T00:00:00Z"})).await.json();
        assert_eq!(longer["expiration"], "2999-01-01T00:00:00Z");
        assert_eq!(put(json!({"expiration": null})).await.json()["expiration"], Value::Null);
        let verify = async || {
            stage
                .post("/v1/invite/verify", "", json!({"invite_code": code}))
                .await
                .status
        };
        assert_eq!(verify().await, StatusCode::OK);
        assert_eq!(
            stage.ask(Method::DELETE, &link, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(verify().await, StatusCode::NOT_FOUND);
        assert_eq!(stage.get(&link, &anna).await.json()["active"], false);
        let guest = format!("InviteCode {code}");
        assert_eq!(
            stage.get(&format!("{room}/tariff"), &guest).await.status,
            StatusCode::NOT_FOUND
        );
    })
    .await;
}

/// One link for everybody: it opens the room as what its owner, an invited colleague, another member and a guest are.
#[tokio::test(flavor = "multi_thread")]
async fn one_link_decides_by_who_comes() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let cem = stage.person("cem@example.org", "Cem Can").await;
        let room = room(&stage, &anna).await;
        let code = stage.post(&format!("{room}/invites"), &anna, json!({})).await.json()["invite_code"].clone();
        let start = async |who: &str, name: Option<&str>, code: &Value| {
            let body = json!({"device_secret": "0123456789abcdef0123", "display_name": name, "invite_code": code});
            stage.post(&format!("{room}/start"), who, body).await.status
        };
        assert_eq!(start(&anna, None, &code).await, StatusCode::OK);
        assert_eq!(start(&cem, None, &code).await, StatusCode::OK);
        assert_eq!(start("", Some("Citizen"), &code).await, StatusCode::OK);
        assert_eq!(start(&cem, None, &Value::Null).await, StatusCode::FORBIDDEN);
        let link = format!("{room}/invites/{}", code.as_str().unwrap());
        stage.ask(Method::DELETE, &link, &anna, None).await;
        assert_eq!(start(&anna, None, &code).await, StatusCode::OK);
        assert_eq!(start(&cem, None, &code).await, StatusCode::FORBIDDEN);
        assert_eq!(start("", Some("Citizen"), &code).await, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_reads_the_key_of_a_stream() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let event = json!({"title": "Council", "is_time_independent": true, "show_meeting_details": true,
            "streaming_targets": [target("TV")], "training_participation_report": {
                "initial_checkpoint_delay": {"after": 600, "within": 300},
                "checkpoint_interval": {"after": 3600, "within": 600}}});
        let event = stage.post("/v1/events", &anna, event).await.json();
        assert_eq!(event["streaming_targets"][0]["streaming_key"], "s3cret");
        assert_eq!(event["training_participation_report"]["checkpoint_interval"]["within"], 600);
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let room = format!("/v1/rooms/{}", event["room"]["id"].as_str().unwrap());
        let moderator = json!({"email": "bo@example.org", "role": "moderator"});
        stage.post(&format!("{path}/invites"), &anna, moderator).await;
        assert_eq!(stage.get(&path, &bo).await.json()["streaming_targets"][0].get("streaming_key"), None);
        let targets = format!("{room}/streaming_targets");
        assert_eq!(stage.get(&targets, &bo).await.json()[0].get("streaming_key"), None);
        assert_eq!(stage.post(&targets, &bo, target("Mine")).await.status, StatusCode::FORBIDDEN);
        let added = stage.post(&targets, &anna, target("Second")).await.json();
        let one = format!("{targets}/{}", added["id"].as_str().unwrap());
        assert_eq!(stage.get(&one, &anna).await.json(), added);
        let change = async |body: Value| stage.ask(Method::PATCH, &one, &anna, Some(body)).await;
        assert_eq!(change(json!({})).await.status, StatusCode::NO_CONTENT);
        let changed = change(json!({"name": "Web", "kind": {"kind": "custom", "streaming_key": "n3w"}})).await.json();
        assert_eq!(
            (&changed["name"], &changed["streaming_key"], &changed["public_url"]),
            (&json!("Web"), &json!("n3w"), &added["public_url"])
        );
        let wrong = json!({"kind": {"kind": "custom", "public_url": "javascript:alert(1)"}});
        assert_eq!(change(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let shown = stage.get(&format!("{room}/event"), &bo).await.json();
        assert_eq!(
            shown["meeting_details"]["streaming_links"],
            json!([{"name": "TV", "url": "https://tv.example.org/council"}, {"name": "Web", "url": "https://tv.example.org/council"}])
        );
        assert_eq!(stage.ask(Method::DELETE, &one, &bo, None).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stage.ask(Method::DELETE, &one, &anna, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(stage.get(&one, &anna).await.status, StatusCode::NOT_FOUND);
        let none = json!({"streaming_targets": [], "training_participation_report": null});
        let changed = stage.ask(Method::PATCH, &path, &anna, Some(none)).await.json();
        assert_eq!((changed.get("streaming_targets"), changed.get("training_participation_report")), (None, None));
    })
    .await;
}
