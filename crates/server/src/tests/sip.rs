// SPDX-License-Identifier: EUPL-1.2
//! Dialling in: who sees and changes what callers type, and who may let a caller in.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{Stage, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_telephone_number_there_is_no_dialling_in() {
    on_both(async |stage: Stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let event = json!({"title": "Rat", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        assert!(event["room"]["call_in"].is_null(), "{event}");
        let path = format!("/v1/rooms/{}/sip", event["room"]["id"].as_str().unwrap());
        let reply = stage.ask(Method::PUT, &path, &anna, Some(json!({"lobby": true}))).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (StatusCode::FORBIDDEN, &json!("feature_disabled"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_sets_what_callers_type_and_wrong_digits_are_named() {
    for database in [super::Database::Sqlite, super::Database::Postgres] {
        let stage = Stage::open(database, &[("KONVENT_CALL_IN_TEL", "+49 30 123456")]).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let event = json!({"title": "Rat", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let path = format!("/v1/rooms/{}/sip", event["room"]["id"].as_str().unwrap());
        let put = async |who: &str, body| stage.ask(Method::PUT, &path, who, Some(body)).await;

        // Made with the room.
        let made = stage.get(&path, &anna).await.json();
        assert_eq!(made["lobby"], false);
        assert_eq!(
            event["room"]["call_in"],
            json!({"tel": "+49 30 123456", "id": made["sip_id"], "password": made["password"]})
        );
        for wrong in ["123", "12345678901", "12345 7890", "１２３４５６７８９０"] {
            let reply = put(&anna, json!({"password": wrong})).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(reply.json()["validation_errors"][0]["field"], "password");
        }
        assert_eq!(put(&anna, json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let changed = put(&anna, json!({"password": "0123456789"})).await.json();
        assert_eq!(
            (&changed["sip_id"], &changed["password"], &changed["lobby"]),
            (&made["sip_id"], &json!("0123456789"), &json!(false))
        );
        assert_eq!(
            put(&anna, json!({"lobby": true})).await.json()["password"],
            "0123456789"
        );

        for method in [Method::GET, Method::DELETE] {
            assert_eq!(stage.ask(method, &path, &bo, None).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(put(&bo, json!({"lobby": false})).await.status, StatusCode::FORBIDDEN);
        let start = json!({"id": made["sip_id"], "pin": "0123456789"});
        let reply = stage.post("/v1/services/call_in/start", &anna, start.clone()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "people are no gateway");
        let reply = stage.post("/v1/services/call_in/start", "", start).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);

        assert_eq!(
            stage.ask(Method::DELETE, &path, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(stage.get(&path, &anna).await.status, StatusCode::NOT_FOUND);
    }
}
