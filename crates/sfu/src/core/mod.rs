// SPDX-License-Identifier: EUPL-1.2
//! The SFU as a value: rooms, and which of their transports a datagram is for.
//!
//! No socket, no clock, no task: time and datagrams come in, [`Outputs`] go out. A room knows nothing
//! of other rooms, so that rooms can be spread over several cores. A panic costs the room that it
//! happens in and no other. The rule: after every call of [`Core::handle`] comes one of
//! [`Core::settle`] before anything is sent.

mod bandwidth;
mod clock;
mod control;
mod data;
mod dependency;
mod dynacast;
mod forward;
mod forwarder;
mod ids;
mod keyframe;
mod negotiate;
mod participant;
mod parts;
mod places;
mod police;
mod publish;
mod quality;
mod rewrite;
mod room;
pub mod sdp;
mod signal;
mod speakers;
mod stun;
mod subscribe;
#[cfg(test)]
mod tests;
mod track;
mod transport;
mod turn;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use str0m::net::Receive;

use crate::admission::Joining;
use crate::api::{Key, Permission};
use crate::connection::Frame;
use crate::limits;
use crate::proto::{self, DisconnectReason, LeaveRequest, leave_request, signal_response::Message};
use crate::request::Asked;
use ids::{Arena, PersonId, RoomId, TransportId};
use police::Kind;
use room::Room;
use str0m::config::DtlsCert;
pub use turn::{Allowance, ConnectionId, Outputs, Way};
use turn::{End, Note, Shared, Turn};

/// What a core is made with.
pub struct Settings {
    pub keys: Vec<Key>,
    /// Addresses that clients can reach, with the port.
    pub candidates: Vec<SocketAddr>,
    /// They can be reached over TCP as well.
    pub tcp: bool,
    pub certificate: Option<DtlsCert>,
    /// Different for every process; sids grow from it.
    pub seed: u64,
}

/// Something that happens.
pub enum Input<'a> {
    /// A datagram came in, or as much over TCP.
    Datagram { source: Way, bytes: &'a [u8] },
    /// Time passed: see [`Core::next_wake`].
    Timeout,
    /// An admitted client opened its signaling connection.
    Connect {
        connection: ConnectionId,
        joining: Box<Joining>,
    },
    /// A frame from a client and what it has paid for it; `text`: it was JSON.
    Frame {
        connection: ConnectionId,
        asked: Asked,
        cost: f64,
        text: bool,
    },
    /// The signaling connection is closed.
    Disconnect { connection: ConnectionId },
}

/// All rooms of one shard.
pub struct Core {
    shared: Shared,
    rooms: Arena<Room>,
    names: HashMap<String, RoomId>,
    connections: FxHashMap<ConnectionId, (RoomId, PersonId)>,
    addresses: FxHashMap<End, Served>,
    ufrags: HashMap<String, (RoomId, TransportId)>,
    wakes: BinaryHeap<Reverse<(Instant, RoomId, TransportId)>>,
    /// Room and identity: since when (our clock) tokens made until when (milliseconds since 1970) are void.
    revoked: HashMap<(String, String), (Instant, u64)>,
    /// Room and identity: what the server decided, and until when older tokens say otherwise in vain.
    decided: HashMap<(String, String), Decision>,
    notes: Vec<Note>,
    touched: Vec<RoomId>,
    /// How often turns were ended.
    settled: usize,
    next_tick: Instant,
}

/// Whose datagrams come from an address.
#[derive(Clone, Copy)]
struct Served {
    room: RoomId,
    transport: TransportId,
    /// The last ICE check from there for this transport.
    checked: Instant,
    /// At which of our addresses it arrived.
    local: Option<IpAddr>,
}

/// What the server beside the SFU decided that somebody may do.
struct Decision {
    /// On our clock.
    at: Instant,
    /// In milliseconds since 1970, as tokens say when they were made.
    made_ms: u64,
    permission: Permission,
}

/// An address is not taken from a connected transport that sent an ICE check from there so recently: clients check
/// every 2.5 to 6 seconds, and anybody can write a foreign source address on a check of their own.
const CONSENT: Duration = Duration::from_secs(10);

/// The certificate for all transports of this process.
pub fn certificate() -> Option<DtlsCert> {
    parts::cryptography().dtls_provider.generate_certificate()
}

impl Core {
    pub fn new(settings: Settings, now: Instant) -> Self {
        let Settings {
            keys,
            candidates,
            tcp,
            certificate,
            seed,
        } = settings;
        Self {
            shared: Shared {
                keys,
                candidates,
                tcp,
                certificate,
                cryptography: Arc::new(parts::cryptography()),
                seed,
                unix: (now, 0),
            },
            rooms: Arena::default(),
            names: HashMap::new(),
            connections: FxHashMap::default(),
            addresses: FxHashMap::default(),
            ufrags: HashMap::new(),
            wakes: BinaryHeap::new(),
            revoked: HashMap::new(),
            decided: HashMap::new(),
            notes: Vec::new(),
            touched: Vec::new(),
            settled: 0,
            next_tick: now + room::TICK,
        }
    }

