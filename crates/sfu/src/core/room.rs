// SPDX-License-Identifier: EUPL-1.2
//! A room: who is in it, how somebody comes and goes, and what the others learn of it.
//!
//! Everything of a room is in this one value; other files of this folder add to its methods, each for
//! one concern. Updates about publishers leave at the end of the turn, others with the next tick.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::ids::{Arena, PersonId, TrackId, TransportId};
use super::participant::{Participant, Signal};
use super::track::Track;
use super::transport::{Role, Transport};
use super::turn::{ConnectionId, Note, Turn, elapsed};
use crate::admission::Joining;
use crate::connection::Frame;
use crate::limits;
use crate::proto::{
    self, DisconnectReason, JoinResponse, LeaveRequest, ParticipantInfo, ParticipantUpdate, leave_request::Action,
    participant_info::State, signal_response::Message,
};

/// The pace of everything that is not a packet: updates, speakers, layers, time-outs.
pub const TICK: Duration = Duration::from_millis(100);
pub const PING_INTERVAL_SECONDS: i32 = 5;
pub const PING_TIMEOUT_SECONDS: i32 = 15;
/// A session whose socket is lost may be resumed for so long.
const RESUME: Duration = Duration::from_secs(20);
/// A socket that has pinged before and says nothing for so long is lost.
const SILENT: Duration = Duration::from_secs(20);
/// Whoever resumes may have heard nothing for so long.
const DEPARTED: Duration = Duration::from_secs(RESUME.as_secs() + SILENT.as_secs() + 5);
/// The LiveKit server whose behaviour this SFU follows: clients enable features by its version.
const LIVEKIT_LEVEL: &str = "1.13.5";
/// LiveKit's protocol version that this SFU follows.
const PROTOCOL: i32 = 16;

pub struct Room {
    pub name: String,
    pub sid: String,
    pub created: u64,
    pub participants: Arena<Participant>,
    pub transports: Arena<Transport>,
    pub tracks: Arena<Track>,
    pub identities: HashMap<String, PersonId>,
    pub track_sids: HashMap<String, TrackId>,
    /// Participants whose change is not told yet; true: with the next tick is soon enough.
    pub changed: Vec<(PersonId, bool)>,
    /// Participants that left and whose leaving is not told yet.
    pub left: Vec<ParticipantInfo>,
    /// Participants that left lately, oldest first.
    departed: VecDeque<(Instant, ParticipantInfo)>,
    /// Transports to drive at the end of the turn.
    pub dirty: Vec<TransportId>,
    /// How often they were driven.
    pub rounds: usize,
    /// By kind: its tracks, the most important first; `None`: to be ranked anew.
    pub ranking: [Option<Vec<TrackId>>; 2],
    /// Who is to be given places anew, in this order.
    pub line: VecDeque<PersonId>,
    /// Tracks that were looked at for somebody since the last tick began to give places.
    pub looks: usize,
    pub next_tick: Instant,
    pub speakers_at: Instant,
    pub quality_at: Instant,
}

impl Room {
    pub fn new(name: String, turn: &mut Turn<'_>) -> Self {
        Self {
            name,
            sid: turn.shared.sid("RM"),
            created: turn.unix(),
            participants: Arena::default(),
            transports: Arena::default(),
            tracks: Arena::default(),
            identities: HashMap::new(),
            track_sids: HashMap::new(),
            changed: Vec::new(),
            left: Vec::new(),
            departed: VecDeque::new(),
            dirty: Vec::new(),
            rounds: 0,
            ranking: [None, None],
            line: VecDeque::new(),
            looks: 0,
            next_tick: turn.now + TICK,
            speakers_at: turn.now,
            quality_at: turn.now,
        }
    }

    /// Sends a message to one participant.
    pub fn tell(&self, turn: &mut Turn<'_>, to: PersonId, message: Message) {
        self.tell_encoded(turn, to, &proto::write_binary(message));
    }

    /// Sends an encoded message; encoding once serves everybody.
    pub fn tell_encoded(&self, turn: &mut Turn<'_>, to: PersonId, bytes: &Bytes) {
        let Some(signal) = self.participants.get(to).map(|participant| &participant.signal) else {
            return;
        };
        let Some(connection) = signal.connection else { return };
        let frame = if signal.text {
            proto::text_of(bytes).map(Frame::Text)
        } else {
            None
        };
        turn.frame(connection, frame.unwrap_or_else(|| Frame::Binary(bytes.clone())));
    }

