// SPDX-License-Identifier: EUPL-1.2
//! What one person can cause in a meeting has an end, and the others notice nothing of it.

use crate::parameters::parameters;
use crate::stage::{Stage, person};
use konvent_meeting::{ConnectionId, Input, Role, WaitingRoom, limits};
use serde_json::{Value, json};

fn write(stage: &mut Stage, from: u128, to: Option<u128>, content: &str) {
    let mut message = json!({ "action": "send_message", "scope": "global", "content": content });
    if let Some(to) = to {
        message["scope"] = json!("private");
        message["target"] = json!(person(to));
    }
    stage.says(from, "chat", message);
}

fn goes(stage: &mut Stage, number: u128) {
    stage.input(Input::Disconnected {
        connection: ConnectionId(person(number).0),
        graceful: true,
    });
}

/// The frame with which somebody enters.
fn joins(stage: &mut Stage, number: u128, role: Role) -> Value {
    stage.hears(number);
    stage.join(number, role);
    let (name, success) = stage.hears(number).pop().expect("an answer");
    assert_eq!(name, "core.join_success");
    success
}

fn history(stage: &mut Stage, number: u128, mut command: Value, part: &str) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        stage.hears(number);
        stage.says(number, "chat", command.clone());
        let answer = stage.hears(number).pop().expect("an answer").1;
        let mut piece = answer[part]["messages"].as_array().expect("messages").clone();
        assert!(answer.to_string().len() < 2 * limits::CHUNK_BYTES);
        piece.append(&mut all);
        all = piece;
        match answer[part]["next_index"].as_u64() {
            Some(next) => command["message_index"] = json!(next),
            None => return all,
        }
    }
}

#[test]
fn a_join_stays_small_whatever_was_written_to_one_in_private_and_the_rest_is_asked_for() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    let long = "x".repeat(limits::MESSAGE);
    for guest in 2..62 {
        stage.join(guest, Role::Guest);
        for _ in 0..20 {
            write(&mut stage, guest, Some(1), &long);
        }
        write(&mut stage, guest, None, &long);
        stage.hears(guest);
    }
    goes(&mut stage, 1);
    let success = joins(&mut stage, 1, Role::Moderator);
    let chat = success["module_data"]["chat"].to_string();
    let most = limits::CHUNK_BYTES + limits::PRIVATE_BYTES_AT_JOIN + limits::CONVERSATIONS_AT_JOIN * 150;
    assert!(chat.len() < most, "{} bytes", chat.len());
    let private = success["module_data"]["chat"]["private_history"]
        .as_array()
        .expect("a list");
    assert_eq!(private.len(), limits::CONVERSATIONS_AT_JOIN);
    let left_out = private.last().expect("a conversation");
    assert_eq!(left_out["history"], json!({ "messages": [], "next_index": 19 }));
    let ask = json!({ "action": "get_history_chunk", "scope": "private", "target": left_out["correspondent"],
        "message_index": 19 });
    assert_eq!(history(&mut stage, 1, ask, "history").len(), 20);
}

#[test]
fn a_history_that_has_dropped_its_oldest_still_leads_from_piece_to_piece_without_repeating() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    let more = limits::KEPT_MESSAGES + 150;
    for number in 0..more {
        write(&mut stage, 1, None, &number.to_string());
        stage.hears(1);
    }
    let ask = json!({ "action": "get_history_chunk", "scope": "global", "message_index": more - 1 });
    let all = history(&mut stage, 1, ask, "history");
    let numbers: Vec<usize> = all
        .iter()
        .map(|message| message["content"].as_str().expect("text").parse().expect("a number"))
        .collect();
    assert_eq!(numbers, (150..more).collect::<Vec<_>>());
}

