// SPDX-License-Identifier: EUPL-1.2
//! Dates as values: when a series of meetings takes place (RFC 5545 rules), and meetings as other programs' calendars read
//! them (iCalendar). Not who plans them or where they are stored. The rule: no clock, no database, no I/O; whatever is
//! asked costs a bounded number of steps.

mod days;
pub mod ics;
mod meeting;
mod rule;
mod series;
mod zone;

pub use meeting::{Changed, Exception, Meeting, Person, Span, When};
pub use rule::{Problem, Rule};
pub use series::{LAST_YEAR, LONGEST_RULE, MOST_COUNTED, MOST_RULES, Series, Starts, end_of};
pub use zone::named as zone;
