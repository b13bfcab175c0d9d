// SPDX-License-Identifier: EUPL-1.2
//! The single dates of series, with the exceptions people make. When a series takes place by its rules is computed in
//! `konvent_calendar`. Dates are computed for the page that is asked for, never stored.

pub mod http;
pub mod store;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use konvent_calendar::Starts;

use super::pages::Position;
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
            by_rule: instances
                .series
                .between(earliest, Timestamp::from_millisecond(to).unwrap_or(Timestamp::MAX)),
            next_by_rule: None,
            moved: moved.into(),
            ends,
            elsewhere,
            from,
            to,
        }
    }

    /// Days looked at and dates made so far.
    pub fn steps(&self) -> u64 {
        self.by_rule.steps()
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

/// Most dates of one series that are cancelled or different.
pub const MOST_EXCEPTIONS: usize = 366;
/// Most series in one list, unless somebody made or agreed to more: other invitations are left out.
pub const MOST_SERIES: i64 = 300;
/// Series whose dates are merged at once, with their exceptions.
pub const AT_ONCE: usize = 300;
/// Most days that one list looks at in all its series. Thirty monthly meetings shown for a year need some ten thousand.
pub const MOST_STEPS: u64 = 8_000_000;

/// The dates of many series by time, of each at most so many, looking at no more dates than are taken. It ends early
/// where more is to be looked at than allowed: [`Merged::is_exhausted`].
pub struct Merged<'a> {
    series: Vec<(Upcoming<'a>, usize)>,
    next: BinaryHeap<Reverse<(Date, usize)>>,
    pub steps: u64,
}

impl<'a> Merged<'a> {
    /// `from` and `to`: milliseconds, inclusive. `most`: of each series. `steps`: made for the list before.
    pub fn new(
        series: &'a HashMap<EventId, Instances>,
        exceptions: &[Exception],
        (from, to): (i64, i64),
        most: usize,
        steps: u64,
    ) -> Merged<'a> {
        let mut of_series: HashMap<EventId, Vec<Exception>> = HashMap::new();
        for exception in exceptions {
            of_series.entry(exception.event).or_default().push(exception.clone());
        }
        let dates = series.iter().map(|(id, instances)| {
            let own = of_series.get(id).map(Vec::as_slice).unwrap_or_default();
            (Upcoming::new(*id, instances, own, from, to), most)
        });
        let mut merged = Merged {
            series: dates.collect(),
            next: BinaryHeap::new(),
            steps,
        };
        for index in 0..merged.series.len() {
            if merged.is_exhausted() {
                break;
            }
            merged.advance(index);
        }
        merged
    }

    pub fn is_exhausted(&self) -> bool {
        self.steps > MOST_STEPS
    }

    fn advance(&mut self, index: usize) {
        let (dates, left) = &mut self.series[index];
        if *left == 0 {
            return;
        }
        *left -= 1;
        let before = dates.steps();
        let next = dates.next();
        self.steps += dates.steps() - before;
        self.next.extend(next.map(|date| Reverse((date, index))));
    }
}

impl Iterator for Merged<'_> {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        if self.is_exhausted() {
            return None;
        }
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

