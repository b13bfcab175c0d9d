// SPDX-License-Identifier: EUPL-1.2
//! Stories of meetings: who does what, and what everybody then hears. Each test's name is the sentence it proves.

use crate::parameters::parameters;
use crate::stage::{Stage, person};
use konvent_meeting::{
    Banned, ConnectionId, Dialect, Effect, GuestAccess, Input, Outcome, ParametersChange, Role, WaitingRoom,
};
use serde_json::json;

fn open() -> Stage {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::Guest);
    for number in 1..=3 {
        stage.hears(number);
    }
    stage
}

fn with_waiting_room() -> Stage {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForEveryone;
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage
}

#[test]
fn a_newcomer_learns_of_everybody_and_everybody_of_the_newcomer() {
    let mut stage = open();
    stage.join(4, Role::Guest);
    let heard = stage.hears(4);
    assert_eq!(heard.len(), 1);
    let (name, success) = &heard[0];
    assert_eq!(name, "core.join_success");
    let people: Vec<_> = success["participants"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| &p["id"])
        .collect();
    assert_eq!(people, [&json!(person(1)), &json!(person(2)), &json!(person(3))]);
    assert_eq!(success["role"], "guest");
    assert_eq!(
        success["participants"][2]["module_data"]["core"]["role"], "user",
        "others see a guest as user"
    );
    assert!(
        success["room_info"]["password"].is_null(),
        "only moderators learn the password"
    );
    assert!(success["module_data"]["chat"]["enabled"].as_bool().expect("mandatory"));
    assert!(success["module_data"]["livekit"]["token"].is_string());
    assert!(success["module_data"]["moderation"]["banned_participants"].is_null());
    for number in 1..=3 {
        assert_eq!(stage.names(number), ["core.participant_connected"]);
    }
}

#[test]
fn who_waits_hears_nothing_of_the_meeting_until_let_in() {
    let mut stage = with_waiting_room();
    stage.join(2, Role::User);
    assert_eq!(stage.names(2), ["core.in_waiting_room"]);
    stage.says(
        1,
        "chat",
        json!({ "action": "send_message", "scope": "global", "content": "Internal" }),
    );
    stage.says(
        1,
        "chat",
        json!({ "action": "send_message", "scope": "private", "target": person(2), "content": "Internal" }),
    );
    assert!(stage.hears(2).is_empty());
    stage.says(2, "core", json!({ "action": "enter_room" }));
    assert_eq!(stage.names(2), ["core.error:not_accepted"]);
    stage.says(1, "moderation", json!({ "action": "accept", "target": person(2) }));
    assert_eq!(stage.names(2), ["moderation.accepted"]);
    stage.says(2, "core", json!({ "action": "enter_room" }));
    assert_eq!(stage.names(2), ["core.join_success"]);
}

#[test]
fn turning_the_waiting_room_off_accepts_those_who_wait_and_is_told_to_everybody_in_their_own_words() {
    let mut stage = with_waiting_room();
    stage.join(2, Role::User);
    stage.join_with(4, 4, Role::Moderator, Dialect::June);
    for number in [1, 4] {
        stage.hears(number);
    }
    stage.says(1, "moderation", json!({ "action": "disable_waiting_room" }));
    let newer = ["moderation.waiting_room_updated", "moderation.participant_accepted"];
    assert_eq!(stage.names(1), newer);
    let heard = stage.hears(4);
    assert_eq!(heard[0].0, "moderation.waiting_room_disabled");
    assert_eq!(heard[0].1["new_state"], "disabled");
    assert_eq!(stage.names(2), ["core.in_waiting_room", "moderation.accepted"]);
    stage.says(2, "core", json!({ "action": "enter_room" }));
    for number in [1, 2, 4] {
        stage.hears(number);
    }
    let for_guests = json!({ "action": "change_waiting_room_state", "new_state": "for_guests" });
    stage.says(1, "moderation", for_guests);
    // Also who is no moderator knows the rule from their own join.
    assert_eq!(stage.names(2), ["moderation.waiting_room_updated"]);
    let heard = stage.hears(4);
    assert_eq!(heard[0].0, "moderation.waiting_room_enabled");
    assert_eq!(heard[0].1["new_state"], "for_guests");
}

