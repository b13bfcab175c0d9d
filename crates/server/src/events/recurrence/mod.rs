// SPDX-License-Identifier: EUPL-1.2
//! Series of events: when a meeting with recurrence rules (RFC 5545) takes place. A value: no SQL, no clock, and nothing
//! is computed before it is asked for. Not the exceptions people make: those are in `events::instances`.
//!
//! The one rule: asking from a moment on costs the same however long ago the series began. Rules with COUNT are the
//! exception; they are counted from their start.

mod days;
mod rule;

use std::iter::Peekable;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use days::Occurrences;
pub use rule::{Problem, Rule};

/// Most rules of one event, and most bytes of one rule (profile §9).
pub const MOST_RULES: usize = 4;
pub const LONGEST_RULE: usize = 1024;
/// A series that never ends is not looked at beyond this year.
pub const LAST_YEAR: i16 = 2199;

/// When a meeting with rules takes place: the union of its rules, in the local time of its time zone.
pub struct Series {
    rules: Vec<Rule>,
    start: DateTime,
    zone: TimeZone,
}

impl Series {
    /// Reads rules such as `RRULE:FREQ=WEEKLY;BYDAY=MO` for a meeting that begins at `start`, local time of `zone`.
    /// A series in which the meeting never takes place is a problem, too.
    pub fn parse<'a>(
        rules: impl IntoIterator<Item = &'a str>,
        start: Timestamp,
        zone: &TimeZone,
    ) -> Result<Series, Problem> {
        let rules = rules
            .into_iter()
            .map(Rule::parse)
            .collect::<Result<Vec<Rule>, Problem>>()?;
        if rules.len() > MOST_RULES {
            return Err(Problem::new("too_many", format!("At most {MOST_RULES} rules.")));
        }
        let series = Series {
            rules,
            start: zone.to_datetime(start),
            zone: zone.clone(),
        };
        if series.first().is_none() {
            return Err(Problem::new(
                "never_takes_place",
                "With this rule the meeting never takes place.",
            ));
        }
        Ok(series)
    }

    /// The starts at `from` or later, in order, each once.
    pub fn starting(&self, from: Timestamp) -> Starts<'_> {
        // One day earlier: a local time may be a day away from the instant, and a jump in the clock may reorder some hours.
        let local = self
            .zone
            .to_datetime(from)
            .checked_sub(1.day())
            .unwrap_or(DateTime::MIN);
        let rules = self.rules.iter();
        Starts {
            rules: rules
                .map(|rule| Occurrences::new(rule, self.start, &self.zone, local).peekable())
                .collect(),
            from,
        }
    }

    pub fn first(&self) -> Option<Timestamp> {
        self.starting(Timestamp::MIN).next()
    }

    /// The last start. `None`: the series does not end.
    pub fn last(&self) -> Option<Timestamp> {
        if self.rules.iter().all(Rule::ends) {
            self.starting(Timestamp::MIN).last()
        } else {
            None
        }
    }

    /// Whether the meeting begins at exactly this time by its rules.
    pub fn has(&self, start: Timestamp) -> bool {
        self.starting(start).next() == Some(start)
    }
}

/// The starts of a [`Series`] from some moment on.
pub struct Starts<'a> {
    rules: Vec<Peekable<Occurrences<'a>>>,
    from: Timestamp,
}

impl Iterator for Starts<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        loop {
            let next = self.rules.iter_mut().filter_map(|rule| rule.peek().copied()).min()?;
            for rule in &mut self.rules {
                while rule.next_if(|start| *start <= next).is_some() {}
            }
            if next >= self.from {
                return Some(next);
            }
        }
    }
}

/// When an instance that begins at `start` ends: as long after its start as the first one, by the clock on the wall for
/// days (`is_all_day`), in elapsed time otherwise (RFC 5545 §3.8.5.3).
pub fn end_of(start: Timestamp, first: (Timestamp, Timestamp), is_all_day: bool, zone: &TimeZone) -> Timestamp {
    let (first_start, first_end) = first;
    let exact = start
        .saturating_add(first_end.duration_since(first_start))
        .unwrap_or(start);
    if !is_all_day {
        return exact;
    }
    let days = zone
        .to_datetime(first_end)
        .date()
        .since(zone.to_datetime(first_start).date());
    let local = days.and_then(|days| zone.to_datetime(start).checked_add(days));
    local
        .and_then(|local| zone.to_ambiguous_timestamp(local).compatible())
        .unwrap_or(exact)
}

#[cfg(test)]
mod tests;
