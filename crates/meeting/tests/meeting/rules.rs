// SPDX-License-Identifier: EUPL-1.2
//! Stories of roles, rights to media, deadlines and ends: what holds whoever changed it, and when it is said.

use crate::parameters::parameters;
use crate::stage::{Stage, person};
use base64::Engine as _;
use konvent_meeting::{
    Act, ClosingReason, Effect, GuestAccess, Input, MediaSource, Outcome, ParametersChange, Role, Setting, WaitingRoom,
};
use serde_json::{Value, json};

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

/// What a token of somebody says.
fn grants(stage: &mut Stage, number: u128, action: &str) -> Value {
    stage.hears(number);
    stage.says(number, "livekit", json!({ "action": action }));
    let answer = stage.hears(number).pop().expect("an answer").1;
    let token = answer["token"].as_str().expect("a token").to_owned();
    let claims = token.split('.').nth(1).expect("claims");
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .expect("base64");
    serde_json::from_slice::<Value>(&claims).expect("JSON")["video"].take()
}

fn may_share(stage: &mut Stage, number: u128) -> bool {
    let sources = grants(stage, number, "create_new_access_token")["canPublishSources"].take();
    sources.as_array().expect("a list").contains(&json!("screen_share"))
}

#[test]
fn a_media_room_belongs_to_one_meeting_also_for_further_windows() {
    let mut next = parameters();
    next.seed = [8; 16];
    let rooms = [parameters(), next].map(|parameters| {
        let mut stage = Stage::new(parameters);
        stage.join(1, Role::Moderator);
        let actions = ["create_new_access_token", "request_popout_stream_access_token"];
        actions.map(|action| grants(&mut stage, 1, action)["room"].to_string())
    });
    assert_eq!(rooms[0][0], rooms[0][1]);
    assert_eq!(rooms[1][0], rooms[1][1]);
    assert_ne!(rooms[0][0], rooms[1][0]);
}

#[test]
fn every_end_takes_the_media_of_everybody_and_of_their_further_windows() {
    for end in [
        Input::Debrief,
        Input::Close(ClosingReason::RoomDeleted),
        Input::Close(ClosingReason::TimeLimitReached),
    ] {
        let mut stage = open();
        stage.says(3, "livekit", json!({ "action": "request_popout_stream_access_token" }));
        stage.effects.clear();
        assert!(stage.input(end));
        let [
            (_, Effect::RemoveMedia { identities, .. }),
            (_, Effect::DeleteMediaRoom { .. }),
        ] = &stage.effects[..]
        else {
            panic!("{:?}", stage.effects)
        };
        let mut wanted: Vec<String> = (1..=3).map(|n| format!("{}:{}", person(n), person(n))).collect();
        wanted.push(format!("{}-popout1", wanted[2]));
        assert_eq!(*identities, wanted);
    }
}

#[test]
fn a_meeting_is_woken_for_its_time_limit_whatever_happened_before_and_however_early_it_woke() {
    let mut parameters = parameters();
    parameters.tariff.quotas.insert("room_time_limit_secs".into(), 3600);
    let mut stage = Stage::new(parameters);
    let begin = stage.now;
    let limit = Some(begin + jiff::SignedDuration::from_secs(3600));
    stage.join(1, Role::Moderator);
    assert_eq!(stage.wakes_at.take(), limit);
    // The clock was set back, or the machine woke for something else.
    assert!(!stage.input(Input::Woke));
    assert_eq!(stage.wakes_at.take(), limit);
    // Everybody is gone for a moment: the minute of the empty room comes first, then the limit again.
    let gone = Input::Disconnected {
        connection: konvent_meeting::ConnectionId(person(1).0),
        graceful: true,
    };
    stage.input(gone);
    assert_eq!(stage.wakes_at.take(), Some(begin + jiff::SignedDuration::from_secs(60)));
    stage.join(1, Role::Moderator);
    assert_eq!(stage.wakes_at.take(), limit);
    // An idle alarm that comes although somebody is back.
    stage.now = begin + jiff::SignedDuration::from_secs(60);
    assert!(!stage.input(Input::Woke));
    assert_eq!(stage.wakes_at.take(), limit);
    // Woken late is woken.
    stage.now = begin + jiff::SignedDuration::from_secs(5000);
    assert!(stage.input(Input::Woke));
}

