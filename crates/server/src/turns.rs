// SPDX-License-Identifier: EUPL-1.2
//! Taking turns with answers that cost much, such as somebody's whole calendar. Not a limit of how often somebody may ask:
//! who asks more often waits behind themselves, as long as a request may take. The one rule: a turn lasts until the answer is
//! taken, so that nobody who asks and does not read fills the memory with answers.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use anyhow::Context as _;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ids::UserId;

/// Copies and calendars that are written at once in all. Each takes a core while it lasts; meetings need the others.
const WRITTEN_AT_ONCE: usize = 2;
/// As much of an answer is handed over at once.
const PIECE: usize = 64 << 10;

/// What is asked for, each in a line of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Everything of a person: some hundred megabytes at worst.
    Whole,
    /// A page of a list: some megabytes at worst.
    Page,
}

impl Kind {
    /// For one person.
    fn at_once(self) -> usize {
        match self {
            Kind::Whole => 1,
            Kind::Page => 4,
        }
    }
}

pub struct Turns {
    writing: Arc<Semaphore>,
    people: Mutex<HashMap<(UserId, Kind), Weak<Semaphore>>>,
}

/// One's own: held until the answer is taken.
pub struct Turn {
    _own: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns {
            writing: Arc::new(Semaphore::new(WRITTEN_AT_ONCE)),
            people: Mutex::default(),
        }
    }
}

impl Turns {
    pub async fn take(&self, who: UserId, kind: Kind) -> Turn {
        let own = self.line(who, kind).acquire_owned().await;
        Turn {
            _own: own.expect("nobody closes it"),
        }
    }

    /// Among everybody: while a text is written, by the thread that writes it. Not while anything is waited for.
    pub async fn writing(&self) -> OwnedSemaphorePermit {
        self.writing.clone().acquire_owned().await.expect("nobody closes it")
    }

    fn line(&self, who: UserId, kind: Kind) -> Arc<Semaphore> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = people.get(&(who, kind)).and_then(Weak::upgrade) {
            return known;
        }
        people.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Semaphore::new(kind.at_once()));
        people.insert((who, kind), Arc::downgrade(&line));
        line
    }

    /// How many requests of a person have a turn or wait for one.
    #[cfg(test)]
    pub fn asking(&self, who: UserId, kind: Kind) -> usize {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.get(&(who, kind)).map_or(0, Weak::strong_count)
    }
}

impl Turn {
    /// The body of an answer, which ends the turn when all of it is taken.
    pub fn body(self, text: impl Into<Bytes>) -> Body {
        Body::new(Held {
            rest: text.into(),
            _turn: self,
        })
    }

    pub fn json<T: Serialize>(self, value: &T) -> anyhow::Result<Response> {
        let text = serde_json::to_vec(value).context("an answer cannot be told as JSON")?;
        Ok(([(header::CONTENT_TYPE, "application/json")], self.body(text)).into_response())
    }
}

struct Held {
    rest: Bytes,
    _turn: Turn,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let piece = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(piece);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_turn_lasts_until_the_answer_is_taken() {
        let turns = Turns::default();
        let who = UserId(uuid::Uuid::from_u128(1));
        let text = vec![b'x'; 3 * PIECE + 1];
        let body = turns.take(who, Kind::Whole).await.body(text.clone());
        assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
        let mut next = Box::pin(turns.take(who, Kind::Whole));
        let (mut pieces, mut taken) = (body.into_data_stream(), Vec::new());
        while let Some(piece) = pieces.next().await {
            assert!(futures_util::poll!(&mut next).is_pending());
            taken.extend(piece.unwrap());
        }
        drop(pieces);
        next.await;
        assert_eq!(taken, text);
    }

    #[tokio::test]
    async fn somebody_reads_a_few_pages_at_once_and_others_read_theirs() {
        let turns = Turns::default();
        let [anna, bo] = [1, 2].map(|number| UserId(uuid::Uuid::from_u128(number)));
        let mut unread = Vec::new();
        for _ in 0..Kind::Page.at_once() {
            let turn = turns.take(anna, Kind::Page).await;
            unread.push(turn.json(&["a page"]).unwrap());
        }
        let mut next = Box::pin(turns.take(anna, Kind::Page));
        assert!(futures_util::poll!(&mut next).is_pending());
        turns.take(bo, Kind::Page).await;
        turns.take(anna, Kind::Whole).await;
        unread.pop();
        next.await;
    }
}
