// SPDX-License-Identifier: EUPL-1.2
//! The whole REST interface, as clients see it: every operation of the document does what it is for, on both databases.
//! What each does in detail stands in the tests of its noun.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::{Database, PASSWORD, Stage};
use crate::clock;
use crate::door::routes;
use crate::ids::TenantId;
use crate::jobs::probe::{End, Probe};
use crate::{jobs, queue};

/// Asks, expects a status and remembers which operations were asked.
struct Walk {
    stage: Stage,
    walked: Vec<(Method, String)>,
}

impl Walk {
    /// `path` as in the document, `ids` its parameters in order, `query` with its question mark.
    async fn ask(
        &mut self,
        (method, path): (Method, &str),
        ids: &[&str],
        query: &str,
        who: &str,
        body: Option<Value>,
        expected: StatusCode,
    ) -> Value {
        let mut left = ids.iter();
        let parts = path.split('/').map(|part| match part.starts_with('{') {
            true => left.next().expect("an id for each parameter"),
            false => part,
        });
        let address = parts.collect::<Vec<_>>().join("/") + query;
        let reply = self.stage.ask(method.clone(), &address, who, body).await;
        assert_eq!(reply.status, expected, "{method} {address}: {}", reply.text);
        let json = reply.json();
        let empty = expected == StatusCode::NO_CONTENT || expected == StatusCode::CREATED;
        assert!(!json.is_null() || empty, "{method} {address}: {}", reply.text);
        self.walked.push((method, path.to_owned()));
        json
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

const SERIES: &str = r#"{"title": "Rat", "is_time_independent": false, "is_all_day": false,
    "starts_at": {"datetime": "2030-01-07T09:00:00Z", "timezone": "Europe/Berlin"},
    "ends_at": {"datetime": "2030-01-07T10:00:00Z", "timezone": "Europe/Berlin"},
    "recurrence_pattern": ["FREQ=WEEKLY;COUNT=5"]}"#;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one line an operation")]
