// SPDX-License-Identifier: EUPL-1.2
//! What a meeting has decided and not told yet, because it is not on record: one sheet is being written while the next one
//! is filled. Not what is written, nor how. The one rule: what stands on a sheet is told when it is written, in order. While
//! nothing can be written people go on talking, and what has to be on record is refused. A meeting without a journal cannot
//! be made anew: there, what has to be on record waits until it is.

use std::sync::Arc;

use jiff::Timestamp;
use konvent_meeting::{Effect, Input, Output, RoomId};
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::journal::{self, Played};
use super::recorder::{AGAIN_AFTER, Batch, Line, NotWritten, Recorder, Written};
use super::store::{Header, Page};
use crate::ids::TenantId;

/// What happened, what is to be written of it, and what follows from it.
#[derive(Default)]
struct Sheet {
    inputs: Vec<(Timestamp, Input)>,
    lines: String,
    records: Vec<Effect>,
    outputs: Vec<Output>,
}

struct Writing {
    sheet: Sheet,
    lines: Arc<Vec<Line>>,
    /// Of the lines, how many come before the sheet's own.
    before: usize,
    answer: oneshot::Receiver<Written>,
}

/// What becomes of a sheet.
pub enum Outcome {
    /// This may be told.
    Told(Vec<Output>),
    /// Something had to be on record and is not.
    Undone(Undone),
}

/// What has not happened after all, because it could not be recorded.
pub struct Undone {
    pub journal: Uuid,
    /// This has, and may be told.
    pub told: Vec<Output>,
    pub inputs: Vec<(Timestamp, Input)>,
    /// What happened before and is not written either.
    pub standing: Vec<Line>,
    /// The first page that is not written and does not stand.
    pub next_page: i64,
}

/// Something has to be on record and cannot be.
pub struct NotRecorded;

pub struct Pen {
    recorder: Recorder,
    tenant: TenantId,
    room: RoomId,
    journal: Uuid,
    next_page: i64,
    /// Of the journal, written or not.
    bytes: usize,
    /// The journal has become too long, or is not there any more: nothing is added to it.
    given_up: bool,
    writing: Option<Writing>,
    sheet: Sheet,
    /// What goes before the sheet: the journal's beginning, and what could not be written.
    before: Vec<Line>,
    /// Nothing can be written; when to try again.
    again_at: Option<Instant>,
}

impl Pen {
    /// Of a meeting that begins.
    pub fn new(recorder: Recorder, tenant: TenantId, room: RoomId, header: Header) -> Pen {
        Pen {
            recorder,
            tenant,
            room,
            journal: header.id,
            next_page: 0,
            bytes: 0,
            given_up: false,
            writing: None,
            sheet: Sheet::default(),
            before: vec![Line::Begins(header)],
            again_at: None,
        }
    }

    /// Of a meeting that goes on.
    pub fn go_on(recorder: Recorder, tenant: TenantId, room: RoomId, played: &Played) -> Pen {
        Pen {
            recorder,
            tenant,
            room,
            journal: played.id,
            next_page: played.next_page,
            bytes: played.bytes,
            given_up: false,
            writing: None,
            sheet: Sheet::default(),
            before: Vec::new(),
            again_at: None,
        }
    }

    pub fn is_in_trouble(&self) -> bool {
        self.again_at.is_some()
    }

    /// When to try again what could not be written.
    pub fn again_at(&self) -> Option<Instant> {
        self.again_at.filter(|_| self.writing.is_none())
    }

    /// Outputs that are held.
    pub fn held(&self) -> usize {
        self.sheet.outputs.len()
    }

    /// There is as much on the sheet as goes on a page: nothing is to happen before it is written.
    pub fn is_full(&self) -> bool {
        !self.is_in_trouble() && self.sheet.lines.len() >= journal::PAGE_BYTES
    }

    /// The line of what happens now, for the journal.
    pub fn line(&self, at: Timestamp, input: &Input) -> Option<String> {
        (!self.given_up).then(|| journal::line(at, input)).flatten()
    }

    /// Notes what happened and what follows from it; gives back what may be told at once.
    pub fn note(
        &mut self,
        at: Timestamp,
        input: Input,
        line: Option<String>,
        mut outputs: Vec<Output>,
    ) -> Result<Vec<Output>, NotRecorded> {
        let records = outputs.extract_if(
            ..,
            |output| matches!(output, Output::Do { effect, .. } if effect.is_record()),
        );
        let records: Vec<Effect> = records
            .filter_map(|output| match output {
                Output::Do { effect, .. } => Some(effect),
                _ => None,
            })
            .collect();
        let talks_on = self.is_in_trouble() && records.is_empty() && self.sheet.inputs.is_empty();
        if self.is_in_trouble() && !records.is_empty() && !self.given_up {
            return Err(NotRecorded);
        }
        let nothing_to_wait_for =
            line.is_none() && records.is_empty() && self.writing.is_none() && self.sheet.is_empty();
        if let Some(line) = line {
            self.add(&line);
        }
        if nothing_to_wait_for || talks_on {
            return Ok(outputs);
        }
        self.sheet.inputs.push((at, input));
        self.sheet.records.extend(records);
        self.sheet.outputs.extend(outputs);
        Ok(Vec::new())
    }

