// SPDX-License-Identifier: EUPL-1.2
//! Whatever people do in whatever order: each connection is in exactly one place, whoever waits learns
//! nothing of the meeting, guests learn nothing that is for moderators, and all inside see the same people.

use std::collections::{BTreeMap, BTreeSet};

use crate::parameters::parameters;
use crate::player::Player;
use konvent_meeting::{ConnectionId, Input, Output, WaitingRoom};
use proptest::prelude::*;
use serde_json::Value;

const PEOPLE: [(&str, &str); 5] = [
    ("Olga", "moderator"),
    ("Bo", "user"),
    ("Cy", "user"),
    ("Gus", "guest"),
    ("Gia", "guest"),
];

const COMMANDS: [&str; 17] = [
    r#"core {"action":"enter_room"}"#,
    r#"chat {"action":"send_message","scope":"global","content":"Hello"}"#,
    r#"raise_hands {"action":"raise_hand"}"#,
    r#"moderation {"action":"accept","target":"@X"}"#,
    r#"moderation {"action":"kick","target":"@X"}"#,
    r#"moderation {"action":"send_to_waiting_room","target":"@X"}"#,
    r#"moderation {"action":"ban","target":"@X"}"#,
    r#"moderation {"action":"update_role","participant_id":"@X","new_role":"moderator"}"#,
    r#"moderation {"action":"change_waiting_room_state","new_state":"disabled"}"#,
    r#"moderation {"action":"change_waiting_room_state","new_state":"for_everyone"}"#,
    r#"moderation {"action":"debrief","kick_scope":"guests"}"#,
    r#"chat {"action":"send_message","scope":"private","target":"@X","content":"Psst"}"#,
    r#"breakout {"action":"start","rooms":[{"name":"North"},{"name":"South"}],"duration":60}"#,
    r#"breakout {"action":"switch_room","kind":"breakout","id":0}"#,
    r#"breakout {"action":"move_participants","participants":["@X"],"kind":"breakout","id":1}"#,
    r#"breakout {"action":"stop"}"#,
    r#"chat {"action":"send_message","scope":"breakout","target":0,"content":"Here"}"#,
];

const FOR_MODERATORS: [&str; 6] = [
    "joined_waiting_room",
    "left_waiting_room",
    "participant_accepted",
    "waiting_room_participants",
    "banned_participants",
    "s3cret",
];

/// What may be said to somebody who waits.
const FOR_WAITING: [&str; 9] = [
    "core in_waiting_room",
    "core join_blocked",
    "core error",
    "echo pong",
    "moderation accepted",
    "moderation sent_to_waiting_room",
    "moderation kicked",
    "moderation banned",
    "core closing",
];

#[derive(Default)]
struct World {
    /// Who holds which open socket.
    owner: BTreeMap<ConnectionId, usize>,
    /// Of each socket inside: its connection, and whose connections it sees, its own included.
    inside: BTreeMap<ConnectionId, (String, BTreeSet<String>)>,
    /// Connections whose line was cut: they may still be seen.
    cut: BTreeSet<String>,
    /// It was empty for too long: nobody comes in any more.
    ended: bool,
}

impl World {
    fn watch(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Send { to, frame } => {
                    for connection in to.iter() {
                        self.receive(*connection, frame);
                    }
                }
                Output::Close { connection, .. } => {
                    self.owner.remove(connection);
                    self.inside.remove(connection);
                }
                Output::Ended => self.ended = true,
                _ => {}
            }
        }
        let live: BTreeSet<String> = self.inside.values().map(|(own, _)| own.clone()).collect();
        let mut views = self.inside.values().map(|(_, seen)| seen);
        if let Some(first) = views.next() {
            assert!(views.all(|seen| seen == first), "everybody inside sees the same people");
            assert!(first.is_superset(&live), "everybody inside is seen");
            assert!(
                first.difference(&live).all(|other| self.cut.contains(other)),
                "nobody else is seen but those whose line was cut"
            );
        }
    }

    fn receive(&mut self, connection: ConnectionId, frame: &str) {
        let person = self
            .owner
            .get(&connection)
            .copied()
            .expect("frames go to open connections");
        if PEOPLE[person].1 == "guest" {
            for word in FOR_MODERATORS {
                assert!(!frame.contains(word), "a guest got {frame}");
            }
        }
        let frame: Value = serde_json::from_str(frame).expect("a frame is JSON");
        let payload = &frame["payload"];
        let message = payload["message"].as_str().unwrap_or_default();
        let text = |name: &str| payload[name].as_str().expect("an id").to_owned();
        match message {
            "join_success" => {
                let peers = payload["participants"].as_array().expect("a list");
                let own = payload["connections"].as_array().expect("a list");
                let others = peers
                    .iter()
                    .flat_map(|peer| peer["connections"].as_array().expect("a list"));
                let others = others
                    .chain(own)
                    .map(|c| c["connection_id"].as_str().expect("an id").to_owned());
                let mut seen: BTreeSet<_> = others.collect();
                let itself = text("connection_id");
                seen.insert(itself.clone());
                self.cut.remove(&itself);
                assert!(
                    self.inside.values().all(|(other, _)| *other != itself),
                    "a connection is one window's"
                );
                let before = self.inside.insert(connection, (itself, seen));
                assert!(before.is_none(), "nobody enters twice");
            }
            "sent_to_waiting_room" => drop(self.inside.remove(&connection)),
            _ => {}
        }
        let namespace = frame["namespace"].as_str().expect("a namespace");
        let Some((_, seen)) = self.inside.get_mut(&connection) else {
            let what = format!("{namespace} {message}");
            assert!(
                namespace == "error" || FOR_WAITING.contains(&what.as_str()),
                "somebody waiting got {what}"
            );
            return;
        };
        match message {
            "participant_connected" => assert!(seen.insert(text("connection_id"))),
            "participant_disconnected" => assert!(seen.remove(&text("connection_id"))),
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn everybody_is_in_one_place_and_learns_only_what_is_theirs(
        steps in prop::collection::vec((0..PEOPLE.len(), 0..COMMANDS.len() + 5, 0..PEOPLE.len()), 1..60),
        for_everyone: bool,
    ) {
        let mut parameters = parameters();
        parameters.waiting_room = if for_everyone { WaitingRoom::ForEveryone } else { WaitingRoom::ForGuests };
        let mut player = Player::new(parameters);
        let mut world = World::default();
        for (person, step, target) in steps {
            if world.ended {
                break;
            }
            let (name, role) = PEOPLE[person];
            let connected = world.owner.values().any(|owner| *owner == person);
            if step == COMMANDS.len() + 4 {
                world.watch(&player.passes(30));
            } else if step >= COMMANDS.len() + 2 || !connected {
                let (connection, input) = player.joining(name, role);
                world.owner.insert(connection, person);
                world.watch(&player.input(input));
            } else if step >= COMMANDS.len() {
                let connection = player.connection(name);
                world.owner.remove(&connection);
                let graceful = step == COMMANDS.len() + 1;
                if let Some((own, _)) = world.inside.remove(&connection) && !graceful {
                    world.cut.insert(own);
                }
                player.forget(connection);
                world.watch(&player.input(Input::Disconnected { connection, graceful }));
            } else {
                let target = player.id(PEOPLE[target].0).to_string();
                world.watch(&player.say(name, &COMMANDS[step].replace("@X", &target)));
            }
        }
    }
}
