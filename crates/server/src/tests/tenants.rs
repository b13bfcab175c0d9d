// SPDX-License-Identifier: EUPL-1.2
//! Several tenants in one installation: whose a request is, and that nobody sees another tenant's data.

use axum::http::StatusCode;
use serde_json::json;

use super::{PASSWORD, Stage, on_both};
use crate::change::{Change, Fields};
use crate::ids::TenantId;
use crate::users::Administers;

#[tokio::test(flavor = "multi_thread")]
async fn a_local_account_leads_to_its_tenant_and_an_address_belongs_to_one() {
    on_both(async |stage| {
        let b = stage.tenant("b").await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bea = stage
            .person_of(b, "bea@example.org", "Bea Busch", Administers::Nothing)
            .await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &bea, event).await.json();
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        assert_eq!(stage.get(&path, &bea).await.status, StatusCode::OK);
        assert_eq!(stage.get(&path, &anna).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stage.get("/v1/events", &anna).await.json(), json!([]));
        let again = crate::identity::provider::account::add(
            &stage.app.db,
            &stage.app.config,
            b,
            "anna@example.org",
            "Anna",
            PASSWORD,
            Administers::Nothing,
        )
        .await;
        assert!(again.unwrap_err().to_string().contains("already an account"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshed_logins_stay_with_their_tenant() {
    on_both(async |stage| {
        let b = stage.tenant("b").await;
        stage
            .person_of(b, "bea@example.org", "Bea Busch", Administers::Nothing)
            .await;
        let tokens = stage.login("bea@example.org").await;
        let tokens = stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
        let bea = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(stage.get("/v1/users/me", &bea).await.json()["email"], "bea@example.org");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_link_leads_to_its_tenant_and_makes_guests_of_other_tenants_people() {
    on_both(async |stage| {
        let b = stage.tenant("b").await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bea = stage
            .person_of(b, "bea@example.org", "Bea Busch", Administers::Nothing)
            .await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &bea, event).await.json();
        let room = event["room"]["id"].as_str().unwrap().to_owned();
        let link = stage
            .post(&format!("/v1/rooms/{room}/invites"), &bea, json!({}))
            .await
            .json();
        let code = link["invite_code"].as_str().unwrap().to_owned();
        let verified = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        assert_eq!(verified.json()["room_id"], json!(room));
        let start = format!("/v1/rooms/{room}/start");
        let without = json!({"device_secret": "a device of Anna's own"});
        assert_eq!(stage.post(&start, &anna, without).await.status, StatusCode::NOT_FOUND);
        let with = json!({"device_secret": "a device of Anna's own", "invite_code": code});
        let reply = stage.post(&start, &anna, with).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let token = reply.json()["token"].as_str().unwrap().parse().unwrap();
        let ticket = stage.app.registry.redeem(token).unwrap();
        assert_eq!(ticket.joining.role, konvent_meeting::Role::Guest);
        assert_eq!(ticket.joining.display_name, "Anna Arndt");
        disable(&stage, b).await;
        let verified = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        assert_eq!(
            verified.status,
            StatusCode::NOT_FOUND,
            "a disabled tenant has no guests"
        );
        assert_eq!(stage.get("/v1/users/me", &bea).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

async fn disable(stage: &Stage, tenant: TenantId) {
    let mut fields = Fields::default();
    fields.flag("disabled", true);
    let change = async |change: &mut Change| crate::tenants::store::change(change, tenant, &fields).await;
    assert!(stage.store(tenant, change).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_own_address_shows_its_name_and_leads_to_its_own_provider() {
    on_both(async |stage| {
        let b = stage.tenant("b").await;
        let mut fields = Fields::default();
        fields.text("address", "https://meet.b.example".to_owned());
        fields.text("organisation_name", "Stadt B".to_owned());
        let change = async |change: &mut Change| crate::tenants::store::change(change, b, &fields).await;
        assert!(stage.store(b, change).await.unwrap());
        let issuer = crate::tenants::Issuer {
            tenant: b,
            issuer: "https://login.b.example/realms/b".into(),
            client_id: "meet".into(),
            audience: String::new(),
            tenant_claim: None,
            emails_verified: false,
            created_at: 0,
        };
        let add = async |change: &mut Change| crate::tenants::store::add_issuer(change, &issuer).await;
        assert!(stage.store(b, add).await.unwrap());
        stage.app.tenants.changed();
        let at = async |host: &str| {
            let request = axum::http::Request::get("/config.js").header("host", host);
            stage.send(request.body(axum::body::Body::empty()).unwrap()).await
        };
        let own = at("meet.b.example").await;
        for part in [
            "Stadt B",
            "https://login.b.example/realms/b",
            r#""clientId":"meet""#,
            "https://meet.b.example",
        ] {
            assert!(own.text.contains(part), "{part} in {}", own.text);
        }
        let policy = own.header(axum::http::header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("wss://meet.b.example https://login.b.example;"),
            "{policy}"
        );
        let main = at("localhost:8080").await;
        assert!(
            !main.text.contains("Stadt B") && !main.text.contains("login.b.example"),
            "{}",
            main.text
        );
        assert_eq!(at("meet.c.example").await.status, StatusCode::MISDIRECTED_REQUEST);
    })
    .await;
}