#[test]
fn bans_are_told_to_moderators_whose_front_end_knows_the_words_with_the_picture() {
    let mut stage = open();
    stage.join_with(4, 4, Role::Moderator, Dialect::June);
    stage.hears(1);
    stage.hears(4);
    stage.says(1, "moderation", json!({ "action": "ban", "target": person(2) }));
    let heard = stage.hears(1);
    let (_, banned) = heard
        .iter()
        .find(|(name, _)| name == "moderation.participant_banned")
        .expect("told");
    assert_eq!(banned["display_name"], "Person 2");
    assert!(banned.get("avatar_url").is_some());
    assert_eq!(stage.names(4), ["core.participant_disconnected"]);
}

#[test]
fn a_private_message_reaches_its_two_people_and_names_the_other_to_each() {
    let mut stage = open();
    let message = json!({ "action": "send_message", "scope": "private", "target": person(3), "content": "Hello" });
    stage.says(2, "chat", message);
    let sent = stage.hears(2);
    let got = stage.hears(3);
    assert_eq!((sent.len(), got.len()), (1, 1));
    assert_eq!(sent[0].1["target"], json!(person(3)));
    assert_eq!(got[0].1["target"], json!(person(2)));
    assert!(stage.hears(1).is_empty());
    stage.join(1, Role::Moderator);
    let again = stage.hears(1);
    assert!(
        !again[0].1.to_string().contains("Hello"),
        "not in a moderator's history either"
    );
}

#[test]
fn a_kick_ends_signaling_and_media_and_its_person_waits_on_return() {
    let mut stage = open();
    stage.says(3, "livekit", json!({ "action": "request_popout_stream_access_token" }));
    stage.hears(3);
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(3) }));
    assert_eq!(stage.names(3), ["moderation.waiting_room_updated", "moderation.kicked"]);
    assert_eq!(stage.closed.get(&3), Some(&1000));
    let identity = format!("{}:{}", person(3), person(3));
    let windows = [identity.clone(), format!("{identity}-popout1")];
    assert!(
        stage
            .effects
            .iter()
            .any(|(_, effect)| matches!(effect, Effect::RemoveMedia { identities, .. } if *identities == windows))
    );
    assert!(stage.names(2).contains(&"core.participant_disconnected".to_owned()));
    stage.join(3, Role::Guest);
    assert_eq!(stage.names(3), ["core.in_waiting_room"]);
}

#[test]
fn the_owner_cannot_be_put_out() {
    let mut stage = open();
    stage.says(
        1,
        "moderation",
        json!({ "action": "update_role", "participant_id": person(2), "new_role": "moderator" }),
    );
    stage.hears(2);
    for (action, code) in [
        ("kick", "cannot_kick_room_owner"),
        ("ban", "cannot_ban_room_owner"),
        ("send_to_waiting_room", "cannot_send_room_owner_to_waiting_room"),
    ] {
        stage.says(2, "moderation", json!({ "action": action, "target": person(1) }));
        assert_eq!(stage.names(2), [format!("moderation.error:{code}")]);
    }
    assert!(stage.closed.is_empty());
}

#[test]
fn only_people_who_were_really_muted_are_told() {
    let mut stage = open();
    stage.says(
        1,
        "moderation",
        json!({ "action": "mute", "participants": [person(2), person(3)] }),
    );
    let muting = |(id, effect): &(_, Effect)| matches!(effect, Effect::MuteMedia { .. }).then_some(*id);
    let id = stage.effects.iter().find_map(muting).expect("an effect");
    stage.input(Input::Done {
        id,
        outcome: Outcome::Muted(vec![format!("{}:{}", person(3), person(3))]),
    });
    assert!(stage.hears(2).is_empty());
    assert_eq!(stage.names(3), ["moderation.muted"]);
}

#[test]
fn a_banned_user_is_turned_away_until_unbanned() {
    let mut stage = open();
    stage.says(1, "moderation", json!({ "action": "ban", "target": person(2) }));
    assert_eq!(stage.names(2), ["moderation.banned"]);
    stage.join(2, Role::User);
    assert_eq!(stage.names(2), ["moderation.banned"]);
    assert_eq!(stage.closed.get(&2), Some(&1000));
    stage.says(1, "moderation", json!({ "action": "unban", "target": person(2) }));
    stage.join(2, Role::User);
    assert_eq!(stage.names(2), ["core.join_success"]);
}

