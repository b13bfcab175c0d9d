// SPDX-License-Identifier: EUPL-1.2
//! The date part of an event: none, from then to then, or a series; what of it is refused, and over which time it
//! reaches. No SQL.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use konvent_calendar::{LAST_YEAR, LONGEST_RULE, MOST_RULES, Series, end_of, zone};

use super::store::{Dates, Event};
use super::wire::DateTimeTz;
use crate::db::{millis, time};
use crate::http::failure::Invalid;

/// Earlier and later times than these are slips of a hand.
const FIRST_YEAR: i16 = 1900;

/// The date part as a request gives it.
#[derive(Default)]
pub struct When {
    pub is_all_day: Option<bool>,
    pub starts_at: Option<DateTimeTz>,
    pub ends_at: Option<DateTimeTz>,
    pub recurrence: Vec<String>,
    /// The rules as they are understood, once they have been checked.
    pub series: Option<Series>,
}

impl When {
    pub fn of(event: &Event) -> When {
        When {
            is_all_day: event.is_all_day,
            starts_at: zoned(event.starts_at, event.starts_at_timezone.as_ref()),
            ends_at: zoned(event.ends_at, event.ends_at_timezone.as_ref()),
            recurrence: event.recurrence.lines().map(str::to_owned).collect(),
            series: None,
        }
    }

    /// Names what is wrong, field by field.
    pub fn check(&mut self, independent: bool, errors: &mut Vec<Invalid>) {
        let fields = [
            ("is_all_day", self.is_all_day.is_some(), true),
            ("starts_at", self.starts_at.is_some(), true),
            ("ends_at", self.ends_at.is_some(), true),
            ("recurrence_pattern", !self.recurrence.is_empty(), false),
        ];
        let found = errors.len();
        for (field, given, needed) in fields {
            if independent && given {
                let text = "A time-independent event has no time.";
                errors.push(Invalid::new(field, "ignored_value", text));
            } else if !independent && !given && needed {
                errors.push(Invalid::new(
                    field,
                    "value_required",
                    "An event with a time needs this.",
                ));
            }
        }
        check_times(self.is_all_day, self.starts_at.as_ref(), self.ends_at.as_ref(), errors);
        if errors.len() == found {
            self.check_rules(errors);
        }
    }

    fn check_rules(&mut self, errors: &mut Vec<Invalid>) {
        let Some(start) = self.starts_at.as_ref().filter(|_| !self.recurrence.is_empty()) else {
            return;
        };
        let mut refuse = |code, text: String| errors.push(Invalid::new("recurrence_pattern", code, text));
        let too_long = |rule: &String| rule.len() > LONGEST_RULE || rule.contains('\n');
        if self.recurrence.len() > MOST_RULES || self.recurrence.iter().any(too_long) {
            let text = format!("At most {MOST_RULES} rules, each one line of at most {LONGEST_RULE} bytes.");
            return refuse("invalid_length", text);
        }
        let rules = self.recurrence.iter().map(String::as_str);
        match Series::new(rules, start.datetime, &zone(&start.timezone)) {
            Err(problem) => refuse(problem.code, problem.message),
            Ok(series) if self.is_all_day == Some(true) && series.has_times() => {
                let text = "Whole days have no times: leave out BYHOUR, BYMINUTE and BYSECOND.";
                refuse("invalid_recurrence", text.into());
            }
            Ok(series) => self.begin(series),
        }
    }

    /// Begins with the first date of the series, as long as before.
    fn begin(&mut self, series: Series) {
        if let (Some(start), Some(end), Some(first)) = (&mut self.starts_at, &mut self.ends_at, series.first()) {
            let span = (start.datetime, end.datetime);
            end.datetime = end_of(first, span, self.is_all_day == Some(true), &zone(&start.timezone));
            start.datetime = first;
        }
        self.series = Some(series);
    }

