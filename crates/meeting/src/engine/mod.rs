// SPDX-License-Identifier: EUPL-1.2
//! The engine: who comes in, who may do what, what happens when time passes. It knows no feature's rules and nothing
//! of sockets. The one rule: a command reaches a feature only after its role was checked.

mod admission;
mod attendance;
mod media;
mod modules;
mod outbox;
mod people;
mod places;
mod room;
mod schedule;
mod welcome;
mod wire;

use jiff::{SignedDuration, Timestamp};

pub use attendance::Visit;
pub use modules::can_be_disabled;
use outbox::Asked;
pub(crate) use outbox::{Outbox, Owner};
pub(crate) use people::{Member, Presence};
pub(crate) use places::Place;
use room::Departure;
pub(crate) use room::Room;
use schedule::Deadline;
use wire::Event;
pub(crate) use wire::{
    AnyRefusal, Command as CoreCommand, Credentials, Event as CoreEvent, Leaving, Refusal as CoreRefusal, Restriction,
};

use crate::features::{Asking, Command, Features, Kicked, ModerationEvent, Needs, Refused};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::parameters::{MediaKey, Parameters, ParametersChange, Role};
use crate::ports::{ClientCommand, ClosingReason, Effect, Input, Output, close};
use crate::wire::{self as frames, FrameError};

/// One running meeting.
pub struct Meeting {
    room: Room,
    features: Features,
    closes_at: Option<Timestamp>,
    ended: bool,
    refused: bool,
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
            refused: false,
        }
    }

    /// Whether this command leaves something on record, which must be written before anything of it is told.
    pub fn would_record(&mut self, connection: ConnectionId, command: &ClientCommand) -> bool {
        let Some(id) = self.room.sockets.get(&connection) else {
            return false;
        };
        let place = self.room.place_of(self.room.connections[id].participant);
        self.features.deed(&mut self.room, place, &command.command).is_some()
    }

    /// Whether the last input was a command that was refused: it has changed nothing.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.refused
    }

    /// What this meeting has not been told about its room, which is so `now`.
    #[must_use]
    pub fn untold(&self, now: &Parameters) -> ParametersChange {
        ParametersChange::between(&self.room.parameters, now)
    }

    /// When this person was inside; nothing of those who are listed no more.
    pub fn attendance(&self, participant: ParticipantId) -> &[Visit] {
        self.room.attendance.of(participant)
    }

    /// Something happens at `now`; what is to be done comes out, in order.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.pass_time(now);
        self.refused = false;
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
                Deadline::Of(owner) => self.features.woke(&mut self.room, owner),
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
                Some(id) if graceful => self.room.leave(*id),
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
                if let Some(owner) = self.room.asked_by.remove(&id) {
                    self.features.done(&mut self.room, owner, id, &outcome);
                }
                self.room.effect_done(id);
            }
            Input::RightChanged { participant, right } => {
                let place = self.room.place_of(participant);
                self.features.right_changed(&mut self.room, place, participant, right);
            }
            Input::ParametersChanged(change) => self.parameters_changed(change),
            Input::Close(reason) => self.close(reason),
            Input::Debrief => {
                let reason = Kicked::Debriefed;
                self.farewell(&ModerationEvent::Kicked { reason }, close::NORMAL);
            }
            Input::Expel(id) => {
                let reason = Kicked::Kicked;
                self.room.tell_person(id, &ModerationEvent::Kicked { reason });
                self.room.remove(id, Leaving::Kicked);
            }
        }
    }

    /// What follows from people having come or gone.
    fn settle(&mut self) {
        self.follow_moves();
        if !self.room.sockets.is_empty() {
            self.room.schedule.cancel(Deadline::Empty);
        } else if !self.room.schedule.is_set(Deadline::Empty) {
            self.room.schedule.set(Deadline::Empty, self.room.now + limits::EMPTY);
        }
    }

    /// What follows from people being elsewhere: they are let go of where they were, and learn what there is where they are.
    fn follow_moves(&mut self) {
        let departed = std::mem::take(&mut self.room.departed);
        if departed.is_empty() && self.room.closed.is_empty() && self.room.after_moves.is_empty() {
            return;
        }
        for Departure { who, from, gone } in &departed {
            self.features.left(&mut self.room, *from, *who, *gone);
        }
        for departure in departed.iter().filter(|departure| !departure.gone) {
            self.arrive(departure.who, departure.from);
        }
        for removal in std::mem::take(&mut self.room.left_media) {
            self.room.perform(removal);
        }
        for place in std::mem::take(&mut self.room.closed) {
            self.features.close(place);
            self.room.schedule.forget(place);
            self.room.delete_media_room(place);
        }
        for say in std::mem::take(&mut self.room.after_moves) {
            say(&mut self.room);
        }
        for id in self.room.forgettable(|id| self.features.remembers(id)) {
            self.room.forget(id);
            self.features.forget(id);
        }
    }

    fn end(&mut self) {
        self.room.delete_media_rooms();
        self.room.out.push(Output::Ended);
        self.ended = true;
    }

    fn command(&mut self, socket: ConnectionId, command: ClientCommand) {
        let Some(connection) = self.room.sockets.get(&socket).copied() else {
            self.refused = true;
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
            Needs::Moderator => Err(command.command.not_a_moderator().into()),
        };
        let place = self.room.place_of(participant);
        let deed = self.features.deed(&mut self.room, place, &command.command);
        let done = allowed.and_then(|()| match command.command {
            Command::Core(CoreCommand::EnterRoom) => self.enter_room(asking),
            other => self.features.command(&mut self.room, place, asking, other),
        });
        if let (Ok(()), Some(deed)) = (&done, deed) {
            let by = participant;
            self.room.perform(Effect::Record { by, deed });
        }
        self.refused = done.is_err();
        match done {
            Ok(()) => {
                self.follow_moves();
                self.room.acknowledge();
            }
            Err(Refused::NotSupported) => self.room.reply(connection, &FrameError::NotSupported),
            // As if it did not exist: so the profile has it for modules that are not there.
            Err(Refused::Disabled) => {
                let invalid_namespace = namespace.to_owned();
                self.room
                    .reply(connection, &FrameError::UnknownNamespace { invalid_namespace });
            }
            Err(Refused::Said(refusal)) => self.room.refuse(connection, namespace, &refusal),
        }
    }

    fn parameters_changed(&mut self, change: ParametersChange) {
        let event = Event::RoomParametersChanged { change: change.clone() };
        self.room.parameters.change(&change);
        self.room.tell_moderators(&event);
        if let Some(needed) = change.screen_share_requires_permission {
            self.room.screen_share_needs_permission(needed);
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
        self.farewell(&Event::Closing { reason }, code);
    }

    /// Tells everybody that it is over, closes their connections and ends.
    fn farewell(&mut self, event: &impl frames::Event, code: u16) {
        let everybody: Vec<ConnectionId> = self.room.sockets.keys().copied().collect();
        self.room.tell_groups([everybody.as_slice().into()], event);
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