#[test]
fn what_a_meeting_keeps_is_bounded_in_bytes_and_a_flood_in_private_drops_its_own_oldest() {
    let mut stage = Stage::new(parameters());
    for number in 1..=4 {
        stage.join(number, if number == 1 { Role::Moderator } else { Role::Guest });
    }
    let long = "x".repeat(limits::MESSAGE);
    write(&mut stage, 3, Some(4), "Hello");
    write(&mut stage, 3, None, "Good morning");
    let each = limits::KEPT_BYTES / (limits::MESSAGE + limits::MESSAGE_OVERHEAD);
    for _ in 0..each + 50 {
        write(&mut stage, 2, Some(1), &long);
        write(&mut stage, 2, None, &long);
        (1..=4).for_each(|number| drop(stage.hears(number)));
    }
    let newest = each + 50;
    let ask = json!({ "action": "get_history_chunk", "scope": "global", "message_index": newest });
    let all = history(&mut stage, 1, ask, "history");
    assert!(all.len() <= each + 1);
    assert_eq!(all[0]["content"], "Good morning", "what others said stays");
    let ask =
        json!({ "action": "get_history_chunk", "scope": "private", "target": person(2), "message_index": newest });
    assert!(history(&mut stage, 1, ask, "history").len() <= each);
    let ask = json!({ "action": "get_history_chunk", "scope": "private", "target": person(3), "message_index": 0 });
    assert_eq!(history(&mut stage, 4, ask, "history").len(), 1);
}

#[test]
fn a_guest_under_many_names_drops_what_guests_wrote_and_nothing_of_members() {
    let mut stage = Stage::new(parameters());
    for (number, role) in [(1, Role::Moderator), (2, Role::User)] {
        stage.join(number, role);
    }
    // On the wire each of these characters has six bytes.
    let long = "\u{1}".repeat(limits::MESSAGE);
    // More than any single guest writes.
    for number in 0..100 {
        write(&mut stage, 2, None, &format!("{number} {}", "y".repeat(1000)));
        write(&mut stage, 2, Some(1), &format!("{number} {}", "y".repeat(1000)));
        (1..=2).for_each(|number| drop(stage.hears(number)));
    }
    let names = 2 * limits::KEPT_BYTES / (6 * limits::MESSAGE);
    for guest in 10..10 + names as u128 {
        stage.join(guest, Role::Guest);
        write(&mut stage, guest, None, &long);
        write(&mut stage, guest, Some(1), &long);
        goes(&mut stage, guest);
        [1, 2, guest].into_iter().for_each(|number| drop(stage.hears(number)));
    }
    let newest = 200 + names;
    let of_bo = |all: Vec<Value>| {
        all.iter()
            .filter(|message| message["source"] == json!(person(2)))
            .count()
    };
    let ask = json!({ "action": "get_history_chunk", "scope": "global", "message_index": newest });
    assert_eq!(of_bo(history(&mut stage, 1, ask, "history")), 100);
    let ask =
        json!({ "action": "get_history_chunk", "scope": "private", "target": person(2), "message_index": newest });
    assert_eq!(of_bo(history(&mut stage, 1, ask, "history")), 100);
}

#[test]
fn one_search_reads_a_bounded_piece_and_says_where_to_go_on() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    write(&mut stage, 1, None, "the needle");
    let hay = "x".repeat(limits::MESSAGE);
    let many = 2 * limits::SEARCH_BYTES / limits::MESSAGE + 10;
    for _ in 0..many {
        write(&mut stage, 1, None, &hay);
        stage.hears(1);
    }
    let ask = json!({ "action": "search_history", "scope": "global", "term": "needle" });
    stage.says(1, "chat", ask.clone());
    let first = stage.hears(1).pop().expect("an answer").1;
    assert_eq!(first["matches"]["messages"], json!([]));
    assert!(first["matches"]["next_index"].is_u64());
    assert_eq!(history(&mut stage, 1, ask, "matches").len(), 1);
    for term in ["x".to_owned(), "x".repeat(limits::SEARCH_TERM.end() + 1)] {
        stage.says(
            1,
            "chat",
            json!({ "action": "search_history", "scope": "global", "term": term }),
        );
        assert_eq!(stage.names(1), ["chat.error:invalid_search_term_length"]);
    }
}

