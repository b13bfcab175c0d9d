// SPDX-License-Identifier: EUPL-1.2
//! One task per signaling WebSocket: reads frames within their limits, parses each once, and writes what the meeting has
//! to say, gathered into few system calls. It never touches the meeting. A client that does not read or says nothing
//! for too long is let go of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use konvent_meeting::{Input, close, limits};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::meeting_task::{Outgoing, Task};
use super::registry::Seat;
use crate::allowance::Allowance;
use crate::clock;
use crate::http::websocket::{Received, Socket};

/// A client that keeps sending too fast is told so this often.
const SLOW_DOWN_EVERY: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(20);
/// Frames that come within this time of the last write leave together: in a rush of joins that saves most system
/// calls, and in a quiet meeting nothing waits. In milliseconds; the more people, the longer.
const GATHER: std::ops::RangeInclusive<u64> = 20..=200;
/// A client that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// How a connection ended.
enum End {
    /// By the meeting, which knows.
    Closed(u16),
    /// By the client or the network.
    Lost { graceful: bool },
    /// For breaking a limit.
    Refused(u16),
}

pub async fn talk(mut socket: Socket, mut seat: Seat, idle: Duration) {
    let end = exchange(&mut socket, &mut seat, idle).await;
    let connection = seat.connection;
    // A meeting that has ended needs no telling.
    match end {
        End::Closed(code) => socket.close(code).await,
        End::Lost { graceful } => {
            _ = seat
                .meeting
                .send(Task::Input(Input::Disconnected { connection, graceful }))
                .await;
            socket.acknowledge().await;
        }
        End::Refused(code) => {
            _ = seat
                .meeting
                .send(Task::Input(Input::Disconnected {
                    connection,
                    graceful: false,
                }))
                .await;
            socket.close(code).await;
        }
    }
}

