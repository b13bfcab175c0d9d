// SPDX-License-Identifier: EUPL-1.2
//! A meeting in a program that is killed again and again: whoever comes back finds what was, and what nobody has
//! acknowledged has happened whole or not at all. Beside the program, a meeting as a value hears the same and is never
//! interrupted: what it shows is what must be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use konvent_meeting::{
    ConnectionId, Creator, DeviceId, Dialect, Effect, GuestAccess, Input, Joining, MediaKey, Meeting, Outcome, Output,
    Parameters, ParticipantId, ParticipationKind, Role, RoomId, Tariff, WaitingRoom, parse,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::clock;
use crate::disk::{Folder, KONVENT, PASSWORD, Program};
use crate::postgres::Cluster;

const KILLS: usize = 50;
const PEOPLE: usize = 20;
/// The first have accounts: a moderator, and others who come by the link.
const ACCOUNTS: usize = 5;

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// What somebody sees who comes in now: all of the meeting, that they wait, or that they may not come in.
#[derive(Clone, Debug, PartialEq)]
enum View {
    Inside(Value),
    Waiting,
    Refused,
}

/// What is the same in both meetings, of what somebody learns who comes in.
fn seen(joined: &Value, people: &BTreeSet<Uuid>) -> View {
    let parts = ["id", "role", "display_name", "module_data", "participants"];
    let parts = parts
        .into_iter()
        .map(|part| (part.to_owned(), same(&joined[part], people)));
    View::Inside(Value::Object(parts.collect()))
}

