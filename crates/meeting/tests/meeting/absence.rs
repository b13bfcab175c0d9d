// SPDX-License-Identifier: EUPL-1.2
//! Lines that are cut and come back: for a while nobody notices, and then everybody does.

use jiff::SignedDuration;
use konvent_meeting::{ConnectionId, Dialect, Effect, Input, MediaSource, Role, Visit, WaitingRoom, limits};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::parameters::parameters;
use crate::stage::{Stage, person};

fn open() -> Stage {
    let mut parameters = parameters();
    parameters.tariff.quotas.insert("room_participant_limit".into(), 3);
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::Guest);
    quiet(&mut stage);
    stage
}

/// What was said until now is heard.
fn quiet(stage: &mut Stage) {
    for number in 1..=3 {
        stage.hears(number);
    }
    stage.effects.clear();
}

fn is_cut(stage: &mut Stage, socket: u128) {
    stage.input(Input::Disconnected {
        connection: ConnectionId(Uuid::from_u128(socket)),
        graceful: false,
    });
}

fn passes(stage: &mut Stage, seconds: i64) {
    stage.now += SignedDuration::from_secs(seconds);
    stage.input(Input::Woke);
}

fn comes_back(stage: &mut Stage, number: u128, socket: u128, role: Role) -> Value {
    stage.join_with(number, socket, role, Dialect::July);
    let (name, success) = stage.hears(socket).remove(0);
    assert_eq!(name, "core.join_success");
    success
}

#[test]
fn nobody_notices_a_short_cut_and_it_costs_neither_hand_nor_role_nor_place() {
    for seconds in [5, 30] {
        let mut stage = open();
        let promote = json!({ "action": "update_role", "participant_id": person(2), "new_role": "moderator" });
        stage.says(1, "moderation", promote);
        stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
        quiet(&mut stage);
        is_cut(&mut stage, 2);
        passes(&mut stage, seconds);
        // The room is full, and stays so.
        stage.join(4, Role::Guest);
        assert_eq!(stage.names(4), ["core.join_blocked"]);
        let success = comes_back(&mut stage, 2, 22, Role::User);
        assert_eq!(success["connection_id"], json!(person(2)), "the connection is the same");
        assert_eq!(success["connections"], json!([]));
        assert_eq!(success["role"], "moderator");
        assert!(success["module_data"]["raise_hands"]["state"]["raised_at"].is_string());
        assert!(stage.hears(1).is_empty() && stage.hears(3).is_empty());
        assert_eq!(stage.effects, []);
        // And long after nothing of it is left.
        passes(&mut stage, 500);
        stage.says(
            22,
            "chat",
            json!({ "action": "send_message", "scope": "global", "content": "Back" }),
        );
        for socket in [1, 3, 22] {
            assert_eq!(stage.names(socket), ["chat.message_sent"]);
        }
        assert!(stage.hears(2).is_empty(), "the old socket is gone");
    }
}

#[test]
fn who_comes_back_on_a_cut_line_is_what_they_are_by_right_now_whatever_was_given_to_them_before() {
    for (was, given, is) in [
        (Role::Moderator, None, Role::User),
        (Role::User, None, Role::Moderator),
        (Role::Moderator, Some("user"), Role::User),
        (Role::User, Some("moderator"), Role::Moderator),
    ] {
        for seconds in [5, 50] {
            let mut stage = open();
            stage.input(Input::Disconnected {
                connection: ConnectionId(Uuid::from_u128(3)),
                graceful: true,
            });
            stage.join(4, was);
            if let Some(role) = given {
                let give = json!({ "action": "update_role", "participant_id": person(4), "new_role": role });
                stage.says(1, "moderation", give);
            }
            is_cut(&mut stage, 4);
            passes(&mut stage, seconds);
            quiet(&mut stage);
            let success = comes_back(&mut stage, 4, 44, is);
            assert_eq!(success["role"], json!(is), "{was:?} {given:?} {is:?}");
            stage.says(44, "moderation", json!({ "action": "disable_waiting_room" }));
            let refused = stage
                .names(44)
                .contains(&"moderation.error:insufficient_permissions".to_owned());
            assert_eq!(refused, is != Role::Moderator);
            let role = if is == Role::Moderator { "moderator" } else { "user" };
            let told = stage.hears(2).into_iter().any(|(name, told)| {
                let told_now = name == "moderation.role_updated" && told["new_role"] == role;
                let told_with = name == "core.participant_connected" && told["peer_data"]["core"]["role"] == role;
                told_now || told_with
            });
            let differs = given.map_or(was != is, |given| given != role);
            assert!(told || !differs, "the others learn it");
        }
    }
}