    /// Writes the date part into an event; it has been checked.
    pub fn write(self, event: &mut Event) {
        let (starts_at, starts_in) = self.starts_at.map(|at| (millis(at.datetime), at.timezone)).unzip();
        let (ends_at, ends_in) = self.ends_at.map(|at| (millis(at.datetime), at.timezone)).unzip();
        event.is_all_day = self.is_all_day;
        (event.starts_at, event.starts_at_timezone) = (starts_at, starts_in);
        (event.ends_at, event.ends_at_timezone) = (ends_at, ends_in);
        event.recurrence = self.series.as_ref().map(Series::text).unwrap_or_default();
        event.recurrence_ends = self.series.as_ref().map(Series::ends).unwrap_or_default();
        event.sorts_at = starts_at.unwrap_or(event.created_at);
        event.spans_from = event.sorts_at;
        event.spans_to = match series_of(event) {
            None => ends_at.unwrap_or(event.created_at),
            Some(series) => series.span_end().map_or(i64::MAX, millis),
        };
    }
}

/// A series with what its instances share.
pub struct Instances {
    pub series: Series,
    pub zone: TimeZone,
    first: (Timestamp, Timestamp),
    is_all_day: bool,
}

impl Instances {
    /// `None`: no series, or one that this version does not understand.
    pub fn of(dates: &Dates) -> Option<Instances> {
        let zone = zone(&dates.starts_at_timezone);
        let start = time(dates.starts_at);
        let series = Series::stored(&dates.recurrence, &dates.recurrence_ends, start, &zone)
            .inspect_err(|_| tracing::warn!(event = %dates.id, "a stored series cannot be read"))
            .ok()?;
        Some(Instances {
            series,
            zone,
            first: (start, time(dates.ends_at)),
            is_all_day: dates.is_all_day == Some(true),
        })
    }

    pub fn end(&self, start: Timestamp) -> Timestamp {
        end_of(start, self.first, self.is_all_day, &self.zone)
    }

    /// A little longer than the longest instance: all-day ones last an hour more when the clock is set back.
    pub fn longest(&self) -> jiff::SignedDuration {
        let (start, end) = self.first;
        end.duration_since(start) + jiff::SignedDuration::from_hours(2)
    }

    fn span_end(&self) -> Option<Timestamp> {
        self.series.last().map(|last| self.end(last))
    }
}

/// The dates of an event, if it is a series.
pub fn dates(event: &Event) -> Option<Dates> {
    if event.recurrence.is_empty() {
        return None;
    }
    Some(Dates {
        id: event.id,
        is_all_day: event.is_all_day,
        starts_at: event.starts_at?,
        starts_at_timezone: event.starts_at_timezone.clone()?,
        ends_at: event.ends_at?,
        recurrence: event.recurrence.clone(),
        recurrence_ends: event.recurrence_ends.clone(),
    })
}

pub fn series_of(event: &Event) -> Option<Instances> {
    Instances::of(&dates(event)?)
}

pub fn zoned(at: Option<i64>, timezone: Option<&String>) -> Option<DateTimeTz> {
    Some(DateTimeTz {
        datetime: time(at?),
        timezone: timezone?.clone(),
    })
}

/// Checks the times of an event or of one date of a series.
pub fn check_times(
    is_all_day: Option<bool>,
    starts_at: Option<&DateTimeTz>,
    ends_at: Option<&DateTimeTz>,
    errors: &mut Vec<Invalid>,
) {
    let found = errors.len();
    for (field, at) in [("starts_at", starts_at), ("ends_at", ends_at)] {
        let Some(at) = at else { continue };
        match TimeZone::get(&at.timezone) {
            Err(_) => errors.push(Invalid::new(field, "invalid_timezone", "Not the name of a time zone.")),
            Ok(zone) => {
                let local = zone.to_datetime(at.datetime);
                // Where the clock is set forward at midnight, the day begins an hour later.
                let midnight = local.date().to_datetime(Time::midnight());
                if !(FIRST_YEAR..=LAST_YEAR).contains(&local.year()) {
                    let text = format!("The year is not between {FIRST_YEAR} and {LAST_YEAR}.");
                    errors.push(Invalid::new(field, "invalid_value", text));
                } else if is_all_day == Some(true)
                    && zone.to_ambiguous_timestamp(midnight).compatible().ok() != Some(at.datetime)
                {
                    let text = "An event of whole days begins and ends at midnight of its time zone.";
                    errors.push(Invalid::new(field, "invalid_value", text));
                }
            }
        }
    }
    if let (Some(start), Some(end)) = (starts_at, ends_at)
        && errors.len() == found
        && end.datetime < start.datetime
    {
        errors.push(Invalid::new("ends_at", "invalid_value", "The end is before the start."));
    }
}
