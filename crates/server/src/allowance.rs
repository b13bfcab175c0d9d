// SPDX-License-Identifier: EUPL-1.2
//! How often somebody may do something: a bucket of tokens that fills up with time. Not what happens to who has none. The
//! one rule: whoever waits as long as they are told may go on.

use std::time::Duration;

use tokio::time::Instant;

/// One token each, refilled at `rate` a second up to `most`.
pub struct Allowance {
    tokens: f32,
    at: Instant,
    rate: f32,
    most: f32,
}

impl Allowance {
    pub fn new(rate: f32, most: f32, now: Instant) -> Allowance {
        Allowance {
            tokens: most,
            at: now,
            rate,
            most,
        }
    }

    fn refill(&mut self, now: Instant) {
        let refilled = self.tokens + now.duration_since(self.at).as_secs_f32() * self.rate;
        (self.tokens, self.at) = (refilled.min(self.most), now);
    }

    /// For what has happened already, and may be one too many.
    pub fn take(&mut self, now: Instant) {
        self.take_several(1, now);
    }

    pub fn take_several(&mut self, tokens: u16, now: Instant) {
        self.refill(now);
        self.tokens -= f32::from(tokens);
    }

    /// `Err`: how long until there is one.
    pub fn has_one(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        match self.tokens < 1.0 {
            true => Err(Duration::from_secs_f32((1.0 - self.tokens) / self.rate)),
            false => Ok(()),
        }
    }

    /// When the next one may be taken; `None`: now.
    pub fn ready_at(&mut self, now: Instant) -> Option<Instant> {
        self.refill(now);
        // A millisecond more, so that rounding does not wake anybody too early.
        let wait = || Duration::from_secs_f32(-self.tokens / self.rate) + Duration::from_millis(1);
        (self.tokens < 0.0).then(|| now + wait())
    }

    /// Tokens that are gone now; of whom there are none need not be remembered.
    pub fn spent(&mut self, now: Instant) -> f32 {
        self.refill(now);
        self.most - self.tokens
    }
}

#[cfg(test)]
mod tests {
    use konvent_meeting::limits;

    use super::*;

    #[test]
    fn thirty_commands_at_once_pass_and_the_next_waits_a_tenth_of_a_second() {
        let now = Instant::now();
        let mut allowance = Allowance::new(limits::FRAMES_PER_SECOND, limits::FRAMES_AT_ONCE, now);
        for _ in 0..30 {
            assert!(allowance.ready_at(now).is_none());
            allowance.take(now);
        }
        allowance.take(now);
        let ready = allowance.ready_at(now).unwrap();
        assert!((ready - now).as_millis().abs_diff(101) <= 1, "{:?}", ready - now);
        assert!(allowance.ready_at(ready).is_none());
    }

    #[test]
    fn who_asks_for_more_than_there_is_learns_how_long_to_wait() {
        let now = Instant::now();
        let mut allowance = Allowance::new(0.5, 2.0, now);
        allowance.take(now);
        assert_eq!(allowance.has_one(now), Ok(()));
        allowance.take(now);
        assert_eq!(allowance.has_one(now), Err(Duration::from_secs(2)));
        assert_eq!(allowance.has_one(now + Duration::from_secs(2)), Ok(()));
    }
}
