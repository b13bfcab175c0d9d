// SPDX-License-Identifier: EUPL-1.2
//! Imprint, data protection notice and accessibility statement: whose they are, and who is shown them.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Database, Stage, on_both};
use crate::users::Administers;

const SETTINGS: [(&str, &str); 2] = [
    ("KONVENT_ORGANISATION_IMPRINT_URL", "https://town.example/imprint"),
    (
        "KONVENT_ORGANISATION_DATA_PROTECTION_URL",
        "mailto:privacy@town.example",
    ),
];

async fn config_js(stage: &Stage) -> Value {
    let text = stage.get("/config.js", "").await.text;
    let object = text.trim().trim_start_matches("window.config = ").trim_end_matches(';');
    serde_json::from_str(object).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_the_settings_are_those_of_the_first_organisation_until_it_has_its_own() {
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = Stage::open(database, &SETTINGS).await;
        let ada = stage.administrator("ada@example.org").await;
        let config = config_js(&stage).await;
        assert_eq!(config["imprintUrl"], "https://town.example/imprint");
        assert_eq!(
            config["konvent"]["links"]["data_protection_url"],
            "mailto:privacy@town.example"
        );
        assert_eq!(config["konvent"]["links"]["accessibility_url"], Value::Null);
        let default = format!("/v1/admin/tenants/{}", crate::ids::TenantId::DEFAULT);
        let body = json!({"imprint_url": "https://town.example/new", "accessibility_url": "https://town.example/a11y"});
        let reply = stage.ask(Method::PATCH, &default, &ada, Some(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let organisation = stage.get("/v1/users/me", &ada).await.json()["organisation"].clone();
        assert_eq!(organisation["imprint_url"], "https://town.example/new");
        assert_eq!(organisation["data_protection_url"], "mailto:privacy@town.example");
        assert_eq!(organisation["accessibility_url"], "https://town.example/a11y");
        // Another organisation has nothing of it.
        let other = stage.tenant("other").await;
        let otto = stage
            .person_of(other, "otto@other.example", "Otto", Administers::Nothing)
            .await;
        let organisation = stage.get("/v1/users/me", &otto).await.json()["organisation"].clone();
        assert_eq!(organisation["imprint_url"], Value::Null);
        // A guest is shown those of their host.
        let room = stage.post("/v1/rooms", &ada, json!({})).await.json();
        let path = format!("/v1/rooms/{}/invites", room["id"].as_str().unwrap());
        let link = stage.post(&path, &ada, json!({})).await.json();
        let seen = stage
            .post("/v1/invite/verify", "", json!({"invite_code": link["invite_code"]}))
            .await;
        assert_eq!(seen.json()["organisation"]["imprint_url"], "https://town.example/new");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_the_web_or_a_mailbox_and_nowhere_else() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let default = format!("/v1/admin/tenants/{}", crate::ids::TenantId::DEFAULT);
        let wrong = [
            "javascript:alert(1)",
            "data:text/html,x",
            "/imprint",
            "https://",
            "mailto:",
            "https://a b.example",
        ];
        for field in ["imprint_url", "data_protection_url", "accessibility_url"] {
            for address in wrong {
                let reply = stage
                    .ask(Method::PATCH, &default, &ada, Some(json!({field: address})))
                    .await;
                assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
                assert_eq!(reply.json()["validation_errors"][0]["field"], field);
            }
            for address in [
                json!("http://town.example"),
                json!("mailto:a@town.example"),
                Value::Null,
            ] {
                let reply = stage
                    .ask(Method::PATCH, &default, &ada, Some(json!({field: address})))
                    .await;
                assert_eq!((reply.status, &reply.json()[field]), (StatusCode::OK, &address));
            }
        }
    })
    .await;
}
