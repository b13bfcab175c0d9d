// SPDX-License-Identifier: EUPL-1.2
//! The upgrade from HTTP to a WebSocket (RFC 6455). The library reads; frames are written here: a server's frame is not
//! masked, so the same bytes go to everybody, and whoever has something to say writes it without waking the task that reads.
//! Not what is spoken on it: that is `signaling` and `rtc`. The rule: what many get is encoded once and copied nowhere, and no
//! connection keeps a large buffer.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::OnUpgrade;
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
/// Above so many bytes a text is handed on and not copied.
const COPIED: usize = 16 * 1024;
/// The close code for who did not keep up (RFC 6455 section 7.4, registered with IANA).
const TRY_AGAIN: u16 = 1013;
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
                talk(Socket::new(TokioIo::new(upgraded), limit, config).await).await;
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
#[derive(Clone)]
pub struct Encoded {
    first: Bytes,
    /// Of a large text, the text; it is not copied.
    rest: Bytes,
}

impl Encoded {
    pub fn new(text: &Arc<String>) -> Encoded {
        let length = text.len();
        if length > COPIED {
            let first = header(TEXT, length, 0).into();
            let rest = Bytes::from_owner(Text(text.clone()));
            return Encoded { first, rest };
        }
        let mut first = header(TEXT, length, length);
        first.extend_from_slice(text.as_bytes());
        Encoded {
            first: first.into(),
            rest: Bytes::new(),
        }
    }
}

