// SPDX-License-Identifier: EUPL-1.2
//! Log-in with the built-in provider, and tokens that must not be believed.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Database, ORIGIN, PASSWORD, Stage, authorize_path, on_both, parameter};
use crate::clock;
use crate::identity::Source;
use crate::identity::keys::Keys;

const ISSUER: &str = "http://localhost:8080/identity";

fn keys(stage: &Stage) -> &Keys {
    match &stage.app.identity.source {
        Source::BuiltIn(keys) => keys,
        Source::External(_) => panic!("a foreign provider"),
    }
}

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn header_of(token: &str) -> Header {
    jsonwebtoken::decode_header(token).unwrap()
}

async fn me(stage: &Stage, token: &str) -> StatusCode {
    stage.get("/v1/users/me", &format!("Bearer {token}")).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_time_address_makes_the_first_administrator_and_then_stops_working() {
    on_both(async |stage| {
        let token = stage.app.identity.setup_token().await.unwrap().unwrap();
        let path = format!("/v1/setup?token={token}");
        assert_eq!(stage.get(&path, "").await.status, StatusCode::OK);
        assert_eq!(stage.get("/v1/setup?token=guess", "").await.status, StatusCode::GONE);
        let wrong = json!({"token": token, "email": "anna", "display_name": " ", "password": "short"});
        let reply = stage.post("/v1/setup", "", wrong).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields: Vec<Value> = reply.json()["validation_errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["field"].clone())
            .collect();
        assert_eq!(fields, ["email", "display_name", "password"]);
        let right = json!({"token": token, "email": "Anna@Example.org", "display_name": "Anna Arndt",
            "password": PASSWORD, "organisation_name": "Musterstadt"});
        assert_eq!(
            stage.post("/v1/setup", "", right.clone()).await.status,
            StatusCode::CREATED
        );
        let again = stage.post("/v1/setup", "", right).await;
        assert_eq!(
            (again.status, &again.json()["code"]),
            (StatusCode::GONE, &json!("setup_done"))
        );
        assert_eq!(stage.get(&path, "").await.status, StatusCode::GONE);
        let tokens = stage.login("anna@example.org").await;
        let profile = stage
            .get(
                "/v1/users/me",
                &format!("Bearer {}", tokens["access_token"].as_str().unwrap()),
            )
            .await;
        let mut profile = profile.json();
        profile["id"] = "…".into();
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(profile, @r#"
            {
              "administers": "installation",
              "avatar_url": "http://localhost:8080/v1/avatars/initials/AA",
              "conference_theme": "system",
              "dashboard_theme": "system",
              "display_name": "Anna Arndt",
              "email": "anna@example.org",
              "firstname": "Anna",
              "id": "…",
              "is_admin": true,
              "language": "de",
              "lastname": "Arndt",
              "organisation": {
                "accessibility_url": null,
                "colour_dark": null,
                "colour_light": null,
                "data_protection_url": null,
                "imprint_url": null,
                "name": "Musterstadt"
              },
              "tariff_status": "default",
              "tenant_id": "00000000-0000-0000-0000-000000000001",
              "title": "",
              "used_storage": 0
            }
            "#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_what_the_front_end_needs() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let tokens = stage.login("anna@example.org").await;
        for kind in ["access_token", "refresh_token", "id_token"] {
            let claims = payload(tokens[kind].as_str().unwrap());
            assert!(claims["exp"].as_u64() > claims["iat"].as_u64(), "{kind}");
            assert_eq!(claims["iss"], ISSUER);
        }
        let id = payload(tokens["id_token"].as_str().unwrap());
        assert_eq!((&id["nonce"], &id["aud"]), (&json!("n1"), &json!("konvent-web")));
        let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let userinfo = stage.get("/identity/userinfo", &authorization).await.json();
        assert_eq!(
            (&userinfo["sub"], &userinfo["email"]),
            (&id["sub"], &json!("anna@example.org"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_its_second_use_ends_what_the_first_one_got() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let code = stage.code("anna@example.org").await;
        let first = stage.redeem(&code, super::VERIFIER).await;
        assert_eq!(first.status, StatusCode::OK);
        let second = stage.redeem(&code, super::VERIFIER).await;
        assert_eq!(
            (second.status, second.json()),
            (StatusCode::BAD_REQUEST, json!({"error": "invalid_grant"}))
        );
        let refresh = first.json()["refresh_token"].as_str().unwrap().to_owned();
        assert_eq!(stage.refresh(&refresh).await.json(), json!({"error": "invalid_grant"}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_its_verifier_is_worthless() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let code = stage.code("anna@example.org").await;
        assert_eq!(
            stage.redeem(&code, "another verifier").await.json(),
            json!({"error": "invalid_grant"})
        );
        assert_eq!(
            stage.redeem(&code, super::VERIFIER).await.json(),
            json!({"error": "invalid_grant"})
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_again_ends_the_login() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let first = stage.login("anna@example.org").await["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let second = stage.refresh(&first).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        // The answer got lost, and the request comes again: the same successor.
        let repeated = stage.refresh(&first).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(payload(&second)["jti"], payload(&repeated)["jti"]);
        let third = stage.refresh(&second).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(stage.refresh(&first).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(stage.refresh(&third).await.status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_expired_and_misdirected_tokens_are_refused() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let tokens = stage.login("anna@example.org").await;
    let good = tokens["access_token"].as_str().unwrap();
    assert_eq!(me(&stage, good).await, StatusCode::OK);
    let claims = payload(good);
    let changed = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        keys(&stage).sign("at+jwt", &claims).unwrap()
    };
    assert_eq!(me(&stage, &changed("scope", json!("openid"))).await, StatusCode::OK);
    let now = clock::unix();
    let refused = [
        ("expired", changed("exp", json!(now - 61))),
        ("not valid yet", changed("nbf", json!(now + 120))),
        ("audience", changed("aud", json!("another"))),
        ("no audience, another client", {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove("aud");
            claims["client_id"] = json!("another");
            keys(&stage).sign("at+jwt", &claims).unwrap()
        }),
        ("issuer", changed("iss", json!("https://evil.example"))),
        ("nobody", changed("sub", json!("nobody"))),
        ("ID token", tokens["id_token"].as_str().unwrap().to_owned()),
        ("refresh token", tokens["refresh_token"].as_str().unwrap().to_owned()),
        ("another kind", keys(&stage).sign("JWT", &claims).unwrap()),
        ("rubbish", "a.b.c".to_owned()),
    ];
    for (what, token) in refused {
        let reply = stage.get("/v1/users/me", &format!("Bearer {token}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
        assert!(
            reply.header(header::WWW_AUTHENTICATE).contains("invalid_token"),
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_algorithm_and_confused_keys_are_refused() {
    use base64::Engine as _;
    let encode = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let tokens = stage.login("anna@example.org").await;
    let good = tokens["access_token"].as_str().unwrap();
    let claims = payload(good);
    let kid = header_of(good).kid.unwrap();
    for name in ["none", "None", "NONE"] {
        let head = json!({"alg": name, "typ": "at+jwt", "kid": kid});
        let unsigned = format!("{}.{}.", encode(&head), encode(&claims));
        assert_eq!(me(&stage, &unsigned).await, StatusCode::UNAUTHORIZED, "{name}");
    }
    // The public key, taken for a shared secret.
    let public = stage.get("/identity/jwks", "").await.text;
    let x = keys(&stage).jwk_set()["keys"][0]["x"].as_str().unwrap().to_owned();
    for secret in [public, x] {
        let mut head = Header::new(Algorithm::HS256);
        head.kid = Some(kid.clone());
        head.typ = Some("at+jwt".into());
        let token = jsonwebtoken::encode(&head, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
        assert_eq!(me(&stage, &token).await, StatusCode::UNAUTHORIZED);
    }
    // Another key under the known name, and brought along in the header.
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let foreign = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let mut head = Header::new(Algorithm::ES256);
    head.kid = Some(kid);
    head.typ = Some("at+jwt".into());
    assert_eq!(
        me(&stage, &jsonwebtoken::encode(&head, &claims, &foreign).unwrap()).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_redirected_to_a_foreign_address() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    for foreign in [
        "https%3A%2F%2Fevil.example%2Fauth%2Fcallback",
        "http%3A%2F%2Flocalhost%3A8080.evil.example%2Fauth%2Fcallback",
    ] {
        let path = authorize_path("").replace("http%3A%2F%2Flocalhost%3A8080%2Fauth%2Fcallback", foreign);
        let reply = stage.get(&path, "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.header(header::LOCATION), "");
    }
    let out = stage
        .get(
            "/identity/end_session?post_logout_redirect_uri=https%3A%2F%2Fevil.example",
            "",
        )
        .await;
    assert_eq!(out.header(header::LOCATION), format!("{ORIGIN}/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn authorization_without_pkce_goes_back_with_an_error() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let path = authorize_path("").replace("S256", "plain");
    let reply = stage.get(&path, "").await;
    let location = reply.header(header::LOCATION);
    assert_eq!(parameter(location, "error"), "invalid_request");
    assert_eq!(parameter(location, "state"), "xyz");
    assert_eq!(parameter(location, "iss"), ISSUER);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_cookie_answers_at_once_until_the_logout() {
    on_both(async |stage| {
        stage.add("anna@example.org", "Anna Arndt").await;
        let request = stage.login_request().await;
        let body = json!({"request": request, "email": "anna@example.org", "password": PASSWORD});
        let reply = stage.post("/identity/login", "", body).await;
        let set = reply.header(header::SET_COOKIE);
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/identity"),
            "{set}"
        );
        let cookie = set.split(';').next().unwrap().to_owned();
        let with_cookie = async |path: &str| {
            let request = Request::get(path)
                .header(header::HOST, "localhost:8080")
                .header(header::COOKIE, &cookie);
            stage.send(request.body(Body::empty()).unwrap()).await
        };
        let reply = with_cookie(&authorize_path("&prompt=none")).await;
        let code = parameter(reply.header(header::LOCATION), "code");
        let tokens = stage.redeem(&code, super::VERIFIER).await.json();
        assert!(
            with_cookie(&authorize_path("&prompt=login"))
                .await
                .header(header::LOCATION)
                .starts_with("/login?request=")
        );
        // A link that somebody else has made asks first, and so does the token of another person.
        stage.add("bo@example.org", "Bo Berg").await;
        let other = stage.login("bo@example.org").await["id_token"]
            .as_str()
            .unwrap()
            .to_owned();
        for hint in [
            "".to_owned(),
            "?id_token_hint=x.y.z".into(),
            format!("?id_token_hint={other}"),
        ] {
            let asked = with_cookie(&format!("/identity/end_session{hint}")).await;
            assert!(
                asked
                    .header(header::LOCATION)
                    .starts_with("http://localhost:8080/logout"),
                "{hint}"
            );
            assert_eq!(asked.header(header::SET_COOKIE), "");
            let reply = with_cookie(&authorize_path("&prompt=none")).await;
            parameter(reply.header(header::LOCATION), "code");
        }
        let hint = tokens["id_token"].as_str().unwrap();
        let out = with_cookie(&format!("/identity/end_session?id_token_hint={hint}")).await;
        assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
        let reply = with_cookie(&authorize_path("&prompt=none")).await;
        assert_eq!(parameter(reply.header(header::LOCATION), "error"), "login_required");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(stage.refresh(refresh).await.status, StatusCode::BAD_REQUEST);
        let access = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(
            stage.get("/v1/users/me", &access).await.status,
            StatusCode::UNAUTHORIZED
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_gets_slow_and_an_unknown_address_looks_the_same() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let request = stage.login_request().await;
    for email in ["anna@example.org", "nobody@example.org"] {
        let body = json!({"request": request, "email": email, "password": "wrong password"});
        for _ in 0..6 {
            let reply = stage.post("/identity/login", "", body.clone()).await;
            assert_eq!(
                (reply.status, &reply.json()["code"]),
                (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
            );
        }
        let reply = stage.post("/identity/login", "", body).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_attempts"))
        );
        assert!(reply.json()["retry_after_secs"].as_i64().unwrap() >= 1);
    }
    let late = json!({"request": "x.y.z", "email": "anna@example.org", "password": PASSWORD});
    let reply = stage.post("/identity/login", "", late).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (StatusCode::GONE, &json!("login_expired"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_database_as_it_is() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let code = stage.code("anna@example.org").await;
    stage.redeem(&code, super::VERIFIER).await;
    for file in std::fs::read_dir(&stage.folder).unwrap().flatten() {
        if file.path().is_dir() {
            // The files of rooms: nobody has put one there.
            continue;
        }
        let bytes = std::fs::read(file.path()).unwrap();
        for secret in [PASSWORD, code.as_str()] {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{:?}",
                file.path()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins_may_use_the_token_endpoint_but_not_the_login() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    for path in [
        "/identity/token",
        "/identity/.well-known/openid-configuration",
        "/identity/jwks",
    ] {
        let reply = stage.ask(Method::OPTIONS, path, "", None).await;
        assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
    }
    let reply = stage.ask(Method::OPTIONS, "/identity/login", "", None).await;
    assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
}
