// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events` and invitations.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Stage, on_both};
use crate::change::Change;
use crate::events::store;
use crate::ids::{EventId, TenantId, UserId};
use crate::users;

fn now_meeting(title: &str) -> Value {
    json!({"title": title, "is_time_independent": true, "is_adhoc": true})
}

fn planned(title: &str, hour: u8) -> Value {
    json!({"title": title, "is_time_independent": false, "is_all_day": false,
        "starts_at": {"datetime": format!("2030-05-01T{hour:02}:00:00Z"), "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": format!("2030-05-01T{hour:02}:30:00Z"), "timezone": "Europe/Berlin"}})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = planned("x", 8);
    body[field] = value;
    body
}

async fn created(stage: &Stage, who: &str, body: Value) -> Value {
    let reply = stage.post("/v1/events", who, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    reply.json()
}

async fn titles(stage: &Stage, who: &str, path: &str) -> Vec<String> {
    let reply = stage.get(path, who).await;
    assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text);
    let events = reply.json();
    events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_started_now_has_a_room() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let mut event = created(&stage, &anna, now_meeting("Budget")).await;
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        assert_eq!(stage.get(&path, &anna).await.json(), event);
        for field in ["id", "created_at", "updated_at", "created_by", "updated_by"] {
            event[field] = "…".into();
        }
        event["room"]["id"] = "…".into();
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(event, @r#"
            {
              "can_edit": true,
              "created_at": "…",
              "created_by": "…",
              "description": "",
              "id": "…",
              "invite_status": "accepted",
              "invitees": [],
              "invitees_truncated": false,
              "is_adhoc": true,
              "is_favorite": false,
              "is_time_independent": true,
              "room": {
                "e2e_encryption": false,
                "guest_access": "direct_access",
                "id": "…",
                "waiting_room": false
              },
              "show_meeting_details": false,
              "title": "Budget",
              "type": "single",
              "updated_at": "…",
              "updated_by": "…"
            }
            "#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let reply = stage.post("/v1/events", &anna, json!({"title": 7})).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_json"))
        );
        let cases = [
            (json!({"title": " ", "is_time_independent": true}), vec!["title"]),
            (
                json!({"title": "x".repeat(256), "is_time_independent": true, "password": ""}),
                vec!["title", "password"],
            ),
            (
                json!({"title": "x", "is_time_independent": false}),
                vec!["is_all_day", "starts_at", "ends_at"],
            ),
            (
                json!({"title": "x", "is_time_independent": true, "is_all_day": true}),
                vec!["is_all_day"],
            ),
            (
                json!({"title": "x", "is_time_independent": true, "recurrence_pattern": ["RRULE:FREQ=DAILY"]}),
                vec!["recurrence_pattern"],
            ),
            (with("recurrence_pattern", json!(["RRULE:FREQ=NEVER"])), vec!["recurrence_pattern"]),
            (
                with("recurrence_pattern", json!(vec!["RRULE:FREQ=DAILY"; 5])),
                vec!["recurrence_pattern"],
            ),
            (
                with("starts_at", json!({"datetime": "2030-05-01T08:00:00Z", "timezone": "Berlin"})),
                vec!["starts_at"],
            ),
            (
                with("ends_at", json!({"datetime": "2030-05-01T07:00:00Z", "timezone": "Europe/Berlin"})),
                vec!["ends_at"],
            ),
            (with("is_all_day", json!(true)), vec!["starts_at", "ends_at"]),
            (with("has_shared_folder", json!(true)), vec!["has_shared_folder"]),
            (
                with("streaming_targets", json!([{"name": "TV", "kind": "custom", "streaming_endpoint": "file:///etc",
                    "streaming_key": "k", "public_url": "https://tv.example.org"}])),
                vec!["streaming_targets"],
            ),
            (
                with("training_participation_report", json!({
                    "initial_checkpoint_delay": {"after": 10, "within": 0}, "checkpoint_interval": {"after": 60, "within": 0}})),
                vec!["training_participation_report"],
            ),
        ];
        for (body, expected) in cases {
            let reply = stage.post("/v1/events", &anna, body).await;
            assert_eq!(
                (reply.status, &reply.json()["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("validation_failed"))
            );
            let errors = reply.json();
            let fields: Vec<&str> = errors["validation_errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["field"].as_str().unwrap())
                .collect();
            assert_eq!(fields, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_by_time_and_filters_hold() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for (title, hour) in [("three", 12), ("one", 8), ("two", 10)] {
            created(&stage, &anna, planned(title, hour)).await;
        }
        created(&stage, &anna, now_meeting("now")).await;
        let first = stage.get("/v1/events/instances?per_page=3", &anna).await;
        let link = first.header(header::LINK).to_owned();
        assert!(link.ends_with("; rel=\"after\""), "{link}");
        assert_eq!(
            titles(&stage, &anna, "/v1/events?per_page=3").await,
            ["now", "one", "two"]
        );
        let query = link[1..].split('>').next().unwrap();
        assert_eq!(titles(&stage, &anna, &format!("/v1/events{query}")).await, ["three"]);
        assert_eq!(
            stage
                .get(&format!("/v1/events{query}"), &anna)
                .await
                .header(header::LINK),
            ""
        );
        assert_eq!(titles(&stage, &anna, "/v1/events?adhoc=true").await, ["now"]);
        assert_eq!(
            titles(&stage, &anna, "/v1/events?time_independent=false").await,
            ["one", "two", "three"]
        );
        let span = "time_min=2030-05-01T09:00:00Z&time_max=2030-05-01T11:00:00Z";
        assert_eq!(
            titles(&stage, &anna, &format!("/v1/events/instances?{span}")).await,
            ["two"]
        );
        assert_eq!(
            titles(&stage, &anna, "/v1/events?invite_status=pending,declined").await,
            Vec::<String>::new()
        );
        assert_eq!(
            stage.get("/v1/events?after=rubbish", &anna).await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            stage.get("/v1/events?invite_status=rubbish", &anna).await.status,
            StatusCode::BAD_REQUEST
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_colleague_sees_the_event_and_others_do_not() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let event = created(&stage, &anna, now_meeting("Budget")).await;
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let invites = format!("{path}/invites");
        assert_eq!(stage.get(&path, &bo).await.status, StatusCode::NOT_FOUND);
        let bo_is_invited = json!({"email": "BO@example.org", "role": "user"});
        assert_eq!(
            stage.post(&invites, &bo, bo_is_invited.clone()).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            stage.post(&invites, &anna, bo_is_invited.clone()).await.status,
            StatusCode::CREATED
        );
        assert_eq!(
            stage.post(&invites, &anna, bo_is_invited).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            stage
                .post(&invites, &anna, json!({"email": "citizen@example.com"}))
                .await
                .status,
            StatusCode::CREATED
        );
        assert_eq!(
            stage.post(&invites, &anna, json!({"email": "no address"})).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(stage.get(&path, &bo).await.json()["invite_status"], "pending");
        assert_eq!(
            titles(&stage, &bo, "/v1/events?invite_status=pending").await,
            ["Budget"]
        );
        let listed = stage.get(&invites, &bo).await.json();
        assert_eq!(listed[0]["profile"]["kind"], "registered");
        assert_eq!(listed[0]["profile"]["display_name"], "Bo Berg");
        assert_eq!(
            listed[1]["profile"],
            json!({"kind": "email", "email": "citizen@example.com", "avatar_url": "http://localhost:8080/v1/avatars/initials/C", "role": "guest"})
        );
        assert_eq!(
            stage
                .ask(Method::PATCH, &format!("{path}/invite"), &bo, None)
                .await
                .status,
            StatusCode::NO_CONTENT
        );
        let seen = stage.get(&format!("{path}?invitees_max=1"), &bo).await.json();
        assert_eq!(
            (&seen["invite_status"], &seen["can_edit"]),
            (&json!("accepted"), &json!(false))
        );
        assert_eq!(
            (seen["invitees"].as_array().unwrap().len(), &seen["invitees_truncated"]),
            (1, &json!(true))
        );
        let change = Some(json!({"title": "Mine"}));
        assert_eq!(
            stage.ask(Method::PATCH, &path, &bo, change).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            stage.ask(Method::DELETE, &path, &bo, None).await.status,
            StatusCode::FORBIDDEN
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_changed_favoured_and_deleted() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let event = created(&stage, &anna, planned("Budget", 8)).await;
        let id = event["id"].as_str().unwrap();
        let path = format!("/v1/events/{id}");
        assert_eq!(
            stage.ask(Method::PATCH, &path, &anna, Some(json!({}))).await.status,
            StatusCode::NO_CONTENT
        );
        let change = Some(json!({"title": "Household", "password": "s3cret"}));
        let changed = stage.ask(Method::PATCH, &path, &anna, change).await.json();
        assert_eq!(
            (&changed["title"], &changed["room"]["password"]),
            (&json!("Household"), &json!("s3cret"))
        );
        assert_eq!(changed["starts_at"], event["starts_at"]);
        let changed = stage
            .ask(Method::PATCH, &path, &anna, Some(json!({"password": null})))
            .await
            .json();
        assert_eq!(changed["room"].get("password"), None);
        let change = Some(json!({"is_time_independent": true}));
        assert_eq!(
            stage
                .ask(Method::PATCH, &path, &anna, change)
                .await
                .json()
                .get("starts_at"),
            None
        );
        let favourite = format!("/v1/users/me/event_favorites/{id}");
        assert_eq!(
            stage.ask(Method::PUT, &favourite, &anna, None).await.status,
            StatusCode::CREATED
        );
        assert_eq!(
            stage.ask(Method::PUT, &favourite, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(titles(&stage, &anna, "/v1/events?favorites=true").await, ["Household"]);
        assert_eq!(
            stage.ask(Method::DELETE, &favourite, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            stage.ask(Method::DELETE, &path, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(stage.get(&path, &anna).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_change_and_invitations_are_taken_back() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let event = created(&stage, &anna, now_meeting("Budget")).await;
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let invites = format!("{path}/invites");
        let pending = async || {
            stage.get("/v1/users/me/pending_invites", &bo).await.json()["total_pending_invites"].clone()
        };
        assert_eq!(pending().await, 0);
        for email in ["bo@example.org", "citizen@example.com"] {
            let reply = stage.post(&invites, &anna, json!({"email": email})).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        assert_eq!(pending().await, 1);
        let listed = async || stage.get(&invites, &anna).await.json();
        assert_eq!(listed().await[0]["profile"]["role"], "user");
        assert_eq!(listed().await[1]["profile"]["role"], "guest");
        let bo_id = listed().await[0]["profile"]["id"].as_str().unwrap().to_owned();
        let of_bo = format!("{invites}/{bo_id}");
        let by_email = format!("{invites}/email");
        let status = async |method: Method, path: &str, who: &str, body: Option<Value>| {
            stage.ask(method, path, who, body).await.status
        };
        let moderator = Some(json!({"role": "moderator"}));
        assert_eq!(status(Method::PATCH, &of_bo, &bo, moderator.clone()).await, StatusCode::FORBIDDEN);
        assert_eq!(status(Method::PATCH, &of_bo, &anna, moderator).await, StatusCode::NO_CONTENT);
        let wrong = Some(json!({"role": "king"}));
        assert_eq!(status(Method::PATCH, &of_bo, &anna, wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
        let citizen = json!({"email": "Citizen@example.com", "role": "moderator"});
        assert_eq!(status(Method::PATCH, &by_email, &anna, Some(citizen)).await, StatusCode::NO_CONTENT);
        assert_eq!(listed().await[0]["profile"]["role"], "moderator");
        assert_eq!(listed().await[1]["profile"]["role"], "moderator");
        let pages = stage.get(&format!("{invites}?per_page=1&page=2"), &anna).await;
        assert_eq!(pages.json()[0]["profile"]["email"], "citizen@example.com");
        assert_eq!(
            pages.header(header::LINK),
            "<?per_page=1&page=1>; rel=\"first\", <?per_page=1&page=1>; rel=\"prev\", <?per_page=1&page=2>; rel=\"last\""
        );
        let citizen = json!({"email": "citizen@example.com"});
        assert_eq!(status(Method::DELETE, &by_email, &bo, Some(citizen.clone())).await, StatusCode::FORBIDDEN);
        assert_eq!(status(Method::DELETE, &by_email, &anna, Some(citizen.clone())).await, StatusCode::NO_CONTENT);
        assert_eq!(status(Method::DELETE, &by_email, &anna, Some(citizen)).await, StatusCode::NOT_FOUND);
        assert_eq!(status(Method::DELETE, &format!("{path}/invite"), &bo, None).await, StatusCode::NO_CONTENT);
        assert_eq!(listed().await[0]["status"], "declined");
        assert_eq!(status(Method::DELETE, &of_bo, &anna, None).await, StatusCode::NO_CONTENT);
        assert_eq!(status(Method::DELETE, &of_bo, &anna, None).await, StatusCode::NOT_FOUND);
        assert_eq!(listed().await, json!([]));
        assert_eq!(status(Method::PATCH, &format!("{path}/invite"), &bo, None).await, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_because_the_answer_was_lost_has_one_meeting() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let plan = async |who: &str, key: &str| {
            let request = axum::http::Request::post("/v1/events")
                .header(header::HOST, "localhost:8080")
                .header(header::AUTHORIZATION, who)
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", key)
                .body(axum::body::Body::from(planned("Budget", 10).to_string()));
            let reply = stage.send(request.unwrap()).await;
            (reply.status, reply.json()["id"].clone())
        };
        let with_targets = async |name: &str| {
            let mut event = planned("Budget", 10);
            event["streaming_targets"] = json!([{"name": name, "kind": "custom", "streaming_endpoint": "rtmp://live.example.org/app",
                "streaming_key": "a key", "public_url": "https://live.example.org/watch"}]);
            let request = axum::http::Request::post("/v1/events")
                .header(header::HOST, "localhost:8080")
                .header(header::AUTHORIZATION, &anna)
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", "a key of Anna's own 3")
                .body(axum::body::Body::from(event.to_string()));
            let reply = stage.send(request.unwrap()).await;
            assert!(
                [StatusCode::CREATED, StatusCode::GONE].contains(&reply.status),
                "{}",
                reply.text
            );
            reply.json()
        };
        let targets = with_targets("first").await["streaming_targets"].clone();
        assert_eq!(targets[0]["name"], "first");
        let again = with_targets("second").await;
        assert_eq!(
            again["streaming_targets"], targets,
            "what is asked again changes nothing"
        );
        // Nor does it make again what was deleted since.
        let path = format!("/v1/events/{}", again["id"].as_str().unwrap());
        assert_eq!(
            stage.ask(Method::DELETE, &path, &anna, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(with_targets("first").await["code"], "already_deleted");
        assert_eq!(stage.get(&path, &anna).await.status, StatusCode::NOT_FOUND);

        let (first, other) = ("a key of Anna's own 1", "a key of Anna's own 2");
        let answers = futures_util::future::join_all((0..5).map(|_| plan(&anna, first))).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].0, StatusCode::CREATED);
        assert_ne!(plan(&anna, other).await.1, answers[0].1);
        assert_ne!(plan(&bo, first).await.1, answers[0].1);
        let made = async |who: &str| stage.get("/v1/events", who).await.json().as_array().unwrap().len();
        assert_eq!((made(&anna).await, made(&bo).await), (2, 1));
        let log = super::actions(&stage.app.db).await;
        assert_eq!(log.iter().filter(|action| *action == "event.created").count(), 4);
        for key in ["short", &"x".repeat(256)] {
            assert_eq!(plan(&anna, key).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_changed_and_withdrawn_by_an_address_that_no_provider_vouches_for_unless_several_have_it() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna").await;
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
        let by_email = format!("{invites}/email");
        let mut ids = Vec::new();
        for subject in ["first", "second"] {
            let person = users::store::Person {
                issuer: "https://login.example.org",
                subject,
                email: "bo@example.org",
                firstname: "Bo",
                lastname: "Berg",
                display_name: "Bo Berg",
                language: "de",
            };
            users::store::add(&stage.app.db, TenantId::DEFAULT, &person)
                .await
                .unwrap();
            let found = users::store::by_subject(&stage.app.db, TenantId::DEFAULT, person.issuer, subject).await;
            ids.push(found.unwrap().unwrap().id);
        }
        let status =
            async |method: Method, path: &str, body: Value| stage.ask(method, path, &anna, Some(body)).await.status;
        let invite = |id| json!({"invitee": id, "role": "user"});
        let as_moderator = json!({"email": "Bo@example.org", "role": "moderator"});
        let address = json!({"email": "bo@example.org"});
        assert_eq!(
            status(Method::POST, &invites, invite(ids[0])).await,
            StatusCode::CREATED
        );
        assert_eq!(
            status(Method::PATCH, &by_email, as_moderator.clone()).await,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            stage.get(&invites, &anna).await.json()[0]["profile"]["role"],
            "moderator"
        );
        assert_eq!(
            status(Method::POST, &invites, invite(ids[1])).await,
            StatusCode::CREATED
        );
        for (method, body) in [(Method::PATCH, as_moderator), (Method::DELETE, address.clone())] {
            let reply = stage.ask(method, &by_email, &anna, Some(body)).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(
                reply.json()["validation_errors"][0]["code"],
                "ambiguous",
                "{}",
                reply.text
            );
        }
        let of_one = format!("{invites}/{}", ids[0]);
        assert_eq!(status(Method::DELETE, &of_one, json!({})).await, StatusCode::NO_CONTENT);
        assert_eq!(status(Method::DELETE, &by_email, address).await, StatusCode::NO_CONTENT);
        assert_eq!(stage.get(&invites, &anna).await.json(), json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_meeting_at_once_from_its_page_and_from_that_of_its_room_all_hold() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for round in 0..10 {
            let body = json!({"title": "Budget", "is_time_independent": true});
            let event = stage.post("/v1/events", &anna, body).await.json();
            let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
            let room = format!("/v1/rooms/{}", event["room"]["id"].as_str().unwrap());
            let change = |path, body| stage.ask(Method::PATCH, path, &anna, Some(body));
            let (title, password, waiting, guests, shares) = tokio::join!(
                change(&path, json!({"title": "Roads"})),
                change(&path, json!({"password": "swordfish"})),
                change(&room, json!({"waiting_room": true})),
                change(&room, json!({"guest_access": "disabled"})),
                change(&room, json!({"screen_share_requires_permission": true}))
            );
            for reply in [title, password, waiting, guests, shares] {
                assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.text);
            }
            let (event, room) = (
                stage.get(&path, &anna).await.json(),
                stage.get(&room, &anna).await.json(),
            );
            assert_eq!(event["title"], "Roads", "{round}");
            assert_eq!(
                (
                    &room["password"],
                    &room["waiting_room"],
                    &room["guest_access"],
                    &room["screen_share_requires_permission"]
                ),
                (&json!("swordfish"), &json!(true), &json!("disabled"), &json!(true)),
                "{round}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_is_deleted_while_it_is_changed_is_not_called_changed_afterwards() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let id = stage.get("/v1/users/me", &anna).await.json()["id"].clone();
        let body = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, body).await.json();
        let ids = [EventId(event["id"].as_str().unwrap().parse().unwrap())];
        let owner = UserId(id.as_str().unwrap().parse().unwrap());
        let db = &stage.app.db;
        let mut read = store::visible(db, TenantId::DEFAULT, owner, &ids).await.unwrap();
        let before = read.pop().unwrap().event;
        let delete = async |change: &mut Change| store::delete(change, before.room).await;
        stage.store(TenantId::DEFAULT, delete).await.unwrap();
        let mut changed = before.clone();
        changed.title = "Roads".into();
        let mut change = Change::begin(db, TenantId::DEFAULT).await.unwrap();
        assert!(!store::change(&mut change, &mut changed, &before, false).await.unwrap());
    })
    .await;
}
