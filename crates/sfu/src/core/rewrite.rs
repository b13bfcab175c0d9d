// SPDX-License-Identifier: EUPL-1.2
//! Makes one continuous stream for a subscriber out of the layers of a track.
//!
//! Sequence numbers have no holes where the SFU left something out, timestamps run on across layers
//! (by the publisher's sender reports where there are any), and VP8 picture ids count on. Which packet
//! is forwarded is decided elsewhere.

use std::time::{Duration, Instant};

use str0m::rtp::{Vp8Descriptor, Vp8Patch};

/// A first number far from both ends, so that neither reordering nor wrapping meets it early.
const FIRST_SEQUENCE: u64 = 1_000;
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
    /// Subtracted from incoming numbers (wrapping).
    sequence: u64,
    timestamp: u32,
    /// Packets of the source before this one belong to nobody.
    first_incoming: u64,
    /// Before this number the sequence offset was one less: a packet without payload was left out.
    skipped_at: Option<u64>,
    picture: Picture,
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
        self.sequence = incoming.sequence.wrapping_sub(sequence);
        self.timestamp = incoming.timestamp.wrapping_sub(timestamp);
        self.first_incoming = incoming.sequence;
        self.skipped_at = None;
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

    /// Leaves out a packet so that its number is not missed.
    pub fn skip(&mut self, incoming: u64) {
        let newest = self
            .last
            .is_some_and(|last| incoming.wrapping_sub(self.sequence) == last.sequence + 1);
        if newest {
            self.sequence = self.sequence.wrapping_add(1);
            self.skipped_at = Some(incoming);
        }
    }

    /// The numbers of a packet of the current source; `None` when it is from before it.
    pub fn rewrite(&mut self, incoming: Incoming) -> Option<(u64, u32)> {
        if incoming.sequence < self.first_incoming {
            return None;
        }
        let late = self.skipped_at.is_some_and(|at| incoming.sequence < at);
        let sequence = incoming
            .sequence
            .wrapping_sub(self.sequence)
            .wrapping_add(u64::from(late));
        let timestamp = incoming.timestamp.wrapping_sub(self.timestamp);
        if self.last.is_none_or(|last| sequence > last.sequence) {
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

    proptest! {
        #[test]
        fn sequence_numbers_are_never_given_twice(steps in proptest::collection::vec((0u8..4, 0u64..65_000), 1..200)) {
            let start = Instant::now();
            let mut rewriter = Rewriter::default();
            let mut source = 0;
            rewriter.switch(incoming(source, 0, start), 90_000, None);
            let mut seen = std::collections::HashSet::new();
            for (step, jump) in steps {
                if step == 0 {
                    source = jump;
                    rewriter.switch(incoming(source, 0, start), 90_000, None);
                } else if step == 1 {
                    rewriter.skip(source);
                    source += 1;
                    continue;
                }
                let (sequence, _) = rewriter.rewrite(incoming(source, 0, start)).expect("in order");
                prop_assert!(seen.insert(sequence));
                source += 1;
            }
        }
    }
}
