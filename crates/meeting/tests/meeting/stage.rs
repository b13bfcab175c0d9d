// SPDX-License-Identifier: EUPL-1.2
//! A stage for stories: people join a meeting, say something, and each remembers what they received. It is no server.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use konvent_meeting::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::parameters::media_key;

pub struct Stage {
    pub meeting: Meeting,
    pub now: Timestamp,
    /// Everything a connection received since it was last asked, oldest first.
    received: BTreeMap<u128, Vec<Value>>,
    pub closed: BTreeMap<u128, u16>,
    pub effects: Vec<(EffectId, Effect)>,
    /// When set, permissions stay undone until the story says so.
    pub media_is_slow: bool,
    pub wakes_at: Option<Timestamp>,
}

#[must_use]
pub fn person(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number))
}

impl Stage {
    pub fn new(parameters: Parameters) -> Stage {
        let now = "2026-11-24T10:00:00Z".parse().expect("a time");
        Stage {
            meeting: Meeting::new(parameters, media_key(), now),
            now,
            received: BTreeMap::new(),
            closed: BTreeMap::new(),
            effects: Vec::new(),
            media_is_slow: false,
            wakes_at: None,
        }
    }

    /// Person and connection have the same number here; 1 is the owner.
    pub fn join(&mut self, number: u128, role: Role) {
        self.join_with(number, number, role, Dialect::July);
    }

    pub fn join_with(&mut self, number: u128, connection: u128, role: Role, dialect: Dialect) {
        self.comes(number, connection, number + 1000, role, dialect);
    }

    pub fn on_device(&mut self, number: u128, connection: u128, device: u128, role: Role) {
        self.comes(number, connection, device, role, Dialect::July);
    }

    fn comes(&mut self, number: u128, connection: u128, device: u128, role: Role, dialect: Dialect) {
        let kind = if role == Role::Guest {
            ParticipationKind::Guest
        } else {
            ParticipationKind::Registered
        };
        self.closed.remove(&connection);
        self.input(Input::Join(Joining {
            connection: ConnectionId(Uuid::from_u128(connection)),
            participant: person(number),
            device: DeviceId(Uuid::from_u128(device)),
            display_name: format!("Person {number}"),
            avatar_url: None,
            role,
            kind,
            lobby: false,
            dialect,
            media_url: Arc::from("wss://konvent.example"),
        }));
    }

    pub fn says(&mut self, number: u128, namespace: &str, payload: Value) {
        self.frame(
            number,
            &json!({ "namespace": namespace, "payload": payload }).to_string(),
        );
    }

    pub fn frame(&mut self, number: u128, frame: &str) {
        match parse(frame, self.now) {
            Ok(command) => {
                self.input(Input::Command {
                    connection: ConnectionId(Uuid::from_u128(number)),
                    command,
                });
            }
            Err(frame) => self.deliver(number, &frame),
        }
    }

    fn deliver(&mut self, number: u128, frame: &str) {
        self.received
            .entry(number)
            .or_default()
            .push(serde_json::from_str(frame).expect("frames are JSON"));
    }

    pub fn input(&mut self, input: Input) -> bool {
        let mut ended = false;
        let mut done = Vec::new();
        for output in self.meeting.handle(self.now, input) {
            match output {
                Output::Send { to, frame } => to.iter().for_each(|to| self.deliver(to.0.as_u128(), &frame)),
                Output::Close { connection, code } => drop(self.closed.insert(connection.0.as_u128(), code)),
                Output::Do { id, effect } => {
                    if matches!(effect, Effect::UpdateMediaPermission { .. }) && !self.media_is_slow {
                        done.push(id);
                    }
                    self.effects.push((id, effect));
                }
                Output::WakeAt(at) => self.wakes_at = Some(at),
                Output::Ended => ended = true,
            }
        }
        for id in done {
            let outcome = Outcome::Done;
            ended |= self.input(Input::Done { id, outcome });
        }
        ended
    }

    /// What somebody received since last asked: `namespace.message` and the payload.
    pub fn hears(&mut self, number: u128) -> Vec<(String, Value)> {
        let name = |frame: &Value| {
            let payload = &frame["payload"];
            let message = payload["error"].as_str().map_or_else(
                || payload["message"].as_str().unwrap_or_default().to_owned(),
                |code| format!("error:{code}"),
            );
            format!("{}.{message}", frame["namespace"].as_str().unwrap_or_default())
        };
        let frames = self.received.remove(&number).unwrap_or_default();
        frames
            .into_iter()
            .map(|frame| (name(&frame), frame["payload"].clone()))
            .collect()
    }

    pub fn names(&mut self, number: u128) -> Vec<String> {
        self.hears(number).into_iter().map(|(name, _)| name).collect()
    }
}
