// SPDX-License-Identifier: EUPL-1.2
//! Chat: to everybody, to one person and within a breakout room, with history, search and read marks. It keeps texts for
//! as long as the meeting lasts, or the room. The one rule: a private message is seen by its two people only.

mod history;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Act, Asking, Deed, Feature, Needs, Setting};
use crate::engine::{Outbox, Place, Room};
use crate::ids::{ConnectionId, MessageId, ParticipantId};
use crate::limits;
use crate::wire::Nothing;
use history::{History, who_gives};
use wire::{Chunk, Command, Correspondence, Event, Message, Peer, Refusal, Scope, Snapshot};

/// A conversation of two has one history, whoever of them wrote first.
type Pair = (ParticipantId, ParticipantId);

pub(crate) struct Chat {
    enabled: bool,
    global: History,
    private: BTreeMap<Pair, History>,
    /// By the id of the breakout room.
    breakout: BTreeMap<u32, History>,
    private_bytes: usize,
    /// Bytes of all private conversations by who wrote them, and in how many somebody is.
    private_by: BTreeMap<ParticipantId, usize>,
    talks: BTreeMap<ParticipantId, usize>,
    seen: BTreeMap<ParticipantId, Seen>,
}

impl Default for Chat {
    fn default() -> Chat {
        Chat {
            enabled: true,
            global: History::default(),
            private: BTreeMap::new(),
            breakout: BTreeMap::new(),
            private_bytes: 0,
            private_by: BTreeMap::new(),
            talks: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }
}

#[derive(Default)]
struct Seen {
    global: Option<Timestamp>,
    private: BTreeMap<ParticipantId, Timestamp>,
    breakout: BTreeMap<u32, Timestamp>,
}

fn pair(a: ParticipantId, b: ParticipantId) -> Pair {
    (a.min(b), a.max(b))
}

impl Feature for Chat {
    const NAMESPACE: &'static str = "chat";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"send_message","scope":"global","content":"Hello"}"#,
        r#"{"action":"enable_chat"}"#,
        r#"{"action":"disable_chat"}"#,
        r#"{"action":"set_last_seen_timestamp","scope":"global","timestamp":"2026-01-01T00:00:00Z"}"#,
        r#"{"action":"get_history_chunk","scope":"global","message_index":0}"#,
        r#"{"action":"search_history","scope":"global","term":"hello"}"#,
        r#"{"action":"clear_history"}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Peer;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::EnableChat | Command::DisableChat | Command::ClearHistory => Needs::Moderator,
            _ => Needs::Inside,
        }
    }

    fn journalled(command: &Command) -> bool {
        !matches!(command, Command::GetHistoryChunk { .. } | Command::SearchHistory { .. })
    }

    fn deed(&self, _: &Room, command: &Command) -> Option<Deed> {
        match command {
            Command::EnableChat if !self.enabled => Some(Deed::new(Act::ChatSwitched).to(Setting::Enabled)),
            Command::DisableChat if self.enabled => Some(Deed::new(Act::ChatSwitched).to(Setting::Disabled)),
            Command::ClearHistory if !self.global.is_empty() => Some(Deed::new(Act::ChatCleared)),
            _ => None,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let who = from.participant;
        match command {
            Command::EnableChat | Command::DisableChat => {
                self.enabled = matches!(command, Command::EnableChat);
                room.tell_all(&if self.enabled {
                    Event::ChatEnabled { issued_by: who }
                } else {
                    Event::ChatDisabled { issued_by: who }
                });
            }
            Command::SendMessage { content, scope } => self.send(room, who, content, scope)?,
            Command::SetLastSeenTimestamp { timestamp, scope } => {
                if matches!(scope, Scope::Private(other) if room.member(other).is_none()) {
                    return Err(Refusal::UnknownParticipant);
                }
                may_read(room, who, scope)?;
                let seen = self.seen.entry(who).or_default();
                match scope {
                    Scope::Global => seen.global = Some(timestamp),
                    Scope::Private(other) => drop(seen.private.insert(other, timestamp)),
                    Scope::Breakout(id) => drop(seen.breakout.insert(id, timestamp)),
                }
                room.tell_person(who, &Event::SetLastSeenTimestamp { timestamp, scope });
            }
            Command::GetHistoryChunk { message_index, scope } => {
                may_read(room, who, scope)?;
                let history = self.piece(who, scope, Some(message_index), None);
                let event = match scope {
                    Scope::Global => Event::RoomChatHistoryChunk {
                        history,
                        breakout: None,
                    },
                    Scope::Breakout(id) => Event::RoomChatHistoryChunk {
                        history,
                        breakout: Some(id),
                    },
                    Scope::Private(correspondent) => {
                        Event::PrivateChatHistoryChunk(Correspondence { correspondent, history })
                    }
                };
                room.reply(from.connection, &event);
            }
            Command::SearchHistory {
                term,
                message_index,
                scope,
            } => {
                if !limits::SEARCH_TERM.contains(&term.chars().count()) {
                    let (min, max) = (*limits::SEARCH_TERM.start(), *limits::SEARCH_TERM.end());
                    return Err(Refusal::InvalidSearchTermLength { min, max });
                }
                may_read(room, who, scope)?;
                let matches = self.piece(who, scope, message_index, Some(&term));
                room.reply(from.connection, &Event::SearchResults { matches, scope });
            }
            Command::ClearHistory => {
                self.global.clear();
                room.tell_all(&Event::HistoryCleared { issued_by: who });
            }
        }
        Ok(())
    }

    fn joined(&mut self, room: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        room.set_peer::<Self>(who, Some(&Peer { groups: Vec::new() }));
        let seen = self.seen.get(&who);
        let here = match room.place_of(who) {
            Place::Breakout(id) => Some(id),
            Place::Main => None,
        };
        Some(Snapshot {
            enabled: self.enabled,
            global_history: self.global.piece(None, who, None, limits::CHUNK_BYTES).0,
            breakout_room_history: here.map(|id| self.piece(who, Scope::Breakout(id), None, None)),
            private_history: self.latest_private(who),
            last_seen_timestamp_global: seen.and_then(|seen| seen.global),
            last_seen_timestamp_breakout: seen.zip(here).and_then(|(seen, id)| seen.breakout.get(&id).copied()),
            last_seen_timestamps_private: seen.map(|seen| seen.private.clone()).unwrap_or_default(),
            last_seen_timestamps_group: BTreeMap::new(),
        })
    }

    /// Everything is said again only to who has missed something; of a conversation of two nobody misses anything.
    fn arrived(&mut self, room: &mut Outbox<'_>, who: ParticipantId, connection: ConnectionId) -> Option<Snapshot> {
        let here = room.place_of(who);
        let spoken = matches!(here, Place::Breakout(id) if self.breakout.contains_key(&id));
        spoken.then(|| self.joined(room, who, connection)).flatten()
    }

    fn closed(&mut self, place: Place) {
        if let Place::Breakout(id) = place {
            self.breakout.remove(&id);
            for seen in self.seen.values_mut() {
                seen.breakout.remove(&id);
            }
        }
    }

    fn remembers(&self, who: ParticipantId) -> bool {
        let wrote = |history: &History| history.bytes_of(who) > 0;
        wrote(&self.global) || self.breakout.values().any(wrote) || self.talks.contains_key(&who)
    }

    fn forget(&mut self, who: ParticipantId) {
        self.seen.remove(&who);
        for seen in self.seen.values_mut() {
            seen.private.remove(&who);
        }
    }
}

