// SPDX-License-Identifier: EUPL-1.2
//! When series take place: against python-dateutil, over changes of the clock, and what is refused.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{LAST_YEAR, Problem, Series, end_of};

#[derive(serde::Deserialize)]
struct Case {
    rule: String,
    start: DateTime,
    starts: Vec<DateTime>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../tests/recurrence/cases.json")).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn series(rule: &str, start: &str) -> Series {
    Series::new([rule], start.parse().unwrap(), &berlin()).unwrap()
}

fn refused(rule: &str) -> Problem {
    Series::new([rule], "2026-01-05T09:00:00Z".parse().unwrap(), &berlin())
        .err()
        .unwrap()
}

fn texts(starts: impl Iterator<Item = Timestamp>) -> Vec<String> {
    starts.map(|start| start.to_string()).collect()
}

#[test]
fn four_hundred_rules_take_place_as_in_another_implementation() {
    let utc = TimeZone::UTC;
    let mut refused = 0;
    for case in cases() {
        let start = utc.to_timestamp(case.start).unwrap();
        let expected: Vec<Timestamp> = case.starts.iter().map(|at| utc.to_timestamp(*at).unwrap()).collect();
        let series = match Series::new([case.rule.as_str()], start, &utc) {
            Ok(series) => series,
            Err(problem) if problem.code == "too_long" => {
                assert!(case.rule.contains("COUNT=") && expected.len() < 12, "{}", case.rule);
                refused += 1;
                continue;
            }
            Err(problem) => {
                let code = (problem.code, expected.len());
                assert_eq!(code, ("never_takes_place", 0), "{}", case.rule);
                continue;
            }
        };
        // As it is stored it takes place at the same times.
        let stored = Series::stored(&series.text(), &series.ends(), expected[0], &utc).unwrap();
        assert_eq!(series.first(), Some(expected[0]));
        for series in [series, stored] {
            let found: Vec<Timestamp> = series.starting(Timestamp::MIN).take(12).collect();
            assert_eq!(found, expected, "{} from {}", case.rule, case.start);
            // From any moment on it is the rest of the same.
            for (index, from) in expected.iter().enumerate() {
                let rest: Vec<Timestamp> = series.starting(*from).take(expected.len() - index).collect();
                assert_eq!(rest, expected[index..], "{} from {from}", case.rule);
                assert!(series.has(*from));
                assert!(!series.has(*from + 1.second()));
            }
            if found.len() < 12 && series.last().is_some() {
                assert_eq!(series.last(), found.last().copied(), "{}", case.rule);
            }
        }
    }
    assert!(refused < 10, "{refused} series reach too far");
}

#[test]
fn a_series_begins_with_the_first_date_of_its_rule() {
    // Monday, 5 January 2026; and on Wednesdays.
    let odd = series("FREQ=WEEKLY;BYDAY=WE;COUNT=2", "2026-01-05T09:00:00Z");
    let expected = ["2026-01-07T09:00:00Z", "2026-01-14T09:00:00Z"];
    assert_eq!(odd.first().unwrap().to_string(), expected[0]);
    assert_eq!(texts(odd.starting(Timestamp::MIN)), expected);
    // Half past two exists twice on 25 October 2026: calendars know only the first.
    let second = series("FREQ=DAILY;COUNT=2", "2026-10-25T01:30:00Z");
    let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(second.first().unwrap().to_string(), expected[0]);
    assert_eq!(texts(second.starting(Timestamp::MIN)), expected);
}

