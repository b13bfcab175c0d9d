// SPDX-License-Identifier: EUPL-1.2
//! What the line to one subscriber carries, as far as it tells.
//!
//! Not what is sent over it; that is `allocate.rs`. Clients say how much they believe can come (REMB). What they believe
//! rises by a few per cent a second, however much comes, and falls when packets are late (libwebrtc): so it is its fall that
//! tells. Those who say nothing are judged by what they lose. The rule: as long as nothing is amiss there is no number at
//! all, and nothing is held back. After that more is tried step by step with what is to be shown anyway, and each failure
//! makes the next try rarer.

use std::time::{Duration, Instant};

/// Time over which what is sent is averaged.
const AVERAGE: f64 = 0.5;
/// What a report may be below the one before, or below what is sent, and mean nothing.
const SHORT: f64 = 0.97;
/// A fall so far below what is sent is believed at once: libwebrtc falls to 85 % of what comes, so less comes than is sent.
/// Another is believed when it lasts, or during a trial.
const FAR_SHORT: f64 = 0.75;
const LASTS: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(3);
/// After less was given, what is under way already still fills the line.
const SETTLES: Duration = Duration::from_secs(3);
/// Reports so old say nothing any more.
const FRESH: Duration = Duration::from_secs(5);
/// The share of packets above which a line that tells nothing else is full.
const LOSS: f64 = 0.12;
/// No line is believed to carry less, in bits per second.
const LEAST: f64 = 30e3;
/// A step that went well for so long has succeeded. With reports below what is sent they must have risen by so much: on a
/// full line that was believed to carry less they do not fall, but they do not rise either.
const TRIAL: Duration = Duration::from_secs(3);
const RISEN: f64 = 1.05;
/// The first step after the line was full comes after this; each that fails makes it longer, up to the other.
const PATIENCE: Duration = Duration::from_secs(3);
const MOST_PATIENCE: Duration = Duration::from_secs(60);
const LONGER: f64 = 1.6;
/// With everything given for so long, nothing is held back any more.
const FREE: Duration = Duration::from_secs(5);

pub struct Estimate {
    /// Bits per second; `None`: whatever is sent.
    capacity: Option<f64>,
    /// What is sent, in bits per second.
    usage: f64,
    /// Bytes since the last tick.
    bytes: usize,
    ticked: Instant,
    /// The last report, and when one was last below the one before.
    told: Option<(Instant, f64)>,
    fell: Option<Instant>,
    /// Packets since they were last looked at, and how many of them were lost.
    packets: (f64, f64),
    lossy: bool,
    /// What happened last: nothing else is concluded for a while.
    changed: Option<Instant>,
    /// Since when more is tried, and what was reported then.
    trial: Option<(Instant, f64)>,
    patience: Duration,
    /// The next step is not tried before.
    rests_until: Instant,
    /// Since when everything is given.
    whole: Option<Instant>,
}

impl Estimate {
    pub fn new(now: Instant) -> Self {
        Self {
            capacity: None,
            usage: 0.0,
            bytes: 0,
            ticked: now,
            told: None,
            fell: None,
            packets: (0.0, 0.0),
            lossy: false,
            changed: None,
            trial: None,
            patience: PATIENCE,
            rests_until: now,
            whole: None,
        }
    }

    /// What the line carries, in bits per second; `None`: nothing is known to be amiss.
    pub fn capacity(&self) -> Option<f64> {
        self.capacity
    }

    pub fn sent(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Time passes; called some times a second.
    pub fn tick(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.ticked).as_secs_f64();
        if passed <= 0.0 {
            return;
        }
        self.ticked = now;
        let bits = 8.0 * f64::from(u32::try_from(std::mem::take(&mut self.bytes)).unwrap_or(u32::MAX));
        self.usage += (bits / passed - self.usage) * (passed / AVERAGE).min(1.0);
        let (packets, lost) = std::mem::take(&mut self.packets);
        if packets > 0.0 {
            let share = lost / packets;
            let told = self.told.filter(|_| self.is_told(now)).map(|(_, bits)| bits);
            let low = told.filter(|bits| *bits < self.usage * SHORT);
            let lossy = share >= LOSS && (told.is_none() || low.is_some());
            // One bad moment is none, unless the report says the same.
            let before = std::mem::replace(&mut self.lossy, lossy);
            if lossy && (before || low.is_some()) {
                self.full(now, low.unwrap_or(self.usage * (1.0 - share)));
            }
        }
        let over = self
            .trial
            .filter(|(since, _)| now.saturating_duration_since(*since) >= TRIAL);
        let Some((_, before)) = over else { return };
        let told = self.told.filter(|_| self.is_told(now)).map(|(_, bits)| bits);
        match told.filter(|bits| *bits < self.usage * SHORT && *bits < before * RISEN) {
            Some(bits) => self.full(now, bits),
            None => {
                self.trial = None;
                self.patience = PATIENCE;
                self.rests_until = now;
            }
        }
    }

