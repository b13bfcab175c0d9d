// SPDX-License-Identifier: EUPL-1.2
//! Coming in, waiting, and going out. The one rule: a connection is in the waiting room or in the room,
//! and whoever waits learns nothing of the meeting.

use jiff::Timestamp;
use serde::Serialize;

use super::{After, Connection, Member, Room};
use crate::features::core::{Core, DisconnectReason, Event};
use crate::features::moderation::{self, Moderation};
use crate::ids::{ConnectionId, ParticipantId};
use crate::parameters::{GuestAccess, Joining, ParticipationKind, Role, WaitingRoom};
use crate::ports::{Effect, Output, close};

/// Why somebody is taken out of the room by a moderator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Kicked,
    Debriefed,
    Banned,
}

/// Somebody in the waiting room, as moderators see them.
#[derive(Serialize)]
pub(crate) struct Waiting {
    pub participant_id: ParticipantId,
    pub connections: Vec<ConnectionId>,
    pub accepted: bool,
    pub joined_at: Timestamp,
    pub display_name: String,
    pub avatar_url: Option<String>,
}

impl Room {
    pub(super) fn connect(&mut self, joining: Joining) {
        let (connection, participant) = (joining.connection, joining.participant);
        if self.banned.contains_key(&participant) {
            self.emit::<Moderation>([connection].into(), &moderation::Event::Banned);
            self.outputs.push(Output::Close {
                connection,
                code: close::NORMAL,
            });
            return;
        }
        let waits = self.waits(&joining);
        if !waits && self.is_full_for(participant) {
            self.block(connection);
            return;
        }
        self.owners.insert(connection, participant);
        let now = self.now;
        let is_room_owner = joining.kind == ParticipationKind::Registered && participant.0 == self.parameters.owner;
        let member = self.members.entry(participant).or_insert_with(|| Member {
            id: participant,
            kind: joining.kind,
            display_name: joining.display_name.clone(),
            avatar_url: joining.avatar_url.clone(),
            base_role: joining.role,
            role: joining.role,
            is_room_owner,
            admitted: false,
            known: false,
            joined_at: now,
            left_at: None,
            connections: Vec::new(),
            may_share_screen: false,
            peer: None,
        });
        if member.connections.is_empty() && !member.admitted {
            member.joined_at = now;
            member.display_name = joining.display_name;
            member.avatar_url = joining.avatar_url;
        }
        member.connections.push(Connection {
            id: connection,
            device: joining.device,
            media_url: joining.media_url,
            entered: false,
        });
        if waits {
            self.emit::<Core>(
                [connection].into(),
                &Event::InWaitingRoom {
                    connection_id: connection,
                    participant_id: participant,
                },
            );
            self.announce_waiting(participant);
        } else {
            self.enter(connection);
        }
    }

    fn waits(&self, joining: &Joining) -> bool {
        let known = self.members.get(&joining.participant);
        if known.is_some_and(|member| member.admitted || member.is_moderator())
            || joining.role == Role::Moderator
            || joining.kind == ParticipationKind::Recorder
        {
            return false;
        }
        self.waiting_room_applies(joining.role)
    }

    fn waiting_room_applies(&self, role: Role) -> bool {
        match self.waiting_room {
            WaitingRoom::Disabled => role == Role::Guest && self.parameters.guest_access == GuestAccess::WaitingRoom,
            WaitingRoom::ForGuests => role == Role::Guest,
            WaitingRoom::ForEveryone => role != Role::Moderator,
        }
    }

    fn is_full_for(&self, participant: ParticipantId) -> bool {
        let limit = self.parameters.tariff.quota("room_participant_limit");
        limit.is_some_and(|limit| !self.is_in_room(participant) && self.participants() as u64 >= limit)
    }

    fn block(&mut self, connection: ConnectionId) {
        self.emit::<Core>(
            [connection].into(),
            &Event::JoinBlocked {
                reason: "participant_limit_reached",
            },
        );
        self.outputs.push(Output::Close {
            connection,
            code: close::TRY_AGAIN,
        });
    }

    fn announce_waiting(&mut self, participant: ParticipantId) {
        let Some(waiting) = self.members.get(&participant).map(waiting) else {
            return;
        };
        let event = Event::JoinedWaitingRoom {
            participant_id: participant,
            connection_ids: waiting.connections,
            joined_at: waiting.joined_at,
            display_name: &waiting.display_name,
            avatar_url: waiting.avatar_url.as_deref(),
        };
        self.emit::<Core>(self.moderators(), &event);
    }

