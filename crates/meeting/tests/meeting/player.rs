// SPDX-License-Identifier: EUPL-1.2
//! People at a meeting, driven by a script. Time passes only where the script says so.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::{Timestamp, ToSpan};
use konvent_meeting::*;
use serde_json::Value;
use uuid::Uuid;

use crate::parameters::media_key;

const OLGA: u128 = 0xa1;

pub struct Player {
    pub meeting: Option<Meeting>,
    pub parameters: Parameters,
    now: Timestamp,
    ids: Vec<(String, u128)>,
    connections: BTreeMap<ConnectionId, String>,
    sockets: u128,
    /// Whether the last command was a ping.
    pinged: bool,
    pub log: String,
    /// What went into the meeting, written down, and what came out.
    pub journal: Vec<(Timestamp, String, Vec<Output>)>,
}

impl Player {
    /// Olga owns the room.
    pub fn new(mut parameters: Parameters) -> Self {
        parameters.owner = Uuid::from_u128(OLGA);
        Self {
            meeting: None,
            parameters,
            now: "2026-01-01T10:00:00Z".parse().expect("a time"),
            ids: Vec::new(),
            connections: BTreeMap::new(),
            sockets: 0,
            pinged: false,
            log: String::new(),
            journal: Vec::new(),
        }
    }

