// SPDX-License-Identifier: EUPL-1.2
//! What one client may send, looked at before anything is decrypted.
//!
//! Nothing of it is believed: whatever is beyond the allowance of its transport is dropped, which costs
//! this client and nobody else. What data channels carry cannot be read here, so it is counted as held by the SCTP stack
//! until a whole message came of it.

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
    reports: Allowance,
    records: Allowance,
    /// Payload among what was taken of `records` that may belong to messages which are not whole yet, at most.
    open: f64,
    messages: Allowance,
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
            reports: allowance(limits::REPORT_BYTES),
            records: allowance((limits::RECORD_BYTES_PER_SECOND, limits::RECORD_BYTES)),
            open: 0.0,
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

    /// Whether a datagram is to be looked at; `writes`: its client may send data messages. Checks of the path are counted by
    /// themselves: they keep a client connected that sends too much.
    pub fn admits(&mut self, now: Instant, datagram: &[u8], writes: bool) -> bool {
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
            Kind::Record => {
                let unusable = if writes {
                    0.0
                } else {
                    limits::RECORD_BYTES - limits::SILENT_RECORD_BYTES
                };
                let held = held_by(datagram.len());
                if self.messages.left(now) < 0.0 || self.records.left(now) < unusable + held {
                    return false;
                }
                self.open += (weight(datagram.len().saturating_sub(ENVELOPE)) - CHUNK).max(0.0);
                self.records.take(now, held)
            }
            Kind::Check | Kind::Other => true,
        }
    }

    /// A data message of the client is whole: its parts are no longer held. Into how many it was cut cannot be seen,
    /// but without any other payload nothing else can be held, and all that was taken is given back.
    pub fn message_came(&mut self, now: Instant, length: usize) {
        self.messages.owe(now, 1.0);
        let padded = weight(length.next_multiple_of(4));
        self.open -= padded;
        let taken = limits::RECORD_BYTES - self.records.left(now);
        let again = padded * limits::PARTS_SENT_AGAIN;
        let left = (taken - padded - parts(length) * CHUNK - again).min(self.open * DEAREST);
        self.records.give(taken - left.max(0.0));
        self.open = self.open.min(left).max(0.0);
    }

    /// A data message goes to the client, which will acknowledge its parts.
    pub fn message_goes(&mut self, length: usize) {
        self.records.give(parts(length) * ACKNOWLEDGEMENT);
    }

    /// Whether a source may be kept: it was before, or there is room for one more.
    pub fn announces(&mut self, source: u32) -> bool {
        let room = self.sources.len() < limits::SOURCES;
        self.sources.contains(&source) || room && self.sources.insert(source)
    }
}

/// Bytes around the chunks of one SCTP packet in DTLS: 37 of DTLS (RFC 6347, RFC 5288) and 12 of SCTP (RFC 9260).
const ENVELOPE: usize = 49;
/// Bytes of a DATA chunk before its payload (RFC 9260 section 3.3.1).
const CHUNK: f64 = 16.0;
/// What a byte of payload may hold at most: it may be alone in its part.
const DEAREST: f64 = 1.0 + CHUNK;
/// Bytes of a SACK chunk with several gaps (RFC 9260 section 3.3.4).
const ACKNOWLEDGEMENT: f64 = 64.0;