#[test]
fn a_raised_hand_goes_down_with_its_owner_and_shows_to_newcomers() {
    let mut stage = open();
    stage.says(2, "raise_hands", json!({ "action": "raise_hand" }));
    assert_eq!(stage.names(1), ["raise_hands.hand_raised"]);
    stage.join(4, Role::Guest);
    let success = stage.hears(4).remove(0).1;
    assert!(success["participants"][1]["module_data"]["raise_hands"]["raised_at"].is_string());
    let connection = konvent_meeting::ConnectionId(person(2).0);
    stage.input(Input::Disconnected {
        connection,
        graceful: true,
    });
    stage.join(2, Role::User);
    assert!(stage.hears(2).pop().expect("joined").1["module_data"]["raise_hands"]["state"].is_null());
}

#[test]
fn nobody_writes_while_the_chat_is_disabled() {
    let mut stage = open();
    stage.says(1, "chat", json!({ "action": "disable_chat" }));
    stage.hears(1);
    stage.says(
        1,
        "chat",
        json!({ "action": "send_message", "scope": "global", "content": "Hello" }),
    );
    assert_eq!(stage.names(1), ["chat.error:chat_disabled"]);
    assert_eq!(stage.names(2), ["chat.chat_disabled"]);
}

#[test]
fn history_comes_in_pieces_of_a_hundred_that_lead_to_each_other() {
    let mut stage = open();
    for number in 0..250 {
        stage.says(
            2,
            "chat",
            json!({ "action": "send_message", "scope": "global", "content": number.to_string() }),
        );
    }
    stage.join(4, Role::Guest);
    let success = stage.hears(4).remove(0).1;
    let newest = &success["module_data"]["chat"]["global_history"];
    assert_eq!(
        (newest["messages"].as_array().map(Vec::len), &newest["next_index"]),
        (Some(100), &json!(149))
    );
    stage.says(
        4,
        "chat",
        json!({ "action": "get_history_chunk", "scope": "global", "message_index": 49 }),
    );
    let oldest = stage.hears(4).remove(0).1;
    assert_eq!(oldest["history"]["messages"].as_array().map(Vec::len), Some(50));
    assert!(oldest["history"]["next_index"].is_null());
}

#[test]
fn a_broken_frame_is_answered_and_the_connection_lives() {
    let mut stage = open();
    for (frame, answer) in [
        ("{", "error.error:invalid_json"),
        (
            r#"{"namespace":"chat","payload":{"action":"nothing"}}"#,
            "error.error:invalid_json",
        ),
        (
            r#"{"namespace":"chat","payload":{"action":"send_message"}}"#,
            "error.error:invalid_json",
        ),
        (
            r#"{"namespace":"unknown","payload":{}}"#,
            "error.error:unknown_namespace",
        ),
    ] {
        stage.frame(2, frame);
        assert_eq!(stage.names(2), [answer], "{frame}");
    }
    stage.frame(2, &"[".repeat(60_000));
    assert_eq!(stage.names(2), ["error.error:invalid_json"]);
    stage.says(2, "echo", json!({ "action": "ping" }));
    assert_eq!(stage.names(2), ["echo.pong"]);
}

#[test]
fn sharing_the_screen_needs_a_permission_that_later_tokens_repeat() {
    use base64::Engine as _;
    let sources = |stage: &mut Stage| {
        stage.hears(2);
        stage.says(2, "livekit", json!({ "action": "create_new_access_token" }));
        let token = stage.hears(2).remove(0).1["token"]
            .as_str()
            .expect("a token")
            .to_owned();
        let claims = token.split('.').nth(1).expect("claims").to_owned();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(claims)
            .expect("base64");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!(claims["video"]["canPublishData"], false);
        claims["video"]["canPublishSources"].to_string()
    };
    let mut stage = open();
    assert_eq!(sources(&mut stage), r#"["camera","microphone"]"#);
    stage.says(
        1,
        "livekit",
        json!({ "action": "grant_screen_share_permission", "participants": [person(2)] }),
    );
    assert_eq!(
        sources(&mut stage),
        r#"["camera","microphone","screen_share","screen_share_audio"]"#
    );
    stage.says(
        1,
        "moderation",
        json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] }),
    );
    assert_eq!(sources(&mut stage), r#"["camera","screen_share","screen_share_audio"]"#);
}

