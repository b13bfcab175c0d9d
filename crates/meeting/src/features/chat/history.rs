// SPDX-License-Identifier: EUPL-1.2
//! What was said in one conversation, newest last. It knows nobody's rights. The one rule: a message keeps its index for
//! good, also when others are gone.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::wire::{Chunk, Message, Scope};
use crate::ids::ParticipantId;
use crate::limits;

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

/// What one person wrote into a conversation and is still kept.
#[derive(Default)]
struct Share {
    bytes: usize,
    /// Oldest first.
    messages: VecDeque<usize>,
}

/// Who holds most of these bytes. Guests count together, since one may come under many names: then it is the guest who
/// holds most.
pub fn who_gives(
    shares: impl Iterator<Item = (ParticipantId, usize)>,
    is_guest: impl Fn(ParticipantId) -> bool,
) -> Option<ParticipantId> {
    let (mut of_guests, mut guest, mut member) = (0, None, None);
    for (who, bytes) in shares {
        let largest = if is_guest(who) {
            of_guests += bytes;
            &mut guest
        } else {
            &mut member
        };
        *largest = (*largest).max(Some((bytes, who)));
    }
    match (guest, member) {
        (Some((_, guest)), None) => Some(guest),
        (Some((_, guest)), Some((bytes, _))) if of_guests > bytes => Some(guest),
        (_, member) => member.map(|(_, who)| who),
    }
}

#[derive(Default)]
pub struct History {
    /// With what each counts, by index.
    messages: BTreeMap<usize, (usize, Message)>,
    /// The index of the next one.
    next: usize,
    bytes: usize,
    shares: BTreeMap<ParticipantId, Share>,
}

impl History {
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub fn latest(&self) -> Option<Timestamp> {
        self.messages.values().next_back().map(|(_, message)| message.timestamp)
    }

    /// Bytes that somebody wrote and that are kept.
    pub fn bytes_of(&self, who: ParticipantId) -> usize {
        self.shares.get(&who).map_or(0, |share| share.bytes)
    }

    pub fn push(&mut self, message: Message, is_guest: impl Fn(ParticipantId) -> bool) {
        let weight = message.weight();
        let share = self.shares.entry(message.source).or_default();
        share.bytes += weight;
        share.messages.push_back(self.next);
        self.bytes += weight;
        self.messages.insert(self.next, (weight, message));
        self.next += 1;
        if self.messages.len() > limits::KEPT_MESSAGES {
            self.make_room(is_guest);
        }
    }

    /// Drops the oldest message of [who gives room](who_gives).
    pub fn make_room(&mut self, is_guest: impl Fn(ParticipantId) -> bool) {
        let shares = self.shares.iter().map(|(who, share)| (*who, share.bytes));
        if let Some(who) = who_gives(shares, is_guest) {
            self.drop_oldest_of(who);
        }
    }

    pub fn drop_oldest_of(&mut self, who: ParticipantId) {
        let Some(share) = self.shares.get_mut(&who) else { return };
        if let Some(index) = share.messages.pop_front()
            && let Some((weight, _)) = self.messages.remove(&index)
        {
            share.bytes -= weight;
            self.bytes -= weight;
        }
        if share.messages.is_empty() {
            self.shares.remove(&who);
        }
    }

    pub fn clear(&mut self) {
        self.messages.clear();
        self.shares.clear();
        self.bytes = 0;
    }

    /// The messages up to `newest` (included) that contain `term`, as `who` sees them, and the bytes it
    /// counts. It ends where a limit of a piece is reached, at the latest after `most` bytes; `next_index` leads on.
    pub fn piece(&self, newest: Option<usize>, who: ParticipantId, term: Option<&str>, most: usize) -> (Chunk, usize) {
        let end = newest.map_or(self.next, |index| index.saturating_add(1));
        let (mut found, mut bytes, mut read, mut next) = (Vec::new(), 0, 0, None);
        for (index, (weight, message)) in self.messages.range(..end).rev() {
            let wanted = term.is_none_or(|term| message.content.contains(term));
            let full = found.len() == limits::CHUNK_MESSAGES || (wanted && bytes + weight > most);
            if full || (term.is_some() && read > limits::SEARCH_BYTES) {
                next = Some(*index);
                break;
            }
            read += message.content.len();
            if wanted {
                bytes += weight;
                found.push(message.as_seen(who));
            }
        }
        found.reverse();
        let chunk = Chunk {
            messages: found,
            next_index: next,
        };
        (chunk, bytes)
    }
}
