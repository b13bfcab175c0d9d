// SPDX-License-Identifier: EUPL-1.2
//! Series of events: when a meeting with recurrence rules (RFC 5545) takes place. A value: no SQL, no clock, and nothing
//! is computed before it is asked for. Not the exceptions people make.
//!
//! The one rule: asking from a moment on costs the same however long ago the series began. COUNT is counted once, when
//! the rule is taken; after that every rule knows its last start. The start of a series is always one of its dates: what
//! a calendar makes of one that no rule has is undefined (RFC 5545 §3.8.5.3), and every program does something else.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::days::Occurrences;
use crate::rule::{Problem, Rule};

/// Most rules of one event, and most bytes of one rule (profile §9).
pub const MOST_RULES: usize = 4;
pub const LONGEST_RULE: usize = 1024;
/// Most dates that COUNT may ask for.
pub const MOST_COUNTED: u32 = 1000;
/// A series that never ends is not looked at beyond this year, and none can end later.
pub const LAST_YEAR: i16 = 2199;
/// A rule that has no date for so many steps (days looked at) is over. Week 53 comes every seven years, 2,600 steps; leap
/// days that are Mondays every forty, 3,200 steps.
pub const MOST_IDLE: u64 = 6000;

/// When a meeting with rules takes place: the union of its rules, in the local time of its time zone.
pub struct Series {
    rules: Vec<Rule>,
    start: DateTime,
    zone: TimeZone,
}