    /// Lets somebody in; who has the same identity goes. `None`: the first offer ended it already.
    pub fn join(&mut self, turn: &mut Turn<'_>, connection: ConnectionId, joining: Joining) -> Option<PersonId> {
        if let Some(old) = self.identities.get(&joining.claims.sub).copied() {
            self.leave(turn, old, DisconnectReason::DuplicateIdentity, true);
            self.flush_updates(turn, true);
        }
        let sid = turn.shared.sid("PA");
        let participant = Participant::new(&joining, sid, turn, connection);
        let id = self.participants.insert(participant);
        self.identities.insert(joining.claims.sub.clone(), id);
        let response = self.join_response(id);
        self.tell(turn, id, Message::Join(response));
        self.tell_speakers_to(turn, id);
        self.tell_qualities_to(turn, id);

        for request in joining.request.add_track_requests {
            self.add_track(turn, id, request);
        }
        self.settle_places(id);
        let participant = &self.participants[id];
        if participant.single {
            if let Some(offer) = joining.request.publisher_offer
                && !self.client_offer(turn, id, &offer)
            {
                return None;
            }
        } else if participant.permission.can_subscribe {
            self.open_subscriber(turn, id);
        }
        self.announce(id, true);
        Some(id)
    }

    fn join_response(&self, id: PersonId) -> JoinResponse {
        let participant = &self.participants[id];
        let others = self
            .participants
            .iter()
            .filter(|(other, participant)| *other != id && !participant.permission.hidden)
            .map(|(other, _)| self.info(other))
            .collect();
        let codec = |mime: &str| proto::Codec {
            mime: mime.into(),
            fmtp_line: String::new(),
        };
        let codecs = [
            "audio/opus",
            "audio/red",
            "video/VP8",
            "video/H264",
            "video/VP9",
            "video/AV1",
        ];
        JoinResponse {
            room: Some(self.describe()),
            participant: Some(self.info(id)),
            other_participants: others,
            server_version: LIVEKIT_LEVEL.into(),
            ice_servers: ice_servers(),
            subscriber_primary: !participant.single && participant.permission.can_subscribe,
            ping_timeout: PING_TIMEOUT_SECONDS,
            ping_interval: PING_INTERVAL_SECONDS,
            server_info: Some(server_info()),
            enabled_publish_codecs: codecs.map(codec).into(),
            ..Default::default()
        }
    }

    fn describe(&self) -> proto::Room {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        proto::Room {
            sid: self.sid.clone(),
            name: self.name.clone(),
            creation_time: i64::try_from(self.created).unwrap_or_default(),
            creation_time_ms: i64::try_from(self.created * 1000).unwrap_or_default(),
            num_participants: count(self.participants.len()),
            num_publishers: count(
                self.participants
                    .iter()
                    .filter(|(_, p)| !p.publish.tracks.is_empty())
                    .count(),
            ),
            ..Default::default()
        }
    }

    /// What others see of a participant.
    pub fn info(&self, id: PersonId) -> ParticipantInfo {
        let participant = &self.participants[id];
        let tracks = participant
            .publish
            .tracks
            .iter()
            .filter_map(|track| self.tracks.get(*track));
        participant.info(tracks.map(|track| track.info.clone()).collect())
    }

    /// Somebody goes, for good. `tell`: the client learns it, and its socket is closed.
    pub fn leave(&mut self, turn: &mut Turn<'_>, id: PersonId, reason: DisconnectReason, tell: bool) {
        self.leave_with(turn, id, reason, tell.then_some(Action::Disconnect));
    }

    /// The same with the advice what the client should do next.
    pub fn leave_with(&mut self, turn: &mut Turn<'_>, id: PersonId, reason: DisconnectReason, action: Option<Action>) {
        if !self.participants.contains(id) {
            return;
        }
        if let Some(action) = action {
            let leave = LeaveRequest {
                can_reconnect: action == Action::Reconnect,
                reason: reason as i32,
                action: action as i32,
            };
            self.tell(turn, id, Message::Leave(leave));
        }
        for track in self.participants[id].publish.tracks.clone() {
            self.unpublish(turn, track);
        }
        self.participants[id].subscribe.left_out = [false; 2];
        for track in self.participants[id].subscribe.subscriptions.ids().collect::<Vec<_>>() {
            self.unsubscribe(id, track);
        }
        let Some(mut participant) = self.participants.remove(id) else {
            return;
        };
        let transports = [participant.publish.transport, participant.subscribe.transport];
        for transport in transports.into_iter().flatten() {
            self.close_transport(turn, transport);
        }
        self.changed.retain(|(changed, _)| *changed != id);
        if self.identities.get(participant.identity()) == Some(&id) {
            self.identities.remove(participant.identity());
        }
        participant.state = State::Disconnected;
        participant.version += 1;
        if !participant.permission.hidden {
            let mut info = participant.info(Vec::new());
            info.disconnect_reason = reason as i32;
            self.remember_departed(turn.now, &info);
            self.left.push(info);
        }
        if let Some(connection) = participant.signal.connection {
            turn.frame(connection, Frame::Close { code: 1000 });
            turn.notes.push(Note::Disconnected(connection));
        }
    }

