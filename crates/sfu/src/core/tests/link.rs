// SPDX-License-Identifier: EUPL-1.2
//! A simulated line from the SFU to somebody: its rate, delay and losses, and what a browser's receiver believes of it.
//!
//! Time is virtual and chance has a seed: the same story ends the same way each time.

use std::collections::VecDeque;

use str0m::bwe::Bitrate;

use super::*;

/// What waits longer in the line's queue is dropped.
const QUEUE: Duration = Duration::from_millis(300);
/// The receiver looks so often at what came (libwebrtc sends REMB once a second).
const LOOK: Duration = Duration::from_secs(1);
/// More delay than this in the queue means that the line is full.
const FULL: Duration = Duration::from_millis(60);

pub struct Link {
    /// Bits per second.
    pub rate: f64,
    pub delay: Duration,
    /// The share of datagrams that are lost on the way.
    pub loss: f64,
    seed: u64,
    /// When the last datagram has left the queue.
    free: Instant,
    coming: VecDeque<(Instant, Vec<u8>)>,
    looked: Instant,
    bytes: usize,
    worst: Duration,
    /// What the receiver believes, in bits per second.
    belief: f64,
    /// Dropped from the queue.
    pub dropped: usize,
}

impl Link {
    pub fn new(now: Instant, rate: f64, delay: Duration, loss: f64, seed: u64) -> Self {
        Self {
            rate,
            delay,
            loss,
            seed,
            free: now,
            coming: VecDeque::new(),
            looked: now,
            bytes: 0,
            worst: Duration::ZERO,
            belief: 0.0,
            dropped: 0,
        }
    }

    pub fn carry(&mut self, now: Instant, bytes: Vec<u8>) {
        // SplitMix64.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let chance = ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        let waits = self.free.saturating_duration_since(now);
        if waits > QUEUE {
            self.dropped += 1;
            return;
        }
        self.worst = self.worst.max(waits);
        self.free = self.free.max(now) + Duration::from_secs_f64(bytes.len() as f64 * 8.0 / self.rate);
        if chance >= self.loss {
            self.coming.push_back((self.free + self.delay, bytes));
        }
    }

    /// What the receiver tells, if it is time: less than comes when the line is full. Otherwise what it believes rises by
    /// 8 % a second up to half more than comes, as libwebrtc's does.
    fn told(&mut self, now: Instant) -> Option<f64> {
        let passed = now.saturating_duration_since(self.looked);
        let is_full = std::mem::take(&mut self.worst) > FULL;
        if passed < LOOK && !(is_full && passed > LOOK / 4) {
            self.worst = if is_full { FULL * 2 } else { Duration::ZERO };
            return None;
        }
        self.looked = now;
        let came = std::mem::take(&mut self.bytes) as f64 * 8.0 / passed.as_secs_f64();
        let most = 1.5 * came + 10e3;
        if is_full || self.belief == 0.0 {
            self.belief = if is_full { 0.85 * came } else { came };
        } else if self.belief < most {
            self.belief = (self.belief * 1.08).min(most);
        }
        (self.belief > 0.0).then_some(self.belief)
    }
}

impl Peer {
    /// Takes what its link has brought until now, and says what it believes of it.
    pub fn hear_from_link(&mut self, now: Instant, from: SocketAddr) {
        let Some(link) = &mut self.link else { return };
        let mut arrived = Vec::new();
        while let Some((_, bytes)) = link.coming.pop_front_if(|(at, _)| *at <= now) {
            link.bytes += bytes.len();
            arrived.push(bytes);
        }
        let told = link.told(now);
        for bytes in arrived {
            self.receive(now, from, &bytes);
        }
        if let (Some(told), Some(mid)) = (told, self.video)
            && let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None)
        {
            stream.request_remb(Bitrate::bps(told as u64));
        }
    }
}
