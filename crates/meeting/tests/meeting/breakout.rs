// SPDX-License-Identifier: EUPL-1.2
//! Stories of breakout rooms: who is where, whose media goes where, what stays within a room, and what is left of one.

use crate::parameters::parameters;
use crate::stage::{Stage, person};
use base64::Engine as _;
use jiff::SignedDuration;
use konvent_meeting::{Act, ConnectionId, Dialect, Effect, Input, Role, limits};
use serde_json::{Value, json};
use uuid::Uuid;

/// A moderator, somebody with an account, a guest: all in the main room.
fn open() -> Stage {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::Guest);
    quiet(&mut stage);
    stage
}

/// The same, with two rooms, to the first of which the one with the account is assigned.
fn with_rooms() -> Stage {
    let mut stage = open();
    start(&mut stage, json!({}));
    quiet(&mut stage);
    stage
}

fn start(stage: &mut Stage, more: Value) {
    let rooms = json!([{ "name": "North", "assignments": [person(2)] }, { "name": "South" }]);
    let mut command = json!({ "action": "start", "rooms": rooms });
    let more = more.as_object().expect("an object").clone();
    command.as_object_mut().expect("an object").extend(more);
    stage.says(1, "breakout", command);
}

fn quiet(stage: &mut Stage) {
    (1..=6).for_each(|number| drop(stage.hears(number)));
    stage.effects.clear();
}

fn goes(stage: &mut Stage, number: u128, room: Option<u32>) {
    stage.says(number, "breakout", to(json!({ "action": "switch_room" }), room));
}

fn brings(stage: &mut Stage, people: &[u128], room: Option<u32>) {
    let participants: Vec<_> = people.iter().map(|number| person(*number)).collect();
    let command = json!({ "action": "move_participants", "participants": participants });
    stage.says(1, "breakout", to(command, room));
}

fn to(mut command: Value, room: Option<u32>) -> Value {
    command["kind"] = if room.is_some() { "breakout" } else { "main" }.into();
    if let Some(id) = room {
        command["id"] = id.into();
    }
    command
}

fn passes(stage: &mut Stage, seconds: i64) {
    stage.now += SignedDuration::from_secs(seconds);
    stage.input(Input::Woke);
}

fn is_cut(stage: &mut Stage, socket: u128) {
    stage.input(Input::Disconnected {
        connection: ConnectionId(Uuid::from_u128(socket)),
        graceful: false,
    });
}

/// The only thing of this name that somebody heard since last asked.
fn heard(stage: &mut Stage, number: u128, name: &str) -> Value {
    let mut of_name: Vec<Value> = stage
        .hears(number)
        .into_iter()
        .filter_map(|(heard, payload)| (heard == name).then_some(payload))
        .collect();
    assert_eq!(of_name.len(), 1, "{number} heard {name}: {of_name:?}");
    of_name.remove(0)
}

/// Which room a token is for.
fn room_of(token: &Value) -> String {
    let token = token.as_str().expect("a token");
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).expect("claims"))
        .expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["video"]["room"].as_str().expect("a room").to_owned()
}

fn is_of(room: &str, id: &str) -> bool {
    room.contains(&format!(":{id}:"))
}

/// All the tokens that somebody can get now, each for this room of the media server.
fn has_tokens_of(stage: &mut Stage, number: u128, id: &str) {
    stage.hears(number);
    for action in ["create_new_access_token", "request_popout_stream_access_token"] {
        stage.says(number, "livekit", json!({ "action": action }));
        let token = stage.hears(number).pop().expect("an answer").1["token"].take();
        assert!(is_of(&room_of(&token), id), "{action}: {}", room_of(&token));
    }
}

