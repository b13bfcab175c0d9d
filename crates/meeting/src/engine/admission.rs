// SPDX-License-Identifier: EUPL-1.2
//! How people come, wait, are let in and leave. What is said to a newcomer is the engine's. The one rule: a
//! guest takes no member's place, and who goes takes their media along.

use serde_json::json;

use super::people::{Connection, Leaving, Member, Presence};
use super::room::Room;
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::parameters::{Dialect, GuestAccess, ParticipationKind, Role, WaitingRoom};
use crate::ports::{Output, close};

impl Room {
    /// Whether guests wait before the door; people with an account who were not invited do so only where everybody does.
    pub fn strangers_wait(&self) -> bool {
        self.waiting_room != WaitingRoom::Disabled || self.parameters.guest_access == GuestAccess::WaitingRoom
    }

    pub fn has_to_wait(&self, member: &Member) -> bool {
        if member.role == Role::Moderator || member.let_in || member.kind == ParticipationKind::Recorder {
            return false;
        }
        let guest = member.role == Role::Guest;
        member.lobby || self.waiting_room == WaitingRoom::ForEveryone || (guest && self.strangers_wait())
    }

    /// Guests find fewer places than members, before the door and altogether: so many guests as there may be keep out
    /// nobody who was invited. Where the tariff's places are taken, whoever can make room still comes in.
    pub fn has_no_place_for(&self, member: &Member, is_new: bool, has_to_wait: bool) -> bool {
        let guest = member.role == Role::Guest;
        let kept = if guest { limits::CONNECTIONS_FOR_MEMBERS } else { 0 };
        self.connections.len() >= limits::CONNECTIONS - kept
            || (is_new && member.role != Role::Moderator && self.is_full())
            || (guest && has_to_wait && self.people_waiting().count() >= limits::WAITING)
    }

    /// Takes one connection away, and the media it opened: nobody listens whom the others do not see. The last one takes
    /// the person with it.
    pub fn disconnect(&mut self, connection: ConnectionId, reason: Leaving) {
        let Some(Connection { participant, .. }) = self.connections.get(&connection) else {
            return;
        };
        let (now, participant) = (self.now, *participant);
        let before = self.members.get(&participant).map(|member| member.presence);
        if before == Some(Presence::Inside) {
            self.remove_from_media(&[connection]);
        }
        self.connections.remove(&connection);
        self.change(participant, |member| {
            member.connections.retain(|id| *id != connection);
            if member.connections.is_empty() {
                member.presence = Presence::Gone;
                member.left_at = Some(now);
            }
        });
        match before {
            Some(Presence::Inside) => {
                let payload = json!({ "message": "participant_disconnected", "participant_id": participant,
                    "connection_id": connection, "reason": reason });
                self.tell_all("core", &payload);
                if self.members[&participant].presence == Presence::Gone {
                    self.departed.push(participant);
                }
            }
            Some(Presence::Waiting { .. }) => {
                self.left_waiting_room(participant, &[connection]);
                if self.members[&participant].presence == Presence::Gone {
                    self.members.remove(&participant);
                }
            }
            _ => {}
        }
    }

    pub fn left_waiting_room(&mut self, id: ParticipantId, connections: &[ConnectionId]) {
        let payload = json!({ "message": "left_waiting_room", "id": id,
            "connection_id": connections.first(), "connection_ids": connections });
        self.tell_moderators("core", &payload);
    }

    /// Ends all connections of a person, in signaling and in the media room. Say why before.
    pub fn remove(&mut self, id: ParticipantId, reason: Leaving) {
        let connections = self
            .member(id)
            .map(|member| member.connections.clone())
            .unwrap_or_default();
        self.change(id, |member| member.let_in = false);
        for connection in connections {
            self.out.push(Output::Close {
                connection,
                code: close::NORMAL,
            });
            self.disconnect(connection, reason);
        }
    }

    /// Puts somebody who is inside back before the door. The connections stay.
    pub fn send_to_waiting_room(&mut self, id: ParticipantId) {
        let Some(member) = self.inside(id) else { return };
        let connections = member.connections.clone();
        self.remove_from_media(&connections);
        self.change(id, |member| {
            member.presence = Presence::Waiting { accepted: false };
            member.let_in = false;
        });
        self.departed.push(id);
        self.tell_person(id, "moderation", &json!({ "message": "sent_to_waiting_room" }));
        for connection in &connections {
            let payload = json!({ "message": "participant_disconnected", "participant_id": id,
                "connection_id": connection, "reason": Leaving::SentToWaitingRoom });
            self.tell_all("core", &payload);
        }
        self.announce_waiting(id);
    }

    pub fn announce_waiting(&mut self, id: ParticipantId) {
        let Some(member) = self.member(id) else { return };
        let payload = json!({ "message": "joined_waiting_room", "participant_id": id,
            "connection_ids": member.connections, "joined_at": member.joined_at,
            "display_name": member.display_name, "avatar_url": member.avatar_url });
        self.tell_moderators("core", &payload);
    }

    /// Sets the waiting room and tells everybody inside, in the words they know (profile §0.3).
    pub fn set_waiting_room(&mut self, state: WaitingRoom) {
        if self.waiting_room == state {
            return;
        }
        self.waiting_room = state;
        let is_off = state == WaitingRoom::Disabled;
        let older = if is_off {
            "waiting_room_disabled"
        } else {
            "waiting_room_enabled"
        };
        for (dialect, message) in [(Dialect::July, "waiting_room_updated"), (Dialect::June, older)] {
            let event = json!({ "message": message, "new_state": state });
            self.tell_knowing(dialect, |_| true, "moderation", &event);
        }
        if is_off {
            let waiting: Vec<ParticipantId> = self.people_waiting().map(|member| member.id).collect();
            for id in waiting {
                self.accept(id);
            }
        }
    }

    pub fn accept(&mut self, id: ParticipantId) {
        self.change(id, |member| member.presence = Presence::Waiting { accepted: true });
        self.tell_person(id, "moderation", &json!({ "message": "accepted" }));
        self.tell_moderators(
            "moderation",
            &json!({ "message": "participant_accepted", "participant_id": id }),
        );
    }

    /// Which guests who left are too many to be listed, the longest gone first. `remembers`: who is known to others.
    pub fn forgettable(&self, remembers: impl Fn(ParticipantId) -> bool) -> Vec<ParticipantId> {
        let gone = self.members.values();
        let gone = gone.filter(|member| member.presence == Presence::Gone && !member.is_registered());
        let (with_trace, without): (Vec<&Member>, Vec<&Member>) = gone.partition(|member| remembers(member.id));
        let oldest = |mut gone: Vec<&Member>, kept: usize| {
            gone.sort_by_key(|member| (member.left_at, member.id));
            gone.truncate(gone.len().saturating_sub(kept));
            gone.into_iter().map(|member| member.id).collect::<Vec<_>>()
        };
        let mut ids = oldest(without, limits::GONE_GUESTS);
        ids.extend(oldest(with_trace, limits::GONE_GUESTS_WHO_WROTE));
        ids
    }

    pub fn forget(&mut self, id: ParticipantId) {
        self.members.remove(&id);
        self.screen_shares.remove(&id);
        self.changed();
    }
}