    /// A waiting connection goes in, if its owner was accepted. The state follows when the command is done.
    pub(crate) fn enter_from_waiting_room(&mut self, connection: ConnectionId) -> Result<(), &'static str> {
        let Some(member) = self.owners.get(&connection).and_then(|id| self.members.get(id)) else {
            return Ok(());
        };
        let participant = member.id;
        if member.entered().any(|entered| entered.id == connection) {
            return Err("already_in_room");
        }
        if !member.admitted {
            return Err("not_accepted");
        }
        if self.is_full_for(participant) {
            self.block(connection);
            self.drop_connection(connection);
            self.left_waiting_room(participant, connection);
            return Ok(());
        }
        self.left_waiting_room(participant, connection);
        self.enter(connection);
        Ok(())
    }

    fn left_waiting_room(&mut self, participant: ParticipantId, connection: ConnectionId) {
        let event = Event::LeftWaitingRoom {
            id: participant,
            connection_id: connection,
            connection_ids: [connection],
        };
        self.emit::<Core>(self.moderators(), &event);
    }

    fn enter(&mut self, connection: ConnectionId) {
        let now = self.now;
        let Some(member) = self.owners.get(&connection).copied().and_then(|id| self.member_mut(id)) else {
            return;
        };
        if !member.is_in_room() {
            member.joined_at = now;
        }
        member.admitted = true;
        member.known = true;
        member.left_at = None;
        for own in member.connections.iter_mut().filter(|own| own.id == connection) {
            own.entered = true;
        }
        self.after.push_back(After::Entered(connection));
    }

    pub(super) fn disconnected(&mut self, connection: ConnectionId, graceful: bool) {
        let reason = if graceful {
            DisconnectReason::Leave
        } else {
            DisconnectReason::ConnectionLost
        };
        self.leave(connection, reason);
    }

    fn leave(&mut self, connection: ConnectionId, reason: DisconnectReason) {
        let Some(sender) = self.sender(connection) else { return };
        self.drop_connection(connection);
        if !sender.admitted {
            self.left_waiting_room(sender.participant, connection);
            return;
        }
        self.announce_disconnect(sender.participant, connection, reason);
        self.note_departure(sender.participant);
    }

    fn announce_disconnect(
        &mut self,
        participant_id: ParticipantId,
        connection_id: ConnectionId,
        reason: DisconnectReason,
    ) {
        let others = self.everyone();
        self.emit::<Core>(
            others,
            &Event::ParticipantDisconnected {
                participant_id,
                connection_id,
                reason,
            },
        );
    }

    fn note_departure(&mut self, participant: ParticipantId) {
        let now = self.now;
        let Some(member) = self.member_mut(participant) else {
            return;
        };
        if !member.is_in_room() && member.left_at.is_none() {
            member.left_at = Some(now);
            self.after.push_back(After::Left(participant));
        }
    }

    fn drop_connection(&mut self, connection: ConnectionId) {
        let Some(participant) = self.owners.remove(&connection) else {
            return;
        };
        let Some(member) = self.member_mut(participant) else {
            return;
        };
        member.connections.retain(|own| own.id != connection);
        if member.connections.is_empty() && !member.known && !member.admitted {
            self.members.remove(&participant);
        }
    }

    /// Takes somebody out for good or until they are let in again; signaling and media end together.
    pub(crate) fn remove(&mut self, participant: ParticipantId, removal: Removal) {
        let Some(member) = self.members.get(&participant) else {
            return;
        };
        let all: Vec<_> = member.connections.iter().map(|own| own.id).collect();
        let inside: Vec<_> = member.entered().map(|own| own.id).collect();
        let identities = member.identities();
        let event = match removal {
            Removal::Kicked => moderation::Event::Kicked { reason: "kicked" },
            Removal::Debriefed => moderation::Event::Kicked { reason: "debriefed" },
            Removal::Banned => moderation::Event::Banned,
        };
        self.emit::<Moderation>(all.iter().copied().collect(), &event);
        for connection in all {
            self.outputs.push(Output::Close {
                connection,
                code: close::NORMAL,
            });
            self.drop_connection(connection);
            if inside.contains(&connection) {
                let reason = match removal {
                    Removal::Kicked => DisconnectReason::Kicked,
                    Removal::Debriefed => DisconnectReason::Debriefed,
                    Removal::Banned => DisconnectReason::Banned,
                };
                self.announce_disconnect(participant, connection, reason);
            } else {
                self.left_waiting_room(participant, connection);
            }
        }
        self.remove_media(identities);
        if let Some(member) = self.member_mut(participant) {
            member.role = member.base_role;
            member.admitted = false;
            member.may_share_screen = false;
        }
        self.note_departure(participant);
    }

    /// Puts somebody from the room into the waiting room; their sockets stay open.
    pub(crate) fn send_to_waiting_room(&mut self, participant: ParticipantId) {
        let Some(member) = self.members.get(&participant) else {
            return;
        };
        let inside = self.connections_of(participant);
        let identities = member.identities();
        self.emit::<Moderation>(inside.clone(), &moderation::Event::SentToWaitingRoom);
        if let Some(member) = self.member_mut(participant) {
            member.admitted = false;
            member.role = member.base_role;
            member.may_share_screen = false;
            for own in &mut member.connections {
                own.entered = false;
            }
        }
        for connection in inside.iter().copied() {
            self.announce_disconnect(participant, connection, DisconnectReason::SentToWaitingRoom);
        }
        self.remove_media(identities);
        self.note_departure(participant);
        self.announce_waiting(participant);
    }

    fn remove_media(&mut self, identities: Vec<String>) {
        if !identities.is_empty() {
            let room = self.media_room();
            self.effect(Effect::RemoveMedia { room, identities });
        }
    }

    /// Everybody in the waiting room, for moderators.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        self.members
            .values()
            .filter(|member| member.is_waiting())
            .map(waiting)
            .collect()
    }

    /// Lets somebody in who waits; they enter themselves.
    pub(crate) fn accept(&mut self, participant: ParticipantId) -> bool {
        let connections = self.waiting_of(participant);
        let Some(member) = self.members.get_mut(&participant).filter(|member| !member.admitted) else {
            return false;
        };
        if connections.is_empty() {
            return false;
        }
        member.admitted = true;
        self.emit::<Moderation>(connections, &moderation::Event::Accepted);
        let moderators = self.moderators();
        self.emit::<Moderation>(
            moderators,
            &moderation::Event::ParticipantAccepted {
                participant_id: participant,
            },
        );
        true
    }

    /// Changes the waiting room; those to whom it no longer applies are accepted.
    pub(crate) fn set_waiting_room(&mut self, state: WaitingRoom) {
        if self.waiting_room == state {
            return;
        }
        self.waiting_room = state;
        let moderators = self.moderators();
        self.emit::<Moderation>(
            moderators.clone(),
            &moderation::Event::WaitingRoomUpdated { new_state: state },
        );
        let bool_event = match state {
            WaitingRoom::Disabled => moderation::Event::WaitingRoomDisabled,
            WaitingRoom::ForGuests | WaitingRoom::ForEveryone => moderation::Event::WaitingRoomEnabled,
        };
        self.emit::<Moderation>(moderators, &bool_event);
        if state == WaitingRoom::Disabled {
            self.parameters.guest_access = match self.parameters.guest_access {
                GuestAccess::WaitingRoom => GuestAccess::DirectAccess,
                other => other,
            };
        }
        let free: Vec<_> = self
            .members
            .values()
            .filter(|member| member.is_waiting() && !self.waiting_room_applies(member.role))
            .map(|member| member.id)
            .collect();
        for participant in free {
            self.accept(participant);
        }
    }

    /// Raises the waiting room at least to `state`.
    pub(crate) fn raise_waiting_room(&mut self, state: WaitingRoom) {
        if self.waiting_room != WaitingRoom::ForEveryone {
            self.set_waiting_room(state);
        }
    }
}

fn waiting(member: &Member) -> Waiting {
    Waiting {
        participant_id: member.id,
        connections: member.waiting().map(|connection| connection.id).collect(),
        accepted: member.admitted,
        joined_at: member.joined_at,
        display_name: member.display_name.clone(),
        avatar_url: member.avatar_url.clone(),
    }
}
