// SPDX-License-Identifier: EUPL-1.2
//! Writes what travels in signaling into `docs/api`: the document and the tables of its page. Not a server.
//! `cargo run -p konvent-meeting --example signaling`

use std::fs;
use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api");
    fs::write(folder.join("signaling.json"), konvent_meeting::document()).expect("docs/api can be written");
    let page = folder.join("signaling.md");
    let before = fs::read_to_string(&page).expect("the page is there");
    let after = konvent_meeting::page(&before).expect("the page has the marks of its tables");
    fs::write(page, after).expect("docs/api can be written");
}
