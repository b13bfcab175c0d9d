// SPDX-License-Identifier: EUPL-1.2
//! Who is here, and through which connections: what is known of each person, and how others see them. How people come
//! and go is in `admission`. The one rule: a person is in one place.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::to_raw_value;

use super::places::Place;
use super::room::Room;
use super::wire::{ConnectionInfo, EncodedPeer, Peer, PeerCore, PeerData, Restriction};
use crate::features::{Feature, PeerModules};
use crate::ids::{ConnectionId, DeviceId, ParticipantId};
use crate::parameters::{Dialect, ParticipationKind, Role};
use crate::ports::MediaPermission;

/// Where somebody stands to the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Waiting { accepted: bool },
    Inside,
    Gone,
}

pub(crate) struct Member {
    pub id: ParticipantId,
    pub display_name: String,
    pub avatar_url: Option<String>,
    pub role: Role,
    /// What they are by right: as owner, by invitation or as guest.
    pub right: Role,
    /// The role a moderator of this meeting gave; it outlives a lost connection.
    pub given_role: Option<Role>,
    pub kind: ParticipationKind,
    pub joined_at: Timestamp,
    pub left_at: Option<Timestamp>,
    /// When the last of the connections that are gone was open: they were here at least until then.
    pub here_until: Timestamp,
    pub connections: Vec<ConnectionId>,
    /// Those of them whose line is open, by what carries them.
    pub sockets: Vec<ConnectionId>,
    pub presence: Presence,
    /// Where they are while inside.
    pub place: Place,
    /// Has to wait at first, whatever the room's rule is.
    pub lobby: bool,
    /// Was let in before and need not wait again.
    pub let_in: bool,
    /// What features tell others of this person.
    peer: PeerModules,
    /// The person as others see it; `None` after a change.
    encoded: Option<EncodedPeer>,
}

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// This socket. The first one gives the connection its id.
    Open(ConnectionId),
    /// The socket was cut; until [`AWAY`](crate::limits::AWAY) is over, the next one of this device takes its place.
    Away { since: Timestamp },
}

pub(crate) struct Connection {
    pub line: Line,
    pub participant: ParticipantId,
    pub device: DeviceId,
    pub media_url: Arc<str>,
    pub dialect: Dialect,
    /// Tokens given out for further windows of this connection.
    pub popouts: u32,
    /// What the media room was told last that it may publish; `None`: nothing yet.
    pub permission: Option<MediaPermission>,
}

impl Restriction {
    /// Whether it holds for all but exactly these.
    pub fn spares(&self, unrestricted: &BTreeSet<ParticipantId>) -> bool {
        matches!(self, Restriction::Enabled { unrestricted_participants } if unrestricted_participants == unrestricted)
    }

    pub fn allows(&self, who: ParticipantId) -> bool {
        match self {
            Restriction::Disabled => true,
            Restriction::Enabled {
                unrestricted_participants,
            } => unrestricted_participants.contains(&who),
        }
    }
}

impl Room {
    pub fn member(&self, id: ParticipantId) -> Option<&Member> {
        self.members.get(&id)
    }

    pub fn inside(&self, id: ParticipantId) -> Option<&Member> {
        self.member(id).filter(|member| member.presence == Presence::Inside)
    }

    pub fn people_inside(&self) -> impl Iterator<Item = &Member> {
        self.members
            .values()
            .filter(|member| member.presence == Presence::Inside)
    }

    /// Whether the tariff lets nobody else in.
    pub fn is_full(&self) -> bool {
        let limit = self.parameters.tariff.quota("room_participant_limit");
        let count = u64::try_from(self.people_inside().count()).unwrap_or(u64::MAX);
        limit.is_some_and(|limit| count >= limit)
    }

    pub fn people_waiting(&self) -> impl Iterator<Item = &Member> {
        self.members
            .values()
            .filter(|member| matches!(member.presence, Presence::Waiting { .. }))
    }

    /// One of a person's lines was opened or cut, or is gone.
    pub fn lines_changed(&mut self, id: ParticipantId) {
        if let Some(member) = self.members.get_mut(&id) {
            let connections = member.connections.iter().filter_map(|id| self.connections.get(id));
            member.sockets = connections.filter_map(Connection::socket).collect();
        }
        self.audiences.clear();
    }

