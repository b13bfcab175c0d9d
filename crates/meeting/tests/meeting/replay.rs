// SPDX-License-Identifier: EUPL-1.2
//! A meeting is what went into it: written down and read back, the same inputs make the same meeting.

use konvent_meeting::{
    ClientCommand, ClosingReason, ConnectionId, EffectId, Input, Meeting, Outcome, Parameters, ParametersChange,
    ParticipantId, Role,
};
use serde_json::json;
use uuid::Uuid;

use crate::parameters::{media_key, parameters};
use crate::player::Player;
use crate::stage::Stage;
use crate::transcripts::scripts;

#[test]
fn every_transcript_written_down_and_read_back_makes_the_same_meeting() {
    for (name, script) in scripts() {
        let mut player = Player::play(&script);
        let written = serde_json::to_string(&player.parameters).expect("parameters are data");
        let parameters: Parameters = serde_json::from_str(&written).expect("parameters are read back");
        let mut again = Meeting::new(parameters, media_key(), player.journal[0].0);
        let mut refused = Vec::new();
        for (now, written, outputs) in &player.journal {
            let input: Input = serde_json::from_str(written).expect("an input is read back");
            assert_eq!(&again.handle(*now, input), outputs, "{name}: {written}");
            refused.push(again.has_refused());
        }
        let parameters: Parameters = serde_json::from_str(&written).expect("parameters are read back");
        let mut kept = Meeting::new(parameters, media_key(), player.journal[0].0);
        for ((now, written, _), refused) in player.journal.iter().zip(refused) {
            let input: Input = serde_json::from_str(written).expect("an input is read back");
            if input.is_journalled() && !refused {
                kept.handle(*now, input);
            }
        }
        let first = player.meeting.as_mut().expect("a meeting");
        for meeting in [&mut *first, &mut again, &mut kept] {
            meeting.handle(player.journal.last().expect("an input").0, Input::Woke);
        }
        let seen = first.as_seen();
        assert_eq!(seen, again.as_seen(), "{name}");
        assert_eq!(seen, kept.as_seen(), "{name}: without what is not kept");
    }
}

