// SPDX-License-Identifier: EUPL-1.2
//! The features of a meeting, one folder each, and the list of them. A feature never imports another one. The one rule:
//! what a command needs is stated before it can be carried out, and what nobody allowed is refused.

mod chat;
mod echo;
mod livekit;
mod moderation;
mod raise_hands;
mod reaction;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::engine::Room;
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::Role;
use crate::ports::Outcome;
pub(crate) use crate::ports::{Act, Deed, Setting};

/// Who sent a command.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    pub participant: ParticipantId,
    pub connection: ConnectionId,
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Also somebody who waits may.
    Nothing,
    Inside,
    Moderator,
}

/// An expected refusal, with its code on the wire.
#[derive(Debug)]
pub(crate) enum Refused {
    Code(&'static str),
    With(&'static str, Vec<(&'static str, Value)>),
    /// Not for those who wait.
    NotSupported,
    /// The tariff does not have this module.
    Disabled,
}

pub(crate) trait Feature: Default {
    const NAMESPACE: &'static str;
    type Command: DeserializeOwned + Clone;

    fn needs(command: &Self::Command) -> Needs;
    /// What the audit log says of this command before it is carried out; `None`: nothing, for it would change nothing.
    fn deed(&self, _room: &Room, _command: &Self::Command) -> Option<Deed> {
        None
    }
    fn command(&mut self, room: &mut Room, from: Asking, command: Self::Command) -> Result<(), Refused>;
    /// What a newcomer learns (`join_success.module_data`). Called before others hear of the newcomer.
    fn joined(&mut self, _room: &mut Room, _who: ParticipantId, _connection: ConnectionId) -> Option<Value> {
        None
    }
    fn left(&mut self, _room: &mut Room, _who: ParticipantId) {}
    fn done(&mut self, _room: &mut Room, _id: EffectId, _outcome: &Outcome) {}
    /// What somebody here is by right has changed; `None`: they are not invited any more.
    fn right_changed(&mut self, _room: &mut Room, _who: ParticipantId, _right: Option<Role>) {}
    /// Whether something of this person is kept that others see.
    fn remembers(&self, _who: ParticipantId) -> bool {
        false
    }
    /// A guest who left will not be known again.
    fn forget(&mut self, _who: ParticipantId) {}
}

/// The engine's own namespace.
#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum CoreCommand {
    EnterRoom,
}

pub(crate) enum NotACommand {
    Namespace,
    Payload(serde_json::Error),
}

macro_rules! features {
    ($($name:ident: $variant:ident($feature:ty)),* $(,)?) => {
        #[derive(Default)]
        pub(crate) struct Features { $($name: $feature,)* }

        #[derive(Clone)]
        pub(crate) enum Command { Core(CoreCommand), $($variant(<$feature as Feature>::Command),)* }

        impl Command {
            pub fn parse(namespace: &str, payload: &RawValue) -> Result<Command, NotACommand> {
                match namespace {
                    "core" => serde_json::from_str(payload.get()).map(Command::Core).map_err(NotACommand::Payload),
                    $(<$feature>::NAMESPACE => {
                        serde_json::from_str(payload.get()).map(Command::$variant).map_err(NotACommand::Payload)
                    })*
                    _ => Err(NotACommand::Namespace),
                }
            }

            pub fn namespace(&self) -> &'static str {
                match self {
                    Command::Core(_) => "core",
                    $(Command::$variant(_) => <$feature>::NAMESPACE,)*
                }
            }

            pub fn needs(&self) -> Needs {
                match self {
                    Command::Core(CoreCommand::EnterRoom) => Needs::Nothing,
                    $(Command::$variant(command) => <$feature>::needs(command),)*
                }
            }

        }

        impl Features {
            pub fn deed(&self, room: &Room, command: &Command) -> Option<Deed> {
                match command {
                    Command::Core(_) => None,
                    $(Command::$variant(command) => self.$name.deed(room, command),)*
                }
            }

            pub fn command(&mut self, room: &mut Room, from: Asking, command: Command) -> Result<(), Refused> {
                match command {
                    Command::Core(_) => Ok(()),
                    $(Command::$variant(command) => self.$name.command(room, from, command),)*
                }
            }

            pub fn joined(&mut self, room: &mut Room, who: ParticipantId, connection: ConnectionId) -> Map<String, Value> {
                let mut data = Map::new();
                $(if let Some(part) = self.$name.joined(room, who, connection) {
                    data.insert(<$feature>::NAMESPACE.to_owned(), part);
                })*
                data
            }

            pub fn left(&mut self, room: &mut Room, who: ParticipantId) {
                $(self.$name.left(room, who);)*
            }

            pub fn done(&mut self, room: &mut Room, id: EffectId, outcome: &Outcome) {
                $(self.$name.done(room, id, outcome);)*
            }

            pub fn right_changed(&mut self, room: &mut Room, who: ParticipantId, right: Option<Role>) {
                $(self.$name.right_changed(room, who, right);)*
            }

            pub fn remembers(&self, who: ParticipantId) -> bool {
                false $(|| self.$name.remembers(who))*
            }

            pub fn forget(&mut self, who: ParticipantId) {
                $(self.$name.forget(who);)*
            }
        }
    };
}

