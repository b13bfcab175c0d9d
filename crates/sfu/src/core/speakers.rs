// SPDX-License-Identifier: EUPL-1.2
//! Who speaks, from the audio level in the RTP header (RFC 6464); the sound itself is not looked at.
//!
//! Sound is measured in time, not in packets: who is silent may send none (DTX). Level and thresholds are
//! LiveKit's: an interval counts when enough of it was loud, and its loudest packet counts by how much.

use std::time::Duration;

/// How often speakers are told; shorter is more lively and costs a message to everybody.
pub const INTERVAL: Duration = Duration::from_millis(400);
/// At most this (in -dBov) is loud.
const LOUD: u8 = 35;
/// So much of an interval must be loud.
const ENOUGH: Duration = Duration::from_millis(160);
/// A packet stands for the time since the one before, but for no more than the longest that is usual:
/// after a pause nobody knows what was in it.
const LONGEST: Duration = Duration::from_millis(60);
/// RTP clock rate of Opus.
const RATE: u64 = 48_000;
/// Weight of the newest interval.
const SMOOTHING: f32 = 2.0 / 3.0;

/// What was heard of one track in the running interval.
#[derive(Debug, Default, Clone)]
pub struct Loudness {
    /// RTP time of the newest packet.
    newest: Option<u32>,
    heard: bool,
    loud: Duration,
    /// Loudest, in -dBov.
    peak: u8,
    /// Intervals without any packet, in a row.
    missed: u8,
    level: f32,
    told: Option<f32>,
}

/// A change worth telling: level 0 to 1, or silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spoken {
    pub level: f32,
    pub active: bool,
}

impl Loudness {
    /// Notes the level of one packet in -dBov (0 is loudest, 127 silence) with its RTP time.
    pub fn observe(&mut self, level: u8, timestamp: u32) {
        self.heard = true;
        let passed = self.newest.map(|newest| timestamp.wrapping_sub(newest));
        if passed.is_some_and(|passed| passed == 0 || passed > u32::MAX / 2) {
            return;
        }
        self.newest = Some(timestamp);
        if level <= LOUD {
            let passed = passed.map_or(LONGEST, |ticks| {
                Duration::from_micros(u64::from(ticks) * 1_000_000 / RATE)
            });
            self.peak = if self.loud.is_zero() {
                level
            } else {
                self.peak.min(level)
            };
            self.loud += passed.min(LONGEST);
        }
    }

    /// Ends an interval; what to tell the others, if anything.
    pub fn settle(&mut self) -> Option<Spoken> {
        self.missed = if self.heard { 0 } else { self.missed.saturating_add(1) };
        if self.loud >= ENOUGH {
            let share = (self.loud.as_secs_f32() / INTERVAL.as_secs_f32()).min(1.0);
            let heard = linear(self.peak) * share;
            self.level += (heard - self.level) * SMOOTHING;
        } else if self.missed != 1 {
            // A hiccup of the network is no silence; who is silent sends a packet now and then.
            self.level = 0.0;
        }
        (self.heard, self.loud) = (false, Duration::ZERO);
        self.tell()
    }

    /// Muted or gone: silent from now on. What to tell the others, if anything.
    pub fn hush(&mut self) -> Option<Spoken> {
        *self = Self {
            told: self.told,
            ..Self::default()
        };
        self.tell()
    }

    fn tell(&mut self) -> Option<Spoken> {
        let active = self.level >= linear(LOUD);
        // Eighths are as much as a display shows.
        let told = active.then(|| (self.level * 8.0).ceil() / 8.0);
        if told == self.told {
            return None;
        }
        self.told = told;
        Some(Spoken {
            level: told.unwrap_or_default(),
            active,
        })
    }

    /// What a newcomer has to know.
    pub fn told(&self) -> Option<f32> {
        self.told
    }
}

fn linear(level: u8) -> f32 {
    10f32.powf(-f32::from(level) / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u32 = 960;

    /// A microphone that sends 20 ms a packet.
    #[derive(Default)]
    struct Microphone {
        loudness: Loudness,
        time: u32,
    }

    impl Microphone {
        fn sends(&mut self, packets: u32, level: u8) {
            for _ in 0..packets {
                self.time = self.time.wrapping_add(FRAME);
                self.loudness.observe(level, self.time);
            }
        }

        /// Nothing is sent for so many packets' time.
        fn pauses(&mut self, packets: u32) {
            self.time = self.time.wrapping_add(packets * FRAME);
        }

        fn speaks(&mut self) -> Option<bool> {
            self.loudness.settle().map(|spoken| spoken.active)
        }
    }

    #[test]
    fn a_speaker_is_told_once_and_taken_back_in_silence() {
        let mut microphone = Microphone::default();
        microphone.sends(20, 10);
        assert_eq!(microphone.speaks(), Some(true));
        microphone.sends(20, 10);
        microphone.speaks();
        microphone.sends(20, 10);
        microphone.speaks();
        microphone.sends(20, 10);
        assert_eq!(microphone.speaks(), None);
        microphone.sends(20, 127);
        assert_eq!(microphone.speaks(), Some(false));
    }

    #[test]
    fn a_microphone_that_sends_nothing_in_silence_is_silent_after_one_interval() {
        let mut microphone = Microphone::default();
        microphone.sends(20, 10);
        assert_eq!(microphone.speaks(), Some(true));
        microphone.pauses(19);
        microphone.sends(1, 127);
        assert_eq!(microphone.speaks(), Some(false));
    }

    #[test]
    fn a_click_between_pauses_is_no_speech_though_every_packet_is_loud() {
        let mut microphone = Microphone::default();
        for _ in 0..10 {
            microphone.pauses(17);
            microphone.sends(3, 5);
            assert_eq!(microphone.speaks(), None);
        }
    }

    #[test]
    fn a_word_after_a_pause_is_speech() {
        let mut microphone = Microphone::default();
        microphone.pauses(19);
        microphone.sends(1, 127);
        microphone.speaks();
        microphone.pauses(10);
        microphone.sends(9, 20);
        assert_eq!(microphone.speaks(), Some(true));
    }

    #[test]
    fn half_the_packets_lost_is_no_silence_and_neither_is_one_interval_without_any() {
        let mut microphone = Microphone::default();
        for _ in 0..10 {
            microphone.pauses(1);
            microphone.sends(1, 20);
        }
        assert_eq!(microphone.speaks(), Some(true));
        assert_eq!(microphone.speaks(), None);
        assert_eq!(microphone.speaks(), Some(false), "two are");
    }

    #[test]
    fn who_is_muted_is_silent_at_once() {
        let mut microphone = Microphone::default();
        microphone.sends(20, 10);
        assert_eq!(microphone.speaks(), Some(true));
        assert!(microphone.loudness.hush().is_some_and(|spoken| !spoken.active));
        assert_eq!(microphone.loudness.hush(), None);
        assert_eq!(microphone.loudness.told(), None);
    }
}
