// SPDX-License-Identifier: EUPL-1.2
//! Chat: to everybody and to one person, with history, search and read marks. It keeps texts for as long as the meeting
//! lasts. The one rule: a private message is seen by its two people only.

mod history;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Act, Asking, Deed, Feature, Needs, Refused, Setting};
use crate::engine::{Outbox, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use history::{History, Message, who_gives};

/// A conversation of two has one history, whoever of them wrote first.
type Pair = (ParticipantId, ParticipantId);

pub(crate) struct Chat {
    enabled: bool,
    global: History,
    private: BTreeMap<Pair, History>,
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
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "scope", content = "target", rename_all = "snake_case")]
pub(crate) enum Scope {
    Global,
    Private(ParticipantId),
}

#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnableChat,
    DisableChat,
    SendMessage {
        content: String,
        #[serde(flatten)]
        scope: Scope,
    },
    SetLastSeenTimestamp {
        timestamp: Timestamp,
        #[serde(flatten)]
        scope: Scope,
    },
    GetHistoryChunk {
        message_index: usize,
        #[serde(flatten)]
        scope: Scope,
    },
    SearchHistory {
        term: String,
        message_index: Option<usize>,
        #[serde(flatten)]
        scope: Scope,
    },
    ClearHistory,
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

    fn needs(command: &Command) -> Needs {
        match command {
            Command::EnableChat | Command::DisableChat | Command::ClearHistory => Needs::Moderator,
            _ => Needs::Inside,
        }
    }

    fn deed(&self, _: &Room, command: &Command) -> Option<Deed> {
        match command {
            Command::EnableChat if !self.enabled => Some(Deed::new(Act::ChatSwitched).to(Setting::Enabled)),
            Command::DisableChat if self.enabled => Some(Deed::new(Act::ChatSwitched).to(Setting::Disabled)),
            Command::ClearHistory if !self.global.is_empty() => Some(Deed::new(Act::ChatCleared)),
            _ => None,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refused> {
        let who = from.participant;
        match command {
            Command::EnableChat | Command::DisableChat => {
                self.enabled = matches!(command, Command::EnableChat);
                let message = if self.enabled { "chat_enabled" } else { "chat_disabled" };
                room.tell_all(Self::NAMESPACE, &json!({ "message": message, "issued_by": who }));
            }
            Command::SendMessage { content, scope } => self.send(room, who, content, scope)?,
            Command::SetLastSeenTimestamp { timestamp, scope } => {
                let seen = self.seen.entry(who).or_default();
                match scope {
                    Scope::Global => seen.global = Some(timestamp),
                    Scope::Private(other) if room.member(other).is_some() => {
                        seen.private.insert(other, timestamp);
                    }
                    Scope::Private(_) => return Err(Refused::Code("unknown_participant")),
                }
                let mut event = json!(scope);
                event["message"] = json!("set_last_seen_timestamp");
                event["timestamp"] = json!(timestamp);
                room.tell_person(who, Self::NAMESPACE, &event);
            }
            Command::GetHistoryChunk { message_index, scope } => {
                let history = self.piece(who, scope, Some(message_index), None);
                let event = match scope {
                    Scope::Global => json!({ "message": "room_chat_history_chunk", "history": history }),
                    Scope::Private(other) => {
                        json!({ "message": "private_chat_history_chunk", "correspondent": other, "history": history })
                    }
                };
                room.reply(from.connection, Self::NAMESPACE, &event);
            }
            Command::SearchHistory {
                term,
                message_index,
                scope,
            } => {
                if !limits::SEARCH_TERM.contains(&term.chars().count()) {
                    let (min, max) = (limits::SEARCH_TERM.start(), limits::SEARCH_TERM.end());
                    return Err(Refused::With(
                        "invalid_search_term_length",
                        vec![("min", json!(min)), ("max", json!(max))],
                    ));
                }
                let mut event = json!(scope);
                event["message"] = json!("search_results");
                event["matches"] = self.piece(who, scope, message_index, Some(&term));
                room.reply(from.connection, Self::NAMESPACE, &event);
            }
            Command::ClearHistory => {
                self.global.clear();
                room.tell_all(
                    Self::NAMESPACE,
                    &json!({ "message": "history_cleared", "issued_by": who }),
                );
            }
        }
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Value> {
        let seen = self.seen.get(&who);
        Some(json!({
            "enabled": self.enabled,
            "global_history": self.global.piece(None, who, None, limits::CHUNK_BYTES).0,
            "private_history": self.latest_private(who),
            "last_seen_timestamp_global": seen.and_then(|seen| seen.global),
            "last_seen_timestamps_private": seen.map(|seen| seen.private.clone()).unwrap_or_default(),
            "last_seen_timestamps_group": {},
        }))
    }

    fn remembers(&self, who: ParticipantId) -> bool {
        self.global.bytes_of(who) > 0 || self.talks.contains_key(&who)
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

impl Chat {
    fn piece(&self, who: ParticipantId, scope: Scope, newest: Option<usize>, term: Option<&str>) -> Value {
        let history = match scope {
            Scope::Global => Some(&self.global),
            Scope::Private(other) => self.private.get(&pair(who, other)),
        };
        let nothing = || json!({ "messages": [], "next_index": null });
        history.map_or_else(nothing, |history| {
            history.piece(newest, who, term, limits::CHUNK_BYTES).0
        })
    }

    /// `[{correspondent, history}]` of one's latest conversations, the newest messages first, as many bytes as a newcomer
    /// gets; the rest is asked for.
    fn latest_private(&self, who: ParticipantId) -> Vec<Value> {
        let mut own: Vec<_> = self
            .private
            .iter()
            .filter(|((a, b), _)| *a == who || *b == who)
            .collect();
        own.sort_by_key(|(pair, history)| (std::cmp::Reverse(history.latest()), **pair));
        own.truncate(limits::CONVERSATIONS_AT_JOIN);
        let mut left = limits::PRIVATE_BYTES_AT_JOIN;
        let conversation = |((a, b), history): (&Pair, &History)| {
            let correspondent = if *a == who { b } else { a };
            let (history, bytes) = history.piece(None, who, None, left);
            left -= bytes;
            json!({ "correspondent": correspondent, "history": history })
        };
        own.into_iter().map(conversation).collect()
    }

    fn send(
        &mut self,
        room: &mut Outbox<'_>,
        who: ParticipantId,
        content: String,
        scope: Scope,
    ) -> Result<(), Refused> {
        if !self.enabled {
            return Err(Refused::Code("chat_disabled"));
        }
        if content.chars().count() > limits::MESSAGE {
            return Err(Refused::With("message_too_long", vec![("max", json!(limits::MESSAGE))]));
        }
        let message = Message {
            id: room.message_id(),
            source: who,
            timestamp: room.now,
            content,
            scope,
        };
        let event = |seen: &Message| {
            let mut event = json!(seen);
            event["message"] = json!("message_sent");
            if let Some(fields) = event.as_object_mut() {
                // The envelope carries the time of an event.
                fields.remove("timestamp");
            }
            event
        };
        match scope {
            Scope::Global => {
                room.tell_all(Self::NAMESPACE, &event(&message));
                let is_guest = |id| is_guest(room, id);
                self.global.push(message, is_guest);
                while self.global.bytes() > limits::KEPT_BYTES {
                    self.global.make_room(is_guest);
                }
            }
            Scope::Private(target) => {
                if room.inside(target).is_none() || target == who {
                    return Err(Refused::Code("unknown_participant"));
                }
                room.tell_person(who, Self::NAMESPACE, &event(&message));
                room.tell_person(target, Self::NAMESPACE, &event(&message.as_seen(target)));
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
