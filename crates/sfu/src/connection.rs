// SPDX-License-Identifier: EUPL-1.2
//! The signaling connection of one client, as its WebSocket sees it: frames in, frames out.
//!
//! Not the socket itself, which belongs to the caller. The rule: what waits in either direction is counted in bytes, and
//! a client that asks too much or does not read is slowed or lost alone.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::core::ConnectionId;
use crate::door::Pass;
use crate::limits;
use crate::request::Asked;
use crate::shell::{self, Command};

/// One WebSocket frame in either direction.
#[derive(Debug, Clone)]
pub enum Frame {
    /// A protobuf message.
    Binary(Bytes),
    /// The same message as JSON.
    Text(String),
    /// The last frame: close the socket with this code.
    Close {
        /// WebSocket close code (RFC 6455 section 7.4).
        code: u16,
    },
}

impl Frame {
    /// What it counts in a queue; never more than the queue holds.
    fn weight(&self, queue: usize) -> u32 {
        let length = match self {
            Frame::Binary(bytes) => bytes.len(),
            Frame::Text(text) => text.len(),
            Frame::Close { .. } => 0,
        };
        u32::try_from((length + limits::FRAME_OVERHEAD).min(queue)).unwrap_or(u32::MAX)
    }
}

/// The signaling connection of one client, as its WebSocket sees it.
pub struct Connection {
    /// Frames from the client. Dropping it says that the socket is closed.
    pub requests: Requests,
    /// Frames for the client.
    pub responses: Responses,
}

/// The SFU takes nothing more of this client: it has ended, or the client floods it. What it has to say last is among
/// the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

/// The way of a client's frames into the SFU; bounded, so a flood waits in its own socket.
pub struct Requests {
    connection: ConnectionId,
    commands: mpsc::UnboundedSender<Command>,
    queue: Arc<Semaphore>,
    pass: Pass,
}

impl Requests {
    pub(crate) fn new(connection: ConnectionId, commands: mpsc::UnboundedSender<Command>, pass: Pass) -> Self {
        Self {
            connection,
            commands,
            queue: Arc::new(Semaphore::new(limits::REQUEST_QUEUE_BYTES)),
            pass,
        }
    }

    /// Waits until the client has paid for what it asked. Read no frame of it before; dropping the wait costs nothing.
    pub async fn ready(&self) {
        let free = self.pass.pace().free();
        if free > shell::now() {
            tokio::time::sleep_until(free.into()).await;
        }
    }

    /// The client has given a sign of life, which was read, too: it costs what the smallest request does.
    pub fn alive(&self) {
        self.pass.pace().spend(shell::now(), limits::cost(None, 0, 0));
    }

    /// Hands a frame on and waits while the queue is full. A [`Frame::Close`] ends the connection.
    ///
    /// # Errors
    /// [`Ended`] when no further frame is taken.
    pub async fn send(&self, frame: Frame) -> Result<(), Ended> {
        let (asked, cost) = Asked::read(&frame, self.pass.people());
        let flood = !self.pass.pace().spend(shell::now(), cost);
        let weight = frame.weight(limits::REQUEST_QUEUE_BYTES);
        let Ok(permit) = Arc::clone(&self.queue).acquire_many_owned(weight).await else {
            return Err(Ended);
        };
        let command = Command::Frame {
            connection: self.connection,
            asked: if flood { Asked::Flood } else { asked },
            cost,
            text: matches!(frame, Frame::Text(_)),
            permit,
        };
        match self.commands.send(command) {
            Ok(()) if !flood => Ok(()),
            _ => Err(Ended),
        }
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        // Fails only when the SFU has ended.
        let _ = self.commands.send(Command::Disconnect {
            connection: self.connection,
        });
    }
}

/// Frames for a client, in order.
pub struct Responses {
    frames: mpsc::UnboundedReceiver<(Frame, OwnedSemaphorePermit)>,
}

impl Responses {
    /// The next frame; `None` when there is no other.
    pub async fn recv(&mut self) -> Option<Frame> {
        self.frames.recv().await.map(|(frame, _)| frame)
    }
}

/// The SFU's end of [`Responses`].
pub(crate) struct Outlet {
    frames: mpsc::UnboundedSender<(Frame, OwnedSemaphorePermit)>,
    queue: Arc<Semaphore>,
}

/// Both ends of a queue for a client.
pub(crate) fn responses() -> (Outlet, Responses) {
    let (sender, frames) = mpsc::unbounded_channel();
    let queue = Arc::new(Semaphore::new(limits::RESPONSE_QUEUE_BYTES));
    let outlet = Outlet { frames: sender, queue };
    (outlet, Responses { frames })
}

impl Outlet {
    /// Queues a frame; false when the client does not read or is gone.
    pub fn push(&self, frame: Frame) -> bool {
        let weight = frame.weight(limits::RESPONSE_QUEUE_BYTES);
        match Arc::clone(&self.queue).try_acquire_many_owned(weight) {
            Ok(permit) => self.frames.send((frame, permit)).is_ok(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_for_a_client_is_counted_in_bytes() {
        let (outlet, mut responses) = responses();
        let large = || Frame::Binary(vec![0; 500_000].into());
        let mut waiting = 0;
        while outlet.push(large()) {
            waiting += 1;
        }
        assert_eq!(
            waiting,
            limits::RESPONSE_QUEUE_BYTES / (500_000 + limits::FRAME_OVERHEAD)
        );
        assert!(responses.recv().await.is_some());
        assert!(outlet.push(large()), "what was read counts no longer");
        let huge = Frame::Binary(vec![0; 3 * limits::RESPONSE_QUEUE_BYTES].into());
        assert!(!outlet.push(huge.clone()));
        while waiting > 0 {
            assert!(responses.recv().await.is_some());
            waiting -= 1;
        }
        assert!(outlet.push(huge), "one of any size passes when nothing waits");
    }
}