    fn add(&mut self, line: &str) {
        self.bytes += line.len();
        if self.bytes <= journal::MOST_BYTES {
            self.sheet.lines.push_str(line);
            return;
        }
        tracing::warn!(room = %self.room, "the journal of a meeting is too long; should the program be killed, it begins anew");
        self.give_up_the_journal();
    }

    fn give_up_the_journal(&mut self) {
        self.given_up = true;
        self.sheet.lines = String::new();
        self.before = Vec::new();
        self.recorder.end(self.tenant, self.room, self.journal);
    }

    /// Has the sheet written, unless another one is; gives back what may be told without.
    pub fn write(&mut self) -> Vec<Output> {
        let too_early = self.again_at.is_some_and(|at| at > Instant::now());
        if self.writing.is_some() || too_early {
            return Vec::new();
        }
        let mut sheet = std::mem::take(&mut self.sheet);
        let mut lines = std::mem::take(&mut self.before);
        let before = lines.len();
        for page in pages(std::mem::take(&mut sheet.lines)) {
            lines.push(Line::Page(Page {
                journal: self.journal,
                number: self.next_page,
                lines: page,
            }));
            self.next_page += 1;
        }
        lines.extend(std::mem::take(&mut sheet.records).into_iter().map(Line::Record));
        if lines.is_empty() {
            self.again_at = None;
            return sheet.outputs;
        }
        self.begin_to_write(sheet, lines, before);
        Vec::new()
    }

    fn begin_to_write(&mut self, sheet: Sheet, lines: Vec<Line>, before: usize) {
        let lines = Arc::new(lines);
        let answer = self.recorder.write(Batch {
            tenant: self.tenant,
            room: self.room,
            lines: lines.clone(),
        });
        self.writing = Some(Writing {
            sheet,
            lines,
            before,
            answer,
        });
    }

    /// When the sheet is written or could not be; never, while none is. Nothing is lost when this is dropped half-way.
    pub async fn written(&mut self) -> Outcome {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let answer = (&mut writing.answer).await;
        let written = answer.unwrap_or_else(|_| Err(NotWritten::ForNow("the program is stopping".to_owned())));
        let writing = self.writing.take().expect("seen above");
        match written {
            Ok(()) => {
                if self.again_at.take().is_some() {
                    tracing::info!(room = %self.room, "a meeting is on record again");
                }
                Outcome::Told(writing.sheet.outputs)
            }
            Err(NotWritten::ForNow(why)) => self.unwritten(writing, &why),
            Err(NotWritten::Lost(why)) => self.lost(writing, &why),
        }
    }

    /// What was to be written with the journal is written without.
    fn lost(&mut self, writing: Writing, why: &str) -> Outcome {
        tracing::error!(room = %self.room, journal = %self.journal, "the journal of a meeting cannot be gone on with; \
            should the program be killed, it begins anew: {why}");
        if !self.given_up {
            self.give_up_the_journal();
        }
        let mut lines = Arc::unwrap_or_clone(writing.lines);
        lines.retain(is_record);
        if lines.is_empty() {
            self.again_at = None;
            return Outcome::Told(writing.sheet.outputs);
        }
        self.begin_to_write(writing.sheet, lines, 0);
        Outcome::Told(Vec::new())
    }

    fn unwritten(&mut self, writing: Writing, why: &str) -> Outcome {
        if self.again_at.is_none() {
            tracing::error!(room = %self.room, "a meeting cannot be recorded; trying every second until it can: {why}");
        }
        self.again_at = Some(Instant::now() + AGAIN_AFTER);
        let Writing {
            mut sheet,
            lines,
            before,
            ..
        } = writing;
        let mut lines = Arc::unwrap_or_clone(lines);
        if self.given_up {
            return self.wait(sheet, lines);
        }
        let mut told = Vec::new();
        if lines.iter().any(is_record) {
            self.next_page -= i64::try_from(lines.drain(before..).filter(|line| !is_record(line)).count()).unwrap_or(0);
        } else {
            told.append(&mut sheet.outputs);
            sheet.inputs.clear();
        }
        self.before = lines;
        let next = std::mem::take(&mut self.sheet);
        if sheet.inputs.is_empty() && next.records.is_empty() {
            told.extend(next.outputs);
            self.sheet.lines = next.lines;
            return Outcome::Told(told);
        }
        sheet.inputs.extend(next.inputs);
        Outcome::Undone(Undone {
            journal: self.journal,
            told,
            inputs: sheet.inputs,
            standing: self.before.clone(),
            next_page: self.next_page,
        })
    }

    /// Where there is no journal to make the meeting anew from, nothing is told before the records are written.
    fn wait(&mut self, mut sheet: Sheet, lines: Vec<Line>) -> Outcome {
        let next = std::mem::take(&mut self.sheet);
        sheet.inputs.extend(next.inputs);
        sheet.outputs.extend(next.outputs);
        let records = lines.into_iter().filter_map(|line| match line {
            Line::Record(effect) => Some(effect),
            _ => None,
        });
        sheet.records = records.chain(next.records).collect();
        self.sheet = sheet;
        Outcome::Told(Vec::new())
    }

