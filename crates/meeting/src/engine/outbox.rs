// SPDX-License-Identifier: EUPL-1.2
//! What is sent to whom, and when: an announcement of what the media server has to do is held until it has done it. The
//! one rule: nothing of the meeting is sent to somebody who waits. A command with a number is answered once: by what it
//! asked for, by a refusal, or by an acknowledgement.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::people::{Connection, Member};
use super::room::Room;
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::{Dialect, Role};
use crate::ports::Output;
use crate::wire;

/// A command that its sender has numbered, and that nothing has answered yet.
#[derive(Clone, Copy)]
pub struct Asked {
    pub connection: ConnectionId,
    pub number: u64,
}

/// What is said once these effects are done.
pub struct Held {
    waits_for: BTreeSet<EffectId>,
    asked: Option<Asked>,
    say: Box<dyn FnOnce(&mut Room) + Send>,
}

impl Room {
    fn send(&mut self, to: Arc<[ConnectionId]>, namespace: &str, payload: &impl Serialize, transaction: Option<u64>) {
        if !to.is_empty() {
            let frame = wire::encode(namespace, self.now, payload, transaction);
            self.out.push(Output::Send { to, frame });
        }
    }

    /// To these sockets, whoever they are of.
    pub fn tell_sockets(&mut self, to: Arc<[ConnectionId]>, namespace: &str, payload: &impl Serialize) {
        self.send(to, namespace, payload, None);
    }

    /// Closes what carries this connection, after everything said before.
    pub fn close(&mut self, connection: ConnectionId, code: u16) {
        if let Some(connection) = self.connections.get(&connection).and_then(Connection::socket) {
            self.out.push(Output::Close { connection, code });
        }
    }

    /// To everybody inside.
    pub fn tell_all(&mut self, namespace: &str, payload: &impl Serialize) {
        let to = match &self.inside {
            Some(to) => to.clone(),
            None => {
                let to: Arc<[ConnectionId]> = self
                    .people_inside()
                    .flat_map(|member| self.sockets_of(member))
                    .collect();
                self.inside = Some(to.clone());
                to
            }
        };
        self.send(to, namespace, payload, None);
    }

    /// To everybody inside whom `choose` picks.
    pub fn tell_some(&mut self, choose: impl Fn(&Member) -> bool, namespace: &str, payload: &impl Serialize) {
        let to = self
            .people_inside()
            .filter(|m| choose(m))
            .flat_map(|member| self.sockets_of(member))
            .collect();
        self.send(to, namespace, payload, None);
    }

    pub fn tell_moderators(&mut self, namespace: &str, payload: &impl Serialize) {
        self.tell_some(|member| member.role == Role::Moderator, namespace, payload);
    }

    /// To all windows of one person, waiting or inside.
    pub fn tell_person(&mut self, id: ParticipantId, namespace: &str, payload: &impl Serialize) {
        let to = self.member(id).map(|member| self.sockets_of(member).collect());
        self.send(to.unwrap_or_default(), namespace, payload, None);
    }

    /// To one window of somebody.
    pub fn tell_window(&mut self, to: ConnectionId, namespace: &str, payload: &impl Serialize) {
        if let Some(socket) = self.connections.get(&to).and_then(Connection::socket) {
            self.send(Arc::new([socket]), namespace, payload, None);
        }
    }

    /// To one connection, as the answer to its command; an answer that was held may find it gone.
    pub fn reply(&mut self, to: ConnectionId, namespace: &str, payload: &impl Serialize) {
        if let Some(socket) = self.connections.get(&to).and_then(Connection::socket) {
            let number = self.number_for(to);
            self.send(Arc::new([socket]), namespace, payload, number);
        }
    }

    /// To a socket that is not let in.
    pub fn turn_away(&mut self, socket: ConnectionId, namespace: &str, payload: &impl Serialize) {
        self.send(Arc::new([socket]), namespace, payload, None);
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
            self.reply(asked.connection, "echo", &json!({ "message": "pong" }));
        }
    }

    pub fn reply_encoded(&mut self, to: ConnectionId, namespace: &str, payload: &str) {
        if let Some(socket) = self.connections.get(&to).and_then(Connection::socket) {
            let number = self.number_for(to);
            let frame = wire::envelope(namespace, self.now, payload, number);
            let to = Arc::new([socket]);
            self.out.push(Output::Send { to, frame });
        }
    }

    /// To everybody inside whom `choose` picks, to those whose front end knows these words.
    pub fn tell_knowing(
        &mut self,
        dialect: Dialect,
        choose: impl Fn(&Member) -> bool,
        namespace: &str,
        payload: &impl Serialize,
    ) {
        let chosen = self.people_inside().filter(|member| choose(member));
        let connections = chosen.flat_map(|member| member.connections.iter().map(|id| &self.connections[id]));
        let to = connections
            .filter(|connection| connection.dialect == dialect)
            .filter_map(Connection::socket)
            .collect();
        self.send(to, namespace, payload, None);
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