    pub fn play(script: &str) -> Player {
        let mut player = Self::new(crate::parameters::parameters());
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            writeln!(player.log, "== {line}").expect("a string");
            player.line(line);
        }
        player
    }

    fn line(&mut self, line: &str) {
        if let Some(seconds) = line.strip_prefix("wait ") {
            self.passes(seconds.parse().expect("seconds"));
        } else if let Some(state) = line.strip_prefix("waiting room ") {
            self.parameters.waiting_room = serde_json::from_value(state.into()).expect("a state");
        } else if let Some(limit) = line.strip_prefix("at most ") {
            let limit = limit.trim_end_matches(" participants").parse().expect("a number");
            self.parameters
                .tariff
                .quotas
                .insert("room_participant_limit".into(), limit);
        } else if let Some(name) = line.strip_suffix(" leaves") {
            self.disconnect(name, true);
        } else if let Some(name) = line.strip_suffix(" vanishes") {
            self.disconnect(name, false);
        } else if let Some(person) = line.strip_suffix(") joins") {
            let (name, role) = person.split_once(" (").expect("NAME (ROLE) joins");
            self.join(name, role);
        } else {
            let (name, message) = line.split_once(": ").expect("NAME: NAMESPACE PAYLOAD");
            self.say(name, message);
        }
    }

    pub fn passes(&mut self, seconds: i64) -> Vec<Output> {
        self.now += seconds.seconds();
        self.input(Input::Woke)
    }

    pub fn id(&mut self, name: &str) -> Uuid {
        if let Some((_, id)) = self.ids.iter().find(|(known, _)| known == name) {
            return Uuid::from_u128(*id);
        }
        let id = if name == "Olga" {
            OLGA
        } else {
            0xb0 + self.ids.len() as u128
        };
        self.ids.push((name.to_owned(), id));
        Uuid::from_u128(id)
    }

    pub fn join(&mut self, name: &str, role: &str) -> ConnectionId {
        let (connection, input) = self.joining(name, role);
        self.input(input);
        connection
    }

    /// A new connection of somebody, not yet given to the meeting.
    pub fn joining(&mut self, name: &str, role: &str) -> (ConnectionId, Input) {
        let participant = self.id(name);
        self.sockets += 1;
        let connection = ConnectionId(Uuid::from_u128(0xcc00 + self.sockets));
        self.connections.insert(connection, name.to_owned());
        let role: Role = serde_json::from_value(role.into()).expect("a role");
        let guest = role == Role::Guest;
        let joining = Joining {
            connection,
            participant: ParticipantId(participant),
            device: DeviceId(participant),
            display_name: name.to_owned(),
            avatar_url: None,
            role,
            kind: if guest {
                ParticipationKind::Guest
            } else {
                ParticipationKind::Registered
            },
            lobby: false,
            dialect: Dialect::June,
            media_url: "wss://media.example".into(),
        };
        (connection, Input::Join(joining))
    }

    pub fn forget(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
    }

    fn disconnect(&mut self, name: &str, graceful: bool) {
        let connection = self.connection(name);
        self.forget(connection);
        self.input(Input::Disconnected { connection, graceful });
    }

    /// The latest connection of somebody.
    pub fn connection(&self, name: &str) -> ConnectionId {
        let own = self.connections.iter().rev().find(|(_, owner)| *owner == name);
        *own.unwrap_or_else(|| panic!("{name} is not connected")).0
    }

    pub fn say(&mut self, name: &str, message: &str) -> Vec<Output> {
        let (namespace, payload) = message.split_once(' ').expect("NAMESPACE PAYLOAD");
        let mut payload = payload.to_owned();
        for (name, id) in &self.ids {
            payload = payload.replace(&format!("@{name}"), &Uuid::from_u128(*id).to_string());
        }
        let frame = format!(r#"{{"namespace":"{namespace}","payload":{payload},"transaction_id":1}}"#);
        let connection = self.connection(name);
        self.pinged = namespace == "echo";
        let outputs = match parse(&frame, self.now) {
            Ok(command) => self.input(Input::Command { connection, command }),
            Err(frame) => {
                let output = Output::Send {
                    to: [connection].into(),
                    frame,
                };
                self.record(&output);
                vec![output]
            }
        };
        self.answered_once(connection, &frame, &outputs);
        outputs
    }

    /// Whoever is still there has exactly one answer to what they asked, and nobody else has it.
    fn answered_once(&self, connection: ConnectionId, asked: &str, outputs: &[Output]) {
        let answered: Vec<_> = outputs
            .iter()
            .filter_map(|output| match output {
                Output::Send { to, frame } if frame.contains(r#""transaction_id":1"#) => Some(to.to_vec()),
                _ => None,
            })
            .collect();
        let gone = !self.connections.contains_key(&connection);
        assert!(
            answered == [[connection]] || gone && answered.is_empty(),
            "{asked} was answered to {answered:?}"
        );
    }

    /// Feeds one input; effects are answered as a world would in which everybody has an open microphone.
    pub fn input(&mut self, input: Input) -> Vec<Output> {
        let now = self.now;
        let meeting = self
            .meeting
            .get_or_insert_with(|| Meeting::new(self.parameters.clone(), media_key(), now));
        let written = serde_json::to_string(&input).expect("an input is data");
        let mut outputs = meeting.handle(now, input);
        self.journal.push((now, written, outputs.clone()));
        for output in &outputs {
            self.record(output);
        }
        for output in outputs.clone() {
            let Output::Do { id, effect } = output else { continue };
            let outcome = match effect {
                Effect::MuteMedia { identities, .. } => Outcome::Muted(identities),
                Effect::UpdateMediaPermission { .. } => Outcome::Done,
                _ => continue,
            };
            outputs.extend(self.input(Input::Done { id, outcome }));
        }
        outputs
    }

    fn record(&mut self, output: &Output) {
        let line = match output {
            // What only says that a command was carried out is left out: it would stand after each.
            Output::Send { frame, .. } if !self.pinged && frame.contains(r#""namespace":"echo""#) => return,
            Output::Send { to, frame } => {
                let names: Vec<_> = to.iter().map(|id| self.name(*id)).collect();
                format!("{} <- {}", names.join(", "), self.readable(frame))
            }
            Output::Close { connection, code } => {
                let line = format!("{} closed with {code}", self.name(*connection));
                self.connections.remove(connection);
                line
            }
            Output::Do { effect, .. } => self.with_names(&format!("do {effect:?}")),
            Output::WakeAt(at) => format!("wake at {at}"),
            Output::Ended => "ended".to_owned(),
        };
        writeln!(self.log, "{line}").expect("a string");
    }

    fn name(&self, connection: ConnectionId) -> String {
        let name = self.connections.get(&connection).map_or("nobody", String::as_str);
        let short = connection.0.as_u128() - 0xcc00;
        format!("{name}/{short}")
    }

    /// A frame without what every frame has, tokens shortened, ids as names.
    fn readable(&self, frame: &str) -> String {
        let mut value: Value = serde_json::from_str(frame).expect("a frame is JSON");
        let namespace = value["namespace"].take();
        let transaction = value.get("transaction_id").map(|_| " (reply)").unwrap_or_default();
        let mut payload = value["payload"].take();
        shorten(&mut payload);
        self.with_names(&format!(
            "{}{transaction} {payload}",
            namespace.as_str().expect("a namespace")
        ))
    }

    fn with_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(&Uuid::from_u128(*id).to_string(), &format!("@{name}"));
        }
        for socket in 1..=self.sockets {
            text = text.replace(&Uuid::from_u128(0xcc00 + socket).to_string(), &format!("#{socket}"));
        }
        text
    }
}

fn shorten(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if name == "token" {
                    *field = "TOKEN".into();
                } else {
                    shorten(field);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        _ => {}
    }
}