#[test]
fn every_token_is_of_the_room_one_is_in_and_those_of_the_room_one_was_in_are_worth_nothing() {
    let mut stage = with_rooms();
    has_tokens_of(&mut stage, 2, "main");
    stage.effects.clear();
    goes(&mut stage, 2, Some(0));
    let told = heard(&mut stage, 2, "breakout.switched_room");
    assert!(is_of(&room_of(&told["own_data"]["livekit"]["token"]), "0"));
    let [
        (
            _,
            Effect::RemoveMedia {
                room,
                identities,
                revoke,
            },
        ),
    ] = &stage.effects[..]
    else {
        panic!("{:?}", stage.effects)
    };
    assert!(is_of(room, "main"));
    assert_eq!(identities.len(), 2, "the further window, too: {identities:?}");
    assert_eq!(*revoke, stage.now);
    has_tokens_of(&mut stage, 2, "0");
    has_tokens_of(&mut stage, 3, "main");
    goes(&mut stage, 3, Some(7));
    assert_eq!(stage.names(3), ["breakout.error:unknown_breakout_id"]);
    has_tokens_of(&mut stage, 3, "main");
    brings(&mut stage, &[3], Some(1));
    has_tokens_of(&mut stage, 3, "1");
    has_tokens_of(&mut stage, 2, "0");
    stage.says(1, "breakout", json!({ "action": "stop" }));
    for number in 1..=3 {
        has_tokens_of(&mut stage, number, "main");
    }
    let deleted = stage.effects.iter().filter_map(|(_, effect)| match effect {
        Effect::DeleteMediaRoom { room } => Some(room.split(':').nth(1).expect("a room")),
        _ => None,
    });
    assert_eq!(deleted.collect::<Vec<_>>(), ["0", "1"]);
}

#[test]
fn what_is_forbidden_is_forbidden_in_the_room_somebody_is_in() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    quiet(&mut stage);
    let restrict = json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] });
    stage.says(1, "moderation", restrict);
    let mut told: Vec<(String, &str)> = Vec::new();
    for (_, effect) in &stage.effects {
        if let Effect::UpdateMediaPermission { room, identity, .. } = effect {
            told.push((identity.clone(), room.split(':').nth(1).expect("a room")));
        }
    }
    let identity = |number: u128| format!("{0}:{0}", person(number));
    assert_eq!(told, [(identity(2), "0"), (identity(3), "main")]);
    stage.effects.clear();
    goes(&mut stage, 3, Some(0));
    let told = heard(&mut stage, 3, "breakout.switched_room");
    assert_eq!(
        told["own_data"]["livekit"]["microphone_restriction_state"]["type"],
        "enabled"
    );
    stage.says(
        1,
        "moderation",
        json!({ "action": "mute", "participants": [person(3)] }),
    );
    let mutes = stage
        .effects
        .iter()
        .any(|(_, effect)| matches!(effect, Effect::MuteMedia { room, .. } if is_of(room, "0")));
    assert!(mutes, "{:?}", stage.effects);
}

#[test]
fn chat_timer_polls_reactions_and_hands_of_a_room_are_heard_there_and_nowhere_else() {
    let mut stage = with_rooms();
    brings(&mut stage, &[1, 2], Some(0));
    quiet(&mut stage);
    let poll = json!({ "action": "start", "topic": "Lunch?", "choices": ["Yes", "No"], "duration": 60 });
    let said = [
        (
            2,
            "chat",
            json!({ "action": "send_message", "scope": "breakout", "target": 0, "content": "Hm" }),
        ),
        (2, "raise_hands", json!({ "action": "raise_hand" })),
        (2, "reaction", json!({ "action": "react", "reaction": "heart" })),
        (1, "timer", json!({ "action": "start", "kind": "stopwatch" })),
        (1, "polls", poll),
    ];
    for (number, namespace, command) in said {
        stage.says(number, namespace, command);
        assert_eq!(stage.names(1).len(), 1, "{namespace}");
        assert_eq!(stage.names(2).len(), 1, "{namespace}");
        assert!(stage.names(3).is_empty(), "{namespace}");
    }
    // Who comes later has it from the frame that brings them.
    goes(&mut stage, 3, Some(0));
    let told = heard(&mut stage, 3, "breakout.switched_room");
    let own = &told["own_data"];
    assert_eq!(own["chat"]["breakout_room_history"]["messages"][0]["content"], "Hm");
    assert_eq!(
        (&own["timer"]["kind"], &own["polls"]["topic"]),
        (&json!("stopwatch"), &json!("Lunch?"))
    );
    assert!(told["peer_data"][person(2).to_string()]["raise_hands"]["raised_at"].is_string());
    // And what is said to all is heard everywhere.
    quiet(&mut stage);
    brings(&mut stage, &[3], None);
    quiet(&mut stage);
    let all = json!({ "action": "send_message", "scope": "global", "content": "Back in five minutes" });
    stage.says(1, "chat", all);
    for number in 1..=3 {
        assert_eq!(stage.names(number), ["chat.message_sent"]);
    }
}

