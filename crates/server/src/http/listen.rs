// SPDX-License-Identifier: EUPL-1.2
//! Accepts sockets and speaks HTTP/1.1 on them, with TLS where configured. Not the routes. The rule: whoever sends
//! nothing is let go of within ten seconds, whoever takes nothing within thirty, and nobody can hold all sockets of the server:
//! not by waiting, before a request or between two, and not by asking.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// For the TLS handshake, and for each request's header, counted from when it could start.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes nothing for this long is gone, whatever is being sent to it.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request line and headers in bytes; a media join carries an offer in its address.
const MAX_HEADER: usize = 128 * 1024;
/// A socket younger than this is never closed in favour of others, so that a rush from one address gets through.
const GRACE: Duration = Duration::from_secs(1);
/// Sockets that one address may have before they are upgraded, for each one that it may let wait: a browser has few, and
/// whole houses share an address.
const SOCKETS_PER_WAITING: usize = 4;
/// After the signal to stop, requests under way get this long.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// Out of file descriptors: wait for some to come back instead of spinning.
const BREATHER: Duration = Duration::from_millis(50);

pub struct Listener {
    pub listener: TcpListener,
    pub tls: Option<TlsAcceptor>,
    /// `http.waiting_sockets_per_address`; `None` behind a proxy, where all come from one address.
    pub waiting_per_address: Option<usize>,
    /// How long a client may take nothing of what is sent to it; see [`WRITE_TIMEOUT`].
    pub write_timeout: Duration,
}

impl Listener {
    /// Serves until `stop` turns true, then lets requests under way finish.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let mut sockets = Sockets::default();
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "no further socket can be opened");
                        tokio::time::sleep(BREATHER).await;
                        continue;
                    }
                },
                Some(_) = connections.join_next() => continue,
                () = stopped(&mut stop) => break,
            };
            let asks = Arc::new(AtomicBool::new(false));
            let connection = Connection {
                router: router.clone(),
                peer,
                asks: asks.clone(),
                stop: stop.clone(),
                write_timeout: self.write_timeout,
            };
            let task = connections.spawn(connection.serve(stream, self.tls.clone()));
            if let Some(limit) = self.waiting_per_address {
                let opened = Instant::now();
                sockets.add(peer.ip(), Socket { opened, asks, task }, limit);
            }
        }
        drop(self.listener);
        _ = tokio::time::timeout(LAST_REQUESTS, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
    }
}

/// Upgraded ones are none any more: they have limits of their own.
struct Socket {
    opened: Instant,
    /// A request is being answered.
    asks: Arc<AtomicBool>,
    task: AbortHandle,
}

/// By address, oldest first.
#[derive(Default)]
struct Sockets {
    by_address: HashMap<IpAddr, VecDeque<Socket>>,
    accepted: u32,
}

impl Sockets {
    /// Of an address with too many sockets that wait, the oldest of those is closed; with too many altogether, the new one.
    fn add(&mut self, address: IpAddr, new: Socket, may_wait: usize) {
        self.accepted = self.accepted.wrapping_add(1);
        if self.accepted.is_multiple_of(1024) {
            self.by_address
                .retain(|_, sockets| sockets.iter().any(|socket| !socket.task.is_finished()));
        }
        let sockets = self.by_address.entry(address).or_default();
        sockets.retain(|socket| !socket.task.is_finished());
        let waits = |socket: &Socket| !socket.asks.load(Ordering::Relaxed);
        if sockets.iter().filter(|socket| waits(socket)).count() >= may_wait
            && let Some(oldest) = sockets.iter().position(waits)
            && sockets[oldest].opened.elapsed() > GRACE
            && let Some(oldest) = sockets.remove(oldest)
        {
            oldest.task.abort();
        }
        if sockets.len() >= may_wait * SOCKETS_PER_WAITING {
            new.task.abort();
        } else {
            sockets.push_back(new);
        }
    }
}

/// A body of an answer; while there is something of it, the request is being answered.
struct Answer {
    body: Body,
    _asks: Asks,
}

/// As long as it lives, a request is being answered.
struct Asks(Arc<AtomicBool>);

impl Asks {
    fn begin(asks: &Arc<AtomicBool>) -> Asks {
        asks.store(true, Ordering::Relaxed);
        Asks(asks.clone())
    }
}

impl Drop for Asks {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

struct Connection {
    router: Router,
    peer: SocketAddr,
    asks: Arc<AtomicBool>,
    stop: watch::Receiver<bool>,
    write_timeout: Duration,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        prepare(&stream);
        match tls {
            None => self.speak(stream).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)).await {
                    self.speak(stream).await;
                }
            }
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Connection {
            router,
            peer,
            asks,
            mut stop,
            write_timeout,
        } = self;
        let answer = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let asks = Asks::begin(&asks);
            request.extensions_mut().insert(ConnectInfo(peer));
            single_leading_slash(request.uri_mut());
            let router = router.clone();
            async move {
                let answer = router.oneshot(request.map(Body::new)).await;
                let answer = answer.map_err(|never: Infallible| never)?;
                Ok::<_, Infallible>(answer.map(|body| Answer { body, _asks: asks }))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEADER)
            .serve_connection(TokioIo::new(Impatient::new(stream, write_timeout)), answer)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        // A client's broken request ends its own connection; there is nobody to tell.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
        }
        _ = connection.await;
    }
}

/// A socket that is broken once the other side has taken nothing for as long as this one has patience.
struct Impatient<S> {
    stream: S,
    patience: Duration,
    /// Set while a write waits.
    waits_until: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncWrite + Unpin> Impatient<S> {
    fn new(stream: S, patience: Duration) -> Impatient<S> {
        Impatient {
            stream,
            patience,
            waits_until: None,
        }
    }

    fn in_time<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let done = write(Pin::new(&mut self.stream), context);
        if done.is_ready() {
            self.waits_until = None;
            return done;
        }
        let patience = self.patience;
        let sleep = self
            .waits_until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        sleep
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.in_time(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context, |stream, context| stream.poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(context, |stream, context| stream.poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(context, |stream, context| stream.poll_shutdown(context))
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    _ = stop.wait_for(|stop| *stop).await;
}

/// Small frames leave at once; a peer that is gone without a word is noticed by the system.
fn prepare(stream: &TcpStream) {
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(20));
    // Neither option is needed for correctness; a system that refuses them serves all the same.
    _ = stream.set_nodelay(true);
    _ = socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

/// Some LiveKit clients join their address and path with one slash too many (`//rtc`).
fn single_leading_slash(uri: &mut Uri) {
    if !uri.path().starts_with("//") {
        return;
    }
    let Some(path_and_query) = uri.path_and_query() else {
        return;
    };
    let path = format!("/{}", path_and_query.as_str().trim_start_matches('/'));
    if let Ok(cleaned) = path.parse() {
        *uri = cleaned;
    }
}