#[test]
fn nobody_keeps_read_marks_for_people_who_do_not_exist() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.join(2, Role::Guest);
    for target in [2, 77] {
        stage.hears(1);
        let mark = json!({ "action": "set_last_seen_timestamp", "scope": "private", "target": person(target),
            "timestamp": "2026-11-24T10:00:00Z" });
        stage.says(1, "chat", mark);
        let wanted = if target == 2 {
            "chat.set_last_seen_timestamp"
        } else {
            "chat.error:unknown_participant"
        };
        assert_eq!(stage.names(1), [wanted]);
    }
    let marks = &joins(&mut stage, 1, Role::Moderator)["module_data"]["chat"]["last_seen_timestamps_private"];
    assert_eq!(marks.as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn guests_who_came_and_went_do_not_make_later_joins_large_and_the_last_of_them_need_not_wait_again() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    let empty = joins(&mut stage, 1, Role::Moderator).to_string().len();
    for guest in 100..600 {
        stage.join(guest, Role::Guest);
        if guest % 2 == 0 {
            write(&mut stage, guest, None, "Hi");
        }
        goes(&mut stage, guest);
        stage.hears(guest);
    }
    let success = joins(&mut stage, 1, Role::Moderator);
    let listed = success["participants"].as_array().expect("a list").len();
    assert_eq!(listed, limits::GONE_GUESTS + limits::GONE_GUESTS_WHO_WROTE);
    let people = success["participants"].to_string().len();
    assert!(people < 400 * listed, "{people} bytes beside {empty}");
    let raise = json!({ "action": "change_waiting_room_state", "new_state": "for_everyone" });
    stage.says(1, "moderation", raise);
    joins(&mut stage, 599, Role::Guest);
    stage.join(101, Role::Guest);
    assert_eq!(
        stage.names(101),
        ["core.in_waiting_room"],
        "forgotten, hence a stranger"
    );
}

#[test]
fn a_person_has_a_few_connections_at_once_and_the_next_is_turned_away_for_good() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    for connection in 0..limits::CONNECTIONS_PER_PERSON as u128 {
        stage.join_with(2, 200 + connection, Role::Guest, konvent_meeting::Dialect::July);
    }
    stage.join_with(2, 300, Role::Guest, konvent_meeting::Dialect::July);
    let (name, blocked) = stage.hears(300).pop().expect("an answer");
    assert_eq!(
        (name.as_str(), &blocked["reason"]),
        ("core.join_blocked", &json!("too_many_connections"))
    );
    assert_eq!(stage.closed[&300], 1000);
    goes(&mut stage, 200);
    stage.join_with(2, 301, Role::Guest, konvent_meeting::Dialect::July);
    assert_eq!(stage.hears(301).remove(0).0, "core.join_success");
}

#[test]
fn only_so_many_wait_before_the_door() {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForEveryone;
    let mut stage = Stage::new(parameters);
    for guest in 0..limits::WAITING as u128 {
        stage.join(1000 + guest, Role::Guest);
        assert_eq!(stage.names(1000 + guest), ["core.in_waiting_room"]);
    }
    stage.join(9000, Role::Guest);
    assert_eq!(stage.names(9000), ["core.join_blocked"]);
    assert_eq!(stage.closed[&9000], 1013);
    // Guests take these places from each other, not from those who were invited.
    stage.join(1, Role::Moderator);
    assert_eq!(stage.names(1), ["core.join_success"]);
    stage.join(3, Role::Moderator);
    assert_eq!(stage.names(3), ["core.join_success"]);
    stage.join(4, Role::User);
    assert_eq!(stage.names(4), ["core.in_waiting_room"]);
    goes(&mut stage, 1000);
    goes(&mut stage, 4);
    stage.join(9001, Role::Guest);
    assert_eq!(stage.names(9001), ["core.in_waiting_room"]);
}