#[test]
fn a_meeting_ends_a_minute_after_its_last_connection() {
    let mut stage = open();
    let gone = |number| konvent_meeting::ConnectionId(person(number).0);
    assert!(!stage.input(Input::Disconnected {
        connection: gone(1),
        graceful: true
    }));
    assert!(!stage.input(Input::Disconnected {
        connection: gone(2),
        graceful: false
    }));
    assert!(!stage.input(Input::Disconnected {
        connection: gone(3),
        graceful: true
    }));
    stage.now += jiff::SignedDuration::from_secs(59);
    assert!(!stage.input(Input::Woke));
    stage.now += jiff::SignedDuration::from_secs(1);
    assert!(stage.input(Input::Woke));
}

/// The connection of this person breaks.
fn is_cut(stage: &mut Stage, number: u128) {
    stage.input(Input::Disconnected {
        connection: ConnectionId(uuid::Uuid::from_u128(number)),
        graceful: false,
    });
}

#[test]
fn a_moderator_put_down_in_the_meeting_comes_back_without_the_role() {
    let mut stage = open();
    stage.join(4, Role::Moderator);
    stage.join(5, Role::User);
    // A promotion outlives a lost connection as well, and a kick ends it.
    for (number, right, role) in [(4, Role::Moderator, "user"), (5, Role::User, "moderator")] {
        let change = json!({ "action": "update_role", "participant_id": person(number), "new_role": role });
        stage.says(1, "moderation", change);
        is_cut(&mut stage, number);
        stage.join(number, right);
        let (_, success) = stage.hears(number).pop().expect("an answer");
        assert_eq!(success["role"], role);
    }
}

#[test]
fn who_waited_is_turned_away_when_the_room_has_filled_meanwhile() {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForEveryone;
    parameters.tariff.quotas.insert("room_participant_limit".into(), 2);
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    for number in [2, 3] {
        stage.join(number, Role::User);
        stage.says(1, "moderation", json!({ "action": "accept", "target": person(number) }));
    }
    stage.says(2, "core", json!({ "action": "enter_room" }));
    stage.hears(1);
    stage.says(3, "core", json!({ "action": "enter_room" }));
    let (name, blocked) = stage.hears(3).pop().expect("an answer");
    assert_eq!(name, "core.join_blocked");
    assert_eq!(blocked["reason"], "participant_limit_reached");
    assert_eq!(stage.closed[&3], 1013);
    assert_eq!(stage.names(1), ["core.left_waiting_room"]);
}

#[test]
fn guests_who_take_all_places_of_the_tariff_keep_no_moderator_out() {
    let mut parameters = parameters();
    parameters.tariff.quotas.insert("room_participant_limit".into(), 3);
    let mut stage = Stage::new(parameters);
    for number in 2..=4 {
        stage.join(number, Role::Guest);
    }
    stage.join(5, Role::Guest);
    assert_eq!(stage.names(5), ["core.join_blocked"]);
    stage.join(1, Role::Moderator);
    assert!(stage.names(1).contains(&"core.join_success".to_owned()));
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(4) }));
    assert!(stage.closed.contains_key(&4));
}

#[test]
fn a_change_of_the_room_from_outside_reaches_the_meeting() {
    let mut stage = open();
    stage.input(Input::ParametersChanged(ParametersChange {
        waiting_room: Some(WaitingRoom::ForEveryone),
        guest_access: Some(GuestAccess::WaitingRoom),
        ..ParametersChange::default()
    }));
    let names = stage.names(1);
    assert_eq!(names[0], "core.room_parameters_changed");
    assert!(
        names.contains(&"moderation.waiting_room_updated".to_owned()),
        "{names:?}"
    );
    stage.join(4, Role::Guest);
    assert_eq!(stage.names(4), ["core.in_waiting_room"]);
}

