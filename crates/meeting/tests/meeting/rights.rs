// SPDX-License-Identifier: EUPL-1.2
//! Who may do what: every command, tried by everybody. The checked-in table is the promise; a change to it is a decision.

use std::fmt::Write as _;

use crate::parameters::parameters;
use crate::stage::Stage;
use konvent_meeting::{COMMANDS, Role, WaitingRoom};

/// What became of a command: the code of its refusal, or `may`.
fn tried(role: Option<Role>, namespace: &str, payload: &str) -> String {
    let mut parameters = parameters();
    if role.is_none() {
        parameters.waiting_room = WaitingRoom::ForEveryone;
    }
    let mut stage = Stage::new(parameters);
    stage.join(1, Role::Moderator);
    stage.join(2, role.unwrap_or(Role::Guest));
    stage.hears(2);
    let payload = serde_json::from_str(payload).expect("COMMANDS holds JSON");
    stage.says(2, namespace, payload);
    let refused = stage
        .names(2)
        .into_iter()
        .find_map(|name| Some(name.split_once(".error:")?.1.to_owned()));
    match refused.as_deref() {
        Some(code @ ("insufficient_permissions" | "insufficient_permission" | "not_supported" | "not_accepted")) => {
            code.to_owned()
        }
        Some("invalid_json" | "unknown_namespace") => panic!("{namespace} is not understood"),
        // Refused for its contents, after the role was found good enough.
        _ => "may".to_owned(),
    }
}

#[test]
fn every_command_is_refused_unless_its_role_allows_it() {
    let mut table = String::new();
    writeln!(table, "{:52}{:26}{:26}{:26}moderator", "", "waiting", "guest", "user").expect("text");
    let commands = COMMANDS
        .iter()
        .flat_map(|(namespace, examples)| examples.iter().map(move |payload| (namespace, payload)));
    for (namespace, payload) in commands {
        let action = payload.split('"').nth(3).expect("an action");
        write!(table, "{:52}", format!("{namespace}.{action}")).expect("text");
        for role in [None, Some(Role::Guest), Some(Role::User)] {
            write!(table, "{:26}", tried(role, namespace, payload)).expect("text");
        }
        writeln!(table, "{}", tried(Some(Role::Moderator), namespace, payload)).expect("text");
    }
    insta::assert_snapshot!(table);
}
