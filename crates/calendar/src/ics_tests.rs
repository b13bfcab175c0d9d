// SPDX-License-Identifier: EUPL-1.2
//! What calendar entries look like; that a foreign library reads them the same way: see the tests of mails.

use super::*;
use crate::{Exception, Meeting};

fn millis(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

pub fn meeting(starts: &str, ends: &str, timezone: &str, rules: &[&str]) -> Meeting {
    Meeting {
        event: uuid::Uuid::from_u128(7),
        room: uuid::Uuid::from_u128(8),
        sequence: 3,
        changed_at: millis("2030-01-01T00:00:00Z"),
        title: "Haushalt; Mittel, Wünsche".into(),
        description: "Zeile 1\nZeile 2 \\ Ende".into(),
        organiser: Person {
            name: "Änne \"die\" Erste\r\nX-BAD:1".into(),
            email: "aenne@example.org".into(),
        },
        has_password: false,
        when: Some(When {
            span: Span {
                starts_at: millis(starts),
                ends_at: millis(ends),
                is_all_day: false,
            },
            timezone: timezone.into(),
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            ends: String::new(),
            exceptions: Vec::new(),
        }),
    }
}

fn text(method: Method, meeting: &Meeting) -> String {
    let person = Person {
        name: String::new(),
        email: "bo@example.org".into(),
    };
    let entry = Entry {
        meeting,
        link: "https://meet.example.org/room/8",
        attendee: Some(Attendee {
            person: &person,
            status: "pending",
        }),
        stamp: "2030-01-02T03:04:05Z".parse().unwrap(),
    };
    calendar(method, None, &[entry], "2030-01-02T03:04:05Z".parse().unwrap())
}

#[test]
fn an_entry_is_escaped_folded_and_ends_its_lines_right() {
    let text = text(
        Method::Request,
        &meeting("2030-05-01T08:00:00Z", "2030-05-01T09:30:00Z", "UTC", &[]),
    );
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    assert!(
        text.split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains(['\r', '\n']))
    );
    assert!(!text.contains("\r\nX-BAD"));
    insta::assert_snapshot!(text.replace("\r\n ", "").replace('\r', ""), @r#"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Konvent//Konvent//EN
    CALSCALE:GREGORIAN
    METHOD:REQUEST
    BEGIN:VEVENT
    UID:00000000-0000-0000-0000-000000000007
    DTSTAMP:20300102T030405Z
    SEQUENCE:3
    STATUS:CONFIRMED
    ORGANIZER;CN="Änne 'die' ErsteX-BAD:1":mailto:aenne@example.org
    ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE;CN="bo@example.org":mailto:bo@example.org
    DTSTART:20300501T080000Z
    DTEND:20300501T093000Z
    SUMMARY:Haushalt\; Mittel\, Wünsche
    DESCRIPTION:Zeile 1\nZeile 2 \\ Ende\n\nhttps://meet.example.org/room/8
    LOCATION:https://meet.example.org/room/8
    URL:https://meet.example.org/room/8
    CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://meet.example.org/room/8
    TRANSP:OPAQUE
    END:VEVENT
    END:VCALENDAR
    "#);
}

#[test]
fn a_series_keeps_its_local_time_and_names_its_exceptions() {
    let mut meeting = meeting(
        "2030-05-06T08:00:00Z",
        "2030-05-06T09:30:00Z",
        "Europe/Berlin",
        &["RRULE:FREQ=WEEKLY;UNTIL=20311231"],
    );
    let when = meeting.when.as_mut().unwrap();
    when.exceptions = vec![
        Exception {
            instance: millis("2030-05-13T08:00:00Z"),
            changed: None,
        },
        Exception {
            instance: millis("2030-05-20T08:00:00Z"),
            changed: Some(Changed {
                span: Span {
                    starts_at: millis("2030-05-21T10:00:00Z"),
                    ends_at: millis("2030-05-21T11:00:00Z"),
                    is_all_day: false,
                },
                title: "Verlegt".into(),
                description: String::new(),
            }),
        },
    ];
    let text = text(Method::Request, &meeting);
    insta::assert_snapshot!(text.replace("\r\n ", "").replace('\r', ""), @r#"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Konvent//Konvent//EN
    CALSCALE:GREGORIAN
    METHOD:REQUEST
    BEGIN:VTIMEZONE
    TZID:Europe/Berlin
    BEGIN:DAYLIGHT
    DTSTART:20300331T020000
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
    TZOFFSETFROM:+0100
    TZOFFSETTO:+0200
    TZNAME:CEST
    END:DAYLIGHT
    BEGIN:STANDARD
    DTSTART:20301027T030000
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
    TZOFFSETFROM:+0200
    TZOFFSETTO:+0100
    TZNAME:CET
    END:STANDARD
    END:VTIMEZONE
    BEGIN:VEVENT
    UID:00000000-0000-0000-0000-000000000007
    DTSTAMP:20300102T030405Z
    SEQUENCE:3
    STATUS:CONFIRMED
    ORGANIZER;CN="Änne 'die' ErsteX-BAD:1":mailto:aenne@example.org
    ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE;CN="bo@example.org":mailto:bo@example.org
    DTSTART;TZID=Europe/Berlin:20300506T100000
    DTEND;TZID=Europe/Berlin:20300506T113000
    RRULE:FREQ=WEEKLY;UNTIL=20311231T225959Z
    EXDATE;TZID=Europe/Berlin:20300513T100000
    SUMMARY:Haushalt\; Mittel\, Wünsche
    DESCRIPTION:Zeile 1\nZeile 2 \\ Ende\n\nhttps://meet.example.org/room/8
    LOCATION:https://meet.example.org/room/8
    URL:https://meet.example.org/room/8
    CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://meet.example.org/room/8
    TRANSP:OPAQUE
    END:VEVENT
    BEGIN:VEVENT
    UID:00000000-0000-0000-0000-000000000007
    DTSTAMP:20300102T030405Z
    SEQUENCE:3
    STATUS:CONFIRMED
    ORGANIZER;CN="Änne 'die' ErsteX-BAD:1":mailto:aenne@example.org
    ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE;CN="bo@example.org":mailto:bo@example.org
    RECURRENCE-ID;TZID=Europe/Berlin:20300520T100000
    DTSTART;TZID=Europe/Berlin:20300521T120000
    DTEND;TZID=Europe/Berlin:20300521T130000
    SUMMARY:Verlegt
    DESCRIPTION:https://meet.example.org/room/8
    LOCATION:https://meet.example.org/room/8
    URL:https://meet.example.org/room/8
    CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://meet.example.org/room/8
    TRANSP:OPAQUE
    END:VEVENT
    END:VCALENDAR
    "#);
}

#[test]
fn whole_days_are_dates() {
    let mut meeting = meeting(
        "2030-04-30T22:00:00Z",
        "2030-05-02T22:00:00Z",
        "Europe/Berlin",
        &["FREQ=YEARLY;UNTIL=20350430T220000Z"],
    );
    meeting.when.as_mut().unwrap().span.is_all_day = true;
    let text = text(Method::Cancel, &meeting);
    for line in [
        "DTSTART;VALUE=DATE:20300501\r\n",
        "DTEND;VALUE=DATE:20300503\r\n",
        "RRULE:FREQ=YEARLY;UNTIL=20350501\r\n",
        "STATUS:CANCELLED\r\n",
        "METHOD:CANCEL\r\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn the_last_whole_day_is_that_of_the_time_zone_on_both_sides_of_greenwich() {
    for (zone, starts, until) in [
        ("America/New_York", "2030-04-01T04:00:00Z", "20300501T035959Z"),
        ("America/New_York", "2030-04-01T04:00:00Z", "20300430T040000Z"),
        ("America/New_York", "2030-04-01T04:00:00Z", "20300430"),
        ("America/New_York", "2030-04-01T04:00:00Z", "20300430T235959"),
        ("Pacific/Auckland", "2030-03-31T11:00:00Z", "20300430T115959Z"),
        ("Pacific/Auckland", "2030-03-31T11:00:00Z", "20300429T120000Z"),
        ("UTC", "2030-04-01T00:00:00Z", "20300430T235959Z"),
    ] {
        let rule = format!("RRULE:FREQ=DAILY;UNTIL={until}");
        let mut meeting = meeting(starts, starts, zone, &[&rule]);
        meeting.when.as_mut().unwrap().span.is_all_day = true;
        let text = text(Method::Publish, &meeting);
        assert!(
            text.contains("RRULE:FREQ=DAILY;UNTIL=20300430\r\n"),
            "{zone} {until} {text}"
        );
    }
}

#[test]
fn a_time_zone_that_gave_up_summer_time_says_until_when_it_had_it() {
    let weekly = |starts: &str, zone: &str| {
        let meeting = meeting(starts, starts, zone, &["RRULE:FREQ=WEEKLY"]);
        text(Method::Publish, &meeting).replace("\r\n ", "")
    };
    let mexico = weekly("2019-01-07T16:00:00Z", "America/Mexico_City");
    for line in [
        "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20220403T080000Z\r\n",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20221030T070000Z\r\n",
    ] {
        assert!(mexico.contains(line), "{line}{mexico}");
    }
    // Where summer time goes on, the rule has no end.
    let berlin = weekly("2019-01-07T09:00:00Z", "Europe/Berlin");
    assert!(
        berlin.contains("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"),
        "{berlin}"
    );
}

#[test]
fn changes_of_the_clock_are_told_ten_years_from_now_for_an_old_series() {
    // Morocco stops its summer time for Ramadan: each change has its own date.
    let old = meeting(
        "2021-01-04T09:00:00Z",
        "2021-01-04T10:00:00Z",
        "Africa/Casablanca",
        &["RRULE:FREQ=WEEKLY"],
    );
    let text = text(Method::Publish, &old);
    // It is 2030 in these tests.
    assert!(text.contains("RDATE:2039") && !text.contains("RDATE:2042"), "{text}");
    let times = text.lines().filter(|line| line.starts_with("RDATE:2024")).count();
    assert_eq!(times, 2, "{text}");
}