async fn every_operation_does_what_it_is_for() {
    use Method as M;
    use StatusCode as S;
    for database in [Database::Sqlite, Database::Postgres] {
        let settings = [("KONVENT_CALL_IN_TEL", "+49 30 123456")];
        let stage = Stage::open(database, &settings).await;
        let token = stage.app.identity.setup_token().await.unwrap().unwrap();
        let mut walk = Walk {
            stage,
            walked: Vec::new(),
        };
        let w = &mut walk;

        // Set-up, and who there is.
        let query = format!("?token={token}");
        w.ask((M::GET, "/v1/setup"), &[], &query, "", None, S::OK).await;
        let first =
            json!({"token": token, "email": "ada@example.org", "display_name": "Ada Admin", "password": PASSWORD});
        w.ask((M::POST, "/v1/setup"), &[], "", "", Some(first), S::CREATED)
            .await;
        let ada = &w.stage.bearer("ada@example.org").await;
        let bo = json!({"email": "bo@example.org", "display_name": "Bo Berg", "password": PASSWORD});
        let bo = w
            .ask((M::POST, "/v1/admin/users"), &[], "", ada, Some(bo), S::CREATED)
            .await;
        let bo_id = &text(&bo, "id");
        let bo = &w.stage.bearer("bo@example.org").await;
        w.ask((M::GET, "/v1/admin/users"), &[], "?q=bo", ada, None, S::OK).await;
        let body = Some(json!({"administers": "nothing"}));
        w.ask((M::PATCH, "/v1/admin/users/{user_id}"), &[bo_id], "", ada, body, S::OK)
            .await;
        w.ask((M::GET, "/v1/users/me"), &[], "", bo, None, S::OK).await;
        let body = Some(json!({"language": "de"}));
        w.ask((M::PATCH, "/v1/users/me"), &[], "", bo, body, S::OK).await;
        w.ask((M::GET, "/v1/users/me/tariff"), &[], "", bo, None, S::OK).await;
        w.ask((M::GET, "/v1/users/find"), &[], "?q=ada", bo, None, S::OK).await;
        w.ask((M::GET, "/v1/users/groups"), &[], "?q=council", bo, None, S::OK)
            .await;
        w.ask((M::GET, "/v1/users/{user_id}"), &[bo_id], "", ada, None, S::OK)
            .await;

        let picture = Request::put("/v1/users/me/avatar")
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, bo)
            .body(Body::from(super::avatars::picture(image::ImageFormat::Png, 8, 8)))
            .unwrap();
        let picture = w.stage.send(picture).await.json();
        w.walked.push((M::PUT, "/v1/users/me/avatar".into()));
        let address = text(&picture, "avatar_url");
        let reply = w.stage.send_raw(address.trim_start_matches(super::ORIGIN)).await;
        assert_eq!(reply.0, S::OK);
        w.walked.push((M::GET, "/v1/avatars/{avatar_id}".into()));
        assert_eq!(w.stage.get("/v1/avatars/initials/BB", "").await.status, S::OK);
        w.walked.push((M::GET, "/v1/avatars/initials/{initials}".into()));
        w.ask((M::DELETE, "/v1/users/me/avatar"), &[], "", bo, None, S::NO_CONTENT)
            .await;

        // Events and invitations.
        let series = Some(serde_json::from_str(SERIES).unwrap());
        let event = w.ask((M::POST, "/v1/events"), &[], "", ada, series, S::CREATED).await;
        let id = &text(&event, "id");
        let room = &text(&event["room"], "id");
        assert_eq!(event["room"]["call_in"]["tel"], "+49 30 123456");
        w.ask((M::GET, "/v1/events"), &[], "?per_page=10", ada, None, S::OK)
            .await;
        let year = "?instances_max=10&time_min=2030-01-01T00:00:00Z&time_max=2031-01-01T00:00:00Z";
        let dates = w
            .ask((M::GET, "/v1/events/instances"), &[], year, ada, None, S::OK)
            .await;
        assert_eq!(dates.as_array().unwrap().len(), 5);
        w.ask((M::GET, "/v1/events/{event_id}"), &[id], "", ada, None, S::OK)
            .await;
        let body = Some(json!({"title": "Council"}));
        w.ask((M::PATCH, "/v1/events/{event_id}"), &[id], "", ada, body, S::OK)
            .await;
        let path = "/v1/events/{event_id}/instances";
        let dates = w.ask((M::GET, path), &[id], "", ada, None, S::OK).await;
        let date = &text(&dates[1], "instance_id");
        let path = "/v1/events/{event_id}/instances/{instance_id}";
        w.ask((M::GET, path), &[id, date], "", ada, None, S::OK).await;
        let body = Some(json!({"status": "cancelled"}));
        w.ask((M::PATCH, path), &[id, date], "", ada, body, S::OK).await;
        let path = "/v1/events/{event_id}/invites";
        for body in [
            json!({"invitee": bo_id, "role": "user"}),
            json!({"email": "guest@example.org"}),
        ] {
            w.ask((M::POST, path), &[id], "", ada, Some(body), S::CREATED).await;
        }
        let invited = w.ask((M::GET, path), &[id], "", ada, None, S::OK).await;
        assert_eq!(invited.as_array().unwrap().len(), 2);
        w.ask((M::GET, "/v1/users/me/pending_invites"), &[], "", bo, None, S::OK)
            .await;
        let path = "/v1/events/{event_id}/invite";
        w.ask((M::PATCH, path), &[id], "", bo, None, S::NO_CONTENT).await;
        w.ask((M::DELETE, path), &[id], "", bo, None, S::NO_CONTENT).await;
        let path = "/v1/events/{event_id}/undelivered_mails";
        assert_eq!(w.ask((M::GET, path), &[id], "", ada, None, S::OK).await, json!([]));
        let path = "/v1/events/{event_id}/invites/{user_id}";
        let body = Some(json!({"role": "moderator"}));
        w.ask((M::PATCH, path), &[id, bo_id], "", ada, body, S::NO_CONTENT)
            .await;
        let path = "/v1/events/{event_id}/invites/email";
        let body = Some(json!({"email": "guest@example.org", "role": "moderator"}));
        w.ask((M::PATCH, path), &[id], "", ada, body, S::NO_CONTENT).await;
        let body = Some(json!({"email": "guest@example.org"}));
        w.ask((M::DELETE, path), &[id], "", ada, body, S::NO_CONTENT).await;
        let path = "/v1/users/me/event_favorites/{event_id}";
        w.ask((M::PUT, path), &[id], "", bo, None, S::CREATED).await;
        w.ask((M::DELETE, path), &[id], "", bo, None, S::NO_CONTENT).await;
        let path = "/v1/events/{event_id}/shared_folder";
        w.ask((M::PUT, path), &[id], "", ada, None, S::BAD_REQUEST).await;
        w.ask((M::DELETE, path), &[id], "", ada, None, S::NO_CONTENT).await;
        let path = "/v1/users/me/calendar_feed";
        let feed = w.ask((M::POST, path), &[], "", bo, None, S::CREATED).await;
        w.ask((M::GET, path), &[], "", bo, None, S::OK).await;
        let feed = text(&feed, "url");
        let reply = w.stage.get(feed.trim_start_matches(super::ORIGIN), "").await;
        assert!(reply.text.starts_with("BEGIN:VCALENDAR"), "{}", reply.text);
        w.walked.push((M::GET, "/v1/calendar/{file}".into()));
        w.ask((M::DELETE, path), &[], "", bo, None, S::NO_CONTENT).await;

        // Rooms and the ways in.
        let body = Some(json!({"waiting_room": false}));
        let other = w.ask((M::POST, "/v1/rooms"), &[], "", ada, body, S::CREATED).await;
        let other = &text(&other, "id");
        w.ask((M::GET, "/v1/rooms"), &[], "", ada, None, S::OK).await;
        w.ask((M::GET, "/v1/rooms/{room_id}"), &[room], "", ada, None, S::OK)
            .await;
        let body = Some(json!({"waiting_room": true}));
        w.ask((M::PATCH, "/v1/rooms/{room_id}"), &[other], "", ada, body, S::OK)
            .await;
        w.ask((M::GET, "/v1/rooms/{room_id}/tariff"), &[room], "", ada, None, S::OK)
            .await;
        let path = "/v1/rooms/{room_id}/invites";
        let link = w.ask((M::POST, path), &[room], "", ada, Some(json!({})), S::OK).await;
        let code = &text(&link, "invite_code");
        w.ask((M::GET, path), &[room], "", ada, None, S::OK).await;
        let guest = &format!("InviteCode {code}");
        w.ask((M::GET, "/v1/rooms/{room_id}/event"), &[room], "", guest, None, S::OK)
            .await;
        let body = Some(json!({"invite_code": code}));
        let verified = w.ask((M::POST, "/v1/invite/verify"), &[], "", "", body, S::OK).await;
        assert_eq!(verified["room_id"], json!(room));
        // Nobody's in person; an answer that counts is in `mail`.
        let body = Some(json!({"invite_code": code, "answer": "accepted"}));
        w.ask((M::PUT, "/v1/invite/answer"), &[], "", "", body, S::NOT_FOUND)
            .await;
        let device = "a device of their own";
        let body = Some(json!({"device_secret": device}));
        w.ask((M::POST, "/v1/rooms/{room_id}/start"), &[room], "", ada, body, S::OK)
            .await;
        let body = Some(json!({"device_secret": device, "display_name": "Gast", "invite_code": code}));
        w.ask(
            (M::POST, "/v1/rooms/{room_id}/start_invited"),
            &[room],
            "",
            "",
            body,
            S::OK,
        )
        .await;
        let path = "/v1/rooms/{room_id}/invites/{invite_code}";
        w.ask((M::GET, path), &[room, code], "", ada, None, S::OK).await;
        let body = Some(json!({"expiration": "2100-01-01T00:00:00Z"}));
        w.ask((M::PUT, path), &[room, code], "", ada, body, S::OK).await;
        w.ask((M::DELETE, path), &[room, code], "", ada, None, S::NO_CONTENT)
            .await;
        let path = "/v1/rooms/{room_id}/streaming_targets";
        let target = json!({"name": "TV", "kind": "custom", "streaming_endpoint": "rtmps://live.example.org/app",
            "streaming_key": "s3cret", "public_url": "https://tv.example.org/council"});
        let target = w.ask((M::POST, path), &[room], "", ada, Some(target), S::OK).await;
        let target = &text(&target, "id");
        w.ask((M::GET, path), &[room], "", ada, None, S::OK).await;
        let path = "/v1/rooms/{room_id}/streaming_targets/{target_id}";
        w.ask((M::GET, path), &[room, target], "", ada, None, S::OK).await;
        let body = Some(json!({"name": "Town television"}));
        w.ask((M::PATCH, path), &[room, target], "", ada, body, S::OK).await;
        w.ask((M::DELETE, path), &[room, target], "", ada, None, S::NO_CONTENT)
            .await;
        let path = "/v1/rooms/{room_id}/sip";
        let body = Some(json!({"lobby": true}));
        w.ask((M::PUT, path), &[room], "", ada, body, S::OK).await;
        let sip = w.ask((M::GET, path), &[room], "", ada, None, S::OK).await;
        assert_eq!(sip["lobby"], true);
        // Only the gateway may; it has a test of its own.
        let call = Some(json!({"id": sip["sip_id"], "pin": sip["password"]}));
        w.ask(
            (M::POST, "/v1/services/call_in/start"),
            &[],
            "",
            ada,
            call,
            S::FORBIDDEN,
        )
        .await;
        w.ask((M::DELETE, path), &[room], "", ada, None, S::NO_CONTENT).await;

        // Files.
        let upload = Request::post(format!("/v1/rooms/{room}/assets?kind=document&title=Plan"))
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, ada)
            .body(Body::from("plan"))
            .unwrap();
        let asset = w.stage.send(upload).await;
        assert_eq!(asset.status, S::OK, "{}", asset.text);
        w.walked.push((M::POST, "/v1/rooms/{room_id}/assets".into()));
        let asset = &text(&asset.json(), "id");
        w.ask((M::GET, "/v1/rooms/{room_id}/assets"), &[room], "", ada, None, S::OK)
            .await;
        w.ask((M::GET, "/v1/users/me/assets"), &[], "", ada, None, S::OK).await;
        let path = "/v1/rooms/{room_id}/assets/{asset_id}/download";
        let download = w
            .ask((M::GET, path), &[room, asset], "?redirect=false", ada, None, S::OK)
            .await;
        let download = text(&download, "url");
        let content = w.stage.get(download.trim_start_matches(super::ORIGIN), "").await;
        assert_eq!((content.status, content.text.as_str()), (S::OK, "plan"));
        w.walked.push((M::GET, "/v1/downloads/{secret}".into()));
        let path = "/v1/rooms/{room_id}/assets/{asset_id}";
        w.ask((M::DELETE, path), &[room, asset], "", ada, None, S::NO_CONTENT)
            .await;

        // Administration.
        let body = Some(json!({"name": "Small", "room_participant_limit": 20}));
        let tariff = w
            .ask((M::POST, "/v1/admin/tariffs"), &[], "", ada, body, S::CREATED)
            .await;
        let tariff = &text(&tariff, "id");
        w.ask((M::GET, "/v1/admin/tariffs"), &[], "", ada, None, S::OK).await;
        let path = "/v1/admin/tariffs/{tariff_id}";
        let body = Some(json!({"name": "Tiny"}));
        w.ask((M::PUT, path), &[tariff], "", ada, body, S::OK).await;
        w.ask((M::DELETE, path), &[tariff], "", ada, None, S::NO_CONTENT).await;
        let body = Some(json!({"name": "Musterstadt"}));
        let tenant = w
            .ask((M::POST, "/v1/admin/tenants"), &[], "", ada, body, S::CREATED)
            .await;
        let tenant = &text(&tenant, "id");
        w.ask((M::GET, "/v1/admin/tenants"), &[], "", ada, None, S::OK).await;
        let body = Some(json!({"organisation_name": "Town of Musterstadt"}));
        w.ask(
            (M::PATCH, "/v1/admin/tenants/{tenant_id}"),
            &[tenant],
            "",
            ada,
            body,
            S::OK,
        )
        .await;
        let path = "/v1/admin/tenants/{tenant_id}/issuers";
        let body = Some(json!({"issuer": "https://login.example.org", "client_id": "konvent"}));
        w.ask((M::POST, path), &[tenant], "", ada, body, S::CREATED).await;
        let query = "?issuer=https%3A%2F%2Flogin.example.org";
        w.ask((M::DELETE, path), &[tenant], query, ada, None, S::NO_CONTENT)
            .await;
        w.ask((M::GET, "/v1/admin/meetings"), &[], "", ada, None, S::OK).await;
        let path = "/v1/admin/meetings/{room_id}";
        // Nobody is there; a running one is ended in the tests of signaling.
        w.ask((M::DELETE, path), &[room], "", ada, None, S::NOT_FOUND).await;
        w.ask((M::GET, "/v1/admin/settings"), &[], "", ada, None, S::OK).await;
        w.ask((M::GET, "/v1/admin/mail"), &[], "", ada, None, S::OK).await;
        w.ask((M::GET, "/v1/admin/audit"), &[], "", ada, None, S::OK).await;
        w.ask(
            (M::GET, "/v1/admin/audit/export"),
            &[],
            "?action=tenant",
            ada,
            None,
            S::OK,
        )
        .await;
        let path = "/v1/admin/users/{user_id}/password_link";
        w.ask((M::POST, path), &[bo_id], "", ada, None, S::CREATED).await;
        let verdict = w
            .ask((M::GET, "/v1/admin/audit/verification"), &[], "", ada, None, S::OK)
            .await;
        assert!(verdict["entries"].as_u64().unwrap() > 10, "{verdict}");
        let job = failed_job(&w.stage).await;
        w.ask((M::GET, "/v1/admin/jobs"), &[], "?state=failed", ada, None, S::OK)
            .await;
        let path = "/v1/admin/jobs/{job_id}/retry";
        w.ask((M::POST, path), &[&job], "", ada, None, S::NO_CONTENT).await;
        w.ask(
            (M::DELETE, "/v1/admin/jobs/{job_id}"),
            &[&job],
            "",
            ada,
            None,
            S::NO_CONTENT,
        )
        .await;
        // Word of a foreign provider: there is none here; its tests are in `foreign_provider`.
        let logout = w.stage.form("/v1/auth/logout", &[("logout_token", "none")]).await;
        assert_eq!(logout.status, S::BAD_REQUEST);
        w.walked.push((M::POST, "/v1/auth/logout".into()));

        // He chose a password long ago; who has not, and the mail, are in `account_links`.
        let path = "/v1/admin/users/{user_id}/invitation";
        w.ask((M::POST, path), &[bo_id], "", ada, None, S::CONFLICT).await;
        // She has none; with one, it is in `factors`.
        let path = "/v1/admin/users/{user_id}/second_factor";
        w.ask((M::DELETE, path), &[bo_id], "", ada, None, S::NOT_FOUND).await;

        // Farewells.
        let path = "/v1/events/{event_id}/invites/{user_id}";
        w.ask((M::DELETE, path), &[id, bo_id], "", ada, None, S::NO_CONTENT)
            .await;
        w.ask(
            (M::DELETE, "/v1/rooms/{room_id}"),
            &[other],
            "",
            ada,
            None,
            S::NO_CONTENT,
        )
        .await;
        w.ask(
            (M::DELETE, "/v1/events/{event_id}"),
            &[id],
            "",
            ada,
            None,
            S::NO_CONTENT,
        )
        .await;
        w.ask((M::GET, "/v1/users/me/export"), &[], "", bo, None, S::OK).await;
        let body = Some(json!({"current_password": PASSWORD}));
        w.ask((M::DELETE, "/v1/users/me"), &[], "", bo, body, S::NO_CONTENT)
            .await;
        let body = json!({"email": "cem@example.org", "display_name": "Cem Can", "password": PASSWORD});
        let cem = w
            .ask((M::POST, "/v1/admin/users"), &[], "", ada, Some(body), S::CREATED)
            .await;
        let path = "/v1/admin/users/{user_id}";
        w.ask((M::DELETE, path), &[&text(&cem, "id")], "", ada, None, S::NO_CONTENT)
            .await;

        let document: Value = serde_json::from_str(&routes::document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let walked = |(asked, at): &(Method, String)| at == path && asked.as_str().eq_ignore_ascii_case(method);
                assert!(walk.walked.iter().any(walked), "nobody has asked {method} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_below_v1_is_refused_in_json_like_everything_else() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let cases = [
        (Method::GET, "/v1", StatusCode::NOT_FOUND, "not_found"),
        (Method::GET, "/v1/unknown/path", StatusCode::NOT_FOUND, "not_found"),
        (Method::POST, "/v1/unknown", StatusCode::NOT_FOUND, "not_found"),
        (
            Method::PUT,
            "/v1/events",
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        ),
        (
            Method::DELETE,
            "/v1/openapi.json",
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        ),
    ];
    for (method, path, status, code) in cases {
        let reply = stage.ask(method.clone(), path, "", None).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &json!(code)),
            "{method} {path}"
        );
        let names_methods = reply.header(header::ALLOW).contains("GET");
        assert_eq!(
            names_methods,
            status == StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_code_is_no_access_token() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let ada = stage.administrator("ada@example.org").await;
    let room = stage.post("/v1/rooms", &ada, json!({})).await.json();
    let room = text(&room, "id");
    let link = stage
        .post(&format!("/v1/rooms/{room}/invites"), &ada, json!({}))
        .await
        .json();
    let bearer = format!("Bearer {}", text(&link, "invite_code"));
    let document: Value = serde_json::from_str(&routes::document()).unwrap();
    let mut walked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("security").is_none() {
                continue;
            }
            let address = path.replace("{room_id}", &room);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let reply = stage.ask(method.clone(), &address, &bearer, Some(json!({}))).await;
            assert_eq!(
                reply.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path}: {}",
                reply.text
            );
            assert!(
                reply.header(header::WWW_AUTHENTICATE).contains("invalid_token"),
                "{method} {path}"
            );
            walked += 1;
        }
    }
    assert!(walked > 80, "{walked}");
}

async fn failed_job(stage: &Stage) -> String {
    let probe = Probe {
        name: "a".into(),
        end: End::ForGood,
    };
    let now = clock::now();
    let job = stage.app.jobs.at(now, &probe);
    let id = job.id;
    queue::add(&stage.app.db, TenantId::DEFAULT, &[job]).await.unwrap();
    jobs::worker::run_due(&stage.app, now).await.unwrap();
    id.to_string()
}
