// SPDX-License-Identifier: EUPL-1.2
//! The way from `start` into a running meeting, over real sockets. Not the rules of a meeting: those are in its own
//! transcripts.

use std::net::SocketAddr;

use axum::http::{HeaderValue, Method, StatusCode, header};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use konvent_meeting::Input;
use konvent_sfu::SignalPath;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use super::{Database, Stage};
use crate::clock;
use crate::http::listen::{Listener, WRITE_TIMEOUT};
use crate::http::sockets::Limits;
use crate::http::websocket::{Outlet, Socket, Written};
use crate::signaling::meeting_task::Task;
use crate::signaling::registry::{NoSeat, Opening};

/// A moderator, a room, a guest link, and the server on a port of its own.
pub struct Room {
    pub stage: Stage,
    pub address: SocketAddr,
    pub anna: String,
    pub event: String,
    pub room: String,
    pub link: String,
    _serving: watch::Sender<bool>,
}

pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Room {
    pub async fn open() -> Room {
        Room::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Room {
        Room::of(Stage::open(Database::Sqlite, settings).await).await
    }

    pub async fn of(stage: Stage) -> Room {
        let anna = stage.person("anna@example.org", "Anna").await;
        let event = json!({"title": "Budget", "is_time_independent": true, "waiting_room": false,
            "guest_access": "direct_access"});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let room = event["room"]["id"].as_str().unwrap().to_owned();
        let event = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let link = stage
            .post(&format!("/v1/rooms/{room}/invites"), &anna, json!({}))
            .await
            .json();
        let link = link["invite_code"].as_str().unwrap().to_owned();
        let (address, serving) = serve(&stage).await;
        Room {
            stage,
            address,
            anna,
            event,
            room,
            link,
            _serving: serving,
        }
    }

    /// The same room in another program.
    pub async fn on(&self, stage: Stage) -> Room {
        let (address, serving) = serve(&stage).await;
        Room {
            anna: stage.bearer("anna@example.org").await,
            stage,
            address,
            event: self.event.clone(),
            room: self.room.clone(),
            link: self.link.clone(),
            _serving: serving,
        }
    }

    /// Another room of Anna's.
    pub async fn another(&self) -> String {
        let event = json!({"title": "Other", "is_time_independent": true});
        let event = self.stage.post("/v1/events", &self.anna, event).await.json();
        event["room"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn token_of(&self, room: &str) -> String {
        let body = json!({"device_secret": "a device of Anna's own"});
        let path = format!("/v1/rooms/{room}/start");
        let reply = self.stage.post(&path, &self.anna, body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn moderator_token(&self) -> String {
        self.token_of(&self.room).await
    }

    pub async fn guest_token(&self) -> String {
        let body = json!({"device_secret": "a device of Bo's own", "display_name": "Bo", "invite_code": self.link});
        let reply = self
            .stage
            .post(&format!("/v1/rooms/{}/start_invited", self.room), "", body)
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    /// How many are connected to the meeting.
    pub async fn connections(&self) -> usize {
        let meetings = self.stage.app.registry.running(crate::ids::TenantId::DEFAULT).await;
        meetings.iter().map(|meeting| meeting.connections).sum()
    }

    /// Of somebody with an account who comes by the guest link.
    pub async fn account_token(&self, authorization: &str) -> String {
        let body = json!({"device_secret": "a device with an account", "invite_code": self.link});
        let path = format!("/v1/rooms/{}/start", self.room);
        let reply = self.stage.post(&path, authorization, body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub fn url(&self, token: &str) -> String {
        format!("ws://{}/v1/signaling/{token}", self.address)
    }

    pub async fn connect(&self, token: &str) -> Client {
        Client(connect_async(self.url(token)).await.unwrap().0)
    }

    pub async fn refusal(&self, token: &str) -> u16 {
        status(connect_async(self.url(token)).await.err().unwrap())
    }
}

async fn serve(stage: &Stage) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (serving, stopped) = watch::channel(false);
    let listener = Listener {
        listener,
        tls: None,
        limits: Limits::NONE,
        write_timeout: WRITE_TIMEOUT,
    };
    tokio::spawn(listener.serve(stage.router.clone(), stopped));
    (address, serving)
}

fn status(error: Error) -> u16 {
    match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    }
}

impl Client {
    pub async fn say(&mut self, namespace: &str, payload: Value) {
        let frame = json!({"namespace": namespace, "payload": payload}).to_string();
        self.0.send(Message::text(frame)).await.unwrap();
    }

    /// The payload of the next message of this name, `message` or `error`.
    pub async fn hears(&mut self, namespace: &str, name: &str) -> Value {
        self.hears_one_of(&[(namespace, name)]).await
    }

    pub async fn hears_one_of(&mut self, names: &[(&str, &str)]) -> Value {
        loop {
            let text = match self.0.next().await {
                Some(Ok(Message::Text(text))) => text,
                // A sign of life, where a test takes its time.
                Some(Ok(Message::Ping(_))) => continue,
                other => panic!("{other:?} before {names:?}"),
            };
            let mut frame: Value = serde_json::from_str(&text).unwrap();
            let payload = frame["payload"].take();
            let is = |(namespace, name): &(&str, &str)| {
                frame["namespace"] == *namespace && (payload["message"] == *name || payload["error"] == *name)
            };
            if names.iter().any(is) {
                return payload;
            }
        }
    }

    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_guest_and_a_moderator_meet_chat_and_part() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    assert_eq!(anna.hears("core", "join_success").await["role"], "moderator");
    let mut bo = room.connect(&room.guest_token().await).await;
    let joined = bo.hears("core", "join_success").await;
    anna.hears("core", "participant_connected").await;
    bo.say(
        "chat",
        json!({"action": "send_message", "scope": "global", "content": "Hello"}),
    )
    .await;
    assert_eq!(anna.hears("chat", "message_sent").await["content"], "Hello");
    anna.say("moderation", json!({"action": "kick", "target": joined["id"]}))
        .await;
    bo.hears("moderation", "kicked").await;
    assert_eq!(bo.close_code().await, 1000);
    anna.hears("core", "participant_disconnected").await;
}

#[tokio::test]
async fn a_token_opens_one_connection_and_a_made_up_one_none() {
    let room = Room::open().await;
    let token = room.guest_token().await;
    let mut bo = room.connect(&token).await;
    bo.hears("core", "join_success").await;
    assert_eq!(room.refusal(&token).await, 401);
    assert_eq!(room.refusal("7f000000-0000-4000-8000-000000000001").await, 401);
    assert_eq!(room.refusal("no-token").await, 401);
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_connect_and_the_token_stays_good() {
    let room = Room::open().await;
    let token = room.guest_token().await;
    let mut request = room.url(&token).into_client_request().unwrap();
    request
        .headers_mut()
        .insert(header::ORIGIN, HeaderValue::from_static("https://evil.example"));
    assert_eq!(status(connect_async(request).await.err().unwrap()), 403);
    room.connect(&token).await.hears("core", "join_success").await;
}

#[tokio::test]
async fn pages_that_the_settings_name_may_connect() {
    let room = Room::with(&[("KONVENT_HTTP_ALLOWED_ORIGINS", "https://app.example.org")]).await;
    for (page, may) in [("https://app.example.org", true), ("https://evil.example", false)] {
        let token = room.guest_token().await;
        let mut request = room.url(&token).into_client_request().unwrap();
        request
            .headers_mut()
            .insert(header::ORIGIN, HeaderValue::from_static(page));
        assert_eq!(connect_async(request).await.is_ok(), may, "{page}");
    }
}

#[tokio::test]
async fn a_malformed_frame_is_answered_and_the_connection_lives() {
    let room = Room::open().await;
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.0.send(Message::text("{not json")).await.unwrap();
    bo.hears("error", "invalid_json").await;
    bo.0.send(Message::binary(vec![0xff, 0x00])).await.unwrap();
    bo.hears("error", "invalid_json").await;
    bo.say("nowhere", json!({"action": "x"})).await;
    bo.hears("error", "unknown_namespace").await;
    bo.say("echo", json!({"action": "ping"})).await;
    bo.hears("echo", "pong").await;
}

#[tokio::test]
async fn an_oversized_frame_closes_its_own_connection_with_1009() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.0.send(Message::text("x".repeat(70_000))).await.unwrap();
    assert_eq!(bo.close_code().await, 1009);
    anna.say("echo", json!({"action": "ping"})).await;
    anna.hears("echo", "pong").await;
}

#[tokio::test]
async fn a_client_that_is_cut_off_and_comes_back_goes_on_and_nobody_notices() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let mut bo = room.connect(&room.guest_token().await).await;
    anna.hears("core", "participant_connected").await;
    let before = bo.hears("core", "join_success").await;
    let id = before["connection_id"].as_str().unwrap();
    let cut = konvent_meeting::Input::Disconnected {
        connection: konvent_meeting::ConnectionId(id.parse().unwrap()),
        graceful: false,
    };
    let meeting = konvent_meeting::RoomId(room.room.parse().unwrap());
    room.stage.app.registry.tell(meeting, cut).await;
    let mut back = room.connect(&room.guest_token().await).await;
    let after = back.hears("core", "join_success").await;
    assert_eq!(after["connection_id"], before["connection_id"]);
    back.say(
        "chat",
        json!({"action": "send_message", "scope": "global", "content": "Back"}),
    )
    .await;
    let Some(Ok(Message::Text(next))) = anna.0.next().await else {
        panic!("Anna was let go of")
    };
    assert!(next.contains("Back"), "{next}");
}

#[tokio::test]
async fn who_sends_too_fast_is_told_so_and_loses_nothing() {
    let room = Room::open().await;
    let mut bo = room.connect(&room.guest_token().await).await;
    for _ in 0..33 {
        bo.say("echo", json!({"action": "ping"})).await;
    }
    bo.hears("error", "slow_down").await;
    bo.hears("echo", "pong").await;
}

#[tokio::test]
async fn a_stopping_server_says_so_and_lets_nobody_in() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let unused = room.guest_token().await;
    let (told, ()) = tokio::join!(
        async {
            let closing = anna.hears("core", "closing").await;
            (closing, anna.close_code().await)
        },
        room.stage.app.registry.stop()
    );
    assert_eq!(
        (told.0["reason"].as_str().unwrap(), told.1),
        ("graceful_shutdown", 1012)
    );
    assert_eq!(room.refusal(&unused).await, 401);
    let body = json!({"device_secret": "a device of Bo's own", "display_name": "Bo", "invite_code": room.link});
    let reply = room
        .stage
        .post(&format!("/v1/rooms/{}/start_invited", room.room), "", body)
        .await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_meeting_that_takes_nothing_holds_up_neither_the_end_of_the_server_nor_other_meetings() {
    let room = Room::open().await;
    let registry = &room.stage.app.registry;
    let id = konvent_meeting::RoomId(room.another().await.parse().unwrap());
    let ticket = registry.redeem(room.guest_token().await.parse().unwrap()).unwrap();
    let for_ever = || -> Opening { Box::pin(std::future::pending()) };
    let (_client, line) = tokio::io::duplex(64);
    let socket = Socket::new(line, 64, WebSocketConfig::default()).await;
    let reading = registry.reading(id);
    let stuck = registry
        .join((ticket.tenant, id), ticket.joining, reading, ("", for_ever), || {
            socket.outlet()
        })
        .await
        .unwrap();
    while let Ok(place) = stuck.meeting.try_reserve() {
        place.send(Task::Input(Input::Woke));
    }
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    tokio::join!(anna.close_code(), registry.stop());
}

#[tokio::test]
async fn pings_of_a_media_client_cost_what_requests_do_whichever_of_its_connections_they_come_on() {
    // Fewer than may be asked at once (`WORK` of the media server), twice as many are more.
    const PINGS: u16 = 900;
    let room = Room::open().await;
    let mut bo = room.connect(&room.guest_token().await).await;
    let joined = bo.hears("core", "join_success").await;
    let token = joined["module_data"]["livekit"]["token"].as_str().unwrap();
    let query = format!("access_token={token}&protocol=15");
    let (mut socket, _) = connect_async(format!("ws://{}/rtc?{query}", room.address))
        .await
        .unwrap();
    for number in 0..PINGS {
        let ping = Message::Ping(number.to_be_bytes().to_vec().into());
        socket.send(ping).await.unwrap();
    }
    let last = (PINGS - 1).to_be_bytes();
    while !matches!(socket.next().await, Some(Ok(Message::Pong(number))) if number[..] == last) {}
    let sfu = &room.stage.app.media.sfu;
    let admission = sfu.admit(SignalPath::Rtc, &query, None, clock::unix()).unwrap();
    let other = sfu.connect(admission).unwrap();
    assert!(other.requests.ready().now_or_never().is_some(), "there is some left");
    for _ in 0..PINGS {
        other.requests.alive();
    }
    assert!(other.requests.ready().now_or_never().is_none(), "all is spent");
}

#[tokio::test]
async fn a_running_meeting_hears_what_is_changed_about_its_room_and_only_that() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let patch = async |change: Value| {
        let reply = room
            .stage
            .ask(Method::PATCH, &room.event, &room.anna, Some(change))
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    };
    patch(json!({"title": "Budget and bridge", "guest_access": "direct_access"})).await;
    let heard = anna.hears("core", "room_parameters_changed").await;
    assert_eq!(heard["change"], json!({"title": "Budget and bridge"}));
    patch(json!({"waiting_room": true})).await;
    let heard = anna.hears("core", "room_parameters_changed").await;
    assert_eq!(heard["change"], json!({"waiting_room": "for_everyone"}));
    let heard = anna.hears("moderation", "waiting_room_enabled").await;
    assert_eq!(heard["new_state"], "for_everyone");
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.hears("core", "in_waiting_room").await;
}

#[tokio::test]
async fn a_running_meeting_hears_what_is_changed_at_the_room_itself() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let path = format!("/v1/rooms/{}", room.room);
    let change = json!({"waiting_room": true, "password": "s3cret", "screen_share_requires_permission": true});
    let reply = room.stage.ask(Method::PATCH, &path, &room.anna, Some(change)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let heard = anna.hears("core", "room_parameters_changed").await;
    let wanted =
        json!({"waiting_room": "for_everyone", "password": "s3cret", "screen_share_requires_permission": true});
    assert_eq!(heard["change"], wanted);
    let body = json!({"device_secret": "a device of Bo's own", "display_name": "Bo", "invite_code": room.link,
        "password": "s3cret"});
    let path = format!("{path}/start_invited");
    let token = room.stage.post(&path, "", body).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    room.connect(&token).await.hears("core", "in_waiting_room").await;
}

#[tokio::test]
async fn what_a_moderator_does_in_a_meeting_is_in_the_audit_log_in_the_order_in_which_it_was_done() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let mut bo = room.connect(&room.account_token(&bo).await).await;
    let bo_is = bo.hears("core", "join_success").await["id"].clone();
    let mut gast = room.connect(&room.guest_token().await).await;
    let gast_is = gast.hears("core", "join_success").await["id"].clone();
    bo.say("raise_hands", json!({"action": "raise_hand"})).await;
    anna.hears("raise_hands", "hand_raised").await;
    bo.say(
        "chat",
        json!({"action": "send_message", "scope": "global", "content": "Hello"}),
    )
    .await;
    anna.hears("chat", "message_sent").await;

    let deeds = [
        (
            "moderation",
            json!({"action": "change_display_name", "target": gast_is, "new_name": "Gast"}),
            "renamed",
        ),
        (
            "moderation",
            json!({"action": "enable_display_name_change_restrictions", "unrestricted_participants": []}),
            "renaming",
        ),
        (
            "moderation",
            json!({"action": "enable_microphone_restrictions", "unrestricted_participants": []}),
            "microphones",
        ),
        (
            "moderation",
            json!({"action": "mute", "participants": [bo_is]}),
            "muted",
        ),
        (
            "livekit",
            json!({"action": "revoke_screen_share_permission", "participants": [bo_is]}),
            "screen_sharing",
        ),
        ("chat", json!({"action": "disable_chat"}), "chat"),
        ("chat", json!({"action": "clear_history"}), "chat_cleared"),
        ("raise_hands", json!({"action": "reset_raised_hands"}), "hands_lowered"),
        ("raise_hands", json!({"action": "disable_raise_hands"}), "hands"),
        (
            "reaction",
            json!({"action": "enable_restrictions", "unrestricted_participants": []}),
            "reactions",
        ),
        (
            "breakout",
            json!({"action": "start", "rooms": [{"name": "North"}]}),
            "breakout_started",
        ),
        (
            "breakout",
            json!({"action": "move_participants", "participants": [bo_is], "kind": "breakout", "id": 0}),
            "moved",
        ),
        ("breakout", json!({"action": "stop"}), "breakout_stopped"),
        (
            "moderation",
            json!({"action": "change_waiting_room_state", "new_state": "for_everyone"}),
            "waiting_room",
        ),
        (
            "moderation",
            json!({"action": "send_to_waiting_room", "target": gast_is}),
            "sent_to_waiting_room",
        ),
        ("moderation", json!({"action": "accept", "target": gast_is}), "let_in"),
        ("moderation", json!({"action": "kick", "target": gast_is}), "kicked"),
        (
            "moderation",
            json!({"action": "update_role", "participant_id": bo_is, "new_role": "moderator"}),
            "role",
        ),
        (
            "moderation",
            json!({"action": "update_role", "participant_id": bo_is, "new_role": "user"}),
            "role",
        ),
        ("moderation", json!({"action": "ban", "target": bo_is}), "banned"),
        ("moderation", json!({"action": "unban", "target": bo_is}), "unbanned"),
        (
            "moderation",
            json!({"action": "debrief", "kick_scope": "all"}),
            "debriefed",
        ),
    ];
    let mut expected = Vec::new();
    for (namespace, command, action) in deeds {
        anna.say(namespace, command).await;
        expected.push(format!("meeting.{action}"));
    }
    anna.hears("moderation", "debriefing_started").await;
    // It returns when everything that the meeting asked for is done.
    tokio::join!(anna.close_code(), room.stage.app.registry.stop());
    let mut actions = crate::tests::actions(&room.stage.app.db).await;
    actions.retain(|action| action.starts_with("meeting."));
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn who_is_put_down_or_uninvited_outside_is_so_in_the_running_meeting_and_with_unused_tokens() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let id = room.stage.get("/v1/users/me", &bo).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let invites = format!("{}/invites", room.event);
    let invited = json!({"invitee": id, "role": "moderator"});
    room.stage.post(&invites, &room.anna, invited).await;
    let start = async |device: &str| {
        let body = json!({"device_secret": format!("a device of Bo's, {device}"), "dialect": "july"});
        let reply = room
            .stage
            .post(&format!("/v1/rooms/{}/start", room.room), &bo, body)
            .await;
        reply.json()["token"].as_str().map(str::to_owned)
    };
    let mut first = room.connect(&start("first").await.unwrap()).await;
    assert_eq!(first.hears("core", "join_success").await["role"], "moderator");
    let own = format!("{invites}/{id}");
    let put_down = Some(json!({"role": "user"}));
    let reply = room.stage.ask(Method::PATCH, &own, &room.anna, put_down).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    assert_eq!(first.hears("moderation", "role_updated").await["new_role"], "user");
    first
        .say(
            "moderation",
            json!({"action": "change_waiting_room_state", "new_state": "disabled"}),
        )
        .await;
    first.hears("moderation", "insufficient_permissions").await;
    let unused = start("second").await.unwrap();
    anna.say(
        "moderation",
        json!({"action": "change_waiting_room_state", "new_state": "for_everyone"}),
    )
    .await;
    first.hears("moderation", "waiting_room_updated").await;
    let reply = room.stage.ask(Method::DELETE, &own, &room.anna, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    first.hears("moderation", "sent_to_waiting_room").await;
    assert_eq!(anna.hears("core", "joined_waiting_room").await["participant_id"], id);
    assert_eq!(room.refusal(&unused).await, 401);
    assert!(start("third").await.is_none());
    let log = room.stage.app.db.clone();
    let actions = crate::tests::actions(&log).await;
    for action in ["invitation.created", "invitation.changed", "invitation.deleted"] {
        assert!(actions.contains(&action.to_owned()), "{actions:?}");
    }
}

/// What the media server says first to whoever comes with this token: `JoinResponse` has the number 1 in `SignalResponse`,
/// `LeaveRequest` the number 8 (LiveKit's protocol), each written as a tag of one byte.
async fn media_server_says(room: &Room, token: &str) -> Option<u8> {
    said_next(&mut media_client(room, token).await?).await
}

async fn media_client(room: &Room, token: &str) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
    let url = format!("ws://{}/rtc?access_token={token}&protocol=15", room.address);
    Some(connect_async(url).await.ok()?.0)
}

async fn said_next(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Option<u8> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => return bytes.first().map(|tag| tag >> 3),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return None,
        }
    }
}

#[tokio::test]
async fn media_goes_along_into_a_breakout_room_and_back_and_tokens_of_where_one_was_open_nothing() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let mut bo = room.connect(&room.guest_token().await).await;
    let joined = bo.hears("core", "join_success").await;
    let token = |livekit: &Value| livekit["token"].as_str().unwrap().to_owned();
    let rooms = json!([{"name": "North", "assignments": [joined["id"]]}, {"name": "South"}]);
    anna.say("breakout", json!({"action": "start", "rooms": rooms})).await;
    assert_eq!(bo.hears("breakout", "started").await["assignment"], 0);

    let mut old = token(&joined["module_data"]["livekit"]);
    let ways = [
        json!({"action": "switch_room", "kind": "breakout", "id": 0}),
        json!({"action": "move_participants", "participants": [joined["id"]], "kind": "breakout", "id": 1}),
        json!({"action": "stop"}),
    ];
    for (way, place) in ways.into_iter().zip([":0:", ":1:", ":main:"]) {
        let mut media = media_client(&room, &old).await.unwrap();
        assert_eq!(said_next(&mut media).await, Some(1), "before {way}");
        let who = if way["action"] == "switch_room" {
            &mut bo
        } else {
            &mut anna
        };
        who.say("breakout", way.clone()).await;
        let moved = bo.hears("breakout", "switched_room").await;
        assert_eq!(
            anna.hears("breakout", "participant_switched_room").await["participant_id"],
            joined["id"]
        );
        let livekit = &moved["own_data"]["livekit"];
        assert!(livekit["room"].as_str().unwrap().contains(place), "{livekit}");
        // The media server lets go of them, and from then on nobody comes in there as them.
        while said_next(&mut media).await.is_some_and(|said| said != 8) {}
        assert_eq!(media_server_says(&room, &old).await, Some(8), "after {way}");
        old = token(livekit);
        assert_eq!(media_server_says(&room, &old).await, Some(1), "after {way}");
        anna.say("livekit", json!({"action": "create_new_access_token"})).await;
        let annas = anna.hears("livekit", "credentials").await;
        assert!(annas["room"].as_str().unwrap().contains(":main:"), "{annas}");
    }
    bo.hears("breakout", "closed").await;
}

