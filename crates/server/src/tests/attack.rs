// SPDX-License-Identifier: EUPL-1.2
//! One guest who attacks, over real sockets: what they send too much of is refused or waits, and the others notice nothing.
//! Asserted by counting refusals, closes and answers, not by the clock.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use konvent_meeting::limits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio_tungstenite::tungstenite::Message;

use super::signaling::{Client, Room};
use crate::app::App;
use crate::http::listen::Listener;
use crate::http::sockets::Limits;
use crate::tests::{Database, Reply, Stage, config};

async fn start(room: &Room, device: &str) -> Reply {
    let body = json!({"device_secret": device, "display_name": "Mallory", "invite_code": room.link});
    let path = format!("/v1/rooms/{}/start_invited", room.room);
    room.stage.post(&path, "", body).await
}

async fn connect(room: &Room, device: &str) -> Client {
    let reply = start(room, device).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    room.connect(reply.json()["token"].as_str().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_guest_who_floods_with_sockets_and_commands_meets_every_limit_while_another_meeting_goes_on() {
    const DEVICE: &str = "one and the same device of Mallory's";
    let room = Room::with(&[("KONVENT_SIGNALING_JOINS_PER_MINUTE", "40")]).await;
    let mut anna = room.connect(&room.moderator_token().await).await;
    let owner = anna.hears("core", "join_success").await["id"].clone();

    let (mut inside, mut turned_away) = (Vec::new(), 0);
    let refused = loop {
        let reply = start(&room, DEVICE).await;
        if reply.status != StatusCode::OK {
            break reply;
        }
        let mut socket = room.connect(reply.json()["token"].as_str().unwrap()).await;
        match heard(&mut socket).await.as_deref() {
            Some("join_success") => inside.push(socket),
            Some("join_blocked") => {
                assert_eq!(socket.close_code().await, 1000);
                turned_away += 1;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((inside.len(), turned_away), (limits::CONNECTIONS_PER_PERSON, 10));
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);

    // Far more at once than one person may send, spread over all sockets; none of them alone is too fast.
    for socket in &mut inside {
        for number in 0..6 {
            let text = "x".repeat(limits::MESSAGE);
            socket
                .say(
                    "chat",
                    json!({"action": "send_message", "scope": "private", "target": owner, "content": text}),
                )
                .await;
            socket
                .say(
                    "chat",
                    json!({"action": "search_history", "scope": "global", "term": "needle"}),
                )
                .await;
            let invented = format!("00000000-0000-4000-8000-{number:012}");
            socket
                .say(
                    "chat",
                    json!({"action": "set_last_seen_timestamp", "scope": "private", "target": invented,
                "timestamp": "2026-11-24T10:00:00Z"}),
                )
                .await;
        }
    }

    // Meanwhile, another meeting: somebody speaks and is heard, and in the same one, too.
    let event = json!({"title": "Elsewhere", "is_time_independent": true});
    let event = room.stage.post("/v1/events", &room.anna, event).await.json();
    let path = format!("/v1/rooms/{}/start", event["room"]["id"].as_str().unwrap());
    let body = json!({"device_secret": "another device of Anna's"});
    let reply = room.stage.post(&path, &room.anna, body).await;
    let mut elsewhere = room.connect(reply.json()["token"].as_str().unwrap()).await;
    for client in [&mut elsewhere, &mut anna] {
        client
            .say(
                "chat",
                json!({"action": "send_message", "scope": "global", "content": "Hello"}),
            )
            .await;
        loop {
            let heard = client.hears("chat", "message_sent").await;
            if heard["scope"] == "global" {
                break;
            }
        }
    }

    // No socket alone was too fast; all of them together are told to slow down before they have their answers: of each
    // socket's own commands twelve, and of the messages one for each window.
    let mut answers = 0;
    loop {
        let each = inside.iter_mut().map(|socket| Box::pin(heard(socket)));
        let (name, ..) = futures_util::future::select_all(each).await;
        if name.expect("the connection lives") == "slow_down" {
            break;
        }
        answers += 1;
        assert!(answers < limits::CONNECTIONS_PER_PERSON * (12 + 6 * limits::CONNECTIONS_PER_PERSON));
    }

    // With ever new devices the door closes for this address, and says when to come back.
    let mut refused = None;
    for number in 0..400 {
        let reply = start(&room, &format!("device number {number} of Mallory's")).await;
        if reply.status != StatusCode::OK {
            refused = Some(reply);
            break;
        }
        room.connect(reply.json()["token"].as_str().unwrap()).await;
    }
    let refused = refused.expect("a refusal");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], "too_many_requests");
    assert!(refused.header(header::RETRY_AFTER).parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn entries_are_counted_for_each_room_alone() {
    let room = Room::with(&[("KONVENT_SIGNALING_JOINS_PER_MINUTE", "3")]).await;
    let mut entered = 0;
    loop {
        let reply = start(&room, &format!("device number {entered} of Bo's")).await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(reply.status, StatusCode::OK);
        room.connect(reply.json()["token"].as_str().unwrap()).await;
        entered += 1;
        assert!(entered < 50, "nobody stops them");
    }
    assert!(entered >= 3, "{entered} are fewer than the setting allows");
    let event = json!({"title": "Elsewhere", "is_time_independent": true});
    let event = room.stage.post("/v1/events", &room.anna, event).await.json();
    let path = format!("/v1/rooms/{}/start", event["room"]["id"].as_str().unwrap());
    let reply = room
        .stage
        .post(&path, &room.anna, json!({"device_secret": "a device of Anna's own"}))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_asks_for_the_way_in_again_and_again_and_does_not_come_takes_no_entries_of_others() {
    let room = Room::with(&[("KONVENT_SIGNALING_JOINS_PER_MINUTE", "3")]).await;
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let reply = start(&room, "one and the same device of Mallory's").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        tokens.push(reply.json()["token"].as_str().unwrap().to_owned());
    }
    for number in 0..3 {
        let mut other = connect(&room, &format!("device number {number} of the others'")).await;
        assert_eq!(heard(&mut other).await.as_deref(), Some("join_success"));
    }
    // Nor are there many ways in at once for one device.
    let unused = tokens.iter().filter_map(|token| token.parse().ok());
    let good = unused.filter(|token| room.stage.app.registry.redeem(*token).is_some());
    assert_eq!(good.count(), 4);
}

#[tokio::test]
async fn pings_count_like_everything_else_that_is_sent() {
    let room = Room::open().await;
    let mut bo = connect(&room, "a device of Bo's own").await;
    for _ in 0..150 {
        bo.0.feed(Message::Ping(Bytes::new())).await.unwrap();
    }
    bo.say("echo", json!({"action": "ping"})).await;
    while let Some(name) = heard(&mut bo).await {
        assert_ne!(name, "pong", "the pings before it did not count");
        if name == "slow_down" {
            return;
        }
    }
    panic!("closed");
}

/// The name of the next text; `None`: closed.
async fn heard(client: &mut Client) -> Option<String> {
    loop {
        match client.0.next().await? {
            Ok(Message::Text(text)) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                let payload = &frame["payload"];
                let name = payload["error"].as_str().or(payload["message"].as_str());
                return Some(name.unwrap_or_default().to_owned());
            }
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            _ => return None,
        }
    }
}

#[tokio::test]
async fn whoever_asks_and_reads_nothing_is_let_go_of() {
    let (held, let_go) = oneshot::channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(Some(held)));
    let endless = get(move || async move {
        let held = held.lock().unwrap().take();
        Body::from_stream(futures_util::stream::repeat_with(move || {
            _ = &held;
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 4096]))
        }))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_serving, stop) = watch::channel(false);
    let listener = Listener {
        listener,
        tls: None,
        limits: Limits::NONE,
        write_timeout: Duration::from_millis(50),
    };
    tokio::spawn(listener.serve(Router::new().route("/", endless), stop));
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    // The answer is dropped, although the client still holds its end.
    assert!(let_go.await.is_err());
    drop(client);
}