/// The exceptions of a series after its dates have changed: each goes along with its date, and the event reaches over it.
/// What is forgotten is the exception of a date that the series has no more. Where it cannot be read when the series took
/// place, they all stay where they are.
pub fn carried(before: &Event, now: &mut Event, exceptions: Vec<Exception>) -> Vec<Exception> {
    if now.recurrence.is_empty() {
        return Vec::new();
    }
    let Some(new) = series_of(now) else {
        return exceptions;
    };
    let Some(old) = series_of(before) else {
        for exception in &exceptions {
            reach_over(now, &new, exception);
        }
        return exceptions;
    };
    let (Some(old_first), Some(new_first)) = (old.series.first(), new.series.first()) else {
        return exceptions;
    };
    let (old_start, new_start) = (old.zone.to_datetime(old_first), new.zone.to_datetime(new_first));
    // The date of an old one at the new hour, so many days later.
    let moved = |instance: Timestamp, days: jiff::Span| {
        let local = old.zone.to_datetime(instance);
        let time = if local.time() == old_start.time() {
            new_start.time()
        } else {
            local.time()
        };
        let local = local.date().checked_add(days).ok()?.to_datetime(time);
        let moved = new.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        new.series.has(moved).then_some(moved)
    };
    // Either the days are the same, at another hour perhaps, or all of them have moved as the first has.
    let later = old.series.starting(old_first.max(new_first)).next();
    let same_days = later.is_some_and(|later| moved(later, jiff::Span::new()).is_some());
    let days = match new_start.date().since(old_start.date()) {
        Ok(days) if !same_days => days,
        _ => jiff::Span::new(),
    };
    let mut carried: Vec<Exception> = Vec::new();
    for mut exception in exceptions {
        let instance = time(exception.instance);
        let same = (same_days && new.series.has(instance)).then_some(instance);
        let Some(place) = same.or_else(|| moved(instance, days)).map(millis) else {
            continue;
        };
        if carried.iter().any(|other| other.instance == place) {
            continue;
        }
        // What somebody has chosen for this date stays as it was chosen; what follows from its start goes along.
        if exception.starts_at.is_some() {
            exception.is_all_day = exception.is_all_day.or(before.is_all_day);
        } else {
            exception.ends_at = exception.ends_at.map(|end| end + place - exception.instance);
        }
        exception.instance = place;
        reach_over(now, &new, &exception);
        carried.push(exception);
    }
    carried
}

fn reach_over(event: &mut Event, instances: &Instances, exception: &Exception) {
    let (from, to) = span(event, instances, exception);
    event.spans_from = event.spans_from.min(from);
    event.spans_to = event.spans_to.max(to);
}

/// Whether an exception, as it is or as it would have been, reaches into a span of time.
pub fn reaches(event: &Event, instances: &Instances, exception: &Exception, from: i64, to: i64) -> bool {
    let (start, end) = span(event, instances, exception);
    end >= from && start <= to
}

/// The exceptions by series and by the start they replace.
pub fn by_start(exceptions: &[Exception]) -> HashMap<(EventId, i64), &Exception> {
    exceptions
        .iter()
        .map(|exception| ((exception.event, exception.instance), exception))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::store::Dates;

    fn series(rules: &str) -> Instances {
        let start = "1900-01-01T09:00:00Z".parse().unwrap();
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        let settled = konvent_calendar::Series::new(rules.lines(), start, &zone).unwrap();
        let dates = Dates {
            id: EventId(crate::clock::id()),
            is_all_day: None,
            starts_at: millis(start),
            starts_at_timezone: "Europe/Berlin".into(),
            ends_at: millis(start) + 3_600_000,
            recurrence: settled.text(),
            recurrence_ends: settled.ends(),
        };
        Instances::of(&dates).unwrap()
    }

    /// The first hundred dates of as many series as a list can have.
    fn looked_at(rules: &str) -> u64 {
        let of_one = |_| (EventId(crate::clock::id()), series(rules));
        let all: HashMap<EventId, Instances> = (0..MOST_SERIES).map(of_one).collect();
        let from = millis("2026-01-05T00:00:00Z".parse().unwrap());
        let mut merged = Merged::new(&all, &[], (from, i64::MAX), 100, 0);
        assert_eq!(merged.by_ref().take(101).count(), 101, "{rules}");
        assert!(!merged.is_exhausted());
        merged.steps
    }

    #[test]
    fn a_list_of_the_most_series_looks_at_few_days() {
        let hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
        let costly = [
            format!("FREQ=DAILY;{hours}"),
            format!("FREQ=DAILY;UNTIL=21991231T000000Z;{hours}"),
            format!("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;{hours}"),
            format!("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;{hours}"),
        ];
        let steps = looked_at(&costly.join("\n"));
        assert!(steps < 1_000_000, "{steps} steps");
        let usual = looked_at("FREQ=MONTHLY;BYDAY=1MO\nFREQ=WEEKLY");
        assert!(usual < 50_000, "{usual} steps");
    }
}
