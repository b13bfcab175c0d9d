// SPDX-License-Identifier: EUPL-1.2
//! The wall between tenants: every operation of the document, asked by one tenant's administrator with another's ids.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Stage, on_both};
use crate::door::routes;
use crate::users::Administers;

/// For administrators of the installation: whoever is none is refused before any id is looked at.
const OPERATORS: [&str; 2] = ["/v1/admin/tenants/", "/v1/admin/tariffs/"];
/// Their secrets are no ids of a tenant: whoever knows one may have what it opens.
const SECRETS: [&str; 4] = ["{file}", "{secret}", "{avatar_id}", "{initials}"];

fn id(reply: &super::Reply, name: &str) -> String {
    let value = &reply.json()[name];
    value
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {}", reply.text))
        .to_owned()
}

/// One of everything in a tenant, as the names of the document's path parameters and their values.
/// `hour`: when its dates are, so that those of another tenant name none of it.
async fn everything(stage: &Stage, who: &str, hour: u8) -> Vec<(&'static str, String)> {
    let event = json!({"title": "Rat", "is_time_independent": false, "is_all_day": false,
        "starts_at": {"datetime": format!("2030-01-07T{hour}:00:00Z"), "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": format!("2030-01-07T{hour}:45:00Z"), "timezone": "Europe/Berlin"},
        "recurrence_pattern": ["FREQ=WEEKLY;COUNT=5"]});
    let event = stage.post("/v1/events", who, event).await;
    let room = event.json()["room"]["id"].as_str().unwrap().to_owned();
    let target = json!({"name": "TV", "kind": "custom", "streaming_endpoint": "rtmps://live.example.org/app",
        "streaming_key": "s3cret", "public_url": "https://tv.example.org/council"});
    let target = stage
        .post(&format!("/v1/rooms/{room}/streaming_targets"), who, target)
        .await;
    let link = stage.post(&format!("/v1/rooms/{room}/invites"), who, json!({})).await;
    let path = format!("/v1/events/{}/instances", id(&event, "id"));
    let instances = stage.get(&path, who).await.json();
    let upload = axum::http::Request::post(format!("/v1/rooms/{room}/assets?kind=document&title=Plan"))
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, who)
        .body(axum::body::Body::from("plan"))
        .unwrap();
    let asset = stage.send(upload).await;
    let job = crate::ids::JobId(crate::clock::id());
    vec![
        ("event_id", id(&event, "id")),
        ("room_id", room),
        ("target_id", id(&target, "id")),
        ("invite_code", id(&link, "invite_code")),
        ("instance_id", instances[0]["instance_id"].as_str().unwrap().to_owned()),
        ("asset_id", id(&asset, "id")),
        ("user_id", id(&stage.get("/v1/users/me", who).await, "id")),
        ("job_id", job.to_string()),
        ("tenant_id", crate::ids::TenantId::DEFAULT.to_string()),
        ("tariff_id", crate::ids::TariffId::STANDARD.to_string()),
    ]
}

/// A body that each operation can read.
fn body(path: &str, method: &Method) -> Option<Value> {
    if *method == Method::GET || path.ends_with("/assets") {
        return None;
    }
    Some(match path {
        _ if path.ends_with("/invites/email") => json!({"email": "guest@example.org", "role": "user"}),
        _ if path.ends_with("/invites/{user_id}") => json!({"role": "user"}),
        _ if path.starts_with("/v1/events") && path.ends_with("/invites") => json!({"email": "guest@example.org"}),
        _ if path.ends_with("/start_invited") => {
            json!({"device_secret": "a device of their own", "invite_code": "00000000-0000-0000-0000-000000000000"})
        }
        _ if path.ends_with("/start") => json!({"device_secret": "a device of their own"}),
        _ if path.ends_with("/streaming_targets") => json!({"name": "TV", "kind": "custom",
            "streaming_endpoint": "rtmps://live.example.org/app", "streaming_key": "s", "public_url": "https://tv.example.org/"}),
        _ if path.ends_with("{target_id}") => json!({"name": "TV"}),
        _ if path.ends_with("{instance_id}") => json!({"status": "cancelled"}),
        _ if path.ends_with("/sip") => json!({"lobby": true}),
        _ if path.ends_with("{tariff_id}") => json!({"name": "Mine"}),
        _ if path.ends_with("/issuers") => json!({"issuer": "https://login.example.org", "client_id": "a"}),
        _ => json!({"title": "Mine", "disabled": true}),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_ids_lead_nowhere() {
    on_both(async |stage| {
        let (a, b) = (stage.tenant("a").await, stage.tenant("b").await);
        let anna = stage.person_of(a, "anna@a.example", "Anna", Administers::Tenant).await;
        let bea = stage.person_of(b, "bea@b.example", "Bea", Administers::Tenant).await;
        let theirs = everything(&stage, &bea, 10).await;
        let own = everything(&stage, &anna, 14).await;
        let document: Value = serde_json::from_str(&routes::document()).unwrap();
        let mut walked = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            if !path.contains('{') || SECRETS.iter().any(|secret| path.contains(secret)) {
                continue;
            }
            // All ids of the other tenant; and where there are two, one's own first and the other's second.
            let mut addresses = vec![fill(path, &theirs, &theirs)];
            if path.matches('{').count() == 2 {
                addresses.push(fill(path, &own, &theirs));
            }
            for method in ["get", "post", "put", "patch", "delete"] {
                if item.get(method).is_none() {
                    continue;
                }
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                for address in &addresses {
                    let address = if path.ends_with("/issuers") && method == Method::DELETE {
                        format!("{address}?issuer=x")
                    } else if path.ends_with("/assets") && method == Method::POST {
                        format!("{address}?kind=document&title=Mine")
                    } else {
                        address.clone()
                    };
                    let reply = stage.ask(method.clone(), &address, &anna, body(path, &method)).await;
                    let expected = match path.as_str() {
                        _ if OPERATORS.iter().any(|prefix| path.starts_with(prefix)) => StatusCode::FORBIDDEN,
                        _ => StatusCode::NOT_FOUND,
                    };
                    assert_eq!(reply.status, expected, "{method} {path}: {}", reply.text);
                    walked += 1;
                }
            }
        }
        assert!(walked > 40, "{walked}");
        // And nothing of theirs has changed.
        for (name, prefix) in [("event_id", "/v1/events"), ("room_id", "/v1/rooms")] {
            let (_, id) = theirs.iter().find(|(known, _)| *known == name).unwrap();
            assert_eq!(stage.get(&format!("{prefix}/{id}"), &bea).await.status, StatusCode::OK);
        }
        let me = stage.get("/v1/users/me", &bea).await;
        assert_eq!(
            (me.status, &me.json()["administers"]),
            (StatusCode::OK, &json!("tenant"))
        );
    })
    .await;
}

/// The path with its first parameter from one list and all others from another.
fn fill(path: &str, first: &[(&str, String)], rest: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut parts = path.split('/').skip(1);
    let mut seen = 0;
    for part in parts.by_ref() {
        filled.push('/');
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => {
                let from = if seen == 0 { first } else { rest };
                seen += 1;
                let value = from.iter().find(|(known, _)| *known == name);
                filled.push_str(&value.unwrap_or_else(|| panic!("no id for {name} in {path}")).1);
            }
            None => filled.push_str(part),
        }
    }
    filled
}
