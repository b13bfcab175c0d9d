// SPDX-License-Identifier: EUPL-1.2
//! Data messages: from one participant to all or to named others, reliable or lossy.
//!
//! The SFU fills in who sent it and passes it on; what is inside is not its business.

use std::collections::{HashMap, HashSet};

use str0m::channel::{ChannelData, ChannelId};

use super::ids::{PersonId, TransportId};
use super::participant::{Kept, Participant};
use super::room::Room;
use super::signal::NOT_PERMITTED;
use super::subscribe::subscriber_transport;
use super::turn::{Turn, elapsed};
use crate::limits::{self, Excess};
use crate::proto::data_packet::{self, DataPacket};
use crate::proto::{DataChannelReceiveState, DisconnectReason, request_response::Reason};

const TOO_MUCH_DATA: &str = "data messages: too many, or too much, for so many receivers; send them more slowly";

/// What no patience helps: a message that costs more than may be sent at once.
fn too_large(size: usize, receivers: usize) -> Option<Excess> {
    let receivers = receivers.max(1);
    if size * receivers <= limits::DATA_AT_ONCE {
        return None;
    }
    let most = limits::DATA_AT_ONCE / receivers;
    Some(Excess::bytes("payload", most.saturating_sub(limits::DATA_OVERHEAD)))
}

#[expect(clippy::cast_precision_loss, reason = "messages are far smaller than 2^52 bytes")]
fn weight(bytes: usize) -> f64 {
    bytes as f64
}

impl Room {
    /// A message on a data channel of a participant.
    pub fn data(&mut self, turn: &mut Turn<'_>, id: TransportId, data: ChannelData) {
        let transport = &self.transports[id];
        let from = transport.participant;
        let reliable = match Some(data.id) {
            channel if channel == transport.reliable => true,
            channel if channel == transport.lossy => false,
            _ => {
                let message = "data messages: only _reliable and _lossy are read";
                self.refuse_data(turn, from, Reason::UnsupportedType, message);
                return;
            }
        };
        let sender = &mut self.participants[from];
        if !sender.permission.can_publish_data {
            self.refuse_data(turn, from, Reason::NotAllowed, NOT_PERMITTED);
            return;
        }
        let size = data.data.len() + limits::DATA_OVERHEAD;
        if !sender.publish.data.take(turn.now, weight(size)) {
            self.refuse_data(turn, from, Reason::LimitExceeded, TOO_MUCH_DATA);
            return;
        }
        // LiveKit's server names nobody either who is hidden.
        let (identity, sid) = match sender.permission.hidden {
            true => ("", ""),
            false => (sender.claims.sub.as_str(), sender.sid.as_str()),
        };
        let Some(packet) = data_packet::stamp(&data.data, identity, sid, reliable) else {
            self.refuse_data(
                turn,
                from,
                Reason::InvalidRequest,
                "data messages: one is no DataPacket",
            );
            return;
        };
        let everybody = packet.destination_identities.is_empty() && packet.destination_sids.is_empty();
        let named = packet.destination_identities.len() + packet.destination_sids.len();
        if named > limits::DESTINATIONS {
            let excess = Excess::entries("destination_identities", limits::DESTINATIONS);
            self.refuse_data(turn, from, Reason::LimitExceeded, &excess.to_string());
            return;
        }
        let receivers = self.receivers(from, &packet, everybody);
        if let Some(excess) = too_large(size, receivers.len()) {
            let text = format!("{excess} to {} receivers", receivers.len());
            self.refuse_data(turn, from, Reason::LimitExceeded, &text);
            return;
        }
        // A message costs its sender what it costs the SFU: once for reading it, and once for each further receiver.
        let sender = &mut self.participants[from];
        let further = receivers.len().saturating_sub(1);
        if !sender.publish.data.take(turn.now, weight(size * further)) {
            self.refuse_data(turn, from, Reason::LimitExceeded, TOO_MUCH_DATA);
            return;
        }
        if reliable && packet.sequence != 0 {
            // After a resume the client repeats what it is not sure of.
            if packet.sequence <= sender.publish.last_sequence {
                return;
            }
            sender.publish.last_sequence = packet.sequence;
        }
        let publisher = sender.sid.clone();
        let bytes = bytes::Bytes::from(packet.bytes);
        for to in receivers {
            if reliable && packet.sequence != 0 {
                self.participants[to].subscribe.keep(Kept {
                    at: turn.now,
                    publisher: publisher.clone(),
                    sequence: packet.sequence,
                    bytes: bytes.clone(),
                });
            }
            self.send_data(to, reliable, &bytes);
        }
    }

