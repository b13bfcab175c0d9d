// SPDX-License-Identifier: EUPL-1.2
//! Administration over REST: tenants, tariffs, people, running meetings, settings; and who may do it.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{PASSWORD, Stage, on_both};
use crate::ids::TenantId;
use crate::users::Administers;

async fn patch(stage: &Stage, path: &str, who: &str, body: Value) -> (StatusCode, Value) {
    let reply = stage.ask(Method::PATCH, path, who, Some(body)).await;
    (reply.status, reply.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_makes_two_tenants_with_people_who_see_only_their_own() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let mut tenants = Vec::new();
        for name in ["Musterstadt", "Beispieldorf"] {
            let body = json!({"name": name, "organisation_name": format!("Gemeinde {name}"), "external_id": name});
            let reply = stage.post("/v1/admin/tenants", &ada, body).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            tenants.push(reply.json()["id"].as_str().unwrap().to_owned());
        }
        for (tenant, email, rights) in [(0, "mia@m.example", "tenant"), (0, "max@m.example", "nothing"), (1, "bea@b.example", "tenant")] {
            let body = json!({"email": email, "display_name": "Jürgen Größe", "password": PASSWORD, "administers": rights,
                "tenant_id": tenants[tenant]});
            let reply = stage.post("/v1/admin/users", &ada, body).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        let listed = stage.get("/v1/admin/tenants", &ada).await.json();
        let counts: Vec<_> = listed.as_array().unwrap().iter().map(|t| (t["name"].as_str().unwrap(), t["users"].as_u64().unwrap())).collect();
        assert!(counts.contains(&("Musterstadt", 2)) && counts.contains(&("Beispieldorf", 1)), "{counts:?}");

        let (mia, max) = (stage.bearer("mia@m.example").await, stage.bearer("max@m.example").await);
        let found = stage.get("/v1/users/find?q=GROSSE", &max).await.json();
        let emails: Vec<_> = found.as_array().unwrap().iter().map(|p| p["email"].as_str().unwrap()).collect();
        assert!(emails.contains(&"mia@m.example") && emails.contains(&"max@m.example"), "{emails:?}");
        assert_eq!(found.as_array().unwrap().len(), 2);
        assert_eq!(found[0]["kind"], "registered");

        // Their administrator sees their people, in pages, and no other tenant's.
        let reply = stage.get("/v1/admin/users?per_page=1", &mia).await;
        assert_eq!(reply.json().as_array().unwrap().len(), 1);
        assert!(reply.header(header::LINK).contains("page=2>; rel=\"next\""));
        let other = format!("/v1/admin/users?tenant_id={}", tenants[1]);
        assert_eq!(stage.get(&other, &mia).await.status, StatusCode::NOT_FOUND);
        let bea = stage.get(&other, &ada).await.json()[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/admin/users/{bea}");
        assert_eq!(patch(&stage, &path, &mia, json!({"disabled": true})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(stage.get(&format!("/v1/users/{bea}"), &max).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_more_than_they_have_or_locks_themselves_out() {
    on_both(async |stage| {
        let b = stage.tenant("b").await;
        let bea = stage.person_of(b, "bea@b.example", "Bea", Administers::Tenant).await;
        let max = stage.person_of(b, "max@b.example", "Max", Administers::Nothing).await;
        let ada = stage.administrator("ada@example.org").await;
        let id_of = async |who: &str| {
            stage.get("/v1/users/me", who).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (bea_path, max_path) = (
            format!("/v1/admin/users/{}", id_of(&bea).await),
            format!("/v1/admin/users/{}", id_of(&max).await),
        );
        assert_eq!(
            patch(&stage, &max_path, &bea, json!({"administers": "installation"}))
                .await
                .0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            patch(&stage, &bea_path, &bea, json!({"disabled": true})).await.0,
            StatusCode::CONFLICT
        );
        assert_eq!(
            patch(&stage, &bea_path, &bea, json!({"administers": "nothing"}))
                .await
                .0,
            StatusCode::CONFLICT
        );
        let (status, changed) = patch(&stage, &max_path, &bea, json!({"administers": "tenant"})).await;
        assert_eq!((status, &changed["administers"]), (StatusCode::OK, &json!("tenant")));
        for path in ["/v1/admin/tenants", "/v1/admin/tariffs", "/v1/admin/settings"] {
            assert_eq!(stage.get(path, &bea).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(stage.get(path, &ada).await.status, StatusCode::OK, "{path}");
        }
        for path in [
            "/v1/admin/users",
            "/v1/admin/meetings",
            "/v1/admin/audit",
            "/v1/admin/jobs",
        ] {
            assert_eq!(stage.get(path, "").await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        // Disabled: logged out, and no way in.
        let tokens = stage.login("max@b.example").await;
        let path = format!("{max_path}?tenant_id={b}");
        assert_eq!(
            patch(&stage, &path, &ada, json!({"disabled": true})).await.0,
            StatusCode::OK
        );
        assert_eq!(stage.get("/v1/users/me", &max).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.status,
            StatusCode::BAD_REQUEST
        );
        let own = format!("/v1/admin/tenants/{}", TenantId::DEFAULT);
        assert_eq!(
            patch(&stage, &own, &ada, json!({"disabled": true})).await.0,
            StatusCode::CONFLICT
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tariff_limits_files_and_modules_and_stays_while_somebody_has_it() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let small = json!({"name": "Small", "max_storage": 10, "room_participant_limit": 3, "disabled": ["chat", "core::guests_allowed"]});
        let reply = stage.post("/v1/admin/tariffs", &ada, small).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let tariff = reply.json()["id"].as_str().unwrap().to_owned();
        let again = stage.post("/v1/admin/tariffs", &ada, json!({"name": "Small"})).await;
        assert_eq!(again.json()["validation_errors"][0]["code"], "already_exists");
        let wrong = json!({"name": "", "max_storage": -1, "room_participant_limit": 0, "disabled": ["core"]});
        let wrong = stage.post("/v1/admin/tariffs", &ada, wrong).await.json();
        assert_eq!(wrong["validation_errors"].as_array().unwrap().len(), 4, "{wrong}");
        let own = format!("/v1/admin/tenants/{}", TenantId::DEFAULT);
        assert_eq!(patch(&stage, &own, &ada, json!({"tariff_id": tariff})).await.0, StatusCode::OK);
        let mine = stage.get("/v1/users/me/tariff", &ada).await.json();
        assert_eq!((&mine["name"], &mine["quotas"]["max_storage"]), (&json!("Small"), &json!(10)));
        assert!(mine["modules"].get("chat").is_none(), "{mine}");
        let room = stage.post("/v1/rooms", &ada, json!({})).await.json()["id"].as_str().unwrap().to_owned();
        let upload = axum::http::Request::post(format!("/v1/rooms/{room}/assets?filename=a&kind=document"))
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, &ada)
            .body(axum::body::Body::from("more than ten bytes"))
            .unwrap();
        let reply = stage.send(upload).await;
        assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("storage_quota_exceeded")), "{}", reply.text);
        let path = format!("/v1/admin/tariffs/{tariff}");
        assert_eq!(stage.ask(Method::DELETE, &path, &ada, None).await.status, StatusCode::CONFLICT);
        assert_eq!(patch(&stage, &own, &ada, json!({"tariff_id": null})).await.0, StatusCode::OK);
        assert_eq!(stage.ask(Method::DELETE, &path, &ada, None).await.status, StatusCode::NO_CONTENT);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tenants_and_providers_are_refused_by_field() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let wrong = json!({"name": " ", "address": "https://meet.example.org/path", "colour_light": "blue", "tariff_id": TenantId::DEFAULT.to_string().replace('1', "7")});
        let reply = stage.post("/v1/admin/tenants", &ada, wrong).await;
        let wrong = reply.json();
        let fields: Vec<_> = wrong["validation_errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["name", "address", "colour_light", "tariff_id"]);
        let own = format!("/v1/admin/tenants/{}/issuers", TenantId::DEFAULT);
        let reply = stage.post(&own, &ada, json!({"issuer": "http://login.example.org", "client_id": ""})).await;
        assert_eq!(reply.json()["validation_errors"].as_array().unwrap().len(), 2, "{}", reply.text);
        let right = json!({"issuer": "https://login.example.org/realms/a", "client_id": "meet", "tenant_claim": "org"});
        let reply = stage.post(&own, &ada, right.clone()).await;
        assert_eq!(reply.json()["issuers"][0]["tenant_claim"], "org", "{}", reply.text);
        assert_eq!(stage.post(&own, &ada, right).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let path = format!("{own}?issuer=https%3A%2F%2Flogin.example.org%2Frealms%2Fa");
        assert_eq!(stage.ask(Method::DELETE, &path, &ada, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(stage.ask(Method::DELETE, &path, &ada, None).await.status, StatusCode::NOT_FOUND);
        let settings = stage.get("/v1/admin/settings", &ada).await;
        assert!(settings.text.contains("\"http.listen\"") && !settings.text.contains("postgres://"), "{}", settings.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_of_somebody_disabled_or_of_a_disabled_organisation_is_not_there() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let b = stage.tenant("b").await;
        let bea = stage
            .person_of(b, "bea@example.org", "Bea Berg", Administers::Nothing)
            .await;
        let feed = stage.post("/v1/users/me/calendar_feed", &bea, json!({})).await.json();
        let feed = feed["url"]
            .as_str()
            .unwrap()
            .trim_start_matches(super::ORIGIN)
            .to_owned();
        let id = stage.get("/v1/users/me", &bea).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let person = format!("/v1/admin/users/{id}?tenant_id={b}");
        let organisation = format!("/v1/admin/tenants/{b}");
        for path in [person, organisation] {
            assert_eq!(stage.get(&feed, "").await.status, StatusCode::OK);
            for (disabled, expected) in [(true, StatusCode::NOT_FOUND), (false, StatusCode::OK)] {
                let changed = patch(&stage, &path, &ada, json!({"disabled": disabled})).await;
                assert_eq!(changed.0, StatusCode::OK, "{path}");
                assert_eq!(stage.get(&feed, "").await.status, expected, "{path}");
            }
        }
    })
    .await;
}
