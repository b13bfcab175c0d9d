// SPDX-License-Identifier: EUPL-1.2
//! Makes one continuous stream for a subscriber out of the layers of a track.
//!
//! Sequence numbers have no holes where the SFU left something out, timestamps run on across layers
//! (by the publisher's sender reports where there are any), and VP8 picture ids count on. Which packet
//! is forwarded is decided elsewhere. The rule: no number is given twice, because number and key are
//! the nonce of SRTP (RFC 3711 section 9.1, RFC 7714 section 8.4); a packet whose number is not certain
//! is not forwarded.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::rtp::{Vp8Descriptor, Vp8Patch};

use crate::limits;

/// A first number far from both ends, so that neither reordering nor wrapping meets it early.
const FIRST_SEQUENCE: u64 = 1_000;
/// How far numbers may be from the last one given. Older ones may have been given before; a leap ahead
/// is a new start, because receivers guess the upper bits of a number from the last one they saw
/// (RFC 3711 section 3.3.1) and guess wrong from 32,768 on, for good.
const REACH: u64 = 1_024;
/// Sender reports are believed when they agree this well with the time of arrival.
const REPORT_TOLERANCE: Duration = Duration::from_millis(700);

/// A packet of the source as far as its place in the stream goes.
#[derive(Debug, Clone, Copy)]
pub struct Incoming {
    /// Extended sequence number.
    pub sequence: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// When it was captured on the publisher's clock, once a sender report told.
    pub captured: Option<Duration>,
    pub arrived: Instant,
}

#[derive(Debug, Default, Clone)]
pub struct Rewriter {
    last: Option<Last>,
    given: Given,
    /// The source starts here; older packets belong to nobody.
    first_incoming: u64,
    /// The number of the first packet of the source.
    first_given: u64,
    /// Subtracted from incoming timestamps (wrapping).
    timestamp: u32,
    /// Numbers of the source that were left out, ascending: those after them move up by one each.
    skipped: VecDeque<u64>,
    picture: Picture,
}

/// Which of the last [`REACH`] numbers were given: a bit each, at its number modulo their count.
#[derive(Debug, Default, Clone)]
struct Given {
    bits: [u64; (REACH / 64) as usize],
}

impl Given {
    /// Notes a number; false when it was given before or may have been.
    fn take(&mut self, number: u64, last: Option<u64>) -> bool {
        match last {
            Some(last) if number <= last => {
                let given = self.bits[Self::word(number)] & Self::bit(number) != 0;
                if given || last - number >= REACH {
                    return false;
                }
            }
            Some(last) => {
                // The bits of the numbers between still say something of older ones.
                for passed in (last + 1).max(number.saturating_sub(REACH - 1))..number {
                    self.bits[Self::word(passed)] &= !Self::bit(passed);
                }
            }
            None => {}
        }
        self.bits[Self::word(number)] |= Self::bit(number);
        true
    }

    fn word(number: u64) -> usize {
        (number % REACH / 64) as usize
    }

    fn bit(number: u64) -> u64 {
        1 << (number % 64)
    }
}

#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    timestamp: u32,
    captured: Option<Duration>,
    arrived: Instant,
}

#[derive(Debug, Default, Clone, Copy)]
struct Picture {
    id: u16,
    tl0: u8,
    key: u8,
    last_id: u16,
    last_tl0: u8,
    last_key: u8,
}

impl Rewriter {
    /// Goes on with another source, whose next packet is `incoming`.
    pub fn switch(&mut self, incoming: Incoming, clock_rate: u32, vp8: Option<&Vp8Descriptor>) {
        let (sequence, timestamp) = match self.last {
            None => (FIRST_SEQUENCE, incoming.timestamp),
            Some(last) => {
                let ticks = ticks_between(&last, &incoming, clock_rate);
                (last.sequence + 1, last.timestamp.wrapping_add(ticks))
            }
        };
        self.first_given = sequence;
        self.first_incoming = incoming.sequence;
        self.skipped.clear();
        self.timestamp = incoming.timestamp.wrapping_sub(timestamp);
        if let Some(vp8) = vp8 {
            let picture = &mut self.picture;
            let id = vp8.picture_id().unwrap_or_default();
            let tl0 = vp8.tl0_pic_idx().unwrap_or_default();
            let key = vp8.key_idx().unwrap_or_default();
            if self.last.is_some() {
                picture.id = id.wrapping_sub(picture.last_id.wrapping_add(1));
                picture.tl0 = tl0.wrapping_sub(picture.last_tl0.wrapping_add(1));
                picture.key = key.wrapping_sub(picture.last_key.wrapping_add(1));
            } else {
                *picture = Picture {
                    last_id: id,
                    last_tl0: tl0,
                    last_key: key,
                    ..Picture::default()
                };
            }
        }
    }

