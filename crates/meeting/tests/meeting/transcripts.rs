// SPDX-License-Identifier: EUPL-1.2
//! Plays the scripts in `transcripts/` against a meeting and compares every frame that everybody got with
//! the snapshot beside it. A line is `NAME (moderator|user|guest) joins`, `NAME leaves`, `NAME vanishes`,
//! `NAME: NAMESPACE PAYLOAD`, `wait SECONDS`, `waiting room for_guests|for_everyone`, `at most N participants`,
//! or a comment after `#`. `@NAME` in a payload is that person's id.

use std::fs;
use std::path::PathBuf;

use crate::player::Player;

/// Name and text of every script.
pub fn scripts() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/meeting/transcripts");
    let entries = fs::read_dir(folder).expect("the folder of transcripts exists");
    let mut scripts: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 7, "transcripts are missing");
    let read = |script: &PathBuf| {
        let name = script.file_stem().expect("a file name").to_string_lossy().into_owned();
        (name, fs::read_to_string(script).expect("a readable script"))
    };
    scripts.iter().map(read).collect()
}

#[test]
fn every_transcript_plays_as_recorded() {
    insta::with_settings!({ snapshot_path => "transcripts", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, script) in scripts() {
            insta::assert_snapshot!(name, Player::play(&script).log);
        }
    });
}
