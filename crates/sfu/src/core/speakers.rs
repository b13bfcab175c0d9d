// SPDX-License-Identifier: EUPL-1.2
//! Who speaks, from the audio level in the RTP header (RFC 6464); the sound itself is not looked at.

use std::time::Duration;

/// How often speakers are told; shorter is more lively and costs a message to everybody.
pub const INTERVAL: Duration = Duration::from_millis(400);
/// Quieter than this (in -dBov) is silence.
const SILENCE: u8 = 40;
/// This share of the packets of an interval must be louder, in percent.
const SHARE: u32 = 40;

/// What was heard of one track in the running interval.
#[derive(Debug, Default, Clone)]
pub struct Loudness {
    packets: u32,
    loud: u32,
    /// Loudest, in -dBov.
    peak: u8,
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
    /// Notes the level of one packet in -dBov (0 is loudest, 127 silence).
    pub fn observe(&mut self, level: u8) {
        self.packets += 1;
        if level < SILENCE {
            self.peak = if self.loud == 0 { level } else { self.peak.min(level) };
            self.loud += 1;
        }
    }

    /// Ends an interval; what to tell the others, if anything.
    pub fn settle(&mut self, muted: bool) -> Option<Spoken> {
        let speaking = !muted && self.loud > 0 && self.loud * 100 >= self.packets * SHARE;
        let heard = if speaking {
            10f32.powf(-f32::from(self.peak) / 20.0)
        } else {
            0.0
        };
        (self.packets, self.loud, self.peak) = (0, 0, 0);
        // Rises at once, falls over two intervals: pauses between words are no silence.
        self.level = if heard >= self.level {
            heard
        } else {
            (self.level + heard) / 2.0
        };
        if self.level < 0.01 || muted {
            self.level = 0.0;
        }
        // Eighths are as much as a display shows.
        let level = (self.level * 8.0).ceil() / 8.0;
        let told = (level > 0.0).then_some(level);
        if told == self.told {
            return None;
        }
        self.told = told;
        Some(Spoken {
            level,
            active: level > 0.0,
        })
    }

    /// What a newcomer has to know.
    pub fn told(&self) -> Option<f32> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_is_told_once_and_taken_back_in_silence() {
        let mut loudness = Loudness::default();
        let interval = |loudness: &mut Loudness, level| (0..20).for_each(|_| loudness.observe(level));
        interval(&mut loudness, 10);
        assert!(loudness.settle(false).is_some_and(|spoken| spoken.active));
        interval(&mut loudness, 10);
        assert_eq!(loudness.settle(false), None);
        let mut silenced = false;
        for _ in 0..8 {
            interval(&mut loudness, 127);
            silenced |= loudness.settle(false).is_some_and(|spoken| !spoken.active);
        }
        assert!(silenced);
    }

    #[test]
    fn a_muted_track_does_not_speak() {
        let mut loudness = Loudness::default();
        (0..20).for_each(|_| loudness.observe(5));
        assert_eq!(loudness.settle(true), None);
    }
}
