// SPDX-License-Identifier: EUPL-1.2
//! Tokens of a foreign OpenID provider: npm `oidc-provider`, run by node. Not a stand-in of our own making.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Database, Stage, VERIFIER, challenge, parameter};
use crate::change::Change;
use crate::clock;
use crate::identity::caller::{Asker, Duty, Machine};
use crate::ids::{TariffId, TenantId, UserId};
use crate::tariffs::Stored;
use crate::tenants::Issuer;
use crate::users::User;

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
        self.stage_with(Database::Sqlite, &[]).await
    }

    async fn stage_with(&self, database: Database, more: &[(&str, &str)]) -> Stage {
        let issuer = self.issuer();
        let mut settings = vec![
            ("KONVENT_IDENTITY_ISSUER", issuer.as_str()),
            ("KONVENT_IDENTITY_AUDIENCE", "urn:konvent"),
        ];
        settings.extend(more);
        Stage::open(database, &settings).await
    }

    /// What the access tokens of an account say from now on.
    async fn says(&self, account: &str, claims: Value) {
        let address = format!("{}/claims/{account}", self.issuer());
        let reply = reqwest::Client::new().put(address).json(&claims).send().await.unwrap();
        assert!(reply.status().is_success());
    }

    /// Logs in and gives the `Authorization` header.
    async fn bearer(&self, account: &str) -> String {
        bearer(&self.login(account, "urn:konvent").await, "access_token")
    }

    /// A logout token about an account, as the provider sends it.
    async fn logout_token(&self, account: &str) -> String {
        let address = format!("{}/logout/{account}", self.issuer());
        reqwest::get(address).await.unwrap().text().await.unwrap()
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
    assert!(stage.app.identity.setup_token().await.unwrap().is_none());
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

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_provider_logs_out_is_out_until_the_next_login() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = provider.stage_with(database, &[]).await;
        let (anna, bo) = (provider.bearer("anna").await, provider.bearer("bo").await);
        assert_eq!(stage.get("/v1/users/me", &anna).await.status, StatusCode::OK);
        let token = provider.logout_token("anna").await;
        // A logout token opens nothing, and nothing else ends a login.
        let opened = stage.get("/v1/users/me", &format!("Bearer {token}")).await;
        assert_eq!(opened.status, StatusCode::UNAUTHORIZED);
        for wrong in [
            "",
            "x.y.z",
            anna.trim_start_matches("Bearer "),
            &token[..token.len() - 8],
        ] {
            let reply = stage.form("/v1/auth/logout", &[("logout_token", wrong)]).await;
            assert_eq!(
                (reply.status, &reply.json()["error"]),
                (StatusCode::BAD_REQUEST, &json!("invalid_request"))
            );
        }
        assert_eq!(stage.form("/v1/auth/logout", &[]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(stage.get("/v1/users/me", &anna).await.status, StatusCode::OK);

        let ended = stage.form("/v1/auth/logout", &[("logout_token", &token)]).await;
        assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
        assert_eq!(ended.header(axum::http::header::CACHE_CONTROL), "no-store");
        assert_eq!(stage.get("/v1/users/me", &anna).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(stage.get("/v1/users/me", &bo).await.status, StatusCode::OK);

        // Times in tokens are whole seconds.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        let again = provider.bearer("anna").await;
        assert_eq!(stage.get("/v1/users/me", &again).await.status, StatusCode::OK);
        // Heard a second time, it says nothing new.
        let repeated = stage.form("/v1/auth/logout", &[("logout_token", &token)]).await;
        assert_eq!(repeated.status, StatusCode::OK);
        assert_eq!(stage.get("/v1/users/me", &again).await.status, StatusCode::OK);
    }
}

async fn add_issuer(stage: &Stage, tenant: TenantId, issuer: &str, tenant_claim: Option<&str>) {
    let issuer = Issuer {
        tenant,
        issuer: issuer.into(),
        client_id: "konvent-web".into(),
        audience: "urn:konvent".into(),
        tenant_claim: tenant_claim.map(str::to_owned),
        emails_verified: false,
        created_at: 0,
    };
    let add = async |change: &mut Change| crate::tenants::store::add_issuer(change, &issuer).await;
    assert!(stage.store(issuer.tenant, add).await.unwrap());
    stage.app.tenants.changed();
}

async fn user_of(stage: &Stage, authorization: &str) -> User {
    let id = stage.get("/v1/users/me", authorization).await.json()["id"].clone();
    let id = UserId(id.as_str().unwrap().parse().unwrap());
    for tenant in crate::tenants::store::all(&stage.app.db).await.unwrap() {
        if let Some(user) = crate::users::store::by_id(&stage.app.db, tenant.id, id).await.unwrap() {
            return user;
        }
    }
    panic!("no such user")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_providers_at_once_lead_to_two_tenants_beside_the_built_in_login() {
    let (first, second) = (Provider::start(0, "first"), Provider::start(0, "first"));
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = Stage::open(database, &[]).await;
        let local = stage.person("anna@example.org", "Anna Arndt").await;
        let (a, b) = (stage.tenant("a").await, stage.tenant("b").await);
        add_issuer(&stage, a, &first.issuer(), None).await;
        add_issuer(&stage, b, &second.issuer(), None).await;
        // A tenant's own provider cannot place its people elsewhere.
        let claims = json!({"email": "anna@example.org", "name": "Anna Arndt", "tenant_id": "b"});
        first.says("anna", claims).await;
        let (of_a, of_b) = (first.bearer("anna").await, second.bearer("anna").await);
        let (of_a, of_b) = (user_of(&stage, &of_a).await, user_of(&stage, &of_b).await);
        assert_eq!((of_a.tenant, of_b.tenant), (a, b));
        assert_ne!(of_a.id, of_b.id, "one address, two people");
        assert_eq!(user_of(&stage, &local).await.tenant, TenantId::DEFAULT);
        let own = first.issuer();
        let remove = async |change: &mut Change| crate::tenants::store::remove_issuer(change, a, &own).await;
        assert!(stage.store(a, remove).await.unwrap());
        stage.app.tenants.changed();
        let refused = stage.get("/v1/users/me", &first.bearer("anna").await).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_names_the_tenant_and_without_one_that_is_known_nobody_gets_in() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let settings = [("KONVENT_IDENTITY_TENANT_CLAIM", "org.id")];
        let stage = provider.stage_with(database, &settings).await;
        let tenant = stage.tenant("stadt-a").await;
        provider
            .says(
                "cem",
                json!({"email": "cem@example.org", "name": "Cem Can", "org": {"id": "stadt-a"}}),
            )
            .await;
        assert_eq!(user_of(&stage, &provider.bearer("cem").await).await.tenant, tenant);
        for claims in [
            json!({"email": "cem@example.org", "name": "Cem Can"}),
            json!({"email": "cem@example.org", "name": "Cem Can", "org": {"id": "stadt-b"}}),
        ] {
            provider.says("cem", claims).await;
            let refused = stage.get("/v1/users/me", &provider.bearer("cem").await).await;
            assert_eq!(
                (refused.status, &refused.json()["code"]),
                (StatusCode::UNAUTHORIZED, &json!("invalid_claims"))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_groups_and_tariff_follow_what_the_provider_says() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = provider.stage_with(database, &[]).await;
        let tariff = Stored {
            id: TariffId(clock::id()),
            name: "Large".into(),
            external_id: Some("large".into()),
            max_storage: Some(1000),
            room_time_limit_secs: None,
            room_participant_limit: Some(500),
            disabled: "reaction".into(),
            created_at: 0,
        };
        let add = async |change: &mut Change| crate::tariffs::store::add(change, &tariff).await;
        assert!(stage.store(TenantId::DEFAULT, add).await.unwrap());
        let claims = json!({"email": "cem@example.org", "name": "Cem Can", "x_grp": ["Rat", "Bauamt", "Rat"],
            "tariff_id": "large", "tariff_status": "paid"});
        provider.says("cem", claims).await;
        let cem = provider.bearer("cem").await;
        let user = user_of(&stage, &cem).await;
        let groups = async || {
            crate::users::store::groups(&stage.app.db, user.tenant, user.id)
                .await
                .unwrap()
        };
        assert_eq!(groups().await, ["Bauamt", "Rat"]);
        let profile = stage.get("/v1/users/me", &cem).await.json();
        assert_eq!(profile["tariff_status"], "paid");
        let mine = stage.get("/v1/users/me/tariff", &cem).await.json();
        assert_eq!(
            (&mine["name"], &mine["quotas"]),
            (
                &json!("Large"),
                &json!({"max_storage": 1000, "room_participant_limit": 500})
            )
        );
        assert!(mine["modules"]["reaction"].is_null() && mine["modules"]["chat"].is_object());
        let claims = json!({"email": "cem.can@example.org", "name": "Cem Can-Berg", "x_grp": "Rat",
            "tariff_id": "unheard of", "tariff_status": "downgraded"});
        provider.says("cem", claims).await;
        let cem = provider.bearer("cem").await;
        let profile = stage.get("/v1/users/me", &cem).await.json();
        assert_eq!(
            (
                &profile["email"],
                &profile["lastname"],
                &profile["display_name"],
                &profile["tariff_status"]
            ),
            (
                &json!("cem.can@example.org"),
                &json!("Can-Berg"),
                &json!("Cem Can"),
                &json!("downgraded")
            )
        );
        assert_eq!(groups().await, ["Rat"]);
        assert_eq!(stage.get("/v1/users/me/tariff", &cem).await.json()["name"], "Standard");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_known_by_its_role_and_is_no_person() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let anna = provider.bearer("anna").await;
    let event = json!({"title": "Budget", "is_time_independent": true});
    let event = stage.post("/v1/events", &anna, event).await.json();
    let room = event["room"]["id"].as_str().unwrap().to_owned();
    provider
        .says(
            "machine",
            json!({"realm_access": {"roles": ["offline_access", "opentalk-recorder"]}}),
        )
        .await;
    let machine = provider.bearer("machine").await;
    let asker = {
        let token = machine.trim_start_matches("Bearer ");
        crate::identity::foreign::authenticate(&stage.app.identity, token)
            .await
            .ok()
            .unwrap()
    };
    let expected = Machine {
        duty: Duty::Recorder,
        tenant: None,
    };
    assert!(matches!(asker, Asker::Machine(machine) if machine == expected));
    for path in [
        "/v1/users/me",
        "/v1/events",
        &format!("/v1/rooms/{room}"),
        &format!("/v1/rooms/{room}/event"),
    ] {
        assert_eq!(stage.get(path, &machine).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let secret = json!({"device_secret": "a device of its very own", "display_name": "Recorder"});
    let start = stage.post(&format!("/v1/rooms/{room}/start"), &machine, secret).await;
    assert_eq!(start.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_lets_callers_in_who_know_number_and_password() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = provider
            .stage_with(database, &[("KONVENT_CALL_IN_TEL", "+49 30 123456")])
            .await;
        let anna = provider.bearer("anna").await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let call_in = &event["room"]["call_in"];
        for (role, expected) in [
            ("opentalk-recorder", StatusCode::FORBIDDEN),
            ("opentalk-call-in", StatusCode::OK),
        ] {
            provider
                .says("machine", json!({"realm_access": {"roles": [role]}}))
                .await;
            let machine = provider.bearer("machine").await;
            let start = json!({"id": call_in["id"], "pin": call_in["password"]});
            let reply = stage.post("/v1/services/call_in/start", &machine, start).await;
            assert_eq!(reply.status, expected, "{role}: {}", reply.text);
            if expected == StatusCode::OK {
                assert!(reply.json()["token"].is_string());
                let answers = async |id: &Value, pin: &str| {
                    let body = json!({"id": id, "pin": pin});
                    let reply = stage.post("/v1/services/call_in/start", &machine, body).await;
                    (reply.status, reply.json()["code"].clone())
                };
                let wrong = (StatusCode::BAD_REQUEST, json!("invalid_credentials"));
                assert_eq!(answers(&call_in["id"], "wrong").await, wrong);
                assert_eq!(answers(&json!("0000000000"), "0000000000").await, wrong);
            }
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_vouches_for_opens_no_invitation_and_leads_to_nobody() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = provider.stage_with(database, &[]).await;
        let anna = provider.bearer("anna").await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
        let invitation = json!({"email": "cem@example.org", "role": "moderator"});
        let reply = stage.post(&invites, &anna, invitation.clone()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let pending = async |who: &str| {
            let counted = stage.get("/v1/users/me/pending_invites", who).await.json();
            counted["total_pending_invites"].as_i64().unwrap()
        };
        for verified in [json!(false), json!("false"), Value::Null] {
            let claims = json!({"email": "cem@example.org", "name": "Cem Can", "email_verified": verified});
            provider.says("stranger", claims).await;
            let stranger = provider.bearer("stranger").await;
            assert_eq!(stage.get("/v1/users/me", &stranger).await.status, StatusCode::OK);
            assert_eq!(pending(&stranger).await, 0, "{verified}");
        }
        // Whose address it is finds the invitation; invitations of later go to them as well.
        for verified in [json!(true), json!("true")] {
            let claims = json!({"email": "cem@example.org", "name": "Cem Can", "email_verified": verified});
            provider.says("cem", claims).await;
            assert_eq!(pending(&provider.bearer("cem").await).await, 1);
        }
        let other = json!({"title": "Roads", "is_time_independent": true});
        let other = stage.post("/v1/events", &anna, other).await.json();
        let path = format!("/v1/events/{}/invites", other["id"].as_str().unwrap());
        stage.post(&path, &anna, invitation.clone()).await;
        assert_eq!(pending(&provider.bearer("cem").await).await, 2);
        assert_eq!(pending(&provider.bearer("stranger").await).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_trust_the_addresses_of_a_provider() {
    let provider = Provider::start(0, "first");
    let trusting = [("KONVENT_IDENTITY_EMAILS_VERIFIED", "true")];
    let stage = provider.stage_with(Database::Sqlite, &trusting).await;
    let anna = provider.bearer("anna").await;
    let event = json!({"title": "Budget", "is_time_independent": true});
    let event = stage.post("/v1/events", &anna, event).await.json();
    let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
    stage.post(&invites, &anna, json!({"email": "bo@example.org"})).await;
    let bo = provider.bearer("bo").await;
    let pending = stage.get("/v1/users/me/pending_invites", &bo).await.json();
    assert_eq!(pending["total_pending_invites"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_made_anew_at_the_provider_leads_to_a_new_account_and_not_to_the_old_one() {
    let provider = Provider::start(0, "first");
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = provider.stage_with(database, &[]).await;
        let claims = json!({"email": "cem@example.org", "name": "Cem Can", "email_verified": true});
        provider.says("cem-1", claims.clone()).await;
        let earlier = provider.bearer("cem-1").await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        stage.post("/v1/events", &earlier, event).await;
        let earlier = user_of(&stage, &earlier).await;

        provider.says("cem-2", claims).await;
        let later = provider.bearer("cem-2").await;
        assert_eq!(stage.get("/v1/events", &later).await.json(), json!([]));
        let later = user_of(&stage, &later).await;
        assert_ne!(earlier.id, later.id);
        // Who looks for them, or invites the address, finds the one who has it now.
        let anna = provider.bearer("anna").await;
        let found = stage.get("/v1/users/find?q=cem", &anna).await.json();
        let found: Vec<_> = found.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(found, [json!(later.id)]);
        let by_email = crate::users::store::by_email(&stage.app.db, later.tenant, "cem@example.org").await;
        assert!(by_email.unwrap().is_some_and(|user| user.id == later.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_provider_delete_themselves_after_a_fresh_login_only() {
    let provider = Provider::start(0, "first");
    let stage = provider.stage().await;
    let delete = async |claims: Value| {
        provider.says("cem", claims).await;
        let cem = provider.bearer("cem").await;
        let reply = stage
            .ask(axum::http::Method::DELETE, "/v1/users/me", &cem, Some(json!({})))
            .await;
        (reply.status, reply.json()["code"].clone())
    };
    let now = clock::unix();
    let refused = (StatusCode::FORBIDDEN, json!("fresh_login_required"));
    for claims in [
        json!({"email": "cem@example.org", "name": "Cem Can"}),
        json!({"email": "cem@example.org", "name": "Cem Can", "auth_time": now - 3600}),
    ] {
        assert_eq!(delete(claims).await, refused);
    }
    let fresh = json!({"email": "cem@example.org", "name": "Cem Can", "auth_time": now});
    assert_eq!(delete(fresh).await.0, StatusCode::NO_CONTENT);
}
