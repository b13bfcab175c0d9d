// SPDX-License-Identifier: EUPL-1.2
//! The single dates of series, with the exceptions people make. When a series takes place by its rules is computed in
//! `events::recurrence`. Dates are computed for the page that is asked for, never stored.

pub mod http;
pub mod store;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use super::pages::Position;
use super::recurrence::Starts;
use super::resources::times;
use super::store::Event;
use super::when::{Instances, series_of};
use crate::db::{millis, time};
use crate::ids::EventId;
use store::Exception;

/// A date of a series: its place in time, and when it begins by the rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub position: Position,
    pub start: Timestamp,
}

/// The dates of one series that reach into a span of time, in the order of their real beginning; lazily.
pub struct Upcoming<'a> {
    event: EventId,
    instances: &'a Instances,
    by_rule: Starts<'a>,
    next_by_rule: Option<Timestamp>,
    /// Exceptions that begin at another time than the rules say, in order.
    moved: VecDeque<(Date, i64)>,
    /// Ends of exceptions that begin on time, and the starts that are among `moved`.
    ends: HashMap<i64, i64>,
    elsewhere: HashSet<i64>,
    from: i64,
    to: i64,
}

impl<'a> Upcoming<'a> {
    /// `exceptions`: those of this series. `from` and `to`: milliseconds, inclusive.
    pub fn new(event: EventId, instances: &'a Instances, exceptions: &[Exception], from: i64, to: i64) -> Upcoming<'a> {
        let mut moved = Vec::new();
        let mut ends = HashMap::new();
        let mut elsewhere = HashSet::new();
        for exception in exceptions {
            let start = exception.starts_at.unwrap_or(exception.instance);
            let end = exception.ends_at.unwrap_or_else(|| millis(instances.end(time(start))));
            if start == exception.instance {
                ends.insert(exception.instance, end);
            } else {
                elsewhere.insert(exception.instance);
                moved.push((date(event, start, exception.instance), end));
            }
        }
        moved.sort();
        // What began earlier may still be going on.
        let longest = ends
            .iter()
            .map(|(start, end)| jiff::SignedDuration::from_millis(end - start));
        let longest = longest.chain([instances.longest()]).max().unwrap_or_default();
        let earliest = time(from).saturating_sub(longest).unwrap_or(Timestamp::MIN);
        Upcoming {
            event,
            instances,
            by_rule: instances.series.starting(earliest),
            next_by_rule: None,
            moved: moved.into(),
            ends,
            elsewhere,
            from,
            to,
        }
    }
}

impl Iterator for Upcoming<'_> {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        loop {
            if self.next_by_rule.is_none() {
                self.next_by_rule = self.by_rule.find(|start| !self.elsewhere.contains(&millis(*start)));
            }
            let by_rule = self
                .next_by_rule
                .map(|start| date(self.event, millis(start), millis(start)));
            let first_moved = self.moved.front().map(|(date, _)| *date);
            let (next, end) = match (by_rule, first_moved) {
                (None, None) => return None,
                (Some(by_rule), moved) if moved.is_none_or(|moved| by_rule < moved) => {
                    self.next_by_rule = None;
                    let own = self.ends.get(&by_rule.position.instance).copied();
                    (
                        by_rule,
                        own.unwrap_or_else(|| millis(self.instances.end(by_rule.start))),
                    )
                }
                _ => self.moved.pop_front()?,
            };
            if next.position.at > self.to {
                return None;
            }
            if end >= self.from {
                return Some(next);
            }
        }
    }
}

fn date(event: EventId, at: i64, instance: i64) -> Date {
    Date {
        position: Position { at, event, instance },
        start: time(instance),
    }
}

/// Merges the dates of many series by time, looking at no more dates than are taken.
pub struct Merged<'a> {
    series: Vec<Box<dyn Iterator<Item = Date> + Send + 'a>>,
    next: BinaryHeap<Reverse<(Date, usize)>>,
}

impl<'a> Merged<'a> {
    pub fn new(series: Vec<Box<dyn Iterator<Item = Date> + Send + 'a>>) -> Merged<'a> {
        let mut merged = Merged {
            series,
            next: BinaryHeap::new(),
        };
        for index in 0..merged.series.len() {
            merged.advance(index);
        }
        merged
    }

    fn advance(&mut self, index: usize) {
        self.next
            .extend(self.series[index].next().map(|date| Reverse((date, index))));
    }
}

impl Iterator for Merged<'_> {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        let Reverse((date, index)) = self.next.pop()?;
        self.advance(index);
        Some(date)
    }
}

/// From when to when an exception reaches, the date by the rules included.
pub fn span(event: &Event, instances: &Instances, exception: &Exception) -> (i64, i64) {
    let (starts_at, ends_at) = times(event, instances, time(exception.instance), Some(exception));
    let regular_end = millis(instances.end(time(exception.instance)));
    (
        millis(starts_at.datetime).min(exception.instance),
        millis(ends_at.datetime).max(regular_end),
    )
}

/// Whether an exception, as it is or as it would have been, reaches into a span of time.
pub fn reaches(event: &Event, exception: &Exception, from: i64, to: i64) -> bool {
    series_of(event).is_some_and(|instances| {
        let (start, end) = span(event, &instances, exception);
        end >= from && start <= to
    })
}

/// The exceptions by series and by the start they replace.
pub fn by_start(exceptions: &[Exception]) -> HashMap<(EventId, i64), &Exception> {
    exceptions
        .iter()
        .map(|exception| ((exception.event, exception.instance), exception))
        .collect()
}