#[test]
fn a_ban_is_kept_and_a_kept_ban_holds_in_the_next_meeting() {
    let mut stage = open();
    stage.says(1, "moderation", json!({ "action": "ban", "target": person(2) }));
    let effect = Effect::RecordBan { participant: person(2) };
    assert!(stage.effects.iter().any(|(_, made)| *made == effect));

    let mut parameters = parameters();
    let banned = Banned {
        display_name: "Person 2".into(),
        avatar_url: Some("/v1/avatars/2".into()),
    };
    parameters.banned.insert(person(2), banned);
    let mut next = Stage::new(parameters);
    next.join(1, Role::Moderator);
    let (_, success) = next.hears(1).pop().expect("an answer");
    let banned = &success["module_data"]["moderation"]["banned_participants"];
    assert_eq!(banned[0]["display_name"], "Person 2");
    assert_eq!(banned[0]["avatar_url"], "/v1/avatars/2");
    next.join(2, Role::User);
    assert_eq!(next.names(2), ["moderation.banned"]);
    next.says(1, "moderation", json!({ "action": "unban", "target": person(2) }));
    let effect = Effect::ForgetBan { participant: person(2) };
    assert!(next.effects.iter().any(|(_, made)| *made == effect));
    next.join(2, Role::User);
    assert_eq!(next.names(2), ["core.join_success"]);
}

#[test]
fn what_the_tariff_disables_is_neither_offered_nor_obeyed() {
    let mut parameters = parameters();
    parameters.tariff.disabled_modules = vec!["chat".into(), "reaction".into(), "moderation".into()];
    parameters.tariff.disabled_features = vec!["core::guests_allowed".into()];
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    let (_, success) = stage.hears(1).swap_remove(0);
    let modules = &success["enabled_modules"];
    assert!(modules["chat"].is_null() && modules["reaction"].is_null());
    assert_eq!(modules["core"], json!([]));
    assert!(modules["moderation"].is_array(), "without it there is no meeting");
    // Front ends need the chat's data even then.
    assert_eq!(success["module_data"]["chat"]["enabled"], json!(false));
    assert!(success["module_data"]["reaction"].is_null());
    stage.says(1, "chat", json!({ "action": "enable_chat" }));
    stage.says(1, "reaction", json!({ "action": "react", "reaction": "heart" }));
    assert_eq!(
        stage.names(1),
        ["error.error:unknown_namespace", "error.error:unknown_namespace"]
    );
    stage.says(1, "raise_hands", json!({ "action": "raise_hand" }));
    assert_eq!(stage.names(1), ["raise_hands.hand_raised"]);
}

#[test]
fn a_numbered_command_is_acknowledged_once_and_not_before_the_media_server_has_done_its_part() {
    let mut stage = open();
    let numbered = |stage: &mut Stage, number: u64, namespace: &str, payload: serde_json::Value| {
        let frame = json!({ "namespace": namespace, "payload": payload, "transaction_id": number });
        stage.frame(1, &frame.to_string());
    };
    numbered(&mut stage, 7, "raise_hands", json!({ "action": "raise_hand" }));
    assert_eq!(stage.names(1), ["raise_hands.hand_raised", "echo.pong"]);
    assert_eq!(stage.names(2), ["raise_hands.hand_raised"]);
    numbered(
        &mut stage,
        8,
        "moderation",
        json!({ "action": "kick", "target": person(9) }),
    );
    assert_eq!(stage.names(1), ["moderation.error:unknown_participant"]);

    stage.media_is_slow = true;
    let role = json!({ "action": "update_role", "participant_id": person(2), "new_role": "moderator" });
    numbered(&mut stage, 9, "moderation", role);
    assert_eq!(stage.names(1), [] as [&str; 0]);
    let given = |(_, effect): &&(_, Effect)| matches!(effect, Effect::UpdateMediaPermission { .. });
    let id = stage.effects.iter().find(given).expect("the new permission").0;
    let outcome = Outcome::Done;
    stage.input(Input::Done { id, outcome });
    assert_eq!(stage.names(1), ["moderation.role_updated", "echo.pong"]);
}
