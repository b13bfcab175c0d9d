// SPDX-License-Identifier: EUPL-1.2
//! The upgrade from HTTP to a WebSocket (RFC 6455). The library reads; frames are written here: a server's frame is not
//! masked, so the same bytes go to everybody. Not what is spoken on it: that is `signaling` and `rtc`. The rule: what many
//! get is encoded once and copied nowhere, and no connection keeps a large buffer.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// Pieces that wait for the line when the library adds another one.
const WAITING: usize = 1024;

/// What a connection reads at once, in bytes; most of what clients send is smaller. The library's 128 KiB would be most of
/// what a participant costs.
const BUFFER: usize = 1024;
/// Pieces that go to the system in one call.
const AT_ONCE: usize = 64;
/// Of a frame in the queue; with more, its memory is given back once it is empty.
const KEPT: usize = 16;
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
            // The library writes answers to pings and goodbyes only.
            .write_buffer_size(0)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            // A client that vanishes between request and upgrade is not worth a line in the log.
            if let Ok(upgraded) = upgrade.await {
                let line = Line {
                    stream: TokioIo::new(upgraded),
                    queue: VecDeque::new(),
                };
                let stream = WebSocketStream::from_raw_socket(line, Role::Server, Some(config)).await;
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

/// A text as it goes over the line to whoever gets it (RFC 6455 section 5.2): final, not masked.
pub fn encoded(text: &str) -> Bytes {
    let mut frame = header(TEXT, text.len());
    frame.extend_from_slice(text.as_bytes());
    frame.into()
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;

fn header(kind: u8, length: usize) -> Vec<u8> {
    let room = if kind == TEXT { length } else { 0 };
    let mut header = Vec::with_capacity(room + 10);
    header.push(0x80 | kind);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..126), _) => header.push(short),
        (_, Ok(medium)) => {
            header.push(126);
            header.extend(medium.to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend((length as u64).to_be_bytes());
        }
    }
    header
}

/// The stream, and what is still to be written to it.
struct Line {
    stream: TokioIo<Upgraded>,
    queue: VecDeque<Bytes>,
}

impl Line {
    fn poll_empty(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let mut parts = [IoSlice::new(&[]); AT_ONCE];
            let count = self.queue.len().min(AT_ONCE);
            for (part, bytes) in parts.iter_mut().zip(&self.queue) {
                *part = IoSlice::new(bytes);
            }
            let written = Pin::new(&mut self.stream).poll_write_vectored(context, &parts[..count]);
            let mut written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            while let Some(mut first) = self.queue.pop_front() {
                if first.len() > written {
                    _ = first.split_to(written);
                    self.queue.push_front(first);
                    break;
                }
                written -= first.len();
            }
        }
        if self.queue.capacity() > KEPT {
            self.queue = VecDeque::new();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

/// For the library: its frames take their place among ours.
impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // Who asks without end and reads nothing is not answered: the library keeps its latest pong only.
        if self.queue.len() >= WAITING {
            ready!(self.as_mut().poll_empty(context))?;
        }
        self.queue.push_back(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_empty(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_empty(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

pub struct Socket(WebSocketStream<Line>);

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

    /// Queues a frame that is [encoded]; `flush` sends it.
    pub fn feed(&mut self, frame: Bytes) {
        self.0.get_mut().queue.push_back(frame);
    }

    pub fn feed_text(&mut self, text: &str) {
        self.feed(encoded(text));
    }

    pub fn feed_binary(&mut self, bytes: Bytes) {
        self.feed(header(BINARY, bytes.len()).into());
        if !bytes.is_empty() {
            self.feed(bytes);
        }
    }

    /// An error means that the connection is gone.
    pub async fn flush(&mut self) -> io::Result<()> {
        std::future::poll_fn(|context| self.0.get_mut().poll_empty(context)).await
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

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    #[test]
    fn a_frame_of_any_length_is_encoded_as_the_library_does() {
        for length in [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 400_000] {
            let text = "x".repeat(length);
            let mut expected = Vec::new();
            let frame = Frame::message(text.clone(), OpCode::Data(Data::Text), true);
            frame.format(&mut expected).unwrap();
            assert_eq!(encoded(&text), expected, "{length}");
        }
    }
}
