// SPDX-License-Identifier: EUPL-1.2
//! What a newcomer learns, and what the others learn of a newcomer. Who may come in is in `admission`. The one rule: a
//! newcomer is told everything in one frame, before anybody hears of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Meeting;
use super::people::Presence;
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
            self.room.reply_encoded(*connection, "core", &success);
            let peer_data = self.room.peer_data(&self.room.members[&id]);
            let payload = json!({ "message": "participant_connected", "participant_id": id,
                "connection_id": connection, "peer_data": peer_data });
            let others = self.room.people_inside().filter(|member| member.id != id);
            let others = others.flat_map(|member| member.sockets.iter().copied()).collect();
            // Those entering together know each other from their own `join_success`.
            let own = self.room.members[&id]
                .connections
                .iter()
                .filter(|other| !connections.contains(other));
            let own = own.filter_map(|other| self.room.connections[other].socket()).collect();
            self.room.tell_groups([others, own], "core", &payload);
        }
    }

    /// What everybody inside would learn if they came in now, by connection. Two meetings in which this is the same are the
    /// same to their people.
    pub fn as_seen(&mut self) -> BTreeMap<ConnectionId, String> {
        let inside = self.room.people_inside();
        let all: Vec<_> = inside
            .flat_map(|member| member.connections.iter().map(|connection| (member.id, *connection)))
            .collect();
        all.into_iter()
            .map(|(id, connection)| (connection, self.join_success(id, connection)))
            .collect()
    }

    pub(super) fn join_success(&mut self, id: ParticipantId, connection: ConnectionId) -> String {
        let place = self.room.place_of(id);
        let mut module_data = self.features.joined(&mut self.room, place, id, connection);
        // The older front end looks for it there.
        let hands = module_data
            .get("raise_hands")
            .map(|hands| hands["raise_hands_enabled"].clone());
        if let (Some(enabled), Some(moderation)) = (hands, module_data.get_mut("moderation")) {
            moderation["raise_hands_enabled"] = enabled;
        }
        let tariff = &self.room.parameters.tariff;
        module_data.retain(|module, _| module == CHAT || tariff.has(module));
        if let (false, Some(chat)) = (tariff.has(CHAT), module_data.get_mut(CHAT)) {
            chat["enabled"] = json!(false);
        }
        let people = self.room.encoded_people(id);
        let room = &self.room;
        let member = &room.members[&id];
        let parameters = &room.parameters;
        let moderator = member.role == Role::Moderator;
        let told = moderator || parameters.show_meeting_details;
        let mut success = json!({
            "message": "join_success",
            "id": id,
            "connection_id": connection,
            "device_id": room.connections[&connection].device,
            "connections": room.connections_of(member, Some(connection)),
            "display_name": member.display_name,
            "avatar_url": member.avatar_url,
            "role": member.role,
            "closes_at": self.closes_at,
            "tariff": {
                "id": parameters.tariff.id,
                "name": parameters.tariff.name,
                "quotas": parameters.tariff.quotas,
                "used_quota": parameters.tariff.used_quota,
                "disabled_features": parameters.tariff.disabled_features,
            },
            "enabled_modules": parameters.tariff.enabled_modules(),
            "module_data": Value::Object(module_data),
            "event_info": parameters.event,
            "meeting_details": {
                "invite_code_id": parameters.invite_code.filter(|_| told),
                "call_in": parameters.call_in.as_ref().filter(|_| told),
                "streaming_links": [],
            },
            "room_info": {
                "id": parameters.room,
                "password": parameters.password.as_ref().filter(|_| moderator),
                "created_by": parameters.created_by,
            },
            "is_room_owner": room.is_owner(id),
        })
        .to_string();
        // The list is encoded already; at a thousand people, writing it again for each newcomer is what costs most.
        success.truncate(success.len() - 1);
        success.push_str(r#","participants":"#);
        success.push_str(&people);
        success.push('}');
        success
    }
}