fn same(value: &Value, people: &BTreeSet<Uuid>) -> Value {
    const OTHERWISE: [&str; 6] = [
        "connection_id",
        "connection_ids",
        "connections",
        "device_id",
        "avatar_url",
        "livekit",
    ];
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !OTHERWISE.contains(&name.as_str()));
            Value::Object(
                fields
                    .map(|(name, field)| (name.clone(), same(field, people)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(|item| same(item, people)).collect(),
        Value::String(text) if text.parse::<Timestamp>().is_ok() => "a time".into(),
        Value::String(text) if text.parse().is_ok_and(|id| !people.contains(&id)) => "an id".into(),
        other => other.clone(),
    }
}

#[derive(Clone)]
enum Heard {
    Comes(usize),
    Says(usize, String),
}

/// The meeting beside the program, made anew from what it heard.
struct Beside {
    meeting: Meeting,
    there: BTreeMap<usize, ConnectionId>,
    next: u128,
}

impl Beside {
    fn after(people: &[ParticipantId], heard: &[(Timestamp, Heard)]) -> Beside {
        let media = MediaKey {
            key: "key".into(),
            secret: "a secret of thirty-two characters".into(),
        };
        let mut beside = Beside {
            meeting: Meeting::new(parameters(people[0]), media, heard[0].0),
            there: BTreeMap::new(),
            next: 1,
        };
        for (at, heard) in heard {
            beside.hear(*at, heard, people);
        }
        beside
    }

    fn hear(&mut self, at: Timestamp, heard: &Heard, people: &[ParticipantId]) {
        match heard {
            Heard::Comes(number) => {
                let connection = ConnectionId(Uuid::from_u128(self.next));
                self.next += 1;
                self.there.insert(*number, connection);
                self.input(at, Input::Join(joining(*number, people[*number], connection)));
            }
            Heard::Says(number, frame) => {
                let Some(connection) = self.there.get(number).copied() else {
                    return;
                };
                let Ok(command) = parse(frame, at) else {
                    panic!("{frame}")
                };
                self.input(at, Input::Command { connection, command });
            }
        }
    }

    fn input(&mut self, at: Timestamp, input: Input) {
        for output in self.meeting.handle(at, input) {
            match output {
                Output::Close { connection, .. } => self.there.retain(|_, there| *there != connection),
                Output::Do { id, effect } if !effect.is_record() => {
                    // As the media server answers where nobody has any media.
                    let outcome = match effect {
                        Effect::UpdateMediaPermission { .. } => Outcome::Failed,
                        Effect::MuteMedia { .. } => Outcome::Muted(Vec::new()),
                        _ => Outcome::Done,
                    };
                    self.input(at, Input::Done { id, outcome });
                }
                _ => {}
            }
        }
    }

    fn views(&mut self, people: &[ParticipantId]) -> Vec<View> {
        let known = people.iter().map(|id| id.0).collect();
        let inside = self.meeting.as_seen();
        let view = |number| match self.there.get(&number) {
            None => View::Refused,
            Some(connection) => inside.get(connection).map_or(View::Waiting, |joined| {
                seen(&serde_json::from_str(joined).unwrap(), &known)
            }),
        };
        (0..PEOPLE).map(view).collect()
    }
}

fn name(number: usize) -> String {
    format!("Person {number}")
}

fn joining(number: usize, participant: ParticipantId, connection: ConnectionId) -> Joining {
    let (role, kind) = match number {
        0 => (Role::Moderator, ParticipationKind::Registered),
        1..ACCOUNTS => (Role::User, ParticipationKind::Registered),
        _ => (Role::Guest, ParticipationKind::Guest),
    };
    Joining {
        connection,
        participant,
        device: DeviceId(participant.0),
        display_name: name(number),
        avatar_url: None,
        role,
        kind,
        lobby: false,
        dialect: Dialect::July,
        media_url: Arc::from("ws://localhost"),
    }
}

fn parameters(owner: ParticipantId) -> Parameters {
    Parameters {
        room: RoomId(Uuid::from_u128(1)),
        owner: owner.0,
        created_by: Creator {
            title: String::new(),
            firstname: String::new(),
            lastname: String::new(),
            display_name: String::new(),
            avatar_url: String::new(),
        },
        password: None,
        waiting_room: WaitingRoom::Disabled,
        guest_access: GuestAccess::DirectAccess,
        event: None,
        invite_code: None,
        show_meeting_details: true,
        call_in: None,
        banned: BTreeMap::new(),
        tariff: Tariff {
            id: Uuid::nil(),
            name: String::new(),
            quotas: BTreeMap::new(),
            used_quota: BTreeMap::new(),
            disabled_features: Vec::new(),
            disabled_modules: Vec::new(),
        },
        screen_share_requires_permission: false,
        seed: [7; 16],
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The room of the program's meeting, and who may come in how.
struct House {
    program: Program,
    room: String,
    link: String,
    bearers: Vec<String>,
}

impl House {
    fn command(database: &str) -> Command {
        let mut command = Command::new(KONVENT);
        command.env("KONVENT_SIGNALING_JOINS_PER_MINUTE", "60000");
        if !database.is_empty() {
            command.env("KONVENT_DATABASE_URL", database);
        }
        command
    }

    async fn open(folder: &Folder, database: &str) -> House {
        let program = Program::start(House::command(database), &folder.0.join("data")).await;
        let post = async |path: &str, body: Value| {
            let request = program.client.post(format!("{}{path}", program.url)).json(&body);
            let reply = request.header("authorization", &program.bearer).send().await.unwrap();
            assert!(reply.status().is_success(), "{path}");
            reply.json::<Value>().await.unwrap()
        };
        let event = json!({"title": "Budget", "is_time_independent": true, "waiting_room": false,
            "guest_access": "direct_access"});
        let event = post("/v1/events", event).await;
        let room = event["room"]["id"].as_str().unwrap().to_owned();
        let link = post(&format!("/v1/rooms/{room}/invites"), json!({})).await;
        let mut bearers = vec![program.bearer.clone()];
        for number in 1..ACCOUNTS {
            let email = format!("person{number}@example.org");
            let person = json!({"email": email, "display_name": name(number), "password": PASSWORD});
            post("/v1/admin/users", person).await;
            bearers.push(program.log_in(&email).await);
        }
        House {
            link: link["invite_code"].as_str().unwrap().to_owned(),
            program,
            room,
            bearers,
        }
    }

    /// What somebody sees first, and their socket.
    async fn comes(&self, number: usize) -> (Option<Value>, Option<Socket>) {
        let way = if number < ACCOUNTS { "start" } else { "start_invited" };
        let url = format!("{}/v1/rooms/{}/{way}", self.program.url, self.room);
        let body = json!({"device_secret": format!("a device of person {number}"), "display_name": name(number),
            "invite_code": self.link, "dialect": "july"});
        let mut request = self.program.client.post(url).json(&body);
        if let Some(bearer) = self.bearers.get(number) {
            request = request.header("authorization", bearer);
        }
        let reply = request.send().await.unwrap();
        if reply.status() == StatusCode::FORBIDDEN {
            return (None, None);
        }
        assert_eq!(reply.status(), StatusCode::OK);
        let started: Value = reply.json().await.unwrap();
        let token = started["token"].as_str().unwrap();
        let url = format!("{}/v1/signaling/{token}", self.program.url.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(url).await.unwrap();
        loop {
            let Some(Ok(Message::Text(text))) = socket.next().await else {
                panic!("nobody said anything to person {number}")
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if ["join_success", "in_waiting_room"].contains(&frame["payload"]["message"].as_str().unwrap_or_default()) {
                return (Some(frame["payload"].clone()), Some(socket));
            }
        }
    }
}

/// Sends a command and waits until it is acknowledged, or its sender is put out.
async fn says(socket: &mut Option<Socket>, frame: &str, number: u64) {
    let Some(open) = socket else { return };
    if open.send(Message::text(frame.to_owned())).await.is_err() {
        *socket = None;
        return;
    }
    loop {
        match open.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["transaction_id"] == number {
                    return;
                }
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => {
                *socket = None;
                return;
            }
            Some(Ok(_)) => {}
        }
    }
}

/// Who says what next.
fn script(dice: &mut Dice, people: &[ParticipantId], step: u64) -> Vec<(usize, Value)> {
    let (one, other) = (dice.roll(PEOPLE), dice.roll(PEOPLE));
    let account = 1 + dice.roll(ACCOUNTS - 1);
    let guest = ACCOUNTS + dice.roll(PEOPLE - ACCOUNTS);
    let chat = |mut payload: Value| {
        payload["action"] = "send_message".into();
        payload["content"] = format!("What is said in step {step}").into();
        json!({"namespace": "chat", "payload": payload})
    };
    let moderation = |payload: Value| (0, json!({"namespace": "moderation", "payload": payload}));
    let hands = |action: &str| json!({"namespace": "raise_hands", "payload": {"action": action}});
    match dice.roll(20) {
        0..4 => vec![(one, chat(json!({"scope": "global"})))],
        4 | 5 => vec![(one, chat(json!({"scope": "private", "target": people[other]})))],
        6..9 => vec![(one, hands("raise_hand"))],
        9 => vec![(one, hands("lower_hand"))],
        10 => vec![(0, hands(["reset_raised_hands", "enable_raise_hands"][dice.roll(2)]))],
        11 => {
            let state = ["disabled", "for_guests", "for_everyone"][dice.roll(3)];
            vec![moderation(
                json!({"action": "change_waiting_room_state", "new_state": state}),
            )]
        }
        12 => vec![moderation(json!({"action": "kick", "target": people[guest]}))],
        13 => vec![moderation(json!({"action": "ban", "target": people[account]}))],
        14 => vec![moderation(json!({"action": "unban", "target": people[account]}))],
        15 => {
            let role = ["moderator", "user"][dice.roll(2)];
            vec![moderation(
                json!({"action": "update_role", "participant_id": people[account], "new_role": role}),
            )]
        }
        16 => {
            let name = format!("Renamed in step {step}");
            vec![moderation(
                json!({"action": "change_display_name", "target": people[guest], "new_name": name}),
            )]
        }
        17 => vec![moderation(
            json!({"action": "send_to_waiting_room", "target": people[guest]}),
        )],
        18 => {
            let enter = json!({"namespace": "core", "payload": {"action": "enter_room"}});
            vec![
                moderation(json!({"action": "accept", "target": people[guest]})),
                (guest, enter),
            ]
        }
        _ => {
            let action = ["enable_chat", "disable_chat", "clear_history"][dice.roll(3)];
            vec![(0, json!({"namespace": "chat", "payload": {"action": action}}))]
        }
    }
}

async fn goes_on(database: &str, seed: u64) {
    let folder = Folder::new();
    let mut house = House::open(&folder, database).await;
    let mut dice = Dice(seed);
    let (mut people, mut sockets, mut heard) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..PEOPLE {
        let (joined, socket) = house.comes(number).await;
        people.push(ParticipantId(joined.unwrap()["id"].as_str().unwrap().parse().unwrap()));
        sockets.push(socket);
        heard.push((clock::now(), Heard::Comes(number)));
    }
    let known: BTreeSet<Uuid> = people.iter().map(|id| id.0).collect();
    let (mut step, mut happened, mut longest) = (0, 0, Duration::ZERO);
    for kill in 0..KILLS {
        for _ in 0..dice.roll(12) {
            step += 1;
            for (number, mut frame) in script(&mut dice, &people, step) {
                frame["transaction_id"] = step.into();
                let frame = frame.to_string();
                says(&mut sockets[number], &frame, step).await;
                heard.push((clock::now(), Heard::Says(number, frame)));
            }
        }
        // One more, whose answer nobody waits for.
        step += 1;
        let (number, frame) = script(&mut dice, &people, step).swap_remove(0);
        let unacknowledged = (clock::now(), Heard::Says(number, frame.to_string()));
        if let Some(socket) = &mut sockets[number] {
            _ = socket.send(Message::text(frame.to_string())).await;
        }
        // The moment of the kill: before, while or after it is written.
        tokio::time::sleep(Duration::from_millis(dice.roll(30) as u64)).await;
        house.program.kill();
        let began = std::time::Instant::now();
        house.program = Program::start_again(House::command(database), &folder.0.join("data"), &house.program);
        let first = join_all((0..PEOPLE).map(|number| house.comes(number))).await;
        longest = longest.max(began.elapsed());
        // Whoever had been put out and is back is seen by all only now: everybody opens a second window.
        let came = join_all((0..PEOPLE).map(|number| house.comes(number))).await;
        drop(first);
        let (mut views, mut next) = (Vec::new(), Vec::new());
        for (first, socket) in came {
            views.push(match first {
                Some(first) if first["message"] == "join_success" => seen(&first, &known),
                Some(_) => View::Waiting,
                None => View::Refused,
            });
            next.push(socket);
        }
        sockets = next;
        let with = |more: Option<(Timestamp, Heard)>| {
            let mut heard = heard.clone();
            heard.extend(more);
            let mut beside = Beside::after(&people, &heard);
            for number in 0..PEOPLE {
                if !beside.there.contains_key(&number) {
                    let comes = (clock::now(), Heard::Comes(number));
                    beside.hear(comes.0, &comes.1, &people);
                    heard.push(comes);
                }
            }
            (beside.views(&people), heard)
        };
        let (without, with) = (with(None), with(Some(unacknowledged)));
        heard = if views == without.0 {
            without.1
        } else {
            happened += 1;
            for (number, (view, wanted)) in views.iter().zip(&with.0).enumerate() {
                assert_eq!(
                    view, wanted,
                    "person {number} after kill {kill} and step {step}, seed {seed}"
                );
            }
            with.1
        };
    }
    println!(
        "{step} commands, {happened} of {KILLS} unacknowledged ones happened, back after {longest:?} at the longest"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_after_every_kill_with_sqlite() {
    goes_on("", 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_after_every_kill_with_postgresql() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    goes_on(&cluster.new_database().await, 12).await;
}
