// SPDX-License-Identifier: EUPL-1.2
//! What stands in the journal of a meeting, how much of it, and what becomes of the meeting where it is played: also where
//! the room was changed meanwhile, or the journal is of no use.

use axum::http::Method;
use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::journal::{LINES, again, anna, execute, rows};
use super::signaling::{Client, Room};
use crate::db::Db;
use crate::http::origin::Origin;
use crate::ids::{RoomId, TenantId};
use crate::signaling::journal::{self, MOST_BYTES, Unplayable};
use crate::signaling::store;

async fn says(client: &mut Client, text: &str) {
    let chat = json!({"action": "send_message", "scope": "global", "content": text});
    client.say("chat", chat).await;
    client.hears("chat", "message_sent").await;
}

/// Why the journal of the room's meeting is of no use, as the log says it.
async fn unplayable(room: &Room) -> String {
    let (app, id) = (&room.stage.app, RoomId(room.room.parse().unwrap()));
    let found = store::of_room(&app.db, TenantId::DEFAULT, id).await.unwrap().unwrap();
    let origin = Origin::known(super::ORIGIN);
    let now = app
        .entrance
        .parameters(TenantId::DEFAULT, id, &origin)
        .await
        .unwrap()
        .unwrap();
    let media = konvent_meeting::MediaKey {
        key: app.media.key.key.clone(),
        secret: app.media.key.secret.clone(),
    };
    match journal::play(&app.db, &found, &now, media).await {
        Err(Unplayable::Unreadable(why)) => why,
        _ => panic!("it can be played"),
    }
}