#[test]
fn however_many_guests_come_there_is_a_place_for_members() {
    let mut stage = Stage::new(parameters());
    let places = (limits::CONNECTIONS - limits::CONNECTIONS_FOR_MEMBERS) as u128;
    // Ten windows each, so that the list of people stays short.
    for place in 0..places {
        stage.join_with(
            1000 + place / 10,
            10_000 + place,
            Role::Guest,
            konvent_meeting::Dialect::July,
        );
        stage.hears(10_000 + place);
    }
    stage.join(9000, Role::Guest);
    assert_eq!(stage.names(9000), ["core.join_blocked"]);
    for number in 1..=limits::CONNECTIONS_FOR_MEMBERS as u128 {
        stage.join(number, if number == 1 { Role::Moderator } else { Role::User });
        assert_eq!(stage.hears(number).remove(0).0, "core.join_success");
    }
    stage.join(9001, Role::User);
    assert_eq!(stage.names(9001), ["core.join_blocked"]);
}

#[test]
fn what_a_timer_is_called_and_why_it_stops_is_short() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.hears(1);
    let refused = |stage: &mut Stage, mut command: Value, field: &str, most: usize| {
        // Bytes, not characters.
        command[field] = json!(format!("{}ä", "x".repeat(most - 1)));
        stage.says(1, "timer", command.clone());
        let (name, refusal) = stage.hears(1).pop().expect("an answer");
        assert_eq!(name, "timer.error:invalid_text_length");
        assert_eq!(
            (&refusal["field"], &refusal["max_length"]),
            (&json!(field), &json!(most))
        );
        command[field] = json!(format!("{}ä", "x".repeat(most - 2)));
        stage.says(1, "timer", command);
        let (_, done) = stage.hears(1).pop().expect("it is done");
        assert_eq!(done[field].as_str().map(str::len), Some(most));
    };
    let stop = json!({ "action": "stop" });
    for (field, most) in [("style", limits::TIMER_STYLE), ("title", limits::TIMER_TITLE)] {
        refused(
            &mut stage,
            json!({ "action": "start", "kind": "stopwatch" }),
            field,
            most,
        );
        stage.says(1, "timer", stop.clone());
        stage.hears(1);
    }
    stage.says(1, "timer", json!({ "action": "start", "kind": "stopwatch" }));
    refused(&mut stage, stop, "reason", limits::TIMER_REASON);
}

#[test]
fn a_timer_is_called_and_ended_with_nothing_that_nobody_can_read_or_that_turns_text_around() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    let start = json!({ "action": "start", "kind": "stopwatch" });
    let mut refused = |mut command: Value, field: &str| {
        for text in ["Tea\u{0}", "\u{202E}aeT", "\u{200B}"] {
            stage.hears(1);
            command[field] = json!(text);
            stage.says(1, "timer", command.clone());
            let (name, refusal) = stage.hears(1).pop().expect("an answer");
            assert_eq!(
                (name.as_str(), &refusal["field"]),
                ("timer.error:unreadable_text", &json!(field))
            );
        }
        // Blank is as if it were not there.
        command[field] = json!("  ");
        stage.says(1, "timer", command);
        let (name, done) = stage.hears(1).pop().expect("it is done");
        assert!(
            !name.contains("error") && done.get(field).is_none_or(Value::is_null),
            "{name} {done}"
        );
    };
    refused(start.clone(), "title");
    refused(json!({ "action": "stop" }), "reason");
    refused(start, "style");
}

#[test]
fn further_windows_take_the_place_of_the_first_instead_of_growing_without_end() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.join(2, Role::Guest);
    for _ in 0..3 * limits::POPOUTS {
        stage.says(2, "livekit", json!({ "action": "request_popout_stream_access_token" }));
    }
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(2) }));
    let removed = stage.effects.iter().find_map(|(_, effect)| match effect {
        konvent_meeting::Effect::RemoveMedia { identities, .. } => Some(identities.len()),
        _ => None,
    });
    assert_eq!(removed, Some(1 + limits::POPOUTS as usize));
}
