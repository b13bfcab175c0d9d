// SPDX-License-Identifier: EUPL-1.2
//! A time zone as a calendar's VTIMEZONE (RFC 5545 §3.6.5): when its clocks are changed within a span of time. Names are
//! those of the IANA database. Regular changes are written as a yearly rule, others one by one.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// Most changes of the clock that are looked at: two a year, from the first year that a meeting can have.
const MOST: usize = 640;
/// A change that has not come again after so long comes no more.
const LONGEST_YEAR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A change of the clock.
struct Onset {
    at: Timestamp,
    /// On the clock as it was before.
    local: DateTime,
    before: Offset,
    after: Offset,
    name: String,
    is_summer: bool,
}

/// A stored time zone; one that this machine does not know any more is UTC.
pub fn named(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

pub fn lines(name: &str, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<String> {
    let mut lines = vec!["BEGIN:VTIMEZONE".to_owned(), format!("TZID:{name}")];
    let onsets = onsets(zone, from, to);
    if onsets.first().is_none_or(|first| first.local > zone.to_datetime(from)) {
        let info = zone.to_offset_info(from);
        let always = Onset {
            at: Timestamp::UNIX_EPOCH,
            local: jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0),
            before: info.offset(),
            after: info.offset(),
            name: info.abbreviation().to_owned(),
            is_summer: false,
        };
        observance(zone, &[&always], &mut lines);
    }
    let mut groups: Vec<Vec<&Onset>> = Vec::new();
    for onset in &onsets {
        let same = |group: &&mut Vec<&Onset>| {
            let first = group[0];
            (first.before, first.after, &first.name, first.is_summer)
                == (onset.before, onset.after, &onset.name, onset.is_summer)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(onset),
            None => groups.push(vec![onset]),
        }
    }
    for group in groups {
        observance(zone, &group, &mut lines);
    }
    lines.push("END:VTIMEZONE".to_owned());
    lines
}

/// The change before `from`, and all until `to`. Changes of the name alone are left out.
fn onsets(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Onset> {
    let onset = |at: Timestamp, after: Offset, name: &str, is_summer: bool| {
        let before = zone.to_offset(at.checked_sub(1.second()).unwrap_or(at));
        let local = before.to_datetime(at);
        let name = name.to_owned();
        (before != after).then_some(Onset {
            at,
            local,
            before,
            after,
            name,
            is_summer,
        })
    };
    let read = |change: jiff::tz::TimeZoneTransition<'_>| {
        onset(
            change.timestamp(),
            change.offset(),
            change.abbreviation(),
            change.dst().is_dst(),
        )
    };
    let before = zone.preceding(from).find_map(read);
    let after = zone.following(from).take_while(|change| change.timestamp() <= to);
    before.into_iter().chain(after.filter_map(read)).take(MOST).collect()
}

fn observance(zone: &TimeZone, onsets: &[&Onset], lines: &mut Vec<String>) {
    let first = onsets[0];
    let kind = if first.is_summer { "DAYLIGHT" } else { "STANDARD" };
    let written = |local: DateTime| local.strftime("%Y%m%dT%H%M%S").to_string();
    lines.push(format!("BEGIN:{kind}"));
    lines.push(format!("DTSTART:{}", written(first.local)));
    match yearly(onsets) {
        Some(rule) if comes_again(zone, onsets) => lines.push(rule),
        Some(rule) => {
            let last = onsets.last().map_or(first.at, |last| last.at);
            lines.push(format!("{rule};UNTIL={}", last.strftime("%Y%m%dT%H%M%SZ")));
        }
        None if onsets.len() > 1 => {
            // The first one again: some programs take these dates for all there is.
            let dates = onsets.iter().map(|onset| format!("RDATE:{}", written(onset.local)));
            lines.extend(dates);
        }
        None => {}
    }
    lines.push(format!("TZOFFSETFROM:{}", offset(first.before)));
    lines.push(format!("TZOFFSETTO:{}", offset(first.after)));
    lines.push(format!("TZNAME:{}", first.name));
    lines.push(format!("END:{kind}"));
}

/// Whether a yearly change is made in the year after the last that is known here, too.
fn comes_again(zone: &TimeZone, onsets: &[&Onset]) -> bool {
    let Some(last) = onsets.last() else { return false };
    let until = last.at.saturating_add(LONGEST_YEAR).unwrap_or(Timestamp::MAX);
    let mut following = zone.following(last.at).take_while(|change| change.timestamp() <= until);
    following.any(|change| change.offset() == last.after)
}

/// The rule of changes that come each year on the same day, such as the last Sunday in March.
fn yearly(onsets: &[&Onset]) -> Option<String> {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let first = onsets[0].local;
    let follows = onsets.windows(2).all(|pair| {
        let (one, next) = (pair[0].local, pair[1].local);
        next.year() == one.year() + 1
            && (next.month(), next.weekday(), next.time()) == (one.month(), one.weekday(), one.time())
    });
    if onsets.len() < 3 || !follows {
        return None;
    }
    let is_last = |local: DateTime| local.day() + 7 > local.date().days_in_month();
    let nth = |local: DateTime| (local.day() - 1) / 7 + 1;
    let place = if onsets.iter().all(|onset| is_last(onset.local)) {
        "-1".to_owned()
    } else if onsets.iter().all(|onset| nth(onset.local) == nth(first)) {
        nth(first).to_string()
    } else {
        return None;
    };
    let weekday: Weekday = first.weekday();
    let day = NAMES[usize::from(weekday.to_monday_zero_offset().unsigned_abs())];
    Some(format!(
        "RRULE:FREQ=YEARLY;BYMONTH={};BYDAY={place}{day}",
        first.month()
    ))
}

/// `+HHMM`, with seconds where a zone has them.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}