    /// Who is cut off while somebody leaves has to learn it after the resume. Only what names the person is kept.
    fn remember_departed(&mut self, now: Instant, info: &ParticipantInfo) {
        let named = ParticipantInfo {
            sid: info.sid.clone(),
            identity: info.identity.clone(),
            state: info.state,
            version: info.version,
            joined_at: info.joined_at,
            disconnect_reason: info.disconnect_reason,
            ..Default::default()
        };
        self.departed.push_back((now, named));
        let old = |(at, _): &(Instant, ParticipantInfo)| elapsed(Some(*at), now, DEPARTED);
        while self.departed.len() > limits::CONNECTIONS_PER_ROOM || self.departed.front().is_some_and(old) {
            self.departed.pop_front();
        }
    }

    fn close_transport(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        let Some(mut transport) = self.transports.remove(id) else {
            return;
        };
        if transport.connected && transport.guard(str0m::Rtc::close).is_some() {
            transport.poll(turn.now, |transmit| turn.out.send(transmit));
        }
        self.dirty.retain(|dirty| *dirty != id);
        turn.notes.push(Note::Closed(id));
    }

    /// The socket of a client closed without a word.
    pub fn disconnected(&mut self, turn: &mut Turn<'_>, id: PersonId) {
        let Some(participant) = self.participants.get_mut(id) else {
            return;
        };
        participant.signal.connection = None;
        let transports = [participant.publish.transport, participant.subscribe.transport];
        let media = transports.into_iter().flatten().any(|transport| {
            self.transports
                .get(transport)
                .is_some_and(|transport| transport.was_connected)
        });
        if media {
            self.participants[id].signal.lost = Some(turn.now);
        } else {
            self.leave(turn, id, DisconnectReason::SignalClose, false);
        }
    }

    /// Notes that the others have to learn something about a participant.
    pub fn announce(&mut self, id: PersonId, later: bool) {
        let Some(participant) = self.participants.get_mut(id) else {
            return;
        };
        let later = later && participant.publish.tracks.is_empty();
        match self.changed.iter_mut().find(|(changed, _)| *changed == id) {
            Some(entry) => entry.1 &= later,
            None => {
                participant.version += 1;
                self.changed.push((id, later));
            }
        }
    }

    /// Tells everybody what changed; `all`: also what can wait.
    pub fn flush_updates(&mut self, turn: &mut Turn<'_>, all: bool) {
        if !all && self.left.is_empty() && self.changed.iter().all(|(_, later)| *later) {
            return;
        }
        let mut visible = std::mem::take(&mut self.left);
        let mut private = Vec::new();
        let changed = std::mem::take(&mut self.changed);
        for (id, _) in changed.iter().filter(|(id, _)| self.participants.contains(*id)) {
            if self.participants[*id].permission.hidden {
                private.push(*id);
            } else {
                visible.push(self.info(*id));
            }
        }
        for id in private {
            let info = self.info(id);
            self.tell(turn, id, Message::Update(update(vec![info])));
        }
        if !visible.is_empty() {
            let bytes = proto::write_binary(Message::Update(update(visible)));
            for (to, _) in self.participants.iter() {
                self.tell_encoded(turn, to, &bytes);
            }
        }
    }

    /// A new transport of a participant.
    pub fn open_transport(&mut self, turn: &mut Turn<'_>, participant: PersonId, role: Role) -> TransportId {
        let transport = Transport::new(participant, role, turn.shared, turn.now);
        let ufrag = transport.ufrag.clone();
        let id = self.transports.insert(transport);
        self.dirty.push(id);
        turn.notes.push(Note::Ufrag(id, ufrag));
        id
    }

    /// Whose session a client wants to go on with.
    pub fn session(&self, joining: &Joining) -> Option<PersonId> {
        let id = *self.identities.get(&joining.claims.sub)?;
        let participant = self.participants.get(id)?;
        (participant.sid == joining.request.participant_sid).then_some(id)
    }