async fn exchange(socket: &mut Socket, seat: &mut Seat, idle: Duration) -> End {
    let started = Instant::now();
    let mut writer = Writer {
        last_flush: None,
        waiting: false,
        crowd: seat.crowd.clone(),
    };
    let mut told_to_slow_down: Option<Instant> = None;
    let mut heard = started;
    let mut ping = tokio::time::interval_at(started + PING_EVERY, PING_EVERY);
    loop {
        let ready_at = allowance(seat, |allowance| allowance.ready_at(Instant::now()));
        let done = tokio::select! {
            biased;
            // Once something waits to be written, what comes meanwhile wakes nobody.
            outgoing = seat.outgoing.recv(), if !writer.waiting => {
                match writer.write(socket, outgoing, &mut seat.outgoing).await {
                    Ok(None) => Ok(()),
                    Ok(Some(code)) => return End::Closed(code),
                    Err(gone) => Err(gone),
                }
            }
            () = until(writer.flush_at()) => {
                match writer.write_all(socket, &mut seat.outgoing).await {
                    Ok(None) => Ok(()),
                    Ok(Some(code)) => return End::Closed(code),
                    Err(gone) => Err(gone),
                }
            }
            received = socket.receive(), if ready_at.is_none() => {
                heard = Instant::now();
                // Whatever it is, a ping too: reading it is work.
                let counts = counts(&received);
                allowance(seat, |allowance| allowance.take_several(counts, heard));
                match received {
                    Received::Text(text) => command(socket, seat, &text).await,
                    // Signaling is text; what a client sends as binary is read all the same, or answered as malformed.
                    Received::Binary(bytes) => command(socket, seat, std::str::from_utf8(&bytes).unwrap_or_default()).await,
                    Received::Alive => Ok(()),
                    Received::TooLarge => return End::Refused(close::TOO_BIG),
                    Received::Gone { graceful } => return End::Lost { graceful },
                }
            }
            () = until(ready_at) => {
                let now = Instant::now();
                if told_to_slow_down.is_none_or(|told| now.duration_since(told) >= SLOW_DOWN_EVERY) {
                    told_to_slow_down = Some(now);
                    answer(socket, konvent_meeting::slow_down(clock::now())).await
                } else {
                    Ok(())
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > idle {
                    Err(Gone)
                } else {
                    in_time(socket.ping()).await
                }
            }
        };
        if done.is_err() {
            return End::Lost { graceful: false };
        }
    }
}

/// As how many frames one counts.
fn counts(received: &Received) -> u16 {
    let bytes = match received {
        Received::Text(text) => text.len(),
        Received::Binary(bytes) => bytes.len(),
        Received::Alive | Received::TooLarge | Received::Gone { .. } => 0,
    };
    u16::try_from(bytes / limits::COUNTS_ONCE + 1).unwrap_or(u16::MAX)
}

/// The allowance of this person, whichever of their connections it is.
fn allowance<T>(seat: &Seat, ask: impl FnOnce(&mut Allowance) -> T) -> T {
    ask(&mut seat.allowance.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The socket does not work any more.
struct Gone;

async fn in_time<E>(write: impl Future<Output = Result<(), E>>) -> Result<(), Gone> {
    match tokio::time::timeout(WRITE_TIMEOUT, write).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Gone),
    }
}

/// While the meeting's queue is full, this waits, and with it the client's socket.
async fn command(socket: &mut Socket, seat: &Seat, text: &str) -> Result<(), Gone> {
    match konvent_meeting::parse(text, clock::now()) {
        Ok(command) => {
            let input = Input::Command {
                connection: seat.connection,
                command,
            };
            // When the meeting has ended, `outgoing` says so next.
            _ = seat.meeting.send(Task::Input(input)).await;
            Ok(())
        }
        Err(frame) => answer(socket, frame).await,
    }
}

async fn answer(socket: &mut Socket, frame: Arc<str>) -> Result<(), Gone> {
    socket.feed_text(&frame);
    in_time(socket.flush()).await
}

/// Gathers frames and writes them together.
struct Writer {
    last_flush: Option<Instant>,
    waiting: bool,
    /// How many connections the meeting has.
    crowd: Arc<AtomicUsize>,
}

impl Writer {
    /// Writes what is there, or lets it wait for more. The code, when the meeting closes the connection: a dropped queue
    /// means that this client did not keep up.
    async fn write(
        &mut self,
        socket: &mut Socket,
        first: Option<Outgoing>,
        rest: &mut mpsc::Receiver<Outgoing>,
    ) -> Result<Option<u16>, Gone> {
        match first {
            Some(Outgoing::Frame(frame)) => socket.feed(frame),
            Some(Outgoing::Close(code)) => return Ok(Some(code)),
            None => return Ok(Some(close::TRY_AGAIN)),
        }
        self.waiting = true;
        match self.flush_at() {
            Some(at) if at > Instant::now() => Ok(None),
            _ => self.write_all(socket, rest).await,
        }
    }

    async fn write_all(
        &mut self,
        socket: &mut Socket,
        rest: &mut mpsc::Receiver<Outgoing>,
    ) -> Result<Option<u16>, Gone> {
        let code = loop {
            match rest.try_recv() {
                Ok(Outgoing::Frame(frame)) => socket.feed(frame),
                Ok(Outgoing::Close(code)) => break Some(code),
                Err(mpsc::error::TryRecvError::Disconnected) => break Some(close::TRY_AGAIN),
                Err(mpsc::error::TryRecvError::Empty) => break None,
            }
        };
        in_time(socket.flush()).await?;
        self.waiting = false;
        self.last_flush = Some(Instant::now());
        Ok(code)
    }

    fn flush_at(&self) -> Option<Instant> {
        let crowd = u64::try_from(self.crowd.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        let gather = Duration::from_millis((crowd / 4).clamp(*GATHER.start(), *GATHER.end()));
        self.waiting
            .then(|| self.last_flush.map_or_else(Instant::now, |last| last + gather))
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
