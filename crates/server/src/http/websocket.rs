// SPDX-License-Identifier: EUPL-1.2
//! The upgrade from HTTP to a WebSocket (RFC 6455), with small buffers. Not what is spoken on it: that is `signaling`
//! and `rtc`. The rule: one large frame leaves in pieces, so that no connection keeps a large buffer afterwards.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// Read and write buffer of a connection in bytes. The library's 128 KiB would be most of what a participant costs.
const BUFFER: usize = 4096;
/// How long a client may take to read our last frame and close.
const FAREWELL: Duration = Duration::from_secs(2);

/// A request that can become a WebSocket. As an extractor it answers 400 to any other request.
pub struct Upgrade {
    accepted: Response<()>,
    upgrade: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Upgrade, Response> {
        let refused = || (StatusCode::BAD_REQUEST, "This address is for WebSocket connections.\n").into_response();
        let mut request = Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        let accepted = create_response(&request).map_err(|_| refused())?;
        let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or_else(refused)?;
        Ok(Upgrade { accepted, upgrade })
    }
}

impl Upgrade {
    /// Answers 101 and runs `talk` on the socket in a task of its own. Frames above `limit` bytes are an error.
    pub fn run<Talk, Talking>(self, limit: usize, talk: Talk) -> Response
    where
        Talk: FnOnce(Socket) -> Talking + Send + 'static,
        Talking: Future<Output = ()> + Send + 'static,
    {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            // A client that vanishes between request and upgrade is not worth a line in the log.
            if let Ok(upgraded) = upgrade.await {
                let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
                talk(Socket(stream)).await;
            }
        });
        self.accepted.map(|()| Body::empty())
    }
}

/// What a client sent.
pub enum Received {
    Text(String),
    Binary(Bytes),
    /// Ping, pong: a sign of life.
    Alive,
    /// Larger than the limit; nothing more can be read.
    TooLarge,
    /// Closed by the client (`graceful`: on purpose), cut off, or not speaking WebSocket.
    Gone {
        graceful: bool,
    },
}

struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

pub struct Socket(WebSocketStream<TokioIo<Upgraded>>);

impl Socket {
    pub async fn receive(&mut self) -> Received {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Received::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::Alive,
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => Received::TooLarge,
            Some(Ok(Message::Close(frame))) => {
                let on_purpose = |frame: CloseFrame| matches!(frame.code, CloseCode::Normal | CloseCode::Away);
                Received::Gone {
                    graceful: frame.is_some_and(on_purpose),
                }
            }
            Some(Err(_)) | None => Received::Gone { graceful: false },
        }
    }

    /// Queues a text; `flush` sends it. An error means that the connection is gone.
    pub async fn feed_text(&mut self, text: String) -> Result<(), Error> {
        self.feed(OpCode::Data(Data::Text), text.into()).await
    }

    /// The same for a text that others get as well; it is not copied before it is written.
    pub async fn feed_shared(&mut self, text: Arc<str>) -> Result<(), Error> {
        self.feed(OpCode::Data(Data::Text), Bytes::from_owner(Shared(text)))
            .await
    }

    pub async fn feed_binary(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.feed(OpCode::Data(Data::Binary), bytes).await
    }

    async fn feed(&mut self, mut code: OpCode, mut rest: Bytes) -> Result<(), Error> {
        while rest.len() > BUFFER {
            let piece = rest.split_to(BUFFER);
            self.0.feed(Message::Frame(Frame::message(piece, code, false))).await?;
            code = OpCode::Data(Data::Continue);
        }
        self.0.feed(Message::Frame(Frame::message(rest, code, true))).await
    }

    pub async fn flush(&mut self) -> Result<(), Error> {
        self.0.flush().await
    }

    pub async fn ping(&mut self) -> Result<(), Error> {
        self.0.send(Message::Ping(Bytes::new())).await
    }

    /// Sends the answer to a close frame, if the client is still there to read it.
    pub async fn acknowledge(mut self) {
        _ = tokio::time::timeout(FAREWELL, self.0.flush()).await;
    }

    /// Says goodbye with a close code (RFC 6455 section 7.4) and gives the client a moment to read it: closing a socket
    /// with unread input resets it, and the code would be lost.
    pub async fn close(mut self, code: u16) {
        let goodbye = async {
            let frame = CloseFrame {
                code: CloseCode::from(code),
                reason: "".into(),
            };
            self.0.send(Message::Close(Some(frame))).await?;
            let mut scrap = [0; 1024];
            while self.0.get_mut().read(&mut scrap).await? > 0 {}
            Ok::<(), Error>(())
        };
        // Whatever fails here, the connection ends.
        _ = tokio::time::timeout(FAREWELL, goodbye).await;
    }
}
