// SPDX-License-Identifier: EUPL-1.2
//! Calendar entries as text: iCalendar (RFC 5545) with the methods of iTIP (RFC 5546). Writing only; a value: no clock, no
//! database. The rule: whatever people wrote is escaped, so that it can neither end its line nor begin another.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::meeting::{Changed, Meeting, Person, Span, When, time};
use crate::zone;

/// What the receiver's calendar shall do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Add or update the entry.
    Request,
    /// Take it out.
    Cancel,
    /// Just show it: a calendar that is subscribed to.
    Publish,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Request => "REQUEST",
            Method::Cancel => "CANCEL",
            Method::Publish => "PUBLISH",
        }
    }
}

/// The one attendee who is named: the receiver. Nobody learns from an entry who else is invited.
pub struct Attendee<'a> {
    pub person: &'a Person,
    /// As stored: `accepted`, `declined`, `tentative` or `pending`.
    pub status: &'a str,
}

pub struct Entry<'a> {
    pub meeting: &'a Meeting,
    pub link: &'a str,
    pub attendee: Option<Attendee<'a>>,
    /// When this text was made; for calendars that are subscribed to, when the meeting was last changed.
    pub stamp: Timestamp,
}

/// How many years of changes between summer and winter time are told for a series.
const YEARS_OF_ZONE: i64 = 10;
const MOST_OCTETS: usize = 75;

/// The whole calendar. Meetings without a time are left out. `now`: from when on changes of the clock are told for series.
pub fn calendar(method: Method, name: Option<&str>, entries: &[Entry<'_>], now: Timestamp) -> String {
    let mut text = Text::default();
    text.line("BEGIN:VCALENDAR");
    text.line("VERSION:2.0");
    text.line("PRODID:-//Konvent//Konvent//EN");
    text.line("CALSCALE:GREGORIAN");
    text.line(&format!("METHOD:{}", method.as_str()));
    if let Some(name) = name {
        text.text("NAME", name);
        text.text("X-WR-CALNAME", name);
        text.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    }
    let mut zones: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for when in entries.iter().filter_map(|entry| entry.meeting.when.as_ref()) {
        let (from, to) = reach(when, now.as_millisecond());
        let known = zones.entry(&when.timezone).or_insert((from, to));
        *known = (known.0.min(from), known.1.max(to));
    }
    for (name, (from, to)) in zones {
        let Ok(known) = TimeZone::get(name) else { continue };
        if !is_utc(name) {
            for line in zone::lines(name, &known, time(from), time(to)) {
                text.line(&line);
            }
        }
    }
    for entry in entries {
        if let Some(when) = &entry.meeting.when {
            text.entry(method, entry, when);
        }
    }
    text.line("END:VCALENDAR");
    text.0
}

/// Over which time the changes of the clock are needed: for a series ten years from its start, or from now if that is later.
fn reach(when: &When, now: i64) -> (i64, i64) {
    const YEAR: i64 = 366 * 24 * 60 * 60 * 1000;
    let changed = when
        .exceptions
        .iter()
        .filter_map(|exception| exception.changed.as_ref());
    let spans = changed.map(|changed| changed.span).chain([when.span]);
    let (from, to) = spans.fold((i64::MAX, i64::MIN), |(from, to), span| {
        (from.min(span.starts_at), to.max(span.ends_at))
    });
    match when.rules.is_empty() {
        true => (from, to),
        false => (from, to.max(now.max(when.span.ends_at) + YEARS_OF_ZONE * YEAR)),
    }
}

fn is_utc(zone: &str) -> bool {
    ["UTC", "Etc/UTC"].contains(&zone) || TimeZone::get(zone).is_err()
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// One content line, folded (RFC 5545 §3.1).
    fn line(&mut self, line: &str) {
        let mut room = MOST_OCTETS;
        for character in line.chars().filter(|c| !c.is_control()) {
            if character.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = MOST_OCTETS - 1;
            }
            self.0.push(character);
            room -= character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A property whose value is text (RFC 5545 §3.3.11).
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for character in value.replace("\r\n", "\n").chars() {
            match character {
                '\\' | ';' | ',' => escaped.extend(['\\', character]),
                '\n' | '\r' => escaped.push_str("\\n"),
                other => escaped.push(other),
            }
        }
        self.line(&format!("{name}:{escaped}"));
    }

    fn entry(&mut self, method: Method, entry: &Entry<'_>, when: &When) {
        let meeting = entry.meeting;
        let place = Place::of(when);
        self.begin(method, entry);
        self.span(&when.span, &place);
        for rule in &when.rules {
            self.line(&place.rule(rule, when.span.is_all_day));
        }
        for cancelled in when.exceptions.iter().filter(|exception| exception.changed.is_none()) {
            self.line(&place.moment("EXDATE", cancelled.instance, when.span.is_all_day));
        }
        self.contents(&meeting.title, &meeting.description, entry.link);
        self.line("END:VEVENT");
        if method == Method::Cancel {
            return;
        }
        for exception in &when.exceptions {
            let Some(Changed {
                span,
                title,
                description,
            }) = &exception.changed
            else {
                continue;
            };
            self.begin(method, entry);
            self.line(&place.moment("RECURRENCE-ID", exception.instance, when.span.is_all_day));
            self.span(span, &place);
            self.contents(title, description, entry.link);
            self.line("END:VEVENT");
        }
    }

    fn begin(&mut self, method: Method, entry: &Entry<'_>) {
        let meeting = entry.meeting;
        self.line("BEGIN:VEVENT");
        self.line(&format!("UID:{}", meeting.event));
        self.line(&format!("DTSTAMP:{}", entry.stamp.strftime("%Y%m%dT%H%M%SZ")));
        self.line(&format!("SEQUENCE:{}", meeting.sequence));
        let status = if method == Method::Cancel {
            "CANCELLED"
        } else {
            "CONFIRMED"
        };
        self.line(&format!("STATUS:{status}"));
        let organiser = &meeting.organiser;
        self.line(&format!(
            "ORGANIZER;CN={}:mailto:{}",
            parameter(&organiser.name),
            address(&organiser.email)
        ));
        if let Some(attendee) = &entry.attendee {
            let status = match attendee.status {
                "accepted" => "ACCEPTED",
                "declined" => "DECLINED",
                "tentative" => "TENTATIVE",
                _ => "NEEDS-ACTION",
            };
            let name = if attendee.person.name.is_empty() {
                &attendee.person.email
            } else {
                &attendee.person.name
            };
            self.line(&format!(
                "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={status};RSVP=FALSE;CN={}:mailto:{}",
                parameter(name),
                address(&attendee.person.email)
            ));
        }
    }

    fn span(&mut self, span: &Span, place: &Place<'_>) {
        self.line(&place.moment("DTSTART", span.starts_at, span.is_all_day));
        // Without an end it is one day, or a moment, long.
        if span.ends_at <= span.starts_at {
            return;
        }
        self.line(&place.moment("DTEND", span.ends_at, span.is_all_day));
    }

    fn contents(&mut self, title: &str, description: &str, link: &str) {
        self.text("SUMMARY", title);
        let description = match (description.trim(), link) {
            (text, "") => text.to_owned(),
            ("", link) => link.to_owned(),
            (text, link) => format!("{text}\n\n{link}"),
        };
        self.text("DESCRIPTION", &description);
        if !link.is_empty() {
            self.text("LOCATION", link);
            self.line(&format!("URL:{link}"));
            self.line(&format!("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:{link}"));
        }
        self.line("TRANSP:OPAQUE");
    }
}

/// The time zone of a meeting, for writing its times.
struct Place<'a> {
    name: &'a str,
    zone: TimeZone,
}

