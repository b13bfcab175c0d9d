// SPDX-License-Identifier: EUPL-1.2
//! Coming and going. The engine carries it out; this feature gives it its words and its one command.

mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use wire::{ConnectionInfo, DisconnectReason, Event, JoinSuccess, MeetingDetails, RoomInfo};

use super::{Feature, Needs, Refused};
use crate::engine::{Member, Outbox, Room, Sender};
use crate::parameters::{GuestAccess, Parameters, ParticipationKind, Role};

#[derive(Default)]
pub(crate) struct Core;

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnterRoom,
}

/// One participant as all others see them. A guest is a `user` here, told apart by `participation_kind`.
#[derive(Serialize)]
pub(crate) struct Peer {
    display_name: String,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    participation_kind: ParticipationKind,
    joined_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_at: Option<Timestamp>,
    is_room_owner: bool,
}

impl Feature for Core {
    const NAMESPACE: &'static str = "core";
    type Command = Command;
    type Snapshot = ();
    type Peer = Peer;

    fn needs(_: &Command) -> Needs {
        Needs::Connection
    }

    fn command(&mut self, out: &mut Outbox<'_, Self>, from: &Sender, command: Command) -> Result<(), Refused> {
        match command {
            Command::EnterRoom => out.enter_from_waiting_room(from.connection).map_err(Refused::new),
        }
    }

    fn peer(&self, _: &Room, who: &Member) -> Option<Peer> {
        Some(Peer {
            display_name: who.display_name.clone(),
            role: who.role.max(Role::User),
            avatar_url: who.avatar_url.clone(),
            participation_kind: who.kind,
            joined_at: who.joined_at,
            left_at: who.left_at,
            is_room_owner: who.is_room_owner,
        })
    }
}

/// What exists in this meeting, without what the tariff leaves out.
pub(crate) fn enabled_modules(parameters: &Parameters) -> BTreeMap<&'static str, Vec<&'static str>> {
    let guests = parameters.guest_access != GuestAccess::Disabled;
    let core = if guests { vec!["guests_allowed"] } else { Vec::new() };
    let mut modules = BTreeMap::from([("core", core)]);
    for module in ["echo", "livekit", "chat", "raise_hands", "reaction", "moderation"] {
        modules.insert(module, Vec::new());
    }
    for (module, features) in &mut modules {
        features.retain(|feature| {
            let name = format!("{module}::{feature}");
            !parameters.tariff.disabled_features.contains(&name)
        });
    }
    modules
}