#[test]
fn a_moderator_by_right_who_was_sent_to_wait_comes_back_as_moderator() {
    let mut stage = open();
    stage.join(4, Role::Moderator);
    let promote = json!({ "action": "update_role", "participant_id": person(2), "new_role": "moderator" });
    stage.says(1, "moderation", promote);
    for number in [2, 4] {
        stage.says(
            1,
            "moderation",
            json!({ "action": "send_to_waiting_room", "target": person(number) }),
        );
        stage.says(1, "moderation", json!({ "action": "accept", "target": person(number) }));
        stage.hears(number);
        stage.says(number, "core", json!({ "action": "enter_room" }));
        let (_, success) = stage.hears(number).pop().expect("an answer");
        // A promotion ends with it, a right does not.
        assert_eq!(success["role"], if number == 4 { "moderator" } else { "user" });
    }
}

#[test]
fn who_is_put_down_outside_moderates_no_more_at_once() {
    let mut stage = open();
    stage.join(4, Role::Moderator);
    stage.input(Input::RightChanged {
        participant: person(4),
        right: Some(Role::User),
    });
    let told = stage.hears(4).pop().expect("told");
    assert_eq!(
        (told.0.as_str(), &told.1["new_role"]),
        ("moderation.role_updated", &json!("user"))
    );
    stage.says(4, "moderation", json!({ "action": "disable_waiting_room" }));
    assert_eq!(stage.names(4), ["moderation.error:insufficient_permissions"]);
    stage.input(Input::RightChanged {
        participant: person(4),
        right: Some(Role::Moderator),
    });
    assert!(stage.hears(4).pop().expect("told").1["moderator_data"].is_object());
    // The owner is the owner, whatever an invitation says.
    stage.input(Input::RightChanged {
        participant: person(1),
        right: None,
    });
    stage.says(1, "chat", json!({ "action": "clear_history" }));
    assert!(stage.names(1).contains(&"chat.history_cleared".to_owned()));
}

#[test]
fn whose_invitation_is_taken_back_waits_or_goes_as_strangers_do() {
    use WaitingRoom::{Disabled, ForEveryone, ForGuests};
    let (kicked, waits) = (&["moderation.kicked"][..], &["moderation.sent_to_waiting_room"][..]);
    for (access, waiting_room, wanted) in [
        (GuestAccess::Disabled, Disabled, kicked),
        (GuestAccess::WaitingRoom, Disabled, waits),
        (GuestAccess::DirectAccess, ForGuests, waits),
        (GuestAccess::DirectAccess, ForEveryone, waits),
        // Nobody waits: then this person does not, either, but moderates no more.
        (GuestAccess::DirectAccess, Disabled, &["moderation.role_updated"][..]),
    ] {
        let mut parameters = parameters();
        parameters.guest_access = access;
        parameters.waiting_room = waiting_room;
        let mut stage = Stage::new(parameters);
        stage.join(1, Role::Moderator);
        stage.join(4, Role::Moderator);
        stage.hears(4);
        stage.input(Input::RightChanged {
            participant: person(4),
            right: None,
        });
        assert_eq!(stage.names(4), wanted);
        assert_eq!(stage.closed.contains_key(&4), access == GuestAccess::Disabled);
        stage.says(4, "moderation", json!({ "action": "kick", "target": person(1) }));
        assert!(!stage.closed.contains_key(&1));
    }
}

