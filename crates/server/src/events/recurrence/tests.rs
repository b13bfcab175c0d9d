// SPDX-License-Identifier: EUPL-1.2
//! When series take place: against python-dateutil, over changes of the clock, and what is refused.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::days::Occurrences;
use super::{LAST_YEAR, Problem, Rule, Series, end_of};

#[derive(serde::Deserialize)]
struct Case {
    rule: String,
    start: DateTime,
    starts: Vec<DateTime>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../tests/recurrence/cases.json")).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn series(rule: &str, start: &str) -> Series {
    Series::parse([rule], start.parse().unwrap(), &berlin()).unwrap()
}

fn refused(rule: &str) -> Problem {
    Series::parse([rule], "2026-01-05T09:00:00Z".parse().unwrap(), &berlin())
        .err()
        .unwrap()
}

fn texts(starts: impl Iterator<Item = Timestamp>) -> Vec<String> {
    starts.map(|start| start.to_string()).collect()
}

#[test]
fn four_hundred_rules_take_place_as_in_another_implementation() {
    let utc = TimeZone::UTC;
    for case in cases() {
        let start = utc.to_timestamp(case.start).unwrap();
        let expected: Vec<Timestamp> = case.starts.iter().map(|at| utc.to_timestamp(*at).unwrap()).collect();
        let series = match Series::parse([case.rule.as_str()], start, &utc) {
            Ok(series) => series,
            Err(problem) => {
                assert_eq!(
                    (problem.code, expected.len()),
                    ("never_takes_place", 0),
                    "{}",
                    case.rule
                );
                continue;
            }
        };
        let found: Vec<Timestamp> = series.starting(Timestamp::MIN).take(12).collect();
        assert_eq!(found, expected, "{} from {}", case.rule, case.start);
        // From any moment on it is the rest of the same.
        for (index, from) in expected.iter().enumerate() {
            let rest: Vec<Timestamp> = series.starting(*from).take(expected.len() - index).collect();
            assert_eq!(rest, expected[index..], "{} from {from}", case.rule);
            assert!(series.has(*from));
            assert!(!series.has(*from + 1.second()));
        }
    }
}

#[test]
fn ten_in_the_morning_stays_ten_in_the_morning_when_the_clock_changes() {
    let weekly = series("RRULE:FREQ=WEEKLY", "2026-03-22T09:00:00Z");
    let found = texts(weekly.starting(Timestamp::MIN).take(3));
    assert_eq!(
        found,
        ["2026-03-22T09:00:00Z", "2026-03-29T08:00:00Z", "2026-04-05T08:00:00Z"]
    );
    let weekly = series("RRULE:FREQ=WEEKLY", "2026-10-18T08:00:00Z");
    let found = texts(weekly.starting(Timestamp::MIN).take(3));
    assert_eq!(
        found,
        ["2026-10-18T08:00:00Z", "2026-10-25T09:00:00Z", "2026-11-01T09:00:00Z"]
    );
}