    fn is_told(&self, now: Instant) -> bool {
        self.told
            .is_some_and(|(at, _)| now.saturating_duration_since(at) < FRESH)
    }

    /// The client believes that so many bits per second can come (REMB).
    pub fn told(&mut self, now: Instant, bits: f64) {
        let before = self.told.replace((now, bits)).map(|(_, before)| before);
        let since = self.fell.map(|at| now.saturating_duration_since(at));
        let falls = before.is_some_and(|before| bits < before * SHORT);
        // While the line is full each report falls to the same.
        let lasts =
            since.is_some_and(|since| (LASTS..SOON).contains(&since)) && before.is_some_and(|before| bits <= before);
        if !falls && !lasts {
            self.capacity = self.capacity.map(|capacity| capacity.max(bits));
            return;
        }
        if falls {
            self.fell = Some(now);
        }
        let again = lasts || since.is_some_and(|since| since < SOON) || self.trial.is_some();
        if bits < self.usage * FAR_SHORT || again && bits < self.usage * SHORT {
            self.full(now, bits);
        }
    }

    /// The client says which share of so many packets it has lost.
    pub fn lost(&mut self, packets: u64, share: f64) {
        let packets = f64::from(u32::try_from(packets).unwrap_or(u32::MAX));
        self.packets = (self.packets.0 + packets, self.packets.1 + packets * share);
    }

    /// The line carries no more than this.
    fn full(&mut self, now: Instant, bits: f64) {
        let settles = self
            .changed
            .is_some_and(|at| now.saturating_duration_since(at) < SETTLES);
        // A trial is over with the first sign; otherwise what is under way is waited for.
        if settles && self.trial.is_none() {
            return;
        }
        if self.trial.take().is_some() {
            self.patience = self.patience.mul_f64(LONGER).min(MOST_PATIENCE);
        }
        self.capacity = Some(bits.max(LEAST));
        self.changed = Some(now);
        self.whole = None;
        self.rests_until = now + self.patience;
    }