/// A server whose sockets of one address are limited, without any grace.
async fn listening(
    router: Router,
    waiting_per_address: usize,
    per_address: usize,
) -> (std::net::SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (serving, stop) = watch::channel(false);
    let listener = Listener {
        listener,
        tls: None,
        limits: Limits {
            waiting_per_address,
            per_address,
            ..Limits::NONE
        },
        write_timeout: Duration::from_secs(30),
    };
    tokio::spawn(listener.serve(router, stop));
    (address, serving)
}

/// What comes until the other side closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    // An end by force is an end.
    _ = socket.read_to_end(&mut heard).await;
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn a_body_that_never_comes_holds_no_socket() {
    let stage = Stage::open(Database::Sqlite, &[("KONVENT_HTTP_REQUEST_TIMEOUT_SECS", "1")]).await;
    let (address, _serving) = listening(stage.router.clone(), 100, 100).await;
    for half in ["", "{\"token\": "] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST /v1/setup HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{half}"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut socket).await;
        assert!(
            answer.starts_with("HTTP/1.1 503") || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
}

/// Sends something and reads as much of the answer as is expected.
async fn say(socket: &mut TcpStream, request: &str, expected: &str) {
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; expected.len()];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), expected);
}

const ASKING: &str = "GET /health HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";

