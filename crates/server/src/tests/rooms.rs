// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms`, guest links, and who may enter.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Database, Stage, on_both};
use crate::change::Change;
use crate::clock;
use crate::db::on;
use crate::http::failure::Failure;
use crate::identity::caller::Asker;
use crate::ids::{InviteCode, RoomId, TenantId};
use crate::rooms::invites::http::{MOST_ENDED, MOST_WORKING};
use crate::rooms::{Role, invites};
use crate::signaling::recorder::{Batch, Line, Recorder};

async fn room(stage: &Stage, who: &str, more: Value) -> RoomId {
    let mut body = json!({"title": "Budget", "is_time_independent": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event = stage.post("/v1/events", who, body).await.json();
    RoomId(event["room"]["id"].as_str().unwrap().parse().unwrap())
}

async fn link(stage: &Stage, who: &str, room: RoomId) -> InviteCode {
    let reply = stage.post(&format!("/v1/rooms/{room}/invites"), who, json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    InviteCode(reply.json()["invite_code"].as_str().unwrap().parse().unwrap())
}

async fn asker(stage: &Stage, email: &str) -> Asker {
    let user = crate::users::store::by_email(&stage.app.db, TenantId::DEFAULT, email)
        .await
        .unwrap();
    Asker::User(Box::new(user.unwrap()))
}

/// The role, or the refusal as `status code`.
async fn entry(stage: &Stage, room: RoomId, who: &Asker, code: Option<InviteCode>, password: Option<&str>) -> String {
    entry_from(stage, room, who, code, password, HERE).await
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn entry_from(
    stage: &Stage,
    room: RoomId,
    who: &Asker,
    code: Option<InviteCode>,
    password: Option<&str>,
    from: IpAddr,
) -> String {
    let from = (from, stage.app.registry.device("one and the same device"));
    match stage.app.entrance.admission(room, who, code, password, from).await {
        Ok(admission) => format!("{:?}", admission.role),
        Err(Failure::Refused(refused)) => format!("{} {}", refused.status.as_u16(), refused.body.code),
        Err(Failure::Unexpected(error)) => panic!("{error:#}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_enter_and_as_what() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        stage.add("bo@example.org", "Bo Berg").await;
        stage.add("cem@example.org", "Cem Can").await;
        let event = json!({"title": "Budget", "is_time_independent": true, "password": "s3cret"});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let id = RoomId(event["room"]["id"].as_str().unwrap().parse().unwrap());
        let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
        stage
            .post(&invites, &anna, json!({"email": "bo@example.org", "role": "moderator"}))
            .await;
        let code = link(&stage, &anna, id).await;
        let right = Some("s3cret");
        let [a, b, c] = [
            asker(&stage, "anna@example.org").await,
            asker(&stage, "bo@example.org").await,
            asker(&stage, "cem@example.org").await,
        ];
        assert_eq!(entry(&stage, id, &a, None, None).await, "Moderator");
        assert_eq!(entry(&stage, id, &b, None, None).await, "Moderator");
        assert_eq!(entry(&stage, id, &c, None, right).await, "403 forbidden");
        assert_eq!(entry(&stage, id, &c, Some(code), right).await, "User");
        assert_eq!(entry(&stage, id, &Asker::Guest(code), None, right).await, "Guest");
        assert_eq!(entry(&stage, id, &Asker::Nobody, Some(code), right).await, "Guest");
        assert_eq!(
            entry(&stage, id, &Asker::Guest(code), None, None).await,
            "401 wrong_room_password"
        );
        assert_eq!(
            entry(&stage, id, &Asker::Guest(code), None, Some("guess")).await,
            "401 wrong_room_password"
        );
        assert_eq!(entry(&stage, id, &Asker::Nobody, None, right).await, "401 unauthorized");
        let unknown = InviteCode(clock::token());
        assert_eq!(
            entry(&stage, id, &Asker::Guest(unknown), None, right).await,
            "404 not_found"
        );
        assert_eq!(
            entry(&stage, RoomId(clock::token()), &a, None, None).await,
            "404 not_found"
        );
        let other = room(&stage, &anna, json!({})).await;
        assert_eq!(
            entry(&stage, other, &Asker::Guest(code), None, None).await,
            "404 not_found"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_guest_access_a_link_opens_nothing_and_tells_nothing() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let id = room(&stage, &anna, json!({"guest_access": "disabled"})).await;
        let code = link(&stage, &anna, id).await;
        assert_eq!(
            entry(&stage, id, &Asker::Guest(code), None, None).await,
            "404 not_found"
        );
        let verify = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        assert_eq!(verify.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_learns_of_the_room_what_the_lobby_shows() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let id = room(&stage, &anna, json!({"password": "s3cret"})).await;
        let code = link(&stage, &anna, id).await;
        let verified = stage
            .post("/v1/invite/verify", "", json!({"invite_code": code}))
            .await
            .json();
        let organisation = json!({"name": "Konvent", "colour_light": null, "colour_dark": null,
            "imprint_url": null, "data_protection_url": null, "accessibility_url": null});
        let expected = json!({"room_id": id, "password_required": true, "organisation": organisation});
        assert_eq!(verified, expected);
        let guest = format!("InviteCode {code}");
        let mut event = stage.get(&format!("/v1/rooms/{id}/event"), &guest).await.json();
        event["id"] = "…".into();
        assert_eq!(
            event,
            json!({"id": "…", "room_id": id, "title": "Budget", "is_adhoc": false, "e2e_encryption": false})
        );
        let tariff = stage.get(&format!("/v1/rooms/{id}/tariff"), &guest).await.json();
        assert_eq!(tariff["modules"]["chat"], json!({"features": []}));
        for path in [
            format!("/v1/rooms/{id}"),
            format!("/v1/rooms/{id}/invites"),
            "/v1/users/me".into(),
        ] {
            assert_eq!(stage.get(&path, &guest).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let malformed = stage.post("/v1/invite/verify", "", json!({"invite_code": "abc"})).await;
        assert_eq!(
            (malformed.status, &malformed.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_json"))
        );
        let malformed = stage.get(&format!("/v1/rooms/{id}/event"), "InviteCode abc").await;
        assert_eq!(
            malformed.json()["message"],
            "Unable to parse access token or invite code"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_link_ends_with_its_time_and_only_moderators_make_one() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let id = room(&stage, &anna, json!({})).await;
        let path = format!("/v1/rooms/{id}/invites");
        assert_eq!(stage.post(&path, &bo, json!({})).await.status, StatusCode::FORBIDDEN);
        let past = stage
            .post(&path, &anna, json!({"expiration": "2020-01-01T00:00:00Z"}))
            .await;
        assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = stage
            .post(&path, &anna, json!({"expiration": "2999-01-01T00:00:00Z"}))
            .await
            .json();
        assert_eq!(
            (&made["active"], &made["expiration"]),
            (&json!(true), &json!("2999-01-01T00:00:00Z"))
        );
        let listed = stage.get(&path, &anna).await.json();
        assert_eq!(listed, json!([made]));
        let code = InviteCode(made["invite_code"].as_str().unwrap().parse().unwrap());
        let at = |year: &str| crate::db::millis(format!("{year}-06-01T00:00:00Z").parse().unwrap());
        let opens = async |year| {
            crate::rooms::invites::store::room_of(&stage.app.db, TenantId::DEFAULT, code, at(year))
                .await
                .unwrap()
        };
        assert_eq!(opens("2998").await, Some(id));
        assert_eq!(opens("2999").await, None);
        let another = TenantId(clock::token());
        assert_eq!(
            crate::rooms::invites::store::room_of(&stage.app.db, another, code, 0)
                .await
                .unwrap(),
            None
        );
        assert_eq!(
            Role::Moderator,
            stage
                .app
                .entrance
                .access(id, &asker(&stage, "anna@example.org").await, None)
                .await
                .ok()
                .unwrap()
                .1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_holds_between_meetings_until_it_is_taken_back() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        stage.add("bo@example.org", "Bo Berg").await;
        let id = room(&stage, &anna, json!({})).await;
        let code = link(&stage, &anna, id).await;
        let bo = asker(&stage, "bo@example.org").await;
        let Asker::User(banned) = &bo else { unreachable!() };
        assert_eq!(entry(&stage, id, &bo, Some(code), None).await, "User");

        let ban = |participant| konvent_meeting::Effect::RecordBan { participant };
        let who = konvent_meeting::ParticipantId(banned.id.0);
        for _ in 0..2 {
            perform(&stage, id, ban(who)).await;
        }
        assert_eq!(entry(&stage, id, &bo, Some(code), None).await, "403 banned_from_room");
        let known = crate::rooms::bans::store::list(&stage.app.db, TenantId::DEFAULT, id)
            .await
            .unwrap();
        let names: Vec<&str> = known.iter().map(|banned| banned.display_name.as_str()).collect();
        assert_eq!(names, ["Bo Berg"]);

        perform(&stage, id, konvent_meeting::Effect::ForgetBan { participant: who }).await;
        assert_eq!(entry(&stage, id, &bo, Some(code), None).await, "User");
    })
    .await;
}

/// What a running meeting leaves on record.
async fn perform(stage: &Stage, room: RoomId, effect: konvent_meeting::Effect) {
    let batch = Batch {
        tenant: TenantId::DEFAULT,
        room: konvent_meeting::RoomId(room.0),
        lines: std::sync::Arc::new(vec![Line::Record(effect)]),
    };
    let written = Recorder::start(stage.app.db.clone()).write(batch).await.unwrap();
    assert!(written.is_ok(), "{written:?}");
}

#[tokio::test]
async fn guesses_of_a_room_password_get_slower_for_their_address_and_in_the_end_for_the_room() {
    let stage = Stage::open(super::Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let id = room(&stage, &anna, json!({"password": "s3cret"})).await;
    let other = room(&stage, &anna, json!({"password": "s3cret"})).await;
    let (code, elsewhere) = (link(&stage, &anna, id).await, link(&stage, &anna, other).await);
    let ask = async |id, code, password, from: u8| {
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, from));
        entry_from(&stage, id, &Asker::Guest(code), Some(code), password, from).await
    };
    // To come without it, and with the right one, is no guess.
    for _ in 0..40 {
        assert_eq!(ask(id, code, None, 1).await, "401 wrong_room_password");
        assert_eq!(ask(id, code, Some("s3cret"), 1).await, "Guest");
    }
    for _ in 0..11 {
        assert_eq!(ask(id, code, Some("wrong"), 1).await, "401 wrong_room_password");
    }
    assert_eq!(ask(id, code, Some("s3cret"), 1).await, "429 too_many_attempts");
    assert_eq!(ask(id, code, Some("s3cret"), 2).await, "Guest");
    assert_eq!(ask(other, elsewhere, Some("s3cret"), 1).await, "Guest");
    let mut refused = 0;
    for from in 10..30 {
        for _ in 0..9 {
            refused += usize::from(ask(id, code, Some("wrong"), from).await.starts_with("429"));
        }
    }
    assert!(refused > 0, "180 guesses from twenty addresses");
    // Who knows it comes in meanwhile, from an address that did not guess.
    assert_eq!(ask(id, code, Some("s3cret"), 2).await, "Guest");
    assert_eq!(ask(other, elsewhere, Some("s3cret"), 2).await, "Guest");
}

#[tokio::test]
async fn a_link_that_has_ended_says_so_and_one_that_never_was_does_not() {
    let stage = Stage::open(super::Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let id = room(&stage, &anna, json!({})).await;
    let code = link(&stage, &anna, id).await;
    let path = format!("/v1/rooms/{id}/invites/{}", code.0);
    stage.ask(Method::DELETE, &path, &anna, None).await;
    for (code, wanted) in [(code.0, "link_ended"), (clock::token(), "not_found")] {
        let guest = json!({"device_secret": "0123456789abcdef", "display_name": "Bo", "invite_code": code});
        let start = stage.post(&format!("/v1/rooms/{id}/start_invited"), "", guest).await;
        let verify = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        for reply in [start, verify] {
            assert_eq!(reply.status, StatusCode::NOT_FOUND);
            assert_eq!(reply.json()["code"], wanted);
        }
    }
}

#[tokio::test]
async fn whoever_has_an_account_comes_in_under_any_name_that_a_profile_may_have() {
    let stage = Stage::open(super::Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let id = room(&stage, &anna, json!({})).await;
    let name = "n".repeat(255);
    let reply = stage
        .ask(
            Method::PATCH,
            "/v1/users/me",
            &anna,
            Some(json!({"display_name": name})),
        )
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = json!({"device_secret": "0123456789abcdef", "display_name": name});
    let reply = stage.post(&format!("/v1/rooms/{id}/start"), &anna, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
}

#[tokio::test]
async fn who_may_share_a_screen_is_the_servers_setting_until_a_room_has_its_own() {
    for (server, wanted) in [("false", false), ("true", true)] {
        let setting = [("KONVENT_MEETINGS_SCREEN_SHARE_REQUIRES_PERMISSION", server)];
        let stage = Stage::open(super::Database::Sqlite, &setting).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let path = format!("/v1/rooms/{}", room(&stage, &anna, json!({})).await);
        for change in [json!(null), json!(true), json!(false), json!(null)] {
            let body = json!({"screen_share_requires_permission": change});
            let reply = stage.ask(Method::PATCH, &path, &anna, Some(body)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            let room = stage.get(&path, &anna).await.json();
            let now = room["screen_share_requires_permission"].as_bool().unwrap();
            assert_eq!(now, change.as_bool().unwrap_or(wanted));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_has_a_most_of_meetings_and_a_room_a_most_of_guest_links() {
    const ROOM: &str = "INSERT INTO rooms (tenant, id, created_by, created_at, waiting_room, guest_access, e2e_encryption) \
        SELECT tenant, $2, created_by, created_at, waiting_room, guest_access, e2e_encryption FROM rooms \
        WHERE tenant = $1 AND id = $3";
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let id = room(&stage, &anna, json!({})).await;
        let plan = async |key: &str| {
            let request = axum::http::Request::post("/v1/events")
                .header("host", "localhost:8080")
                .header("authorization", &anna)
                .header("content-type", "application/json")
                .header("idempotency-key", key);
            let body = json!({"title": "Budget", "is_time_independent": true}).to_string();
            stage.send(request.body(body.into()).unwrap()).await
        };
        let first = plan("a key of Anna's own").await.json()["id"].clone();
        let db = &stage.app.db;
        on!(db, pool => {
            let mut transaction = pool.begin().await.unwrap();
            for _ in 2..stage.app.config.meetings.most_per_person {
                sqlx::query(ROOM).bind(TenantId::DEFAULT).bind(RoomId(clock::token())).bind(id)
                    .execute(&mut *transaction).await.unwrap();
            }
            transaction.commit().await.unwrap();
        });
        for reply in [
            stage.post("/v1/rooms", &anna, json!({})).await,
            plan("another key of hers").await,
        ] {
            assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text);
            assert_eq!(reply.json()["code"], "too_many_meetings");
        }
        assert_eq!(
            plan("a key of Anna's own").await.json()["id"],
            first,
            "it was made before"
        );
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        assert_eq!(
            stage.post("/v1/rooms", &bo, json!({})).await.status,
            StatusCode::CREATED
        );

        let code = link(&stage, &anna, id).await;
        let known = invites::store::one(db, TenantId::DEFAULT, id, code)
            .await
            .unwrap()
            .unwrap();
        let add = async |active: bool| {
            let created_at = known.created_at + i64::from(!active);
            let code = InviteCode(clock::token());
            let link = invites::store::Invite {
                code,
                active,
                created_at,
                ..known
            };
            let add = async |change: &mut Change| invites::store::add(change, &link).await;
            stage.store(TenantId::DEFAULT, add).await.unwrap();
        };
        for _ in 1..MOST_WORKING {
            add(true).await;
        }
        for _ in 0..2 * MOST_ENDED {
            add(false).await;
        }
        let links = format!("/v1/rooms/{id}/invites");
        let reply = stage.post(&links, &anna, json!({})).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text);
        assert_eq!(reply.json()["code"], "too_many_guest_links");
        let listed = stage.get(&links, &anna).await.json();
        let listed = listed.as_array().unwrap();
        let working = listed.iter().filter(|link| link["active"] == true).count();
        assert_eq!(
            (listed.len() as i64, working as i64),
            (MOST_WORKING + MOST_ENDED, MOST_WORKING)
        );
        let ended = stage.ask(Method::DELETE, &format!("{links}/{code}"), &anna, None).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT, "{}", ended.text);
        let last = link(&stage, &anna, id).await;

        // One that had run out counts again as soon as it works again.
        let over = invites::store::one(db, TenantId::DEFAULT, id, last)
            .await
            .unwrap()
            .unwrap();
        let ends = async |at: Option<i64>| {
            let by = (over.updated_by, over.updated_at);
            let set = async |change: &mut Change| invites::store::set_end(change, id, last, at, by).await;
            stage.store(TenantId::DEFAULT, set).await.unwrap();
        };
        ends(Some(over.created_at - 1)).await;
        link(&stage, &anna, id).await;
        let path = format!("{links}/{last}");
        let reply = stage.ask(Method::PUT, &path, &anna, Some(json!({}))).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text);
        assert_eq!(reply.json()["code"], "too_many_guest_links");
        // However many there are, those that work are seen.
        ends(None).await;
        for _ in 0..2 * MOST_ENDED {
            add(true).await;
        }
        let listed = stage.get(&links, &anna).await.json();
        let working = listed
            .as_array()
            .unwrap()
            .iter()
            .filter(|link| link["active"] == true)
            .count();
        assert_eq!(working as i64, MOST_WORKING + 1 + 2 * MOST_ENDED);
        // One that works is changed, whatever else there is.
        assert_eq!(
            stage.ask(Method::PUT, &path, &anna, Some(json!({}))).await.status,
            StatusCode::OK
        );
    })
    .await;
}

#[tokio::test]
async fn how_many_meetings_somebody_may_have_is_a_setting() {
    let stage = Stage::open(Database::Sqlite, &[("KONVENT_MEETINGS_MOST_PER_PERSON", "2")]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    for _ in 0..2 {
        room(&stage, &anna, json!({})).await;
    }
    let reply = stage.post("/v1/rooms", &anna, json!({})).await;
    assert_eq!(reply.json()["code"], "too_many_meetings", "{}", reply.text);
}
