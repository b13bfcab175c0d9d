// SPDX-License-Identifier: EUPL-1.2
//! The interface's document is complete: every command, and every event that a transcript shows, stands in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// `namespace word` of every row of a table in the document, one for each word.
fn documented() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/signaling.md");
    let text = fs::read_to_string(file).expect("the document is there");
    let mut found = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for word in cells[2].split(", ") {
            found.insert(format!("{} {word}", cells[1]));
        }
    }
    found
}

#[test]
fn every_command_and_every_event_of_the_transcripts_is_documented() {
    let documented = documented();
    let mut wanted = BTreeSet::new();
    let commands = konvent_meeting::COMMANDS.iter();
    for (namespace, example) in
        commands.flat_map(|(namespace, examples)| examples.iter().map(move |example| (namespace, example)))
    {
        let payload: serde_json::Value = serde_json::from_str(example).expect("an example");
        wanted.insert(format!(
            "{namespace} {}",
            payload["action"].as_str().expect("an action")
        ));
    }
    let commands = wanted.len();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/meeting/transcripts");
    for entry in fs::read_dir(folder).expect("the transcripts are there").flatten() {
        if entry.path().extension().is_none_or(|extension| extension != "snap") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("a transcript");
        for line in text.lines() {
            let Some((_, heard)) = line.split_once(" <- ") else {
                continue;
            };
            let Some((namespace, payload)) = heard.split_once(' ') else {
                continue;
            };
            let payload: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
            if let Some(message) = payload["message"].as_str().filter(|message| *message != "error") {
                wanted.insert(format!("{namespace} {message}"));
            }
        }
    }
    assert!(wanted.len() > commands + 10, "the transcripts were not read");
    let missing: Vec<&String> = wanted.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/api/signaling.md lacks {missing:?}");
}
