// SPDX-License-Identifier: EUPL-1.2
//! Breakout rooms: which there are, who goes where, until when. What is said and heard in a room is its features' and
//! the media server's. The one rule: when they close, everybody is back in the main room, and nothing of them is left.

mod wire;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Act, Asking, Deed, Feature, Needs};
use crate::engine::{AnyRefusal, Member, Outbox, Place, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::names::is_readable;
use crate::parameters::{Dialect, Role};
use crate::wire::Nothing;
pub(crate) use wire::Event;
use wire::{Command, Open, Peer, Refusal, Snapshot, Wanted};

pub(crate) use wire::Switched;

#[derive(Default)]
pub(crate) struct Breakout {
    running: Option<Running>,
}

struct Running {
    /// By id.
    rooms: Vec<Open>,
    expires: Option<Timestamp>,
    assignments: BTreeMap<ParticipantId, u32>,
    assigned_only: bool,
}

impl Running {
    fn room(&mut self, id: u32) -> Result<&mut Open, Refusal> {
        let index = usize::try_from(id).ok();
        index
            .and_then(|index| self.rooms.get_mut(index))
            .ok_or(Refusal::UnknownBreakoutId)
    }

    fn knows(&mut self, place: Place) -> Result<(), Refusal> {
        match place {
            Place::Main => Ok(()),
            Place::Breakout(id) => self.room(id).map(drop),
        }
    }

    /// Nobody need come any more.
    fn end_call(&mut self, room: &mut Outbox<'_>, id: u32, participant_id: ParticipantId) {
        let standing = self.room(id).ok().and_then(|open| open.help_since.take());
        if standing.is_some() {
            tell_of_help(room, id, &Event::CallEnded { id, participant_id });
        }
    }
}

fn named(name: &str) -> Result<(), Refusal> {
    let max_length = limits::ROOM_NAME;
    match name.len() <= max_length && is_readable(name) {
        true => Ok(()),
        false => Err(Refusal::InvalidName { max_length }),
    }
}

fn limited(seconds: u32) -> Result<SignedDuration, Refusal> {
    let max_duration = limits::DURATION;
    match seconds <= max_duration {
        true => Ok(SignedDuration::from_secs(seconds.into())),
        false => Err(Refusal::InvalidDuration { max_duration }),
    }
}

/// Who goes where, if rooms can be so.
fn assigned(room: &Room, wanted: &[Wanted]) -> Result<BTreeMap<ParticipantId, u32>, Refusal> {
    if wanted.is_empty() {
        return Err(Refusal::InvalidSelection);
    }
    if wanted.len() > limits::BREAKOUT_ROOMS {
        return Err(Refusal::TooManyRooms);
    }
    let mut assignments = BTreeMap::new();
    for (id, wanted) in (0..).zip(wanted) {
        named(&wanted.name)?;
        for participant_id in wanted.assignments.iter().copied() {
            if room.member(participant_id).is_none() {
                return Err(Refusal::UnknownParticipant { participant_id });
            }
            if assignments.insert(participant_id, id).is_some() {
                return Err(Refusal::InvalidSelection);
            }
        }
    }
    Ok(assignments)
}

fn tell_of_help(room: &mut Outbox<'_>, id: u32, event: &Event) {
    let concerned = |member: &Member| member.role == Role::Moderator || member.place == Place::Breakout(id);
    room.tell_knowing(Dialect::July, concerned, event);
}

impl Breakout {
    fn running(&mut self) -> Result<&mut Running, Refusal> {
        self.running.as_mut().ok_or(Refusal::BreakoutInactive)
    }

    /// Brings people to a place, where they are not there yet.
    fn bring(running: &mut Running, room: &mut Outbox<'_>, people: &[ParticipantId], place: Place) {
        for id in people {
            room.set_peer::<Self>(*id, Some(&Peer { room: place }));
        }
        room.move_to(people, place);
        if let Place::Breakout(id) = place
            && let Some(moderator) = people.iter().find(|id| room.is_moderator(**id))
        {
            running.end_call(room, id, *moderator);
        }
    }

    fn start(&mut self, room: &mut Outbox<'_>, by: ParticipantId, running: Running, move_assigned: bool) {
        room.wake_at(running.expires);
        let everybody: Vec<ParticipantId> = room.people_inside().map(|member| member.id).collect();
        for id in everybody {
            room.set_peer::<Self>(id, Some(&Peer { room: Place::Main }));
        }
        let ids = running.rooms.iter().map(|open| open.id);
        for assignment in ids.clone().map(Some).chain([None]) {
            let event = Event::Started {
                started_by: by,
                rooms: running.rooms.clone(),
                expires_at: running.expires,
                assignment,
                assigned_only: running.assigned_only,
            };
            room.tell_some(
                |member| running.assignments.get(&member.id).copied() == assignment,
                &event,
            );
        }
        let mut running = running;
        if move_assigned {
            for id in 0..u32::try_from(running.rooms.len()).unwrap_or_default() {
                let here = running.assignments.iter().filter(|(_, room)| **room == id);
                let here: Vec<ParticipantId> = here
                    .map(|(who, _)| *who)
                    .filter(|who| room.inside(*who).is_some())
                    .collect();
                Self::bring(&mut running, room, &here, Place::Breakout(id));
            }
        }
        self.running = Some(running);
    }

    fn close(&mut self, room: &mut Outbox<'_>, issued_by: Option<ParticipantId>) {
        let Some(running) = self.running.take() else { return };
        room.wake_at(None);
        room.tell_all(&Event::Closing { issued_by });
        let everybody: Vec<ParticipantId> = room.people_inside().map(|member| member.id).collect();
        for id in &everybody {
            room.set_peer::<Self>(*id, None);
        }
        room.move_to(&everybody, Place::Main);
        room.close_places(running.rooms.iter().map(|open| Place::Breakout(open.id)));
        room.once_moved(|room| room.tell_all(&Event::Closed));
    }
}

impl Feature for Breakout {
    const NAMESPACE: &'static str = "breakout";
    const NOT_A_MODERATOR: AnyRefusal = AnyRefusal::InsufficientPermission;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"start","rooms":[{"name":"North","assignments":[]},{"name":"South"}],"duration":600}"#,
        r#"{"action":"switch_room","kind":"breakout","id":0}"#,
        r#"{"action":"move_participants","participants":[],"kind":"main"}"#,
        r#"{"action":"rename_room","id":0,"name":"East"}"#,
        r#"{"action":"call_for_help"}"#,
        r#"{"action":"withdraw_call"}"#,
        r#"{"action":"stop","delay":60}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Peer;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::SwitchRoom(_) | Command::CallForHelp | Command::WithdrawCall => Needs::Inside,
            Command::Start { .. }
            | Command::MoveParticipants { .. }
            | Command::RenameRoom { .. }
            | Command::Stop { .. } => Needs::Moderator,
        }
    }

    fn deed(&self, room: &Room, command: &Command) -> Option<Deed> {
        match command {
            Command::Start { .. } if self.running.is_none() => Some(Deed::new(Act::BreakoutStarted)),
            Command::Stop { .. } if self.running.is_some() => Some(Deed::new(Act::BreakoutStopped)),
            Command::MoveParticipants { participants, to } if self.running.is_some() => {
                let elsewhere = |id: &ParticipantId| room.inside(*id).is_some_and(|member| member.place != *to);
                let moved: Vec<ParticipantId> = participants.iter().copied().filter(elsewhere).collect();
                (!moved.is_empty()).then(|| Deed::new(Act::MovedToRoom).on(moved))
            }
            _ => None,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let who = from.participant;
        match command {
            Command::Start {
                rooms,
                duration,
                move_assigned,
                assigned_only,
            } => {
                if self.running.is_some() {
                    return Err(Refusal::AlreadyActive);
                }
                let assignments = assigned(room, &rooms)?;
                let duration = duration.map(|seconds| limited(seconds.max(limits::BREAKOUT_SECONDS)));
                let running = Running {
                    expires: duration.transpose()?.map(|duration| room.now + duration),
                    rooms: (0..)
                        .zip(rooms)
                        .map(|(id, Wanted { name, .. })| Open {
                            id,
                            name,
                            help_since: None,
                        })
                        .collect(),
                    assignments,
                    assigned_only,
                };
                self.start(room, who, running, move_assigned);
            }
            Command::SwitchRoom(place) => {
                let moderates = room.is_moderator(who);
                let running = self.running()?;
                running.knows(place)?;
                if room.place_of(who) == place {
                    return Err(Refusal::AlreadyInRoom);
                }
                if let Place::Breakout(id) = place
                    && running.assigned_only
                    && !moderates
                    && running.assignments.get(&who) != Some(&id)
                {
                    return Err(Refusal::InsufficientPermission);
                }
                Self::bring(running, room, &[who], place);
            }
            Command::MoveParticipants { participants, to } => {
                let running = self.running()?;
                running.knows(to)?;
                let unknown = participants.iter().find(|id| room.inside(**id).is_none());
                if let Some(participant_id) = unknown.copied() {
                    return Err(Refusal::UnknownParticipant { participant_id });
                }
                if let (Place::Breakout(id), true) = (to, running.assigned_only) {
                    running.assignments.extend(participants.iter().map(|who| (*who, id)));
                }
                let people: Vec<ParticipantId> = participants.into_iter().collect();
                Self::bring(running, room, &people, to);
            }
            Command::RenameRoom { id, name } => {
                let open = self.running()?.room(id)?;
                named(&name)?;
                open.name.clone_from(&name);
                let issued_by = who;
                room.tell_knowing(Dialect::July, |_| true, &Event::RoomRenamed { id, name, issued_by });
            }
            Command::CallForHelp | Command::WithdrawCall => {
                let running = self.running()?;
                let Place::Breakout(id) = room.place_of(who) else {
                    return Err(Refusal::NotInBreakoutRoom);
                };
                if matches!(command, Command::WithdrawCall) {
                    running.end_call(room, id, who);
                    return Ok(());
                }
                let open = running.room(id)?;
                if open.help_since.is_none() {
                    open.help_since = Some(room.now);
                    let participant_id = who;
                    tell_of_help(room, id, &Event::HelpCalled { id, participant_id });
                }
            }
            Command::Stop { delay } => {
                let running = self.running()?;
                match limited(delay.unwrap_or_default())? {
                    SignedDuration::ZERO => self.close(room, Some(who)),
                    delay => {
                        let stops_at = room.now + delay;
                        running.expires = Some(stops_at);
                        room.wake_at(running.expires);
                        let issued_by = who;
                        room.tell_all(&Event::CloseNotice { issued_by, stops_at });
                    }
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, room: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        let running = self.running.as_ref()?;
        let place = room.place_of(who);
        room.set_peer::<Self>(who, Some(&Peer { room: place }));
        Some(Snapshot {
            room: place,
            rooms: running.rooms.clone(),
            expires: running.expires,
            assignment: running.assignments.get(&who).copied(),
            assigned_only: running.assigned_only,
        })
    }

    fn arrived(&mut self, room: &mut Outbox<'_>, who: ParticipantId, connection: ConnectionId) -> Option<Snapshot> {
        self.joined(room, who, connection)
    }

    fn left(&mut self, room: &mut Outbox<'_>, who: ParticipantId) {
        room.set_peer::<Self>(who, None);
    }

    fn woke(&mut self, room: &mut Outbox<'_>) {
        self.close(room, None);
    }

    fn forget(&mut self, who: ParticipantId) {
        if let Some(running) = &mut self.running {
            running.assignments.remove(&who);
        }
    }
}
