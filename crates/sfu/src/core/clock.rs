// SPDX-License-Identifier: EUPL-1.2
//! When something was captured, on our clock.
//!
//! The packet with the shortest way tells best how two clocks differ; all others only came later. No
//! clock is read here, and the answer is never in the future: a sender report from the future would
//! carry no RTP time.

use std::time::{Duration, Instant};

/// The shortest way is looked for in the running span of this length and the one before: clocks drift
/// and ways change.
const SPAN: Duration = Duration::from_secs(10);
/// A packet further off comes from a clock that was set anew.
const TOLERANCE: i64 = 2_000_000;

/// Another clock against ours. Times are in microseconds since whatever that clock counts from.
#[derive(Debug, Default, Clone)]
pub struct Clock {
    /// Our time counts from the first packet.
    first: Option<Instant>,
    span: Option<Instant>,
    /// Smallest difference of the running span and of the one before: arrival minus capture.
    least: Option<i64>,
    before: Option<i64>,
}

impl Clock {
    /// When a packet was captured that arrived now; at most now.
    pub fn place(&mut self, captured: i64, now: Instant) -> Instant {
        let first = *self.first.get_or_insert(now);
        let span = *self.span.get_or_insert(now);
        if now.saturating_duration_since(span) >= SPAN {
            self.before = self.least.take();
            self.span = Some(now);
        }
        let arrived = i64::try_from(now.saturating_duration_since(first).as_micros()).unwrap_or(i64::MAX);
        let difference = arrived.saturating_sub(captured);
        let known = self.least.into_iter().chain(self.before).min();
        match known.map(|known| difference.saturating_sub(known)) {
            // Later than any jitter: the other clock was set back, or nobody knows.
            Some(late) if late > TOLERANCE => return now,
            // It was set forward: what was known holds no more.
            Some(late) if late < -TOLERANCE => {
                self.before = None;
                self.least = Some(difference);
            }
            _ => self.least = Some(self.least.map_or(difference, |least| least.min(difference))),
        }
        let least = self.least.into_iter().chain(self.before).min().unwrap_or(difference);
        let late = u64::try_from(difference.saturating_sub(least)).unwrap_or_default();
        now.checked_sub(Duration::from_micros(late)).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: i64 = 1_000;

    #[test]
    fn a_first_packet_that_was_late_spoils_nothing() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut clock = Clock::default();
        // The first needs 330 ms, as if it had waited behind a large picture; the usual is 30 ms.
        assert_eq!(clock.place(5_000 * MS, at(330)), at(330), "nothing is known yet");
        assert_eq!(clock.place(5_310 * MS, at(340)), at(340));
        assert_eq!(
            clock.place(5_320 * MS, at(600)),
            at(350),
            "placed by the fastest, not by the first"
        );
    }

    #[test]
    fn a_clock_that_is_set_anew_is_followed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Clock::default();
        clock.place(0, at(0));
        assert_eq!(clock.place(3_600_000 * MS, at(1)), at(1));
        assert_eq!(clock.place(3_601_000 * MS, at(2)), at(2));
        // Set back: by the time of arrival until the spans have passed.
        assert_eq!(clock.place(3_000 * MS, at(3)), at(3));
        assert_eq!(clock.place(20_000 * MS, at(20)), at(20));
        clock.place(31_000 * MS, at(31));
        assert_eq!(clock.place(32_000 * MS, at(33)), at(32));
    }

    proptest! {
        #[test]
        fn nothing_is_placed_in_the_future(packets in proptest::collection::vec((any::<i64>(), 0u64..5_000), 1..50)) {
            let mut now = Instant::now();
            let mut clock = Clock::default();
            for (captured, passed) in packets {
                now += Duration::from_millis(passed);
                prop_assert!(clock.place(captured, now) <= now);
            }
        }

        #[test]
        fn two_streams_of_one_clock_stay_together(jitter in proptest::collection::vec((0i64..300, 0i64..300), 200..300)) {
            let start = Instant::now();
            let mut clock = Clock::default();
            let mut worst = 0;
            for (index, (sound, picture)) in jitter.into_iter().enumerate() {
                let captured = index as i64 * 20;
                let mut place = |delay: i64| {
                    let now = start + Duration::from_millis(u64::try_from(captured + 50 + delay).unwrap_or_default());
                    clock.place(captured * MS, now)
                };
                let (sound, picture) = (place(sound), place(picture));
                let apart = sound.max(picture).duration_since(sound.min(picture));
                if index >= 100 {
                    worst = worst.max(apart.as_millis());
                }
            }
            prop_assert!(worst < 100, "{worst} ms apart");
        }
    }
}
