// SPDX-License-Identifier: EUPL-1.2
//! The LiveKit client protocol's WebSocket (`/rtc`, `/rtc/v1`) and its checks (`…/validate`). Not the protocol: frames
//! are handed to the SFU and back as they are. A refused token is logged with the reason, never with its content.

use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use konvent_sfu::{Admission, Connection, Frame, Refusal, Responses, Sfu, SignalPath};

use crate::clock;
use crate::http::websocket::{Received, Socket, Upgrade};

/// How long a client may take to read what is written to it.
const WRITE: Duration = Duration::from_secs(10);
/// A client that sends nothing, not even the answer to a ping, for two of these is gone.
const PING: Duration = Duration::from_secs(30);

/// The four paths of the protocol.
pub fn routes(sfu: Sfu) -> Router {
    Router::new()
        .route("/rtc", get(rtc))
        .route("/rtc/v1", get(rtc_v1))
        .route("/rtc/validate", get(validate))
        .route("/rtc/v1/validate", get(validate_v1))
        .with_state(sfu)
}

/// What `/ready` says when the media thread has ended.
pub const NOT_RUNNING: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "audio and video have stopped\n");

/// `/ready` of a server that does nothing but media.
pub fn ready(sfu: Sfu) -> Router {
    let ready = async |State(sfu): State<Sfu>| match sfu.is_running() {
        true => (StatusCode::OK, "ready\n"),
        false => NOT_RUNNING,
    };
    Router::new().route("/ready", get(ready)).with_state(sfu)
}

async fn rtc(State(sfu): State<Sfu>, RawQuery(query): RawQuery, headers: HeaderMap, upgrade: Upgrade) -> Response {
    connect(&sfu, SignalPath::Rtc, query, &headers, upgrade)
}

async fn rtc_v1(State(sfu): State<Sfu>, RawQuery(query): RawQuery, headers: HeaderMap, upgrade: Upgrade) -> Response {
    connect(&sfu, SignalPath::RtcV1, query, &headers, upgrade)
}

async fn validate(State(sfu): State<Sfu>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    check(&sfu, SignalPath::Rtc, query, &headers)
}

async fn validate_v1(State(sfu): State<Sfu>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    check(&sfu, SignalPath::RtcV1, query, &headers)
}

fn connect(sfu: &Sfu, path: SignalPath, query: Option<String>, headers: &HeaderMap, upgrade: Upgrade) -> Response {
    match admit(sfu, path, query, headers).and_then(|admission| sfu.connect(admission)) {
        Ok(connection) => upgrade.run(konvent_sfu::FRAME_BYTES, |socket| carry(socket, connection)),
        Err(refusal) => refused(refusal),
    }
}

fn check(sfu: &Sfu, path: SignalPath, query: Option<String>, headers: &HeaderMap) -> Response {
    match admit(sfu, path, query, headers) {
        Ok(_) => readable_anywhere(StatusCode::OK, "success".to_owned()),
        Err(refusal) => refused(refusal),
    }
}

fn admit(sfu: &Sfu, path: SignalPath, query: Option<String>, headers: &HeaderMap) -> Result<Admission, Refusal> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    sfu.admit(path, query.as_deref().unwrap_or_default(), authorization, clock::unix())
}

fn refused(refusal: Refusal) -> Response {
    tracing::info!(
        status = refusal.status,
        reason = refusal.body,
        "media connection refused"
    );
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNAUTHORIZED);
    readable_anywhere(status, refusal.body)
}

/// The token in the request is the only authority here, no cookie; a client from another origin may read the reason.
fn readable_anywhere(status: StatusCode, body: String) -> Response {
    (status, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], body).into_response()
}

async fn carry(mut socket: Socket, connection: Connection) {
    match exchange(&mut socket, connection).await {
        Some(code) => socket.close(code).await,
        // Without the answer to its goodbye a client takes its own leaving for a cut line.
        None => socket.acknowledge().await,
    }
}

/// Carries frames both ways until either side ends; the code to close with, if the client is still there. A client that
/// asks too much is not read from and waits in its own socket; one that does not read, or says nothing at all, is gone.
async fn exchange(socket: &mut Socket, connection: Connection) -> Option<u16> {
    let Connection {
        requests,
        mut responses,
    } = connection;
    let mut pings = tokio::time::interval(PING);
    let mut heard = true;
    loop {
        let next = async {
            requests.ready().await;
            socket.receive().await
        };
        let taken = tokio::select! {
            received = next => {
                heard = true;
                match received {
                    Received::Binary(bytes) => requests.send(Frame::Binary(bytes)).await,
                    Received::Text(text) => requests.send(Frame::Text(text)).await,
                    Received::Alive => {
                        requests.alive();
                        Ok(())
                    }
                    Received::TooLarge => return Some(1009),
                    Received::Gone { .. } => return None,
                }
            }
            response = responses.recv() => {
                let Some(response) = response else { return Some(1000) };
                if let Some(code) = write(socket, response).await? {
                    return Some(code);
                }
                Ok(())
            }
            _ = pings.tick() => {
                if !std::mem::take(&mut heard) {
                    return None;
                }
                socket.ping();
                tokio::time::timeout(WRITE, socket.flush()).await.ok()?.ok()?;
                Ok(())
            }
        };
        if taken.is_err() {
            return drain(socket, &mut responses).await;
        }
    }
}

/// Writes a frame; the code when it is the last. `None`: the client does not read it.
async fn write(socket: &mut Socket, frame: Frame) -> Option<Option<u16>> {
    let written = async {
        match frame {
            Frame::Binary(bytes) => socket.feed_binary(bytes),
            Frame::Text(text) => socket.feed_text(text),
            Frame::Close { code } => return Ok(Some(code)),
        }
        socket.flush().await?;
        Ok::<_, std::io::Error>(None)
    };
    tokio::time::timeout(WRITE, written).await.ok()?.ok()
}

/// The SFU takes nothing more; what it said last still belongs to the client.
async fn drain(socket: &mut Socket, responses: &mut Responses) -> Option<u16> {
    while let Some(frame) = responses.recv().await {
        if let Some(code) = write(socket, frame).await? {
            return Some(code);
        }
    }
    Some(1000)
}
