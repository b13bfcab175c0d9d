// SPDX-License-Identifier: EUPL-1.2
//! Names of people, organisations, meetings and files: what is refused, with the field and the reason.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::{Database, PASSWORD, Reply, Stage};

const ODD: [&str; 4] = ["Anna\u{202e}nnA", "\u{200b}\u{2060}", "\u{3164}", "\u{2067}Anna"];

fn refusal(reply: &Reply) -> (StatusCode, String, String) {
    let first = &reply.json()["validation_errors"][0];
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    (reply.status, text("field"), text("code"))
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_can_see_or_that_turn_the_text_around_are_refused_everywhere() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let ada = stage.administrator("ada@example.org").await;
    let room = stage
        .post("/v1/rooms", &ada, json!({"waiting_room": false}))
        .await
        .json();
    let room = room["id"].as_str().unwrap().to_owned();
    for odd in ODD {
        let new = json!({"email": "bo@example.org", "display_name": odd, "password": PASSWORD});
        let event = json!({"title": odd, "is_time_independent": true});
        let entering = json!({"device_secret": "a device of their own", "display_name": odd});
        let start = format!("/v1/rooms/{room}/start");
        for (method, path, body, field) in [
            (Method::POST, "/v1/admin/users", new, "display_name"),
            (
                Method::PATCH,
                "/v1/users/me",
                json!({"display_name": odd}),
                "display_name",
            ),
            (Method::PATCH, "/v1/users/me", json!({"title": odd}), "title"),
            (Method::POST, "/v1/events", event, "title"),
            (Method::POST, "/v1/admin/tenants", json!({"name": odd}), "name"),
            (Method::POST, "/v1/admin/tariffs", json!({"name": odd}), "name"),
            (Method::POST, start.as_str(), entering, "display_name"),
        ] {
            let reply = stage.ask(method, path, &ada, Some(body)).await;
            let expected = (
                StatusCode::UNPROCESSABLE_ENTITY,
                field.into(),
                "invalid_characters".into(),
            );
            assert_eq!(refusal(&reply), expected, "{path} {odd:?}");
        }
        let mut address = reqwest::Url::parse("http://localhost/").unwrap();
        let pairs = [("kind", "document"), ("filename", odd)];
        address.query_pairs_mut().extend_pairs(pairs);
        let upload = Request::post(format!("/v1/rooms/{room}/assets?{}", address.query().unwrap()))
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, &ada)
            .body(Body::from("plan"))
            .unwrap();
        let reply = stage.send(upload).await;
        let expected = (
            StatusCode::UNPROCESSABLE_ENTITY,
            "filename".into(),
            "invalid_characters".into(),
        );
        assert_eq!(refusal(&reply), expected, "{odd:?}");
    }
}