#[test]
fn what_is_said_in_a_room_is_read_by_those_who_are_in_it() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    quiet(&mut stage);
    let say = json!({ "action": "send_message", "scope": "breakout", "target": 0, "content": "Secret" });
    stage.says(2, "chat", say.clone());
    stage.hears(2);
    let chunk = json!({ "action": "get_history_chunk", "scope": "breakout", "target": 0, "message_index": 0 });
    let search = json!({ "action": "search_history", "scope": "breakout", "target": 0, "term": "Secret" });
    let seen = json!({ "action": "set_last_seen_timestamp", "scope": "breakout", "target": 0,
        "timestamp": "2026-11-24T10:00:00Z" });
    for command in [&say, &chunk, &search, &seen] {
        stage.says(3, "chat", command.clone());
        assert_eq!(stage.names(3), ["chat.error:not_in_breakout_room"], "{command}");
    }
    stage.says(2, "chat", chunk);
    let history = heard(&mut stage, 2, "chat.room_chat_history_chunk");
    assert_eq!(
        (
            &history["breakout"],
            history["history"]["messages"].as_array().map(Vec::len)
        ),
        (&json!(0), Some(1))
    );
    stage.says(2, "chat", search);
    assert_eq!(
        heard(&mut stage, 2, "chat.search_results")["matches"]["messages"][0]["content"],
        "Secret"
    );
    stage.says(2, "chat", seen);
    // The mark is there when one comes back to the room, on a line that was cut.
    is_cut(&mut stage, 2);
    stage.join_with(2, 22, Role::User, Dialect::July);
    let back = heard(&mut stage, 22, "core.join_success");
    assert_eq!(
        back["module_data"]["chat"]["last_seen_timestamp_breakout"],
        "2026-11-24T10:00:00Z"
    );
}

#[test]
fn nothing_of_a_room_is_left_when_it_is_closed_and_the_next_of_its_number_begins_empty() {
    let mut stage = with_rooms();
    brings(&mut stage, &[1, 2], Some(0));
    stage.says(
        2,
        "chat",
        json!({ "action": "send_message", "scope": "breakout", "target": 0, "content": "Hm" }),
    );
    stage.says(
        1,
        "timer",
        json!({ "action": "start", "kind": "countdown", "duration": 100 }),
    );
    let poll = json!({ "action": "start", "topic": "Lunch?", "choices": ["Yes", "No"], "duration": 200 });
    stage.says(1, "polls", poll);
    stage.says(
        1,
        "reaction",
        json!({ "action": "enable_restrictions", "unrestricted_participants": [] }),
    );
    stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
    stage.says(1, "breakout", json!({ "action": "stop" }));
    start(&mut stage, json!({}));
    quiet(&mut stage);
    goes(&mut stage, 2, Some(0));
    let told = heard(&mut stage, 2, "breakout.switched_room");
    let own = told["own_data"].as_object().expect("an object");
    let names: Vec<&str> = own.keys().map(String::as_str).collect();
    assert_eq!(names, ["breakout", "livekit", "raise_hands", "reaction"]);
    assert_eq!(own["reaction"]["restrictions"]["type"], "disabled");
    assert!(told.get("ended").is_none() && own["raise_hands"].get("state").is_none());
    goes(&mut stage, 1, Some(0));
    stage.says(1, "timer", json!({ "action": "start", "kind": "stopwatch" }));
    quiet(&mut stage);
    passes(&mut stage, 300);
    assert_eq!(
        stage.names(2),
        Vec::<String>::new(),
        "the time of the earlier one ends nothing"
    );
}

