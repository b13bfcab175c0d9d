// SPDX-License-Identifier: EUPL-1.2
//! What was said in one conversation, newest last. It knows nobody's rights. The one rule: a message keeps its index for
//! good, also when older ones are gone.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Scope;
use crate::ids::{MessageId, ParticipantId};
use crate::limits;

#[derive(Clone, Serialize)]
pub struct Message {
    pub id: MessageId,
    pub source: ParticipantId,
    pub timestamp: Timestamp,
    pub content: String,
    #[serde(flatten)]
    pub scope: Scope,
}

impl Message {
    /// A private message names the other person, for each of the two.
    pub fn as_seen(&self, who: ParticipantId) -> Message {
        let mut message = self.clone();
        if let Scope::Private(target) = message.scope
            && target == who
        {
            message.scope = Scope::Private(message.source);
        }
        message
    }

    /// What it counts: about its bytes on the wire.
    fn weight(&self) -> usize {
        let text = serde_json::to_string(&self.content).map_or(0, |text| text.len());
        text + limits::MESSAGE_OVERHEAD
    }
}

#[derive(Default)]
pub struct History {
    /// With what each counts.
    messages: VecDeque<(usize, Message)>,
    /// The index of the oldest message that is kept.
    first: usize,
    bytes: usize,
}

impl History {
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub fn latest(&self) -> Option<Timestamp> {
        self.messages.back().map(|(_, message)| message.timestamp)
    }

    pub fn push(&mut self, message: Message) {
        let weight = message.weight();
        self.bytes += weight;
        self.messages.push_back((weight, message));
        if self.messages.len() > limits::KEPT_MESSAGES {
            self.drop_oldest();
        }
    }

    pub fn drop_oldest(&mut self) {
        if let Some((weight, _)) = self.messages.pop_front() {
            self.bytes -= weight;
            self.first += 1;
        }
    }

    pub fn clear(&mut self) {
        self.first += self.messages.len();
        self.messages.clear();
        self.bytes = 0;
    }

    /// The messages up to `newest` (included) that contain `term`, as `who` sees them: `{messages, next_index}`, and the
    /// bytes it counts. It ends where a limit of a piece is reached, at the latest after `most` bytes; `next_index` leads on.
    pub fn piece(&self, newest: Option<usize>, who: ParticipantId, term: Option<&str>, most: usize) -> (Value, usize) {
        let end = newest.map_or(self.messages.len(), |index| {
            let after = index.saturating_add(1).saturating_sub(self.first);
            after.min(self.messages.len())
        });
        let (mut found, mut bytes, mut read, mut next) = (Vec::new(), 0, 0, None);
        for (place, (weight, message)) in self.messages.iter().enumerate().take(end).rev() {
            let wanted = term.is_none_or(|term| message.content.contains(term));
            let full = found.len() == limits::CHUNK_MESSAGES || (wanted && bytes + weight > most);
            if full || (term.is_some() && read > limits::SEARCH_BYTES) {
                next = Some(self.first + place);
                break;
            }
            read += message.content.len();
            if wanted {
                bytes += weight;
                found.push(message.as_seen(who));
            }
        }
        found.reverse();
        (json!({ "messages": found, "next_index": next }), bytes)
    }
}