fn weight(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

/// What the SCTP stack may hold of a datagram that it was given, at most.
fn held_by(datagram: usize) -> f64 {
    let chunks = datagram.saturating_sub(ENVELOPE);
    weight(if datagram > limits::RECORD { 2 * chunks } else { chunks })
}

/// Into how many chunks a message is cut, at least.
fn parts(message: usize) -> f64 {
    weight(1 + message / (limits::RECORD - ENVELOPE))
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
        datagrams.filter(|datagram| police.admits(now, datagram, true)).count()
    }

    #[test]
    fn the_fastest_honest_client_is_never_refused() {
        let start = Instant::now();
        let mut police = Police::new(start);
        // Three layers of 1080p60, a shared screen and a microphone: 27 Mbit/s, a third of it sent twice.
        for ms in 0..20_000u64 {
            let now = start + Duration::from_millis(ms);
            for source in 0..4 {
                assert!(police.admits(now, &packet(source), true));
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
            assert!(police.admits(now, &[0, 1, 0, 0], true), "a check of the path");
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
        assert!(police.admits(start, &packet(1), true), "packets are counted apart");
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
        assert!(police.admits(later, &packet(1), true), "known ones go on");
    }

    fn record(length: usize) -> Vec<u8> {
        let mut record = vec![23; length];
        record[1] = 254;
        record
    }

    #[test]
    fn reports_are_cut_to_their_allowance_and_packets_are_counted_apart() {
        let start = Instant::now();
        let mut police = Police::new(start);
        let report: Vec<u8> = [[0x81, 205].as_slice(), &[0; 1_000]].concat();
        let passed = admitted(&mut police, start, (0..5_000).map(|_| report.clone()));
        let bytes = (passed * report.len()) as f64;
        assert!(bytes <= limits::REPORT_BYTES.1, "{bytes}");
        assert!(police.admits(start, &packet(1), true));
    }

    #[test]
    fn parts_that_never_become_a_message_stay_few_in_a_day() {
        let start = Instant::now();
        for (writes, most) in [(true, limits::RECORD_BYTES), (false, limits::SILENT_RECORD_BYTES)] {
            let mut police = Police::new(start);
            let mut bytes = 0;
            for second in 0..86_400u64 {
                let now = start + Duration::from_secs(second);
                for length in [70, 1_200, 2_000] {
                    while police.admits(now, &record(length), writes) {
                        bytes += length - ENVELOPE;
                    }
                }
            }
            let day = 86_400.0 * limits::RECORD_BYTES_PER_SECOND;
            assert!(bytes as f64 <= most + day, "{bytes}");
        }
    }

    /// A message in parts of so many bytes, each in a record of its own and padded to four bytes (RFC 9260 section
    /// 3.2).
    fn message(length: usize, part: usize) -> Vec<Vec<u8>> {
        let lengths = (0..length).step_by(part).map(|start| part.min(length - start));
        lengths
            .map(|length| record(ENVELOPE + 16 + length.next_multiple_of(4)))
            .collect()
    }

    #[test]
    fn who_sends_whole_messages_or_acknowledges_them_is_never_refused() {
        let start = Instant::now();
        // Large files in messages of 15 kB, as LiveKit's clients cut them, in the parts of Chromium and of Firefox and
        // with one in a thousand sent twice; and messages that need a second part for their last bytes. The allowance
        // of packets is not what is looked at here.
        for (length, part) in [
            (15_000, 1_160),
            (15_001, 1_160),
            (15_000, 1_184),
            (65_535, 1_160),
            (1_200, 1_160),
        ] {
            let mut police = Police::new(start);
            let (mut parts, records) = (0, message(length, part));
            for number in 0..100_000u64 {
                let now = start + Duration::from_millis(100 * number);
                for record in &records {
                    parts += 1;
                    for _ in 0..1 + usize::from(length > part * 2 && parts % 1_000 == 0) {
                        assert!(police.admits(now, record, true), "message {number} of {length} bytes");
                    }
                }
                police.message_came(now, length);
            }
        }
        let mut police = Police::new(start);
        for message in 0..100_000 {
            let now = start + Duration::from_millis(10 * message);
            police.message_goes(15_000);
            for _ in 0..13 {
                assert!(
                    police.admits(now, &record(ENVELOPE + 28), false),
                    "an acknowledgement of each part"
                );
            }
        }
    }

    #[test]
    fn whole_messages_do_not_make_place_for_parts_of_others() {
        let start = Instant::now();
        let mut police = Police::new(start);
        // One byte a part, of messages that never become whole, between others that do.
        let mut open = 0.0;
        for number in 0..50_000u64 {
            let now = start + Duration::from_millis(2 * number);
            for record in message(1_000, 1_160) {
                if !police.admits(now, &record, true) {
                    break;
                }
                police.message_came(now, 1_000);
            }
            if police.admits(now, &record(ENVELOPE + 20), true) {
                open += 17.0;
            }
        }
        let again = 50_000.0 * 1_000.0 * limits::PARTS_SENT_AGAIN;
        let most = limits::RECORD_BYTES + 100.0 * limits::RECORD_BYTES_PER_SECOND + again;
        assert!(open > 0.5 * limits::RECORD_BYTES && open <= most, "{open} of {most}");
    }

    #[test]
    fn messages_without_number_are_not_read_until_they_are_paid_for() {
        let start = Instant::now();
        let mut police = Police::new(start);
        let (per_second, burst) = limits::MESSAGES;
        let mut came = 0.0;
        for ms in 0..10_000u64 {
            let now = start + Duration::from_millis(ms);
            // Sixty messages of a byte in one record.
            if police.admits(now, &record(ENVELOPE + 1_200), true) {
                for _ in 0..60 {
                    police.message_came(now, 1);
                    came += 1.0;
                }
            }
        }
        assert!(came <= burst + 10.0 * per_second + 60.0, "{came}");
        assert!(police.admits(start + Duration::from_secs(10), &packet(1), true));
    }
}
