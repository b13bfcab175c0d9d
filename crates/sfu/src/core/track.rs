// SPDX-License-Identifier: EUPL-1.2
//! A published track: its layers as they arrive, and the forwarders that carry it on.
//!
//! Plain state with its own small rules (which layers are alive, when a keyframe may be asked for);
//! the way of a packet is in `forward.rs`.

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{MediaTime, Mid, Rid};
use str0m::rtp::rtcp::SenderInfo;

use super::clock::Clock;
use super::forwarder::Forwarder;
use super::ids::{PersonId, TransportId};
use super::speakers::Loudness;
use super::turn::{Allowance, elapsed};
use crate::limits;
use crate::proto::{self, TrackInfo, TrackSource, VideoQuality};

/// A layer that sent nothing for so long is not chosen.
const ALIVE: Duration = Duration::from_millis(700);

/// One encoding of a track.
pub struct Layer {
    pub rid: Option<Rid>,
    ssrc: u32,
    pub alive: bool,
    /// What comes of it, in bits per second.
    pub rate: f64,
    /// Bytes since that was last looked at.
    bytes: usize,
    measured: Option<Instant>,
    last_packet: Option<Instant>,
    keyframe_asked: Option<Instant>,
    report: Option<Report>,
    /// Its RTP clock against ours, while no sender report tells more.
    clock: Clock,
    allowance: Option<Allowance>,
}

/// What a sender report says: this RTP time was captured then.
#[derive(Clone, Copy, PartialEq)]
struct Report {
    ntp: Duration,
    rtp: u32,
}

impl Layer {
    pub fn new(rid: Option<Rid>) -> Self {
        Self {
            rid,
            ssrc: 0,
            alive: false,
            rate: 0.0,
            bytes: 0,
            measured: None,
            last_packet: None,
            keyframe_asked: None,
            report: None,
            clock: Clock::default(),
            allowance: None,
        }
    }

    /// Whether another packet is within what a layer may send: it goes to all subscribers.
    pub fn admits(&mut self, now: Instant, video: bool) -> bool {
        let (per_second, burst) = if video {
            limits::VIDEO_PACKETS
        } else {
            limits::AUDIO_PACKETS
        };
        let allowance = self
            .allowance
            .get_or_insert_with(|| Allowance::new(now, per_second, burst));
        allowance.take(now, 1.0)
    }

    /// Notes where packets come from; true when that changed. What earlier ones told is void then.
    pub fn comes_from(&mut self, ssrc: u32) -> bool {
        let changed = std::mem::replace(&mut self.ssrc, ssrc) != ssrc;
        if changed {
            self.report = None;
            self.clock = Clock::default();
        }
        changed
    }

    /// Averages what comes over about a second; called some times in it.
    pub fn measure(&mut self, now: Instant) {
        let bits = 8.0 * f64::from(u32::try_from(std::mem::take(&mut self.bytes)).unwrap_or(u32::MAX));
        let passed = self
            .measured
            .replace(now)
            .map(|before| now.saturating_duration_since(before));
        match passed.map(|passed| passed.as_secs_f64()) {
            Some(passed) if passed > 0.0 => self.rate += (bits / passed - self.rate) * passed.min(1.0),
            _ => {}
        }
    }

    /// Notes a packet of so many bytes; true when the layer was not alive before.
    pub fn note(&mut self, now: Instant, bytes: usize, info: Option<&SenderInfo>) -> bool {
        self.last_packet = Some(now);
        self.bytes += bytes;
        if let Some(info) = info {
            let ntp = info.ntp_time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            // Extended by str0m; the low 32 bits are what stands in the packets.
            let rtp = (info.rtp_time.numer() & 0xffff_ffff) as u32;
            self.report = Some(Report { ntp, rtp });
        }
        !std::mem::replace(&mut self.alive, true)
    }

    /// When a packet was captured, on our clock. `shared` is the publisher's clock, the same for sound
    /// and picture, so that the sender reports we write keep lips in step.
    pub fn wallclock(
        &mut self,
        shared: &mut Clock,
        captured: Option<Duration>,
        time: MediaTime,
        now: Instant,
    ) -> Instant {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        match captured {
            Some(captured) => shared.place(micros(captured), now),
            None => self.clock.place(micros(Duration::from(time)), now),
        }
    }

    /// When the packet with this timestamp was captured, on the publisher's clock.
    pub fn captured(&self, timestamp: u32, clock_rate: u32) -> Option<Duration> {
        let report = self.report?;
        let ticks = i64::from(timestamp.wrapping_sub(report.rtp).cast_signed());
        let nanos = ticks * 1_000_000_000 / i64::from(clock_rate);
        if nanos >= 0 {
            report.ntp.checked_add(Duration::from_nanos(nanos.unsigned_abs()))
        } else {
            report.ntp.checked_sub(Duration::from_nanos(nanos.unsigned_abs()))
        }
    }
}