impl Place<'_> {
    fn of(when: &When) -> Place<'_> {
        Place {
            name: &when.timezone,
            zone: when.zone(),
        }
    }

    fn moment(&self, name: &str, at: i64, is_all_day: bool) -> String {
        let local = self.zone.to_datetime(time(at));
        if is_all_day {
            format!("{name};VALUE=DATE:{}", local.strftime("%Y%m%d"))
        } else if is_utc(self.name) {
            format!("{name}:{}", time(at).strftime("%Y%m%dT%H%M%SZ"))
        } else {
            format!("{name};TZID={}:{}", self.name, local.strftime("%Y%m%dT%H%M%S"))
        }
    }

    /// The rule as stored, its UNTIL in the form that goes with the start (RFC 5545 §3.3.10).
    fn rule(&self, rule: &str, is_all_day: bool) -> String {
        let rule = rule.to_ascii_uppercase();
        let rule = rule.strip_prefix("RRULE:").unwrap_or(&rule);
        let parts: Vec<String> = rule
            .split(';')
            .map(|part| match part.split_once('=') {
                Some(("UNTIL", until)) => {
                    format!("UNTIL={}", self.until(until, is_all_day))
                }
                _ => part.to_owned(),
            })
            .collect();
        format!("RRULE:{}", parts.join(";"))
    }

    fn until(&self, until: &str, is_all_day: bool) -> String {
        let local = match jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", until.trim_end_matches('Z')) {
            Ok(local) => Ok(local),
            Err(_) => jiff::civil::Date::strptime("%Y%m%d", until).map(|day| day.at(23, 59, 59, 0)),
        };
        let instant = local.and_then(|local| match until.ends_with('Z') {
            true => TimeZone::UTC.to_timestamp(local),
            false => self.zone.to_ambiguous_timestamp(local).compatible(),
        });
        let form = if is_all_day { "%Y%m%d" } else { "%Y%m%dT%H%M%SZ" };
        // Whole days end with a day of the calendar they are planned in, which may be another one in Greenwich.
        let zone = if is_all_day { &self.zone } else { &TimeZone::UTC };
        instant.map_or(until.to_owned(), |at| zone.to_datetime(at).strftime(form).to_string())
    }
}

/// A parameter's value in quotes; what cannot stand there is replaced (RFC 5545 §3.2).
fn parameter(value: &str) -> String {
    let plain: String = value.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('"', "'"))
}

/// An address cannot hold what would end it; it was checked when it was taken.
fn address(email: &str) -> String {
    email
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .collect()
}

#[cfg(test)]
#[path = "ics_tests.rs"]
mod tests;