    /// The highest number given.
    pub fn last(&self) -> Option<u64> {
        self.last.map(|last| last.sequence)
    }

    /// Whether a packet of the current source is so far ahead that it needs a new start.
    pub fn leaps(&self, incoming: u64) -> bool {
        match (self.last, self.number(incoming)) {
            (Some(last), Some(number)) => number > last.sequence + REACH,
            _ => false,
        }
    }

    /// Leaves out a packet so that its number is not missed. Where later ones were sent already, it is.
    pub fn skip(&mut self, incoming: u64) {
        let (Some(last), Some(number)) = (self.last, self.number(incoming)) else {
            return;
        };
        if number <= last.sequence {
            return;
        }
        let at = self.skipped.partition_point(|skipped| *skipped < incoming);
        self.skipped.insert(at, incoming);
        if self.skipped.len() > limits::SKIPPED_PACKETS
            && let Some(oldest) = self.skipped.pop_front()
        {
            self.first_given += oldest - self.first_incoming;
            self.first_incoming = oldest + 1;
        }
    }

    /// The number that belongs to a packet of the current source: the same whenever it is asked for,
    /// another for every packet.
    fn number(&self, incoming: u64) -> Option<u64> {
        let from_first = incoming.checked_sub(self.first_incoming)?;
        let before = self.skipped.partition_point(|skipped| *skipped < incoming);
        if self.skipped.get(before) == Some(&incoming) {
            return None;
        }
        self.first_given.checked_add(from_first - before as u64)
    }

    /// The numbers of a packet of the current source; `None` when it is from before it, was left out
    /// or was numbered already.
    pub fn rewrite(&mut self, incoming: Incoming) -> Option<(u64, u32)> {
        let sequence = self.number(incoming.sequence)?;
        let last = self.last();
        if !self.given.take(sequence, last) {
            return None;
        }
        let timestamp = incoming.timestamp.wrapping_sub(self.timestamp);
        if last.is_none_or(|last| sequence > last) {
            let (captured, arrived) = (incoming.captured, incoming.arrived);
            self.last = Some(Last {
                sequence,
                timestamp,
                captured,
                arrived,
            });
        }
        Some((sequence, timestamp))
    }

    /// The VP8 picture numbers of a packet as bytes to replace.
    pub fn picture(&mut self, vp8: &Vp8Descriptor) -> Option<Vp8Patch> {
        let picture = &mut self.picture;
        let mut patch = vp8.patch();
        if let Some(id) = vp8.picture_id() {
            let wide = id.wrapping_sub(picture.id) & 0x7fff;
            if wide.wrapping_sub(picture.last_id) & 0x7fff < 0x4000 {
                picture.last_id = wide;
            }
            patch = patch.picture_id(wide);
        }
        if let Some(tl0) = vp8.tl0_pic_idx() {
            let value = tl0.wrapping_sub(picture.tl0);
            if value.wrapping_sub(picture.last_tl0) < 0x80 {
                picture.last_tl0 = value;
            }
            patch = patch.tl0_pic_idx(value);
        }
        if let Some(key) = vp8.key_idx() {
            let value = key.wrapping_sub(picture.key) & 0x1f;
            picture.last_key = value;
            patch = patch.key_idx(value);
        }
        patch.build().ok()
    }
}

