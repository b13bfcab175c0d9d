// SPDX-License-Identifier: EUPL-1.2
//! Who is here, and through which connections: what is known of each person, and how others see them. How people come
//! and go is in `admission`. The one rule: a person is in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::places::Place;
use super::room::Room;
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
    /// What features tell others of this person, by namespace.
    peer: BTreeMap<&'static str, Value>,
    /// The person as others see it, encoded; `None` after a change.
    encoded: Option<String>,
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

/// A rule that holds for all but some.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Restriction {
    #[default]
    Disabled,
    Enabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
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

/// Why somebody leaves (`participant_disconnected.reason`).
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leaving {
    Leave,
    ConnectionLost,
    Kicked,
    Banned,
    SentToWaitingRoom,
    Debriefed,
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

    /// What others learn of this person in this namespace; `None` takes it back.
    pub fn set_peer(&mut self, id: ParticipantId, namespace: &'static str, data: Option<Value>) {
        if let Some(member) = self.members.get_mut(&id) {
            match data {
                Some(data) => drop(member.peer.insert(namespace, data)),
                None => drop(member.peer.remove(namespace)),
            }
            member.encoded = None;
        }
    }

    /// `module_data` of a person as others see it.
    pub fn peer_data(&self, member: &Member) -> Value {
        let role = if member.role == Role::Moderator {
            "moderator"
        } else {
            "user"
        };
        let mut data = json!({
            "core": {
                "display_name": member.display_name,
                "role": role,
                "avatar_url": member.avatar_url,
                "participation_kind": member.kind,
                "joined_at": member.joined_at,
                "left_at": member.left_at,
                "is_room_owner": self.is_owner(member.id),
            },
            "chat": { "groups": [] },
        });
        for (namespace, part) in &member.peer {
            data[*namespace] = part.clone();
        }
        data
    }

    /// The list of everybody but `without`, encoded. Each person is encoded once per change, not once per newcomer.
    pub fn encoded_people(&mut self, without: ParticipantId) -> String {
        let stale: Vec<ParticipantId> = self
            .members
            .values()
            .filter(|member| !matches!(member.presence, Presence::Waiting { .. }) && member.encoded.is_none())
            .map(|member| member.id)
            .collect();
        for id in stale {
            let member = &self.members[&id];
            let connections: Vec<Value> = self.connections_of(member, None);
            let person = json!({ "id": id, "connections": connections, "module_data": self.peer_data(member) });
            self.members.get_mut(&id).expect("seen above").encoded = Some(person.to_string());
        }
        let mut list = String::from("[");
        for member in self.members.values().filter(|member| member.id != without) {
            if let (Some(person), false) = (&member.encoded, matches!(member.presence, Presence::Waiting { .. })) {
                if list.len() > 1 {
                    list.push(',');
                }
                list.push_str(person);
            }
        }
        list.push(']');
        list
    }

    /// `[{connection_id, device_id}]` of a person, but not this one.
    pub fn connections_of(&self, member: &Member, without: Option<ConnectionId>) -> Vec<Value> {
        let describe = |id: &ConnectionId| {
            self.connections
                .get(id)
                .map(|c| json!({ "connection_id": id, "device_id": c.device }))
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
            connections: Vec::new(),
            sockets: Vec::new(),
            place: Place::Main,
            presence: Presence::Waiting { accepted: false },
            lobby: joining.lobby,
            let_in: false,
            peer: BTreeMap::new(),
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
