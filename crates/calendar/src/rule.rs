// SPDX-License-Identifier: EUPL-1.2
//! One recurrence rule (RFC 5545 §3.3.10) as text and as a value. Not when it takes place: that is in `days`. What this
//! program does not carry out is refused, never ignored.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use crate::series::LONGEST_RULE;

/// Most times on one day (BYHOUR × BYMINUTE × BYSECOND).
const MOST_TIMES_A_DAY: usize = 24;

/// Why a rule is refused: a stable code and a sentence.
#[derive(Debug, PartialEq)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
}

impl Problem {
    pub fn new(code: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            code,
            message: message.into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
}

/// The last moment at which a rule applies, inclusive.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// This whole day, local.
    Day(Date),
    Local(DateTime),
    Instant(Timestamp),
}

impl Until {
    pub fn local(self, zone: &TimeZone) -> DateTime {
        match self {
            Until::Day(day) => day.at(23, 59, 59, 0),
            Until::Local(last) => last,
            Until::Instant(last) => zone.to_datetime(last),
        }
    }
}

#[derive(Debug)]
pub struct Rule {
    /// Its normal form: capitals, `RRULE:` before it.
    pub text: String,
    /// The last start, where it is known.
    pub last: Option<Timestamp>,
    pub frequency: Frequency,
    pub interval: i64,
    pub count: Option<u32>,
    pub until: Option<Until>,
    pub months: Vec<i8>,
    pub week_numbers: Vec<i16>,
    pub year_days: Vec<i16>,
    pub month_days: Vec<i16>,
    /// Weekdays, each with its number in the month or year, or 0 for all of them.
    pub weekdays: Vec<(i16, Weekday)>,
    /// Times of the day; none: that of the first start.
    pub hours: Vec<i8>,
    pub minutes: Vec<i8>,
    pub seconds: Vec<i8>,
    pub positions: Vec<i16>,
    pub week_start: Weekday,
}

impl Rule {
    /// `RRULE:FREQ=…`, or without `RRULE:`.
    pub fn parse(text: &str) -> Result<Rule, Problem> {
        if text.len() > LONGEST_RULE {
            return Err(Problem::new("invalid_length", format!("At most {LONGEST_RULE} bytes.")));
        }
        let upper = text.trim().to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let mut parts = Vec::new();
        for part in body.split(';') {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| invalid("write it as RRULE:FREQ=WEEKLY"))?;
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(invalid("a part stands twice"));
            }
            parts.push((name, value));
        }
        let mut rule = Rule::empty(format!("RRULE:{body}"), frequency(&parts)?);
        for (name, value) in parts {
            rule.set(name, value)?;
        }
        rule.check()?;
        Ok(rule)
    }

    /// Whether it names times of the day.
    pub fn has_times(&self) -> bool {
        !(self.hours.is_empty() && self.minutes.is_empty() && self.seconds.is_empty())
    }

    /// Whether a yearly rule says itself on which days of the year it takes place.
    pub fn says_yearly(&self) -> bool {
        !(self.weekdays.is_empty()
            && self.month_days.is_empty()
            && self.week_numbers.is_empty()
            && self.year_days.is_empty())
    }

    fn empty(text: String, frequency: Frequency) -> Rule {
        Rule {
            text,
            last: None,
            frequency,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            week_numbers: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "FREQ" => {}
            "INTERVAL" => self.interval = i64::from(number::<u16>(value, 1, u16::MAX)?),
            "COUNT" => self.count = Some(number(value, 1, u32::MAX)?),
            "UNTIL" => self.until = Some(until(value)?),
            "BYMONTH" => self.months = numbers(value, 1, 12)?,
            "BYWEEKNO" => self.week_numbers = counted(value, 53)?,
            "BYYEARDAY" => self.year_days = counted(value, 366)?,
            "BYMONTHDAY" => self.month_days = counted(value, 31)?,
            "BYDAY" => self.weekdays = value.split(',').map(numbered_weekday).collect::<Result<_, _>>()?,
            "BYHOUR" => self.hours = numbers(value, 0, 23)?,
            "BYMINUTE" => self.minutes = numbers(value, 0, 59)?,
            "BYSECOND" => self.seconds = numbers(value, 0, 59)?,
            "BYSETPOS" => self.positions = counted(value, 366)?,
            "WKST" => self.week_start = weekday(value)?,
            _ => return Err(invalid("a part of it is unknown")),
        }
        Ok(())
    }

    /// What RFC 5545 forbids together.
    fn check(&self) -> Result<(), Problem> {
        let yearly = self.frequency == Frequency::Yearly;
        let monthly = self.frequency == Frequency::Monthly;
        let numbered = self.weekdays.iter().any(|(number, _)| *number != 0);
        let narrowed = [
            !self.months.is_empty(),
            !self.week_numbers.is_empty(),
            !self.year_days.is_empty(),
            !self.month_days.is_empty(),
            !self.weekdays.is_empty(),
            !self.hours.is_empty(),
            !self.minutes.is_empty(),
            !self.seconds.is_empty(),
        ];
        let forbidden = [
            (
                self.count.is_some() && self.until.is_some(),
                "COUNT and UNTIL exclude each other",
            ),
            (!yearly && !self.week_numbers.is_empty(), "BYWEEKNO needs FREQ=YEARLY"),
            (!yearly && !self.year_days.is_empty(), "BYYEARDAY needs FREQ=YEARLY"),
            (
                self.frequency == Frequency::Weekly && !self.month_days.is_empty(),
                "BYMONTHDAY does not go with FREQ=WEEKLY",
            ),
            (
                numbered && !(monthly || yearly && self.week_numbers.is_empty()),
                "a weekday with a number needs FREQ=MONTHLY or FREQ=YEARLY",
            ),
            (
                !self.positions.is_empty() && narrowed.iter().all(|given| !given),
                "BYSETPOS needs another BY… part",
            ),
            (
                self.hours.len().max(1) * self.minutes.len().max(1) * self.seconds.len().max(1) > MOST_TIMES_A_DAY,
                "it asks for more than 24 meetings a day",
            ),
        ];
        match forbidden.iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(invalid(why)),
            None => Ok(()),
        }
    }

    /// The times of one day, in order.
    pub fn times(&self, first: Time) -> Vec<Time> {
        let or = |given: &[i8], own: i8| if given.is_empty() { vec![own] } else { given.to_vec() };
        let mut times = Vec::new();
        for hour in or(&self.hours, first.hour()) {
            for minute in or(&self.minutes, first.minute()) {
                for second in or(&self.seconds, first.second()) {
                    times.extend(Time::new(hour, minute, second, 0));
                }
            }
        }
        times.sort();
        times.dedup();
        times
    }
}

