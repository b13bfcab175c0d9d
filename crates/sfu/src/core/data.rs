// SPDX-License-Identifier: EUPL-1.2
//! Data messages: from one participant to all or to named others, reliable or lossy.
//!
//! The SFU fills in who sent it and passes it on; what is inside is not its business.

use str0m::channel::ChannelData;

use super::ids::{PersonId, TransportId};
use super::participant::Kept;
use super::room::Room;
use super::subscribe::subscriber_transport;
use super::turn::Turn;
use crate::proto::{DataChannelReceiveState, data_packet};

/// Lossy messages are dropped for a client that has so much waiting.
const LOSSY_WAITING: usize = 128 * 1024;

impl Room {
    /// A message on a data channel of a participant.
    pub fn data(&mut self, turn: &mut Turn<'_>, id: TransportId, data: ChannelData) {
        let transport = &self.transports[id];
        let from = transport.participant;
        let reliable = match Some(data.id) {
            channel if channel == transport.reliable => true,
            channel if channel == transport.lossy => false,
            _ => return,
        };
        let sender = &mut self.participants[from];
        #[expect(clippy::cast_precision_loss, reason = "a message is far smaller than 2^52 bytes")]
        let size = data.data.len() as f64;
        if !sender.permission.can_publish_data || !sender.publish.data.take(turn.now, size) {
            return;
        }
        let Some(packet) = data_packet::stamp(&data.data, &sender.claims.sub, &sender.sid, reliable) else {
            return;
        };
        if reliable && packet.sequence != 0 {
            // After a resume the client repeats what it is not sure of.
            if packet.sequence <= sender.publish.last_sequence {
                return;
            }
            sender.publish.last_sequence = packet.sequence;
        }
        let everybody = packet.destination_identities.is_empty() && packet.destination_sids.is_empty();
        let publisher = sender.sid.clone();
        let bytes = bytes::Bytes::from(packet.bytes);
        for to in self.participants.ids() {
            let receiver = &mut self.participants[to];
            let named = packet.destination_identities.iter().any(|d| d == receiver.identity())
                || packet.destination_sids.contains(&receiver.sid);
            if to == from || !(everybody || named) {
                continue;
            }
            if reliable && packet.sequence != 0 {
                receiver.subscribe.keep(Kept {
                    at: turn.now,
                    publisher: publisher.clone(),
                    sequence: packet.sequence,
                    bytes: bytes.clone(),
                });
            }
            self.send_data(to, reliable, &bytes);
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
            if !reliable && channel.buffered_amount() > LOSSY_WAITING {
                return Ok(false);
            }
            channel.write(true, bytes)
        });
        if written == Some(false) && reliable {
            tracing::debug!("a reliable data message did not fit into a client's buffer");
        }
        self.touch(id);
    }

    /// Repeats what a client missed while it was away, by its last number of each publisher.
    pub fn replay(&mut self, to: PersonId, states: &[DataChannelReceiveState]) {
        let mut missed = Vec::new();
        for kept in &self.participants[to].subscribe.kept {
            let state = states.iter().find(|state| state.publisher_sid == kept.publisher);
            if state.is_some_and(|state| kept.sequence > state.last_seq) {
                missed.push(kept.bytes.clone());
            }
        }
        for bytes in missed {
            self.send_data(to, true, &bytes);
        }
    }
}
