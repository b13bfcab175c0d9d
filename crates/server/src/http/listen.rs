// SPDX-License-Identifier: EUPL-1.2
//! Accepts sockets and speaks HTTP/1.1 on them, with TLS where configured. Not the routes, nor how many sockets there may be:
//! that is `sockets`. The rule: whoever sends nothing is let go of within ten seconds, and whoever takes less than a step of
//! bytes within thirty.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Uri};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::pace::Pace;
use super::sockets::{Doing, Limits, Sockets};

/// For the TLS handshake, and for each request's header, counted from when it could start.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes less than a step of bytes (see `pace`) for this long is gone, whatever is being sent to it.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request line and headers in bytes; a media join carries an offer in its address.
const MAX_HEADER: usize = 128 * 1024;
/// After the signal to stop, requests under way get this long.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// Out of file descriptors: wait for some to come back instead of spinning.
const BREATHER: Duration = Duration::from_millis(50);

pub struct Listener {
    pub listener: TcpListener,
    pub tls: Option<TlsAcceptor>,
    pub limits: Limits,
    /// How long a client may take a step of what is sent to it; see [`WRITE_TIMEOUT`].
    pub write_timeout: Duration,
}

impl Listener {
    /// Serves until `stop` turns true, then lets requests under way finish.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let mut sockets = Sockets::new(self.limits);
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
                Some(ended) = connections.join_next_with_id() => {
                    sockets.ended(ended.map_or_else(|error| error.id(), |(id, ())| id));
                    continue;
                }
                () = stopped(&mut stop) => break,
            };
            let now = Instant::now();
            let doing = Doing::opened(now);
            let connection = Connection {
                router: router.clone(),
                peer,
                doing: doing.clone(),
                stop: stop.clone(),
                write_timeout: self.write_timeout,
            };
            let task = connections.spawn(connection.serve(stream, self.tls.clone()));
            sockets.add(peer.ip(), doing, task, now);
        }
        drop(self.listener);
        _ = tokio::time::timeout(LAST_REQUESTS, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
    }
}

/// The body of a request; with its end the request is whole.
struct Asked {
    body: Incoming,
    doing: Arc<Doing>,
}

impl hyper::body::Body for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.doing.moved(frame.data_ref().map_or(0, Bytes::len), Instant::now());
        }
        if self.body.is_end_stream() || matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.doing.is_asked(Instant::now());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer; when it is gone, all of it was handed over.
struct Answer {
    body: Body,
    doing: Arc<Doing>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.doing.answer_handed();
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
    doing: Arc<Doing>,
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
            doing,
            mut stop,
            write_timeout,
        } = self;
        let stream = Impatient::new(stream, write_timeout, doing.clone());
        let answer = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let doing = doing.clone();
            doing.request_began(Instant::now());
            if request.is_end_stream() {
                doing.is_asked(Instant::now());
            }
            request.extensions_mut().insert(ConnectInfo(peer));
            single_leading_slash(request.uri_mut());
            let router = router.clone();
            async move {
                let body = |body| {
                    let doing = doing.clone();
                    Body::new(Asked { body, doing })
                };
                let answer = router.oneshot(request.map(body)).await;
                let answer = answer.map_err(|never: Infallible| never)?;
                doing.is_asked(Instant::now());
                Ok::<_, Infallible>(answer.map(|body| Answer { body, doing }))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEADER)
            .serve_connection(TokioIo::new(stream), answer)
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

/// A socket that is broken once the other side takes less than a step of bytes for as long as this one has patience.
struct Impatient<S> {
    stream: S,
    patience: Duration,
    doing: Arc<Doing>,
    /// Since a write had to wait, until all is sent.
    waits: Option<(Pace, Pin<Box<Sleep>>)>,
}

impl<S: AsyncWrite + Unpin> Impatient<S> {
    fn new(stream: S, patience: Duration, doing: Arc<Doing>) -> Impatient<S> {
        Impatient {
            stream,
            patience,
            doing,
            waits: None,
        }
    }

    fn in_time<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let done = write(Pin::new(&mut self.stream), context);
        if done.is_ready() {
            return done;
        }
        let patience = self.patience;
        let (pace, sleep) = self.waits.get_or_insert_with(|| {
            let pace = Pace::new(patience, Instant::now());
            let sleep = Box::pin(tokio::time::sleep_until(pace.ends()));
            (pace, sleep)
        });
        if sleep.deadline() != pace.ends() {
            sleep.as_mut().reset(pace.ends());
        }
        sleep
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let done = self.in_time(context, write);
        if let Poll::Ready(Ok(bytes)) = done {
            let now = Instant::now();
            self.doing.moved(bytes, now);
            if let Some((pace, _)) = &mut self.waits {
                pace.moved(bytes, now);
            }
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.in_time(context, |stream, context| stream.poll_flush(context));
        if let Poll::Ready(Ok(())) = done {
            self.waits = None;
            self.doing.all_sent(Instant::now());
        }
        done
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::http::pace::STEP;

    /// Takes some bytes every second time.
    struct Trickle {
        bytes: usize,
        waits: bool,
    }

    impl AsyncWrite for Trickle {
        fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.waits = !self.waits;
            if self.waits {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Ok(self.bytes.min(bytes.len())))
        }

        fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn whoever_takes_a_byte_now_and_then_is_let_go_of_and_who_takes_enough_is_not() {
        let doing = Doing::opened(Instant::now());
        let bytes = vec![0; 4 * STEP];
        for (taken, patience, comes) in [(1, Duration::ZERO, false), (STEP, Duration::from_secs(3600), true)] {
            let stream = Trickle {
                bytes: taken,
                waits: false,
            };
            let sent = Impatient::new(stream, patience, doing.clone()).write_all(&bytes).await;
            assert_eq!(sent.is_ok(), comes, "{taken}");
        }
    }
}
