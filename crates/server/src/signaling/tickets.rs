// SPDX-License-Identifier: EUPL-1.2
//! Tickets: the right to connect once, within 30 seconds. Not the right to enter: that is asked again when a ticket is used.
//! The one rule: whoever waits longer gets a new one.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use konvent_meeting::{Joining, RoomId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock;
use crate::entry::Way;
use crate::ids::TenantId;

/// Time from the answer of `start` to the WebSocket.
const LIFE: Duration = Duration::from_secs(30);

/// No `Debug`: it holds a name and a password.
#[derive(Clone)]
pub struct Ticket {
    pub tenant: TenantId,
    pub room: RoomId,
    pub joining: Joining,
    pub way: Way,
    /// The room's password when they were let in.
    pub password: Option<String>,
}

/// Those that nobody has used yet.
#[derive(Default)]
pub struct Tickets {
    known: HashMap<Uuid, (Box<Ticket>, Instant)>,
    by_age: VecDeque<(Instant, Uuid)>,
}

impl Tickets {
    pub fn issue(&mut self, ticket: Ticket, now: Instant) -> Uuid {
        while self.by_age.front().is_some_and(|(expires, _)| *expires <= now) {
            if let Some((_, expired)) = self.by_age.pop_front() {
                self.known.remove(&expired);
            }
        }
        let (token, expires) = (clock::token(), now + LIFE);
        self.by_age.push_back((expires, token));
        self.known.insert(token, (Box::new(ticket), expires));
        token
    }

    /// The ticket of a token, once.
    pub fn redeem(&mut self, token: Uuid, now: Instant) -> Option<Box<Ticket>> {
        let (ticket, expires) = self.known.remove(&token)?;
        (expires > now).then_some(ticket)
    }
}
