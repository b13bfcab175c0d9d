// SPDX-License-Identifier: EUPL-1.2
//! Forgotten passwords and invited people: what the mailbox gets sets a password, once.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::mail::{Smtp, run};
use super::{Database, PASSWORD, Stage, on_both, parameter};
use crate::ids::TenantId;
use crate::users::Administers;

const NEXT: &str = "a quite different sentence";

/// The secret in the link of a mail.
fn secret(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let link = text
        .split_whitespace()
        .find(|word| word.contains("/password?token="))
        .unwrap();
    parameter(link, "token")
}

async fn set(stage: &Stage, token: &str, password: &str) -> (StatusCode, Value) {
    let reply = stage
        .post(
            "/identity/account/new_password",
            "",
            json!({"token": token, "password": password}),
        )
        .await;
    (reply.status, reply.json())
}

async fn logs_in(stage: &Stage, email: &str, password: &str) -> bool {
    let request = stage.login_request().await;
    let body = json!({"request": request, "email": email, "password": password});
    stage.post("/identity/login", "", body).await.status == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew_once_and_ends_every_login() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        stage.add("anna@example.org", "Anna Arndt").await;
        let tokens = stage.login("anna@example.org").await;
        for email in ["nobody@example.org", " Anna@Example.org"] {
            let reply = stage
                .post("/identity/account/forgotten", "", json!({"email": email}))
                .await;
            assert_eq!(
                (reply.status, reply.text.as_str()),
                (StatusCode::NO_CONTENT, ""),
                "all look the same"
            );
        }
        assert_eq!(run(&stage).await, 2, "one for each who asked");
        let mail = smtp.next().await;
        assert_eq!(mail["to"], json!(["anna@example.org"]));
        let token = secret(&mail);
        let (status, weak) = set(&stage, &token, "short").await;
        assert_eq!(
            (status, &weak["validation_errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("password"))
        );
        assert!(logs_in(&stage, "anna@example.org", PASSWORD).await, "still the old one");
        assert_eq!(set(&stage, &token, NEXT).await.0, StatusCode::NO_CONTENT);
        assert!(logs_in(&stage, "anna@example.org", NEXT).await);
        assert!(!logs_in(&stage, "anna@example.org", PASSWORD).await);
        assert_eq!(
            stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.status,
            StatusCode::BAD_REQUEST
        );
        let (status, again) = set(&stage, &token, NEXT).await;
        assert_eq!((status, &again["code"]), (StatusCode::GONE, &json!("link_expired")));
        smtp.nothing_more();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_chooses_a_password_and_cannot_log_in_before() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let ada = stage.administrator("ada@example.org").await;
        let body = json!({"email": "bo@example.org", "display_name": "Bo Berg"});
        let reply = stage.post("/v1/admin/users", &ada, body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let bo = reply.json();
        assert_eq!(bo["invited"], true);
        for guess in ["", PASSWORD] {
            assert!(!logs_in(&stage, "bo@example.org", guess).await, "{guess}");
        }
        assert_eq!(run(&stage).await, 1);
        let lost = secret(&smtp.next().await);
        // The mail got lost: it is sent again, as often as it takes.
        let again = format!("/v1/admin/users/{}/invitation", bo["id"].as_str().unwrap());
        let invite = async || stage.ask(Method::POST, &again, &ada, None).await;
        assert_eq!(invite().await.status, StatusCode::NO_CONTENT);
        assert_eq!(run(&stage).await, 1);
        let token = secret(&smtp.next().await);
        assert_ne!(token, lost);
        assert_eq!(set(&stage, &token, NEXT).await.0, StatusCode::NO_CONTENT);
        assert!(logs_in(&stage, "bo@example.org", NEXT).await);
        assert_eq!(set(&stage, &lost, PASSWORD).await.0, StatusCode::GONE);
        let people = stage.get("/v1/admin/users", &ada).await.json();
        let invited: Vec<&Value> = people.as_array().unwrap().iter().map(|one| &one["invited"]).collect();
        assert_eq!(invited, [false, false]);
        let reply = invite().await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (StatusCode::CONFLICT, &json!("not_invited"))
        );
        smtp.nothing_more();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_nobody_is_sent_to_an_empty_mailbox() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let ada = stage.administrator("ada@example.org").await;
    let reply = stage
        .post("/identity/account/forgotten", "", json!({"email": "ada@example.org"}))
        .await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (StatusCode::CONFLICT, &json!("no_mail"))
    );
    let body = json!({"email": "bo@example.org", "display_name": "Bo Berg"});
    let reply = stage.post("/v1/admin/users", &ada, body).await;
    assert_eq!(
        reply.json()["validation_errors"][0]["field"],
        "password",
        "{}",
        reply.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_an_administrator_hands_over_an_address_that_sets_a_new_password_once() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let boss = stage
            .person_of(TenantId::DEFAULT, "boss@example.org", "Bo Boss", Administers::Tenant)
            .await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let path = async |who: &str| {
            let me = stage.get("/v1/users/me", who).await.json();
            format!("/v1/admin/users/{}/password_link", me["id"].as_str().unwrap())
        };
        let (of_anna, of_ada) = (path(&anna).await, path(&ada).await);
        for (path, who, expected) in [
            (&of_anna, &anna, StatusCode::FORBIDDEN),
            (&of_ada, &boss, StatusCode::FORBIDDEN),
            (&of_ada, &ada, StatusCode::CONFLICT),
        ] {
            assert_eq!(stage.ask(Method::POST, path, who, None).await.status, expected);
        }
        let made = stage.ask(Method::POST, &of_anna, &boss, None).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        assert_eq!(made.headers["cache-control"], "no-store");
        let url = made.json()["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://localhost:8080/password?token="), "{url}");
        assert!(logs_in(&stage, "anna@example.org", PASSWORD).await, "until it is used");

        let first = parameter(&url, "token");
        let made = stage.ask(Method::POST, &of_anna, &boss, None).await.json();
        let token = parameter(made["url"].as_str().unwrap(), "token");
        assert_eq!(
            set(&stage, &first, NEXT).await.0,
            StatusCode::GONE,
            "a new one ends those before"
        );
        assert_eq!(set(&stage, &token, NEXT).await.0, StatusCode::NO_CONTENT);
        assert!(!logs_in(&stage, "anna@example.org", PASSWORD).await);
        assert!(logs_in(&stage, "anna@example.org", NEXT).await);
        assert_eq!(stage.get("/v1/users/me", &anna).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(set(&stage, &token, PASSWORD).await.0, StatusCode::GONE, "once");
        let log = stage
            .get("/v1/admin/audit?action=account.password_link_made", &ada)
            .await;
        assert_eq!(log.json()[0]["people"], json!(["Anna Arndt"]));
        assert!(!log.text.contains(&token));
    })
    .await;
}
