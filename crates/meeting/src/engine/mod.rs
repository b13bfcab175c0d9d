// SPDX-License-Identifier: EUPL-1.2
//! The engine: who comes in, who may do what, what happens when time passes. It knows no feature's rules and nothing
//! of sockets. The one rule: a command reaches a feature only after its role was checked.

mod admission;
mod media;
mod modules;
mod outbox;
mod people;
mod room;
mod schedule;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use modules::can_be_disabled;
use outbox::Asked;
pub(crate) use people::{Leaving, Member, Presence, Restriction};
pub(crate) use room::Room;

use schedule::Deadline;

use crate::features::{Asking, Command, CoreCommand, Features, Needs, Refused};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::parameters::{Joining, MediaKey, Parameters, ParametersChange, Role};
use crate::ports::{ClientCommand, ClosingReason, Effect, Input, Output, close};

/// Front ends cannot do without its data: when it is disabled they get it as switched off.
const CHAT: &str = "chat";

/// One running meeting.
pub struct Meeting {
    room: Room,
    features: Features,
    closes_at: Option<Timestamp>,
    ended: bool,
}

impl Meeting {
    pub fn new(parameters: Parameters, media: MediaKey, now: Timestamp) -> Meeting {
        let limit = parameters
            .tariff
            .quota("room_time_limit_secs")
            .and_then(|seconds| i64::try_from(seconds).ok());
        let closes_at = limit.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
        let mut room = Room::new(parameters, media, now);
        if let Some(at) = closes_at {
            room.schedule.set(Deadline::TimeLimit, at);
        }
        Meeting {
            room,
            features: Features::default(),
            closes_at,
            ended: false,
        }
    }

    /// Whether this registered user was banned here; the server refuses them before they connect.
    pub fn has_banned(&self, participant: ParticipantId) -> bool {
        self.room.parameters.banned.contains_key(&participant)
    }

