// SPDX-License-Identifier: EUPL-1.2
//! What a meeting leaves on record while it runs, and what becomes of it when the program ends. Killing the program itself is
//! for its own tests.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::signaling::{Client, Room};
use super::{Cluster, Database, Stage, config, on};
use crate::config::{Config, Secret};
use crate::db::Db;
use crate::ids::TenantId;
use crate::jobs::retention::Retention;
use crate::{clock, signaling};

pub async fn rows(db: &Db, sql: &'static str) -> Vec<String> {
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(sql).fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}

pub async fn execute(db: &Db, sql: &'static str) {
    on!(db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
}

pub const LINES: &str = "SELECT lines FROM journal_pages ORDER BY number";
const BANNED: &str = "SELECT banned FROM room_bans";

/// Anna with the newer words, who hears of bans.
pub async fn anna(room: &Room) -> Client {
    let body = json!({"device_secret": "a device of Anna's own", "dialect": "july"});
    let path = format!("/v1/rooms/{}/start", room.room);
    let token = room.stage.post(&path, &room.anna, body).await.json()["token"].clone();
    room.connect(token.as_str().unwrap()).await
}

/// The program with the same data after it was ended in the middle of everything.
pub async fn again(room: &Room) -> Room {
    let stage = Stage::on(Config::clone(&room.stage.app.config), room.stage.folder.clone()).await;
    signaling::http::go_on(&stage.app).await.unwrap();
    room.on(stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_last_of_bans_is_what_is_stored_at_that_moment() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    let joined = anna.hears("core", "join_success").await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let mut bo = room.connect(&room.account_token(&bo).await).await;
    let id = bo.hears("core", "join_success").await["id"].clone();
    let connection = konvent_meeting::ConnectionId(joined["connection_id"].as_str().unwrap().parse().unwrap());
    let meeting = konvent_meeting::RoomId(room.room.parse().unwrap());
    let mut banned = false;
    for round in 0..200 {
        // Past the limit of commands a second, which would make this take a minute.
        for _ in 0..2 + round % 2 {
            banned = !banned;
            let action = if banned { "ban" } else { "unban" };
            let frame = json!({"namespace": "moderation", "payload": {"action": action, "target": id}}).to_string();
            let command = konvent_meeting::parse(&frame, clock::now()).ok().unwrap();
            let input = konvent_meeting::Input::Command { connection, command };
            room.stage.app.registry.tell(meeting, input).await;
        }
        for _ in 0..2 + round % 2 {
            anna.hears_one_of(&[
                ("moderation", "participant_banned"),
                ("moderation", "participant_unbanned"),
            ])
            .await;
        }
        let stored = rows(&room.stage.app.db, BANNED).await;
        assert_eq!(stored.len(), usize::from(banned), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_refused_by_name_and_has_not_happened_while_talk_goes_on() {
    let room = Room::open().await;
    let db = &room.stage.app.db;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let mut bo = room.connect(&room.account_token(&bo).await).await;
    let id = bo.hears("core", "join_success").await["id"].clone();
    anna.hears("core", "participant_connected").await;
    // As a disk that is full.
    execute(
        db,
        "CREATE TRIGGER full BEFORE INSERT ON room_bans BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await;
    execute(
        db,
        "CREATE TRIGGER full2 BEFORE INSERT ON journal_pages BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await;
    for _ in 0..3 {
        anna.say("moderation", json!({"action": "ban", "target": id})).await;
        anna.hears("error", "not_recorded").await;
    }
    let chat = |content: &str| json!({"action": "send_message", "scope": "global", "content": content});
    for content in ["still here", "and here"] {
        bo.say("chat", chat(content)).await;
        assert_eq!(bo.hears("chat", "message_sent").await["content"], content);
    }
    assert!(rows(db, BANNED).await.is_empty());
    let mut guest = room.connect(&room.guest_token().await).await;
    let joined = guest.hears("core", "join_success").await;
    let there = joined["participants"]
        .as_array()
        .unwrap()
        .iter()
        .any(|person| person["id"] == id);
    assert!(there, "{joined}");
    execute(db, "DROP TRIGGER full").await;
    execute(db, "DROP TRIGGER full2").await;
    // It is tried again every second.
    loop {
        anna.say("moderation", json!({"action": "ban", "target": id})).await;
        let heard = anna
            .hears_one_of(&[("error", "not_recorded"), ("moderation", "participant_banned")])
            .await;
        if heard["message"] == "participant_banned" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bo.hears("moderation", "banned").await;
    assert_eq!(rows(db, BANNED).await.len(), 1);
    // What was said in the meantime is on record, too.
    let room = again(&room).await;
    let mut anna = self::anna(&room).await;
    let text = anna.hears("core", "join_success").await.to_string();
    assert!(text.contains("still here") && text.contains("and here"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_where_the_program_was_ended_and_no_secret_is_in_its_journal() {
    let room = Room::open().await;
    execute(&room.stage.app.db, "UPDATE tariffs SET room_time_limit_secs = 3600").await;
    let change = Some(json!({"password": "sesame-open"}));
    let reply = room.stage.ask(Method::PATCH, &room.event, &room.anna, change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let mut anna = anna(&room).await;
    let joined = anna.hears("core", "join_success").await;
    let media = joined["module_data"]["livekit"]["token"].as_str().unwrap().to_owned();
    let ends = joined["closes_at"].clone();
    assert!(ends.is_string(), "{joined}");
    let words = "The bridge stays: Grüße 🌉 \u{7}";
    let chat = json!({"action": "send_message", "scope": "global", "content": words});
    anna.say("chat", chat).await;
    anna.hears("chat", "message_sent").await;
    anna.say(
        "moderation",
        json!({"action": "change_waiting_room_state", "new_state": "for_guests"}),
    )
    .await;
    anna.hears("moderation", "waiting_room_updated").await;
    let change = Some(json!({"password": "sesame-close"}));
    room.stage.ask(Method::PATCH, &room.event, &room.anna, change).await;
    anna.hears("core", "room_parameters_changed").await;

    let mut written = rows(&room.stage.app.db, LINES).await.concat();
    written += &rows(&room.stage.app.db, "SELECT parameters FROM journals")
        .await
        .concat();
    assert!(written.contains("The bridge stays"));
    assert!(written.is_ascii(), "a database of any encoding can keep it");
    let key = &room.stage.app.media.key.secret;
    for secret in ["sesame", &room.link, &media, key, "a device of Anna's own"] {
        assert!(!written.contains(secret), "{secret} in {written}");
    }

    let again = again(&room).await;
    let mut back = self::anna(&again).await;
    let joined = back.hears("core", "join_success").await;
    assert_eq!(joined["module_data"]["moderation"]["waiting_room"], "for_guests");
    assert_eq!(joined["room_info"]["password"], "sesame-close");
    let chat = &joined["module_data"]["chat"];
    assert!(chat.to_string().contains(&json!(words).to_string()), "{chat}");
    assert_eq!(joined["closes_at"], ends);
    // With its end its journal goes.
    let ada = again.stage.administrator("ada@example.org").await;
    let meeting = format!("/v1/admin/meetings/{}", again.room);
    let reply = again.stage.ask(Method::DELETE, &meeting, &ada, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    assert_eq!(back.close_code().await, 1000);
    again.stage.app.registry.stop().await;
    assert!(rows(&again.stage.app.db, LINES).await.is_empty());
    assert!(rows(&again.stage.app.db, "SELECT id FROM journals").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_ended_while_nothing_could_be_written_is_not_gone_on_with() {
    let room = Room::open().await;
    let db = &room.stage.app.db;
    let ada = room.stage.administrator("ada@example.org").await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    let chat = json!({"action": "send_message", "scope": "global", "content": "The bridge stays"});
    anna.say("chat", chat).await;
    anna.hears("chat", "message_sent").await;
    for held in [
        "CREATE TRIGGER held BEFORE DELETE ON journals BEGIN SELECT RAISE(ABORT, 'held'); END",
        "CREATE TRIGGER held2 BEFORE INSERT ON journal_pages BEGIN SELECT RAISE(ABORT, 'held'); END",
    ] {
        execute(db, held).await;
    }
    let meeting = format!("/v1/admin/meetings/{}", room.room);
    let reply = room.stage.ask(Method::DELETE, &meeting, &ada, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    assert_eq!(anna.close_code().await, 1000);
    let mut anna = self::anna(&room).await;
    let next = anna.hears("core", "join_success").await.to_string();
    assert_eq!(
        rows(db, "SELECT id FROM journals").await.len(),
        2,
        "the first is still there"
    );
    assert!(!next.contains("The bridge stays"), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_whose_journal_is_not_its_own_any_more_goes_on_without_it() {
    let room = Room::open().await;
    let db = &room.stage.app.db;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let mut bo = room.connect(&room.account_token(&bo).await).await;
    let id = bo.hears("core", "join_success").await["id"].clone();
    anna.hears("core", "participant_connected").await;
    let other = "INSERT INTO journal_pages (tenant, journal, number, lines) \
        SELECT tenant, journal, MAX(number) + 1, 'of somebody else' FROM journal_pages GROUP BY tenant, journal";
    execute(db, other).await;
    anna.say("moderation", json!({"action": "ban", "target": id})).await;
    anna.hears("moderation", "participant_banned").await;
    bo.hears("moderation", "banned").await;
    assert_eq!(rows(db, BANNED).await.len(), 1);
    let chat = json!({"action": "send_message", "scope": "global", "content": "The bridge stays"});
    anna.say("chat", chat).await;
    anna.hears("chat", "message_sent").await;
    let written = rows(db, LINES).await.concat();
    assert!(!written.contains("The bridge stays"), "{written}");
}

/// A room in a program whose PostgreSQL can be stopped.
async fn on_postgres() -> (Cluster, Room) {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (mut settings, folder) = config(Database::Sqlite, &[]).await;
    settings.database.url = Secret::of(&cluster.new_database().await);
    let room = Room::of(Stage::on(settings, folder).await).await;
    (cluster, room)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_postgresql_the_first_record_is_written_like_any_other() {
    let (cluster, room) = on_postgres().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    cluster.control(&["-m", "fast", "restart"]);
    let state = json!({"action": "change_waiting_room_state", "new_state": "for_guests"});
    anna.say("moderation", state).await;
    let heard = anna
        .hears_one_of(&[("error", "not_recorded"), ("moderation", "waiting_room_updated")])
        .await;
    assert_eq!(heard["message"], "waiting_room_updated", "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_away_what_cannot_be_recorded_sends_nobody_away() {
    let (cluster, room) = on_postgres().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    cluster.control(&["-m", "fast", "stop"]);
    let state = |state: &str| json!({"action": "change_waiting_room_state", "new_state": state});
    anna.say("moderation", state("for_guests")).await;
    // Each of them is waited for as long as what the meeting wants.
    for _ in 0..3 {
        let reply = room.stage.get(&room.event, &room.anna).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text);
    }
    cluster.control(&["start"]);
    let names = [("error", "not_recorded"), ("moderation", "waiting_room_updated")];
    let heard = anna.hears_one_of(&names).await;
    assert_ne!(heard["message"], "waiting_room_updated", "{heard}");
    let chat = json!({"action": "send_message", "scope": "global", "content": "The bridge stays"});
    anna.say("chat", chat).await;
    anna.hears("chat", "message_sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_after_an_orderly_stop_as_well() {
    let room = Room::open().await;
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.hears("core", "join_success").await;
    bo.say("raise_hands", json!({"action": "raise_hand"})).await;
    bo.hears("raise_hands", "hand_raised").await;
    tokio::join!(bo.close_code(), room.stage.app.registry.stop());
    let again = again(&room).await;
    let mut bo = again.connect(&again.guest_token().await).await;
    let joined = bo.hears("core", "join_success").await;
    assert!(
        joined["module_data"]["raise_hands"].to_string().contains("raised"),
        "{joined}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_journal_is_set_aside_and_its_meeting_alone_begins_anew() {
    let room = Room::open().await;
    let other = room.another().await;
    for place in [&room.room, &other] {
        let mut anna = room.connect(&room.token_of(place).await).await;
        anna.hears("core", "join_success").await;
        let chat = json!({"action": "send_message", "scope": "global", "content": "The bridge stays"});
        anna.say("chat", chat).await;
        anna.hears("chat", "message_sent").await;
    }
    let sql = "UPDATE journal_pages SET lines = '{\"at\":' WHERE number = 0 AND journal IN \
        (SELECT id FROM journals WHERE room = (SELECT MIN(room) FROM journals))";
    execute(&room.stage.app.db, sql).await;
    let again = again(&room).await;
    let first = std::cmp::min(&room.room, &other);
    for place in [&room.room, &other] {
        let mut anna = again.connect(&again.token_of(place).await).await;
        let chat = anna.hears("core", "join_success").await["module_data"]["chat"].to_string();
        assert_eq!(chat.contains("The bridge stays"), place != first);
    }
    let aside = rows(
        &again.stage.app.db,
        "SELECT room FROM journals WHERE set_aside_at IS NOT NULL",
    )
    .await;
    assert_eq!(&aside, std::slice::from_ref(first));
    execute(
        &again.stage.app.db,
        "UPDATE journals SET set_aside_at = 1 WHERE set_aside_at IS NOT NULL",
    )
    .await;
    Retention {}
        .run(&again.stage.app, TenantId::DEFAULT)
        .await
        .ok()
        .unwrap();
    let aside = rows(
        &again.stage.app.db,
        "SELECT room FROM journals WHERE set_aside_at IS NOT NULL",
    )
    .await;
    assert!(aside.is_empty(), "it is deleted after some days");
}
