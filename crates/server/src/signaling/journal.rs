// SPDX-License-Identifier: EUPL-1.2
//! The journal of a meeting: its room as it was, and everything that happened to it, one line of JSON each. Played again, it
//! is the same meeting. No password, code, token or key stands in it. The one rule: what cannot be played in full is not
//! played at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;

use jiff::Timestamp;
use konvent_meeting::{
    ClosingReason, Effect, EffectId, Input, MediaKey, Meeting, Output, Parameters, ParametersChange,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::store::{self, Found, Header};
use crate::db::{Db, millis, time};

/// Grows when meetings of this version would make something else of what an earlier one wrote.
pub const VERSION: i64 = 2;
/// Bytes of one journal. A meeting with more goes on without: when the program is killed, it begins anew.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of a page that is not added to any more.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// Who plays a journal, in all meetings of the process: others find time and memory beside it.
static PLAYING: Semaphore = Semaphore::const_new(2);

#[derive(Serialize)]
struct Written<'a> {
    at: Timestamp,
    input: &'a Input,
}

#[derive(Deserialize)]
struct Read {
    at: Timestamp,
    input: Input,
}

/// The line of an input; `None`: nothing follows from it that is to be there after a restart.
pub fn line(at: Timestamp, input: &Input) -> Option<String> {
    let clean;
    let input = match input {
        // With the program the meeting does not end.
        Input::Close(ClosingReason::GracefulShutdown | ClosingReason::ImmediateShutdown) => return None,
        other if !other.is_journalled() => return None,
        Input::ParametersChanged(change) if change.password.is_some() => {
            clean = Input::ParametersChanged(ParametersChange {
                password: None,
                ..change.clone()
            });
            &clean
        }
        other => other,
    };
    let line = serde_json::to_string(&Written { at, input }).expect("inputs have text keys and no failing parts");
    let mut line = ascii(&line);
    line.push('\n');
    Some(line)
}

/// The same JSON in letters that every database can keep, whatever its encoding.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
            continue;
        }
        // Only in strings, where it may be written so (RFC 8259 section 7).
        for unit in letter.encode_utf16(&mut [0; 2]) {
            _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

pub fn header(parameters: &Parameters, began_at: Timestamp, origin: &str) -> Header {
    let clean = Parameters {
        password: None,
        invite_code: None,
        call_in: None,
        ..parameters.clone()
    };
    Header {
        id: Uuid::from_bytes(parameters.seed),
        began_at: millis(began_at),
        version: VERSION,
        origin: origin.to_owned(),
        parameters: ascii(&serde_json::to_string(&clean).expect("parameters have text keys and no failing parts")),
    }
}

/// A meeting that went on until the program ended, or until what could not be written.
pub struct Played {
    pub meeting: Meeting,
    pub id: Uuid,
    pub next_page: i64,
    pub bytes: usize,
    pub wakes_at: Option<Timestamp>,
    /// What the media server was asked for and has not answered.
    pub asked: BTreeMap<EffectId, Effect>,
    pub ended: bool,
}

/// Why a journal is not played.
#[derive(Debug)]
pub enum Unplayable {
    /// For now: the database does not answer.
    Database(sqlx::Error),
    /// For good.
    Unreadable(String),
}

impl From<sqlx::Error> for Unplayable {
    fn from(error: sqlx::Error) -> Unplayable {
        Unplayable::Database(error)
    }
}

/// Plays a journal again, beside what other meetings do: hours of talk are seconds of work. `now`: the room as it is today,
/// for its passwords and codes.
pub async fn play(db: &Db, found: &Found, now: &Parameters, media: MediaKey) -> Result<Played, Unplayable> {
    let unreadable = |what: &str, error: &dyn std::fmt::Display| Unplayable::Unreadable(format!("{what}: {error}"));
    if found.version != VERSION {
        return Err(unreadable("its version is", &found.version));
    }
    let stored: Parameters =
        serde_json::from_str(&found.parameters).map_err(|error| unreadable("its parameters", &error))?;
    let parameters = Parameters {
        password: now.password.clone(),
        invite_code: now.invite_code,
        call_in: now.call_in.clone(),
        ..stored
    };
    let _turn = PLAYING.acquire().await.expect("it is never closed");
    let mut played = Played::beginning(parameters, media, time(found.began_at));
    loop {
        let pages = store::pages(db, found.tenant, &found.id, played.next_page).await?;
        if pages.is_empty() {
            return Ok(played);
        }
        let playing = tokio::task::spawn_blocking(move || played.play_pages(pages).map(|()| played));
        let done = playing.await.map_err(|error| unreadable("playing it", &error))?;
        played = done.map_err(Unplayable::Unreadable)?;
    }
}

impl Played {
    fn beginning(parameters: Parameters, media: MediaKey, began_at: Timestamp) -> Played {
        Played {
            id: Uuid::from_bytes(parameters.seed),
            meeting: Meeting::new(parameters, media, began_at),
            next_page: 0,
            bytes: 0,
            wakes_at: None,
            asked: BTreeMap::new(),
            ended: false,
        }
    }

    fn play_pages(&mut self, pages: Vec<(i64, String)>) -> Result<(), String> {
        for (number, lines) in pages {
            if number != self.next_page {
                return Err(format!("page {} is missing", self.next_page));
            }
            self.play(&lines).map_err(|why| format!("page {number}, {why}"))?;
            self.next_page = number + 1;
            self.bytes += lines.len();
        }
        Ok(())
    }

    /// After an error it is of no use any more. The lines of a page are counted from 1.
    pub fn play(&mut self, lines: &str) -> Result<(), String> {
        // Read before the first is played: no half of a page.
        let read: Result<Vec<Read>, String> = lines
            .lines()
            .zip(1..)
            .map(|(line, number)| serde_json::from_str(line).map_err(|_| format!("line {number}: none of a journal")))
            .collect();
        for (Read { at, input }, number) in read?.into_iter().zip(1..) {
            // A fault that one line of one meeting brings to light would else come back whenever somebody enters.
            std::panic::catch_unwind(AssertUnwindSafe(|| self.handle(at, input)))
                .map_err(|_| format!("line {number}: a fault of the program"))?;
        }
        Ok(())
    }

    fn handle(&mut self, at: Timestamp, input: Input) {
        if let Input::Done { id, .. } = input {
            self.asked.remove(&id);
        }
        for output in self.meeting.handle(at, input) {
            match output {
                // Records are written with the input that made them.
                Output::Do { id, effect } if !effect.is_record() => drop(self.asked.insert(id, effect)),
                Output::WakeAt(at) => self.wakes_at = Some(at),
                Output::Ended => self.ended = true,
                // Told long ago.
                Output::Do { .. } | Output::Send { .. } | Output::Close { .. } => {}
            }
        }
    }
}