struct Text(Arc<String>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const PING: u8 = 9;

/// Of a frame with that many bytes; with room for so many of them.
fn header(kind: u8, length: usize, room: usize) -> Vec<u8> {
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

pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// What is written to, and what is still to be written.
struct Stream {
    stream: Box<dyn Duplex>,
    queue: VecDeque<Bytes>,
    /// The system takes no more for now; the task that reads goes on when it does.
    is_full: bool,
    /// Nothing can be written any more.
    is_broken: bool,
    /// What the writing side wants last.
    close: Option<u16>,
    /// Of the task that reads.
    reader: Option<Waker>,
    /// Bytes read since the last message was whole, and how many there may be.
    read: usize,
    most: usize,
}

impl Stream {
    fn new(stream: impl Duplex + 'static, most: usize) -> Stream {
        Stream {
            stream: Box::new(stream),
            queue: VecDeque::new(),
            is_full: false,
            is_broken: false,
            close: None,
            reader: None,
            read: 0,
            most,
        }
    }

    fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.queue.push_back(bytes);
        }
    }

    fn poll_empty(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.poll_written(context);
        self.is_full = done.is_pending();
        self.is_broken |= matches!(done, Poll::Ready(Err(_)));
        done
    }

    fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
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

    /// Writes what goes without waiting, and leaves the rest to the task that reads.
    fn write(&mut self) {
        if self.is_full || self.is_broken {
            return;
        }
        let done = self.poll_empty(&mut Context::from_waker(Waker::noop()));
        if !matches!(done, Poll::Ready(Ok(()))) {
            self.wake();
        }
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// The stream, for those who share it.
#[derive(Clone)]
struct Line(Arc<Mutex<Stream>>);

impl Line {
    fn lock(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut stream = self.lock();
        let before = into.filled().len();
        ready!(Pin::new(&mut stream.stream).poll_read(context, into))?;
        stream.read += into.filled().len() - before;
        if stream.read > stream.most {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }
}

/// For the library: its frames take their place among ours.
impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut stream = self.lock();
        // Who asks without end and reads nothing is not answered: the library keeps its latest pong only.
        if stream.queue.len() >= WAITING {
            ready!(stream.poll_empty(context))?;
        }
        stream.queue.push_back(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_empty(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut stream = self.lock();
        ready!(stream.poll_empty(context))?;
        Pin::new(&mut stream.stream).poll_shutdown(context)
    }
}

/// The writing side, for whoever has something to say and waits for nobody. Without it the connection is closed.
pub struct Outlet(Line);

/// The client does not keep up, or is gone.
#[derive(Debug)]
pub struct Lost;

impl Outlet {
    /// Queues a frame; `flush` sends it. Pieces above `most` are not kept.
    pub fn feed(&self, frame: &Encoded, most: usize) -> Result<(), Lost> {
        let mut stream = self.0.lock();
        if stream.is_broken || stream.queue.len() >= most {
            return Err(Lost);
        }
        stream.push(frame.first.clone());
        stream.push(frame.rest.clone());
        Ok(())
    }

    pub fn flush(&self) {
        self.0.lock().write();
    }

    /// Says goodbye with this code, after everything else.
    pub fn close(self, code: u16) {
        self.end(code);
    }

    fn end(&self, code: u16) {
        let mut stream = self.0.lock();
        stream.close.get_or_insert(code);
        stream.wake();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.end(TRY_AGAIN);
    }
}

/// What the client has still to read, for the task that reads from it.
pub struct Backlog(Line);

/// What has become of the backlog.
pub enum Written {
    /// All of it is with the system again.
    All,
    /// So it is, and this is the goodbye of the writing side.
    Closed(u16),
    Broken,
}

impl Backlog {
    /// Whether something waits for the client to read.
    pub fn is_full(&self) -> bool {
        self.0.lock().is_full
    }

    /// Writes what had to wait, once there is something.
    pub async fn written(&self) -> Written {
        std::future::poll_fn(|context| {
            let mut stream = self.0.lock();
            if !stream
                .reader
                .as_ref()
                .is_some_and(|reader| reader.will_wake(context.waker()))
            {
                stream.reader = Some(context.waker().clone());
            }
            if stream.is_broken {
                return Poll::Ready(Written::Broken);
            }
            if stream.is_full || stream.close.is_some() {
                match ready!(stream.poll_empty(context)) {
                    Ok(()) if stream.close.is_none() => return Poll::Ready(Written::All),
                    Ok(()) => {}
                    Err(_) => return Poll::Ready(Written::Broken),
                }
            }
            stream
                .close
                .map_or(Poll::Pending, |code| Poll::Ready(Written::Closed(code)))
        })
        .await
    }
}

pub struct Socket(WebSocketStream<Line>);

impl Socket {
    /// `limit`: bytes of a message. In as many pieces as it comes, it takes at most twice that.
    pub async fn new(stream: impl Duplex + 'static, limit: usize, config: WebSocketConfig) -> Socket {
        let line = Line(Arc::new(Mutex::new(Stream::new(stream, 2 * limit))));
        Socket(WebSocketStream::from_raw_socket(line, Role::Server, Some(config)).await)
    }

    /// For one writer.
    pub fn outlet(&self) -> Outlet {
        Outlet(self.0.get_ref().clone())
    }

    /// Where there is an [`Outlet`], whoever reads writes what had to wait.
    pub fn backlog(&self) -> Backlog {
        Backlog(self.0.get_ref().clone())
    }

    pub async fn receive(&mut self) -> Received {
        let received = self.0.next().await;
        self.0.get_ref().lock().read = 0;
        match received {
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

    /// Sends a text of ours, or lets it wait for the client to read.
    pub fn say(&self, text: &Arc<String>) {
        let frame = Encoded::new(text);
        let mut stream = self.0.get_ref().lock();
        stream.push(frame.first);
        stream.push(frame.rest);
        stream.write();
    }

    /// Asks whether the client is there, or lets that wait for it to read.
    pub fn ping(&self) {
        let mut stream = self.0.get_ref().lock();
        stream.push(header(PING, 0, 0).into());
        stream.write();
    }

    /// Queues a frame; `flush` sends it.
    pub fn feed_text(&self, text: String) {
        let frame = Encoded::new(&Arc::new(text));
        let mut stream = self.0.get_ref().lock();
        stream.push(frame.first);
        stream.push(frame.rest);
    }

    /// Queues a frame; `flush` sends it.
    pub fn feed_binary(&self, bytes: Bytes) {
        let mut stream = self.0.get_ref().lock();
        stream.push(header(BINARY, bytes.len(), 0).into());
        stream.push(bytes);
    }

    /// An error means that the connection is gone.
    pub async fn flush(&self) -> io::Result<()> {
        std::future::poll_fn(|context| self.0.get_ref().lock().poll_empty(context)).await
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
    use tokio::io::AsyncWriteExt as _;
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
            let encoded = Encoded::new(&Arc::new(text));
            assert_eq!([encoded.first, encoded.rest].concat(), expected, "{length}");
        }
    }

    /// A line that takes 64 bytes at a time, and whoever reads at its other end.
    async fn line() -> (Socket, tokio::io::DuplexStream) {
        let (here, there) = tokio::io::duplex(64);
        (Socket::new(here, 100, WebSocketConfig::default()).await, there)
    }

    fn text(number: usize) -> Encoded {
        Encoded::new(&Arc::new(format!("{number:040}")))
    }

    #[tokio::test]
    async fn what_a_line_does_not_take_at_once_is_written_in_order_when_the_client_reads_and_the_goodbye_is_last() {
        let (socket, mut client) = line().await;
        let (outlet, backlog) = (socket.outlet(), socket.backlog());
        for number in 0..10 {
            outlet.feed(&text(number), 100).unwrap();
            outlet.flush();
        }
        assert!(backlog.is_full());
        let mut read = vec![0; 10 * 42];
        let (written, done) = tokio::join!(backlog.written(), client.read_exact(&mut read));
        assert!(matches!(written, Written::All));
        done.unwrap();
        let expected: Vec<u8> = (0..10).flat_map(|number| text(number).first.to_vec()).collect();
        assert_eq!(read, expected);
        assert!(!backlog.is_full());

        for number in 10..13 {
            outlet.feed(&text(number), 100).unwrap();
        }
        outlet.close(1012);
        let mut read = vec![0; 3 * 42];
        let (written, done) = tokio::join!(backlog.written(), client.read_exact(&mut read));
        done.unwrap();
        assert!(matches!(written, Written::Closed(1012)));
        assert_eq!(read[2 * 42..], text(12).first);
    }

    #[tokio::test]
    async fn who_takes_nothing_is_lost_at_the_limit_and_who_is_gone_at_once() {
        let (socket, client) = line().await;
        let outlet = socket.outlet();
        let fed = (0..100).take_while(|number| {
            outlet.flush();
            outlet.feed(&text(*number), 5).is_ok()
        });
        // One is half-way into the line.
        assert_eq!(fed.count(), 6);
        drop(client);
        assert!(matches!(socket.backlog().written().await, Written::Broken));
        assert!(outlet.feed(&text(0), 100).is_err());
        drop(outlet);
    }

    #[tokio::test]
    async fn a_connection_whose_writer_is_gone_is_closed_as_one_that_did_not_keep_up() {
        let (socket, _client) = line().await;
        drop(socket.outlet());
        assert!(matches!(socket.backlog().written().await, Written::Closed(TRY_AGAIN)));
    }

    #[tokio::test]
    async fn who_pings_without_end_and_reads_nothing_has_so_many_answers_waiting_and_no_more() {
        const PINGS: usize = 3 * WAITING;
        // Final, a ping, masked with zeros, empty (RFC 6455 section 5.2).
        const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
        let (mut socket, mut client) = line().await;
        let pings = PING.repeat(PINGS);
        let read = async {
            for _ in 0..PINGS {
                assert!(matches!(socket.receive().await, Received::Alive));
            }
        };
        let ((), sent) = tokio::join!(read, client.write_all(&pings));
        sent.unwrap();
        assert_eq!(socket.0.get_ref().lock().queue.len(), WAITING);
    }

    #[tokio::test]
    async fn a_message_in_pieces_without_end_ends_its_connection() {
        let (mut socket, mut client) = line().await;
        // A text that goes on, and then nothing of it, again and again; each masked.
        let begins = [0x01, 0x80, 0, 0, 0, 0];
        let goes_on = [0x00, 0x80, 0, 0, 0, 0];
        let pieces = async {
            client.write_all(&begins).await.unwrap();
            loop {
                client.write_all(&goes_on).await.unwrap();
            }
        };
        let received = tokio::select! {
            received = socket.receive() => received,
            () = pieces => unreachable!(),
        };
        assert!(matches!(received, Received::Gone { graceful: false }));
    }
}
