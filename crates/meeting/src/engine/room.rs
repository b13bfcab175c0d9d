// SPDX-License-Identifier: EUPL-1.2
//! The state of a meeting that is no feature's. Features see the meeting through this; who is in it is in `people`,
//! what is sent to whom in `outbox`, how people come and go in `admission`. The one rule: it changes only while an input is
//! handled.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::attendance::Attendance;
use super::media::Rights;
use super::outbox::{Asked, Held, Owner, Say};
use super::people::{Connection, Member};
use super::places::Place;
use super::schedule::Schedule;
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::{MediaKey, Parameters, WaitingRoom};
use crate::ports::{Effect, Output};

/// Somebody who is no longer where they were.
pub(crate) struct Departure {
    pub who: ParticipantId,
    pub from: Place,
    /// From the meeting, and not to another place of it.
    pub gone: bool,
}

pub(crate) struct Room {
    pub now: Timestamp,
    /// As the meeting was told of it from outside, but for who is banned: that is decided here.
    pub parameters: Parameters,
    pub(super) media: MediaKey,
    pub waiting_room: WaitingRoom,
    pub rights: Rights,
    /// That people have been in.
    pub(super) places: BTreeSet<Place>,
    pub members: BTreeMap<ParticipantId, Member>,
    pub connections: BTreeMap<ConnectionId, Connection>,
    /// Which connection an open socket carries.
    pub(super) sockets: BTreeMap<ConnectionId, ConnectionId>,
    pub(super) schedule: Schedule,
    pub(super) attendance: Attendance,
    /// Who left since the features were told last.
    pub departed: Vec<Departure>,
    /// The media of those who moved, which ends when they know where to go.
    pub(super) left_media: Vec<Effect>,
    /// Places that are over, and what is said when everybody is elsewhere.
    pub(super) closed: Vec<Place>,
    pub(super) after_moves: Vec<Say>,
    pub out: Vec<Output>,
    /// The command being carried out, until something answers it.
    pub(super) asked: Option<Asked>,
    /// The sockets of everybody inside, and of those in one place; empty after a change.
    pub(super) audiences: BTreeMap<Option<Place>, Arc<[ConnectionId]>>,
    /// Whose the effects under way are.
    pub(super) asked_by: BTreeMap<EffectId, Owner>,
    /// What is said when the media server has done what it tells of, in this order.
    pub(super) held: VecDeque<Held>,
    made: u64,
}

impl Room {
    pub fn new(parameters: Parameters, media: MediaKey, now: Timestamp) -> Room {
        let mut room = Room {
            now,
            waiting_room: parameters.waiting_room,
            parameters,
            media,
            rights: Rights::default(),
            places: BTreeSet::from([Place::Main]),
            members: BTreeMap::new(),
            connections: BTreeMap::new(),
            sockets: BTreeMap::new(),
            schedule: Schedule::default(),
            attendance: Attendance::default(),
            departed: Vec::new(),
            left_media: Vec::new(),
            closed: Vec::new(),
            after_moves: Vec::new(),
            out: Vec::new(),
            asked: None,
            audiences: BTreeMap::new(),
            asked_by: BTreeMap::new(),
            held: VecDeque::new(),
            made: 0,
        };
        room.screen_share_needs_permission(room.parameters.screen_share_requires_permission);
        room
    }

    pub fn begin(&mut self, now: Timestamp, asked: Option<Asked>) {
        self.now = now;
        self.asked = asked;
    }

    /// The next id: time and a counter over the seed, so that a replay makes the same ones.
    pub fn new_id(&mut self) -> Uuid {
        self.made += 1;
        let mut bytes = self.parameters.seed;
        for (byte, count) in bytes.iter_mut().zip(self.made.to_be_bytes()) {
            *byte ^= count;
        }
        let milliseconds = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
    }

    pub fn perform(&mut self, effect: Effect) -> EffectId {
        self.made += 1;
        let id = EffectId(self.made);
        self.out.push(Output::Do { id, effect });
        id
    }
}
