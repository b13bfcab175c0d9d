// SPDX-License-Identifier: EUPL-1.2
//! Who guesses passwords, from where, and who has to wait for it.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::{Database, PASSWORD, Reply, Stage};

/// A login through the operator's proxy, which adds what it says of the client.
async fn attempt(stage: &Stage, forwarded: &[&str], email: &str, password: &str) -> StatusCode {
    let body = json!({"request": stage.login_request().await, "email": email, "password": password});
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/identity/login")
        .header(header::HOST, "localhost:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 40_000))));
    for value in forwarded {
        request = request.header("x-forwarded-for", *value);
    }
    let reply = stage.send(request.body(Body::from(body.to_string())).unwrap()).await;
    reply.status
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_behind_a_proxy_that_names_ports_makes_nobody_else_wait() {
    let stage = Stage::open(Database::Sqlite, &[("KONVENT_HTTP_BEHIND_PROXY", "true")]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    for n in 0..32 {
        let port = 40_000 + n;
        // What the guesser writes there themselves stands before what the proxy adds.
        let from = format!("192.0.2.{n}, 203.0.113.5:{port}");
        attempt(&stage, &[&from], &format!("{n}@example.org"), "guessed guessed").await;
    }
    let anna = async |from: &[&str]| attempt(&stage, from, "anna@example.org", PASSWORD).await;
    assert_eq!(anna(&["203.0.113.5:9"]).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        anna(&["198.51.100.7", "203.0.113.5"]).await,
        StatusCode::TOO_MANY_REQUESTS
    );
    for other in ["203.0.113.6:40001", "[2001:db8::1]:443", "\"[2001:db8:1::1]:443\""] {
        assert_eq!(anna(&[other]).await, StatusCode::OK, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_logs_in_with_second_factors_is_no_guesser() {
    let stage = Stage::open(Database::Sqlite, &[("KONVENT_IDENTITY_SECOND_FACTOR", "everyone")]).await;
    for person in 0..8 {
        let email = format!("{person}@example.org");
        stage.add(&email, "Some Body").await;
        // The first step of a login five times: one too few for the account to have to wait.
        for _ in 0..5 {
            let status = attempt(&stage, &[], &email, PASSWORD).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "they are asked for the code");
        }
    }
    // Who guesses is counted as before.
    for guess in 0..31 {
        attempt(&stage, &[], &format!("guess{guess}@example.org"), "guessed guessed").await;
    }
    let status = attempt(&stage, &[], "0@example.org", PASSWORD).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_of_ipv6_is_one_guesser() {
    let stage = Stage::open(Database::Sqlite, &[("KONVENT_HTTP_BEHIND_PROXY", "true")]).await;
    for n in 0..32 {
        let from = format!("[2001:db8::{n:x}]:50000");
        attempt(&stage, &[&from], &format!("{n}@example.org"), "guessed guessed").await;
    }
    let again = attempt(&stage, &["2001:db8::ffff"], "a@example.org", "guessed guessed").await;
    assert_eq!(again, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = attempt(&stage, &["2001:db8:0:1::1"], "b@example.org", "guessed guessed").await;
    assert_eq!(elsewhere, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_types_as_an_address_keeps_nobody_from_their_password_and_nothing_long_is_taken() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let id = stage.get("/v1/users/me", &anna).await.json()["id"].clone();
    let typed = async |email: &str| -> Reply {
        let body = json!({"request": stage.login_request().await, "email": email, "password": "guessed guessed"});
        stage.post("/identity/login", "", body).await
    };
    for _ in 0..7 {
        typed(&format!("password {}", id.as_str().unwrap())).await;
    }
    let body = json!({"current_password": PASSWORD});
    let reply = stage.post("/identity/account/second_factor", &anna, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);

    let long = format!("{}@example.org", "a".repeat(250));
    let wrong =
        |reply: Reply| -> (StatusCode, Value) { (reply.status, reply.json()["validation_errors"][0]["field"].clone()) };
    let refused = (StatusCode::UNPROCESSABLE_ENTITY, json!("email"));
    assert_eq!(wrong(typed(&long).await), refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_two_hosts_or_none_is_refused() {
    let stage = Stage::open(
        Database::Sqlite,
        &[("KONVENT_HTTP_PUBLIC_URL", "https://meet.example.org")],
    )
    .await;
    for (hosts, expected) in [
        (&["meet.example.org"] as &[&str], StatusCode::OK),
        (&["meet.example.org", "evil.example"], StatusCode::BAD_REQUEST),
        (&["meet.example.org", "meet.example.org"], StatusCode::BAD_REQUEST),
        (&[], StatusCode::BAD_REQUEST),
    ] {
        let mut request = Request::get("/config.js");
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let reply = stage.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, expected, "{hosts:?}");
    }
}