#[tokio::test]
async fn of_the_sockets_that_wait_the_one_that_has_waited_longest_makes_room() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let (address, _serving) = listening(stage.router.clone(), 3, 100).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        say(&mut socket, ASKING, "HTTP/1.1 200 OK").await;
        waiting.push(socket);
    }
    // It was opened first, and asks once more.
    let mut first = waiting.remove(0);
    let mut unread = vec![0; 4096];
    _ = first.read(&mut unread).await.unwrap();
    say(&mut first, ASKING, "HTTP/1.1 200 OK").await;
    let mut new = TcpStream::connect(address).await.unwrap();
    say(&mut new, ASKING, "HTTP/1.1 200 OK").await;
    rest(&mut waiting[0]).await;
    _ = first.read(&mut unread).await.unwrap();
    say(&mut first, ASKING, "HTTP/1.1 200 OK").await;
}

#[tokio::test]
async fn whoever_holds_back_the_rest_of_requests_keeps_nobody_else_of_the_same_address_out() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let (address, _serving) = listening(stage.router.clone(), 4, 4).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = "POST /v1/setup HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\
                       Content-Type: application/json\r\n\r\n";
        // Its body is asked for.
        say(&mut socket, request, "HTTP/1.1 100").await;
        held.push(socket);
    }
    let mut other = TcpStream::connect(address).await.unwrap();
    say(&mut other, ASKING, "HTTP/1.1 200 OK").await;
    drop(held);
}

#[tokio::test]
async fn an_answer_comes_to_its_end_however_many_sockets_others_of_the_same_address_open() {
    // More than the system takes in for a client that does not read yet.
    const SIZE: usize = 32 << 20;
    let large = get(async || Bytes::from(vec![b'x'; SIZE]));
    let small = get(async || "OK");
    let router = Router::new().route("/large", large).route("/health", small);
    let (address, _serving) = listening(router, 2, 100).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    let request = "GET /large HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n";
    say(&mut slow, request, "HTTP/1.1 200 OK").await;
    for _ in 0..10 {
        let mut other = TcpStream::connect(address).await.unwrap();
        say(&mut other, ASKING, "HTTP/1.1 200 OK").await;
    }
    let text = rest(&mut slow).await;
    assert_eq!(text.split_once("\r\n\r\n").unwrap().1.len(), SIZE);
}

#[tokio::test]
async fn a_damaged_device_salt_stops_the_start_and_is_left_as_it_is() {
    for damaged in [&b""[..], b"too short", &[7; 33]] {
        let (config, folder) = config(Database::Sqlite, &[]).await;
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("device.salt");
        std::fs::write(&file, damaged).unwrap();
        let error = App::open(config).await.err().expect("no start").english;
        assert!(error.contains("device.salt"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), damaged);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    // One that cannot be read at all: something else lies there.
    let (config, folder) = config(Database::Sqlite, &[]).await;
    std::fs::create_dir_all(folder.join("device.salt")).unwrap();
    assert!(App::open(config).await.is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}