#[test]
fn who_does_not_come_back_in_time_is_gone_for_everybody_with_hand_and_media() {
    let mut stage = open();
    stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
    quiet(&mut stage);
    let cut_at = stage.now;
    is_cut(&mut stage, 2);
    assert_eq!(stage.wakes_at, Some(cut_at + limits::AWAY));
    // Woken early: nothing is lost. Woken late: the same happens.
    passes(&mut stage, 39);
    assert!(stage.hears(1).is_empty());
    assert_eq!(stage.effects, []);
    assert_eq!(stage.wakes_at, Some(cut_at + limits::AWAY));
    passes(&mut stage, 30);
    let (name, gone) = stage.hears(1).remove(0);
    assert_eq!(name, "core.participant_disconnected");
    assert_eq!(
        (&gone["reason"], &gone["connection_id"]),
        (&json!("connection_lost"), &json!(person(2)))
    );
    let identity = format!("{}:{}", person(2), person(2));
    assert!(matches!(&stage.effects[..], [(_, Effect::RemoveMedia { identities, .. })] if *identities == [identity]));
    let success = comes_back(&mut stage, 2, 22, Role::User);
    assert_eq!(success["connection_id"], json!(person(22)));
    assert!(success["module_data"]["raise_hands"]["state"].is_null());
    assert_eq!(stage.names(1), ["core.participant_connected"]);
}

#[test]
fn attendance_is_told_in_visits_and_a_line_that_came_back_was_never_away() {
    let mut stage = open();
    let begin = stage.now;
    let after = |seconds| begin + SignedDuration::from_secs(seconds);
    is_cut(&mut stage, 2);
    passes(&mut stage, 10);
    comes_back(&mut stage, 2, 22, Role::User);
    passes(&mut stage, 90);
    // Cut for good: gone since then.
    is_cut(&mut stage, 22);
    passes(&mut stage, 100);
    comes_back(&mut stage, 2, 23, Role::User);
    let visit = |from, until: Option<i64>| Visit {
        from: after(from),
        until: until.map(after),
    };
    let wanted = [visit(0, Some(100)), visit(200, None)];
    assert_eq!(stage.meeting.attendance(person(2)), wanted);
    let waits = json!({ "action": "send_to_waiting_room", "target": person(2) });
    stage.says(1, "moderation", waits);
    assert_eq!(stage.meeting.attendance(person(2))[1], visit(200, Some(200)));
}

#[test]
fn who_leaves_takes_along_what_was_cut_and_was_here_until_then() {
    let mut stage = open();
    stage.on_device(2, 21, 7, Role::User);
    let begin = stage.now;
    is_cut(&mut stage, 21);
    passes(&mut stage, 10);
    quiet(&mut stage);
    stage.input(Input::Disconnected {
        connection: ConnectionId(Uuid::from_u128(2)),
        graceful: true,
    });
    let reasons: Vec<Value> = stage
        .hears(1)
        .into_iter()
        .map(|(_, gone)| gone["reason"].clone())
        .collect();
    assert_eq!(reasons, ["leave", "leave"]);
    let visit = Visit {
        from: begin,
        until: Some(begin + SignedDuration::from_secs(10)),
    };
    assert_eq!(stage.meeting.attendance(person(2)), [visit]);
    passes(&mut stage, 40);
    assert!(stage.hears(1).is_empty());
}

#[test]
fn who_is_sent_away_was_here_until_then_whichever_line_goes_last() {
    let mut stage = open();
    stage.on_device(2, 21, 7, Role::User);
    let begin = stage.now;
    is_cut(&mut stage, 21);
    passes(&mut stage, 10);
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(2) }));
    let until = Some(begin + SignedDuration::from_secs(10));
    assert_eq!(stage.meeting.attendance(person(2))[0].until, until);
}

#[test]
fn who_waits_on_two_devices_waits_until_the_last_of_them_is_gone() {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForEveryone;
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.on_device(2, 21, 7, Role::User);
    quiet(&mut stage);
    let leaves = |socket| Input::Disconnected {
        connection: ConnectionId(Uuid::from_u128(socket)),
        graceful: true,
    };
    stage.input(leaves(2));
    assert!(stage.hears(1).is_empty());
    stage.input(leaves(21));
    assert_eq!(stage.names(1), ["core.left_waiting_room"]);
}

#[test]
fn the_deadline_of_a_cut_line_holds_although_nobody_woke_for_it() {
    let mut stage = open();
    is_cut(&mut stage, 2);
    stage.now += SignedDuration::from_secs(41);
    let success = comes_back(&mut stage, 2, 22, Role::User);
    assert_eq!(success["connection_id"], json!(person(22)));
    assert_eq!(
        stage.names(1),
        ["core.participant_disconnected", "core.participant_connected"]
    );
}

