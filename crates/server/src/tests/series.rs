// SPDX-License-Identifier: EUPL-1.2
//! Series of meetings over HTTP: their dates, their exceptions, paging, and what strangers see.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Stage, on_both};
use crate::db::on;
use crate::events::instances::MOST_EXCEPTIONS;

/// A meeting at ten in Berlin on 16 March 2026, for half an hour, with rules.
fn series(title: &str, rules: &[&str]) -> Value {
    json!({"title": title, "is_time_independent": false, "is_all_day": false, "recurrence_pattern": rules,
        "starts_at": {"datetime": "2026-03-16T09:00:00Z", "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": "2026-03-16T09:30:00Z", "timezone": "Europe/Berlin"}})
}

fn single(title: &str, start: &str, end: &str) -> Value {
    let mut body = series(title, &[]);
    body["starts_at"]["datetime"] = start.into();
    body["ends_at"]["datetime"] = end.into();
    body
}

async fn created(stage: &Stage, who: &str, body: Value) -> (String, Value) {
    let reply = stage.post("/v1/events", who, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let event = reply.json();
    (format!("/v1/events/{}", event["id"].as_str().unwrap()), event)
}

async fn list(stage: &Stage, who: &str, path: &str) -> Vec<Value> {
    let reply = stage.get(path, who).await;
    assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text);
    reply.json().as_array().unwrap().clone()
}

fn starts(instances: &[Value]) -> Vec<&str> {
    instances
        .iter()
        .map(|instance| instance["starts_at"]["datetime"].as_str().unwrap_or("-"))
        .collect()
}

