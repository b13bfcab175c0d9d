// SPDX-License-Identifier: EUPL-1.2
//! A meeting is what went into it: written down and read back, the same inputs make the same meeting.

use konvent_meeting::{
    ClosingReason, ConnectionId, EffectId, Input, Meeting, Outcome, Parameters, ParametersChange, ParticipantId, Role,
};
use uuid::Uuid;

use crate::parameters::media_key;
use crate::player::Player;
use crate::transcripts::scripts;

#[test]
fn every_transcript_written_down_and_read_back_makes_the_same_meeting() {
    for (name, script) in scripts() {
        let mut player = Player::play(&script);
        let written = serde_json::to_string(&player.parameters).expect("parameters are data");
        let parameters: Parameters = serde_json::from_str(&written).expect("parameters are read back");
        let mut again = Meeting::new(parameters, media_key(), player.journal[0].0);
        for (now, written, outputs) in &player.journal {
            let input: Input = serde_json::from_str(written).expect("an input is read back");
            assert_eq!(&again.handle(*now, input), outputs, "{name}: {written}");
        }
        let parameters: Parameters = serde_json::from_str(&written).expect("parameters are read back");
        let mut kept = Meeting::new(parameters, media_key(), player.journal[0].0);
        for (now, written, _) in &player.journal {
            let input: Input = serde_json::from_str(written).expect("an input is read back");
            if input.is_journalled() {
                kept.handle(*now, input);
            }
        }
        let first = player.meeting.as_mut().expect("a meeting");
        let seen = first.as_seen();
        assert_eq!(seen, again.as_seen(), "{name}");
        assert_eq!(seen, kept.as_seen(), "{name}: without what is not kept");
    }
}

#[test]
fn a_heartbeat_is_not_kept_and_everything_else_is() {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let connection = ConnectionId(Uuid::from_u128(1));
    for (namespace, examples) in konvent_meeting::COMMANDS {
        for payload in *examples {
            let frame = format!(r#"{{"namespace":"{namespace}","payload":{payload}}}"#);
            let command = konvent_meeting::parse(&frame, now).expect("a command");
            let input = Input::Command { connection, command };
            assert_eq!(input.is_journalled(), *namespace != "echo", "{frame}");
        }
    }
}

#[test]
fn every_input_is_read_back_as_it_was() {
    let id = Uuid::from_u128(1);
    let (connection, participant) = (ConnectionId(id), ParticipantId(id));
    let frame = r#"{"namespace":"chat","payload":{"action":"clear_history","more":[1.50]},"transaction_id":7}"#;
    let command = konvent_meeting::parse(frame, jiff::Timestamp::UNIX_EPOCH).expect("a command");
    let done = |outcome| Input::Done {
        id: EffectId(1),
        outcome,
    };
    let inputs = [
        Input::Command { connection, command },
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
        if let Input::Command { .. } = read {
            assert!(
                written.contains(&serde_json::to_string(frame).expect("text")),
                "{written}"
            );
        }
        if let Input::ParametersChanged(change) = read {
            assert_eq!(change.is_empty(), !written.contains("null"), "{written}");
        }
    }
}
