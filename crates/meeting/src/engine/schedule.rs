// SPDX-License-Identifier: EUPL-1.2
//! Every instant at which something ends by itself. What happens then is not known here. The one rule: whatever came
//! before, the next instant is known outside, and waking early, late or twice loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::outbox::Owner;
use super::places::Place;
use crate::ids::ConnectionId;

/// What has an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The meeting, by its tariff.
    TimeLimit,
    /// The meeting, because nobody is connected.
    Empty,
    /// What a feature waits for.
    Of(Owner),
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

    /// Nothing of this place is waited for any more.
    pub fn forget(&mut self, place: Place) {
        let of_place = |deadline: &Deadline| matches!(deadline, Deadline::Of(owner) if owner.place == Some(place));
        let over: Vec<Deadline> = self.at.keys().copied().filter(of_place).collect();
        for deadline in over {
            self.cancel(deadline);
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Deadline, Schedule};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn the_next_instant_is_asked_for_once_and_again_whenever_somebody_woke_or_it_changed() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.ask(), None);
        schedule.set(Deadline::TimeLimit, at(100));
        assert_eq!((schedule.ask(), schedule.ask()), (Some(at(100)), None));
        schedule.set(Deadline::Empty, at(60));
        assert_eq!(schedule.ask(), Some(at(60)));
        // Too early.
        schedule.woken();
        assert_eq!(schedule.take_due(at(59)), None);
        assert_eq!(schedule.ask(), Some(at(60)));
        schedule.cancel(Deadline::Empty);
        assert_eq!(schedule.ask(), Some(at(100)));
        // Replaced, it is due once.
        schedule.set(Deadline::TimeLimit, at(50));
        assert_eq!(schedule.ask(), Some(at(50)));
        assert_eq!(schedule.take_due(at(500)), Some((at(50), Deadline::TimeLimit)));
        assert_eq!(schedule.take_due(at(500)), None);
        assert_eq!(schedule.ask(), None);
    }

    #[test]
    fn what_is_due_comes_in_the_order_of_its_instants_however_late() {
        let mut schedule = Schedule::default();
        schedule.set(Deadline::Empty, at(2));
        schedule.set(Deadline::TimeLimit, at(1));
        let first = schedule.take_due(at(9)).expect("due");
        let second = schedule.take_due(at(9)).expect("due");
        assert_eq!((first.1, second.1), (Deadline::TimeLimit, Deadline::Empty));
    }
}