#[test]
fn whose_invitation_is_taken_back_has_the_media_of_everybody_else() {
    let mut stage = open();
    stage.join(4, Role::Moderator);
    stage.says(
        1,
        "moderation",
        json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] }),
    );
    stage.effects.clear();
    stage.input(Input::RightChanged {
        participant: person(4),
        right: None,
    });
    let microphone = stage.effects.iter().any(|effect| {
        matches!(&effect.1, Effect::UpdateMediaPermission { permission, .. }
            if !permission.can_publish_sources.contains(&MediaSource::Microphone))
    });
    assert!(microphone, "the media server takes the microphone away");
}

#[test]
fn rights_are_told_when_the_media_server_has_them_and_in_the_order_they_were_given() {
    let mut stage = open();
    stage.media_is_slow = true;
    stage.effects.clear();
    let restrict = json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] });
    stage.says(1, "moderation", restrict);
    stage.says(
        1,
        "livekit",
        json!({ "action": "grant_screen_share_permission", "participants": [person(2)] }),
    );
    let effects: Vec<_> = stage
        .effects
        .iter()
        .filter(|(_, effect)| matches!(effect, Effect::UpdateMediaPermission { .. }))
        .map(|(id, _)| *id)
        .collect();
    // Two people lose the microphone, the moderator does not; one of them may share the screen.
    assert_eq!(effects.len(), 3);
    assert!(stage.hears(1).is_empty() && stage.hears(2).is_empty());
    for id in [effects[2], effects[0]] {
        stage.input(Input::Done {
            id,
            outcome: Outcome::Done,
        });
        assert!(stage.hears(1).is_empty());
    }
    // Somebody who is not in the media room yet holds nothing up.
    stage.input(Input::Done {
        id: effects[1],
        outcome: Outcome::Failed,
    });
    assert_eq!(
        stage.names(1),
        [
            "moderation.microphone_restrictions_enabled",
            "livekit.screen_share_permissions_updated"
        ]
    );
    assert_eq!(stage.names(2), ["moderation.microphone_restrictions_enabled"]);
}

#[test]
fn where_everybody_may_share_the_screen_taking_it_from_somebody_holds() {
    let mut parameters = parameters();
    parameters.screen_share_requires_permission = false;
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::Guest);
    let (_, joined) = stage.hears(2).remove(0);
    assert_eq!(
        joined["module_data"]["livekit"]["screen_share_requires_permission"],
        false
    );
    assert!(may_share(&mut stage, 2) && may_share(&mut stage, 3));
    stage.says(
        1,
        "livekit",
        json!({ "action": "revoke_screen_share_permission", "participants": [person(2)] }),
    );
    assert!(!may_share(&mut stage, 2) && may_share(&mut stage, 3));
    // Also after a lost connection, and whatever the rule is then.
    stage.input(Input::Disconnected {
        connection: konvent_meeting::ConnectionId(person(2).0),
        graceful: false,
    });
    stage.join(2, Role::User);
    assert!(!may_share(&mut stage, 2));
    stage.input(Input::ParametersChanged(ParametersChange {
        screen_share_requires_permission: Some(true),
        ..ParametersChange::default()
    }));
    assert!(!may_share(&mut stage, 2) && !may_share(&mut stage, 3) && may_share(&mut stage, 1));
    stage.says(
        1,
        "livekit",
        json!({ "action": "grant_screen_share_permission", "participants": [person(2)] }),
    );
    assert!(may_share(&mut stage, 2));
}

