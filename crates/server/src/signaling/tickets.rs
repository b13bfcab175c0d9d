// SPDX-License-Identifier: EUPL-1.2
//! Tickets: the right to connect once, within 30 seconds. Not the right to enter: that is asked again when a ticket is used,
//! and only then an entry is counted. The one rule: whoever waits longer gets a new one; whoever takes many and uses none
//! loses their own oldest ones.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use konvent_meeting::{Joining, RoomId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock;
use crate::entry::Way;
use crate::entry::entries::Who;
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
    /// As what their entry is counted.
    pub who: Vec<Who>,
    /// The room's password when they were let in.
    pub password: Option<String>,
}

/// Those that nobody has used yet.
#[derive(Default)]
pub struct Tickets {
    known: HashMap<Uuid, (Box<Ticket>, Instant)>,
    by_age: VecDeque<(Instant, Uuid)>,
    /// Of each, oldest first.
    of: HashMap<(RoomId, Who), VecDeque<Uuid>>,
}

/// How many tickets may be unused. A device with several windows that come back at once needs some.
fn most_unused(who: Who) -> usize {
    match who {
        Who::Device(_) => 4,
        Who::Account(_) => 16,
        Who::Guests(_) => 1000,
    }
}

impl Tickets {
    pub fn issue(&mut self, ticket: Ticket, now: Instant) -> Uuid {
        while self.by_age.front().is_some_and(|(expires, _)| *expires <= now) {
            if let Some((_, expired)) = self.by_age.pop_front() {
                self.take(expired);
            }
        }
        let (token, expires) = (clock::token(), now + LIFE);
        for who in &ticket.who {
            let of = |tickets: &Tickets| {
                tickets
                    .of
                    .get(&(ticket.room, *who))
                    .map(|of| (of.len(), of.front().copied()))
            };
            if let Some((count, Some(oldest))) = of(self)
                && count >= most_unused(*who)
            {
                self.take(oldest);
            }
            self.of.entry((ticket.room, *who)).or_default().push_back(token);
        }
        self.by_age.push_back((expires, token));
        self.known.insert(token, (Box::new(ticket), expires));
        token
    }

    /// The ticket of a token, once.
    pub fn redeem(&mut self, token: Uuid, now: Instant) -> Option<Box<Ticket>> {
        let (ticket, expires) = self.take(token)?;
        (expires > now).then_some(ticket)
    }

    fn take(&mut self, token: Uuid) -> Option<(Box<Ticket>, Instant)> {
        let (ticket, expires) = self.known.remove(&token)?;
        for who in &ticket.who {
            let key = (ticket.room, *who);
            if let Some(of) = self.of.get_mut(&key) {
                of.retain(|other| *other != token);
                if of.is_empty() {
                    self.of.remove(&key);
                }
            }
        }
        Some((ticket, expires))
    }
}