/// How far the new source is after the last packet sent, at least one frame of 30 per second.
fn ticks_between(last: &Last, incoming: &Incoming, clock_rate: u32) -> u32 {
    let by_arrival = incoming.arrived.saturating_duration_since(last.arrived);
    let by_report = match (last.captured, incoming.captured) {
        (Some(before), Some(after)) => after.checked_sub(before),
        _ => None,
    };
    let passed = by_report
        .filter(|passed| passed.abs_diff(by_arrival) < REPORT_TOLERANCE)
        .unwrap_or(by_arrival);
    let ticks = passed.as_micros() * u128::from(clock_rate) / 1_000_000;
    u32::try_from(ticks).unwrap_or(u32::MAX / 4).max(clock_rate / 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn incoming(sequence: u64, timestamp: u32, arrived: Instant) -> Incoming {
        Incoming {
            sequence,
            timestamp,
            captured: None,
            arrived,
        }
    }

    fn vp8(picture: u16, tl0: u8) -> Vp8Descriptor {
        let [high, low] = (0x8000 | picture).to_be_bytes();
        Vp8Descriptor::parse(&[0x90, 0xe0, high, low, tl0, 0, 0]).expect("a descriptor")
    }

    #[test]
    fn numbers_run_on_across_a_switch() {
        let start = Instant::now();
        let mut rewriter = Rewriter::default();
        rewriter.switch(incoming(500, 90_000, start), 90_000, None);
        assert_eq!(rewriter.rewrite(incoming(500, 90_000, start)), Some((1_000, 90_000)));
        assert_eq!(rewriter.rewrite(incoming(502, 93_000, start)), Some((1_002, 93_000)));
        let later = start + Duration::from_millis(100);
        rewriter.switch(incoming(77, 5, later), 90_000, None);
        assert_eq!(rewriter.rewrite(incoming(77, 5, later)), Some((1_003, 102_000)));
        assert_eq!(rewriter.rewrite(incoming(76, 5, later)), None);
    }

    #[test]
    fn sender_reports_place_a_layer_better_than_its_arrival() {
        let start = Instant::now();
        let captured = |ms| Some(Duration::from_millis(ms));
        let mut rewriter = Rewriter::default();
        let first = Incoming {
            captured: captured(10_000),
            ..incoming(1, 0, start)
        };
        rewriter.switch(first, 90_000, None);
        rewriter.rewrite(first);
        // Captured 100 ms later, arrived 150 ms later: jitter must not enter the timeline.
        let arrived = start + Duration::from_millis(150);
        let second = Incoming {
            captured: captured(10_100),
            ..incoming(9, 7, arrived)
        };
        rewriter.switch(second, 90_000, None);
        assert_eq!(rewriter.rewrite(second), Some((1_001, 9_000)));
    }

    #[test]
    fn a_packet_left_out_leaves_no_hole() {
        let start = Instant::now();
        let mut rewriter = Rewriter::default();
        rewriter.switch(incoming(10, 0, start), 90_000, None);
        rewriter.rewrite(incoming(10, 0, start));
        rewriter.rewrite(incoming(12, 0, start));
        rewriter.skip(13);
        assert_eq!(rewriter.rewrite(incoming(14, 0, start)).map(|r| r.0), Some(1_003));
        assert_eq!(rewriter.rewrite(incoming(11, 0, start)).map(|r| r.0), Some(1_001));
    }

    #[test]
    fn picture_ids_count_on_across_a_switch() {
        let start = Instant::now();
        let mut rewriter = Rewriter::default();
        rewriter.switch(incoming(1, 0, start), 90_000, Some(&vp8(0x7fff, 200)));
        rewriter.rewrite(incoming(1, 0, start));
        rewriter.picture(&vp8(0x7fff, 200));
        assert_eq!((rewriter.picture.last_id, rewriter.picture.last_tl0), (0x7fff, 200));
        rewriter.switch(incoming(900, 0, start), 90_000, Some(&vp8(12, 3)));
        rewriter.picture(&vp8(12, 3));
        assert_eq!((rewriter.picture.last_id, rewriter.picture.last_tl0), (0, 201));
        rewriter.picture(&vp8(13, 4));
        assert_eq!((rewriter.picture.last_id, rewriter.picture.last_tl0), (1, 202));
    }

    #[test]
    fn a_packet_that_comes_after_two_left_out_gets_its_own_number() {
        let start = Instant::now();
        let mut rewriter = Rewriter::default();
        rewriter.switch(incoming(10, 0, start), 90_000, None);
        let number = |rewriter: &mut Rewriter, sequence| rewriter.rewrite(incoming(sequence, 0, start)).map(|r| r.0);
        assert_eq!(number(&mut rewriter, 10), Some(1_000));
        assert_eq!(number(&mut rewriter, 12), Some(1_002));
        rewriter.skip(13);
        assert_eq!(number(&mut rewriter, 14), Some(1_003));
        rewriter.skip(15);
        assert_eq!(number(&mut rewriter, 16), Some(1_004));
        assert_eq!(number(&mut rewriter, 11), Some(1_001));
        assert_eq!(number(&mut rewriter, 11), None, "once is enough");
        assert_eq!(number(&mut rewriter, 13), None, "it was left out");
    }

    #[test]
    fn what_is_left_out_before_a_lost_packet_comes_leaves_no_hole_either() {
        let start = Instant::now();
        let mut rewriter = Rewriter::default();
        rewriter.switch(incoming(10, 0, start), 90_000, None);
        rewriter.rewrite(incoming(10, 0, start));
        rewriter.skip(13);
        rewriter.skip(12);
        assert_eq!(rewriter.rewrite(incoming(14, 0, start)).map(|r| r.0), Some(1_002));
        assert_eq!(rewriter.rewrite(incoming(11, 0, start)).map(|r| r.0), Some(1_001));
    }

    /// What a publisher may do to its own packets, and what the network does to them.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// The next number, so many further on.
        Send(u64),
        /// Again or late, so many back.
        Late(u64),
        /// Without payload, the next.
        Padding,
        /// Without payload, so many back.
        LatePadding(u64),
        /// Another layer or another source, which counts from here.
        Switch(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let far = prop_oneof![0u64..8, 0u64..100, 0u64..40_000];
        let step = prop_oneof![
            6 => Just(Step::Send(1)),
            2 => far.clone().prop_map(Step::Send),
            4 => (0u64..12).prop_map(Step::Late),
            1 => far.clone().prop_map(Step::Late),
            3 => Just(Step::Padding),
            1 => far.prop_map(Step::LatePadding),
            1 => (0u64..70_000).prop_map(Step::Switch),
        ];
        proptest::collection::vec(step, 1..400)
    }

    proptest! {
        #[test]
        fn no_number_is_ever_given_to_two_packets(steps in steps()) {
            let start = Instant::now();
            let mut rewriter = Rewriter::default();
            let mut newest = 100_000u64;
            rewriter.switch(incoming(newest, 0, start), 90_000, None);
            let mut given = std::collections::HashSet::new();
            for step in steps {
                let sequence = match step {
                    Step::Send(ahead) => newest + ahead,
                    Step::Late(back) => newest.saturating_sub(back),
                    Step::Padding => newest + 1,
                    Step::LatePadding(back) => newest.saturating_sub(back),
                    Step::Switch(to) => to,
                };
                match step {
                    Step::Padding | Step::LatePadding(_) => rewriter.skip(sequence),
                    Step::Switch(_) => rewriter.switch(incoming(sequence, 0, start), 90_000, None),
                    Step::Send(_) | Step::Late(_) => {
                        if rewriter.leaps(sequence) {
                            rewriter.switch(incoming(sequence, 0, start), 90_000, None);
                        }
                        if let Some((number, _)) = rewriter.rewrite(incoming(sequence, 0, start)) {
                            prop_assert!(given.insert(number), "{number} was given before");
                        }
                    }
                }
                newest = match step {
                    Step::Switch(to) => to,
                    _ => newest.max(sequence),
                };
            }
        }

        #[test]
        fn a_receiver_never_loses_count(steps in steps()) {
            let start = Instant::now();
            let mut rewriter = Rewriter::default();
            let mut newest = 0u64;
            let mut last = None::<u64>;
            for step in steps {
                let (Step::Send(ahead) | Step::Switch(ahead)) = step else { continue };
                newest += ahead;
                let first = last.is_none() || matches!(step, Step::Switch(_)) || rewriter.leaps(newest);
                if first {
                    rewriter.switch(incoming(newest, 0, start), 90_000, None);
                }
                if let Some((number, _)) = rewriter.rewrite(incoming(newest, 0, start)) {
                    prop_assert!(last.is_none_or(|last| number <= last + REACH));
                    last = last.max(Some(number));
                }
            }
        }
    }
}
