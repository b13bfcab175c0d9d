// SPDX-License-Identifier: EUPL-1.2
//! Series as two unrelated calendar libraries open them (npm `ical.js` and `node-ical`), from the mail and from the secret
//! address: always on the dates that our own pages name.

use axum::http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::mail::{Smtp, run};
use super::{Database, ORIGIN, Stage};

/// As many dates of a series are compared.
const SOME: usize = 8;

struct Input {
    title: &'static str,
    zone: &'static str,
    /// First day and hour on the clock; without an hour it is a whole day.
    starts: &'static str,
    rule: &'static str,
    /// Changes made afterwards: to one date (its instance id), or to the series (`""`).
    changes: Vec<(&'static str, Value)>,
    /// The first of the dates, where it is worth saying.
    first: &'static [&'static str],
}

fn input(title: &'static str, zone: &'static str, starts: &'static str, rule: &'static str) -> Input {
    Input {
        title,
        zone,
        starts,
        rule,
        changes: Vec::new(),
        first: &[],
    }
}

fn inputs() -> Vec<Input> {
    let at = |datetime: &str| json!({"datetime": datetime, "timezone": "Europe/Berlin"});
    vec![
        input("every Monday", "Europe/Berlin", "2031-03-17T10:00", "RRULE:FREQ=WEEKLY"),
        Input {
            first: &["2031-04-28", "2031-04-29", "2031-04-30"],
            ..input(
                "whole days to 30 April",
                "America/New_York",
                "2031-04-28",
                "RRULE:FREQ=DAILY;UNTIL=20310501T035959Z",
            )
        },
        Input {
            first: &["2031-04-28", "2031-04-29", "2031-04-30"],
            ..input(
                "whole days in the east",
                "Pacific/Auckland",
                "2031-04-28",
                "RRULE:FREQ=DAILY;UNTIL=20310430T115959Z",
            )
        },
        Input {
            first: &["2031-05-05T08:00:00.000Z"],
            ..input(
                "first day not in the rule",
                "Europe/Berlin",
                "2031-04-30T10:00",
                "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4",
            )
        },
        input(
            "1st and 15th",
            "Europe/Berlin",
            "2031-05-07T10:00",
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15",
        ),
        input(
            "second Wednesday",
            "Europe/Berlin",
            "2031-05-07T10:00",
            "RRULE:FREQ=MONTHLY;BYDAY=2WE;COUNT=6",
        ),
        input(
            "small letters",
            "Europe/Berlin",
            "2031-05-05T10:00",
            "rrule:freq=weekly;byday=mo;count=3",
        ),
        input(
            "gave up summer time",
            "America/Mexico_City",
            "2022-09-26T10:00",
            "RRULE:FREQ=WEEKLY;INTERVAL=5",
        ),
        input(
            "gave up summer time, far in the east",
            "Pacific/Apia",
            "2018-03-05T10:00",
            "RRULE:FREQ=WEEKLY;INTERVAL=22",
        ),
        input(
            "no summer time in Ramadan",
            "Africa/Casablanca",
            "2031-12-01T10:00",
            "RRULE:FREQ=WEEKLY",
        ),
        input(
            "the other half of the earth",
            "America/Santiago",
            "2031-08-25T10:00",
            "RRULE:FREQ=DAILY;INTERVAL=45;COUNT=8",
        ),
        input(
            "a day that begins at one",
            "America/Santiago",
            "2031-09-07",
            "RRULE:FREQ=WEEKLY;COUNT=3",
        ),
        input(
            "week 53",
            "Europe/Berlin",
            "2032-12-27T10:00",
            "RRULE:FREQ=WEEKLY;UNTIL=20330116",
        ),
        Input {
            changes: vec![
                ("20310512T080000Z", json!({"status": "cancelled"})),
                (
                    "20310519T080000Z",
                    json!({"title": "late", "starts_at": at("2031-05-21T15:00:00Z"), "ends_at": at("2031-05-21T16:00:00Z")}),
                ),
                (
                    "",
                    json!({"starts_at": at("2031-05-05T12:00:00Z"), "ends_at": at("2031-05-05T13:00:00Z")}),
                ),
            ],
            first: &[
                "2031-05-05T12:00:00.000Z",
                "2031-05-21T15:00:00.000Z",
                "2031-05-26T12:00:00.000Z",
            ],
            ..input(
                "cancelled, moved, series moved",
                "Europe/Berlin",
                "2031-05-05T10:00",
                "RRULE:FREQ=WEEKLY;COUNT=4",
            )
        },
    ]
}

