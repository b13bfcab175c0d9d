// SPDX-License-Identifier: EUPL-1.2
//! The life of a packet: from the publisher's transport through the forwarders of its track into the
//! subscribers' transports, which are driven once at the end of the turn.
//!
//! The payload is shared, never copied or decoded; there is no lock and no queue of our own.

use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::BweKind;
use str0m::format::Codec;
use str0m::media::{ExtensionValues, KeyframeRequestKind, Mid, Rid};
use str0m::rtp::{RedDecoder, RtpPacket, RtpWrite, Vp8Descriptor};
use str0m::{Event, Input};

use super::forwarder::Outgoing;
use super::ids::{PersonId, TrackId, TransportId};
use super::keyframe::starts_keyframe;
use super::negotiate::{LOSSY, RELIABLE};
use super::quality::Stream;
use super::rewrite::Incoming;
use super::room::Room;
use super::transport::Drained;
use super::turn::{Note, Turn};
use super::unharmed;
use crate::limits;
use crate::proto::{DisconnectReason, SubscriptionError, leave_request::Action, participant_info::State};

impl Room {
    /// Gives a datagram or the passing of time to a transport.
    pub fn input(&mut self, turn: &mut Turn<'_>, id: TransportId, input: Input<'_>) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.input(input);
            self.drain(turn, id);
        }
    }

    /// Marks a transport to be driven at the end of the turn.
    pub fn touch(&mut self, id: TransportId) {
        let transport = &mut self.transports[id];
        if !std::mem::replace(&mut transport.dirty, true) {
            self.dirty.push(id);
        }
    }

    /// Drives all transports that were written to.
    pub fn drive(&mut self, turn: &mut Turn<'_>) {
        while !self.dirty.is_empty() {
            let mut dirty = std::mem::take(&mut self.dirty);
            // Nobody is always the last: when the network is full, that one loses.
            self.rounds = self.rounds.wrapping_add(1);
            let first = self.rounds % dirty.len();
            dirty.rotate_left(first);
            for id in dirty {
                if let Some(transport) = self.transports.get_mut(id) {
                    transport.dirty = false;
                    transport.input(Input::Timeout(turn.now));
                    self.drain(turn, id);
                }
            }
        }
    }

    /// Takes everything a transport has to say.
    fn drain(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        while let Some(transport) = self.transports.get_mut(id) {
            let drained = transport.poll(turn.now, |transmit| turn.out.send(transmit));
            match drained {
                Drained::Event(event) => self.event(turn, id, event),
                Drained::Until(at) => {
                    if transport.wake.is_none_or(|wake| at < wake) {
                        transport.wake = Some(at);
                        turn.notes.push(Note::Wake(id, at));
                    }
                    return;
                }
                Drained::Dead => {
                    let participant = transport.participant;
                    let (reason, action) = (DisconnectReason::MediaFailure, Action::Reconnect);
                    self.leave_with(turn, participant, reason, Some(action));
                    return;
                }
            }
        }
    }

    fn event(&mut self, turn: &mut Turn<'_>, id: TransportId, event: Event) {
        match event {
            Event::RtpPacket(packet) => self.packet(turn, id, packet),
            Event::KeyframeRequest(request) => self.keyframe_wanted(turn, id, request.mid),
            Event::EgressBitrateEstimate(kind) => {
                turn.out.traffic.estimates += 1;
                if let BweKind::Remb { estimate, .. } = kind {
                    self.transports[id].estimate.told(turn.now, estimate.as_f64());
                }
            }
            Event::ChannelData(data) => {
                self.transports[id].police.message_came(turn.now);
                self.data(turn, id, data);
            }
            Event::ChannelOpen(channel, label) => {
                let transport = &mut self.transports[id];
                transport.channels += 1;
                match label.as_str() {
                    RELIABLE => self.reachable(id, channel),
                    LOSSY => transport.lossy = Some(channel),
                    _ => {}
                }
                let transport = &self.transports[id];
                if transport.channels > limits::CHANNELS {
                    tracing::debug!("a client opened too many data channels and is disconnected");
                    let participant = transport.participant;
                    self.leave(turn, participant, DisconnectReason::StateMismatch, true);
                }
            }
            Event::ChannelClose(channel) => {
                let transport = &mut self.transports[id];
                transport.channels = transport.channels.saturating_sub(1);
                transport.reliable = transport.reliable.filter(|open| *open != channel);
                transport.lossy = transport.lossy.filter(|open| *open != channel);
            }
            Event::Connected => self.connected(turn, id),
            Event::IceConnectionStateChange(state) => {
                self.transports[id].connected = state.is_connected() && self.transports[id].was_connected;
            }
            Event::MediaIngressStats(stats) => {
                let (mid, rid, incoming) = (stats.mid, stats.rid, true);
                self.note_loss(id, Stream { mid, rid, incoming }, stats.packets, stats.loss);
            }
            Event::MediaEgressStats(stats) => {
                let (mid, rid, incoming) = (stats.mid, stats.rid, false);
                let nacks = &mut self.transports[id].nacks;
                let before = nacks.insert(mid, stats.nacks).unwrap_or_default();
                turn.out.traffic.nacks += stats.nacks.saturating_sub(before);
                self.note_loss(id, Stream { mid, rid, incoming }, stats.packets, stats.loss);
            }
            Event::Closed => self.transports[id].connected = false,
            _ => {}
        }
    }

    /// Media is up: the participant is active, and newcomers need pictures to start with.
    fn connected(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        let transport = &mut self.transports[id];
        transport.connected = true;
        transport.was_connected = true;
        let participant = transport.participant;
        if self.participants[participant].state != State::Active {
            self.participants[participant].state = State::Active;
            self.announce(participant, true);
        }
        let tracks: Vec<_> = self.transports[id].slots.iter().filter_map(|slot| slot.track).collect();
        for track in tracks {
            self.ask_keyframes(turn, track);
        }
    }

    /// A packet of a publisher.
    fn packet(&mut self, turn: &mut Turn<'_>, id: TransportId, packet: RtpPacket) {
        let Some((track_id, layer)) = self.source(id, *packet.header.ssrc) else {
            return;
        };
        let track = &mut self.tracks[track_id];
        if !track.layers[layer].admits(turn.now, track.video) {
            turn.out.traffic.refused += 1;
            return;
        }
        if track.layers[layer].comes_from(*packet.header.ssrc) {
            track
                .forwarders
                .iter_mut()
                .for_each(|forwarder| forwarder.resynchronise(layer));
        }
        let revived = track.layers[layer].note(turn.now, packet.payload.len(), packet.last_sender_info.as_ref());
        if revived {
            track.retarget();
        }
        if let Some(level) = packet.header.ext_vals.audio_level
            && track.speaks()
        {
            track.loudness.observe(level.unsigned_abs(), packet.header.timestamp);
        }
        if packet.payload.is_empty() {
            let sequence = *packet.seq_no;
            track
                .forwarders
                .iter_mut()
                .for_each(|forwarder| forwarder.skip(layer, sequence));
        } else if track.passes() && packet.payload.len() <= limits::PAYLOAD_BYTES {
            for person in self.forward(turn.now, id, track_id, layer, &packet) {
                let sid = self.tracks[track_id].info.sid.clone();
                self.refuse_subscription(turn, person, &sid, SubscriptionError::SeCodecUnsupported);
            }
        }
        if revived {
            self.ask_keyframes(turn, track_id);
        }
    }

    /// Track and layer of an SSRC; found once, then remembered.
    fn source(&mut self, id: TransportId, ssrc: u32) -> Option<(TrackId, usize)> {
        let transport = &mut self.transports[id];
        if let Some(source) = transport.sources.get(&ssrc) {
            return *source;
        }
        let mut direct = transport.rtc.direct_api();
        let (mid, rid) = direct.stream_rx(&ssrc.into()).map(|s| (s.mid(), s.rid()))?;
        let found = transport.published.get(&mid).copied();
        let source = found.and_then(|track| {
            let layers = &self.tracks[track].layers;
            let named = layers.iter().position(|layer| layer.rid == rid);
            Some((track, named.or_else(|| (layers.len() == 1).then_some(0))?))
        });
        transport.sources.insert(ssrc, source);
        source
    }

    /// Gives a packet to the subscribers of its track; who turned out just now not to be able to decode it.
    fn forward(
        &mut self,
        now: Instant,
        from: TransportId,
        track: TrackId,
        layer: usize,
        packet: &RtpPacket,
    ) -> Vec<PersonId> {
        let mut unable = Vec::new();
        let track = &mut self.tracks[track];
        let vp8 = (track.codec == Codec::Vp8)
            .then(|| unharmed(|| Vp8Descriptor::parse(&packet.payload).ok()).flatten())
            .flatten();
        let keyframe = !track.video || starts_keyframe(track.codec, &packet.payload, vp8.as_ref());
        let captured = track.layers[layer].captured(packet.header.timestamp, track.clock_rate);
        let clock = &mut self.transports[from].clock;
        let wallclock = track.layers[layer].wallclock(clock, captured, packet.time, now);
        let incoming = Incoming {
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            captured,
            arrived: now,
        };
        let values = &packet.header.ext_vals;
        let mut extensions = ExtensionValues {
            audio_level: values.audio_level,
            voice_activity: values.voice_activity,
            video_orientation: values.video_orientation,
            ..Default::default()
        };
        if track.forwarded_whole() {
            extensions.user_values = values.user_values.clone();
        }
        let incoming_type = packet.header.payload_type;
        let mut primary: Option<Arc<[u8]>> = None;

        for forwarder in &mut track.forwarders {
            if !self.transports[forwarder.transport].in_reach() {
                continue;
            }
            let outgoing = match forwarder.payload_type {
                Some((known, outgoing)) if known == incoming_type => outgoing,
                _ => {
                    let (source, target) = (&self.transports[from].rtc, &self.transports[forwarder.transport]);
                    let outgoing = target.outgoing(forwarder.mid, source, incoming_type);
                    forwarder.payload_type = Some((incoming_type, outgoing));
                    outgoing
                }
            };
            let (payload_type, payload) = match outgoing {
                Outgoing::Whole(pt) => (pt, packet.payload.clone()),
                Outgoing::Primary(pt) => {
                    let primary = primary.get_or_insert_with(|| primary_block(&packet.payload));
                    if primary.is_empty() {
                        forwarder.skip(layer, incoming.sequence);
                        continue;
                    }
                    (pt, primary.clone())
                }
                Outgoing::Nothing => {
                    if forwarder.refuses() {
                        unable.push(forwarder.participant);
                    }
                    continue;
                }
            };
            // Only what is really sent takes a number.
            let Some(passed) = forwarder.pass(layer, keyframe, incoming, vp8.as_ref()) else {
                continue;
            };
            let transport = &mut self.transports[forwarder.transport];
            if forwarder.is_first() {
                transport.start_stream(forwarder.mid, forwarder.ssrc);
            }
            let mut direct = transport.rtc.direct_api();
            let Some(stream) = direct.stream_tx(&forwarder.ssrc) else {
                continue;
            };
            let length = payload.len();
            let mut write = RtpWrite::new(
                payload_type,
                passed.sequence.into(),
                passed.timestamp,
                wallclock,
                payload,
            )
            .marker(packet.header.marker)
            .ext_vals(extensions.clone())
            .nackable(track.video);
            if let Some(patch) = passed.patch {
                write = write.vp8_patch(patch);
            }
            stream.write_rtp(write);
            transport.unheard += passed.ahead;
            transport.estimate.sent(length);
            if !std::mem::replace(&mut transport.dirty, true) {
                self.dirty.push(forwarder.transport);
            }
        }
        unable
    }

    /// A subscriber lost its picture.
    fn keyframe_wanted(&mut self, turn: &mut Turn<'_>, id: TransportId, mid: Mid) {
        turn.out.traffic.keyframes_wanted += 1;
        let slot = self.transports[id].slots.iter().find(|slot| slot.mid == mid);
        let Some(track_id) = slot.and_then(|slot| slot.track) else {
            return;
        };
        let track = &mut self.tracks[track_id];
        let mut forwarders = track.forwarders.iter();
        let forwarder = forwarders.find(|f| f.transport == id && f.mid == mid);
        let Some(layer) = forwarder.and_then(super::forwarder::Forwarder::current) else {
            return;
        };
        if let Some(rid) = track.ask_keyframe(turn.now, layer) {
            let (transport, mid) = (track.transport, track.mid);
            self.request_keyframe(turn, transport, mid, rid);
        }
    }

    /// Asks for the keyframes that forwarders of a track wait for.
    pub fn ask_keyframes(&mut self, turn: &mut Turn<'_>, track: TrackId) {
        let Some(track) = self.tracks.get_mut(track) else {
            return;
        };
        let (transport, mid) = (track.transport, track.mid);
        for rid in track.keyframes_due(turn.now).collect::<Vec<_>>() {
            self.request_keyframe(turn, transport, mid, rid);
        }
    }

    fn request_keyframe(&mut self, turn: &mut Turn<'_>, transport: TransportId, mid: Mid, rid: Option<Rid>) {
        let mut direct = self.transports[transport].rtc.direct_api();
        if let Some(stream) = direct.stream_rx_by_mid(mid, rid) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
            turn.out.traffic.keyframes_asked += 1;
            self.touch(transport);
        }
    }

    /// Layers that fell silent, forwarders that still wait, layers nobody watches.
    pub fn age_layers(&mut self, turn: &mut Turn<'_>) {
        for id in self.tracks.ids() {
            let track = &mut self.tracks[id];
            if track.age(turn.now) {
                track.retarget();
            }
            self.ask_keyframes(turn, id);
            self.watch(turn, id);
        }
    }
}

/// The newest block of a RED payload (RFC 2198).
fn primary_block(payload: &[u8]) -> Arc<[u8]> {
    let blocks = unharmed(|| RedDecoder::decode(payload).ok())
        .flatten()
        .unwrap_or_default();
    blocks
        .iter()
        .rfind(|block| block.is_primary)
        .map_or_else(|| Arc::from([]), |b| b.payload.into())
}
