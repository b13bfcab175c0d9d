// SPDX-License-Identifier: EUPL-1.2
//! What is sent to whom, and when: an announcement of what the media server has to do is held until it has done it. The
//! one rule: nothing of the meeting is sent to somebody who waits. A command with a number is answered once: by what it
//! asked for, by a refusal, or by an acknowledgement.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::people::{Connection, Member};
use super::places::Place;
use super::room::Room;
use super::schedule::Deadline;
use crate::features::{Asking, EchoEvent};
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::{Dialect, Role};
use crate::ports::{Effect, Output};
use crate::wire::{self, Event};

/// A command that its sender has numbered, and that nothing has answered yet.
#[derive(Clone, Copy)]
pub struct Asked {
    pub connection: ConnectionId,
    pub number: u64,
}

/// Says something later.
pub type Say = Box<dyn FnOnce(&mut Room) + Send>;

/// What is said once these effects are done.
pub struct Held {
    waits_for: BTreeSet<EffectId>,
    asked: Option<Asked>,
    say: Say,
}

impl Room {
    fn send(&mut self, to: Arc<[ConnectionId]>, event: &impl Event, transaction: Option<u64>) {
        if !to.is_empty() {
            let frame = wire::encode(self.now, event, transaction);
            self.out.push(Output::Send { to, frame });
        }
    }

    /// Closes what carries this connection, after everything said before.
    pub fn close(&mut self, connection: ConnectionId, code: u16) {
        if let Some(connection) = self.connections.get(&connection).and_then(Connection::socket) {
            self.out.push(Output::Close { connection, code });
        }
    }

    /// The sockets of everybody inside, or of those in one place.
    fn audience(&mut self, place: Option<Place>) -> Arc<[ConnectionId]> {
        if let Some(known) = self.audiences.get(&place) {
            return known.clone();
        }
        let here = self
            .people_inside()
            .filter(|member| place.is_none_or(|place| member.place == place));
        let sockets: Arc<[ConnectionId]> = here.flat_map(|member| member.sockets.iter().copied()).collect();
        self.audiences.insert(place, sockets.clone());
        sockets
    }

    /// To everybody inside, wherever they are.
    pub fn tell_all(&mut self, event: &impl Event) {
        let to = self.audience(None);
        self.send(to, event, None);
    }

    /// To everybody inside whom `choose` picks.
    pub fn tell_some(&mut self, choose: impl Fn(&Member) -> bool, event: &impl Event) {
        let chosen = self.people_inside().filter(|member| choose(member));
        let to = chosen.flat_map(|member| member.sockets.iter().copied()).collect();
        self.send(to, event, None);
    }

    pub fn tell_moderators(&mut self, event: &impl Event) {
        self.tell_some(|member| member.role == Role::Moderator, event);
    }

    /// To all windows of one person, waiting or inside.
    pub fn tell_person(&mut self, id: ParticipantId, event: &impl Event) {
        self.tell_people(&[id], event);
    }

    /// To all windows of who sent a command, but for the one it came from.
    pub fn tell_other_windows(&mut self, from: Asking, event: &impl Event) {
        let Some(member) = self.members.get(&from.participant) else {
            return;
        };
        let own = self.connections.get(&from.connection).and_then(Connection::socket);
        let others = member.sockets.iter().copied().filter(|socket| Some(*socket) != own);
        let to = others.collect();
        self.send(to, event, None);
    }

    /// To all windows of these people, waiting or inside, one person after the other.
    pub fn tell_people(&mut self, people: &[ParticipantId], event: &impl Event) {
        let sockets = |id: &ParticipantId| self.members.get(id).map(|member| member.sockets.as_slice().into());
        let groups: Vec<Arc<[ConnectionId]>> = people.iter().filter_map(sockets).collect();
        self.tell_groups(groups, event);
    }

    /// To these sockets, whoever they are of.
    pub(super) fn tell_groups(&mut self, groups: impl IntoIterator<Item = Arc<[ConnectionId]>>, event: &impl Event) {
        let mut frame = None;
        for to in groups.into_iter().filter(|to| !to.is_empty()) {
            let frame = frame.get_or_insert_with(|| wire::encode(self.now, event, None));
            let frame = frame.clone();
            self.out.push(Output::Send { to, frame });
        }
    }

    /// To one connection, as the answer to its command; an answer that was held may find it gone.
    pub fn reply(&mut self, to: ConnectionId, event: &impl Event) {
        if let Some(socket) = self.connections.get(&to).and_then(Connection::socket) {
            let number = self.number_for(to);
            self.send(Arc::new([socket]), event, number);
        }
    }

    /// To a socket that is not let in.
    pub fn turn_away(&mut self, socket: ConnectionId, event: &impl Event) {
        self.send(Arc::new([socket]), event, None);
    }

    /// The number of the command that a frame to this connection answers; it is answered with that.
    fn number_for(&mut self, to: ConnectionId) -> Option<u64> {
        self.asked
            .take_if(|asked| asked.connection == to)
            .map(|asked| asked.number)
    }

