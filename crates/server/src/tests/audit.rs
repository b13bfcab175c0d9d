// SPDX-License-Identifier: EUPL-1.2
//! The audit log: its chain, and who may read it.

use axum::http::{Method, StatusCode, header};
use konvent_meeting::{Act, Deed, ParticipantId, Setting};
use serde_json::{Value, json};

use super::{Stage, on_both};
use crate::audit::{self, Action, Actor, Entry, http::readable, store};
use crate::change::Change;
use crate::clock;
use crate::db::on;
use crate::ids::{RoomId, TenantId, UserId};
use crate::jobs::Job;
use crate::signaling::deeds;

const TENANT: TenantId = TenantId::DEFAULT;

async fn record(stage: &Stage, number: usize) {
    let entry = Entry::by(Actor::System, Action::JobChanged).with("number", number);
    Change::note(&stage.app.db, TENANT, entry).await.unwrap();
}

async fn change(stage: &Stage, sql: &'static str) {
    on!(&stage.app.db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
}

async fn broken_at(stage: &Stage) -> Option<i64> {
    audit::verify(&stage.app.db, TENANT).await.unwrap().broken_at
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_at_once_make_one_chain() {
    on_both(async |stage| {
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let db = stage.app.db.clone();
                tokio::spawn(async move {
                    let entry = Entry::by(Actor::System, Action::JobChanged).with("number", number);
                    Change::note(&db, TENANT, entry).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (50, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_missing_and_a_cut_off_entry_are_found() {
    for (number, sql) in [
        (3, "UPDATE audit_entries SET object = 'other' WHERE number = 3"),
        (3, "UPDATE audit_entries SET at = at + 1 WHERE number = 3"),
        (3, "DELETE FROM audit_entries WHERE number = 3"),
        (5, "DELETE FROM audit_entries WHERE number = 5"),
        (1, "DELETE FROM audit_entries WHERE number = 1"),
        (1, "DELETE FROM audit_entries"),
    ] {
        on_both(async |stage| {
            for number in 0..5 {
                record(&stage, number).await;
            }
            assert_eq!(broken_at(&stage).await, None);
            change(&stage, sql).await;
            assert_eq!(broken_at(&stage).await, Some(number), "{sql}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_fails_leaves_no_entry_and_no_gap() {
    on_both(async |stage| {
        record(&stage, 1).await;
        on!(&stage.app.db, pool => {
            let mut transaction = pool.begin().await.unwrap();
            let entry = Entry::by(Actor::System, Action::JobChanged);
            audit::record_in(&mut *transaction, TENANT, entry).await.unwrap();
            transaction.rollback().await.unwrap();
        });
        record(&stage, 2).await;
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (2, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortened_log_says_so_and_still_verifies() {
    on_both(async |stage| {
        for number in 0..5 {
            record(&stage, number).await;
        }
        let soon = crate::db::millis(clock::now()) + 1;
        assert_eq!(audit::shorten(&stage.app.db, TENANT, soon).await.unwrap(), 5);
        record(&stage, 6).await;
        let verdict = audit::verify(&stage.app.db, TENANT).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (2, None));
        // Cutting off more than the log says is found.
        change(&stage, "DELETE FROM audit_entries WHERE number = 6").await;
        assert_eq!(broken_at(&stage).await, Some(6));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_read_the_log_by_pages_and_nobody_else_does() {
    on_both(async |stage| {
        let admin = stage.administrator("anna@example.org").await;
        let other = stage.person("bo@example.org", "Bo Berg").await;
        for number in 0..5 {
            record(&stage, number).await;
        }
        assert_eq!(stage.get("/v1/admin/audit", &other).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stage.get("/v1/admin/audit", "").await.status, StatusCode::UNAUTHORIZED);
        let first = stage.get("/v1/admin/audit?action=job.changed&per_page=3", &admin).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let link = first.header(header::LINK).to_owned();
        // It leads to the next page of the same choice.
        let all = "action=job.changed&time_min=2020-01-01T00:00:00Z&time_max=2100-01-01T00:00:00Z&per_page=2";
        let chosen = stage.get(&format!("/v1/admin/audit?{all}"), &admin).await;
        let (mut next, mut seen) = (chosen.header(header::LINK).to_owned(), 2);
        while let Some((query, _)) = next.strip_prefix('<').and_then(|link| link.split_once('>')) {
            let page = stage.get(&format!("/v1/admin/audit{query}"), &admin).await;
            let entries = page.json().as_array().unwrap().clone();
            assert!(
                entries.iter().all(|entry| entry["action"] == "job.changed"),
                "{}",
                page.text
            );
            seen += entries.len();
            next = page.header(header::LINK).to_owned();
        }
        assert_eq!(seen, 5);
        let newest = &first.json()[0];
        assert_eq!(
            (newest["details"]["number"].as_str(), newest["actor_kind"].as_str()),
            (Some("4"), Some("system"))
        );
        let after = link.split("after=").nth(1).unwrap().split('>').next().unwrap();
        let second = stage
            .get(&format!("/v1/admin/audit?action=job.changed&after={after}"), &admin)
            .await;
        assert_eq!(second.json().as_array().unwrap().len(), 2);
        assert!(second.header(header::LINK).is_empty());
        let verdict = stage.get("/v1/admin/audit/verification", &admin).await.json();
        assert_eq!(verdict["broken_at"], serde_json::Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_is_recorded_by_ids_and_without_a_name() {
    on_both(async |stage| {
        let admin = stage.administrator("ada@example.org").await;
        let body = serde_json::json!({"title": "Budget of Zephyrine", "is_time_independent": true});
        let event = stage.post("/v1/events", &admin, body).await.json();
        let room = event["room"]["id"].as_str().unwrap();
        let links = format!("/v1/rooms/{room}/invites");
        let link = stage.post(&links, &admin, serde_json::json!({})).await.json();
        let link = format!("{links}/{}", link["invite_code"].as_str().unwrap());
        let forever = serde_json::json!({"expiration": null});
        stage.ask(axum::http::Method::PUT, &link, &admin, Some(forever)).await;
        stage.ask(axum::http::Method::DELETE, &link, &admin, None).await;
        let at = format!("/v1/events/{}", event["id"].as_str().unwrap());
        stage.ask(axum::http::Method::DELETE, &at, &admin, None).await;
        let request = stage.login_request().await;
        let wrong = serde_json::json!({"request": request, "email": "ada@example.org", "password": "a wrong password"});
        stage.post("/identity/login", "", wrong).await;
        let log = stage.get("/v1/admin/audit", &admin).await;
        let entries = log.json();
        let actions: Vec<_> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["action"].as_str().unwrap())
            .collect();
        let expected = [
            "login.failed",
            "event.deleted",
            "guest_link.deleted",
            "guest_link.changed",
            "guest_link.created",
            "event.created",
            "login.succeeded",
            "account.created",
        ];
        assert_eq!(actions, expected);
        assert!(
            !log.text.contains("ada@") && !log.text.contains("Zephyrine"),
            "{}",
            log.text
        );
    })
    .await;
}

async fn id_of(stage: &Stage, who: &str) -> String {
    let me = stage.get("/v1/users/me", who).await.json();
    me["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_login_says_whose_account_and_from_where_and_nothing_that_a_stranger_typed() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        for email in ["ada@example.org", "my secret password", "nobody@example.org"] {
            let request = stage.login_request().await;
            let body = json!({"request": request, "email": email, "password": "guessed guessed"});
            stage.post("/identity/login", "", body).await;
        }
        let log = stage.get("/v1/admin/audit?action=login.failed", &ada).await;
        assert!(
            !log.text.contains("secret") && !log.text.contains("nobody@"),
            "{}",
            log.text
        );
        let entries = log.json();
        let of = |index: usize| (entries[index]["object"].clone(), entries[index]["details"].clone());
        let stranger = (Value::Null, json!({"account": "unknown", "address": "0.0.0.0"}));
        assert_eq!((of(0), of(1)), (stranger.clone(), stranger));
        assert_eq!(of(2), (json!(id_of(&stage, &ada).await), json!({"address": "0.0.0.0"})));
        assert_eq!(entries[2]["people"], json!(["Ada Admin"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_roles_and_rooms_are_in_the_log_with_names_and_titles_and_are_found_by_them() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let bo_id = id_of(&stage, &bo).await;
        let ask = async |method: Method, path: &str, body: Value| {
            let reply = stage.ask(method, path, &ada, Some(body)).await;
            assert!(reply.status.is_success(), "{path}: {}", reply.text);
            reply.json()
        };
        let event = ask(
            Method::POST,
            "/v1/events",
            json!({"title": "Budget 100%", "is_time_independent": true}),
        )
        .await;
        ask(
            Method::POST,
            "/v1/events",
            json!({"title": "Roads", "is_time_independent": true}),
        )
        .await;
        let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
        let (of_bo, by_email) = (format!("{invites}/{bo_id}"), format!("{invites}/email"));
        ask(Method::POST, &invites, json!({"invitee": bo_id})).await;
        ask(Method::PATCH, &of_bo, json!({"role": "moderator"})).await;
        ask(Method::DELETE, &of_bo, json!({})).await;
        ask(Method::POST, &invites, json!({"email": "guest@example.org"})).await;
        ask(
            Method::PATCH,
            &by_email,
            json!({"email": "guest@example.org", "role": "moderator"}),
        )
        .await;
        ask(Method::DELETE, &by_email, json!({"email": "guest@example.org"})).await;
        let room = ask(Method::POST, "/v1/rooms", json!({"waiting_room": false})).await;
        let room = format!("/v1/rooms/{}", room["id"].as_str().unwrap());
        ask(Method::PATCH, &room, json!({"waiting_room": true})).await;

        let seen = async |query: &str| {
            let reply = stage.get(&format!("/v1/admin/audit?per_page=100&{query}"), &ada).await;
            assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text);
            assert!(!reply.text.contains("guest@"), "{}", reply.text);
            reply.json().as_array().unwrap().clone()
        };
        let actions = |entries: &[Value]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| entry["action"].as_str().unwrap().to_owned())
                .collect()
        };
        let invited = seen("action=invitation").await;
        let twice = ["invitation.deleted", "invitation.changed", "invitation.created"];
        assert_eq!(actions(&invited), [twice, twice].concat());
        for entry in &invited {
            assert_eq!(
                (&entry["actor_name"], &entry["meeting"]),
                (&json!("Ada Admin"), &json!("Budget 100%"))
            );
        }
        assert_eq!(
            (&invited[4]["people"], &invited[4]["details"]["role"]),
            (&json!(["Bo Berg"]), &json!("moderator"))
        );
        assert_eq!(invited[0]["people"], json!([]));
        assert_eq!(actions(&seen("action=room").await), ["room.changed", "room.created"]);

        // A clerk looks by name and title.
        let of_bo = [
            "invitation.deleted",
            "invitation.changed",
            "invitation.created",
            "login.succeeded",
        ];
        for person in ["bo%20berg", "BO", bo_id.as_str()] {
            assert_eq!(actions(&seen(&format!("person={person}")).await), of_bo, "{person}");
        }
        let event_id = event["id"].as_str().unwrap();
        let room_id = event["room"]["id"].as_str().unwrap();
        for meeting in ["budget", "100%25", event_id, room_id] {
            assert_eq!(seen(&format!("meeting={meeting}")).await.len(), 7, "{meeting}");
        }
        assert_eq!(seen("meeting=budget&person=bo").await.len(), 3);
        for nothing in [
            "meeting=_",
            "person=___",
            "meeting=nowhere",
            "person=nobody",
            "action=_%25",
        ] {
            assert_eq!(seen(nothing).await.len(), 0, "{nothing}");
        }
        let long = stage
            .get(&format!("/v1/admin/audit?person={}", "a".repeat(256)), &ada)
            .await;
        assert_eq!(long.json()["validation_errors"][0]["field"], "person");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_all_that_the_filter_leaves_and_stands_in_the_log_itself() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        for number in 0..1001 {
            record(&stage, number).await;
        }
        let path = "/v1/admin/audit/export?action=job";
        assert_eq!(stage.get(path, &bo).await.status, StatusCode::FORBIDDEN);
        let reply = stage.get(path, &ada).await;
        let entries = reply.json();
        let entries = entries.as_array().unwrap();
        assert_eq!(entries.len(), 1001);
        assert_eq!(entries[0]["details"]["number"], "1000");
        let empty = stage.get("/v1/admin/audit/export?action=tariff", &ada).await;
        assert_eq!(empty.text, "[]");
        let exports = stage.get("/v1/admin/audit?action=audit.exported", &ada).await.json();
        assert_eq!(exports.as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_muted_among_others_is_named_and_found_in_the_log() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let (bo, cy) = (
            stage.person("bo@example.org", "Bo Berg").await,
            stage.person("cy@example.org", "Cy Cole").await,
        );
        let guest = clock::id().to_string();
        let ids = [id_of(&stage, &bo).await, guest, id_of(&stage, &cy).await];
        let by: UserId = UserId(id_of(&stage, &ada).await.parse().unwrap());
        let deed = Deed {
            act: Act::Muted,
            targets: ids.iter().map(|id| ParticipantId(id.parse().unwrap())).collect(),
            value: None,
        };
        let entry = deeds::entry(RoomId(clock::id()), ParticipantId(by.0), &deed);
        Change::note(&stage.app.db, TENANT, entry).await.unwrap();
        for person in ["bo", "cy", &ids[0], &ids[1], &ids[2]] {
            let path = format!("/v1/admin/audit?action=meeting&person={person}");
            let found = stage.get(&path, &ada).await.json();
            assert_eq!(found[0]["people"], json!(["Bo Berg", "Cy Cole"]), "{person}: {found}");
            assert_eq!(found[0]["details"]["participants"], ids.join(" "));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_fits_many_finds_all_of_them_or_is_refused() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        const MANY: i64 = readable::MOST_MEANT + 1;
        for number in 0..MANY {
            let body = json!({"title": format!("Jour fixe {number}"), "is_time_independent": true});
            let reply = stage.post("/v1/events", &ada, body).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        for path in ["/v1/admin/audit?per_page=100&", "/v1/admin/audit/export?"] {
            let found = stage.get(&format!("{path}action=event&meeting=jour"), &ada).await.json();
            assert_eq!(found.as_array().unwrap().len(), usize::try_from(MANY).unwrap(), "{path}");
        }
        let add = "INSERT INTO users (tenant, id, issuer, subject, email, title, firstname, lastname, display_name, \
            language, dashboard_theme, conference_theme, is_admin, created_at, search) SELECT tenant, $1, issuer, $1, $1, \
            title, firstname, lastname, display_name, language, dashboard_theme, conference_theme, is_admin, created_at, \
            ' ann' FROM users LIMIT 1";
        let one_more = async || {
            let id = clock::id().to_string();
            on!(&stage.app.db, pool => sqlx::query(add).bind(id).execute(pool).await.map(drop)).unwrap();
        };
        let asked = async || {
            let reply = stage.get("/v1/admin/audit/export?person=an", &ada).await;
            (reply.status, reply.json()["validation_errors"][0].clone())
        };
        for _ in 0..readable::MOST_MEANT {
            one_more().await;
        }
        assert_eq!(asked().await, (StatusCode::OK, Value::Null));
        one_more().await;
        let (status, refused) = asked().await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((&refused["field"], &refused["code"]), (&json!("person"), &json!("too_many")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_log_names_whole_meetings_of_people() {
    on_both(async |stage| {
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let bo = id_of(&stage, &bo).await;
        for _ in 0..35 {
            let guests: Vec<String> = (0..999).map(|_| clock::id().to_string()).collect();
            let all = format!("{} {bo}", guests.join(" "));
            let entry = Entry::by(Actor::System, Action::ParticipantsMuted).with("participants", all);
            Change::note(&stage.app.db, TENANT, entry).await.unwrap();
        }
        let entries = store::after(&stage.app.db, TENANT, 0, 100).await.unwrap();
        let read = readable::readable(&stage.app.db, TENANT, entries).await.unwrap();
        let muted = read.iter().filter(|entry| entry.action == "meeting.muted");
        assert!(muted.clone().all(|entry| entry.people == ["Bo Berg"]));
        assert_eq!(muted.count(), 35);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_log_has_the_title_of_its_meeting() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let body = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &ada, body).await.json();
        let room = event["room"]["id"].as_str().unwrap();
        let entry = Entry::by(Actor::System, Action::AssetCreated)
            .on(clock::id())
            .with("room", room);
        Change::note(&stage.app.db, TENANT, entry).await.unwrap();
        let found = stage.get("/v1/admin/audit?action=asset", &ada).await.json();
        assert_eq!(found[0]["meeting"], "Budget");
    })
    .await;
}

/// Rust sources of the program, without its tests.
fn sources(folder: &std::path::Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_word_of_the_log_is_recorded_somewhere() {
    let mut program = String::new();
    sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut program,
    );
    let never: Vec<&str> = Action::ALL
        .iter()
        .filter(|(_, name)| !program.contains(&format!("Action::{name}")))
        .map(|(action, _)| action.as_str())
        .collect();
    assert_eq!(never, [""; 0]);
}

/// What stands in quotation marks after each `before`, up to the next one.
fn quoted<'a>(program: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    program.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn every_word_of_the_log_and_every_job_has_a_text_in_each_language() {
    let mut program = String::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    sources(&folder.join("src"), &mut program);
    let actions = Action::ALL
        .iter()
        .map(|(action, _)| format!("action.{}", action.as_str()));
    let kinds = Action::ALL.iter().map(|(action, _)| {
        let word = action.as_str();
        format!("kind.{}", word.split('.').next().unwrap_or_default())
    });
    // What names people or a room is shown as their names and its title.
    let as_names = ["invitee", "member", "participant", "room"];
    let details = quoted(&program, ".with(\"").filter(|key| !as_names.contains(key));
    let details = details.map(|key| format!("detail.{key}"));
    let literal = program
        .split(".with(\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"')?.1.strip_prefix(", \"")?.split('"').next());
    let set_to = Setting::ALL.iter().map(|setting| setting.as_str());
    let others = ["true", "false", "retried", "deleted"];
    let values = literal
        .chain(set_to)
        .chain(others)
        .map(|word| format!("detail_value.{word}"));
    // Whoever does not know a kind is told all that there are.
    let refused = serde_json::from_value::<Job>(json!({"kind": "", "payload": {}}))
        .err()
        .unwrap()
        .to_string();
    let jobs = refused.split('`').skip(3).step_by(2).filter(|kind| *kind != "probe");
    let jobs: Vec<String> = jobs.map(|kind| format!("job.{kind}")).collect();
    assert!(jobs.contains(&"job.retention".to_owned()), "{refused}");
    let wanted: Vec<String> = actions.chain(kinds).chain(details).chain(values).chain(jobs).collect();
    for language in ["de", "en"] {
        let file = folder.join(format!("../../web/src/locales/{language}/administration.json"));
        let texts: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let has = |key: &&String| texts["admin"].pointer(&format!("/{}", key.replace('.', "/"))).is_some();
        let missing: Vec<&String> = wanted.iter().filter(|key| !has(key)).collect();
        assert_eq!(missing, [""; 0], "{language}");
    }
}
