// SPDX-License-Identifier: EUPL-1.2
//! Echo: the heartbeat of the profile §4.1.5. It keeps nothing; also those who wait are answered.

use serde::Deserialize;
use serde_json::json;

use super::{Asking, Feature, Module, Needs, Refused};
use crate::engine::Outbox;

#[derive(Default)]
pub(crate) struct Echo;

#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Ping,
}

impl Feature for Echo {
    const NAMESPACE: &'static str = "echo";
    const MODULE: Module = Module::INDISPENSABLE;
    const EXAMPLES: &'static [&'static str] = &[r#"{"action":"ping"}"#];
    type Command = Command;

    fn journalled(_: &Command) -> bool {
        false
    }

    fn needs(_: &Command) -> Needs {
        Needs::Nothing
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, Command::Ping: Command) -> Result<(), Refused> {
        room.reply(from.connection, Self::NAMESPACE, &json!({ "message": "pong" }));
        Ok(())
    }
}
