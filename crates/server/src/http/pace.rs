// SPDX-License-Identifier: EUPL-1.2
//! How slowly bytes may come or go. Not how long something may take in all. The one rule: a byte now and then gains no time.

use std::time::Duration;

use tokio::time::Instant;

/// As much is moved in the time of one step, or it ends: with the usual thirty seconds about two kilobytes a second.
pub const STEP: usize = 64 << 10;

pub struct Pace {
    time: Duration,
    ends: Instant,
    moved: usize,
}

impl Pace {
    /// The first step begins now.
    pub fn new(time: Duration, now: Instant) -> Pace {
        let (ends, moved) = (now + time, 0);
        Pace { time, ends, moved }
    }

    pub fn ends(&self) -> Instant {
        self.ends
    }

    /// Whether that was the end of a step.
    pub fn moved(&mut self, bytes: usize, now: Instant) -> bool {
        self.moved += bytes;
        let is_step = self.moved >= STEP;
        if is_step {
            *self = Pace::new(self.time, now);
        }
        is_step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_as_long_as_enough_is_moved() {
        let (begin, time) = (Instant::now(), Duration::from_secs(30));
        let at = |secs| begin + Duration::from_secs(secs);
        let mut pace = Pace::new(time, begin);
        for secs in 1..30 {
            pace.moved(1, at(secs));
            assert_eq!(pace.ends, at(30), "a byte gained time");
        }
        pace.moved(STEP, at(29));
        assert_eq!(pace.ends, at(59));
        for secs in 30..50 {
            pace.moved(STEP / 16, at(secs));
        }
        assert_eq!(pace.ends, at(45 + 30));
    }
}