#[test]
fn an_hour_that_is_skipped_or_comes_twice_gives_one_meeting() {
    // Half past two does not exist on 29 March 2026 and exists twice on 25 October 2026.
    let nightly = series("RRULE:FREQ=DAILY", "2026-03-28T01:30:00Z");
    let found = texts(nightly.starting(Timestamp::MIN).take(3));
    assert_eq!(
        found,
        ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
    let found = texts(nightly.starting("2026-10-24T00:00:00Z".parse().unwrap()).take(3));
    assert_eq!(
        found,
        ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
}

#[test]
fn a_whole_day_ends_at_midnight_and_an_hour_lasts_an_hour() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let first = (at("2026-03-27T23:00:00Z"), at("2026-03-28T23:00:00Z"));
    let changed = at("2026-03-28T23:00:00Z");
    assert_eq!(end_of(changed, first, true, &berlin()), at("2026-03-29T22:00:00Z"));
    assert_eq!(end_of(changed, first, false, &berlin()), at("2026-03-29T23:00:00Z"));
}

#[test]
fn the_end_of_a_series_belongs_to_it() {
    let last = |rule: &str| series(rule, "2026-01-05T09:00:00Z").last().map(|last| last.to_string());
    assert_eq!(
        last("FREQ=WEEKLY;UNTIL=20260119T090000Z").unwrap(),
        "2026-01-19T09:00:00Z"
    );
    assert_eq!(
        last("FREQ=WEEKLY;UNTIL=20260119T085959Z").unwrap(),
        "2026-01-12T09:00:00Z"
    );
    assert_eq!(last("FREQ=WEEKLY;UNTIL=20260119").unwrap(), "2026-01-19T09:00:00Z");
    assert_eq!(
        last("FREQ=WEEKLY;UNTIL=20260119T100000").unwrap(),
        "2026-01-19T09:00:00Z"
    );
    assert_eq!(last("rrule:freq=weekly;count=3").unwrap(), "2026-01-19T09:00:00Z");
    assert_eq!(last("FREQ=WEEKLY"), None);
}

#[test]
fn several_rules_make_one_series_without_doubles() {
    let start = "2026-01-05T09:00:00Z".parse().unwrap();
    let both = Series::parse(
        [
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "RRULE:FREQ=DAILY;INTERVAL=7;COUNT=2;BYHOUR=10,12",
        ],
        start,
        &berlin(),
    );
    let found = texts(both.unwrap().starting(Timestamp::MIN));
    let expected = [
        "2026-01-05T09:00:00Z",
        "2026-01-05T11:00:00Z",
        "2026-01-12T09:00:00Z",
        "2026-01-19T09:00:00Z",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_rule_or_cannot_be_carried_out_is_refused() {
    for rule in [
        "",
        "nonsense",
        "RRULE:",
        "FREQ=SOMETIMES",
        "INTERVAL=2",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=DAILY;UNTIL=20260230",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=ä",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=+1",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=DAILY;X=1",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5",
        "EXDATE:20260101",
        "FREQ=DAILY;UNTIL=99999999999999T000000Z",
    ] {
        assert_eq!(refused(rule).code, "invalid_recurrence", "{rule}");
    }
    assert_eq!(refused("FREQ=HOURLY").code, "unsupported");
    assert_eq!(
        refused("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30").code,
        "never_takes_place"
    );
    assert_eq!(refused("FREQ=WEEKLY;UNTIL=20251231").code, "never_takes_place");
    assert_eq!(
        refused(&format!("FREQ=DAILY;BYMONTH={}", "1,".repeat(600))).code,
        "invalid_length"
    );
    let five = Series::parse(["FREQ=DAILY"; 5], "2026-01-05T09:00:00Z".parse().unwrap(), &berlin());
    assert_eq!(five.err().unwrap().code, "too_many");
}

/// Without the jump to the asked moment each question to an old series takes tens of thousands of steps.
#[test]
fn a_series_that_began_long_ago_is_asked_as_quickly_as_a_new_one() {
    let zone = berlin();
    let from: DateTime = "2026-01-01T09:00:00".parse().unwrap();
    for rule in [
        "FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY",
    ] {
        let rule = Rule::parse(rule).unwrap();
        let first = "1900-01-01T09:00:00".parse().unwrap();
        let found = Occurrences::new(&rule, first, &zone, from).next().unwrap();
        let early = zone.to_timestamp(from).unwrap().duration_since(found).as_hours() / 24;
        assert!(
            (-366..=2 * 366).contains(&early),
            "{rule:?} is looked at {early} days early"
        );
    }
}

#[test]
fn an_endless_series_has_an_end_for_us() {
    let endless = series("RRULE:FREQ=YEARLY", "2026-01-05T09:00:00Z");
    assert_eq!(
        endless.starting(Timestamp::MIN).count(),
        usize::try_from(LAST_YEAR - 2025).unwrap()
    );
}