#[tokio::test]
async fn a_media_token_of_one_meeting_opens_nothing_once_it_has_ended_also_not_the_next_meeting_in_the_room() {
    let room = Room::open().await;
    let ada = room.stage.administrator("ada@example.org").await;
    let mut bo = room.connect(&room.guest_token().await).await;
    let joined = bo.hears("core", "join_success").await;
    bo.say("livekit", json!({"action": "request_popout_stream_access_token"}))
        .await;
    let hidden = bo.hears("livekit", "popout_stream_access_token").await;
    let tokens = [&joined["module_data"]["livekit"]["token"], &hidden["token"]].map(|token| token.as_str().unwrap());
    assert_eq!(
        media_server_says(&room, tokens[1]).await,
        Some(1),
        "it is good while the meeting lasts"
    );
    let meeting = format!("/v1/admin/meetings/{}", room.room);
    let reply = room.stage.ask(Method::DELETE, &meeting, &ada, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    assert_eq!(bo.close_code().await, 1000);
    let mut anna = room.connect(&room.moderator_token().await).await;
    let next = anna.hears("core", "join_success").await;
    let livekit = &next["module_data"]["livekit"];
    assert_ne!(livekit["room"], joined["module_data"]["livekit"]["room"]);
    assert_eq!(
        media_server_says(&room, livekit["token"].as_str().unwrap()).await,
        Some(1)
    );
    for token in tokens {
        assert_eq!(
            media_server_says(&room, token).await,
            Some(8),
            "a leave, and nothing else"
        );
    }
}

#[tokio::test]
async fn deleting_an_event_ends_its_meeting_and_earlier_tokens_begin_no_other() {
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let mut bo = room.connect(&room.guest_token().await).await;
    bo.hears("core", "join_success").await;
    let unused = room.guest_token().await;
    let reply = room.stage.ask(Method::DELETE, &room.event, &room.anna, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    for client in [&mut anna, &mut bo] {
        assert_eq!(client.hears("core", "closing").await["reason"], "room_deleted");
        assert_eq!(client.close_code().await, 1000);
    }
    assert_eq!(room.refusal(&unused).await, 401);
}

#[tokio::test]
async fn what_is_changed_while_somebody_is_let_in_makes_them_ask_again() {
    let room = Room::open().await;
    let registry = &room.stage.app.registry;
    let id = konvent_meeting::RoomId(room.room.parse().unwrap());
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let bo = room.stage.get("/v1/users/me", &bo).await.json()["id"].clone();
    let invites = format!("{}/invites", room.event);
    let email = json!({"email": "citizen@example.com"});
    for invited in [json!({"invitee": bo}), email.clone()] {
        let reply = room.stage.post(&invites, &room.anna, invited).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    }
    let link = format!("/v1/rooms/{}/invites/{}", room.room, room.link);
    let changes = [
        (Method::PATCH, room.event.clone(), Some(json!({"password": "sesame"}))),
        (
            Method::PATCH,
            format!("/v1/rooms/{}", room.room),
            Some(json!({"password": "other"})),
        ),
        (
            Method::PUT,
            link.clone(),
            Some(json!({"expiration": "2099-01-01T00:00:00Z"})),
        ),
        (Method::DELETE, link, None),
        (Method::DELETE, format!("{invites}/{}", bo.as_str().unwrap()), None),
        (Method::DELETE, format!("{invites}/email"), Some(email)),
        (Method::DELETE, room.event.clone(), None),
    ];
    let token = async || room.moderator_token().await.parse().unwrap();
    let never = || -> Opening { panic!("nobody comes in") };
    let nowhere = || -> Outlet { panic!("nobody is told anything") };
    for (method, path, body) in changes {
        let ticket = registry.redeem(token().await).unwrap();
        let reading = registry.reading(id);
        let reply = room.stage.ask(method, &path, &room.anna, body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
        let seat = registry
            .join((ticket.tenant, id), ticket.joining, reading, ("", never), nowhere)
            .await;
        assert_eq!(seat.err(), Some(NoSeat::Stale), "{path}");
    }
}

/// For one room only what is changed about that room.
#[tokio::test]
async fn who_comes_to_another_room_meanwhile_is_not_asked_again() {
    let room = Room::open().await;
    let registry = &room.stage.app.registry;
    let id = konvent_meeting::RoomId(room.room.parse().unwrap());
    let ticket = registry.redeem(room.guest_token().await.parse().unwrap()).unwrap();
    let reading = registry.reading(id);
    registry.changed(konvent_meeting::RoomId(clock::token()));
    let gone = || -> Opening { Box::pin(async { Ok(None) }) };
    let (_client, line) = tokio::io::duplex(64);
    let socket = Socket::new(line, 64, WebSocketConfig::default()).await;
    let seat = registry
        .join((ticket.tenant, id), ticket.joining, reading, ("", gone), || {
            socket.outlet()
        })
        .await;
    assert!(seat.is_ok());
    // It finds no such room, and sends everybody to ask anew.
    assert!(matches!(socket.backlog().written().await, Written::Closed(1012)));
}

#[tokio::test]
async fn the_waiting_room_turned_on_between_ticket_and_socket_holds_for_whoever_comes_then_and_later() {
    let room = Room::open().await;
    let tokens = [room.guest_token().await, room.guest_token().await];
    let change = Some(json!({"waiting_room": true, "title": "Budget and bridge"}));
    let reply = room.stage.ask(Method::PATCH, &room.event, &room.anna, change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    for token in tokens {
        let mut gus = room.connect(&token).await;
        let Some(Ok(Message::Text(first))) = gus.0.next().await else {
            panic!("nothing was said")
        };
        assert!(first.contains("in_waiting_room"), "{first}");
    }
    let mut anna = room.connect(&room.moderator_token().await).await;
    let joined = anna.hears("core", "join_success").await;
    assert_eq!(joined["event_info"]["title"], "Budget and bridge");
}

#[tokio::test]
async fn a_ticket_is_worth_what_holds_when_it_is_used() {
    let room = Room::open().await;
    let unused = room.guest_token().await;
    let own = room.moderator_token().await;
    let change = Some(json!({"password": "sesame"}));
    let reply = room.stage.ask(Method::PATCH, &room.event, &room.anna, change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(
        room.refusal(&unused).await,
        401,
        "nobody has asked for the new password"
    );
    room.connect(&own).await.hears("core", "join_success").await;

    let link = format!("/v1/rooms/{}/invites/{}", room.room, room.link);
    let change = Some(json!({"password": null}));
    room.stage.ask(Method::PATCH, &room.event, &room.anna, change).await;
    let unused = room.guest_token().await;
    let reply = room.stage.ask(Method::DELETE, &link, &room.anna, None).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    assert_eq!(room.refusal(&unused).await, 401, "its link has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_let_go_of_and_the_others_miss_nothing() {
    const AT_ONCE: usize = 200;
    let room = Room::open().await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let joined = anna.hears("core", "join_success").await;
    let connection = konvent_meeting::ConnectionId(joined["connection_id"].as_str().unwrap().parse().unwrap());
    let meeting = konvent_meeting::RoomId(room.room.parse().unwrap());

    // Little room in the system's buffers, so that the meeting's own queue is what fills.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(room.address).await.unwrap();
    let url = room.url(&room.guest_token().await);
    let (mut bo, _) = client_async(url, stream).await.unwrap();
    anna.hears("core", "participant_connected").await;

    let text = json!({"namespace": "chat", "payload":
        {"action": "send_message", "scope": "global", "content": "x".repeat(500)}});
    let text = text.to_string();
    let (mut sent, mut heard) = (0, 0);
    // Until Anna is the only one who is connected.
    while room.connections().await > 1 {
        assert!(sent < 40_000, "nobody was let go of");
        // Past the limit of commands a second, which would make this take minutes.
        for _ in 0..AT_ONCE {
            let command = konvent_meeting::parse(&text, clock::now()).ok().unwrap();
            let input = konvent_meeting::Input::Command { connection, command };
            room.stage.app.registry.tell(meeting, input).await;
        }
        sent += AT_ONCE;
        while heard < sent {
            let Some(Ok(Message::Text(text))) = anna.0.next().await else {
                panic!("Anna was let go of")
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            heard += usize::from(frame["payload"]["message"] == "message_sent");
        }
    }
    anna.say("echo", json!({"action": "ping"})).await;
    anna.hears("echo", "pong").await;

    let mut code = None;
    while let Some(Ok(message)) = bo.next().await {
        if let Message::Close(Some(frame)) = message {
            code = Some(u16::from(frame.code));
        }
    }
    assert_eq!(code, Some(1013));
}

#[tokio::test]
async fn administrators_are_told_of_meetings_in_which_somebody_is() {
    let room = Room::open().await;
    let ada = room.stage.administrator("ada@example.org").await;
    let running = || async {
        room.stage
            .get("/v1/admin/meetings", &ada)
            .await
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(running().await, 0);
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    assert_eq!(running().await, 1);
    drop(anna);
    // The meeting itself waits a while for people to come back.
    while running().await > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whom_an_operator_disables_beside_the_server_is_sent_out_and_so_is_a_whole_organisation() {
    use crate::start_error::Language;
    use crate::{jobs, tenants, users};
    let room = Room::open().await;
    let config = || (*room.stage.app.config).clone();
    let done = || async { jobs::worker::run_due(&room.stage.app, clock::now()).await.unwrap() };
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let bo = room.stage.person("bo@example.org", "Bo Berg").await;
    let mut bo = room.connect(&room.account_token(&bo).await).await;
    bo.hears("core", "join_success").await;
    let disable = users::cli::Command::Change {
        email: "bo@example.org".into(),
        disable: true,
        enable: false,
        administers: None,
        remove_second_factor: false,
        tariff: None,
        tenant: None,
    };
    users::cli::run(disable, config(), Language::English).await.unwrap();
    done().await;
    bo.hears("moderation", "kicked").await;
    anna.hears("core", "participant_disconnected").await;

    let tenant = room.stage.tenant("Other").await;
    let cem = room
        .stage
        .person_of(tenant, "cem@example.org", "Cem Can", users::Administers::Nothing)
        .await;
    let event = json!({"title": "Elsewhere", "is_time_independent": true});
    let event = room.stage.post("/v1/events", &cem, event).await.json();
    let path = format!("/v1/rooms/{}/start", event["room"]["id"].as_str().unwrap());
    let start = || async {
        let body = json!({"device_secret": "a device of Cem Can's"});
        room.stage.post(&path, &cem, body).await.json()["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let mut inside = room.connect(&start().await).await;
    inside.hears("core", "join_success").await;
    let unused = start().await;
    let disable = tenants::cli::Command::Change {
        name: "Other".into(),
        settings: tenants::cli::Settings::default(),
        disable: true,
        enable: false,
    };
    tenants::cli::run(disable, &config(), Language::English).await.unwrap();
    done().await;
    inside.hears("core", "closing").await;
    assert_eq!(inside.close_code().await, 1000);
    assert_eq!(room.refusal(&unused).await, 401);
    anna.say("echo", json!({"action": "ping"})).await;
    anna.hears("echo", "pong").await;
}

#[tokio::test]
async fn whoever_is_disabled_or_deleted_is_sent_out_of_running_meetings_at_once() {
    let room = Room::open().await;
    let ada = room.stage.administrator("ada@example.org").await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    for (email, method, body) in [
        ("bo@example.org", Method::PATCH, Some(json!({"disabled": true}))),
        ("cem@example.org", Method::DELETE, None),
    ] {
        let bo = room.stage.person(email, "Bo Berg").await;
        let start = || async {
            let body = json!({"device_secret": format!("a device of {email}"), "invite_code": room.link});
            let path = format!("/v1/rooms/{}/start", room.room);
            let reply = room.stage.post(&path, &bo, body).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            reply.json()["token"].as_str().unwrap().to_owned()
        };
        let mut inside = room.connect(&start().await).await;
        inside.hears("core", "join_success").await;
        let unused = start().await;
        let id = room.stage.get("/v1/users/me", &bo).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/admin/users/{id}");
        let reply = room.stage.ask(method, &path, &ada, body).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        inside.hears("moderation", "kicked").await;
        assert_eq!(inside.close_code().await, 1000);
        assert_eq!(room.refusal(&unused).await, 401);
        anna.hears("core", "participant_disconnected").await;
    }
    // The others go on.
    anna.say("echo", json!({"action": "ping"})).await;
    anna.hears("echo", "pong").await;
}