#[test]
fn whoever_may_not_speak_shares_sound_with_their_screen_only_if_a_moderator_lets_them_share() {
    let mut parameters = parameters();
    parameters.screen_share_requires_permission = false;
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    let publishes = |stage: &mut Stage, of: u128| -> Vec<MediaSource> {
        let identity = format!("{}:{}", person(of), person(of));
        let mut told = stage.effects.drain(..).filter_map(|(_, effect)| match effect {
            Effect::UpdateMediaPermission {
                identity: whose,
                permission,
                ..
            } if whose == identity => Some(permission),
            _ => None,
        });
        told.next_back().unwrap().can_publish_sources
    };
    let restrict = json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] });
    stage.says(1, "moderation", restrict);
    assert_eq!(
        publishes(&mut stage, 2),
        [MediaSource::Camera, MediaSource::ScreenShare]
    );
    stage.says(
        1,
        "livekit",
        json!({ "action": "grant_screen_share_permission", "participants": [person(2)] }),
    );
    let (screen, sound) = (MediaSource::ScreenShare, MediaSource::ScreenShareAudio);
    assert_eq!(publishes(&mut stage, 2), [MediaSource::Camera, screen, sound]);
    stage.says(1, "moderation", json!({ "action": "disable_microphone_restrictions" }));
    let sources = publishes(&mut stage, 2);
    assert!(
        [MediaSource::Microphone, screen, sound]
            .iter()
            .all(|source| sources.contains(source))
    );
}

#[test]
fn what_moderators_do_is_for_the_record_and_what_they_may_not_do_is_not() {
    let mut stage = open();
    stage.join(4, Role::User);
    stage.says(
        4,
        "chat",
        json!({ "action": "send_message", "scope": "global", "content": "Hello" }),
    );
    let record = |stage: &Stage| -> Vec<(Act, Vec<_>, Option<&str>)> {
        let deeds = stage.effects.iter().filter_map(|(_, effect)| match effect {
            Effect::Record { by, deed } if *by == person(1) => Some(deed.clone()),
            _ => None,
        });
        deeds
            .map(|deed| (deed.act, deed.targets, deed.value.map(Setting::as_str)))
            .collect()
    };
    for (namespace, command, act, targets, value) in [
        (
            "moderation",
            json!({ "action": "kick", "target": person(3) }),
            Act::Kicked,
            vec![3],
            None,
        ),
        (
            "moderation",
            json!({ "action": "ban", "target": person(2) }),
            Act::Banned,
            vec![2],
            None,
        ),
        (
            "moderation",
            json!({ "action": "unban", "target": person(2) }),
            Act::Unbanned,
            vec![2],
            None,
        ),
        (
            "moderation",
            json!({ "action": "update_role", "participant_id": person(4), "new_role": "moderator" }),
            Act::RoleGiven,
            vec![4],
            Some("moderator"),
        ),
        (
            "moderation",
            json!({ "action": "change_waiting_room_state", "new_state": "for_everyone" }),
            Act::WaitingRoomSet,
            vec![],
            Some("for_everyone"),
        ),
        (
            "moderation",
            json!({ "action": "mute", "participants": [person(4)] }),
            Act::Muted,
            vec![4],
            None,
        ),
        (
            "chat",
            json!({ "action": "disable_chat" }),
            Act::ChatSwitched,
            vec![],
            Some("disabled"),
        ),
        (
            "chat",
            json!({ "action": "clear_history" }),
            Act::ChatCleared,
            vec![],
            None,
        ),
        (
            "moderation",
            json!({ "action": "debrief", "kick_scope": "all" }),
            Act::Debriefed,
            vec![],
            Some("all"),
        ),
    ] {
        stage.effects.clear();
        stage.says(1, namespace, command);
        let targets = targets.into_iter().map(person).collect();
        assert_eq!(record(&stage), [(act, targets, value)]);
    }
    stage.effects.clear();
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(99) }));
    stage.says(1, "moderation", json!({ "action": "kick", "target": person(1) }));
    assert_eq!(record(&stage), []);
}

