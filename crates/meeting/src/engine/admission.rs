// SPDX-License-Identifier: EUPL-1.2
//! How people come, wait, are let in and leave. What is said to a newcomer is the engine's. The one rule: a
//! guest takes no member's place, and who goes takes their media along.

use super::Meeting;
use super::people::{Connection, Line, Member, Presence};
use super::places::Place;
use super::room::{Departure, Room};
use super::schedule::Deadline;
use super::wire::{Blocked, Event, Leaving, Refusal};
use crate::features::{Asking, ModerationEvent, Refused};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::parameters::{Dialect, GuestAccess, Joining, ParticipationKind, Role, WaitingRoom};
use crate::ports::{Output, close};
use crate::wire;

const FULL: Event = Event::JoinBlocked {
    reason: Blocked::ParticipantLimitReached,
};

impl Meeting {
    pub(super) fn join(&mut self, joining: &Joining) {
        let id = joining.participant;
        if self.room.parameters.banned.contains_key(&id) {
            self.turn_away(joining.connection, &ModerationEvent::Banned, close::NORMAL);
            return;
        }
        // What they are by right may have changed while the meeting could not be told.
        if self.room.member(id).is_some_and(|member| member.right != joining.role) {
            let place = self.room.place_of(id);
            self.features
                .right_changed(&mut self.room, place, id, Some(joining.role));
        }
        let room = &mut self.room;
        if let Some(connection) = room.take_up(joining) {
            self.welcome_back(id, connection);
            return;
        }
        if room.finds_no_connection_for(id) {
            let reason = Blocked::TooManyConnections;
            // For good: a front end that comes back by itself would come back for ever.
            self.turn_away(joining.connection, &Event::JoinBlocked { reason }, close::NORMAL);
            return;
        }
        let is_new = room.member(id).is_none_or(|member| member.connections.is_empty());
        let mut newcomer = Member::new(joining, room.now);
        if let Some(before) = room.member(id) {
            newcomer.let_in = before.let_in;
            newcomer.given_role = before.given_role;
            newcomer.role = before.given_role.unwrap_or(joining.role);
        }
        let has_to_wait = is_new && room.has_to_wait(&newcomer);
        if room.has_no_place_for(&newcomer, is_new, has_to_wait) {
            self.turn_away(joining.connection, &FULL, close::TRY_AGAIN);
            return;
        }
        if is_new {
            room.insert(newcomer);
        }
        room.connect(joining);
        if room.inside(id).is_some() || (is_new && !has_to_wait) {
            self.enter(id, &[joining.connection]);
            return;
        }
        self.keep_waiting(id, joining.connection);
        self.room.announce_waiting(id);
    }

    /// Somebody goes on where their line was cut; the others do not notice.
    fn welcome_back(&mut self, id: ParticipantId, connection: ConnectionId) {
        if self.room.inside(id).is_some() {
            let success = self.join_success(id, connection);
            self.room.reply(connection, &Event::JoinSuccess(Box::new(success)));
        } else {
            self.keep_waiting(id, connection);
        }
    }

    fn keep_waiting(&mut self, id: ParticipantId, connection: ConnectionId) {
        let event = Event::InWaitingRoom {
            connection_id: connection,
            participant_id: id,
        };
        self.room.reply(connection, &event);
        if self.room.members[&id].presence == (Presence::Waiting { accepted: true }) {
            self.room.reply(connection, &ModerationEvent::Accepted);
        }
    }

    fn turn_away(&mut self, connection: ConnectionId, event: &impl wire::Event, code: u16) {
        self.room.turn_away(connection, event);
        self.room.out.push(Output::Close { connection, code });
    }