/// Whoever is not remembered any more was one.
fn is_guest(room: &Room, who: ParticipantId) -> bool {
    room.member(who).is_none_or(|member| !member.is_registered())
}

/// What is said in a breakout room is theirs who are in it.
fn may_read(room: &Room, who: ParticipantId, scope: Scope) -> Result<(), Refusal> {
    match scope {
        Scope::Breakout(id) if room.place_of(who) != Place::Breakout(id) => Err(Refusal::NotInBreakoutRoom),
        _ => Ok(()),
    }
}

impl Chat {
    fn piece(&self, who: ParticipantId, scope: Scope, newest: Option<usize>, term: Option<&str>) -> Chunk {
        let history = match scope {
            Scope::Global => Some(&self.global),
            Scope::Private(other) => self.private.get(&pair(who, other)),
            Scope::Breakout(id) => self.breakout.get(&id),
        };
        history.map_or_else(Chunk::default, |history| {
            history.piece(newest, who, term, limits::CHUNK_BYTES).0
        })
    }

    /// One's latest conversations, the newest messages first, as many bytes as a newcomer
    /// gets; the rest is asked for.
    fn latest_private(&self, who: ParticipantId) -> Vec<Correspondence> {
        let mut own: Vec<_> = self
            .private
            .iter()
            .filter(|((a, b), _)| *a == who || *b == who)
            .collect();
        own.sort_by_key(|(pair, history)| (std::cmp::Reverse(history.latest()), **pair));
        own.truncate(limits::CONVERSATIONS_AT_JOIN);
        let mut left = limits::PRIVATE_BYTES_AT_JOIN;
        let conversation = |((a, b), history): (&Pair, &History)| {
            let correspondent = if *a == who { *b } else { *a };
            let (history, bytes) = history.piece(None, who, None, left);
            left -= bytes;
            Correspondence { correspondent, history }
        };
        own.into_iter().map(conversation).collect()
    }