    /// At the end of the meeting. `keeps`: its journal, to be played again.
    pub async fn finish(mut self, keeps: bool) {
        while self.writing.is_some() {
            // Nobody is there to be told.
            self.written().await;
        }
        let ends = !keeps && !self.given_up;
        if ends {
            self.sheet.lines = String::new();
            self.before = vec![Line::Over(self.journal)];
        }
        self.again_at = None;
        self.write();
        let written = match self.writing.take() {
            Some(writing) => writing.answer.await,
            None => return,
        };
        if ends && !matches!(written, Ok(Ok(()))) {
            self.recorder.end(self.tenant, self.room, self.journal);
        }
    }
}

fn is_record(line: &Line) -> bool {
    matches!(line, Line::Record(_))
}

/// Where nothing could be written for a while, there is more than goes on one.
fn pages(lines: String) -> Vec<String> {
    if lines.len() < 2 * journal::PAGE_BYTES {
        return Some(lines).filter(|lines| !lines.is_empty()).into_iter().collect();
    }
    let mut pages = vec![String::new()];
    for line in lines.split_inclusive('\n') {
        match pages.last_mut() {
            Some(page) if page.len() < journal::PAGE_BYTES => page.push_str(line),
            _ => pages.push(line.to_owned()),
        }
    }
    pages
}

impl Sheet {
    fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use konvent_meeting::{EffectId, ParticipantId};
    use serde_json::json;
    use sqlx::Executor as _;

    use super::*;
    use crate::clock;
    use crate::db::Db;
    use crate::tests::{Database, Stage};

    async fn told(pen: &mut Pen) -> Vec<Output> {
        match pen.written().await {
            Outcome::Told(outputs) => outputs,
            Outcome::Undone(_) => panic!("nothing can be undone without a journal"),
        }
    }

    #[tokio::test]
    async fn without_a_journal_what_has_to_be_on_record_waits_until_it_is_and_so_does_what_follows() {
        let stage = Stage::open(Database::Sqlite, &[]).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let id = stage.get("/v1/users/me", &anna).await.json()["id"].clone();
        let event = json!({"title": "Budget", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        let room = RoomId(event["room"]["id"].as_str().unwrap().parse().unwrap());
        let Db::Sqlite(pool) = &stage.app.db else { panic!() };
        let now = clock::now();
        let header = Header {
            id: clock::id(),
            began_at: 0,
            version: 1,
            origin: String::new(),
            parameters: "{}".into(),
        };
        let mut pen = Pen::new(Recorder::start(stage.app.db.clone()), TenantId::DEFAULT, room, header);
        let line = || Some("{}\n".to_owned());
        assert!(
            pen.note(now, Input::Woke, line(), vec![Output::Ended])
                .is_ok_and(|told| told.is_empty())
        );
        pen.write();
        assert_eq!(told(&mut pen).await, [Output::Ended]);

        for sql in [
            "DELETE FROM journals",
            "CREATE TRIGGER full BEFORE INSERT ON room_bans BEGIN SELECT RAISE(ABORT, 'full'); END",
        ] {
            pool.execute(sql).await.unwrap();
        }
        let participant = ParticipantId(id.as_str().unwrap().parse().unwrap());
        let ban = Output::Do {
            id: EffectId(1),
            effect: Effect::RecordBan { participant },
        };
        let of_the_ban = Output::WakeAt(now);
        let outputs = vec![ban, of_the_ban.clone()];
        assert!(
            pen.note(now, Input::Woke, line(), outputs)
                .is_ok_and(|told| told.is_empty())
        );
        pen.write();
        assert!(told(&mut pen).await.is_empty(), "the journal is gone");
        assert!(told(&mut pen).await.is_empty(), "and so is the room for bans");
        let later = pen.note(now, Input::Woke, pen.line(now, &Input::Woke), vec![Output::Ended]);
        assert!(later.is_ok_and(|told| told.is_empty()));
        assert!(pen.write().is_empty());
        pool.execute("DROP TRIGGER full").await.unwrap();
        tokio::time::sleep_until(pen.again_at().unwrap()).await;
        pen.write();
        assert_eq!(told(&mut pen).await, [of_the_ban, Output::Ended]);
        let (bans,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM room_bans")
            .fetch_one(pool)
            .await
            .unwrap();
        assert_eq!(bans, 1);
    }

    #[test]
    fn what_gathered_while_nothing_could_be_written_goes_on_pages_of_whole_lines() {
        let line = format!("{}\n", "x".repeat(99_999));
        assert_eq!(pages(String::new()), Vec::<String>::new());
        assert_eq!(pages(line.clone()), std::slice::from_ref(&line));
        let lines = line.repeat(100);
        let pages = pages(lines.clone());
        assert!(pages.iter().all(|page| page.ends_with('\n')));
        assert!(pages.iter().all(|page| page.len() < journal::PAGE_BYTES + line.len()));
        assert_eq!(pages.len(), 10);
        assert_eq!(pages.concat(), lines);
    }
}