/// Beyond the examples: what is given in another shape, and what is refused for other reasons.
const MORE: &[(&str, &str)] = &[
    (
        "chat",
        r#"{"action":"send_message","scope":"private","target":"00000000-0000-0000-0000-000000000003","content":"Hm"}"#,
    ),
    (
        "chat",
        r#"{"action":"send_message","scope":"private","target":"00000000-0000-0000-0000-000000000099","content":"Hm"}"#,
    ),
    (
        "chat",
        r#"{"action":"set_last_seen_timestamp","scope":"private","target":"00000000-0000-0000-0000-000000000099",
            "timestamp":"2026-01-01T02:00:00.123456789+02:00"}"#,
    ),
    (
        "chat",
        r#"{"action":"search_history","scope":"global","term":"x","message_index":7}"#,
    ),
    (
        "raise_hands",
        r#"{"action":"reset_raised_hands","target":"00000000-0000-0000-0000-000000000003"}"#,
    ),
    (
        "raise_hands",
        r#"{"action":"reset_raised_hands","target":["00000000-0000-0000-0000-000000000003"]}"#,
    ),
    (
        "polls",
        r#"{"action":"start","topic":"","choices":["Yes","No"],"duration":60}"#,
    ),
    (
        "polls",
        r#"{"action":"start","topic":"Lunch?","choices":["Yes"],"duration":60}"#,
    ),
    (
        "polls",
        r#"{"action":"start","topic":"Lunch?","multiple_choice":true,"choices":["Yes","No"],"duration":0}"#,
    ),
    ("timer", r#"{"action":"start","kind":"countdown","duration":0}"#),
    ("timer", r#"{"action":"start","kind":"stopwatch","title":"X"}"#),
    (
        "breakout",
        r#"{"action":"start","rooms":[{"name":"X"}],"move_assigned":true,"assigned_only":true}"#,
    ),
    ("breakout", r#"{"action":"start","rooms":[{"name":""}]}"#),
    ("breakout", r#"{"action":"switch_room","kind":"main"}"#),
    (
        "breakout",
        r#"{"action":"move_participants","participants":["00000000-0000-0000-0000-000000000099"],"kind":"breakout","id":0}"#,
    ),
    ("breakout", r#"{"action":"rename_room","id":0,"name":""}"#),
    ("breakout", r#"{"action":"stop"}"#),
    (
        "chat",
        r#"{"action":"send_message","scope":"breakout","target":0,"content":"Hm"}"#,
    ),
];

fn frames() -> Vec<String> {
    let examples = konvent_meeting::COMMANDS.iter();
    let examples =
        examples.flat_map(|(namespace, payloads)| payloads.iter().map(move |payload| (*namespace, *payload)));
    let all = examples.chain(MORE.iter().copied());
    all.map(|(namespace, payload)| format!(r#"{{"namespace":"{namespace}","payload":{payload},"transaction_id":7}}"#))
        .collect()
}

#[test]
fn a_command_is_written_down_as_it_was_understood_and_without_what_nobody_knows() {
    let now = jiff::Timestamp::UNIX_EPOCH;
    for frame in frames() {
        let padding = format!(
            r#""more":[1.50,"{}"],"payload":{{"more":null,{}"#,
            "x".repeat(5000),
            " ".repeat(5000)
        );
        let padded = frame.replacen(r#""payload":{"#, &padding, 1);
        let written = [&frame, &padded].map(|frame| {
            let command = konvent_meeting::parse(frame, now).expect("a command");
            serde_json::to_string(&command).expect("a command is data")
        });
        assert_eq!(written[0], written[1]);
        assert!(
            !written[0].contains("more") && written[0].len() < frame.len() + 60,
            "{}",
            written[0]
        );
        let read: ClientCommand = serde_json::from_str(&written[0]).expect("it is read back");
        assert_eq!(serde_json::to_string(&read).expect("a command is data"), written[0]);
        assert!(written[0].ends_with(r#","transaction_id":7}"#));
    }
}

/// A moderator, somebody with an account, a guest, one who waits, and perhaps a poll and a timer.
fn stage(busy: bool) -> Stage {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.join(2, Role::User);
    stage.join(3, Role::Guest);
    stage.says(1, "moderation", json!({ "action": "enable_waiting_room" }));
    stage.join(4, Role::Guest);
    if busy {
        let poll = json!({ "action": "start", "topic": "Lunch?", "choices": ["Yes", "No"], "duration": 60 });
        stage.says(1, "polls", poll);
        stage.says(1, "timer", json!({ "action": "start", "kind": "stopwatch" }));
        let restrict = json!({ "action": "enable_restrictions", "unrestricted_participants": [] });
        stage.says(1, "reaction", restrict);
        let rooms = json!([{ "name": "North" }, { "name": "South" }]);
        let start = json!({ "action": "start", "rooms": rooms, "assigned_only": true });
        stage.says(1, "breakout", start);
        stage.says(1, "chat", json!({ "action": "disable_chat" }));
        stage.says(1, "raise_hands", json!({ "action": "disable_raise_hands" }));
    }
    stage
}

/// All that can be told apart in what comes: ids, numbers of effects, what everybody sees.
fn traces(mut stage: Stage) -> String {
    stage.effects.clear();
    (1..=5).for_each(|number| drop(stage.hears(number)));
    let restrict = json!({ "action": "enable_microphone_restrictions", "unrestricted_participants": [] });
    stage.says(1, "moderation", restrict);
    stage.says(1, "chat", json!({ "action": "enable_chat" }));
    stage.says(
        2,
        "chat",
        json!({ "action": "send_message", "scope": "global", "content": "Hello" }),
    );
    stage.join(5, Role::Moderator);
    let heard: Vec<_> = (1..=5).map(|number| stage.hears(number)).collect();
    format!("{heard:?} {:?} {:?}", stage.effects, stage.meeting.as_seen())
}

#[test]
fn whatever_is_refused_or_not_kept_has_changed_nothing() {
    let (mut refused, mut unkept) = (0, 0);
    for busy in [false, true] {
        let untouched = traces(stage(busy));
        for frame in frames() {
            for sender in 1..=4 {
                let mut stage = stage(busy);
                stage.frame(sender, &frame);
                if stage.meeting.has_refused() {
                    refused += 1;
                    assert_eq!(traces(stage), untouched, "{sender} says {frame}");
                } else if !is_kept(&frame) {
                    unkept += 1;
                    assert_eq!(traces(stage), untouched, "{sender} says {frame}");
                }
            }
        }
    }
    assert!(refused > 200, "{refused}");
    assert!(unkept > 20, "{unkept}");
}

fn is_kept(frame: &str) -> bool {
    let command = konvent_meeting::parse(frame, jiff::Timestamp::UNIX_EPOCH).expect("a command");
    let connection = ConnectionId(Uuid::from_u128(1));
    Input::Command { connection, command }.is_journalled()
}

#[test]
fn what_only_reads_is_not_kept_and_everything_else_is() {
    let reads = ["ping", "create_new_access_token", "get_history_chunk", "search_history"];
    for frame in frames() {
        let only_reads = reads
            .iter()
            .any(|action| frame.contains(&format!(r#""action":"{action}""#)));
        assert_eq!(is_kept(&frame), !only_reads, "{frame}");
    }
}

#[test]
fn every_input_is_read_back_as_it_was() {
    let id = Uuid::from_u128(1);
    let (connection, participant) = (ConnectionId(id), ParticipantId(id));
    let done = |outcome| Input::Done {
        id: EffectId(1),
        outcome,
    };
    let inputs = [
        Input::Disconnected {
            connection,
            graceful: true,
        },
        Input::Restarted,
        Input::Woke,
        done(Outcome::Done),
        done(Outcome::Failed),
        done(Outcome::Muted(vec!["a:b".into()])),
        Input::ParametersChanged(ParametersChange {
            password: Some(None),
            ..ParametersChange::default()
        }),
        Input::ParametersChanged(ParametersChange::default()),
        Input::Close(ClosingReason::RoomDeleted),
        Input::Debrief,
        Input::Expel(participant),
        Input::RightChanged {
            participant,
            right: None,
        },
        Input::RightChanged {
            participant,
            right: Some(Role::User),
        },
    ];
    for input in inputs {
        let written = serde_json::to_string(&input).expect("an input is data");
        let read: Input = serde_json::from_str(&written).expect("an input is read back");
        assert_eq!(serde_json::to_string(&read).expect("an input is data"), written);
        if let Input::ParametersChanged(change) = read {
            assert_eq!(change.is_empty(), !written.contains("null"), "{written}");
        }
    }
}