    pub fn is_moderator(&self, id: ParticipantId) -> bool {
        self.inside(id).is_some_and(|member| member.role == Role::Moderator)
    }

    pub fn is_owner(&self, id: ParticipantId) -> bool {
        id.0 == self.parameters.owner
    }

    pub fn insert(&mut self, member: Member) {
        self.members.insert(member.id, member);
        self.audiences.clear();
    }

    /// Changes somebody; what others see of them is encoded anew when next needed.
    pub fn change(&mut self, id: ParticipantId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members.get_mut(&id) {
            change(member);
            member.encoded = None;
        }
        self.audiences.clear();
    }

    /// What others learn of this person from this feature; `None` takes it back.
    pub fn set_peer<F: Feature>(&mut self, id: ParticipantId, data: Option<&F::Peer>) {
        if let Some(member) = self.members.get_mut(&id) {
            member.peer.set::<F>(data);
            member.encoded = None;
        }
    }

    /// A person as others see them.
    pub fn peer_data(&self, member: &Member) -> PeerData {
        let role = if member.role == Role::Moderator {
            Role::Moderator
        } else {
            Role::User
        };
        PeerData {
            core: PeerCore {
                display_name: member.display_name.clone(),
                role,
                avatar_url: member.avatar_url.clone(),
                participation_kind: member.kind,
                joined_at: member.joined_at,
                left_at: member.left_at,
                is_room_owner: self.is_owner(member.id),
            },
            modules: member.peer.clone(),
        }
    }

    /// What is told of a person where they are, of modules that are of a place; `None`: nothing.
    pub fn peer_of_place(&self, member: &Member) -> Option<PeerModules> {
        let modules = member.peer.of_place();
        (!modules.is_empty()).then_some(modules)
    }

    /// Everybody but `without`. Each person is encoded once per change, not once per newcomer.
    pub fn encoded_people(&mut self, without: ParticipantId) -> Vec<EncodedPeer> {
        let stale: Vec<ParticipantId> = self
            .members
            .values()
            .filter(|member| !matches!(member.presence, Presence::Waiting { .. }) && member.encoded.is_none())
            .map(|member| member.id)
            .collect();
        for id in stale {
            let member = &self.members[&id];
            let peer = Peer {
                id,
                connections: self.connections_of(member, None),
                module_data: self.peer_data(member),
            };
            let encoded = to_raw_value(&peer).expect("a person has text keys and no failing parts");
            self.members.get_mut(&id).expect("seen above").encoded = Some(encoded.into());
        }
        let others = self.members.values().filter(|member| member.id != without);
        let others = others.filter(|member| !matches!(member.presence, Presence::Waiting { .. }));
        others.filter_map(|member| member.encoded.clone()).collect()
    }

    /// The connections of a person, but not this one.
    pub fn connections_of(&self, member: &Member, without: Option<ConnectionId>) -> Vec<ConnectionInfo> {
        let describe = |id: &ConnectionId| {
            Some(ConnectionInfo {
                connection_id: *id,
                device_id: self.connections.get(id)?.device,
            })
        };
        let listed = member.connections.iter().filter(|id| Some(**id) != without);
        listed.filter_map(describe).collect()
    }
}

impl Connection {
    pub fn socket(&self) -> Option<ConnectionId> {
        match self.line {
            Line::Open(socket) => Some(socket),
            Line::Away { .. } => None,
        }
    }

    pub fn away_since(&self) -> Option<Timestamp> {
        match self.line {
            Line::Open(_) => None,
            Line::Away { since } => Some(since),
        }
    }
}

impl Member {
    pub fn new(joining: &crate::parameters::Joining, now: Timestamp) -> Member {
        Member {
            id: joining.participant,
            display_name: joining.display_name.clone(),
            avatar_url: joining.avatar_url.clone(),
            role: joining.role,
            right: joining.role,
            given_role: None,
            kind: joining.kind,
            joined_at: now,
            left_at: None,
            here_until: now,
            connections: Vec::new(),
            sockets: Vec::new(),
            place: Place::Main,
            presence: Presence::Waiting { accepted: false },
            lobby: joining.lobby,
            let_in: false,
            peer: PeerModules::default(),
            encoded: None,
        }
    }

    pub fn is_registered(&self) -> bool {
        matches!(
            self.kind,
            ParticipationKind::Registered | ParticipationKind::RegisteredCallIn
        )
    }
}