/// What there is of journals that are played.
async fn bytes(db: &Db) -> usize {
    let lines = rows(
        db,
        "SELECT CAST(SUM(length(lines)) AS TEXT) FROM journal_pages JOIN journals ON id = journal \
        WHERE set_aside_at IS NULL HAVING COUNT(*) > 0",
    );
    lines.await.first().map_or(0, |bytes| bytes.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_and_what_means_nothing_is_in_no_journal() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.hears("core", "join_success").await;
    let before = bytes(&room.stage.app.db).await;
    let padding = "x".repeat(9000);
    let padded = format!(
        r#"{{"namespace":"chat","more":"{padding}","payload":{{"action":"send_message", {} "scope":"global",
            "content":"The bridge stays","more":"{padding}"}}}}"#,
        " ".repeat(9000)
    );
    bo.0.send(Message::text(padded)).await.unwrap();
    bo.hears("chat", "message_sent").await;
    let to_nobody = json!({"action": "send_message", "scope": "private", "content": "y".repeat(4000),
        "target": "00000000-0000-0000-0000-000000000099"});
    bo.say("chat", to_nobody).await;
    bo.hears("chat", "unknown_participant").await;
    bo.say("moderation", json!({"action": "disable_waiting_room"})).await;
    bo.hears("moderation", "insufficient_permissions").await;
    // Another line, so that all before is written.
    says(&mut bo, "Good").await;
    let written = rows(&room.stage.app.db, LINES).await.concat();
    assert!(
        written.contains("The bridge stays") && written.contains("Good"),
        "{written}"
    );
    for refused in ["xx", "yy", "more", "disable_waiting_room"] {
        assert!(!written.contains(refused), "{refused} in {written}");
    }
    assert!(written.len() < before + 800, "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_about_a_room_while_the_program_was_ended_holds_when_its_meeting_goes_on() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    says(&mut anna, "The bridge stays").await;
    // As if the program had been ended after the change was stored and before the meeting was told.
    execute(&room.stage.app.db, "UPDATE rooms SET waiting_room = TRUE").await;
    execute(&room.stage.app.db, "UPDATE events SET title = 'Bridges'").await;
    execute(
        &room.stage.app.db,
        "UPDATE rooms SET screen_share_requires_permission = TRUE",
    )
    .await;
    let room = again(&room).await;
    let mut anna = self::anna(&room).await;
    let joined = anna.hears("core", "join_success").await;
    assert!(joined["module_data"]["chat"].to_string().contains("The bridge stays"));
    assert_eq!(joined["module_data"]["moderation"]["waiting_room"], "for_everyone");
    assert_eq!(joined["event_info"]["title"], "Bridges");
    assert_eq!(
        joined["module_data"]["livekit"]["screen_share_requires_permission"],
        true
    );
    // It was told once: what a moderator chooses afterwards stays.
    anna.say(
        "moderation",
        json!({"action": "change_waiting_room_state", "new_state": "for_guests"}),
    )
    .await;
    anna.hears("moderation", "waiting_room_updated").await;
    let room = again(&room).await;
    let joined = self::anna(&room).await.hears("core", "join_success").await;
    assert_eq!(joined["module_data"]["moderation"]["waiting_room"], "for_guests");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_put_down_while_the_program_is_ended_moderates_no_more() {
    let room = Room::open().await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let invites = format!("{}/invites", room.event);
    let invited = json!({"email": "bo@example.org", "role": "moderator"});
    let reply = room.stage.ask(Method::POST, &invites, &room.anna, Some(invited)).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let mut bo_there = room.connect(&room.account_token(&bo).await).await;
    assert_eq!(bo_there.hears("core", "join_success").await["role"], "moderator");
    execute(&room.stage.app.db, "UPDATE event_invites SET role = 'user'").await;
    let room = again(&room).await;
    let bo = room.stage.bearer("bo@example.org").await;
    let mut bo_there = room.connect(&room.account_token(&bo).await).await;
    assert_eq!(bo_there.hears("core", "join_success").await["role"], "user");
    bo_there
        .say("moderation", json!({"action": "disable_waiting_room"}))
        .await;
    bo_there.hears("moderation", "insufficient_permissions").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_the_program_fails_to_play_is_set_aside_and_its_meeting_begins_anew() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    says(&mut anna, "The bridge stays").await;
    // Nothing can be due after the last of all times.
    let fault = "UPDATE journal_pages SET lines = lines || '{\"at\":\"9999-12-30T22:00:00Z\",\"input\":\"restarted\"}' \
        WHERE number = (SELECT MAX(number) FROM journal_pages)";
    execute(&room.stage.app.db, fault).await;
    let why = unplayable(&room).await;
    assert!(
        why.starts_with("page ") && why.ends_with("line 2: a fault of the program"),
        "{why}"
    );
    let room = again(&room).await;
    for history in ["Good", "The bridge stays"] {
        let mut anna = self::anna(&room).await;
        let chat = anna.hears("core", "join_success").await["module_data"]["chat"].to_string();
        assert!(!chat.contains("The bridge stays"), "{chat}");
        says(&mut anna, history).await;
    }
    let aside = "SELECT lines FROM journal_pages JOIN journals ON id = journal WHERE set_aside_at IS NOT NULL";
    assert!(rows(&room.stage.app.db, aside).await.concat().contains("9999-12-30"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_of_more_pages_than_are_read_at_once_comes_back_whole() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    let count = 35;
    for number in 0..count {
        says(&mut anna, &format!("Number {number}.")).await;
    }
    let room = again(&room).await;
    let chat = self::anna(&room).await.hears("core", "join_success").await["module_data"]["chat"].to_string();
    assert!(
        (0..count).all(|number| chat.contains(&format!("Number {number}."))),
        "{chat}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_without_a_journal_that_is_too_long_and_begins_anew_after_a_kill() {
    let room = Room::open().await;
    let mut anna = anna(&room).await;
    anna.hears("core", "join_success").await;
    says(&mut anna, "The bridge stays").await;
    // JSON may begin with blanks: a meeting with much behind it.
    let blanks = "UPDATE journal_pages SET lines = printf('%*s', 33552000, '') || lines WHERE number = 0";
    execute(&room.stage.app.db, blanks).await;
    let room = again(&room).await;
    let mut anna = self::anna(&room).await;
    let chat = anna.hears("core", "join_success").await["module_data"]["chat"].to_string();
    assert!(chat.contains("The bridge stays"));
    let mut most = 0;
    loop {
        says(&mut anna, "Good").await;
        match bytes(&room.stage.app.db).await {
            0 => break,
            bytes => most = bytes,
        }
        assert!(most <= MOST_BYTES, "{most}");
    }
    assert!(most > MOST_BYTES - 400, "{most}");
    // Nobody notices, and what has to be on record is.
    anna.say(
        "moderation",
        json!({"action": "change_waiting_room_state", "new_state": "for_guests"}),
    )
    .await;
    anna.hears("moderation", "waiting_room_updated").await;
    let settings = super::actions(&room.stage.app.db).await;
    assert!(
        settings.iter().any(|action| action.contains("waiting_room")),
        "{settings:?}"
    );
    says(&mut anna, "And on").await;
    assert_eq!(bytes(&room.stage.app.db).await, 0);
    let room = again(&room).await;
    let chat = self::anna(&room).await.hears("core", "join_success").await["module_data"]["chat"].to_string();
    assert!(!chat.contains("Good") && !chat.contains("The bridge stays"), "{chat}");
}

#[tokio::test]
async fn a_long_frame_counts_as_several() {
    let room = Room::open().await;
    let mut bo = room.connect(&room.guest_token().await).await;
    let ping = json!({"namespace": "echo", "payload": {"action": "ping", "more": "x".repeat(20_000)}});
    for _ in 0..3 {
        bo.0.send(Message::text(ping.to_string())).await.unwrap();
    }
    bo.hears("error", "slow_down").await;
    bo.hears("echo", "pong").await;
}