    pub(super) fn enter_room(&mut self, asking: Asking) -> Result<(), Refused> {
        match self.room.members[&asking.participant].presence {
            Presence::Inside => Err(Refusal::AlreadyInRoom.into()),
            // It may have filled while this person was waiting.
            Presence::Waiting { accepted: true } if self.room.is_full() => {
                for connection in self.room.members[&asking.participant].connections.clone() {
                    self.room.reply(connection, &FULL);
                    self.room.close(connection, close::TRY_AGAIN);
                    self.room.disconnect(connection, Leaving::Leave);
                }
                Ok(())
            }
            Presence::Waiting { accepted: true } => {
                self.room.drop_cut_lines(asking.participant, Leaving::ConnectionLost);
                let connections = self.room.members[&asking.participant].connections.clone();
                self.room.left_waiting_room(asking.participant, &connections);
                self.enter(asking.participant, &connections);
                Ok(())
            }
            _ => Err(Refusal::NotAccepted.into()),
        }
    }
}

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

    pub fn connect(&mut self, joining: &Joining) {
        let id = joining.connection;
        let connection = Connection {
            line: Line::Open(id),
            participant: joining.participant,
            device: joining.device,
            media_url: joining.media_url.clone(),
            dialect: joining.dialect,
            popouts: 0,
            permission: None,
        };
        self.sockets.insert(id, id);
        self.connections.insert(id, connection);
        self.change(joining.participant, |member| member.connections.push(id));
        self.lines_changed(joining.participant);
    }

    /// A line is cut. Nobody is told, and its media goes on: who comes back in time goes on as if nothing had been.
    pub fn cut(&mut self, socket: ConnectionId) {
        let Some(id) = self.sockets.remove(&socket) else { return };
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.line = Line::Away { since: self.now };
            let participant = connection.participant;
            self.schedule.set(Deadline::Away(id), self.now + limits::AWAY);
            self.lines_changed(participant);
        }
    }

    /// Whoever comes on a device whose line was cut goes on with that connection.
    pub fn take_up(&mut self, joining: &Joining) -> Option<ConnectionId> {
        let own = self.member(joining.participant)?.connections.iter();
        let on_device = own.filter(|id| self.connections[*id].device == joining.device);
        let id = *self.cut_first(on_device)?;
        self.schedule.cancel(Deadline::Away(id));
        self.sockets.insert(joining.connection, id);
        let connection = self.connections.get_mut(&id)?;
        connection.line = Line::Open(joining.connection);
        connection.media_url = joining.media_url.clone();
        connection.dialect = joining.dialect;
        self.lines_changed(joining.participant);
        Some(id)
    }

    fn cut_first<'a>(&self, of: impl Iterator<Item = &'a ConnectionId>) -> Option<&'a ConnectionId> {
        let away = of.filter_map(|id| Some((self.connections[id].away_since()?, id)));
        away.min().map(|(_, id)| id)
    }

    /// Somebody leaves with this connection. Where no other line of theirs is open, those that were cut go with it:
    /// nobody is shown who has said goodbye.
    pub fn leave(&mut self, connection: ConnectionId) {
        let who = self.connections[&connection].participant;
        self.disconnect(connection, Leaving::Leave);
        if self.member(who).is_some_and(|member| member.sockets.is_empty()) {
            self.drop_cut_lines(who, Leaving::Leave);
        }
    }

    /// What is cut comes back as a new connection, if it does.
    fn drop_cut_lines(&mut self, id: ParticipantId, reason: Leaving) {
        let Some(member) = self.member(id) else { return };
        let is_cut = |id: &ConnectionId| self.connections[id].away_since().is_some();
        let cut: Vec<ConnectionId> = member.connections.iter().copied().filter(is_cut).collect();
        for connection in cut {
            self.disconnect(connection, reason);
        }
    }

    /// Where a person has as many connections as one may have, those who are away go first.
    pub fn finds_no_connection_for(&mut self, id: ParticipantId) -> bool {
        let Some(member) = self.member(id) else { return false };
        if member.connections.len() < limits::CONNECTIONS_PER_PERSON {
            return false;
        }
        match self.cut_first(member.connections.iter()).copied() {
            Some(away) => self.disconnect(away, Leaving::ConnectionLost),
            None => return true,
        }
        false
    }

    /// Takes one connection away, and the media it opened: nobody listens whom the others do not see. The last one takes
    /// the person with it.
    pub fn disconnect(&mut self, connection: ConnectionId, reason: Leaving) {
        let Some(known) = self.connections.get(&connection) else {
            return;
        };
        let (participant, socket) = (known.participant, known.socket());
        let gone_at = known.away_since().unwrap_or(self.now);
        let before = self.members.get(&participant).map(|member| member.presence);
        if before == Some(Presence::Inside) {
            self.remove_from_media(&[connection]);
        }
        self.connections.remove(&connection);
        self.schedule.cancel(Deadline::Away(connection));
        if let Some(socket) = socket {
            self.sockets.remove(&socket);
        }
        self.change(participant, |member| {
            member.connections.retain(|id| *id != connection);
            member.here_until = member.here_until.max(gone_at);
            if member.connections.is_empty() {
                member.presence = Presence::Gone;
                member.left_at = Some(member.here_until);
            }
        });
        self.lines_changed(participant);
        match before {
            Some(Presence::Inside) => {
                self.tell_all(&Event::ParticipantDisconnected {
                    participant_id: participant,
                    connection_id: connection,
                    reason,
                });
                if self.members[&participant].presence == Presence::Gone {
                    self.depart(participant);
                }
            }
            // The event is about the person: front ends take them from their list, whichever connection it names.
            Some(Presence::Waiting { .. }) if self.members[&participant].presence == Presence::Gone => {
                self.left_waiting_room(participant, &[connection]);
                self.members.remove(&participant);
            }
            _ => {}
        }
    }

    fn depart(&mut self, who: ParticipantId) {
        let from = self.place_of(who);
        let at = self.member(who).and_then(|member| member.left_at).unwrap_or(self.now);
        self.attendance.left(who, at);
        self.departed.push(Departure { who, from, gone: true });
        // Whoever comes again comes through the main room.
        self.change(who, |member| member.place = Place::Main);
    }

    pub fn left_waiting_room(&mut self, id: ParticipantId, connections: &[ConnectionId]) {
        self.tell_moderators(&Event::LeftWaitingRoom {
            id,
            connection_id: connections.first().copied(),
            connection_ids: connections.to_vec(),
        });
    }

    /// Ends all connections of a person, in signaling and in the media room. Say why before.
    pub fn remove(&mut self, id: ParticipantId, reason: Leaving) {
        let connections = self
            .member(id)
            .map(|member| member.connections.clone())
            .unwrap_or_default();
        self.change(id, |member| member.let_in = false);
        for id in connections {
            self.close(id, close::NORMAL);
            self.disconnect(id, reason);
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
        self.depart(id);
        self.tell_person(id, &ModerationEvent::SentToWaitingRoom);
        for connection_id in connections {
            self.tell_all(&Event::ParticipantDisconnected {
                participant_id: id,
                connection_id,
                reason: Leaving::SentToWaitingRoom,
            });
        }
        self.announce_waiting(id);
    }

    pub fn announce_waiting(&mut self, id: ParticipantId) {
        let Some(member) = self.member(id) else { return };
        let event = Event::JoinedWaitingRoom {
            participant_id: id,
            connection_ids: member.connections.clone(),
            joined_at: member.joined_at,
            display_name: member.display_name.clone(),
            avatar_url: member.avatar_url.clone(),
        };
        self.tell_moderators(&event);
    }

    /// Sets the waiting room and tells everybody inside, in the words they know (profile §0.3).
    pub fn set_waiting_room(&mut self, state: WaitingRoom) {
        if self.waiting_room == state {
            return;
        }
        self.waiting_room = state;
        let is_off = state == WaitingRoom::Disabled;
        let newer = ModerationEvent::WaitingRoomUpdated { new_state: state };
        let older = if is_off {
            ModerationEvent::WaitingRoomDisabled { new_state: state }
        } else {
            ModerationEvent::WaitingRoomEnabled { new_state: state }
        };
        for (dialect, event) in [(Dialect::July, newer), (Dialect::June, older)] {
            self.tell_knowing(dialect, |_| true, &event);
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
        self.tell_person(id, &ModerationEvent::Accepted);
        self.tell_moderators(&ModerationEvent::ParticipantAccepted { participant_id: id });
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
        self.rights.forget(id);
        self.attendance.forget(id);
        self.audiences.clear();
    }
}
