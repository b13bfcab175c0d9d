// SPDX-License-Identifier: EUPL-1.2
//! What holds for whatever bytes are taken for a series. Not where the bytes come from: `rubbish.rs` and `fuzz` choose them.

use jiff::Timestamp;
use konvent_calendar::ics::{Attendee, Entry, Method, calendar};
use konvent_calendar::{Changed, Exception, Meeting, Person, Series, Span, When, zone};

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/Santiago",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "UTC",
    "Nowhere/At_All",
];
/// Milliseconds from 1900 to 2199: the years that a meeting may have.
const YEARS: (i64, i64) = (-2_208_988_800_000, 7_258_118_400_000);

/// Eight bytes say when it begins, one where, the rest are rules. Whether they are a series.
pub fn of(bytes: &[u8]) -> bool {
    let (first, rest) = bytes.split_at(bytes.len().min(9));
    let number = first
        .iter()
        .take(8)
        .fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
    let starts_at = YEARS.0 + number.rem_euclid(YEARS.1 - YEARS.0);
    let name = ZONES[usize::from(first.get(8).copied().unwrap_or_default()) % ZONES.len()];
    let text = String::from_utf8_lossy(rest);
    an_entry_is_lines(starts_at, name, &text);
    let start = Timestamp::from_millisecond(starts_at).expect("a year that a meeting may have");
    if text.lines().next().is_none() {
        return false;
    }
    let Ok(series) = Series::new(text.lines(), start, &zone(name)) else {
        return false;
    };
    is_in_order(&series);
    is_the_same_when_it_is_read_again(&series, name);
    true
}

fn is_in_order(series: &Series) {
    let mut starts = series.starting(Timestamp::MIN);
    let some: Vec<Timestamp> = starts.by_ref().take(50).collect();
    assert!(some.is_sorted_by(|one, next| one < next), "{}", series.text());
    assert_eq!(some.first().copied(), series.first(), "{}", series.text());
    assert!(some.iter().all(|start| series.has(*start)), "{}", series.text());
    assert!(series.last().is_none_or(|last| series.has(last)), "{}", series.text());
}

fn is_the_same_when_it_is_read_again(series: &Series, name: &str) {
    let (text, ends) = (series.text(), series.ends());
    let first = series.first().expect("a series has a first date");
    let again = Series::stored(&text, &ends, first, &zone(name)).expect("what was taken is taken again");
    assert_eq!(again.text(), text);
    assert_eq!(again.ends(), ends);
    let from = first
        .saturating_add(jiff::SignedDuration::from_hours(24 * 365))
        .expect("no year is that late");
    let some = |series: &Series| series.starting(from).take(20).collect::<Vec<_>>();
    assert_eq!(some(series), some(&again), "{text}");
}

fn an_entry_is_lines(starts_at: i64, name: &str, text: &str) {
    let person = Person {
        name: text.to_owned(),
        email: text.to_owned(),
    };
    let span = Span {
        starts_at,
        ends_at: starts_at + 3_600_000,
        is_all_day: text.len() % 2 == 1,
    };
    let meeting = Meeting {
        event: uuid::Uuid::nil(),
        room: uuid::Uuid::nil(),
        sequence: 0,
        changed_at: starts_at,
        title: text.to_owned(),
        description: text.to_owned(),
        organiser: person.clone(),
        has_password: false,
        when: Some(When {
            span,
            timezone: name.to_owned(),
            rules: text.lines().map(str::to_owned).collect(),
            ends: String::new(),
            exceptions: vec![Exception {
                instance: starts_at,
                changed: Some(Changed {
                    span,
                    title: text.to_owned(),
                    description: text.to_owned(),
                }),
            }],
        }),
    };
    let entry = Entry {
        meeting: &meeting,
        link: "https://meet.example.org/room/8",
        attendee: Some(Attendee {
            person: &person,
            status: "pending",
        }),
        stamp: Timestamp::UNIX_EPOCH,
    };
    let written = calendar(Method::Request, Some(text), &[entry], Timestamp::UNIX_EPOCH);
    let lines: Vec<&str> = written.split("\r\n").collect();
    assert_eq!(lines.last(), Some(&""));
    for line in &lines {
        assert!(line.len() <= 75, "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    let times = |mark: &str| lines.iter().filter(|line| **line == mark).count();
    assert_eq!((times("BEGIN:VEVENT"), times("END:VEVENT")), (2, 2), "{written}");
    assert_eq!((times("BEGIN:VCALENDAR"), times("END:VCALENDAR")), (1, 1), "{written}");
}