#[test]
fn a_rule_is_kept_in_capitals_and_with_its_end() {
    let small = Series::new(
        [" rrule:freq=weekly;byday=mo;count=3 ", "freq=daily;interval=9"],
        "2026-01-05T09:00:00Z".parse().unwrap(),
        &berlin(),
    );
    let small = small.unwrap();
    assert_eq!(
        small.text(),
        "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3\nRRULE:FREQ=DAILY;INTERVAL=9"
    );
    assert_eq!(small.ends(), "1768813200000\n-");
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
    let both = Series::new(
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
    let five = Series::new(["FREQ=DAILY"; 5], "2026-01-05T09:00:00Z".parse().unwrap(), &berlin());
    assert_eq!(five.err().unwrap().code, "too_many");
}

/// Most that looking for one date, or for the end of a rule, may cost: some milliseconds.
const LITTLE: u64 = 5_000;

/// Without the jump to the asked moment each question to an old series takes tens of thousands of steps.
#[test]
fn a_series_that_began_long_ago_is_asked_as_quickly_as_a_new_one() {
    let (first, from) = ("1900-01-01T09:00:00Z", "2026-01-01T09:00:00Z".parse().unwrap());
    let hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
    for rule in [
        "FREQ=DAILY".to_owned(),
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR".into(),
        "FREQ=MONTHLY;BYDAY=-1FR".into(),
        "FREQ=YEARLY".into(),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO".into(),
        format!("FREQ=DAILY;UNTIL=21991231T000000Z;{hours}"),
        format!("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;{hours}"),
        format!("FREQ=DAILY;INTERVAL=60;COUNT=1000;{}", "BYHOUR=1"),
    ] {
        let series = series(&rule, first);
        let stored = Series::stored(&series.text(), &series.ends(), first.parse().unwrap(), &berlin()).unwrap();
        let mut starts = stored.starting(from);
        assert!(starts.next().is_some(), "{rule}");
        assert!(starts.steps() < LITTLE, "{rule}: {} steps", starts.steps());
        // Nor is anything looked at beyond what is asked for.
        let mut nothing = stored.between(from, from - 1.second());
        assert_eq!(nothing.next(), None);
        assert!(nothing.steps() < LITTLE, "{rule}: {} steps", nothing.steps());
    }
}

#[test]
fn what_a_rule_may_ask_for_has_an_end() {
    let hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
    for (rule, code) in [
        (format!("FREQ=DAILY;COUNT=1001;{hours}"), "too_long"),
        ("FREQ=DAILY;COUNT=4294967295".into(), "too_long"),
        ("FREQ=YEARLY;COUNT=1000".into(), "too_long"),
        ("FREQ=DAILY;UNTIL=22000101T000000Z".into(), "too_long"),
        ("FREQ=DAILY;UNTIL=99991231".into(), "too_long"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".into(), "never_takes_place"),
    ] {
        assert_eq!(refused(&rule).code, code, "{rule}");
    }
    // A thousand dates are taken, and counted once.
    let most = format!("FREQ=DAILY;COUNT=1000;{hours}");
    let most = series(&most, "2026-01-05T09:00:00Z");
    assert_eq!(most.starting(Timestamp::MIN).count(), 1000);
    // A series from before there was an end to it ends there.
    let rule = format!("FREQ=DAILY;COUNT=4000000;{hours}");
    let old = Series::old(&rule, "1900-01-05T09:00:00Z".parse().unwrap(), &berlin()).unwrap();
    assert!(old.last().unwrap() < "1900-03-01T00:00:00Z".parse().unwrap());
}

#[test]
fn an_endless_series_has_an_end_for_us() {
    let endless = series("RRULE:FREQ=YEARLY", "2026-01-05T09:00:00Z");
    assert_eq!(
        endless.starting(Timestamp::MIN).count(),
        usize::try_from(LAST_YEAR - 2025).unwrap()
    );
}

#[test]
fn a_rule_that_chooses_among_many_times_goes_on_year_after_year() {
    let hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
    let rule = format!("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;{hours};BYSETPOS=1");
    let series = series(&rule, "2026-01-01T00:00:00Z");
    let years = series.starting("2026-01-01T12:00:00Z".parse().unwrap()).take(5);
    let years: Vec<i16> = years.map(|start| berlin().to_datetime(start).year()).collect();
    assert_eq!(years, [2027, 2028, 2029, 2030, 2031]);
}