    /// Says that a command is carried out, where nothing else has answered it. As a pong: whoever numbers commands learns
    /// it by the number, and to other front ends it is a heartbeat.
    pub(super) fn acknowledge(&mut self) {
        if let Some(asked) = self.asked {
            self.reply(asked.connection, &EchoEvent::Pong);
        }
    }

    /// To one connection: its command, of this module, is refused.
    pub fn refuse(&mut self, to: ConnectionId, namespace: &str, refusal: &RawValue) {
        if let Some(socket) = self.connections.get(&to).and_then(Connection::socket) {
            let number = self.number_for(to);
            let frame = wire::refusal(namespace, self.now, refusal, number);
            let to = Arc::new([socket]);
            self.out.push(Output::Send { to, frame });
        }
    }

    /// To everybody inside whom `choose` picks, to those whose front end knows these words.
    pub fn tell_knowing(&mut self, dialect: Dialect, choose: impl Fn(&Member) -> bool, event: &impl Event) {
        let chosen = self.people_inside().filter(|member| choose(member));
        let connections = chosen.flat_map(|member| member.connections.iter().map(|id| &self.connections[id]));
        let to = connections
            .filter(|connection| connection.dialect == dialect)
            .filter_map(Connection::socket)
            .collect();
        self.send(to, event, None);
    }

    /// Says something once the media server has done these effects, and never before what is held already.
    pub fn once_done(
        &mut self,
        effects: impl IntoIterator<Item = EffectId>,
        say: impl FnOnce(&mut Room) + Send + 'static,
    ) {
        let waits_for: BTreeSet<EffectId> = effects.into_iter().collect();
        if waits_for.is_empty() && self.held.is_empty() {
            return say(self);
        }
        self.held.push_back(Held {
            waits_for,
            asked: self.asked.take(),
            say: Box::new(say),
        });
    }

    /// An effect is done, or cannot be done: whoever is not in the media room gets it with their token.
    pub fn effect_done(&mut self, id: EffectId) {
        for held in &mut self.held {
            held.waits_for.remove(&id);
        }
        self.say_held();
    }

    fn say_held(&mut self) {
        while let Some(next) = self.held.pop_front_if(|next| next.waits_for.is_empty()) {
            let now = std::mem::replace(&mut self.asked, next.asked);
            (next.say)(self);
            self.acknowledge();
            self.asked = now;
        }
    }
}

/// Whose something is: a feature's, and of which place where there is one of it in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub namespace: &'static str,
    pub place: Option<Place>,
}

/// The meeting as one feature deals with it: whoever is inside here is in the feature's place, what is said is heard
/// there only, and what is asked for or waited for is answered to this feature.
pub(crate) struct Outbox<'a> {
    room: &'a mut Room,
    owner: Owner,
}

impl Deref for Outbox<'_> {
    type Target = Room;

    fn deref(&self) -> &Room {
        self.room
    }
}

impl DerefMut for Outbox<'_> {
    fn deref_mut(&mut self) -> &mut Room {
        self.room
    }
}

impl<'a> Outbox<'a> {
    pub fn new(room: &'a mut Room, owner: Owner) -> Outbox<'a> {
        Outbox { room, owner }
    }

    fn is_here(&self, member: &Member) -> bool {
        self.owner.place.is_none_or(|place| member.place == place)
    }

    pub fn inside(&self, id: ParticipantId) -> Option<&Member> {
        self.room.inside(id).filter(|member| self.is_here(member))
    }

    pub fn tell_all(&mut self, event: &impl Event) {
        let to = self.room.audience(self.owner.place);
        self.room.send(to, event, None);
    }

    pub fn tell_some(&mut self, choose: impl Fn(&Member) -> bool, event: &impl Event) {
        let place = self.owner.place;
        let here = |member: &Member| place.is_none_or(|place| member.place == place) && choose(member);
        self.room.tell_some(here, event);
    }

    /// Asks the world for something; the answer comes to [`Feature::done`](crate::features::Feature::done).
    pub fn perform(&mut self, effect: Effect) -> EffectId {
        let id = self.room.perform(effect);
        self.room.asked_by.insert(id, self.owner);
        id
    }

    /// When [`Feature::woke`](crate::features::Feature::woke) is called next; replaces the instant asked for before.
    pub fn wake_at(&mut self, at: Option<Timestamp>) {
        let deadline = Deadline::Of(self.owner);
        match at {
            Some(at) => self.room.schedule.set(deadline, at),
            None => self.room.schedule.cancel(deadline),
        }
    }

    /// As [`Room::once_done`], from here.
    pub fn once_done(
        &mut self,
        effects: impl IntoIterator<Item = EffectId>,
        say: impl FnOnce(&mut Outbox<'_>) + Send + 'static,
    ) {
        let owner = self.owner;
        self.room
            .once_done(effects, move |room| say(&mut Outbox::new(room, owner)));
    }
}
