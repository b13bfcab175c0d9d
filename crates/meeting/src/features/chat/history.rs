// SPDX-License-Identifier: EUPL-1.2
//! Messages of one conversation in order, handed out in chunks from the newest back to the oldest.

use std::sync::Arc;

use jiff::Timestamp;

use super::wire::{Chunk, Scope, StoredMessage};
use crate::ids::{MessageId, ParticipantId};

/// Messages in a chunk, as OpenTalk's clients expect.
const CHUNK: usize = 100;

struct Message {
    id: MessageId,
    source: ParticipantId,
    timestamp: Timestamp,
    content: Arc<str>,
}

#[derive(Default)]
pub(super) struct History(Vec<Message>);

impl History {
    pub(super) fn push(&mut self, id: MessageId, source: ParticipantId, timestamp: Timestamp, content: Arc<str>) {
        self.0.push(Message {
            id,
            source,
            timestamp,
            content,
        });
    }

    pub(super) fn newest(&self, scope: Scope) -> Chunk {
        self.matching(self.0.len().saturating_sub(1), scope, |_| true)
    }

    /// At most a chunk of messages up to and including `index`.
    pub(super) fn chunk(&self, index: usize, scope: Scope) -> Chunk {
        self.matching(index, scope, |_| true)
    }

    /// Case-sensitive, as upstream.
    pub(super) fn search(&self, term: &str, index: Option<usize>, scope: Scope) -> Chunk {
        let index = index.unwrap_or(self.0.len().saturating_sub(1));
        self.matching(index, scope, |message| message.content.contains(term))
    }

    fn matching(&self, index: usize, scope: Scope, wanted: impl Fn(&Message) -> bool) -> Chunk {
        let newest = index.saturating_add(1).min(self.0.len());
        let mut found: Vec<_> = self.0[..newest]
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, message)| wanted(message))
            .take(CHUNK)
            .collect();
        let oldest = found.last().map_or(0, |(index, _)| *index);
        let next_index = if found.len() == CHUNK {
            oldest.checked_sub(1)
        } else {
            None
        };
        found.reverse();
        let messages = found.into_iter().map(|(_, message)| StoredMessage {
            id: message.id,
            source: message.source,
            timestamp: message.timestamp,
            content: message.content.clone(),
            scope,
        });
        Chunk {
            messages: messages.collect(),
            next_index,
        }
    }
}
