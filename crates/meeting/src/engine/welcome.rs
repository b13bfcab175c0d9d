// SPDX-License-Identifier: EUPL-1.2
//! What a newcomer learns, and what the others learn of a newcomer. Who may come in is in `admission`. The one rule: a
//! newcomer is told everything in one frame, before anybody hears of them.

use std::collections::BTreeMap;

use super::Meeting;
use super::people::Presence;
use super::places::Place;
use super::wire::{Event, JoinSuccess, MeetingDetails, RoomInfo, TariffInfo};
use crate::features::{BreakoutEvent, Switched};
use crate::ids::{ConnectionId, ParticipantId};
use crate::parameters::Role;

/// Front ends cannot do without its data: when it is disabled they get it as switched off.
const CHAT: &str = "chat";

impl Meeting {
    /// Lets these connections of a person into the room.
    pub(super) fn enter(&mut self, id: ParticipantId, connections: &[ConnectionId]) {
        let now = self.room.now;
        let first = self.room.members[&id].presence != Presence::Inside;
        self.room.change(id, |member| {
            member.presence = Presence::Inside;
            member.let_in = true;
            member.left_at = None;
            if first {
                member.joined_at = now;
            }
        });
        if first {
            self.room.attendance.came(id, now);
        }
        for connection in connections {
            let success = self.join_success(id, *connection);
            self.room.reply(*connection, &Event::JoinSuccess(Box::new(success)));
            let event = Event::ParticipantConnected {
                participant_id: id,
                connection_id: *connection,
                peer_data: self.room.peer_data(&self.room.members[&id]),
            };
            let others = self.room.people_inside().filter(|member| member.id != id);
            let others = others.flat_map(|member| member.sockets.iter().copied()).collect();
            // Those entering together know each other from their own `join_success`.
            let own = self.room.members[&id]
                .connections
                .iter()
                .filter(|other| !connections.contains(other));
            let own = own.filter_map(|other| self.room.connections[other].socket()).collect();
            self.room.tell_groups([others, own], &event);
        }
    }

    /// Somebody is in another place now, and so the others know; to all others they are who they were.
    pub(super) fn arrive(&mut self, id: ParticipantId, old_room: Place) {
        let Some(member) = self.room.inside(id) else { return };
        let (new_room, connections) = (member.place, member.connections.clone());
        let here = self.room.people_inside();
        let here = here.filter(|member| member.id != id && member.place == new_room);
        let peer_data: BTreeMap<_, _> = here
            .filter_map(|member| Some((member.id, self.room.peer_of_place(member)?)))
            .collect();
        for connection in connections {
            let mut own_data = self.features.arrived(&mut self.room, new_room, id, connection);
            own_data.retain(|module| self.room.parameters.tariff.has(module));
            let switched = Switched {
                own_data,
                ended: self.features.ended(&mut self.room, new_room),
                old_room,
                new_room,
                peer_data: peer_data.clone(),
            };
            let event = BreakoutEvent::SwitchedRoom(Box::new(switched));
            self.room.reply(connection, &event);
        }
        let event = BreakoutEvent::ParticipantSwitchedRoom {
            participant_id: id,
            old_room,
            new_room,
        };
        self.room.tell_some(|member| member.id != id, &event);
    }

    /// What everybody inside would learn if they came in now, by connection. Two meetings in which this is the same are the
    /// same to their people.
    pub fn as_seen(&mut self) -> BTreeMap<ConnectionId, String> {
        let inside = self.room.people_inside();
        let all: Vec<_> = inside
            .flat_map(|member| member.connections.iter().map(|connection| (member.id, *connection)))
            .collect();
        let mut seen = |id, connection| {
            let success = self.join_success(id, connection);
            serde_json::to_string(&success).expect("it has text keys and no failing parts")
        };
        all.into_iter()
            .map(|(id, connection)| (connection, seen(id, connection)))
            .collect()
    }

    pub(super) fn join_success(&mut self, id: ParticipantId, connection: ConnectionId) -> JoinSuccess {
        let place = self.room.place_of(id);
        let mut module_data = self.features.joined(&mut self.room, place, id, connection);
        let ended = self.features.ended(&mut self.room, place);
        if let (Some(hands), Some(moderation)) = (&module_data.raise_hands, &mut module_data.moderation) {
            moderation.raise_hands_enabled = Some(hands.raise_hands_enabled);
        }
        let participants = self.room.encoded_people(id);
        let room = &self.room;
        let parameters = &room.parameters;
        let tariff = &parameters.tariff;
        module_data.retain(|module| module == CHAT || tariff.has(module));
        if let (false, Some(chat)) = (tariff.has(CHAT), &mut module_data.chat) {
            chat.enabled = false;
        }
        let member = &room.members[&id];
        let moderator = member.role == Role::Moderator;
        let told = moderator || parameters.show_meeting_details;
        JoinSuccess {
            id,
            connection_id: connection,
            device_id: room.connections[&connection].device,
            connections: room.connections_of(member, Some(connection)),
            display_name: member.display_name.clone(),
            avatar_url: member.avatar_url.clone(),
            role: member.role,
            closes_at: self.closes_at,
            tariff: TariffInfo {
                id: tariff.id,
                name: tariff.name.clone(),
                quotas: tariff.quotas.clone(),
                used_quota: tariff.used_quota.clone(),
                disabled_features: tariff.disabled_features.clone(),
            },
            enabled_modules: tariff.enabled_modules(),
            module_data,
            ended,
            participants,
            event_info: parameters.event.clone(),
            meeting_details: MeetingDetails {
                invite_code_id: parameters.invite_code.filter(|_| told),
                call_in: parameters.call_in.clone().filter(|_| told),
                streaming_links: Vec::new(),
            },
            room_info: RoomInfo {
                id: parameters.room,
                password: parameters.password.clone().filter(|_| moderator),
                created_by: parameters.created_by.clone(),
            },
            is_room_owner: room.is_owner(id),
        }
    }
}
