// SPDX-License-Identifier: EUPL-1.2
//! One's own logins and password, and that nobody reaches those of others.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Database, PASSWORD, Stage, authorize_path, on_both, parameter};

const LOGINS: &str = "/identity/account/logins";
const CHANGE: &str = "/identity/account/password";
const NEXT: &str = "another sentence of words";

fn bearer(tokens: &Value) -> String {
    format!("Bearer {}", tokens["access_token"].as_str().unwrap())
}

async fn renews(stage: &Stage, tokens: &Value) -> bool {
    stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.status == StatusCode::OK
}

async fn delete(stage: &Stage, path: &str, authorization: &str) -> StatusCode {
    stage.ask(Method::DELETE, path, authorization, None).await.status
}

/// The status of a log-in with this password.
async fn log_in(stage: &Stage, password: &str) -> StatusCode {
    let request = stage.login_request().await;
    let body = json!({"request": request, "email": "anna@example.org", "password": password});
    stage.post("/identity/login", "", body).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_their_logins_and_end_one_or_all_others() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let (first, second, third) = (
            stage.login("anna@example.org").await,
            stage.login("anna@example.org").await,
            stage.login("anna@example.org").await,
        );
        let list = stage.get(LOGINS, &bearer(&second)).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        let list = list.json();
        let all = list.as_array().unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(all.iter().filter(|login| login["current"] == json!(true)).count(), 1);
        let of_first = stage.get(LOGINS, &bearer(&first)).await.json();
        let of_first = of_first
            .as_array()
            .unwrap()
            .iter()
            .find(|login| login["current"] == json!(true));
        let id = of_first.unwrap()["id"].as_str().unwrap().to_owned();

        let path = format!("{LOGINS}/{id}");
        assert_eq!(delete(&stage, &path, &bearer(&second)).await, StatusCode::NO_CONTENT);
        assert!(!renews(&stage, &first).await);
        assert!(renews(&stage, &third).await);
        let me = stage.get("/v1/users/me", &bearer(&first)).await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED, "its access token ends with it");
        assert_eq!(delete(&stage, &path, &bearer(&second)).await, StatusCode::NOT_FOUND);

        assert_eq!(delete(&stage, LOGINS, &bearer(&second)).await, StatusCode::NO_CONTENT);
        assert!(!renews(&stage, &third).await);
        assert!(renews(&stage, &second).await);
        assert_eq!(
            stage
                .get(LOGINS, &bearer(&second))
                .await
                .json()
                .as_array()
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_ends_the_logins_of_somebody_else() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let anna = stage.login("anna@example.org").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let id = stage.get(LOGINS, &bearer(&anna)).await.json()[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(stage.get(LOGINS, &bo).await.json().as_array().unwrap().len(), 1);
        assert_eq!(
            delete(&stage, &format!("{LOGINS}/{id}"), &bo).await,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            delete(&stage, &format!("{LOGINS}/no-id"), &bo).await,
            StatusCode::NOT_FOUND
        );
        assert_eq!(delete(&stage, LOGINS, &bo).await, StatusCode::NO_CONTENT);
        assert!(renews(&stage, &anna).await);
        for (method, path) in [(Method::GET, LOGINS), (Method::DELETE, LOGINS)] {
            assert_eq!(stage.ask(method, path, "", None).await.status, StatusCode::UNAUTHORIZED);
        }
        let body = json!({"current_password": PASSWORD, "new_password": NEXT});
        assert_eq!(stage.post(CHANGE, "", body).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_takes_the_old_one_and_ends_every_other_login() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let (here, elsewhere) = (
            stage.login("anna@example.org").await,
            stage.login("anna@example.org").await,
        );
        for (current, new, field, code) in [
            ("a guess at it", NEXT, "current_password", "wrong_password"),
            (PASSWORD, "short", "new_password", "invalid_password"),
            (PASSWORD, "anna@example.org", "new_password", "invalid_password"),
        ] {
            let body = json!({"current_password": current, "new_password": new});
            let reply = stage.post(CHANGE, &bearer(&here), body).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            let error = &reply.json()["validation_errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)));
        }
        let body = json!({"current_password": PASSWORD, "new_password": NEXT});
        let reply = stage.post(CHANGE, &bearer(&here), body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
        assert!(renews(&stage, &here).await);
        assert!(!renews(&stage, &elsewhere).await);
        assert_eq!(log_in(&stage, PASSWORD).await, StatusCode::UNAUTHORIZED);
        assert_eq!(log_in(&stage, NEXT).await, StatusCode::OK);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_token_cannot_guess_the_password_nor_lock_its_owner_out() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let body = json!({"current_password": "a guess at it", "new_password": NEXT});
    for _ in 0..6 {
        let reply = stage.post(CHANGE, &anna, body.clone()).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let reply = stage.post(CHANGE, &anna, body).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_attempts"))
    );
    assert_eq!(log_in(&stage, PASSWORD).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_access_token_neither_deletes_the_account_nor_removes_a_passkey() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let passkey = format!("/identity/account/passkeys/{}", uuid::Uuid::from_u128(1));
        for path in ["/v1/users/me", passkey.as_str()] {
            let ask = async |body: Option<serde_json::Value>| stage.ask(Method::DELETE, path, &anna, body).await;
            assert!(ask(None).await.status.is_client_error());
            let wrong = ask(Some(json!({"current_password": "guessed guessed"}))).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            assert_eq!(wrong.json()["validation_errors"][0]["field"], "current_password");
        }
        assert_eq!(stage.get("/v1/users/me", &anna).await.status, StatusCode::OK);
        let right = json!({"current_password": PASSWORD});
        let unknown = stage.ask(Method::DELETE, &passkey, &anna, Some(right.clone())).await;
        assert_eq!(
            unknown.status,
            StatusCode::NOT_FOUND,
            "the password was right, there is no such passkey"
        );
        let deleted = stage.ask(Method::DELETE, "/v1/users/me", &anna, Some(right)).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_cookies_can_have_been_set_by_this_host_only() {
    let settings = [("KONVENT_HTTP_PUBLIC_URL", "https://meet.example.org")];
    let stage = Stage::open(Database::Sqlite, &settings).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let authorize = authorize_path("").replace("http%3A%2F%2Flocalhost%3A8080", "https%3A%2F%2Fmeet.example.org");
    let sent = stage.get(&authorize, "").await;
    let request = parameter(&format!("https://x{}", sent.header(header::LOCATION)), "request");
    let body = json!({"request": request, "email": "anna@example.org", "password": PASSWORD});
    let reply = stage.post("/identity/login", "", body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let cookies: Vec<&str> = reply
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    for (cookie, name) in cookies.iter().zip(["__Host-konvent_login=", "__Host-konvent_browser="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for part in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie} without {part}");
        }
    }
    let with = async |pair: &str| {
        let request = axum::http::Request::get(format!("{authorize}&prompt=none"))
            .header(header::HOST, "meet.example.org")
            .header(header::COOKIE, pair);
        let reply = stage.send(request.body(axum::body::Body::empty()).unwrap()).await;
        reply.header(header::LOCATION).contains("code=")
    };
    let pair = cookies[0].split(';').next().unwrap();
    assert!(with(pair).await);
    // One that a neighbour under the same domain could have set is not looked at.
    assert!(!with(pair.trim_start_matches("__Host-")).await);
}
