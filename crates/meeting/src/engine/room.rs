// SPDX-License-Identifier: EUPL-1.2
//! The state of a meeting that is no feature's. Features see the meeting through this; who is in it is in `people`, what
//! is sent to whom in `outbox`, how people come and go in `admission`. The one rule: it changes only while an input is
//! handled.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::outbox::{Asked, Held};
use super::people::{Connection, Member, Restriction};
use super::schedule::Schedule;
use crate::ids::{ConnectionId, EffectId, MessageId, ParticipantId};
use crate::parameters::{MediaKey, Parameters, WaitingRoom};
use crate::ports::{Effect, Output};

pub(crate) struct Room {
    pub now: Timestamp,
    pub parameters: Parameters,
    pub(super) media: MediaKey,
    pub waiting_room: WaitingRoom,
    pub microphones: Restriction,
    /// Whom a moderator gave (`true`) or took the permission to share the screen.
    pub screen_shares: BTreeMap<ParticipantId, bool>,
    pub members: BTreeMap<ParticipantId, Member>,
    pub connections: BTreeMap<ConnectionId, Connection>,
    /// Which connection an open socket carries.
    pub(super) sockets: BTreeMap<ConnectionId, ConnectionId>,
    pub(super) schedule: Schedule,
    pub raise_hands_enabled: bool,
    /// Who left since the features were told last.
    pub departed: Vec<ParticipantId>,
    pub out: Vec<Output>,
    /// The command being carried out, until something answers it.
    pub(super) asked: Option<Asked>,
    /// The sockets of everybody inside; `None` after a change.
    pub(super) inside: Option<Arc<[ConnectionId]>>,
    /// What is said when the media server has done what it tells of, in this order.
    pub(super) held: VecDeque<Held>,
    made: u64,
}

impl Room {
    pub fn new(parameters: Parameters, media: MediaKey, now: Timestamp) -> Room {
        Room {
            now,
            waiting_room: parameters.waiting_room,
            parameters,
            media,
            microphones: Restriction::Disabled,
            screen_shares: BTreeMap::new(),
            members: BTreeMap::new(),
            connections: BTreeMap::new(),
            sockets: BTreeMap::new(),
            schedule: Schedule::default(),
            raise_hands_enabled: true,
            departed: Vec::new(),
            out: Vec::new(),
            asked: None,
            inside: None,
            held: VecDeque::new(),
            made: 0,
        }
    }

    pub fn begin(&mut self, now: Timestamp, asked: Option<Asked>) {
        self.now = now;
        self.asked = asked;
    }

    /// The next id: time and a counter over the seed, so that a replay makes the same ones.
    pub fn message_id(&mut self) -> MessageId {
        self.made += 1;
        let mut bytes = self.parameters.seed;
        for (byte, count) in bytes.iter_mut().zip(self.made.to_be_bytes()) {
            *byte ^= count;
        }
        let milliseconds = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        MessageId(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    pub fn perform(&mut self, effect: Effect) -> EffectId {
        self.made += 1;
        let id = EffectId(self.made);
        self.out.push(Output::Do { id, effect });
        id
    }
}