fn invalid(why: &str) -> Problem {
    Problem::new("invalid_recurrence", format!("This is not a recurrence rule: {why}."))
}

fn frequency(parts: &[(&str, &str)]) -> Result<Frequency, Problem> {
    let value = parts.iter().find(|(name, _)| *name == "FREQ").map(|(_, value)| *value);
    match value {
        Some("YEARLY") => Ok(Frequency::Yearly),
        Some("MONTHLY") => Ok(Frequency::Monthly),
        Some("WEEKLY") => Ok(Frequency::Weekly),
        Some("DAILY") => Ok(Frequency::Daily),
        Some("HOURLY" | "MINUTELY" | "SECONDLY") => {
            let text = "Meetings can repeat by the day, week, month or year, not more often.";
            Err(Problem::new("unsupported", text))
        }
        _ => Err(invalid("FREQ is missing or unknown")),
    }
}

fn number<T: std::str::FromStr + PartialOrd>(text: &str, least: T, most: T) -> Result<T, Problem> {
    // A sign is for `counted` only.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if plain && number >= least && number <= most => Ok(number),
        _ => Err(invalid("a number is out of range")),
    }
}

fn numbers(text: &str, least: i8, most: i8) -> Result<Vec<i8>, Problem> {
    text.split(',').map(|part| number(part, least, most)).collect()
}

/// Numbers that count from the start, or from the end with a minus; never 0.
fn counted(text: &str, most: i16) -> Result<Vec<i16>, Problem> {
    text.split(',').map(|part| ordinal(part, most)).collect()
}

fn ordinal(text: &str, most: i16) -> Result<i16, Problem> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    Ok(sign * number(digits, 1, most)?)
}

fn numbered_weekday(text: &str) -> Result<(i16, Weekday), Problem> {
    let split = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at));
    let (digits, day) = split
        .map(|at| text.split_at(at))
        .ok_or_else(|| invalid("a weekday is unknown"))?;
    let number = if digits.is_empty() { 0 } else { ordinal(digits, 53)? };
    Ok((number, weekday(day)?))
}

fn weekday(text: &str) -> Result<Weekday, Problem> {
    match text {
        "MO" => Ok(Weekday::Monday),
        "TU" => Ok(Weekday::Tuesday),
        "WE" => Ok(Weekday::Wednesday),
        "TH" => Ok(Weekday::Thursday),
        "FR" => Ok(Weekday::Friday),
        "SA" => Ok(Weekday::Saturday),
        "SU" => Ok(Weekday::Sunday),
        _ => Err(invalid("a weekday is unknown")),
    }
}

fn until(text: &str) -> Result<Until, Problem> {
    let wrong = |_| invalid("UNTIL is not a date");
    let read = |format: &str| BrokenDownTime::parse(format, text).map_err(wrong);
    if text.ends_with('Z') {
        let local = read("%Y%m%dT%H%M%SZ")?.to_datetime().map_err(wrong)?;
        let utc = TimeZone::UTC.to_timestamp(local).map_err(wrong)?;
        Ok(Until::Instant(utc))
    } else if text.contains('T') {
        Ok(Until::Local(read("%Y%m%dT%H%M%S")?.to_datetime().map_err(wrong)?))
    } else {
        Ok(Until::Day(read("%Y%m%d")?.to_date().map_err(wrong)?))
    }
}
