// SPDX-License-Identifier: EUPL-1.2
//! What one client may send, looked at before anything is decrypted.
//!
//! Nothing of it is believed: whatever is beyond the allowance of its transport is dropped, which costs
//! this client and nobody else. What data channels carry cannot be read here: it is looked at in `parts.rs`, and what was
//! seen there is paid for here.

use std::time::Instant;

use rustc_hash::FxHashSet;

use super::parts;
use super::turn::{Allowance, End};
use crate::limits::{self, Excess};

/// The allowance of one transport.
pub struct Police {
    checks: Allowance,
    packets: Allowance,
    bytes: Allowance,
    reports: Allowance,
    /// What its data channels carry.
    records: parts::Shared,
    parts: Allowance,
    parts_left: Allowance,
    messages: Allowance,
    new_sources: Allowance,
    /// SSRCs that were let through, in packets and descriptions. str0m keeps something of every one.
    sources: FxHashSet<u32>,
    /// From where it is heard, for all that is known.
    pub addresses: Vec<End>,
    /// How often it came from another address since its path was negotiated.
    moves: usize,
}

impl Police {
    pub fn new(now: Instant, records: parts::Shared) -> Self {
        let allowance = |(per_second, burst)| Allowance::new(now, per_second, burst);
        Self {
            checks: allowance(limits::CHECKS),
            packets: allowance(limits::PACKETS),
            bytes: allowance(limits::PACKET_BYTES),
            reports: allowance(limits::REPORT_BYTES),
            records,
            parts: allowance(limits::PARTS),
            parts_left: allowance(limits::PARTS_LEFT),
            messages: allowance(limits::MESSAGES),
            new_sources: allowance(limits::NEW_SOURCES),
            sources: FxHashSet::default(),
            addresses: Vec::new(),
            moves: 0,
        }
    }

    /// Whether a check of the path is to be looked at that comes from another address than before.
    pub fn may_move(&self) -> bool {
        self.moves < limits::MOVES
    }

    /// It was heard from another address.
    pub fn moved(&mut self, to: End) {
        self.moves += 1;
        if !self.addresses.contains(&to) {
            self.addresses.push(to);
        }
    }

    /// The path is negotiated anew, and str0m has forgotten all addresses.
    pub fn path_renewed(&mut self) {
        self.moves = 0;
    }

    /// Whether a datagram is to be looked at. Checks of the path are counted by themselves: they keep a client connected
    /// that sends too much.
    pub fn admits(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let kind = Kind::of(datagram);
        if kind == Kind::Check {
            return self.checks.take(now, 1.0);
        }
        let length = f64::from(u32::try_from(datagram.len()).unwrap_or(u32::MAX));
        if !self.packets.take(now, 1.0) || !self.bytes.take(now, length) {
            return false;
        }
        match kind {
            Kind::Packet(source) => {
                self.sources.contains(&source) || self.new_sources.take(now, 1.0) && self.announces(source)
            }
            Kind::Report => self.reports.take(now, length),
            Kind::Record => self.messages.left(now) >= 0.0 && self.parts.left(now) >= 0.0,
            Kind::Check | Kind::Other => true,
        }
    }

    /// A data message of the client is whole.
    pub fn message_came(&mut self, now: Instant) {
        self.messages.owe(now, 1.0);
    }

    /// Pays for what data channels have carried; an error when it is more than is ever paid for.
    pub fn pay_for_parts(&mut self, now: Instant) -> Result<(), Excess> {
        let mut records = parts::read(&self.records);
        let (seen, streams) = (records.take(), records.is_in_too_many_streams());
        drop(records);
        self.parts.owe(now, weight(seen.parts));
        self.parts_left.owe(now, weight(seen.left));
        if streams {
            return Err(Excess::entries("data channels: streams", limits::STREAMS));
        }
        let most = limits::PARTS_LEFT.1 as usize;
        let excess = Excess::entries("data channels: parts that never become a message", most);
        (self.parts_left.left(now) >= 0.0).then_some(()).ok_or(excess)
    }

    /// Whether a source may be kept: it was before, or there is room for one more.
    pub fn announces(&mut self, source: u32) -> bool {
        let room = self.sources.len() < limits::SOURCES;
        self.sources.contains(&source) || room && self.sources.insert(source)
    }
}