#[test]
fn who_is_away_stays_in_the_room_and_finds_the_main_room_where_it_was_closed_meanwhile() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    goes(&mut stage, 3, Some(1));
    quiet(&mut stage);
    is_cut(&mut stage, 2);
    is_cut(&mut stage, 3);
    stage.join_with(2, 22, Role::User, Dialect::July);
    let back = heard(&mut stage, 22, "core.join_success");
    assert_eq!(
        back["module_data"]["breakout"]["room"],
        json!({ "kind": "breakout", "id": 0 })
    );
    assert!(is_of(&room_of(&back["module_data"]["livekit"]["token"]), "0"));
    assert_eq!(stage.names(1), Vec::<String>::new(), "nobody has noticed");
    stage.says(1, "breakout", json!({ "action": "stop" }));
    let names = stage.names(1);
    assert_eq!(
        names,
        [
            "breakout.closing",
            "breakout.participant_switched_room",
            "breakout.participant_switched_room",
            "breakout.closed"
        ]
    );
    stage.join_with(3, 33, Role::Guest, Dialect::July);
    let back = heard(&mut stage, 33, "core.join_success");
    assert!(back["module_data"].get("breakout").is_none());
    assert!(is_of(&room_of(&back["module_data"]["livekit"]["token"]), "main"));
}

#[test]
fn who_comes_late_or_comes_back_is_in_the_main_room_and_learns_which_rooms_there_are_and_who_is_where() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    goes(&mut stage, 3, Some(1));
    quiet(&mut stage);
    stage.input(Input::Disconnected {
        connection: ConnectionId(Uuid::from_u128(2)),
        graceful: true,
    });
    stage.join(2, Role::User);
    let data = heard(&mut stage, 2, "core.join_success");
    let breakout = &data["module_data"]["breakout"];
    assert_eq!(
        (&breakout["room"], &breakout["assignment"]),
        (&json!({ "kind": "main" }), &json!(0))
    );
    assert_eq!(breakout["rooms"][1], json!({ "id": 1, "name": "South" }));
    let room_of_peer = |data: &Value, number: u128| {
        let peers = data["participants"].as_array().expect("a list").clone();
        let peer = peers.into_iter().find(|peer| peer["id"] == json!(person(number)));
        peer.expect("a person")["module_data"]["breakout"]["room"].take()
    };
    assert_eq!(room_of_peer(&data, 3), json!({ "kind": "breakout", "id": 1 }));
    assert_eq!(room_of_peer(&data, 1), json!({ "kind": "main" }));
    stage.says(1, "breakout", json!({ "action": "stop" }));
    stage.join(4, Role::User);
    let data = heard(&mut stage, 4, "core.join_success");
    assert_eq!(room_of_peer(&data, 3), Value::Null);
}

#[test]
fn rooms_close_at_their_own_instant_however_late_somebody_wakes_and_a_moderator_may_set_another() {
    let mut stage = open();
    start(&mut stage, json!({ "duration": 1, "move_assigned": true }));
    let started = heard(&mut stage, 2, "breakout.started");
    assert_eq!(started["expires_at"], "2026-11-24T10:01:00Z", "at least a minute");
    quiet(&mut stage);
    stage.says(1, "breakout", json!({ "action": "stop", "delay": 120 }));
    assert_eq!(
        heard(&mut stage, 2, "breakout.close_notice")["stops_at"],
        "2026-11-24T10:02:00Z"
    );
    passes(&mut stage, 60);
    assert_eq!(stage.names(2), Vec::<String>::new());
    stage.now += SignedDuration::from_secs(3600);
    stage.says(3, "raise_hands", json!({ "action": "raise_hand" }));
    let names = [
        "breakout.closing",
        "breakout.switched_room",
        "breakout.closed",
        "raise_hands.hand_raised",
    ];
    assert_eq!(stage.names(2), names, "back before anything later is said");
}