    /// When [`Input::Timeout`] is due. `None`: nothing is planned.
    pub fn next_wake(&self) -> Option<Instant> {
        let tick = (!self.rooms.is_empty()).then_some(self.next_tick);
        let wake = self.wakes.peek().map(|Reverse((at, ..))| *at);
        [tick, wake].into_iter().flatten().min()
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Outputs) {
        match input {
            Input::Datagram { source, bytes } => self.datagram(now, source, bytes, out),
            Input::Timeout => self.timeout(now, out),
            Input::Connect { connection, joining } => self.connect(now, connection, *joining, out),
            Input::Frame {
                connection,
                asked,
                cost,
                text,
            } => self.frame(now, connection, (asked, cost, text), out),
            Input::Disconnect { connection } => {
                if let Some((room, id)) = self.connections.remove(&connection) {
                    self.turn(now, room, out, |room, turn| {
                        room.disconnected(turn, id);
                        room.flush_updates(turn, false);
                    });
                }
            }
        }
    }

    /// Ends a turn: transports that were written to send what they have.
    pub fn settle(&mut self, now: Instant, out: &mut Outputs) {
        self.settled = self.settled.wrapping_add(1);
        let first = self.settled % self.touched.len().max(1);
        self.touched.rotate_left(first);
        while let Some(room) = self.touched.pop() {
            self.turn_quietly(now, room, out, Room::drive);
            let empty = self.rooms.get(room).is_some_and(|room| room.participants.is_empty());
            if empty && let Some(room) = self.rooms.remove(room) {
                self.names.remove(&room.name);
            }
        }
    }

