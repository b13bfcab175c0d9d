// SPDX-License-Identifier: EUPL-1.2
//! A meeting as a calendar entry or a mail tells of it. Not the event itself: this is a copy, as it was when it was told.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::series::{Series, end_of};
use crate::zone;

/// A stored time, in milliseconds since 1970; one out of range is the first there is.
pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN)
}

/// All that a calendar entry or a mail says of an event. No `Debug`: it names people.
#[derive(Clone, Serialize, Deserialize)]
pub struct Meeting {
    pub event: Uuid,
    pub room: Uuid,
    /// Grows with each change that people should hear of.
    pub sequence: i64,
    /// The last change, in milliseconds since 1970.
    pub changed_at: i64,
    pub title: String,
    pub description: String,
    pub organiser: Person,
    pub has_password: bool,
    pub when: Option<When>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct When {
    pub span: Span,
    pub timezone: String,
    /// `RRULE:…` lines, and where each ends.
    pub rules: Vec<String>,
    #[serde(default)]
    pub ends: String,
    pub exceptions: Vec<Exception>,
}

/// From then to then, in milliseconds since 1970. Whole days begin and end at midnight of the time zone.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Span {
    pub starts_at: i64,
    pub ends_at: i64,
    pub is_all_day: bool,
}

/// One date of a series, named by when it would have begun.
#[derive(Clone, Serialize, Deserialize)]
pub struct Exception {
    pub instance: i64,
    /// `None`: it does not take place.
    pub changed: Option<Changed>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Changed {
    pub span: Span,
    pub title: String,
    pub description: String,
}

impl When {
    /// A zone that this machine does not know is UTC.
    pub fn zone(&self) -> TimeZone {
        zone::named(&self.timezone)
    }

    /// `None`: it is no series, or one that this version does not understand.
    pub fn series(&self) -> Option<Series> {
        let (start, rules) = (time(self.span.starts_at), self.rules.join("\n"));
        match rules.as_str() {
            "" => None,
            _ if self.ends.is_empty() => Series::old(&rules, start, &self.zone()).ok(),
            _ => Series::stored(&rules, &self.ends, start, &self.zone()).ok(),
        }
    }
}

impl Span {
    /// When the same meeting ends if it begins then: whole days last whole days, whatever the clocks do.
    pub fn end_from(&self, starts_at: i64, zone: &TimeZone) -> i64 {
        let first = (time(self.starts_at), time(self.ends_at));
        end_of(time(starts_at), first, self.is_all_day, zone).as_millisecond()
    }
}