#[test]
fn where_only_those_assigned_may_enter_moderators_go_everywhere_and_bring_whom_they_want() {
    let mut stage = open();
    start(&mut stage, json!({ "assigned_only": true }));
    quiet(&mut stage);
    goes(&mut stage, 3, Some(0));
    assert_eq!(stage.names(3), ["breakout.error:insufficient_permission"]);
    goes(&mut stage, 1, Some(0));
    assert_eq!(stage.names(1), ["breakout.switched_room"]);
    brings(&mut stage, &[3], Some(0));
    assert_eq!(
        stage.names(3),
        ["breakout.participant_switched_room", "breakout.switched_room"]
    );
    let deeds: Vec<_> = stage
        .effects
        .iter()
        .filter_map(|(_, effect)| match effect {
            Effect::Record { deed, .. } => Some((deed.act, deed.targets.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(deeds, [(Act::MovedToRoom, vec![person(3)])]);
    // Whom they have brought once may leave and return.
    goes(&mut stage, 3, None);
    goes(&mut stage, 3, Some(0));
    assert_eq!(stage.names(3), ["breakout.switched_room", "breakout.switched_room"]);
    brings(&mut stage, &[9], Some(0));
    assert_eq!(
        stage.names(1).last().expect("an answer"),
        "breakout.error:unknown_participant"
    );
}

#[test]
fn a_call_for_help_is_heard_by_moderators_wherever_they_are_stands_and_ends_when_one_comes() {
    let mut stage = with_rooms();
    stage.join(4, Role::User);
    stage.join_with(5, 5, Role::Moderator, Dialect::June);
    brings(&mut stage, &[1], Some(1));
    goes(&mut stage, 2, Some(0));
    quiet(&mut stage);
    for _ in 0..2 {
        stage.says(2, "breakout", json!({ "action": "call_for_help" }));
    }
    assert_eq!(
        heard(&mut stage, 1, "breakout.help_called"),
        json!({ "message": "help_called", "id": 0,
        "participant_id": person(2) })
    );
    assert_eq!(stage.names(2), ["breakout.help_called"]);
    assert_eq!(
        stage.names(4),
        Vec::<String>::new(),
        "it is no business of those in the main room"
    );
    assert_eq!(
        stage.names(5),
        Vec::<String>::new(),
        "their front end does not know the word"
    );
    stage.join(6, Role::Moderator);
    let late = heard(&mut stage, 6, "core.join_success");
    assert!(late["module_data"]["breakout"]["rooms"][0]["help_since"].is_string());
    quiet(&mut stage);
    goes(&mut stage, 6, Some(0));
    assert_eq!(
        stage.names(1),
        ["breakout.call_ended", "breakout.participant_switched_room"]
    );
    stage.says(2, "breakout", json!({ "action": "call_for_help" }));
    stage.says(2, "breakout", json!({ "action": "withdraw_call" }));
    assert_eq!(stage.names(1), ["breakout.help_called", "breakout.call_ended"]);
}

#[test]
fn a_hand_goes_down_where_its_owner_was_and_is_not_up_where_they_are() {
    let mut stage = with_rooms();
    stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
    quiet(&mut stage);
    goes(&mut stage, 2, Some(0));
    assert_eq!(
        stage.names(3),
        ["raise_hands.hand_lowered", "breakout.participant_switched_room"]
    );
    let told = heard(&mut stage, 2, "breakout.switched_room");
    assert_eq!(told["own_data"]["raise_hands"], json!({ "raise_hands_enabled": true }));
    stage.join(4, Role::User);
    assert!(
        !heard(&mut stage, 4, "core.join_success")
            .to_string()
            .contains("raised_at")
    );
}

#[test]
fn all_windows_of_a_person_go_together_each_with_its_own_token_and_one_is_the_answer() {
    let mut stage = with_rooms();
    stage.on_device(2, 20, 9, Role::User);
    quiet(&mut stage);
    stage.hears(20);
    goes(&mut stage, 2, Some(0));
    let tokens = [2, 20]
        .map(|number| heard(&mut stage, number, "breakout.switched_room")["own_data"]["livekit"]["token"].take());
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens.iter().all(|token| is_of(&room_of(token), "0")));
}

#[test]
fn who_is_sent_to_the_waiting_room_from_a_breakout_room_comes_back_to_the_main_room() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    quiet(&mut stage);
    stage.says(
        1,
        "moderation",
        json!({ "action": "send_to_waiting_room", "target": person(2) }),
    );
    assert!(
        stage
            .effects
            .iter()
            .any(|(_, effect)| matches!(effect, Effect::RemoveMedia { room, .. } if is_of(room, "0")))
    );
    stage.says(1, "moderation", json!({ "action": "accept", "target": person(2) }));
    goes(&mut stage, 2, Some(0));
    assert_eq!(stage.names(2).last().expect("an answer"), "error.error:not_supported");
    stage.says(2, "core", json!({ "action": "enter_room" }));
    let back = heard(&mut stage, 2, "core.join_success");
    assert_eq!(back["module_data"]["breakout"]["room"], json!({ "kind": "main" }));
    assert!(is_of(&room_of(&back["module_data"]["livekit"]["token"]), "main"));
}

#[test]
fn rooms_are_so_many_and_their_names_so_long() {
    let mut stage = open();
    let rooms = |count: usize, name: &str| vec![json!({ "name": name }); count];
    let longest = "x".repeat(limits::ROOM_NAME);
    let longer = format!("{longest}x");
    for (rooms, heard) in [
        (
            rooms(limits::BREAKOUT_ROOMS + 1, "North"),
            "breakout.error:too_many_rooms",
        ),
        (rooms(1, &longer), "breakout.error:invalid_name"),
        (rooms(1, "\u{202E}htron"), "breakout.error:invalid_name"),
        (rooms(limits::BREAKOUT_ROOMS, &longest), "breakout.started"),
    ] {
        stage.says(1, "breakout", json!({ "action": "start", "rooms": rooms }));
        assert_eq!(stage.names(1)[0], heard);
    }
    stage.says(
        1,
        "breakout",
        json!({ "action": "rename_room", "id": 0, "name": longer }),
    );
    assert_eq!(stage.names(1), ["breakout.error:invalid_name"]);
}

#[test]
fn what_a_room_keeps_of_its_chat_is_bounded() {
    let mut stage = with_rooms();
    goes(&mut stage, 2, Some(0));
    let content = "x".repeat(limits::MESSAGE);
    for _ in 0..2 * limits::ROOM_BYTES / limits::MESSAGE {
        let say = json!({ "action": "send_message", "scope": "breakout", "target": 0, "content": content });
        stage.says(2, "chat", say);
    }
    stage.hears(2);
    let (mut kept, mut next) = (0, Some(json!(1_000_000)));
    while let Some(index) = next.filter(|index| !index.is_null()) {
        let ask = json!({ "action": "get_history_chunk", "scope": "breakout", "target": 0, "message_index": index });
        stage.says(2, "chat", ask);
        let mut piece = heard(&mut stage, 2, "chat.room_chat_history_chunk");
        kept += piece["history"]["messages"].as_array().expect("a list").len();
        next = Some(piece["history"]["next_index"].take());
    }
    let most = limits::ROOM_BYTES / (limits::MESSAGE + limits::MESSAGE_OVERHEAD);
    assert!((most - 2..=most).contains(&kept), "{kept} of {most}");
}
