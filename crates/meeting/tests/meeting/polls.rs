// SPDX-License-Identifier: EUPL-1.2
//! Stories of polls: what is counted, who learns it and when, and what many voters cost.

use jiff::SignedDuration;
use konvent_meeting::{Dialect, Input, Role, limits};
use serde_json::{Value, json};

use crate::parameters::parameters;
use crate::stage::Stage;

/// A poll that Person 1 has just started, and its id. Nobody has anything unread.
fn asked(people: std::ops::RangeInclusive<u128>, more: &Value) -> (Stage, Value) {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    for number in people.clone() {
        stage.join(number, Role::Guest);
    }
    stage.hears(1);
    let mut start = json!({ "action": "start", "topic": "Lunch?", "choices": ["Yes", "No"], "duration": 600 });
    start
        .as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    stage.says(1, "polls", start);
    let (name, event) = stage.hears(1).pop().expect("a frame");
    assert_eq!(name, "polls.started");
    for number in people {
        stage.hears(number);
    }
    (stage, event["id"].clone())
}

fn vote(poll: &Value, choice: u32) -> Value {
    json!({ "action": "vote", "poll_id": poll, "choice_id": choice })
}

/// What is due by then happens.
fn pass(stage: &mut Stage, milliseconds: i64) {
    stage.now += SignedDuration::from_millis(milliseconds);
    stage.input(Input::Woke);
}

fn counts(event: &Value) -> Vec<u64> {
    let results = event["results"].as_array().expect("a list");
    results
        .iter()
        .map(|result| result["count"].as_u64().expect("a number"))
        .collect()
}

#[test]
fn many_votes_at_once_are_few_frames_and_the_last_of_them_has_all() {
    let (mut stage, poll) = asked(2..=101, &json!({ "live": true }));
    for number in 2..=101 {
        stage.says(number, "polls", vote(&poll, 0));
    }
    assert_eq!(stage.names(1), Vec::<String>::new());
    let wakes_at = stage.wakes_at.expect("a deadline");
    assert_eq!(wakes_at, stage.now + limits::LIVE_UPDATES);
    pass(&mut stage, 500);
    let heard = stage.hears(1);
    assert_eq!(heard.len(), 1);
    assert_eq!(
        (heard[0].0.as_str(), counts(&heard[0].1)),
        ("polls.live_update", vec![100, 0])
    );
    // Nothing changed since: nothing is said.
    pass(&mut stage, 500);
    assert_eq!(stage.names(1), Vec::<String>::new());
    // After silence a vote is told at once.
    stage.says(2, "polls", vote(&poll, 1));
    let heard = stage.hears(1);
    assert_eq!(counts(&heard.last().expect("a frame").1), vec![99, 1]);
}

#[test]
fn nobody_learns_counts_of_a_poll_that_is_not_live_before_it_is_over_not_even_who_comes_later() {
    let (mut stage, poll) = asked(2..=3, &json!({}));
    stage.says(2, "polls", vote(&poll, 1));
    stage.join(4, Role::Guest);
    let (_, welcome) = stage.hears(4).remove(0);
    let learned = &welcome["module_data"]["polls"];
    assert_eq!((&learned["id"], learned.get("results")), (&poll, None));
    pass(&mut stage, 599_999);
    assert!(!stage.names(1).iter().any(|name| name.starts_with("polls")));
    pass(&mut stage, 1);
    let (name, event) = stage.hears(3).pop().expect("a frame");
    assert_eq!((name.as_str(), counts(&event)), ("polls.done", vec![0, 1]));
}

#[test]
fn one_learns_in_every_window_what_one_has_chosen_and_others_never_do() {
    let (mut stage, poll) = asked(2..=3, &json!({ "live": true }));
    stage.on_device(2, 20, 7, Role::Guest);
    stage.hears(20);
    stage.says(2, "polls", vote(&poll, 1));
    pass(&mut stage, 1000);
    let heard = stage.hears(20);
    assert_eq!(heard[0].0, "polls.voted");
    assert_eq!(heard[0].1["choice_id"], 1);
    for other in [1, 3] {
        assert!(!stage.names(other).contains(&"polls.voted".to_owned()));
    }
    // A window opened later knows it, too; it is said of nobody else.
    stage.on_device(2, 21, 8, Role::Guest);
    let (_, welcome) = stage.hears(21).remove(0);
    assert_eq!(welcome["module_data"]["polls"]["choice_ids"], json!([1]));
    stage.join(4, Role::Guest);
    let (_, welcome) = stage.hears(4).remove(0);
    assert!(!welcome.to_string().contains("choice_ids"));
}

#[test]
fn a_vote_that_cannot_be_changes_nothing() {
    let (mut stage, poll) = asked(2..=2, &json!({}));
    stage.says(2, "polls", vote(&poll, 0));
    for (payload, code) in [
        (vote(&poll, 2), "invalid_choice_id"),
        (vote(&poll, u32::MAX), "invalid_choice_id"),
        (
            json!({ "action": "vote", "poll_id": poll, "choice_ids": [0, 1] }),
            "multiple_choices_not_allowed",
        ),
        (
            vote(&json!("00000000-0000-0000-0000-000000000000"), 0),
            "invalid_poll_id",
        ),
    ] {
        stage.hears(2);
        stage.says(2, "polls", payload);
        assert_eq!(stage.names(2), [format!("polls.error:{code}")]);
    }
    stage.says(1, "polls", json!({ "action": "finish", "id": poll }));
    assert_eq!(counts(&stage.hears(1).pop().expect("a frame").1), vec![1, 0]);
}

