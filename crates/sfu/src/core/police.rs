// SPDX-License-Identifier: EUPL-1.2
//! What one client may send, looked at before anything is decrypted.
//!
//! Nothing of it is believed: whatever is beyond the allowance of its transport is dropped, which costs
//! this client and nobody else.

use std::net::SocketAddr;
use std::time::Instant;

use rustc_hash::FxHashSet;

use super::turn::Allowance;
use crate::limits;

/// The allowance of one transport.
pub struct Police {
    checks: Allowance,
    packets: Allowance,
    bytes: Allowance,
    new_sources: Allowance,
    /// SSRCs that were let through, in packets and descriptions. str0m keeps something of every one.
    sources: FxHashSet<u32>,
    /// From where it is heard, for all that is known.
    pub addresses: Vec<SocketAddr>,
    /// How often it came from another address since its path was negotiated.
    moves: usize,
}

impl Police {
    pub fn new(now: Instant) -> Self {
        let allowance = |(per_second, burst)| Allowance::new(now, per_second, burst);
        Self {
            checks: allowance(limits::CHECKS),
            packets: allowance(limits::PACKETS),
            bytes: allowance(limits::PACKET_BYTES),
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
    pub fn moved(&mut self, to: SocketAddr) {
        self.moves += 1;
        if !self.addresses.contains(&to) {
            self.addresses.push(to);
        }
    }

    /// The path is negotiated anew, and str0m has forgotten all addresses.
    pub fn path_renewed(&mut self) {
        self.moves = 0;
    }

    /// Whether a datagram is to be looked at. Checks of the path are counted by themselves: they keep a
    /// client connected that sends too much.
    pub fn admits(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let first = datagram.first().copied().unwrap_or_default();
        if first < 4 {
            return self.checks.take(now, 1.0);
        }
        let length = u32::try_from(datagram.len()).unwrap_or(u32::MAX);
        if !self.packets.take(now, 1.0) || !self.bytes.take(now, f64::from(length)) {
            return false;
        }
        let Some(source) = source(datagram) else {
            return true;
        };
        self.sources.contains(&source) || self.new_sources.take(now, 1.0) && self.announces(source)
    }

    /// Whether a source may be kept: it was before, or there is room for one more.
    pub fn announces(&mut self, source: u32) -> bool {
        let room = self.sources.len() < limits::SOURCES;
        self.sources.contains(&source) || room && self.sources.insert(source)
    }
}

/// The SSRC of an RTP packet; `None` for RTCP (RFC 5761 section 4) and everything else (RFC 7983).
fn source(datagram: &[u8]) -> Option<u32> {
    let [first, second, ..] = datagram else { return None };
    let rtp = (128..192).contains(first) && !(64..96).contains(&(second & 0x7f));
    let ssrc = datagram.get(8..12).filter(|_| rtp)?;
    ssrc.try_into().ok().map(u32::from_be_bytes)
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
        let mut police = Police::new(start);
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
        let mut police = Police::new(start);
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
        let mut police = Police::new(start);
        let passed = admitted(&mut police, start, (0..10_000).map(|_| vec![0, 1, 0, 0]));
        assert!(passed as f64 <= limits::CHECKS.1, "{passed}");
        assert!(police.admits(start, &packet(1)), "packets are counted apart");
    }

    #[test]
    fn sources_without_end_are_not_remembered_without_end() {
        let start = Instant::now();
        let mut police = Police::new(start);
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
}
