// SPDX-License-Identifier: EUPL-1.2
//! Every instant at which something ends by itself. What happens then is not known here. The one rule: whatever came
//! before, the next instant is known outside, and waking early, late or twice loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ids::ConnectionId;

/// What has an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The meeting, by its tariff.
    TimeLimit,
    /// The meeting, because nobody is connected.
    Empty,
    /// The time in which a cut line may come back.
    Away(ConnectionId),
}

#[derive(Default)]
pub struct Schedule {
    at: BTreeMap<Deadline, Timestamp>,
    in_order: BTreeSet<(Timestamp, Deadline)>,
    /// The instant asked for last, until it has come.
    asked: Option<Timestamp>,
}

impl Schedule {
    /// Replaces the instant set for this before.
    pub fn set(&mut self, deadline: Deadline, at: Timestamp) {
        self.cancel(deadline);
        self.at.insert(deadline, at);
        self.in_order.insert((at, deadline));
    }

    pub fn is_set(&self, deadline: Deadline) -> bool {
        self.at.contains_key(&deadline)
    }

    pub fn cancel(&mut self, deadline: Deadline) {
        if let Some(at) = self.at.remove(&deadline) {
            self.in_order.remove(&(at, deadline));
        }
    }

    /// The earliest of what is due, which is set no more.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Deadline)> {
        let first = *self.in_order.first().filter(|(at, _)| *at <= now)?;
        self.cancel(first.1);
        Some(first)
    }

    /// Somebody outside woke: what was asked for is not waited for any more.
    pub fn woken(&mut self) {
        self.asked = None;
    }

    /// The next instant, where it is not the one asked for already.
    pub fn ask(&mut self) -> Option<Timestamp> {
        let next = self.in_order.first().map(|(at, _)| *at);
        if next.is_none() || next == self.asked {
            return None;
        }
        self.asked = next;
        next
    }
}