/// Everything on all pages, as `title start`.
async fn all_pages(stage: &Stage, who: &str, path: &str, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = format!("?{query}");
    loop {
        let reply = stage.get(&format!("{path}{next}"), who).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let page = reply.json();
        let page = page.as_array().unwrap();
        found.extend(page.iter().map(|item| {
            let start = item["starts_at"]["datetime"].as_str().unwrap_or("-");
            format!("{} {start}", item["title"].as_str().unwrap())
        }));
        let link = reply.header(header::LINK);
        let Some(after) = link.split("after=").nth(1).and_then(|rest| rest.split('>').next()) else {
            return found;
        };
        assert!(link.len() < 2000 && !page.is_empty(), "{link}");
        next = format!("?{query}&after={after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_meeting_keeps_its_hour_when_the_clock_changes() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, event) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=4"])).await;
        assert_eq!(
            (&event["type"], &event["recurrence_pattern"]),
            (&json!("recurring"), &json!(["RRULE:FREQ=WEEKLY;COUNT=4"]))
        );
        let dates = list(&stage, &anna, &format!("{path}/instances")).await;
        let expected = [
            "2026-03-16T09:00:00Z",
            "2026-03-23T09:00:00Z",
            "2026-03-30T08:00:00Z",
            "2026-04-06T08:00:00Z",
        ];
        assert_eq!(starts(&dates), expected);
        let third = &dates[2];
        let id = event["id"].as_str().unwrap();
        assert_eq!(third["id"], format!("{id}_20260330T080000Z"));
        assert_eq!(
            (
                &third["instance_id"],
                &third["recurring_event_id"],
                &third["type"],
                &third["status"]
            ),
            (
                &json!("20260330T080000Z"),
                &event["id"],
                &json!("instance"),
                &json!("ok")
            )
        );
        assert_eq!(
            third["ends_at"],
            json!({"datetime": "2026-03-30T08:30:00Z", "timezone": "Europe/Berlin"})
        );
        assert_eq!(
            stage
                .get(&format!("{path}/instances/20260330T080000Z"), &anna)
                .await
                .json(),
            *third
        );
        for missing in [
            "20260330T090000Z",
            "20260413T080000Z",
            "20260309T090000Z",
            "2026-03-30",
            "x",
        ] {
            let reply = stage.get(&format!("{path}/instances/{missing}"), &anna).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{missing}");
        }
        // What lasts into the span belongs to it, what begins after it does not.
        let span = "time_min=2026-03-23T09:30:00Z&time_max=2026-03-30T08:00:00Z";
        let dates = list(&stage, &anna, &format!("{path}/instances?{span}")).await;
        assert_eq!(starts(&dates), &expected[1..3]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_date_is_cancelled_and_another_moved() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let (path, event) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=3"])).await;
        stage
            .post(&format!("{path}/invites"), &anna, json!({"email": "bo@example.org"}))
            .await;
        let change = async |who: &str, instance: &str, body: Value| {
            stage
                .ask(Method::PATCH, &format!("{path}/instances/{instance}"), who, Some(body))
                .await
        };
        assert_eq!(
            change(&anna, "20260316T090000Z", json!({})).await.status,
            StatusCode::NO_CONTENT
        );
        let cancelled = json!({"status": "cancelled"});
        assert_eq!(
            change(&bo, "20260316T090000Z", cancelled.clone()).await.status,
            StatusCode::FORBIDDEN
        );
        let reply = change(&anna, "20260316T090000Z", cancelled).await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (StatusCode::OK, &json!("cancelled"))
        );
        // The client of the profile sends this body in camelCase, with fields that do not belong to it.
        let moved = json!({"title": "Council, late", "isAllDay": false, "isAdhoc": false, "waitingRoom": true,
            "startsAt": {"datetime": "2026-04-15T15:00:00Z", "timezone": "Europe/Berlin"},
            "endsAt": {"datetime": "2026-04-15T17:00:00Z", "timezone": "Europe/Berlin"}});
        let reply = change(&anna, "20260323T090000Z", moved).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.json()["starts_at"]["datetime"], "2026-04-15T15:00:00Z");
        let early = json!({"starts_at": {"datetime": "2026-01-02T09:00:00Z", "timezone": "Europe/Berlin"}});
        assert_eq!(
            change(&anna, "20260330T080000Z", early).await.json()["ends_at"]["datetime"],
            "2026-01-02T09:30:00Z"
        );
        let backwards = json!({"ends_at": {"datetime": "2026-01-01T09:00:00Z", "timezone": "Europe/Berlin"}});
        let refused = change(&anna, "20260330T080000Z", backwards).await;
        assert_eq!(
            (refused.status, &refused.json()["validation_errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("ends_at"))
        );

        let dates = list(&stage, &bo, &format!("{path}/instances")).await;
        assert_eq!(
            starts(&dates),
            ["2026-01-02T09:00:00Z", "2026-03-16T09:00:00Z", "2026-04-15T15:00:00Z"]
        );
        assert_eq!(dates[1]["status"], "cancelled");
        assert_eq!(
            (&dates[2]["title"], &dates[2]["can_edit"]),
            (&json!("Council, late"), &json!(false))
        );
        // Dates outside of the rules' span are found where they now are.
        let later = "/v1/events/instances?instances_max=10&time_min=2026-04-10T00:00:00Z";
        assert_eq!(starts(&list(&stage, &bo, later).await), ["2026-04-15T15:00:00Z"]);
        let before = "/v1/events/instances?instances_max=10&time_max=2026-02-01T00:00:00Z";
        assert_eq!(starts(&list(&stage, &bo, before).await), ["2026-01-02T09:00:00Z"]);

        let listed = list(&stage, &anna, "/v1/events").await;
        let kinds: Vec<&Value> = listed.iter().map(|item| &item["type"]).collect();
        assert_eq!(kinds, ["recurring", "exception", "exception", "exception"]);
        let second = &listed[2];
        assert_eq!(
            (
                &second["original_starts_at"]["datetime"],
                &second["starts_at"]["datetime"],
                &second["status"]
            ),
            (
                &json!("2026-03-23T09:00:00Z"),
                &json!("2026-04-15T15:00:00Z"),
                &json!("ok")
            )
        );
        assert_eq!(second["recurring_event_id"], event["id"]);

        // On again.
        assert_eq!(
            change(&anna, "20260316T090000Z", json!({"status": "ok"})).await.json()["status"],
            "ok"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_are_cancelled_or_moved_go_along_when_their_series_moves() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4"])).await;
        let change = async |path: &str, body: Value| {
            let reply = stage.ask(Method::PATCH, path, &anna, Some(body)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        };
        let instance = |id: &str| format!("{path}/instances/{id}");
        let at = |datetime: &str| json!({"datetime": datetime, "timezone": "Europe/Berlin"});
        change(&instance("20260323T090000Z"), json!({"status": "cancelled"})).await;
        let moved = json!({"title": "Council, late", "starts_at": at("2026-04-02T15:00:00Z"), "ends_at": at("2026-04-02T16:00:00Z")});
        change(&instance("20260330T080000Z"), moved).await;
        change(&instance("20260406T080000Z"), json!({"ends_at": at("2026-04-06T10:00:00Z")})).await;
        // When it takes place, as `status start end`.
        let dates = async || {
            let dates = list(&stage, &anna, &format!("{path}/instances")).await;
            let text = |date: &Value| {
                let time = |field: &str| date[field]["datetime"].as_str().unwrap().replace(":00Z", "");
                format!("{} {} {}", date["status"].as_str().unwrap(), time("starts_at"), time("ends_at"))
            };
            dates.iter().map(text).collect::<Vec<String>>()
        };
        // To another hour.
        change(&path, json!({"starts_at": at("2026-03-16T10:00:00Z"), "ends_at": at("2026-03-16T10:30:00Z")})).await;
        let expected = [
            "ok 2026-03-16T10:00 2026-03-16T10:30",
            "cancelled 2026-03-23T10:00 2026-03-23T10:30",
            "ok 2026-04-02T15:00 2026-04-02T16:00",
            "ok 2026-04-06T09:00 2026-04-06T11:00",
        ];
        assert_eq!(dates().await, expected);
        // To another day of the week, and back to ten.
        let tuesday = json!({"starts_at": at("2026-03-17T09:00:00Z"), "ends_at": at("2026-03-17T09:30:00Z"),
            "recurrence_pattern": ["RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4"]});
        change(&path, tuesday).await;
        let expected = [
            "ok 2026-03-17T09:00 2026-03-17T09:30",
            "cancelled 2026-03-24T09:00 2026-03-24T09:30",
            "ok 2026-04-02T15:00 2026-04-02T16:00",
            "ok 2026-04-07T08:00 2026-04-07T10:00",
        ];
        assert_eq!(dates().await, expected);
        // A week later: what is cancelled stays cancelled on its day.
        let later = json!({"starts_at": at("2026-03-24T09:00:00Z"), "ends_at": at("2026-03-24T09:30:00Z")});
        change(&path, later).await;
        let expected = [
            "cancelled 2026-03-24T09:00 2026-03-24T09:30",
            "ok 2026-04-02T15:00 2026-04-02T16:00",
            "ok 2026-04-07T08:00 2026-04-07T10:00",
            "ok 2026-04-14T08:00 2026-04-14T08:30",
        ];
        assert_eq!(dates().await, expected);
        // Of dates that are no more nothing is kept.
        change(&path, json!({"recurrence_pattern": ["RRULE:FREQ=DAILY;COUNT=2"]})).await;
        let expected = ["cancelled 2026-03-24T09:00 2026-03-24T09:30", "ok 2026-03-25T09:00 2026-03-25T09:30"];
        assert_eq!(dates().await, expected);
        assert_eq!(list(&stage, &anna, "/v1/events").await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_dates_lose_nothing_and_show_nothing_twice() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (daily, _) = created(&stage, &anna, series("Daily", &["RRULE:FREQ=DAILY"])).await;
        created(&stage, &anna, series("Twin", &["RRULE:FREQ=DAILY;INTERVAL=2"])).await;
        created(
            &stage,
            &anna,
            series("Weekly", &["RRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20260401"]),
        )
        .await;
        created(
            &stage,
            &anna,
            single("One", "2026-03-20T09:00:00Z", "2026-03-20T10:00:00Z"),
        )
        .await;
        created(
            &stage,
            &anna,
            single("Past", "2025-03-20T09:00:00Z", "2025-03-20T10:00:00Z"),
        )
        .await;
        let moved = json!({"starts_at": {"datetime": "2026-03-20T09:00:00Z", "timezone": "Europe/Berlin"},
            "title": "Moved"});
        let path = format!("{daily}/instances/20260318T090000Z");
        assert_eq!(
            stage.ask(Method::PATCH, &path, &anna, Some(moved)).await.status,
            StatusCode::OK
        );

        let query = "time_min=2026-03-16T00:00:00Z&instances_max=20";
        let mut found = all_pages(&stage, &anna, "/v1/events/instances", &format!("{query}&per_page=100")).await;
        // 20 of each endless series, 5 of the one that ends, and one single meeting.
        assert_eq!(found.len(), 20 + 20 + 5 + 1);
        for size in [1, 2, 7, 46] {
            let paged = all_pages(
                &stage,
                &anna,
                "/v1/events/instances",
                &format!("{query}&per_page={size}"),
            )
            .await;
            assert_eq!(paged, found, "pages of {size}");
        }
        let in_order = found.iter().map(|item| item.split(' ').next_back().unwrap().to_owned());
        let in_order: Vec<String> = in_order.collect();
        assert!(in_order.is_sorted(), "{in_order:?}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 46);
        assert!(found.contains(&"Moved 2026-03-20T09:00:00Z".to_owned()));

        let of_one = "time_max=2026-04-10T00:00:00Z&per_page=4";
        let paged = all_pages(&stage, &anna, &format!("{daily}/instances"), of_one).await;
        assert_eq!(paged.len(), 25);
        // Without a number of instances a series is one entry.
        let plain = all_pages(&stage, &anna, "/v1/events/instances", "per_page=2").await;
        assert_eq!(plain.len(), 5);
        let endless = stage
            .get(
                &format!("{daily}/instances?time_min=2150-01-01T00:00:00Z&per_page=2"),
                &anna,
            )
            .await;
        assert_eq!(
            starts(endless.json().as_array().unwrap()),
            ["2150-01-01T09:00:00Z", "2150-01-02T09:00:00Z"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_ends_becomes_single_and_begins_again() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY"])).await;
        let change = async |body: Value| stage.ask(Method::PATCH, &path, &anna, Some(body)).await;
        let ended = change(json!({"recurrence_pattern": ["RRULE:FREQ=WEEKLY;UNTIL=20260323T090000Z"]})).await;
        assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
        assert_eq!(list(&stage, &anna, &format!("{path}/instances")).await.len(), 2);
        let after_the_end = "/v1/events?time_min=2026-03-24T00:00:00Z";
        assert_eq!(list(&stage, &anna, after_the_end).await.len(), 0);
        // The client of the profile leaves the pattern out when a meeting shall not repeat any more.
        let mut single = series("Council", &[]);
        single.as_object_mut().unwrap().remove("recurrence_pattern");
        assert_eq!(change(single).await.json()["type"], "single");
        assert_eq!(
            stage.get(&format!("{path}/instances"), &anna).await.status,
            StatusCode::NOT_FOUND
        );
        let never = change(json!({"recurrence_pattern": ["RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"]})).await;
        assert_eq!(
            (
                never.status,
                &never.json()["validation_errors"][0]["field"],
                &never.json()["validation_errors"][0]["code"]
            ),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("recurrence_pattern"),
                &json!("never_takes_place")
            )
        );
        let again = change(json!({"recurrence_pattern": ["RRULE:FREQ=DAILY"], "title": "Standup"}))
            .await
            .json();
        assert_eq!(
            (&again["type"], &again["title"]),
            (&json!("recurring"), &json!("Standup"))
        );
        assert_eq!(list(&stage, &anna, after_the_end).await.len(), 1);
        let timeless = change(json!({"is_time_independent": true})).await.json();
        assert_eq!(
            (&timeless["type"], timeless.get("recurrence_pattern")),
            (&json!("single"), None)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_days_stay_whole_days() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let body = json!({"title": "Retreat", "is_time_independent": false, "is_all_day": true,
            "recurrence_pattern": ["RRULE:FREQ=DAILY;COUNT=2"],
            "starts_at": {"datetime": "2026-03-27T23:00:00Z", "timezone": "Europe/Berlin"},
            "ends_at": {"datetime": "2026-03-28T23:00:00Z", "timezone": "Europe/Berlin"}});
        let (path, _) = created(&stage, &anna, body).await;
        let dates = list(&stage, &anna, &format!("{path}/instances")).await;
        assert_eq!(starts(&dates), ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"]);
        assert_eq!(dates[1]["ends_at"]["datetime"], "2026-03-29T22:00:00Z");
        assert_eq!(dates[1]["is_all_day"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_asks_for_too_much_is_refused_with_its_reason() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
        let many = [format!("RRULE:FREQ=DAILY;COUNT=4000000000;{hours}")];
        let five = vec!["RRULE:FREQ=DAILY".to_owned(); 5];
        let long = [format!("RRULE:FREQ=DAILY;BYMONTH={}1", "1,".repeat(600))];
        for (rules, code) in [
            (many.as_slice(), "too_long"),
            (&["RRULE:FREQ=DAILY;UNTIL=22000101T000000Z".into()], "too_long"),
            (&["RRULE:FREQ=YEARLY;COUNT=900".into()], "too_long"),
            (&["RRULE:FREQ=HOURLY".into()], "unsupported"),
            (&["RDATE:20260401T090000Z".into()], "invalid_recurrence"),
            (&["EXDATE:20260401T090000Z".into()], "invalid_recurrence"),
            (five.as_slice(), "invalid_length"),
            (long.as_slice(), "invalid_length"),
        ] {
            let mut body = series("Council", &[]);
            body["recurrence_pattern"] = json!(rules);
            let reply = stage.post("/v1/events", &anna, body).await;
            let first = &reply.json()["validation_errors"][0];
            let told = (reply.status, &first["field"], &first["code"]);
            let expected = (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("recurrence_pattern"),
                &json!(code),
            );
            assert_eq!(told, expected, "{rules:?}");
            assert!(first["message"].as_str().unwrap().len() > 10, "{}", reply.text);
        }
        let mut whole_days = series("Council", &["RRULE:FREQ=DAILY;BYHOUR=9"]);
        whole_days["is_all_day"] = true.into();
        whole_days["starts_at"]["datetime"] = "2026-03-15T23:00:00Z".into();
        whole_days["ends_at"]["datetime"] = "2026-03-16T23:00:00Z".into();
        let reply = stage.post("/v1/events", &anna, whole_days).await;
        assert_eq!(reply.json()["validation_errors"][0]["field"], "recurrence_pattern");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_in_small_letters_is_kept_in_capitals() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (_, event) = created(
            &stage,
            &anna,
            series("Council", &["rrule:freq=weekly;byday=mo", "freq=daily;count=2"]),
        )
        .await;
        let expected = json!(["RRULE:FREQ=WEEKLY;BYDAY=MO", "RRULE:FREQ=DAILY;COUNT=2"]);
        assert_eq!(event["recurrence_pattern"], expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_begins_with_the_first_day_that_its_rule_has() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        // Monday, 16 March 2026; and on Wednesdays.
        let body = series("Council", &["RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"]);
        let (path, event) = created(&stage, &anna, body).await;
        let expected = ["2026-03-18T09:00:00Z", "2026-03-25T09:00:00Z", "2026-04-01T08:00:00Z"];
        assert_eq!(event["starts_at"]["datetime"], expected[0]);
        assert_eq!(event["ends_at"]["datetime"], "2026-03-18T09:30:00Z");
        assert_eq!(
            starts(&list(&stage, &anna, &format!("{path}/instances")).await),
            expected
        );
        assert_eq!(starts(&list(&stage, &anna, "/v1/events").await), expected[..1]);
        let friday = json!({"recurrence_pattern": ["RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2"]});
        let changed = stage.ask(Method::PATCH, &path, &anna, Some(friday)).await.json();
        assert_eq!(changed["starts_at"]["datetime"], "2026-03-20T09:00:00Z");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_from_before_gets_its_end_when_the_program_starts() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, event) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=3"])).await;
        let (_, endless) = created(&stage, &anna, series("Standup", &["RRULE:FREQ=DAILY"])).await;
        let stored = "SELECT recurrence, recurrence_ends FROM events WHERE id = $1";
        let of = async |event: &Value| {
            let id = event["id"].as_str().unwrap();
            let row: (String, String) =
                on!(&stage.app.db, pool => sqlx::query_as(stored).bind(id).fetch_one(pool).await).unwrap();
            row
        };
        let expected = ("RRULE:FREQ=WEEKLY;COUNT=3".to_owned(), "1774857600000".to_owned());
        assert_eq!(of(&event).await, expected);
        let before = "UPDATE events SET recurrence = LOWER(recurrence), recurrence_ends = ''";
        on!(&stage.app.db, pool => sqlx::query(before).execute(pool).await.map(drop)).unwrap();
        crate::events::store::complete_ends(&stage.app.db).await.unwrap();
        assert_eq!(of(&event).await, expected);
        assert_eq!(of(&endless).await, ("RRULE:FREQ=DAILY".to_owned(), "-".to_owned()));
        let expected = list(&stage, &anna, &format!("{path}/instances")).await;
        assert_eq!(expected.len(), 3);
        // One whose start no rule had begins with its first date: it has the same dates as before.
        let odd = "UPDATE events SET recurrence = 'RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO', recurrence_ends = '', \
            starts_at = starts_at - 86400000, ends_at = ends_at - 86400000";
        on!(&stage.app.db, pool => sqlx::query(odd).execute(pool).await.map(drop)).unwrap();
        crate::events::store::complete_ends(&stage.app.db).await.unwrap();
        assert_eq!(list(&stage, &anna, &format!("{path}/instances")).await, expected);
        assert_eq!(
            stage.get(&path, &anna).await.json()["starts_at"]["datetime"],
            "2026-03-16T09:00:00Z"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_dates_of_a_series_can_be_different() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, _) = created(&stage, &anna, series("Standup", &["RRULE:FREQ=DAILY"])).await;
        let first: jiff::civil::Date = "2026-04-01".parse().unwrap();
        let cancel = async |days: usize| {
            let day = first
                .checked_add(jiff::Span::new().days(i64::try_from(days).unwrap()))
                .unwrap();
            let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
            let start = day.at(10, 0, 0, 0).to_zoned_datetime(zone).unwrap().timestamp();
            let instance = format!("{path}/instances/{}", start.strftime("%Y%m%dT%H%M%SZ"));
            stage
                .ask(Method::PATCH, &instance, &anna, Some(json!({"status": "cancelled"})))
                .await
        };
        for days in 0..MOST_EXCEPTIONS {
            assert_eq!(cancel(days).await.status, StatusCode::OK, "{days}");
        }
        let one_more = cancel(MOST_EXCEPTIONS).await;
        let error = &one_more.json()["validation_errors"][0];
        assert_eq!(
            (one_more.status, &error["field"], &error["code"]),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("instance_id"),
                &json!("too_many")
            )
        );
        // What is different already can be changed.
        assert_eq!(cancel(3).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_series_does_not_exist() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let eve = stage.person("eve@example.org", "Eve Ende").await;
        let (path, event) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY"])).await;
        let instance = format!("{path}/instances/20260316T090000Z");
        let room = format!("/v1/rooms/{}", event["room"]["id"].as_str().unwrap());
        let bo = clock_id();
        let asked = [
            (Method::GET, format!("{path}/instances"), None),
            (Method::GET, instance.clone(), None),
            (Method::PATCH, instance, Some(json!({"status": "cancelled"}))),
            (Method::GET, format!("{path}/invites"), None),
            (
                Method::PATCH,
                format!("{path}/invites/{bo}"),
                Some(json!({"role": "user"})),
            ),
            (Method::DELETE, format!("{path}/invites/{bo}"), None),
            (
                Method::DELETE,
                format!("{path}/invites/email"),
                Some(json!({"email": "a@example.org"})),
            ),
            (
                Method::PATCH,
                format!("{path}/invites/email"),
                Some(json!({"email": "a@example.org"})),
            ),
            (Method::PATCH, format!("{path}/invite"), None),
        ];
        for (method, path, body) in asked {
            let reply = stage.ask(method.clone(), &path, &eve, body).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
        assert_eq!(
            list(&stage, &eve, "/v1/events/instances?instances_max=9").await,
            Vec::<Value>::new()
        );
        assert_eq!(stage.get(&room, &eve).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

fn clock_id() -> String {
    crate::clock::id().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_to_many_series_push_nothing_else_out_of_the_calendar() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Brandt").await;
        let mallory = stage.person("mallory@example.org", "Mallory Moor").await;
        let rule = ["RRULE:FREQ=WEEKLY;COUNT=4"];
        created(&stage, &anna, series("Own", &rule)).await;
        let invite = async |path: &str, who: &str| {
            let body = json!({"email": "anna@example.org"});
            let reply = stage.post(&format!("{path}/invites"), who, body).await;
            assert!(reply.status.is_success(), "{}", reply.text);
        };
        let (path, _) = created(&stage, &bo, series("Council", &rule)).await;
        invite(&path, &bo).await;
        let (accepted, event) = created(&stage, &mallory, series("Accepted", &rule)).await;
        invite(&accepted, &mallory).await;
        let accept = format!("/v1/events/{}/invite", event["id"].as_str().unwrap());
        let reply = stage.ask(Method::PATCH, &accept, &anna, None).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        // These were made later than the others.
        for _ in 0..crate::events::instances::MOST_SERIES {
            let (path, _) = created(&stage, &mallory, series("Flood", &["RRULE:FREQ=DAILY"])).await;
            invite(&path, &mallory).await;
        }
        let page = "/v1/events/instances?instances_max=1&per_page=100&time_max=2026-03-16T20:00:00Z";
        let shown = list(&stage, &anna, page).await;
        let titles: Vec<&str> = shown.iter().map(|item| item["title"].as_str().unwrap()).collect();
        for title in ["Own", "Council", "Accepted"] {
            assert!(titles.contains(&title), "{title} of {titles:?}");
        }
        // Who has agreed to more sees all of them, page by page.
        let agree = "UPDATE event_invites SET status = 'accepted'";
        on!(&stage.app.db, pool => sqlx::query(agree).execute(pool).await.map(drop)).unwrap();
        let query = "instances_max=1&per_page=100&time_max=2026-03-16T20:00:00Z";
        let mut shown = all_pages(&stage, &anna, "/v1/events/instances", query).await;
        shown.sort();
        let many = usize::try_from(crate::events::instances::MOST_SERIES).unwrap();
        assert_eq!(shown.len(), many + 3);
        let floods = shown.iter().filter(|title| title.starts_with("Flood"));
        assert_eq!(floods.count(), many);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_outlast_a_change_of_a_series_whose_rule_cannot_be_read() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=4"])).await;
        let cancelled = json!({"status": "cancelled"});
        let second = format!("{path}/instances/20260323T090000Z");
        let reply = stage.ask(Method::PATCH, &second, &anna, Some(cancelled)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let odd = "UPDATE events SET recurrence = 'RRULE:FREQ=FORTNIGHTLY', recurrence_ends = '?'";
        on!(&stage.app.db, pool => sqlx::query(odd).execute(pool).await.map(drop)).unwrap();
        let again = json!({"recurrence_pattern": ["RRULE:FREQ=WEEKLY;COUNT=5"]});
        let reply = stage.ask(Method::PATCH, &path, &anna, Some(again)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let dates = list(&stage, &anna, &format!("{path}/instances")).await;
        let status: Vec<&str> = dates.iter().map(|date| date["status"].as_str().unwrap()).collect();
        assert_eq!(status, ["ok", "cancelled", "ok", "ok", "ok"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_cancelled_while_its_series_changes_stays_cancelled() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for round in 0..10 {
            let (path, event) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=4"])).await;
            let second = format!("{path}/instances/20260323T090000Z");
            let cancel = stage.ask(Method::PATCH, &second, &anna, Some(json!({"status": "cancelled"})));
            let longer = json!({"recurrence_pattern": ["RRULE:FREQ=WEEKLY;COUNT=5"]});
            let change = stage.ask(Method::PATCH, &path, &anna, Some(longer));
            let (cancelled, changed) = tokio::join!(cancel, change);
            assert_eq!(
                (cancelled.status, changed.status),
                (StatusCode::OK, StatusCode::OK),
                "{round}"
            );
            let dates = list(&stage, &anna, &format!("{path}/instances")).await;
            assert_eq!(
                (dates.len(), &dates[1]["status"]),
                (5, &json!("cancelled")),
                "{round} {event}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_cancelled_while_its_series_moves_does_not_take_place_or_is_not_called_cancelled() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for round in 0..10 {
            let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=2"])).await;
            let second = format!("{path}/instances/20260323T090000Z");
            let cancel = stage.ask(Method::PATCH, &second, &anna, Some(json!({"status": "cancelled"})));
            let change = stage.ask(Method::PATCH, &path, &anna, Some(at_hour(10)));
            let (cancelled, changed) = tokio::join!(cancel, change);
            assert_eq!(changed.status, StatusCode::OK, "{round}: {}", changed.text);
            let dates = list(&stage, &anna, &format!("{path}/instances")).await;
            assert_eq!(starts(&dates), ["2026-03-16T10:00:00Z", "2026-03-23T10:00:00Z"]);
            // At its old hour it is no date any more, unless the cancelling came first.
            let status = match cancelled.status {
                StatusCode::OK => "cancelled",
                StatusCode::NOT_FOUND => "ok",
                other => panic!("{round}: {other}"),
            };
            assert_eq!(dates[1]["status"], status, "{round}");
        }
    })
    .await;
}

/// Moves the series to another hour.
fn at_hour(hour: u8) -> Value {
    json!({"starts_at": {"datetime": format!("2026-03-16T{hour}:00:00Z"), "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": format!("2026-03-16T{hour}:30:00Z"), "timezone": "Europe/Berlin"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_date_stays_cancelled_when_its_series_moves_twice_at_once() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for round in 0..10 {
            let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=2"])).await;
            let second = format!("{path}/instances/20260323T090000Z");
            let cancelled = json!({"status": "cancelled"});
            let reply = stage.ask(Method::PATCH, &second, &anna, Some(cancelled)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            let (ten, eleven) = (at_hour(10), at_hour(11));
            let (ten, eleven) = tokio::join!(
                stage.ask(Method::PATCH, &path, &anna, Some(ten)),
                stage.ask(Method::PATCH, &path, &anna, Some(eleven))
            );
            assert_eq!((ten.status, eleven.status), (StatusCode::OK, StatusCode::OK), "{round}");
            let dates = list(&stage, &anna, &format!("{path}/instances")).await;
            assert_eq!(dates[1]["status"], "cancelled", "{round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_date_at_once_all_hold() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        for round in 0..10 {
            let (path, _) = created(&stage, &anna, series("Council", &["RRULE:FREQ=WEEKLY;COUNT=2"])).await;
            let second = format!("{path}/instances/20260323T090000Z");
            let change = |body| stage.ask(Method::PATCH, &second, &anna, Some(body));
            let (title, text, status) = tokio::join!(
                change(json!({"title": "Roads"})),
                change(json!({"description": "In the hall"})),
                change(json!({"status": "cancelled"}))
            );
            for reply in [title, text, status] {
                assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.text);
            }
            let date = stage.get(&second, &anna).await.json();
            assert_eq!(
                (&date["title"], &date["description"], &date["status"]),
                (&json!("Roads"), &json!("In the hall"), &json!("cancelled")),
                "{round}"
            );
        }
    })
    .await;
}