fn body(input: &Input) -> Value {
    let zone = TimeZone::get(input.zone).unwrap();
    let is_all_day = !input.starts.contains('T');
    let first: jiff::civil::DateTime = input.starts.parse().unwrap();
    let moment = |local: jiff::civil::DateTime| {
        let at = zone.to_ambiguous_timestamp(local).compatible().unwrap();
        json!({"datetime": at.to_string(), "timezone": input.zone})
    };
    let length = if is_all_day {
        jiff::Span::new().days(1)
    } else {
        jiff::Span::new().minutes(45)
    };
    json!({"title": input.title, "is_time_independent": false, "is_all_day": is_all_day, "starts_at": moment(first),
        "ends_at": moment(first.checked_add(length).unwrap()), "recurrence_pattern": [input.rule]})
}

/// The dates as our pages show them: `start title`.
async fn on_page(stage: &Stage, who: &str, path: &str) -> Vec<String> {
    let reply = stage.get(&format!("{path}/instances?per_page=30"), who).await;
    let dates = reply.json();
    let shown = dates.as_array().unwrap().iter().filter(|date| date["status"] == "ok");
    let text = |date: &Value| {
        let start: Timestamp = date["starts_at"]["datetime"].as_str().unwrap().parse().unwrap();
        let zone = TimeZone::get(date["starts_at"]["timezone"].as_str().unwrap()).unwrap();
        let start = match date["is_all_day"].as_bool() {
            Some(true) => zone.to_datetime(start).date().to_string(),
            _ => start.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        };
        format!("{start} {}", date["title"].as_str().unwrap())
    };
    shown.map(text).take(SOME).collect()
}

/// The dates of one event as the two libraries find them in a calendar.
fn opened(calendar: &Value, event: &str) -> [Vec<String>; 2] {
    ["events", "second"].map(|library| {
        let events = calendar[library].as_array().unwrap().iter();
        let found = events
            .filter(|one| one["uid"] == event)
            .flat_map(|one| one["dates"].as_array().unwrap());
        let text = |date: &Value| {
            format!(
                "{} {}",
                date["start"].as_str().unwrap(),
                date["title"].as_str().unwrap()
            )
        };
        let mut dates: Vec<String> = found.map(text).collect();
        dates.sort();
        dates.truncate(SOME);
        dates
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_mails_and_the_subscribed_calendar_name_the_same_dates_in_two_foreign_libraries() {
    let mut smtp = Smtp::plain();
    let mut foreign = Smtp::start(&["0", "parse"]);
    let stage = smtp.stage(Database::Sqlite).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let feed = stage
        .ask(Method::POST, "/v1/users/me/calendar_feed", &anna, None)
        .await
        .json();
    let feed = feed["url"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    for input in inputs() {
        let reply = stage.post("/v1/events", &anna, body(&input)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{} {}", input.title, reply.text);
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/events/{id}");
        for (instance, change) in &input.changes {
            let of = match *instance {
                "" => path.clone(),
                instance => format!("{path}/instances/{instance}"),
            };
            let reply = stage.ask(Method::PATCH, &of, &anna, Some(change.clone())).await;
            assert_eq!(reply.status, StatusCode::OK, "{} {}", input.title, reply.text);
        }
        let invitation = json!({"email": "citizen@example.com"});
        stage.post(&format!("{path}/invites"), &anna, invitation).await;
        run(&stage).await;
        let mail = smtp.next().await;
        let request = Request::get(&feed).header(header::HOST, "localhost:8080");
        let subscribed = stage.send(request.body(axum::body::Body::empty()).unwrap()).await;
        let subscribed = foreign.parsed(&subscribed.text).await;

        let page = on_page(&stage, &anna, &path).await;
        let text = &mail["calendar"]["text"];
        let found = [opened(&mail["calendar"], &id), opened(&subscribed, &id)];
        println!("{}: {}", input.title, page.join(", "));
        for (place, [first, second]) in ["mail", "feed"].iter().zip(found) {
            let by = |library: &str| format!("{} in the {place} by {library}: {text}", input.title);
            assert_eq!(first, page, "{}", by("ical.js"));
            assert_eq!(second, page, "{}", by("node-ical"));
        }
        let starts: Vec<&str> = page.iter().map(|date| date.split(' ').next().unwrap()).collect();
        assert_eq!(&starts[..input.first.len()], input.first, "{}", input.title);
        if !input.first.is_empty() && input.rule.contains("UNTIL") {
            assert_eq!(starts.len(), input.first.len(), "{}", input.title);
        }
    }
}
