// SPDX-License-Identifier: EUPL-1.2
//! Stories of somebody whose SCTP stack breaks its protocol below the data channels.

use std::fmt;
use std::sync::Arc;

use str0m::config::{CryptoProvider, DtlsCert};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion};

use super::*;

/// Makes DTLS that takes the end away from every message which fits into one part.
#[derive(Debug)]
struct Cutting;

struct Cut(Box<dyn DtlsInstance>);

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl DtlsProvider for Cutting {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        Ok(Box::new(Cut(provider.new_dtls(certificate, now, version, mtu)?)))
    }
}

impl DtlsInstance for Cut {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        self.0.poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, packet: &[u8]) -> Result<usize, DtlsImplError> {
        self.0.send_application_data(&cut(packet))
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}

/// The packet with beginnings in place of whole messages of binary data (RFC 9260 section 3.3.1, RFC 8831 section 8).
fn cut(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let mut at = 12;
    while let Some([kind, flags, high, low]) = packet.get(at..at + 4).map(|head| [head[0], head[1], head[2], head[3]]) {
        if kind == 0 && flags & 3 == 3 && packet.get(at + 12..at + 16) == Some(&[0, 0, 0, 53]) {
            packet[at + 1] = flags & !1;
        }
        at += usize::from(u16::from_be_bytes([high, low]).max(4)).next_multiple_of(4);
    }
    packet[8..12].fill(0);
    let checksum = crc32c(&packet);
    packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    packet
}

/// RFC 9260 appendix A.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & 0u32.wrapping_sub(crc & 1))
        })
    })
}

#[test]
fn who_begins_message_after_message_and_ends_none_is_disconnected_whatever_they_are_sent() {
    let (mut world, anna, bo) = meeting();
    let provider: fn(RtcConfig) -> RtcConfig = |config| {
        let mut provider: CryptoProvider = str0m::crypto::from_feature_flags();
        provider.dtls_provider = &Cutting;
        config.set_crypto_provider(Arc::new(provider))
    };
    let honest = std::mem::replace(&mut world.config, provider);
    let mallory = world.join("mallory", all(), Direction::RecvOnly);
    world.config = honest;
    world.run(100);
    // DataPacket { user: { payload: 1 byte } }
    let message = [0x12, 3, 0x12, 1, 7];
    let send = |world: &mut World, peer: usize| {
        let peer = &mut world.peers[peer];
        let channel = peer.rtc.channel(peer.channel);
        channel.is_some_and(|mut channel| channel.write(true, &message).unwrap_or(false))
    };
    let mut begun = 0.0;
    while world.peers[mallory].left_because().is_none() && begun < 10.0 * limits::PARTS_LEFT.1 {
        begun += f64::from(u8::from(send(&mut world, mallory)));
        // The accomplice.
        send(&mut world, anna);
        world.run(1);
    }
    assert!(begun <= limits::PARTS_LEFT.1 + 20.0, "{begun}");
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = "data channels: parts that never become a message: at most 256 entries".to_owned();
    assert_eq!(refusals(&world.peers[mallory].heard), [(exceeded, told)]);
    assert_eq!(
        world.peers[bo].messages.len() as f64,
        begun,
        "what is whole is passed on"
    );
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
}
