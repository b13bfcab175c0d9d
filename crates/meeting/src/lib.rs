// SPDX-License-Identifier: EUPL-1.2
//! A meeting as a value: commands and the passing of time go in, one ordered list of outputs comes out. It is no
//! server: there is no task, socket, clock, database or random source in here. The one rule: whoever performs the
//! outputs keeps their order.

// The crate's own tests meet in the same room as those from outside.
#[cfg(test)]
extern crate self as konvent_meeting;
#[cfg(test)]
#[path = "../tests/meeting/parameters.rs"]
mod room_for_tests;

mod document;
mod engine;
mod features;
mod ids;
pub mod limits;
mod names;
mod parameters;
mod ports;
mod wire;
mod words;

pub use document::{document, page};
pub use engine::{Meeting, Visit, can_be_disabled};
pub use features::COMMANDS;
pub use ids::{ConnectionId, DeviceId, EffectId, MessageId, ParticipantId, RoomId};
pub use names::is_readable;
pub use parameters::{
    Banned, CallIn, Creator, Dialect, EventInfo, GuestAccess, Joining, MediaKey, Parameters, ParametersChange,
    ParticipationKind, Role, Tariff, WaitingRoom,
};
pub use ports::{
    Act, ClientCommand, ClosingReason, Deed, Effect, Frame, Input, MediaPermission, MediaSource, Outcome, Output,
    Setting, close,
};
pub use wire::{internal_error, not_recorded, parse, slow_down};
