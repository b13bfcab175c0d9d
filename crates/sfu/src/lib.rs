// SPDX-License-Identifier: EUPL-1.2
//! Media forwarding: a selective forwarding unit that speaks the LiveKit client protocol.
//!
//! The core (`core`) is a value without socket or clock; the shell (`shell`) is the thread that
//! owns the UDP socket. The WebSocket belongs to the caller, who hands frames through a
//! [`Connection`]. The one rule: media is forwarded, never decoded.

mod admission;
mod api;
mod connection;
mod core;
mod door;
mod limits;
mod proto;
mod request;
mod shell;

pub use api::{
    Admission, Config, Key, Load, Participant, Permission, Refusal, Sfu, SignalPath, StartError, Track, TrackSource,
    Traffic,
};
pub use connection::{Connection, Ended, Frame, Requests, Responses};
pub use limits::{CONNECTIONS_PER_ROOM, FRAME_BYTES};