fn weight(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

/// What a datagram is (RFC 7983), and where RTP comes from.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// A check of the path (STUN).
    Check,
    /// DTLS: handshakes and data channels.
    Record,
    /// RTP from this SSRC.
    Packet(u32),
    /// RTCP (RFC 5761 section 4).
    Report,
    Other,
}

impl Kind {
    pub fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..4, ..] => Self::Check,
            [20..64, ..] => Self::Record,
            [128..192, second, ..] if (64..96).contains(&(second & 0x7f)) => Self::Report,
            [128..192, _, _, _, _, _, _, _, a, b, c, d, ..] => Self::Packet(u32::from_be_bytes([*a, *b, *c, *d])),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn packet(ssrc: u32) -> Vec<u8> {
        let mut packet = vec![0x80, 96, 0, 1, 0, 0, 0, 1];
        packet.extend(ssrc.to_be_bytes());
        packet.extend([0; 1_000]);
        packet
    }

    fn admitted(police: &mut Police, now: Instant, datagrams: impl Iterator<Item = Vec<u8>>) -> usize {
        datagrams.filter(|datagram| police.admits(now, datagram)).count()
    }

    #[test]
    fn the_fastest_honest_client_is_never_refused() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        // Three layers of 1080p60, a shared screen and a microphone: 27 Mbit/s, a third of it sent twice.
        for ms in 0..20_000u64 {
            let now = start + Duration::from_millis(ms);
            for source in 0..4 {
                assert!(police.admits(now, &packet(source)));
            }
        }
    }

    #[test]
    fn a_flood_is_cut_to_the_allowance_and_the_path_is_still_checked() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        let mut passed = 0;
        for second in 0..10 {
            let now = start + Duration::from_secs(second);
            passed += admitted(&mut police, now, (0..60_000).map(|_| packet(1)));
            assert!(police.admits(now, &[0, 1, 0, 0]), "a check of the path");
        }
        let (per_second, burst) = limits::PACKETS;
        assert!(passed as f64 <= burst + 10.0 * per_second, "{passed}");
    }

    #[test]
    fn a_flood_of_checks_is_cut_as_well() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        let passed = admitted(&mut police, start, (0..10_000).map(|_| vec![0, 1, 0, 0]));
        assert!(passed as f64 <= limits::CHECKS.1, "{passed}");
        assert!(police.admits(start, &packet(1)), "packets are counted apart");
    }

    #[test]
    fn sources_without_end_are_not_remembered_without_end() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        let mut source = 0;
        for minute in 0..600u64 {
            let now = start + Duration::from_secs(60 * minute);
            admitted(
                &mut police,
                now,
                (0..1_000).map(|_| {
                    source += 1;
                    packet(source)
                }),
            );
        }
        assert!(police.sources.len() <= limits::SOURCES);
        let later = start + Duration::from_secs(60 * 600);
        assert!(police.admits(later, &packet(1)), "known ones go on");
    }

    fn record() -> Vec<u8> {
        let mut record = vec![23; 1_249];
        record[1] = 254;
        record
    }

    #[test]
    fn reports_are_cut_to_their_allowance_and_packets_are_counted_apart() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        let report: Vec<u8> = [[0x81, 205].as_slice(), &[0; 1_000]].concat();
        let passed = admitted(&mut police, start, (0..5_000).map(|_| report.clone()));
        let bytes = (passed * report.len()) as f64;
        assert!(bytes <= limits::REPORT_BYTES.1, "{bytes}");
        assert!(police.admits(start, &packet(1)));
    }

    #[test]
    fn messages_without_number_are_not_read_until_they_are_paid_for() {
        let start = Instant::now();
        let mut police = Police::new(start, parts::Shared::default());
        let (per_second, burst) = limits::MESSAGES;
        let mut came = 0.0;
        for ms in 0..10_000u64 {
            let now = start + Duration::from_millis(ms);
            // Sixty messages of a byte in one record.
            if police.admits(now, &record()) {
                for _ in 0..60 {
                    police.message_came(now);
                    came += 1.0;
                }
            }
        }
        assert!(came <= burst + 10.0 * per_second + 60.0, "{came}");
        assert!(police.admits(start + Duration::from_secs(10), &packet(1)));
    }
}
