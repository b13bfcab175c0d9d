// SPDX-License-Identifier: EUPL-1.2
//! The identifiers of a meeting. They are UUIDs on the wire and distinct types here; nothing in this
//! package invents one from a random source.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The room a meeting takes place in.
    RoomId
}
id! {
    /// A person in a meeting: the user id of a registered user, the device id of anybody else
    /// (OpenTalk profile §4.1).
    ParticipantId
}
id! {
    /// A browser or other device, stable over reconnects because it is derived from the device secret.
    DeviceId
}
id! {
    /// One WebSocket of one participant. The server gives a fresh one to every socket.
    ConnectionId
}
id! {
    /// A chat message.
    MessageId
}

/// Names an effect in [`Output::Do`](crate::Output::Do), so that [`Input::Done`](crate::Input::Done) can answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(pub u64);
