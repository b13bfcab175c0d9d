// SPDX-License-Identifier: EUPL-1.2
//! One task per signaling WebSocket: reads frames within their limits, parses each once, and writes what the line could not
//! take when the meeting said it. It never touches the meeting. A client that does not read or says nothing for too long is
//! let go of.

use std::sync::PoisonError;
use std::time::Duration;

use konvent_meeting::{Input, close, limits};
use tokio::time::Instant;

use super::meeting_task::Task;
use super::registry::Seat;
use crate::allowance::Allowance;
use crate::clock;
use crate::http::websocket::{Received, Socket, Written};

/// A client that keeps sending too fast is told so this often.
const SLOW_DOWN_EVERY: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(20);

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
    let mut told_to_slow_down: Option<Instant> = None;
    let mut heard = started;
    let mut ping = tokio::time::interval_at(started + PING_EVERY, PING_EVERY);
    let backlog = socket.backlog();
    loop {
        let ready_at = allowance(seat, |allowance| allowance.ready_at(Instant::now()));
        // Who reads nothing is not read either.
        let listens = ready_at.is_none() && !backlog.is_full();
        tokio::select! {
            biased;
            written = backlog.written() => match written {
                Written::All => {}
                Written::Closed(code) => return End::Closed(code),
                Written::Broken => return End::Lost { graceful: false },
            },
            received = socket.receive(), if listens => {
                heard = Instant::now();
                // Whatever it is, a ping too: reading it is work.
                let counts = counts(&received);
                allowance(seat, |allowance| allowance.take_several(counts, heard));
                match received {
                    Received::Text(text) => command(socket, seat, &text).await,
                    // Signaling is text; what a client sends as binary is read all the same, or answered as malformed.
                    Received::Binary(bytes) => command(socket, seat, std::str::from_utf8(&bytes).unwrap_or_default()).await,
                    Received::Alive => {}
                    Received::TooLarge => return End::Refused(close::TOO_BIG),
                    Received::Gone { graceful } => return End::Lost { graceful },
                }
            }
            () = until(ready_at) => {
                let now = Instant::now();
                if told_to_slow_down.is_none_or(|told| now.duration_since(told) >= SLOW_DOWN_EVERY) {
                    told_to_slow_down = Some(now);
                    socket.say(&konvent_meeting::slow_down(clock::now()));
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > idle {
                    return End::Lost { graceful: false };
                }
                socket.ping();
            }
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

/// While the meeting's queue is full, this waits, and with it the client's socket.
async fn command(socket: &Socket, seat: &Seat, text: &str) {
    match konvent_meeting::parse(text, clock::now()) {
        Ok(command) => {
            let input = Input::Command {
                connection: seat.connection,
                command,
            };
            // When the meeting has ended, the socket says so next.
            _ = seat.meeting.send(Task::Input(input)).await;
        }
        Err(frame) => socket.say(&frame),
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
