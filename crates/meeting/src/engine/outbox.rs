// SPDX-License-Identifier: EUPL-1.2
//! What a feature may do to the meeting while it acts: send its events, look at members, ask the engine.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::Serialize;

use super::Room;
use crate::features::Feature;
use crate::ids::{ConnectionId, ParticipantId};

/// Who gave a command, or who enters.
#[derive(Clone, Copy)]
pub(crate) struct Sender {
    pub participant: ParticipantId,
    pub connection: ConnectionId,
    pub is_moderator: bool,
    pub admitted: bool,
}

/// The meeting as one feature sees it; events go out in the feature's namespace.
pub(crate) struct Outbox<'a, F> {
    room: &'a mut Room,
    feature: PhantomData<F>,
}

impl<'a, F: Feature> Outbox<'a, F> {
    pub(crate) fn new(room: &'a mut Room) -> Self {
        Self {
            room,
            feature: PhantomData,
        }
    }

    pub(crate) fn to_connection<E: Serialize>(&mut self, connection: ConnectionId, event: &E) {
        self.room.emit::<F>([connection].into(), event);
    }

    /// To all connections of one participant that are in the room.
    pub(crate) fn to_participant<E: Serialize>(&mut self, participant: ParticipantId, event: &E) {
        let to = self.room.connections_of(participant);
        self.room.emit::<F>(to, event);
    }

    pub(crate) fn to_everyone<E: Serialize>(&mut self, event: &E) {
        let to = self.room.everyone();
        self.room.emit::<F>(to, event);
    }

    pub(crate) fn to_moderators<E: Serialize>(&mut self, event: &E) {
        let to = self.room.moderators();
        self.room.emit::<F>(to, event);
    }

    pub(crate) fn to<E: Serialize>(&mut self, to: Arc<[ConnectionId]>, event: &E) {
        self.room.emit::<F>(to, event);
    }
}

impl<F> Deref for Outbox<'_, F> {
    type Target = Room;

    fn deref(&self) -> &Room {
        self.room
    }
}

impl<F> DerefMut for Outbox<'_, F> {
    fn deref_mut(&mut self) -> &mut Room {
        self.room
    }
}
