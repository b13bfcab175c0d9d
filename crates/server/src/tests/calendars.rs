// SPDX-License-Identifier: EUPL-1.2
//! Series as two unrelated calendar libraries open them (npm `ical.js` and `node-ical`), from the mail and from the secret
//! address: always on the dates that our own pages name. And what a calendar costs at most.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::mail::{Smtp, run};
use super::{Database, ORIGIN, Stage, on_both};
use crate::calendar::MOST_EXCEPTIONS;
use crate::db::on;
use crate::ids::{EventId, TenantId, UserId};
use crate::turns::Kind;

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

/// The path of somebody's calendar.
async fn feed_of(stage: &Stage, who: &str) -> String {
    let path = "/v1/users/me/calendar_feed";
    let feed = stage.ask(Method::POST, path, who, None).await.json();
    feed["url"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned()
}

async fn daily(stage: &Stage, who: &str, first: &str) -> String {
    let moment = |hour| json!({"datetime": format!("{first}T{hour}:00:00Z"), "timezone": "UTC"});
    let series = json!({"title": "daily", "is_time_independent": false, "is_all_day": false, "starts_at": moment(10),
        "ends_at": moment(11), "recurrence_pattern": ["RRULE:FREQ=DAILY"]});
    let reply = stage.post("/v1/events", who, series).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// Gives the first dates of a series descriptions of their own, without asking for each.
async fn describe(stage: &Stage, series: &str, first: &str, dates: i64, description: &str) {
    const SQL: &str = "INSERT INTO event_exceptions (tenant, event, instance, created_by, created_at, updated_by, updated_at, \
        cancelled, description) SELECT tenant, id, $3, created_by, created_at, created_by, created_at, FALSE, $4 FROM events \
        WHERE tenant = $1 AND id = $2";
    let first: Timestamp = format!("{first}T10:00:00Z").parse().unwrap();
    let series = EventId(series.parse().unwrap());
    on!(&stage.app.db, pool => {
        let mut transaction = pool.begin().await.unwrap();
        for day in 0..dates {
            let instance = first.as_millisecond() + day * 24 * 3600 * 1000;
            sqlx::query(SQL).bind(TenantId::DEFAULT).bind(series).bind(instance).bind(description)
                .execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    });
}

/// A calendar of any length.
async fn whole(stage: &Stage, path: &str) -> String {
    let (status, text) = stage.send_raw(path).await;
    assert_eq!(status, StatusCode::OK);
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_has_a_most_of_changed_dates_and_of_descriptions_however_many_there_are() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let feed = feed_of(&stage, &anna).await;
        let past = daily(&stage, &anna, "2020-01-01").await;
        describe(&stage, &past, "2020-01-01", 366, "long ago").await;
        let long = "y".repeat(4000);
        let mut series = vec![past];
        for _ in 0..6 {
            let one = daily(&stage, &anna, "2031-01-01").await;
            describe(&stage, &one, "2031-01-01", 366, &long).await;
            series.push(one);
        }
        let text = whole(&stage, &feed).await;
        assert_eq!(text.matches("\r\nRECURRENCE-ID:").count(), MOST_EXCEPTIONS);
        // The soonest: of six series, each of the first 333 days and two thirds of the next.
        assert_eq!(text.matches("\r\nRECURRENCE-ID:20311129T100000Z").count(), 6);
        assert_eq!(text.matches("\r\nRECURRENCE-ID:20311130T100000Z").count(), 2);
        assert!(!text.contains("long ago"), "dates that are over for long are told");
        let size = text.len();
        assert!(size < 4 << 20, "{size} bytes");
        assert!(text.contains("yyyyyyyyyyyyyy"), "no description is told at all");
        for one in series {
            assert!(text.contains(&format!("UID:{one}")), "a series is missing");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_to_series_push_no_changed_or_cancelled_date_of_ones_own_out_of_the_calendar() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let feed = feed_of(&stage, &anna).await;
        let own = daily(&stage, &anna, "2032-01-01").await;
        describe(&stage, &own, "2032-01-01", 1, "of Anna's own").await;
        let cancelled = format!("/v1/events/{own}/instances/20320103T100000Z");
        let reply = stage
            .ask(Method::PATCH, &cancelled, &anna, Some(json!({"status": "cancelled"})))
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let me = stage.get("/v1/users/me", &anna).await.json();
        for _ in 0..6 {
            let one = daily(&stage, &bo, "2031-01-01").await;
            describe(&stage, &one, "2031-01-01", 366, "of Bo's").await;
            let invites = format!("/v1/events/{one}/invites");
            let invited = stage.post(&invites, &bo, json!({"invitee": me["id"]})).await;
            assert!(invited.status.is_success(), "{}", invited.text);
        }
        let text = whole(&stage, &feed).await;
        assert!(text.contains("of Bo's"));
        assert!(text.contains("of Anna's own"), "her changed date is gone");
        assert!(
            text.contains("EXDATE:20320103T100000Z") || text.contains("EXDATE;TZID=UTC:20320103T100000"),
            "her cancelled date is back"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_and_copies_of_data_are_made_one_at_a_time_for_each_person() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let bo = stage.person("bo@example.org", "Bo Berg").await;
    let me = stage.get("/v1/users/me", &anna).await.json();
    let id: UserId = serde_json::from_value(me["id"].clone()).unwrap();
    for path in [feed_of(&stage, &anna).await, "/v1/users/me/export".to_owned()] {
        let turn = stage.app.turns.take(id, Kind::Whole).await;
        let request = Request::get(&path)
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, &anna);
        let mut asked = Box::pin(stage.send(request.body(Body::empty()).unwrap()));
        while stage.app.turns.asking(id, Kind::Whole) < 2 {
            // Until it stands in line.
            let polled = futures_util::poll!(&mut asked);
            assert!(polled.is_pending(), "{path} was answered out of turn");
            tokio::task::yield_now().await;
        }
        assert!(futures_util::poll!(&mut asked).is_pending());
        let other = stage.get("/v1/users/me/export", &bo).await;
        assert_eq!(other.status, StatusCode::OK, "others wait, too");
        drop(turn);
        assert_eq!(asked.await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_much_counts_as_asked_for_until_it_is_taken() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let me = stage.get("/v1/users/me", &anna).await.json();
    let id: UserId = serde_json::from_value(me["id"].clone()).unwrap();
    for (path, kind) in [
        (feed_of(&stage, &anna).await, Kind::Whole),
        ("/v1/users/me/export".to_owned(), Kind::Whole),
        ("/v1/events".to_owned(), Kind::Page),
        ("/v1/events/instances".to_owned(), Kind::Page),
    ] {
        let request = Request::get(&path)
            .header(header::HOST, "localhost:8080")
            .header(header::AUTHORIZATION, &anna);
        let request = request.body(Body::empty()).unwrap();
        let unread = stage.router.clone().oneshot(request).await.unwrap();
        assert_eq!(unread.status(), StatusCode::OK);
        assert_eq!(stage.app.turns.asking(id, kind), 1, "{path}");
        drop(unread);
        assert_eq!(stage.app.turns.asking(id, kind), 0, "{path}");
    }
}