/// A track of a participant.
pub struct Track {
    pub owner: PersonId,
    pub transport: TransportId,
    pub mid: Mid,
    /// Since when it is there, or not muted any more.
    pub since: Instant,
    /// Since when it is the sound of a screen that its owner does not show; nothing passes then.
    pub alone: Option<Instant>,
    pub info: TrackInfo,
    pub video: bool,
    pub codec: Codec,
    pub clock_rate: u32,
    /// From the smallest to the largest.
    pub layers: Vec<Layer>,
    pub forwarders: Vec<Forwarder>,
    pub loudness: Loudness,
    /// Somebody was told that this track has its first subscriber.
    pub subscribed_told: bool,
    pub wanted: super::dynacast::Wanted,
}

impl Track {
    /// Its packets describe each other, and all of them go to everybody.
    pub fn forwarded_whole(&self) -> bool {
        matches!(self.codec, Codec::Av1 | Codec::Vp9) && self.layers.len() == 1
    }

    /// Whether its packets go to anybody.
    pub fn passes(&self) -> bool {
        !self.info.muted && self.alone.is_none()
    }

    /// It is the sound of a screen, which is shown or not.
    pub fn go_with_screen(&mut self, now: Instant, shown: bool) {
        if shown == self.alone.is_some() {
            self.alone = (!shown).then_some(now);
            self.forwarders.iter_mut().for_each(Forwarder::cut);
        }
    }

    /// Whether it tells that its owner speaks: other sounds do not.
    pub fn speaks(&self) -> bool {
        !self.info.muted && self.info.source == TrackSource::Microphone as i32
    }

    /// Its publisher or the server mutes or unmutes it; true when that is a change. Nothing passes
    /// while it is muted, whatever the publisher goes on sending.
    pub fn mute(&mut self, now: Instant, muted: bool) -> bool {
        if std::mem::replace(&mut self.info.muted, muted) == muted {
            return false;
        }
        self.since = now;
        self.forwarders.iter_mut().for_each(Forwarder::cut);
        true
    }

    /// Marks layers that fell silent; true when that changed something.
    pub fn age(&mut self, now: Instant) -> bool {
        let mut changed = false;
        for layer in &mut self.layers {
            if layer.alive && elapsed(layer.last_packet, now, ALIVE) {
                layer.alive = false;
                changed = true;
            }
        }
        changed
    }

    /// Chooses anew for every forwarder.
    pub fn retarget(&mut self) {
        for forwarder in &mut self.forwarders {
            forwarder.retarget(&self.layers);
        }
    }

    /// Layers that some forwarder waits for and that may be asked for a keyframe now.
    pub fn keyframes_due(&mut self, now: Instant) -> impl Iterator<Item = Option<Rid>> {
        let mut due = Vec::new();
        if self.video {
            for (index, layer) in self.layers.iter_mut().enumerate() {
                let awaited = self.forwarders.iter().any(|forwarder| forwarder.awaits(index));
                if awaited && layer.alive && elapsed(layer.keyframe_asked, now, limits::KEYFRAME_INTERVAL) {
                    layer.keyframe_asked = Some(now);
                    due.push(layer.rid);
                }
            }
        }
        due.into_iter()
    }

    /// A subscriber lost its picture: true when its layer may be asked for a keyframe now.
    pub fn ask_keyframe(&mut self, now: Instant, layer: usize) -> Option<Option<Rid>> {
        let layer = self.layers.get_mut(layer)?;
        elapsed(layer.keyframe_asked, now, limits::KEYFRAME_INTERVAL).then(|| {
            layer.keyframe_asked = Some(now);
            layer.rid
        })
    }

    /// The layer for a quality: with two layers MEDIUM and HIGH are the same.
    pub fn layer_of(&self, quality: VideoQuality) -> usize {
        (quality as usize).min(self.layers.len().saturating_sub(1))
    }

    /// The smallest quality whose picture is at least about as large as asked.
    pub fn quality_for(&self, width: u32, height: u32) -> VideoQuality {
        let asked = width.max(height);
        let full = self.info.width.max(self.info.height);
        let count = self.layers.len();
        for (index, quality) in [VideoQuality::Low, VideoQuality::Medium]
            .into_iter()
            .enumerate()
            .take(count.saturating_sub(1))
        {
            let declared = self
                .declared_layers()
                .iter()
                .find(|layer| layer.quality == quality as i32)
                .map(|layer| layer.width.max(layer.height))
                .filter(|size| *size > 0);
            let size = declared.unwrap_or(full >> (count - 1 - index));
            // A tenth less is not seen.
            if u64::from(size) * 11 >= u64::from(asked) * 10 {
                return quality;
            }
        }
        VideoQuality::High
    }

    fn declared_layers(&self) -> &[proto::VideoLayer] {
        match self.info.codecs.first() {
            Some(codec) if !codec.layers.is_empty() => &codec.layers,
            _ => &self.info.layers,
        }
    }
}

/// Orders layers from small to large: LiveKit's q, h, f; other names as they were declared.
pub fn order_rids<'a>(rids: &[&'a str], declared: &[proto::VideoLayer]) -> Vec<&'a str> {
    let mut ordered = rids.to_vec();
    let rank = |rid: &str| {
        declared
            .iter()
            .find(|layer| layer.rid == rid)
            .map(|layer| layer.quality)
            .or_else(|| {
                ["q", "h", "f"]
                    .iter()
                    .position(|known| *known == rid)
                    .map(|at| at as i32)
            })
            .unwrap_or(i32::MAX)
    };
    ordered.sort_by_key(|rid| rank(rid));
    ordered
}