#[test]
fn a_poll_ends_when_its_time_is_over_however_late_somebody_wakes() {
    let (mut stage, poll) = asked(2..=2, &json!({ "duration": 1 }));
    stage.now += SignedDuration::from_secs(30);
    // The command of somebody comes before the alarm: it is too late all the same.
    stage.says(2, "polls", vote(&poll, 0));
    let names = stage.names(2);
    assert_eq!(names, ["polls.done", "polls.error:invalid_poll_id"]);
}

#[test]
fn who_was_away_when_a_poll_ended_learns_its_results_and_nobody_takes_it_for_one_that_runs() {
    let (mut stage, poll) = asked(2..=3, &json!({}));
    stage.says(3, "polls", vote(&poll, 1));
    stage.input(Input::Disconnected {
        connection: konvent_meeting::ConnectionId(uuid::Uuid::from_u128(2)),
        graceful: false,
    });
    stage.says(1, "polls", json!({ "action": "finish", "id": poll }));
    stage.join_with(2, 22, Role::Guest, Dialect::July);
    let (_, welcome) = stage.hears(22).remove(0);
    assert_eq!(welcome["module_data"].get("polls"), None);
    let ended = &welcome["ended"]["polls"];
    assert_eq!(
        (&ended["id"], &ended["topic"], counts(ended)),
        (&poll, &json!("Lunch?"), vec![0, 1])
    );
    // The next one is told beside it.
    let next = json!({ "action": "start", "topic": "Dinner?", "choices": ["Yes", "No"], "duration": 60 });
    stage.says(1, "polls", next);
    stage.join(4, Role::Guest);
    let (_, welcome) = stage.hears(4).remove(0);
    assert_eq!(welcome["module_data"]["polls"]["topic"], "Dinner?");
    assert_eq!(welcome["ended"]["polls"]["topic"], "Lunch?");
}

fn line_ends(stage: &mut Stage, number: u128, graceful: bool) {
    let connection = konvent_meeting::ConnectionId(uuid::Uuid::from_u128(number));
    stage.input(Input::Disconnected { connection, graceful });
}

#[test]
fn a_guest_who_comes_as_ever_new_ones_has_one_vote_and_people_with_an_account_keep_theirs() {
    let (mut stage, poll) = asked(2..=2, &json!({}));
    stage.says(2, "polls", vote(&poll, 0));
    stage.join(3, Role::User);
    stage.says(3, "polls", vote(&poll, 0));
    line_ends(&mut stage, 3, true);
    for number in 10..330 {
        stage.join(number, Role::Guest);
        stage.says(number, "polls", vote(&poll, 1));
        line_ends(&mut stage, number, true);
    }
    stage.join(400, Role::Guest);
    stage.says(400, "polls", vote(&poll, 1));
    stage.says(1, "polls", json!({ "action": "finish", "id": poll }));
    assert_eq!(counts(&stage.hears(1).pop().expect("a frame").1), vec![2, 1]);
}

#[test]
fn the_vote_of_a_guest_whose_line_is_cut_counts_until_they_are_gone_which_a_live_poll_shows() {
    let (mut stage, poll) = asked(2..=3, &json!({ "live": true }));
    stage.says(2, "polls", vote(&poll, 0));
    stage.says(3, "polls", vote(&poll, 1));
    pass(&mut stage, 1000);
    stage.hears(1);
    line_ends(&mut stage, 2, false);
    pass(&mut stage, 20_000);
    assert_eq!(stage.names(1), Vec::<String>::new());
    // Back in time, they know what they chose.
    stage.join_with(2, 22, Role::Guest, Dialect::July);
    let (_, welcome) = stage.hears(22).remove(0);
    assert_eq!(welcome["module_data"]["polls"]["choice_ids"], json!([0]));
    line_ends(&mut stage, 22, false);
    pass(&mut stage, 40_000);
    pass(&mut stage, 1000);
    let heard = stage.hears(1);
    let names: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["core.participant_disconnected", "polls.live_update"]);
    assert_eq!(counts(&heard[1].1), vec![0, 1]);
    // Whoever comes back later, as after a reload of the page, has still chosen what they chose, and it counts again.
    stage.join_with(2, 23, Role::Guest, Dialect::July);
    let (_, welcome) = stage.hears(23).remove(0);
    assert_eq!(welcome["module_data"]["polls"]["choice_ids"], json!([0]));
    assert_eq!(counts(&welcome["module_data"]["polls"]), vec![1, 1]);
}

#[test]
fn a_poll_asks_nothing_that_nobody_can_read_or_that_turns_text_around() {
    let mut stage = Stage::new(parameters());
    stage.join(1, Role::Moderator);
    stage.hears(1);
    let mut refused = |topic: &str, choice: &str| {
        let start = json!({ "action": "start", "topic": topic, "choices": ["Yes", choice], "duration": 60 });
        stage.says(1, "polls", start);
        stage.names(1)
    };
    for text in ["\u{0}", "Lunch\u{0}?", "\u{202E}?hcnuL", " ", "\u{200B}"] {
        assert_eq!(refused(text, "No"), ["polls.error:unreadable_topic"], "{text:?}");
        assert_eq!(refused("Lunch?", text), ["polls.error:unreadable_choice"], "{text:?}");
    }
    assert_eq!(refused("Mittag um zwölf? 🍜", "Nein"), ["polls.started"]);
}
