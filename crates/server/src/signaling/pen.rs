// SPDX-License-Identifier: EUPL-1.2
//! What a meeting has decided and not told yet, because it is not on record: one sheet is being written while the next one
//! is filled. Not what is written, nor how. The one rule: what stands on a sheet is told when it is written, in order. While
//! nothing can be written people go on talking, and what has to be on record is refused.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use konvent_meeting::{Effect, Input, Output, RoomId};
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::journal::{self, Played};
use super::recorder::{Batch, Line, NotWritten, Recorder, Written};
use super::store::{Header, Page};
use crate::ids::TenantId;

/// Until what could not be written is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

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
    /// The journal has become too long and is given up.
    full: bool,
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
            full: false,
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
            full: false,
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

    /// The line of what happens now, for the journal.
    pub fn line(&self, at: Timestamp, input: &Input) -> Option<String> {
        (!self.full).then(|| journal::line(at, input)).flatten()
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
        if self.is_in_trouble() && !records.is_empty() {
            return Err(NotRecorded);
        }
        let nothing_to_wait_for =
            line.is_none() && records.is_empty() && self.writing.is_none() && self.sheet.is_empty();
        if let Some(line) = line {
            self.add(&line);
        }
        if nothing_to_wait_for || self.is_in_trouble() {
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
        self.full = true;
        self.sheet.lines = String::new();
        self.before = vec![Line::Over(self.journal)];
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
        if !sheet.lines.is_empty() {
            lines.push(Line::Page(Page {
                journal: self.journal,
                number: self.next_page,
                lines: std::mem::take(&mut sheet.lines),
            }));
            self.next_page += 1;
        }
        lines.extend(std::mem::take(&mut sheet.records).into_iter().map(Line::Record));
        if lines.is_empty() {
            self.again_at = None;
            return sheet.outputs;
        }
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
        Vec::new()
    }

    /// When the sheet is written or could not be; never, while none is. Nothing is lost when this is dropped half-way.
    pub async fn written(&mut self) -> Outcome {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let answer = (&mut writing.answer).await;
        let written = answer.unwrap_or_else(|_| Err(NotWritten("the program is stopping".to_owned())));
        let writing = self.writing.take().expect("seen above");
        match written {
            Ok(()) => {
                if self.again_at.take().is_some() {
                    tracing::info!(room = %self.room, "a meeting is on record again");
                }
                Outcome::Told(writing.sheet.outputs)
            }
            Err(NotWritten(why)) => self.unwritten(writing, &why),
        }
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
        let is_record = |line: &Line| matches!(line, Line::Record(_));
        let mut told = Vec::new();
        if lines.iter().any(is_record) {
            self.next_page -= i64::try_from(lines.drain(before..).filter(|line| !is_record(line)).count()).unwrap_or(0);
        } else {
            told.append(&mut sheet.outputs);
            sheet.inputs.clear();
        }
        // A journal that was given up meanwhile needs them no more.
        if !self.full {
            self.before = lines;
        }
        let next = std::mem::take(&mut self.sheet);
        if sheet.inputs.is_empty() && next.records.is_empty() {
            told.extend(next.outputs);
            self.sheet.lines = next.lines;
            return Outcome::Told(told);
        }
        sheet.inputs.extend(next.inputs);
        Outcome::Undone(Undone {
            told,
            inputs: sheet.inputs,
            standing: self.before.clone(),
            next_page: self.next_page,
        })
    }

    /// At the end of the meeting. `keeps`: its journal, to be played again.
    pub async fn finish(mut self, keeps: bool) {
        if self.writing.is_some() {
            // Nobody is there to be told.
            self.written().await;
        }
        if !keeps || self.full {
            self.before.push(Line::Over(self.journal));
        }
        self.again_at = None;
        self.write();
        if self.writing.is_some() {
            self.written().await;
        }
    }
}

impl Sheet {
    fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.lines.is_empty()
    }
}