    /// Something happens at `now`; what is to be done comes out, in order.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.pass_time(now);
        if !self.ended {
            self.room.begin(now, None);
            self.take(input);
            self.settle();
        }
        if !self.ended {
            self.room.out.extend(self.room.schedule.ask().map(Output::WakeAt));
        }
        std::mem::take(&mut self.room.out)
    }

    /// What was due by now happens first, and at its own instant: so it is the same however late somebody woke.
    fn pass_time(&mut self, now: Timestamp) {
        while !self.ended
            && let Some((at, deadline)) = self.room.schedule.take_due(now)
        {
            self.room.begin(at, None);
            match deadline {
                Deadline::TimeLimit => self.close(ClosingReason::TimeLimitReached),
                Deadline::Empty => self.end(),
                Deadline::Away(connection) => self.room.disconnect(connection, Leaving::ConnectionLost),
            }
            self.settle();
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Join(joining) => self.join(&joining),
            Input::Command { connection, command } => self.command(connection, command),
            Input::Disconnected { connection, graceful } => match self.room.sockets.get(&connection) {
                Some(id) if graceful => self.room.disconnect(*id, Leaving::Leave),
                _ => self.room.cut(connection),
            },
            Input::Restarted => {
                let all: Vec<ConnectionId> = self.room.sockets.keys().copied().collect();
                for socket in all {
                    self.room.cut(socket);
                }
            }
            Input::Woke => self.room.schedule.woken(),
            Input::Done { id, outcome } => {
                self.features.done(&mut self.room, id, &outcome);
                self.room.effect_done(id);
            }
            Input::RightChanged { participant, right } => {
                self.features.right_changed(&mut self.room, participant, right);
            }
            Input::ParametersChanged(change) => self.parameters_changed(change),
            Input::Close(reason) => self.close(reason),
            Input::Debrief => {
                let kicked = json!({ "message": "kicked", "reason": "debriefed" });
                self.farewell("moderation", &kicked, close::NORMAL);
            }
            Input::Expel(id) => {
                let kicked = json!({ "message": "kicked", "reason": "kicked" });
                self.room.tell_person(id, "moderation", &kicked);
                self.room.remove(id, Leaving::Kicked);
            }
        }
    }

    /// What follows from people having come or gone.
    fn settle(&mut self) {
        let departed = std::mem::take(&mut self.room.departed);
        if !departed.is_empty() {
            self.let_go_of(&departed);
        }
        if !self.room.sockets.is_empty() {
            self.room.schedule.cancel(Deadline::Empty);
        } else if !self.room.schedule.is_set(Deadline::Empty) {
            self.room.schedule.set(Deadline::Empty, self.room.now + limits::EMPTY);
        }
    }

    fn let_go_of(&mut self, departed: &[ParticipantId]) {
        for id in departed {
            self.features.left(&mut self.room, *id);
        }
        for id in self.room.forgettable(|id| self.features.remembers(id)) {
            self.room.forget(id);
            self.features.forget(id);
        }
    }

    fn end(&mut self) {
        let room = self.room.media_room();
        self.room.perform(Effect::DeleteMediaRoom { room });
        self.room.out.push(Output::Ended);
        self.ended = true;
    }

    fn join(&mut self, joining: &Joining) {
        let room = &mut self.room;
        let id = joining.participant;
        if room.parameters.banned.contains_key(&id) {
            self.turn_away(
                joining.connection,
                "moderation",
                &json!({ "message": "banned" }),
                close::NORMAL,
            );
            return;
        }
        if let Some(connection) = room.take_up(joining) {
            self.welcome_back(id, connection);
            return;
        }
        if room.finds_no_connection_for(id) {
            let payload = json!({ "message": "join_blocked", "reason": "too_many_connections" });
            // For good: a front end that comes back by itself would come back for ever.
            self.turn_away(joining.connection, "core", &payload, close::NORMAL);
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
            self.turn_away(joining.connection, "core", &blocked(), close::TRY_AGAIN);
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
            self.room.reply_encoded(connection, "core", &success);
        } else {
            self.keep_waiting(id, connection);
        }
    }

    fn keep_waiting(&mut self, id: ParticipantId, connection: ConnectionId) {
        let payload = json!({ "message": "in_waiting_room", "connection_id": connection, "participant_id": id });
        self.room.reply(connection, "core", &payload);
        if self.room.members[&id].presence == (Presence::Waiting { accepted: true }) {
            self.room
                .reply(connection, "moderation", &json!({ "message": "accepted" }));
        }
    }

    fn turn_away(&mut self, connection: ConnectionId, namespace: &'static str, payload: &Value, code: u16) {
        self.room.turn_away(connection, namespace, payload);
        self.room.out.push(Output::Close { connection, code });
    }

    /// Lets these connections of a person into the room.
    fn enter(&mut self, id: ParticipantId, connections: &[ConnectionId]) {
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
        for connection in connections {
            let success = self.join_success(id, *connection);
            self.room.reply_encoded(*connection, "core", &success);
            let peer_data = self.room.peer_data(&self.room.members[&id]);
            let payload = json!({ "message": "participant_connected", "participant_id": id,
                "connection_id": connection, "peer_data": peer_data });
            self.room.tell_some(|member| member.id != id, "core", &payload);
            // Those entering together know each other from their own `join_success`.
            let known = self.room.members[&id].connections.iter();
            let own: Vec<ConnectionId> = known.copied().filter(|other| !connections.contains(other)).collect();
            for other in own {
                self.room.tell_window(other, "core", &payload);
            }
        }
    }

    /// What everybody inside would learn if they came in now, by connection: two meetings are the same to people when this is.
    pub fn as_seen(&mut self) -> BTreeMap<ConnectionId, String> {
        let inside = self.room.people_inside();
        let all: Vec<_> = inside
            .flat_map(|member| member.connections.iter().map(|connection| (member.id, *connection)))
            .collect();
        all.into_iter()
            .map(|(id, connection)| (connection, self.join_success(id, connection)))
            .collect()
    }

    fn join_success(&mut self, id: ParticipantId, connection: ConnectionId) -> String {
        let mut module_data = self.features.joined(&mut self.room, id, connection);
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

    fn command(&mut self, socket: ConnectionId, command: ClientCommand) {
        let Some(connection) = self.room.sockets.get(&socket).copied() else {
            return;
        };
        let participant = self.room.connections[&connection].participant;
        let asked = command.transaction.map(|number| Asked { connection, number });
        self.room.begin(self.room.now, asked);
        let asking = Asking {
            participant,
            connection,
        };
        let member = &self.room.members[&participant];
        let inside = member.presence == Presence::Inside;
        let namespace = command.command.namespace();
        let allowed = match command.command.needs() {
            _ if !self.room.parameters.tariff.has(namespace) => Err(Refused::Disabled),
            Needs::Nothing => Ok(()),
            _ if !inside => Err(Refused::NotSupported),
            Needs::Inside => Ok(()),
            Needs::Moderator if member.role == Role::Moderator => Ok(()),
            Needs::Moderator => Err(Refused::Code("insufficient_permissions")),
        };
        let deed = self.features.deed(&self.room, &command.command);
        let done = allowed.and_then(|()| match command.command {
            Command::Core(CoreCommand::EnterRoom) => self.enter_room(asking),
            other => self.features.command(&mut self.room, asking, other),
        });
        if let (Ok(()), Some(deed)) = (&done, deed) {
            let by = participant;
            self.room.perform(Effect::Record { by, deed });
        }
        match done {
            Ok(()) => self.room.acknowledge(),
            Err(Refused::NotSupported) => self
                .room
                .reply(connection, "error", &json!({ "error": "not_supported" })),
            // As if it did not exist: so the profile has it for modules that are not there.
            Err(Refused::Disabled) => self.room.reply(
                connection,
                "error",
                &json!({ "error": "unknown_namespace", "invalid_namespace": namespace }),
            ),
            Err(Refused::Code(code)) => {
                self.room
                    .reply(connection, namespace, &json!({ "message": "error", "error": code }));
            }
            Err(Refused::With(code, details)) => {
                let mut payload = json!({ "message": "error", "error": code });
                for (key, value) in details {
                    payload[key] = value;
                }
                self.room.reply(connection, namespace, &payload);
            }
        }
    }

    fn enter_room(&mut self, asking: Asking) -> Result<(), Refused> {
        match self.room.members[&asking.participant].presence {
            Presence::Inside => Err(Refused::Code("already_in_room")),
            // It may have filled while this person was waiting.
            Presence::Waiting { accepted: true } if self.room.is_full() => {
                for connection in self.room.members[&asking.participant].connections.clone() {
                    self.room.reply(connection, "core", &blocked());
                    self.room.close(connection, close::TRY_AGAIN);
                    self.room.disconnect(connection, Leaving::Leave);
                }
                Ok(())
            }
            Presence::Waiting { accepted: true } => {
                self.room.drop_cut_lines(asking.participant);
                let connections = self.room.members[&asking.participant].connections.clone();
                self.room.left_waiting_room(asking.participant, &connections);
                self.enter(asking.participant, &connections);
                Ok(())
            }
            _ => Err(Refused::Code("not_accepted")),
        }
    }

    fn parameters_changed(&mut self, change: ParametersChange) {
        let payload = json!({ "message": "room_parameters_changed", "change": change });
        if let Some(password) = change.password {
            self.room.parameters.password = password;
        }
        if let Some(access) = change.guest_access {
            self.room.parameters.guest_access = access;
        }
        if let (Some(title), Some(event)) = (change.title, &mut self.room.parameters.event) {
            event.title = title;
        }
        self.room.tell_moderators("core", &payload);
        if let Some(needed) = change.screen_share_requires_permission {
            self.room.parameters.screen_share_requires_permission = needed;
            self.room.renew_all_media_permissions();
        }
        if let Some(state) = change.waiting_room {
            self.room.set_waiting_room(state);
        }
    }

    fn close(&mut self, reason: ClosingReason) {
        let code = match reason {
            ClosingReason::GracefulShutdown | ClosingReason::ImmediateShutdown => close::RESTART,
            _ => close::NORMAL,
        };
        self.farewell("core", &json!({ "message": "closing", "reason": reason }), code);
    }

    /// Tells everybody that it is over, closes their connections and ends.
    fn farewell(&mut self, namespace: &str, event: &serde_json::Value, code: u16) {
        let everybody: Vec<ConnectionId> = self.room.sockets.keys().copied().collect();
        self.room.tell_sockets(everybody.as_slice().into(), namespace, event);
        let closed = everybody
            .into_iter()
            .map(|connection| Output::Close { connection, code });
        self.room.out.extend(closed);
        let inside = self.room.people_inside();
        let connections: Vec<ConnectionId> = inside.flat_map(|member| member.connections.clone()).collect();
        self.room.remove_from_media(&connections);
        self.end();
    }
}

fn blocked() -> Value {
    json!({ "message": "join_blocked", "reason": "participant_limit_reached" })
}