    /// A client comes back over a new socket. False: its offer ended the session.
    pub fn resume(
        &mut self,
        turn: &mut Turn<'_>,
        id: PersonId,
        connection: ConnectionId,
        request: &proto::JoinRequest,
    ) -> bool {
        if let Some(old) = self.participants[id].signal.connection.take() {
            turn.frame(old, Frame::Close { code: 1000 });
            turn.notes.push(Note::Disconnected(old));
        }
        let participant = &mut self.participants[id];
        participant.signal = Signal::new(turn.now, connection);
        participant.subscribe.asked = None;
        let reconnect = proto::ReconnectResponse {
            ice_servers: ice_servers(),
            server_info: Some(server_info()),
            last_message_seq: participant.publish.last_sequence,
            ..Default::default()
        };
        self.tell(turn, id, Message::Reconnect(reconnect));
        // First who is gone: clients take nobody away whom an update does not mention. Who came back since is there.
        let gone = self.departed.iter().map(|(_, info)| info);
        let gone = gone
            .filter(|info| !self.identities.contains_key(&info.identity))
            .cloned();
        let there = self.participants.iter();
        let there = there.filter(|(other, participant)| *other == id || !participant.permission.hidden);
        let there = there.map(|(other, _)| self.info(other));
        self.tell(turn, id, Message::Update(update(gone.chain(there).collect())));
        self.tell_speakers_to(turn, id);
        self.tell_qualities_to(turn, id);
        self.tell_wanted(turn, id);
        self.renegotiate_after_resume(turn, id);
        if let Some(state) = &request.sync_state {
            self.sync_state(turn, id, state);
        }
        match &request.publisher_offer {
            Some(offer) => self.client_offer(turn, id, offer),
            None => true,
        }
    }

    /// Time passes: everything that is not a packet.
    pub fn tick(&mut self, turn: &mut Turn<'_>) {
        self.next_tick = turn.now + TICK;
        self.age_layers(turn);
        self.share_lines(turn);
        self.expire(turn);
        self.end_sounds_without_screen(turn);
        if elapsed(Some(self.speakers_at), turn.now, super::speakers::INTERVAL) {
            self.speakers_at = turn.now;
            self.tell_speakers(turn);
        }
        if elapsed(Some(self.quality_at), turn.now, super::quality::INTERVAL) {
            self.quality_at = turn.now;
            self.tell_quality(turn);
        }
        self.refresh_tokens(turn);
        self.give_places();
        self.rebalance(turn);
        self.flush_updates(turn, true);
    }

    /// Those who did not come back, and sockets that fell silent.
    fn expire(&mut self, turn: &mut Turn<'_>) {
        let expired: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.signal.lost.is_some_and(|lost| elapsed(Some(lost), turn.now, RESUME)))
            .map(|(id, _)| id)
            .collect();
        for id in expired {
            self.leave(turn, id, DisconnectReason::ConnectionTimeout, false);
        }
        let unanswered = |participant: &Participant| {
            let transport = participant.subscribe.transport.and_then(|id| self.transports.get(id));
            let waits = transport.is_some_and(|transport| {
                transport.pending.is_some() && elapsed(transport.offered, turn.now, limits::ANSWER_TIME)
            });
            waits && participant.signal.connection.is_some()
        };
        let stuck: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| unanswered(p))
            .map(|(id, _)| id)
            .collect();
        for id in stuck {
            // Nothing further can be offered to it: it is to connect anew.
            self.leave_with(turn, id, DisconnectReason::StateMismatch, Some(Action::Reconnect));
        }
        let silent: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| {
                let signal = &p.signal;
                signal.connection.is_some() && signal.pinged && elapsed(Some(signal.heard), turn.now, SILENT)
            })
            .map(|(id, _)| id)
            .collect();
        for id in silent {
            if let Some(connection) = self.participants[id].signal.connection {
                turn.frame(connection, Frame::Close { code: 1001 });
                turn.notes.push(Note::Disconnected(connection));
            }
            self.disconnected(turn, id);
        }
    }

    fn refresh_tokens(&mut self, turn: &mut Turn<'_>) {
        const REFRESH: Duration = Duration::from_secs(300);
        let due: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.signal.connection.is_some() && elapsed(Some(p.signal.refreshed), turn.now, REFRESH))
            .map(|(id, _)| id)
            .collect();
        for id in due {
            self.refresh_token(turn, id);
        }
    }

    /// Gives a client a token for its next resume.
    pub fn refresh_token(&mut self, turn: &mut Turn<'_>, id: PersonId) {
        let participant = &mut self.participants[id];
        participant.signal.refreshed = turn.now;
        let unix = turn.unix();
        let (claims, permission) = (&participant.claims, &participant.permission);
        if let Some(token) = crate::admission::refresh(&turn.shared.keys, claims, permission, unix) {
            self.tell(turn, id, Message::RefreshToken(token));
        }
    }
}

fn update(participants: Vec<ParticipantInfo>) -> ParticipantUpdate {
    ParticipantUpdate {
        participants,
        full_snapshot: false,
    }
}

/// Never empty: without a list of ours, clients ask a public STUN server. Nor the media port itself:
/// libwebrtc swallows everything that comes from the address of a STUN server. With host candidates
/// of the SFU no server is needed, so the list names the client's own discard port.
fn ice_servers() -> Vec<proto::IceServer> {
    vec![proto::IceServer {
        urls: vec!["stun:127.0.0.1:9".into()],
        ..Default::default()
    }]
}

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo {
        version: LIVEKIT_LEVEL.into(),
        protocol: PROTOCOL,
        node_id: "konvent".into(),
        ..Default::default()
    }
}