    /// A client whose data channels carry what can never become a message is disconnected: the SCTP stack keeps it.
    pub fn pay_for_parts(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        if let Err(excess) = transport.police.pay_for_parts(turn.now) {
            tracing::debug!("a client sent parts of data messages that can never be whole and is disconnected");
            let from = transport.participant;
            self.respond(turn, from, (0, Reason::LimitExceeded), &excess.to_string(), None);
            self.leave(turn, from, DisconnectReason::StateMismatch, true);
        }
    }

    fn receivers(&self, from: PersonId, packet: &DataPacket, everybody: bool) -> Vec<PersonId> {
        let identities: HashSet<_> = packet.destination_identities.iter().map(String::as_str).collect();
        let sids: HashSet<_> = packet.destination_sids.iter().map(String::as_str).collect();
        let people = self.participants.iter().filter(|(to, _)| *to != from);
        let gets = |person: &Participant| {
            everybody || identities.contains(person.identity()) || sids.contains(person.sid.as_str())
        };
        people.filter(|(_, person)| gets(person)).map(|(to, _)| to).collect()
    }

    /// Tells the sender that its message went to nobody, once in a while.
    fn refuse_data(&mut self, turn: &mut Turn<'_>, from: PersonId, reason: Reason, message: &str) {
        let publish = &mut self.participants[from].publish;
        if elapsed(publish.data_refused, turn.now, limits::DATA_TOLD) {
            publish.data_refused = Some(turn.now);
            self.respond(turn, from, (0, reason), message, None);
        }
    }

    fn send_data(&mut self, to: PersonId, reliable: bool, bytes: &[u8]) {
        let Some(id) = subscriber_transport(&self.participants[to]) else {
            return;
        };
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        let channel = if reliable { transport.reliable } else { transport.lossy };
        let Some(channel) = channel else { return };
        let written = transport.guard(|rtc| {
            let Some(mut channel) = rtc.channel(channel) else {
                return Ok(false);
            };
            if !reliable && channel.buffered_amount() > limits::LOSSY_WAITING {
                return Ok(false);
            }
            channel.write(true, bytes)
        });
        if written == Some(false) && reliable {
            tracing::debug!("a reliable data message did not fit into a client's buffer");
        }
        self.touch(id);
    }

    /// A client can be reached on a data channel. The first time, it gets what was sent since it joined.
    pub fn reachable(&mut self, id: TransportId, channel: ChannelId) {
        let transport = &mut self.transports[id];
        transport.reliable = Some(channel);
        let to = transport.participant;
        let person = &mut self.participants[to];
        if subscriber_transport(person) == Some(id) && !std::mem::replace(&mut person.subscribe.reached, true) {
            for bytes in person
                .subscribe
                .kept
                .iter()
                .map(|kept| kept.bytes.clone())
                .collect::<Vec<_>>()
            {
                self.send_data(to, true, &bytes);
            }
        }
    }

    /// Repeats what a client missed while it was away, by its last number of each publisher.
    pub fn replay(&mut self, to: PersonId, states: &[DataChannelReceiveState]) {
        let states: HashMap<_, _> = states
            .iter()
            .map(|state| (state.publisher_sid.as_str(), state.last_seq))
            .collect();
        let mut missed = Vec::new();
        for kept in &self.participants[to].subscribe.kept {
            let last = states.get(kept.publisher.as_str());
            if last.is_some_and(|last| kept.sequence > *last) {
                missed.push(kept.bytes.clone());
            }
        }
        for bytes in missed {
            self.send_data(to, true, &bytes);
        }
    }
}
