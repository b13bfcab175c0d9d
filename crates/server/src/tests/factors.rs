// SPDX-License-Identifier: EUPL-1.2
//! The second factor of local accounts, and what passkeys refuse. A passkey itself is used by a browser, in its stories.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::{Database, PASSWORD, Reply, Stage, VERIFIER, on_both, parameter};
use crate::clock;
use crate::ids::TenantId;
use crate::users::Administers;

const FACTOR: &str = "/identity/account/second_factor";
const PASSKEYS: &str = "/identity/account/passkeys";

/// What the app shows, so many seconds from now.
fn code(secret: &str, later: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let app = Builder::new().with_secret(secret).build().unwrap();
    app.generate(clock::unix().checked_add_signed(later).unwrap())
        .to_string()
}

async fn log_in(stage: &Stage, email: &str, code: Option<&str>) -> Reply {
    let request = stage.login_request().await;
    let body = json!({"request": request, "email": email, "password": PASSWORD, "code": code});
    stage.post("/identity/login", "", body).await
}

fn outcome(reply: &Reply) -> (StatusCode, Value) {
    (reply.status, reply.json()["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_once_its_owner_has_shown_a_code() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let ask = async |method, body| stage.ask(method, FACTOR, &anna, Some(body)).await;
        assert_eq!(
            stage.get(FACTOR, &anna).await.json(),
            json!({"enabled": false, "required": false, "recovery_codes": 0})
        );
        let wrong = ask(Method::POST, json!({"current_password": "guessed guessed"})).await;
        assert_eq!(wrong.json()["validation_errors"][0]["code"], "wrong_password");
        let proposal = ask(Method::POST, json!({"current_password": PASSWORD})).await.json();
        let secret = proposal["secret"].as_str().unwrap();
        let uri = proposal["uri"].as_str().unwrap();
        assert!(
            uri.starts_with("otpauth://totp/") && uri.contains(secret) && uri.contains("issuer="),
            "{uri}"
        );
        // Proposed only: a login goes on without it.
        assert_eq!(log_in(&stage, "anna@example.org", None).await.status, StatusCode::OK);
        let refused = ask(Method::PUT, json!({"code": "000000"})).await;
        assert_eq!(refused.json()["validation_errors"][0]["code"], "wrong_code");
        // Each once only: meanwhile the app may show the next one.
        let (shown, next) = (code(secret, 0), code(secret, 30));
        let confirmed = ask(Method::PUT, json!({"code": shown})).await.json();
        let recovery: Vec<&str> = confirmed["recovery_codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap())
            .collect();
        assert_eq!(recovery.len(), 10);
        assert_eq!(
            stage.get(FACTOR, &anna).await.json(),
            json!({"enabled": true, "required": false, "recovery_codes": 10})
        );
        let again = ask(Method::POST, json!({"current_password": PASSWORD})).await;
        assert_eq!(again.status, StatusCode::CONFLICT);

        let login = async |code: Option<&str>| outcome(&log_in(&stage, "anna@example.org", code).await);
        let unauthorized = |code: &str| (StatusCode::UNAUTHORIZED, json!(code));
        assert_eq!(login(None).await, unauthorized("second_factor_required"));
        // The code that confirmed it is used up.
        assert_eq!(login(Some(&shown)).await, unauthorized("invalid_code"));
        assert_eq!(login(Some(&next)).await.0, StatusCode::OK);
        assert_eq!(login(Some(&next)).await, unauthorized("invalid_code"));
        // A recovery code, typed in capitals and without its hyphens, counts once.
        let typed = recovery[0].to_uppercase().replace('-', " ");
        assert_eq!(login(Some(&typed)).await.0, StatusCode::OK);
        assert_eq!(login(Some(recovery[0])).await, unauthorized("invalid_code"));
        assert_eq!(stage.get(FACTOR, &anna).await.json()["recovery_codes"], 9);

        // New recovery codes take the place of the old ones.
        let renew = format!("{FACTOR}/recovery_codes");
        let wrong = stage
            .post(&renew, &anna, json!({"current_password": "guessed guessed"}))
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let renewed = stage
            .post(&renew, &anna, json!({"current_password": PASSWORD}))
            .await
            .json();
        let renewed = renewed["recovery_codes"].as_array().unwrap();
        assert_eq!(renewed.len(), 10);
        assert_eq!(login(Some(recovery[1])).await, unauthorized("invalid_code"));
        assert_eq!(login(renewed[0].as_str()).await.0, StatusCode::OK);

        let wrong = ask(Method::DELETE, json!({"current_password": "guessed guessed"})).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let removed = ask(Method::DELETE, json!({"current_password": PASSWORD})).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        let none = stage.post(&renew, &anna, json!({"current_password": PASSWORD})).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert_eq!(login(None).await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_factor_must_be_the_login_sets_it_up() {
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = Stage::open(database, &[("KONVENT_IDENTITY_SECOND_FACTOR", "administrators")]).await;
        stage.add("bo@example.org", "Bo Berg").await;
        assert_eq!(log_in(&stage, "bo@example.org", None).await.status, StatusCode::OK);
        let (app, rights) = (&stage.app, Administers::Installation);
        crate::identity::provider::account::add(
            &app.db,
            &app.config,
            TenantId::DEFAULT,
            "ada@example.org",
            "Ada Admin",
            PASSWORD,
            rights,
        )
        .await
        .unwrap();

        // A code of nothing proposed is no code.
        let ask = async |code: Option<&str>| log_in(&stage, "ada@example.org", code).await;
        let required = (StatusCode::UNAUTHORIZED, json!("second_factor_setup_required"));
        let early = ask(Some("000000")).await;
        assert_eq!(outcome(&early), required);
        // Who types the password again need not scan again.
        let proposed = ask(None).await;
        assert_eq!(outcome(&proposed), required);
        let proposal = proposed.json()["proposal"].clone();
        assert_eq!(early.json()["proposal"], proposal);
        let secret = proposal["secret"].as_str().unwrap();
        assert!(proposal["uri"].as_str().unwrap().contains(secret));
        let wrong = ask(Some("000000")).await;
        assert_eq!(outcome(&wrong), (StatusCode::UNAUTHORIZED, json!("invalid_code")));
        let right = ask(Some(&code(secret, 0))).await;
        assert_eq!(right.status, StatusCode::OK, "{}", right.text);
        let entered = parameter(right.json()["redirect_to"].as_str().unwrap(), "code");
        let tokens = stage.redeem(&entered, VERIFIER).await.json();
        let ada = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let codes = right.json()["recovery_codes"].clone();
        assert_eq!(codes.as_array().unwrap().len(), 10);

        // From now on it is asked for, and stays.
        assert_eq!(
            outcome(&ask(None).await),
            (StatusCode::UNAUTHORIZED, json!("second_factor_required"))
        );
        let again = ask(codes[0].as_str()).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text);
        assert!(again.json().get("recovery_codes").is_none());
        let status = json!({"enabled": true, "required": true, "recovery_codes": 9});
        assert_eq!(stage.get(FACTOR, &ada).await.json(), status);
        let body = json!({"current_password": PASSWORD});
        let refused = stage.ask(Method::DELETE, FACTOR, &ada, Some(body)).await;
        assert_eq!(
            outcome(&refused),
            (StatusCode::CONFLICT, json!("second_factor_required"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed_without_a_wait_even_by_who_knows_the_password() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let proposal = stage
        .post(FACTOR, &anna, json!({"current_password": PASSWORD}))
        .await
        .json();
    let secret = proposal["secret"].as_str().unwrap();
    let body = json!({"code": code(secret, 0)});
    assert_eq!(
        stage.ask(Method::PUT, FACTOR, &anna, Some(body)).await.status,
        StatusCode::OK
    );
    for guess in ["000000", "", "000001", "", "000002", ""] {
        let reply = log_in(&stage, "anna@example.org", Some(guess)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.text);
    }
    let reply = log_in(&stage, "anna@example.org", Some("000003")).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_helps_who_has_lost_the_second_factor() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let boss = stage
            .person_of(TenantId::DEFAULT, "boss@example.org", "Bo Boss", Administers::Tenant)
            .await;
        let me = async |who: &str| {
            stage.get("/v1/users/me", who).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let of_anna = format!("/v1/admin/users/{}/second_factor", me(&anna).await);
        let delete = async |path: &str, who: &str| stage.ask(Method::DELETE, path, who, None).await.status;
        assert_eq!(delete(&of_anna, &ada).await, StatusCode::NOT_FOUND);
        // Proposed only: nothing to help with.
        stage.post(FACTOR, &anna, json!({"current_password": PASSWORD})).await;
        assert_eq!(delete(&of_anna, &ada).await, StatusCode::NOT_FOUND);
        for who in [&anna, &ada] {
            let proposal = stage
                .post(FACTOR, who, json!({"current_password": PASSWORD}))
                .await
                .json();
            let body = json!({"code": code(proposal["secret"].as_str().unwrap(), 0)});
            assert_eq!(
                stage.ask(Method::PUT, FACTOR, who, Some(body)).await.status,
                StatusCode::OK
            );
        }
        let of_ada = format!("/v1/admin/users/{}/second_factor", me(&ada).await);
        assert_eq!(
            delete(&of_ada, &ada).await,
            StatusCode::CONFLICT,
            "one's own takes the password"
        );
        assert_eq!(
            delete(&of_ada, &boss).await,
            StatusCode::FORBIDDEN,
            "she may more than he"
        );
        assert_eq!(delete(&of_anna, &anna).await, StatusCode::FORBIDDEN);
        assert_eq!(delete(&of_anna, &boss).await, StatusCode::NO_CONTENT);
        assert_eq!(log_in(&stage, "anna@example.org", None).await.status, StatusCode::OK);
        let log = stage
            .get("/v1/admin/audit?action=account.second_factor_removed", &ada)
            .await;
        assert_eq!(log.json().as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_guesses_makes_a_known_browser_not_wait() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let known = log_in(&stage, "anna@example.org", None).await;
    let cookies = known.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|value| value.to_str().unwrap().split(';').next().unwrap());
    let browser = cookies
        .filter(|pair| pair.starts_with("konvent_browser="))
        .collect::<Vec<_>>();
    let attempt = async |cookie: &str, password: &str, email: &str| {
        let request = stage.login_request().await;
        let body = json!({"request": request, "email": email, "password": password});
        let request = axum::http::Request::post("/identity/login")
            .header(header::HOST, "localhost:8080")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie)
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        stage.send(request).await.status
    };
    let anna = "anna@example.org";
    for _ in 0..6 {
        assert_eq!(attempt("", "a stranger's guess", anna).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(attempt("", PASSWORD, anna).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(attempt(browser[0], PASSWORD, anna).await, StatusCode::OK);
    // Known for one account is not known for another, and a cookie of one's own making is none.
    stage.add("bo@example.org", "Bo Berg").await;
    for _ in 0..6 {
        attempt("", "a stranger's guess", "bo@example.org").await;
    }
    for cookie in [browser[0], "konvent_browser=e30.e30.e30"] {
        assert_eq!(
            attempt(cookie, PASSWORD, "bo@example.org").await,
            StatusCode::TOO_MANY_REQUESTS
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_with_the_password_only_and_no_ceremony_counts_twice() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let start = async |password: &str| {
            let body = json!({"current_password": password});
            stage.post(&format!("{PASSKEYS}/start"), &anna, body).await
        };
        assert_eq!(start("guessed guessed").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let started = start(PASSWORD).await.json();
        let options = &started["options"]["publicKey"];
        assert_eq!(options["rp"]["id"], "localhost");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let credential = json!({"id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": {"attestationObject": "AAAA", "clientDataJSON": "AAAA"}, "clientExtensionResults": {}});
        let add = async |who: &str| {
            let body = json!({"ceremony": started["ceremony"], "name": "Key", "credential": credential});
            outcome(&stage.post(PASSKEYS, who, body).await)
        };
        let expired = (StatusCode::GONE, json!("ceremony_expired"));
        assert_eq!(add(&bo).await, expired, "it is Anna's");
        assert_eq!(add(&anna).await, (StatusCode::BAD_REQUEST, json!("passkey_refused")));
        assert_eq!(add(&anna).await, expired, "used");
        assert_eq!(stage.get(PASSKEYS, &anna).await.json(), json!([]));

        let login = stage.post("/identity/passkey/start", "", json!({})).await.json();
        let credential = json!({"id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": {"authenticatorData": "AAAA", "clientDataJSON": "AAAA", "signature": "AAAA", "userHandle": null},
            "clientExtensionResults": {}});
        let body = json!({"request": stage.login_request().await, "ceremony": login["ceremony"], "credential": credential});
        let refused = stage.post("/identity/passkey/login", "", body).await;
        assert_eq!(outcome(&refused), (StatusCode::BAD_REQUEST, json!("passkey_refused")));
        let body = json!({"request": "x", "ceremony": login["ceremony"], "credential": credential});
        let refused = stage.post("/identity/passkey/login", "", body).await;
        assert_eq!(refused.status, StatusCode::GONE);
    })
    .await;
}