#[test]
fn what_is_done_to_nobody_or_changes_nothing_is_not_for_the_record() {
    let mut stage = open();
    let recorded = |stage: &mut Stage, namespace: &str, command: Value| {
        stage.effects.clear();
        stage.says(1, namespace, command);
        let mut deeds = stage.effects.iter().filter_map(|(_, effect)| match effect {
            Effect::Record { deed, .. } => Some(deed.targets.clone()),
            _ => None,
        });
        deeds.next()
    };
    let everything = [
        ("moderation", json!({ "action": "mute", "participants": [] })),
        ("moderation", json!({ "action": "disable_waiting_room" })),
        (
            "moderation",
            json!({ "action": "change_waiting_room_state", "new_state": "disabled" }),
        ),
        ("moderation", json!({ "action": "disable_microphone_restrictions" })),
        (
            "moderation",
            json!({ "action": "disable_display_name_change_restrictions" }),
        ),
        (
            "livekit",
            json!({ "action": "grant_screen_share_permission", "participants": [] }),
        ),
        (
            "livekit",
            json!({ "action": "revoke_screen_share_permission", "participants": [] }),
        ),
        ("chat", json!({ "action": "enable_chat" })),
        ("chat", json!({ "action": "clear_history" })),
        ("raise_hands", json!({ "action": "enable_raise_hands" })),
        ("raise_hands", json!({ "action": "reset_raised_hands" })),
        (
            "raise_hands",
            json!({ "action": "reset_raised_hands", "target": [person(2)] }),
        ),
        ("reaction", json!({ "action": "disable_restrictions" })),
    ];
    for (namespace, command) in everything {
        assert_eq!(recorded(&mut stage, namespace, command.clone()), None, "{command}");
    }
    // What does change something is recorded once, however often it is said.
    let all_but = |action: &str| json!({ "action": action, "unrestricted_participants": [person(2)] });
    let grant = json!({ "action": "grant_screen_share_permission", "participants": [person(2), person(3)] });
    for (namespace, command, targets) in [
        ("moderation", json!({ "action": "enable_waiting_room" }), vec![]),
        ("moderation", all_but("enable_microphone_restrictions"), vec![]),
        ("moderation", all_but("enable_display_name_change_restrictions"), vec![]),
        ("livekit", grant, vec![person(2), person(3)]),
        ("chat", json!({ "action": "disable_chat" }), vec![]),
        ("raise_hands", json!({ "action": "disable_raise_hands" }), vec![]),
        ("reaction", all_but("enable_restrictions"), vec![]),
    ] {
        assert_eq!(
            recorded(&mut stage, namespace, command.clone()),
            Some(targets),
            "{command}"
        );
        assert_eq!(recorded(&mut stage, namespace, command.clone()), None, "{command}");
    }
    // Hands are lowered by name.
    stage.says(1, "raise_hands", json!({ "action": "enable_raise_hands" }));
    for number in [2, 3] {
        stage.says(number, "raise_hands", json!({ "action": "raise_hand" }));
    }
    let lower = json!({ "action": "reset_raised_hands" });
    assert_eq!(
        recorded(&mut stage, "raise_hands", lower),
        Some(vec![person(2), person(3)])
    );
}

#[test]
fn a_newcomer_learns_the_rules_of_the_door_the_modules_and_how_to_dial_in() {
    let mut parameters = parameters();
    parameters.waiting_room = WaitingRoom::ForGuests;
    parameters.call_in = Some(konvent_meeting::CallIn {
        tel: "+49 30 1".into(),
        id: "0123456789".into(),
        password: "9876543210".into(),
    });
    let mut stage = Stage::new(parameters);
    for (number, role) in [(1, Role::Moderator), (2, Role::User)] {
        stage.join(number, role);
        let (_, success) = stage.hears(number).remove(0);
        let moderation = &success["module_data"]["moderation"];
        assert_eq!(moderation["waiting_room"], "for_guests");
        assert_eq!(moderation["guest_access"], "direct_access");
        assert!(success["enabled_modules"]["echo"].is_array());
        assert!(success.get("avatar_url").is_some());
        // For moderators only, unless the meeting shows its details to everybody.
        assert_eq!(
            success["meeting_details"]["call_in"].is_object(),
            role == Role::Moderator
        );
    }
}