    /// Lets a room act, then applies what it noted. `None`: there is no such room, or it panicked and is gone.
    fn turn<T>(
        &mut self,
        now: Instant,
        room: RoomId,
        out: &mut Outputs,
        act: impl FnOnce(&mut Room, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let result = self.turn_quietly(now, room, out, act);
        if self.touched.last() != Some(&room) {
            self.touched.push(room);
        }
        result
    }

    fn turn_quietly<T>(
        &mut self,
        now: Instant,
        id: RoomId,
        out: &mut Outputs,
        act: impl FnOnce(&mut Room, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let room = self.rooms.get_mut(id)?;
        let mut turn = Turn {
            now,
            shared: &mut self.shared,
            out,
            notes: &mut self.notes,
        };
        let Ok(result) = catch_unwind(AssertUnwindSafe(|| act(room, &mut turn))) else {
            self.give_up(id, out);
            return None;
        };
        for note in self.notes.drain(..) {
            match note {
                Note::Wake(transport, at) => self.wakes.push(Reverse((at, id, transport))),
                Note::Ufrag(transport, ufrag) => {
                    self.ufrags.insert(ufrag, (id, transport));
                }
                Note::Closed(transport) => {
                    self.ufrags.retain(|_, owner| *owner != (id, transport));
                    self.addresses
                        .retain(|_, served| (served.room, served.transport) != (id, transport));
                }
                Note::Disconnected(connection) => {
                    self.connections.remove(&connection);
                }
            }
        }
        Some(result)
    }

    /// A room panicked: nobody knows what state it is in, so it goes, and its people are sent to start anew.
    fn give_up(&mut self, id: RoomId, out: &mut Outputs) {
        tracing::error!("a media room failed and was closed; its people connect anew");
        self.notes.clear();
        self.connections.retain(|connection, (room, person)| {
            if *room != id {
                return true;
            }
            let person = self.rooms.get(id).and_then(|room| room.participants.get(*person));
            let text = person.is_some_and(|person| person.signal.text);
            let (reason, action) = (DisconnectReason::MediaFailure, leave_request::Action::Reconnect);
            farewell(*connection, reason, action, text, out);
            false
        });
        self.ufrags.retain(|_, (room, _)| *room != id);
        self.addresses.retain(|_, served| served.room != id);
        let Some(room) = self.rooms.remove(id) else { return };
        self.names.remove(&room.name);
        // What is broken may break once more while it is taken apart.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(room)));
    }

    fn datagram(&mut self, now: Instant, source: Way, bytes: &[u8], out: &mut Outputs) {
        out.traffic.received += 1;
        let known = self.addresses.get(&source.end()).copied();
        // A check names its transport; the address may have belonged to another before.
        let check = unharmed(|| stun::read_check(bytes)).flatten();
        let place = known.map(|served| (served.room, served.transport));
        let owner = check.map_or(place, |ufrag| self.ufrags.get(ufrag).copied());
        let Some((room, transport)) = owner else { return };
        if known.is_some_and(|served| place != owner && self.is_in_use(now, served)) {
            return;
        }
        let destination = self.destination(source);
        let moves = check.is_some() && place != owner;
        let admitted = |room: &mut Room| {
            let police = &mut room.transports.get_mut(transport)?.police;
            Some(police.admits(now, bytes) && (!moves || police.may_move()))
        };
        if self.rooms.get_mut(room).and_then(admitted) != Some(true) {
            out.traffic.refused += 1;
            return;
        }
        let receive = unharmed(|| Receive::new(source.protocol(), source.remote, destination, bytes).ok());
        let Some(receive) = receive.flatten() else { return };
        self.turn(now, room, out, |room, turn| {
            room.input(turn, transport, str0m::Input::Receive(now, receive));
            if Kind::of(bytes) == Kind::Record {
                room.pay_for_parts(turn, transport);
            }
        });
        if check.is_some() && (place == owner || self.verified(now, owner, source, destination)) {
            let checked = now;
            let served = Served {
                room,
                transport,
                checked,
                local: source.local,
            };
            self.addresses.insert(source.end(), served);
            if moves {
                self.moved(source.end(), served);
            }
        }
    }

    /// A transport is heard from one more address. With too many, the one that was checked longest ago is forgotten.
    fn moved(&mut self, to: End, served: Served) {
        let room = self.rooms.get_mut(served.room);
        let Some(transport) = room.and_then(|room| room.transports.get_mut(served.transport)) else {
            return;
        };
        transport.police.moved(to);
        let addresses = &mut transport.police.addresses;
        let checked = |address: &End| {
            let owner = self.addresses.get(address)?;
            (owner.room == served.room && owner.transport == served.transport).then_some(owner.checked)
        };
        addresses.retain(|address| checked(address).is_some());
        if addresses.len() <= limits::ADDRESSES {
            return;
        }
        let oldest = addresses
            .iter()
            .copied()
            .filter(|address| *address != to)
            .min_by_key(checked);
        if let Some(oldest) = oldest {
            addresses.retain(|address| *address != oldest);
            self.addresses.remove(&oldest);
        }
    }

    /// Whether an address belongs to somebody who is connected and was heard from there lately.
    fn is_in_use(&self, now: Instant, served: Served) -> bool {
        let room = self.rooms.get(served.room);
        let transport = room.and_then(|room| room.transports.get(served.transport));
        let lately = now.saturating_duration_since(served.checked) < CONSENT;
        lately && transport.is_some_and(|transport| transport.connected && !transport.dead)
    }

    /// The candidate a datagram came in on. Behind address translation that is none of our own addresses: any of the same
    /// family will do then.
    fn destination(&self, source: Way) -> SocketAddr {
        let candidates = &self.shared.candidates;
        let own = candidates.iter().find(|candidate| Some(candidate.ip()) == source.local);
        let same = || {
            candidates
                .iter()
                .find(|candidate| candidate.is_ipv4() == source.remote.is_ipv4())
        };
        own.or_else(same)
            .or(candidates.first())
            .copied()
            .unwrap_or(source.remote)
    }

    /// From which of our addresses a client expects packets: the one it sends to.
    pub fn local_of(&self, remote: SocketAddr) -> Option<IpAddr> {
        self.addresses.get(&End { tcp: false, remote })?.local
    }

    /// Whether the transport accepted a signed check from this address, so that a forged source
    /// address takes nobody's packets away.
    fn verified(
        &self,
        now: Instant,
        owner: Option<(RoomId, TransportId)>,
        source: Way,
        destination: SocketAddr,
    ) -> bool {
        const RTP: [u8; 12] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let transport = owner.and_then(|(room, transport)| self.rooms.get(room)?.transports.get(transport));
        let probe = Receive::new(source.protocol(), source.remote, destination, &RTP);
        match (transport, probe) {
            (Some(transport), Ok(probe)) => {
                let probe = str0m::Input::Receive(now, probe);
                unharmed(|| transport.rtc.accepts(&probe)).unwrap_or(false)
            }
            _ => false,
        }
    }

    fn timeout(&mut self, now: Instant, out: &mut Outputs) {
        while let Some(Reverse((at, room, id))) = self.wakes.peek().copied() {
            if at > now {
                break;
            }
            self.wakes.pop();
            let due = self.rooms.get_mut(room).and_then(|room| room.transports.get_mut(id));
            let Some(transport) = due.filter(|transport| transport.wake == Some(at)) else {
                continue;
            };
            transport.wake = None;
            self.turn(now, room, out, |room, turn| {
                room.input(turn, id, str0m::Input::Timeout(now));
            });
        }
        if now >= self.next_tick {
            self.next_tick = now + room::TICK;
            for room in self.rooms.ids() {
                self.turn(now, room, out, Room::tick);
            }
        }
    }

    fn connect(&mut self, now: Instant, connection: ConnectionId, mut joining: Joining, out: &mut Outputs) {
        self.shared.unix = (now, joining.now_unix);
        let name = joining.claims.video.room.clone();
        let who = (name.clone(), joining.claims.sub.clone());
        if let Some(decision) = self.decided.get(&who)
            && !joining.claims.made_after(decision.made_ms)
        {
            joining.claims.video.set_permission(&decision.permission);
        }
        let revoked = self.revoked.get(&who);
        if revoked.is_some_and(|(_, until)| !joining.claims.made_after(*until)) {
            let (reason, action) = (DisconnectReason::ParticipantRemoved, leave_request::Action::Disconnect);
            farewell(connection, reason, action, false, out);
            return;
        }
        if joining.request.reconnect {
            let place = self.names.get(&name).copied();
            let place = place.and_then(|room| Some((room, self.rooms.get(room)?.session(&joining)?)));
            let Some((room, id)) = place else {
                // Nobody knows them here: they are to start anew.
                let (reason, action) = (DisconnectReason::StateMismatch, leave_request::Action::Reconnect);
                farewell(connection, reason, action, false, out);
                return;
            };
            self.enter(now, room, connection, out, |room, turn| {
                room.resume(turn, id, connection, &joining.request).then_some(id)
            });
            return;
        }
        let room = self.names.get(&name).copied().unwrap_or_else(|| {
            let mut turn = Turn {
                now,
                shared: &mut self.shared,
                out,
                notes: &mut self.notes,
            };
            let id = self.rooms.insert(Room::new(name.clone(), &mut turn));
            self.names.insert(name, id);
            id
        });
        self.enter(now, room, connection, out, |room, turn| {
            room.join(turn, connection, joining)
        });
    }

    /// Lets somebody into a room by `way`; whoever is still there afterwards is who the connection speaks for.
    fn enter(
        &mut self,
        now: Instant,
        room: RoomId,
        connection: ConnectionId,
        out: &mut Outputs,
        way: impl FnOnce(&mut Room, &mut Turn<'_>) -> Option<PersonId>,
    ) {
        let entered = self.turn(now, room, out, |room, turn| {
            let id = way(room, turn);
            room.rebalance(turn);
            room.flush_updates(turn, false);
            id.filter(|id| room.participants.contains(*id))
        });
        match entered {
            Some(Some(id)) => {
                self.connections.insert(connection, (room, id));
            }
            // Their own offer ended it, and they were told.
            Some(None) => {}
            None => {
                let (reason, action) = (DisconnectReason::MediaFailure, leave_request::Action::Reconnect);
                farewell(connection, reason, action, false, out);
            }
        }
    }

    fn frame(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        (asked, cost, text): (Asked, f64, bool),
        out: &mut Outputs,
    ) {
        let Some((room, id)) = self.connections.get(&connection).copied() else {
            return;
        };
        if asked == Asked::Close {
            self.handle(now, Input::Disconnect { connection }, out);
            return;
        }
        self.turn(now, room, out, |room, turn| {
            room.asked(turn, id, (asked, cost), text);
            room.rebalance(turn);
            room.flush_updates(turn, false);
        });
    }
}

/// Whether a packet is an ICE check, of whomever.
pub fn is_check(packet: &[u8]) -> bool {
    unharmed(|| stun::read_check(packet).is_some()).unwrap_or(false)
}

/// Runs something that reads what a stranger wrote. `None`: it panicked, which costs the one message.
fn unharmed<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// The last words to a connection that speaks for nobody, or for nobody any more.
fn farewell(
    connection: ConnectionId,
    reason: DisconnectReason,
    action: leave_request::Action,
    text: bool,
    out: &mut Outputs,
) {
    let leave = LeaveRequest {
        can_reconnect: action == leave_request::Action::Reconnect,
        reason: reason as i32,
        action: action as i32,
    };
    let bytes: Bytes = proto::write_binary(Message::Leave(leave));
    let frame = if text {
        proto::text_of(&bytes).map(Frame::Text)
    } else {
        None
    };
    out.frames.push((connection, frame.unwrap_or(Frame::Binary(bytes))));
    out.frames.push((connection, Frame::Close { code: 1000 }));
}

/// Longest sleep of a shard, so that a clock that jumps costs at most this.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(1);
