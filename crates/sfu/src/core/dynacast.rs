// SPDX-License-Identifier: EUPL-1.2
//! Which layers anybody watches, so that the publisher encodes no others (`SubscribedQualityUpdate`).

use std::time::{Duration, Instant};

use crate::proto::{SubscribedCodec, SubscribedQuality, SubscribedQualityUpdate, VideoQuality};

/// A layer nobody watches is stopped only after this: people look away and back.
const HOLD: Duration = Duration::from_secs(5);

/// What a publisher was told about a track, and what will be told.
#[derive(Debug, Default)]
pub struct Wanted {
    told: Option<Option<VideoQuality>>,
    lower: Option<(Option<VideoQuality>, Instant)>,
}

impl Wanted {
    /// Takes what is watched now (`None`: nobody does); true when the publisher is to be told.
    pub fn update(&mut self, highest: Option<VideoQuality>, now: Instant) -> bool {
        let rank = |quality: Option<VideoQuality>| quality.map_or(-1, |quality| quality as i32);
        // Before anything is told, the publisher sends everything.
        let told = self.told.map_or(VideoQuality::High as i32, rank);
        if rank(highest) >= told {
            self.lower = None;
            let raised = rank(highest) > told;
            if raised {
                self.told = Some(highest);
            }
            return raised;
        }
        match self.lower {
            Some((lower, since)) if lower == highest => {
                let due = now.saturating_duration_since(since) >= HOLD;
                if due {
                    self.told = Some(highest);
                    self.lower = None;
                }
                due
            }
            _ => {
                self.lower = Some((highest, now));
                false
            }
        }
    }

    /// The publisher was told something: until then it sends everything.
    pub fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// The message for the publisher.
    pub fn message(&self, track_sid: &str, codec: &str) -> SubscribedQualityUpdate {
        let highest = self.told.unwrap_or(Some(VideoQuality::High));
        let qualities: Vec<_> = [VideoQuality::Low, VideoQuality::Medium, VideoQuality::High]
            .into_iter()
            .map(|quality| SubscribedQuality {
                quality: quality as i32,
                enabled: highest.is_some_and(|highest| quality as i32 <= highest as i32),
            })
            .collect();
        SubscribedQualityUpdate {
            track_sid: track_sid.into(),
            subscribed_qualities: qualities.clone(),
            subscribed_codecs: vec![SubscribedCodec {
                codec: codec.into(),
                qualities,
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_stop_after_a_while_and_start_at_once() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut wanted = Wanted::default();
        assert!(!wanted.update(Some(VideoQuality::High), at(0)));
        assert!(!wanted.update(None, at(1)));
        assert!(!wanted.update(None, at(5)));
        assert!(wanted.update(None, at(6)));
        let message = wanted.message("TR_1", "vp8");
        assert!(message.subscribed_qualities.iter().all(|quality| !quality.enabled));
        assert!(wanted.update(Some(VideoQuality::Medium), at(7)));
        let enabled: Vec<_> = wanted.message("TR_1", "vp8").subscribed_codecs[0]
            .qualities
            .iter()
            .map(|quality| quality.enabled)
            .collect();
        assert_eq!(enabled, [true, true, false]);
    }

    #[test]
    fn a_short_look_away_stops_nothing() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut wanted = Wanted::default();
        assert!(!wanted.update(None, at(0)));
        assert!(!wanted.update(Some(VideoQuality::High), at(4)));
        assert!(!wanted.update(None, at(6)));
    }
}