    /// Everything that is wished for is given, or it takes so many bits per second to give one thing more.
    pub fn wants(&mut self, now: Instant, more: Option<f64>) {
        let Some(more) = more else {
            let since = *self.whole.get_or_insert(now);
            if self.trial.is_none() && now.saturating_duration_since(since) >= FREE {
                self.capacity = None;
                self.whole = None;
            }
            return;
        };
        self.whole = None;
        if self.trial.is_none() && now >= self.rests_until {
            self.capacity = self.capacity.map(|capacity| capacity.max(more));
            self.trial = Some((now, self.told.map_or(0.0, |(_, bits)| bits)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with what is sent over it, in ticks of 100 ms.
    struct Line {
        now: Instant,
        estimate: Estimate,
    }

    impl Line {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                now,
                estimate: Estimate::new(now),
            }
        }

        fn run(&mut self, seconds: f64, bits: f64) {
            for _ in 0..(seconds * 10.0) as usize {
                self.now += Duration::from_millis(100);
                self.estimate.sent((bits / 80.0) as usize);
                self.estimate.tick(self.now);
            }
        }
    }

    #[test]
    fn as_long_as_reports_do_not_fall_nothing_is_held_back_however_low_they_are() {
        let mut line = Line::new();
        for second in 0..60 {
            line.run(1.0, if second % 2 == 0 { 1.8e6 } else { 2.2e6 });
            line.estimate.told(line.now, 225e3 * 1.08f64.powi(second));
            line.estimate.lost(270, 0.1);
        }
        assert_eq!(line.estimate.capacity(), None);
    }

    #[test]
    fn a_fall_far_below_what_is_sent_is_believed_at_once_and_another_when_it_lasts() {
        let line = |reports: &[f64]| {
            let mut line = Line::new();
            line.run(5.0, 2e6);
            for report in reports {
                line.run(0.5, 2e6);
                line.estimate.told(line.now, *report);
            }
            line.estimate.capacity()
        };
        assert_eq!(line(&[2.5e6, 1.8e6]), None);
        assert_eq!(line(&[2.5e6, 1.8e6, 1.9e6]), None);
        assert_eq!(line(&[2.5e6, 1.8e6, 1.7e6]), Some(1.7e6));
        assert_eq!(line(&[2.5e6, 1.8e6, 1.8e6]), Some(1.8e6), "it does not rise");
        assert_eq!(line(&[2.5e6, 1.4e6]), Some(1.4e6));
        assert_eq!(line(&[2.5e6, 2.3e6, 2.1e6]), None, "it is still more than is sent");
        assert_eq!(line(&[2.5e6, 300e3]), Some(300e3));
        assert_eq!(
            line(&[2.5e6, 300e3, 340e3]),
            Some(340e3),
            "and it rises with what is told"
        );
    }

    #[test]
    fn a_client_that_tells_nothing_is_judged_by_what_it_loses() {
        let mut line = Line::new();
        line.run(5.0, 2e6);
        for share in [0.1, 0.1, 0.3] {
            line.estimate.lost(270, share);
            line.run(5.0, 2e6);
        }
        assert_eq!(line.estimate.capacity(), None, "one bad moment is none");
        line.estimate.lost(270, 0.3);
        line.run(0.1, 2e6);
        let capacity = line.estimate.capacity().expect("it is full");
        assert!((1.3e6..1.5e6).contains(&capacity), "{capacity}");
    }

    #[test]
    fn a_report_that_was_low_from_the_start_is_believed_when_much_is_lost() {
        let after = |share: f64| {
            let mut line = Line::new();
            line.run(5.0, 500e3);
            line.estimate.told(line.now, 250e3);
            line.estimate.lost(70, share);
            line.run(0.1, 500e3);
            line.estimate.capacity()
        };
        assert_eq!(after(0.05), None);
        assert_eq!(after(0.3), Some(250e3));
    }

    #[test]
    fn a_step_fails_on_which_reports_neither_fall_nor_rise() {
        let after = |growth: f64| {
            let mut line = Line::new();
            line.run(5.0, 2e6);
            line.estimate.told(line.now, 2.5e6);
            line.estimate.told(line.now, 230e3);
            line.run(4.0, 150e3);
            line.estimate.wants(line.now, Some(500e3));
            for second in 0..4 {
                line.run(1.0, 500e3);
                line.estimate.told(line.now, 230e3 * growth.powi(second));
            }
            line.estimate.capacity()
        };
        assert_eq!(after(1.0), Some(230e3));
        assert_eq!(after(1.08), Some(500e3));
    }

    #[test]
    fn steps_that_fail_become_rarer_and_one_that_succeeds_is_followed_at_once() {
        let mut line = Line::new();
        line.run(5.0, 2e6);
        line.estimate.told(line.now, 2.5e6);
        line.estimate.told(line.now, 300e3);
        let mut tries = Vec::new();
        for _ in 0..1_200 {
            line.run(0.1, 150e3);
            line.estimate.wants(line.now, Some(500e3));
            if line.estimate.capacity() == Some(500e3) {
                tries.push(line.now);
                line.run(1.0, 500e3);
                line.estimate.told(line.now, 340e3);
                line.estimate.told(line.now, 320e3);
                assert_eq!(line.estimate.capacity(), Some(320e3));
            }
        }
        let pauses: Vec<_> = tries.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
        assert!(pauses.windows(2).all(|pair| pair[1] > pair[0]), "{pauses:?}");
        assert!(tries.len() < 9, "{} in two minutes", tries.len());
        line.run(60.0, 150e3);
        line.estimate.wants(line.now, Some(500e3));
        line.run(3.1, 500e3);
        line.estimate.wants(line.now, Some(1.7e6));
        assert_eq!(line.estimate.capacity(), Some(1.7e6));
        line.run(3.1, 1.7e6);
        line.estimate.wants(line.now, None);
        line.run(5.0, 1.7e6);
        line.estimate.wants(line.now, None);
        assert_eq!(line.estimate.capacity(), None, "nothing is held back any more");
    }
}
