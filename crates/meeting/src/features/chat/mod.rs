// SPDX-License-Identifier: EUPL-1.2
//! Chat: to everybody and to one person, with history, search and read marks. It keeps texts for as long as the meeting
//! lasts. The one rule: a private message is seen by its two people only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Asking, Feature, Needs, Refused};
use crate::engine::Room;
use crate::ids::{ConnectionId, MessageId, ParticipantId};

/// Messages in one piece of history (profile §9).
const CHUNK: usize = 100;
/// Longest message in characters.
const LONGEST: usize = 4096;
/// Kept per conversation; the oldest go first, so that a long meeting does not grow without end.
const KEPT: usize = 10_000;
const SHORTEST_SEARCH: usize = 2;

pub(crate) struct Chat {
    enabled: bool,
    global: Vec<Message>,
    private: BTreeMap<(ParticipantId, ParticipantId), Vec<Message>>,
    seen: BTreeMap<ParticipantId, Seen>,
}

impl Default for Chat {
    fn default() -> Chat {
        Chat {
            enabled: true,
            global: Vec::new(),
            private: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }
}

#[derive(Default)]
struct Seen {
    global: Option<Timestamp>,
    private: BTreeMap<ParticipantId, Timestamp>,
}

#[derive(Clone, Serialize)]
struct Message {
    id: MessageId,
    source: ParticipantId,
    timestamp: Timestamp,
    content: String,
    #[serde(flatten)]
    scope: Scope,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "scope", content = "target", rename_all = "snake_case")]
pub(crate) enum Scope {
    Global,
    Private(ParticipantId),
}

#[derive(Deserialize)]
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

/// A conversation of two has one history, whoever of them wrote first.
fn pair(a: ParticipantId, b: ParticipantId) -> (ParticipantId, ParticipantId) {
    (a.min(b), a.max(b))
}

/// The messages up to `newest` (included), at most [`CHUNK`], as `who` sees them.
fn chunk(messages: &[Message], newest: Option<usize>, who: ParticipantId, term: Option<&str>) -> Value {
    let end = newest.map_or(messages.len(), |index| index.saturating_add(1).min(messages.len()));
    let wanted = |message: &Message| term.is_none_or(|term| message.content.contains(term));
    let mut found: Vec<(usize, &Message)> = messages[..end]
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, message)| wanted(message))
        .take(CHUNK)
        .collect();
    found.reverse();
    let next = found
        .first()
        .and_then(|(index, _)| index.checked_sub(1))
        .filter(|_| found.len() == CHUNK);
    let seen: Vec<Message> = found.into_iter().map(|(_, message)| as_seen(message, who)).collect();
    json!({ "messages": seen, "next_index": next })
}

/// A private message names the other person, for each of the two.
fn as_seen(message: &Message, who: ParticipantId) -> Message {
    let mut message = message.clone();
    if let Scope::Private(target) = message.scope
        && target == who
    {
        message.scope = Scope::Private(message.source);
    }
    message
}

impl Feature for Chat {
    const NAMESPACE: &'static str = "chat";
    type Command = Command;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::EnableChat | Command::DisableChat | Command::ClearHistory => Needs::Moderator,
            _ => Needs::Inside,
        }
    }

    fn command(&mut self, room: &mut Room, from: Asking, command: Command) -> Result<(), Refused> {
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
                    Scope::Private(other) => drop(seen.private.insert(other, timestamp)),
                }
                let mut event = json!(scope);
                event["message"] = json!("set_last_seen_timestamp");
                event["timestamp"] = json!(timestamp);
                room.tell_person(who, Self::NAMESPACE, &event);
            }
            Command::GetHistoryChunk { message_index, scope } => {
                let history = chunk(self.history(who, scope), Some(message_index), who, None);
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
                if term.chars().count() < SHORTEST_SEARCH {
                    return Err(Refused::With(
                        "invalid_search_term_length",
                        vec![("min", json!(SHORTEST_SEARCH))],
                    ));
                }
                let mut event = json!(scope);
                event["message"] = json!("search_results");
                event["matches"] = chunk(self.history(who, scope), message_index, who, Some(&term));
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

    fn joined(&mut self, _: &mut Room, who: ParticipantId, _: ConnectionId) -> Option<Value> {
        let private: Vec<Value> = self
            .private
            .iter()
            .filter_map(|((a, b), messages)| {
                let correspondent = if *a == who { b } else { a };
                (*a == who || *b == who)
                    .then(|| json!({ "correspondent": correspondent, "history": chunk(messages, None, who, None) }))
            })
            .collect();
        let seen = self.seen.entry(who).or_default();
        Some(json!({
            "enabled": self.enabled,
            "global_history": chunk(&self.global, None, who, None),
            "private_history": private,
            "last_seen_timestamp_global": seen.global,
            "last_seen_timestamps_private": seen.private,
            "last_seen_timestamps_group": {},
        }))
    }
}

impl Chat {
    fn history(&self, who: ParticipantId, scope: Scope) -> &[Message] {
        match scope {
            Scope::Global => &self.global,
            Scope::Private(other) => self.private.get(&pair(who, other)).map_or(&[], Vec::as_slice),
        }
    }

    fn send(&mut self, room: &mut Room, who: ParticipantId, content: String, scope: Scope) -> Result<(), Refused> {
        if !self.enabled {
            return Err(Refused::Code("chat_disabled"));
        }
        if content.chars().count() > LONGEST {
            return Err(Refused::With("message_too_long", vec![("max", json!(LONGEST))]));
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
        let history = match scope {
            Scope::Global => {
                room.tell_all(Self::NAMESPACE, &event(&message));
                &mut self.global
            }
            Scope::Private(target) => {
                if room.inside(target).is_none() || target == who {
                    return Err(Refused::Code("unknown_participant"));
                }
                room.tell_person(who, Self::NAMESPACE, &event(&message));
                room.tell_person(target, Self::NAMESPACE, &event(&as_seen(&message, target)));
                self.private.entry(pair(who, target)).or_default()
            }
        };
        if history.len() == KEPT {
            history.remove(0);
        }
        history.push(message);
        Ok(())
    }
}
