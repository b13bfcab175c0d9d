// SPDX-License-Identifier: EUPL-1.2
//! Tokens of a foreign OpenID provider: npm `oidc-provider`, run by node. Not a stand-in of our own making.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Database, Stage, VERIFIER, challenge, parameter};

struct Provider {
    node: Child,
    port: u16,
}

impl Provider {
    fn start(port: u16, kid: &str) -> Provider {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc-provider");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "run: npm ci --prefix crates/server/tests/oidc-provider (make test does)"
        );
        let mut node = Command::new("node")
            .arg("provider.mjs")
            .arg(port.to_string())
            .arg(kid)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is missing");
        let mut line = String::new();
        let mut output = BufReader::new(node.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the provider prints its port");
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Provider { node, port }
    }

    fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn stage(&self) -> Stage {
        let issuer = self.issuer();
        let settings = [
            ("KONVENT_IDENTITY_ISSUER", issuer.as_str()),
            ("KONVENT_IDENTITY_AUDIENCE", "urn:konvent"),
        ];
        Stage::open(Database::Sqlite, &settings).await
    }

    /// A browser's way through the provider.
    async fn login(&self, account: &str, resource: &str) -> Value {
        const REDIRECT: &str = "https://konvent.example/auth/callback";
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut url = reqwest::Url::parse(&format!("{}/auth", self.issuer())).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("client_id", "konvent-web"),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
            ("resource", resource),
        ]);
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        let code = loop {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = client
                .get(url.clone())
                .header("cookie", jar.join("; "))
                .header("x-account", account);
            let response = request.send().await.unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.into(), value.into());
            }
            let location = response
                .headers()
                .get("location")
                .expect("a redirect")
                .to_str()
                .unwrap();
            url = url.join(location).unwrap();
            if url.as_str().starts_with(REDIRECT) {
                break parameter(url.as_str(), "code");
            }
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "konvent-web"),
            ("redirect_uri", REDIRECT),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ];
        let reply = client
            .post(format!("{}/token", self.issuer()))
            .form(&form)
            .send()
            .await
            .unwrap();
        reply.json().await.unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        _ = self.node.kill();
        _ = self.node.wait();
    }
}

fn bearer(tokens: &Value, kind: &str) -> String {
    format!("Bearer {}", tokens[kind].as_str().unwrap_or_else(|| panic!("{tokens}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_foreign_provider_become_users_at_their_first_request() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let tokens = provider.login("anna", "urn:konvent").await;
    let me = stage.get("/v1/users/me", &bearer(&tokens, "access_token")).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.text);
    let me = me.json();
    assert_eq!(
        (&me["email"], &me["display_name"], &me["lastname"]),
        (&json!("anna@example.org"), &json!("Anna Arndt"), &json!("Arndt"))
    );
    let again = provider.login("anna", "urn:konvent").await;
    assert_eq!(
        stage.get("/v1/users/me", &bearer(&again, "access_token")).await.json()["id"],
        me["id"]
    );
    // What Bo's token does not tell, the userinfo endpoint does.
    let tokens = provider.login("bo", "urn:konvent").await;
    let bo = stage.get("/v1/users/me", &bearer(&tokens, "access_token")).await;
    assert_eq!(bo.status, StatusCode::OK, "{}", bo.text);
    let bo = bo.json();
    assert_eq!(
        (&bo["email"], &bo["firstname"], &bo["lastname"]),
        (&json!("bo@example.org"), &json!("Bo"), &json!("Berg"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_provider_s_other_tokens_are_refused_and_the_built_in_login_is_off() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let tokens = provider.login("anna", "urn:konvent").await;
    let other = provider.login("anna", "urn:other").await;
    for wrong in [bearer(&tokens, "id_token"), bearer(&other, "access_token")] {
        assert_eq!(stage.get("/v1/users/me", &wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    let built_in = Stage::open(Database::Sqlite, &[]).await;
    let local = built_in.person("anna@example.org", "Anna Arndt").await;
    assert_eq!(stage.get("/v1/users/me", &local).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        built_in
            .get("/v1/users/me", &bearer(&tokens, "access_token"))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    for path in ["/identity/.well-known/openid-configuration", "/identity/jwks"] {
        assert_eq!(stage.get(path, "").await.status, StatusCode::NOT_FOUND);
    }
    assert!(crate::identity::setup_token(&stage.app).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_asked_again_later() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let tokens = bearer(&provider.login("anna", "urn:konvent").await, "access_token");
    let port = provider.port;
    drop(provider);
    let reply = stage.get("/v1/users/me", &tokens).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("identity_unavailable"))
    );
    let provider = Provider::start(port, "second");
    // A client's own retry after the pause; its old token is signed with a key that is gone.
    stage.app.identity.forget_failure().await;
    assert_eq!(
        stage.get("/v1/users/me", &tokens).await.status,
        StatusCode::UNAUTHORIZED
    );
    let tokens = bearer(&provider.login("anna", "urn:konvent").await, "access_token");
    assert_eq!(stage.get("/v1/users/me", &tokens).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_provider_is_found_and_the_old_one_forgotten() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let old = bearer(&provider.login("anna", "urn:konvent").await, "access_token");
    assert_eq!(stage.get("/v1/users/me", &old).await.status, StatusCode::OK);
    let port = provider.port;
    drop(provider);
    let provider = Provider::start(port, "rotated");
    let new = bearer(&provider.login("anna", "urn:konvent").await, "access_token");
    stage.app.identity.forget_failure().await;
    assert_eq!(stage.get("/v1/users/me", &new).await.status, StatusCode::OK);
    assert_eq!(stage.get("/v1/users/me", &old).await.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_foreign_provider_without_tls_is_refused_unless_it_is_on_this_machine() {
    for (issuer, expected) in [
        ("http://login.example.org", false),
        ("http://127.0.0.1.example.org", false),
        ("http://user@127.0.0.1", false),
        ("ftp://127.0.0.1", false),
        ("https://login.example.org/realms/council", true),
        ("http://localhost:8081", true),
        ("http://[::1]:8081", true),
    ] {
        assert_eq!(
            crate::identity::external::External::new(issuer).is_ok(),
            expected,
            "{issuer}"
        );
    }
}