#[test]
fn a_cut_line_leaves_the_media_and_what_is_forbidden_meanwhile_reaches_it() {
    let mut stage = open();
    is_cut(&mut stage, 3);
    let restrict = json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] });
    stage.says(1, "moderation", restrict);
    let identity = format!("{}:{}", person(3), person(3));
    assert!(stage.effects.iter().any(|(_, effect)| matches!(effect,
        Effect::UpdateMediaPermission { identity: whose, permission, .. }
            if *whose == identity && !permission.can_publish_sources.contains(&MediaSource::Microphone))));
    assert!(
        !stage
            .effects
            .iter()
            .any(|(_, effect)| matches!(effect, Effect::RemoveMedia { .. }))
    );
    stage.effects.clear();
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(3) }));
    assert!(matches!(&stage.effects[0].1, Effect::RemoveMedia { identities, .. } if *identities == [identity]));
    stage.join_with(3, 33, Role::Guest, Dialect::July);
    assert_eq!(stage.names(33), ["core.in_waiting_room"]);
}

#[test]
fn of_two_devices_the_one_that_was_cut_goes_on_and_the_other_notices_nothing() {
    let mut stage = open();
    stage.on_device(2, 21, 7, Role::User);
    quiet(&mut stage);
    is_cut(&mut stage, 21);
    // The other device again: a further window, no return.
    stage.on_device(2, 22, 1002, Role::User);
    assert_eq!(stage.hears(22)[0].1["connection_id"], json!(person(22)));
    assert_eq!(stage.names(2), ["core.participant_connected"]);
    stage.on_device(2, 23, 7, Role::User);
    assert_eq!(stage.hears(23)[0].1["connection_id"], json!(person(21)));
    assert!(stage.hears(2).is_empty());
}

#[test]
fn who_waits_keeps_the_turn_over_a_cut_and_may_be_let_in_meanwhile() {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForEveryone;
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::User);
    quiet(&mut stage);
    is_cut(&mut stage, 2);
    is_cut(&mut stage, 3);
    passes(&mut stage, 20);
    assert!(stage.hears(1).is_empty());
    stage.says(1, "moderation", json!({ "action": "accept", "target": person(2) }));
    stage.join_with(2, 22, Role::User, Dialect::July);
    assert_eq!(stage.names(22), ["core.in_waiting_room", "moderation.accepted"]);
    stage.says(22, "core", json!({ "action": "enter_room" }));
    assert_eq!(stage.names(22), ["core.join_success"]);
    stage.hears(1);
    passes(&mut stage, 20);
    assert_eq!(stage.names(1), ["core.left_waiting_room"]);
}

#[test]
fn when_the_server_was_another_one_for_a_moment_everybody_comes_back_and_nobody_hears_of_it() {
    let mut stage = open();
    stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
    quiet(&mut stage);
    let before = stage.meeting.as_seen();
    stage.input(Input::Restarted);
    passes(&mut stage, 5);
    for (number, role) in [(1, Role::Moderator), (2, Role::User), (3, Role::Guest)] {
        comes_back(&mut stage, number, number + 20, role);
    }
    for socket in [1, 2, 3, 21, 22, 23] {
        assert!(stage.hears(socket).is_empty());
    }
    let after = stage.meeting.as_seen();
    let without_token = |seen: &String| {
        let mut seen: Value = serde_json::from_str(seen).expect("JSON");
        seen["module_data"]["livekit"]["token"].take();
        seen
    };
    assert_eq!(before.len(), 3);
    for (connection, seen) in &before {
        assert_eq!(without_token(seen), without_token(&after[connection]));
    }
}

#[test]
fn lines_that_are_cut_are_the_first_to_make_room_for_one_more_device() {
    let mut stage = open();
    for device in 1..limits::CONNECTIONS_PER_PERSON as u128 {
        stage.on_device(2, 200 + device, device, Role::User);
    }
    stage.on_device(2, 300, 300, Role::User);
    assert_eq!(stage.names(300), ["core.join_blocked"]);
    is_cut(&mut stage, 201);
    quiet(&mut stage);
    stage.on_device(2, 301, 301, Role::User);
    assert_eq!(stage.hears(301).remove(0).0, "core.join_success");
    assert_eq!(
        stage.names(1),
        ["core.participant_disconnected", "core.participant_connected"]
    );
}

#[test]
fn what_a_moderator_does_is_put_on_record_also_after_their_line_was_cut() {
    let mut stage = open();
    is_cut(&mut stage, 1);
    comes_back(&mut stage, 1, 11, Role::Moderator);
    let ban = json!({ "namespace": "moderation", "payload": { "action": "ban", "target": person(2) } });
    let command = konvent_meeting::parse(&ban.to_string(), stage.now).expect("a command");
    let socket = ConnectionId(Uuid::from_u128(11));
    assert!(stage.meeting.would_record(socket, &command));
}