    fn send(
        &mut self,
        room: &mut Outbox<'_>,
        who: ParticipantId,
        content: String,
        scope: Scope,
    ) -> Result<(), Refusal> {
        if !self.enabled {
            return Err(Refusal::ChatDisabled);
        }
        if content.chars().count() > limits::MESSAGE {
            return Err(Refusal::MessageTooLong { max: limits::MESSAGE });
        }
        if let Scope::Private(target) = scope
            && (room.inside(target).is_none() || target == who)
        {
            return Err(Refusal::UnknownParticipant);
        }
        may_read(room, who, scope)?;
        let message = Message {
            id: MessageId(room.new_id()),
            source: who,
            timestamp: room.now,
            content,
            scope,
        };
        let event = |seen: &Message| Event::MessageSent {
            id: seen.id,
            source: seen.source,
            content: seen.content.clone(),
            scope: seen.scope,
        };
        match scope {
            Scope::Global => {
                room.tell_all(&event(&message));
                let is_guest = |id| is_guest(room, id);
                self.global.push(message, is_guest);
                while self.global.bytes() > limits::KEPT_BYTES {
                    self.global.make_room(is_guest);
                }
            }
            Scope::Breakout(id) => {
                room.tell_some(|member| member.place == Place::Breakout(id), &event(&message));
                let is_guest = |id| is_guest(room, id);
                let history = self.breakout.entry(id).or_default();
                history.push(message, is_guest);
                while history.bytes() > limits::ROOM_BYTES {
                    history.make_room(is_guest);
                }
            }
            Scope::Private(target) => {
                room.tell_person(who, &event(&message));
                room.tell_person(target, &event(&message.as_seen(target)));
                let is_guest = |id| is_guest(room, id);
                self.change_private(pair(who, target), |history| history.push(message, is_guest));
                while self.private_bytes > limits::KEPT_BYTES
                    && let Some(author) = who_gives(self.private_by.iter().map(|(who, bytes)| (*who, *bytes)), is_guest)
                {
                    let theirs = self.private.iter().filter(|((a, b), _)| *a == author || *b == author);
                    let Some((largest, _)) = theirs.max_by_key(|(_, history)| history.bytes_of(author)) else {
                        break;
                    };
                    self.change_private(*largest, |history| history.drop_oldest_of(author));
                }
            }
        }
        Ok(())
    }

    fn change_private(&mut self, pair: Pair, change: impl FnOnce(&mut History)) {
        let is_new = !self.private.contains_key(&pair);
        let history = self.private.entry(pair).or_default();
        let people = [pair.0, pair.1];
        let before = people.map(|who| history.bytes_of(who));
        self.private_bytes -= history.bytes();
        change(history);
        self.private_bytes += history.bytes();
        let is_empty = history.is_empty();
        for (who, before) in people.into_iter().zip(before) {
            let bytes = self.private_by.entry(who).or_default();
            *bytes = *bytes - before + history.bytes_of(who);
            if *bytes == 0 {
                self.private_by.remove(&who);
            }
            let talks = self.talks.entry(who).or_default();
            *talks = *talks + usize::from(is_new) - usize::from(is_empty);
            if *talks == 0 {
                self.talks.remove(&who);
            }
        }
        if is_empty {
            self.private.remove(&pair);
        }
    }
}