features! {
    echo: Echo(echo::Echo),
    chat: Chat(chat::Chat),
    livekit: Livekit(livekit::Livekit),
    moderation: Moderation(moderation::Moderation),
    raise_hands: RaiseHands(raise_hands::RaiseHands),
    reaction: Reaction(reaction::Reactions),
}

/// Every command there is, with an example payload: the table of rights and the tests run over it.
pub const COMMANDS: &[(&str, &str)] = &[
    ("echo", r#"{"action":"ping"}"#),
    ("core", r#"{"action":"enter_room"}"#),
    (
        "chat",
        r#"{"action":"send_message","scope":"global","content":"Hello"}"#,
    ),
    ("chat", r#"{"action":"enable_chat"}"#),
    ("chat", r#"{"action":"disable_chat"}"#),
    (
        "chat",
        r#"{"action":"set_last_seen_timestamp","scope":"global","timestamp":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "chat",
        r#"{"action":"get_history_chunk","scope":"global","message_index":0}"#,
    ),
    ("chat", r#"{"action":"search_history","scope":"global","term":"hello"}"#),
    ("chat", r#"{"action":"clear_history"}"#),
    ("raise_hands", r#"{"action":"enable_raise_hands"}"#),
    ("raise_hands", r#"{"action":"disable_raise_hands"}"#),
    ("raise_hands", r#"{"action":"raise_hand"}"#),
    ("raise_hands", r#"{"action":"lower_hand"}"#),
    ("raise_hands", r#"{"action":"reset_raised_hands"}"#),
    ("reaction", r#"{"action":"react","reaction":"heart"}"#),
    (
        "reaction",
        r#"{"action":"enable_restrictions","unrestricted_participants":[]}"#,
    ),
    ("reaction", r#"{"action":"disable_restrictions"}"#),
    ("livekit", r#"{"action":"create_new_access_token"}"#),
    (
        "livekit",
        r#"{"action":"grant_screen_share_permission","participants":[]}"#,
    ),
    (
        "livekit",
        r#"{"action":"revoke_screen_share_permission","participants":[]}"#,
    ),
    ("livekit", r#"{"action":"request_popout_stream_access_token"}"#),
    (
        "moderation",
        r#"{"action":"kick","target":"00000000-0000-0000-0000-000000000000"}"#,
    ),
    (
        "moderation",
        r#"{"action":"ban","target":"00000000-0000-0000-0000-000000000000"}"#,
    ),
    (
        "moderation",
        r#"{"action":"unban","target":"00000000-0000-0000-0000-000000000000"}"#,
    ),
    (
        "moderation",
        r#"{"action":"update_role","participant_id":"00000000-0000-0000-0000-000000000000","new_role":"user"}"#,
    ),
    ("moderation", r#"{"action":"debrief","kick_scope":"guests"}"#),
    ("moderation", r#"{"action":"enable_waiting_room"}"#),
    ("moderation", r#"{"action":"disable_waiting_room"}"#),
    (
        "moderation",
        r#"{"action":"change_waiting_room_state","new_state":"disabled"}"#,
    ),
    (
        "moderation",
        r#"{"action":"send_to_waiting_room","target":"00000000-0000-0000-0000-000000000000"}"#,
    ),
    (
        "moderation",
        r#"{"action":"accept","target":"00000000-0000-0000-0000-000000000000"}"#,
    ),
    (
        "moderation",
        r#"{"action":"change_display_name","target":"00000000-0000-0000-0000-000000000000","new_name":"N"}"#,
    ),
    (
        "moderation",
        r#"{"action":"enable_display_name_change_restrictions","unrestricted_participants":[]}"#,
    ),
    ("moderation", r#"{"action":"disable_display_name_change_restrictions"}"#),
    ("moderation", r#"{"action":"mute","participants":[]}"#),
    (
        "moderation",
        r#"{"action":"enable_microphone_restrictions","unrestricted_participants":[]}"#,
    ),
    ("moderation", r#"{"action":"disable_microphone_restrictions"}"#),
];