impl Series {
    /// Takes rules such as `RRULE:FREQ=WEEKLY;BYDAY=MO` for a meeting that begins at `start`, local time of `zone`, and
    /// finds out where each ends. Where no rule has this start, the series begins with the first date that one has
    /// ([`Series::first`]). A rule by which the meeting never takes place is a problem.
    pub fn new<'a>(
        rules: impl IntoIterator<Item = &'a str>,
        start: Timestamp,
        zone: &TimeZone,
    ) -> Result<Series, Problem> {
        let mut series = Series::parse(rules, start, zone)?;
        series.begin();
        for index in 0..series.rules.len() {
            series.rules[index].last = series.find_last(&series.rules[index])?;
        }
        Ok(series)
    }

    /// Moves the start to the first date.
    fn begin(&mut self) {
        if let Some(first) = self.starting(Timestamp::MIN).next() {
            self.start = self.zone.to_datetime(first);
        }
    }

    /// Rules that were stored before their ends were: what would be refused today ends after as many dates as are allowed.
    pub fn old(rules: &str, start: Timestamp, zone: &TimeZone) -> Result<Series, Problem> {
        let mut series = Series::parse(rules.lines(), start, zone)?;
        series.begin();
        for index in 0..series.rules.len() {
            let rule = &series.rules[index];
            series.rules[index].last = series.find_last(rule).unwrap_or_else(|_| {
                let span = (DateTime::MIN, DateTime::MAX);
                let found = Occurrences::new(rule, series.start, &series.zone, span);
                found.take(MOST_COUNTED as usize).last().or(Some(start))
            });
        }
        Ok(series)
    }

    /// Rules that were taken before, with the ends that were found out then ([`Series::ends`]). Nothing is computed.
    pub fn stored(rules: &str, ends: &str, start: Timestamp, zone: &TimeZone) -> Result<Series, Problem> {
        let mut series = Series::parse(rules.lines(), start, zone)?;
        for (rule, end) in series.rules.iter_mut().zip(ends.lines()) {
            rule.last = end.parse().ok().and_then(|end| Timestamp::from_millisecond(end).ok());
        }
        Ok(series)
    }

    fn parse<'a>(
        rules: impl IntoIterator<Item = &'a str>,
        start: Timestamp,
        zone: &TimeZone,
    ) -> Result<Series, Problem> {
        let mut parsed = Vec::new();
        for rule in rules {
            if parsed.len() == MOST_RULES {
                return Err(Problem::new("too_many", format!("At most {MOST_RULES} rules.")));
            }
            parsed.push(Rule::parse(rule)?);
        }
        Ok(Series {
            rules: parsed,
            start: zone.to_datetime(start),
            zone: zone.clone(),
        })
    }

    /// The rules in normal form, one a line: capitals, `RRULE:` before each.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.rules.iter().map(|rule| rule.text.as_str()).collect();
        texts.join("\n")
    }

    /// The last start by each rule in milliseconds, one a line; `-` for a rule without end.
    pub fn ends(&self) -> String {
        let end = |rule: &Rule| rule.last.map_or("-".into(), |last| last.as_millisecond().to_string());
        let ends: Vec<String> = self.rules.iter().map(end).collect();
        ends.join("\n")
    }

    /// The starts at `from` or later, in order, each once.
    pub fn starting(&self, from: Timestamp) -> Starts<'_> {
        self.between(from, Timestamp::MAX)
    }

    /// The starts from `from` to `to`, both inclusive.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Starts<'_> {
        // One day more at both ends: a local time may be a day away from the instant, and a jump in the clock may reorder
        // some hours.
        let local = |at: Timestamp| self.zone.to_datetime(at);
        let span = (
            local(from).checked_sub(1.day()).unwrap_or(DateTime::MIN),
            local(to).checked_add(1.day()).unwrap_or(DateTime::MAX),
        );
        let rules = self.rules.iter();
        let rules = rules.map(|rule| Occurrences::new(rule, self.start, &self.zone, span));
        Starts {
            rules: rules.collect(),
            from,
            to,
        }
    }

    /// The first start: that of the series.
    pub fn first(&self) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(self.start).compatible().ok()
    }

    /// The last start. `None`: the series does not end.
    pub fn last(&self) -> Option<Timestamp> {
        let ends: Option<Vec<Timestamp>> = self.rules.iter().map(|rule| rule.last).collect();
        ends?.into_iter().max()
    }

    /// Whether a rule names times of the day.
    pub fn has_times(&self) -> bool {
        self.rules.iter().any(Rule::has_times)
    }

    /// Whether the meeting begins at exactly this time.
    pub fn has(&self, start: Timestamp) -> bool {
        self.between(start, start).next() == Some(start)
    }

    fn find_last(&self, rule: &Rule) -> Result<Option<Timestamp>, Problem> {
        let found = |from: DateTime, to| Occurrences::new(rule, self.start, &self.zone, (from, to));
        let too_long = |why: &str| Problem::new("too_long", format!("The series is too long: {why}."));
        let never = || Problem::new("never_takes_place", "With this rule the meeting never takes place.");
        if let Some(count) = rule.count {
            if count > MOST_COUNTED {
                return Err(too_long(&format!("COUNT is at most {MOST_COUNTED}")));
            }
            let starts: Vec<Timestamp> = found(DateTime::MIN, DateTime::MAX).collect();
            return match starts.last() {
                None => Err(never()),
                Some(_) if starts.len() < count as usize => Err(too_long(&format!("it goes on after {LAST_YEAR}"))),
                last => Ok(last.copied()),
            };
        }
        if found(self.start, DateTime::MAX).next().is_none() {
            return Err(never());
        }
        let Some(until) = rule.until else { return Ok(None) };
        let end = until.local(&self.zone);
        if end.year() > LAST_YEAR {
            return Err(too_long(&format!("UNTIL is after {LAST_YEAR}")));
        }
        // Longer and longer looks back from the end: what lies long before it is of no interest.
        let looks = [1, 8, 64, 512, 4096, 32_768].map(|days| end.checked_sub(i64::from(days).days()).ok());
        let looks = looks.into_iter().flatten().chain([self.start]);
        let last = looks.map(|from| found(from.max(self.start), DateTime::MAX).last());
        Ok(last.flatten().next())
    }
}

/// The starts of a [`Series`] in a span of time.
pub struct Starts<'a> {
    rules: Vec<Occurrences<'a>>,
    from: Timestamp,
    to: Timestamp,
}

impl Starts<'_> {
    /// Days looked at and starts made so far.
    pub fn steps(&self) -> u64 {
        self.rules.iter().map(Occurrences::steps).sum()
    }
}

impl Iterator for Starts<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        loop {
            let next = self.rules.iter_mut().filter_map(Occurrences::peek).min()?;
            for rule in &mut self.rules {
                while rule.peek().is_some_and(|start| start <= next) {
                    rule.next();
                }
            }
            if next > self.to {
                return None;
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
#[path = "series_tests.rs"]
mod tests;
