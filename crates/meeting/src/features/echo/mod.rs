// SPDX-License-Identifier: EUPL-1.2
//! Echo: the heartbeat of the profile §4.1.5. It keeps nothing; also those who wait are answered.

mod wire;

use super::{Asking, Feature, Module, Needs};
use crate::engine::Outbox;
use crate::wire::Nothing;
use wire::Command;
pub(crate) use wire::Event;

#[derive(Default)]
pub(crate) struct Echo;

impl Feature for Echo {
    const NAMESPACE: &'static str = "echo";
    const MODULE: Module = Module::INDISPENSABLE;
    const EXAMPLES: &'static [&'static str] = &[r#"{"action":"ping"}"#];
    type Command = Command;
    type Event = Event;
    type Snapshot = Nothing;
    type Ended = Nothing;
    type Peer = Nothing;
    type Refusal = Nothing;

    fn journalled(_: &Command) -> bool {
        false
    }

    fn needs(_: &Command) -> Needs {
        Needs::Nothing
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, Command::Ping: Command) -> Result<(), Nothing> {
        room.reply(from.connection, &Event::Pong);
        Ok(())
    }
}
