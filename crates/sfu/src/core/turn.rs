// SPDX-License-Identifier: EUPL-1.2
//! What goes out of the core in one turn, and what every part of it may use while it runs.
//!
//! A turn is one call of [`super::Core::handle`]. The lists are emptied by the shell and keep their
//! storage, so that a packet costs no allocation here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ids::TransportId;
use crate::api::{Key, Traffic};
use crate::connection::Frame;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::net::{Protocol, Transmit};

/// Names one signaling connection, unique for the life of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// Where a packet comes from: a client's address, over which protocol, and at which of ours it arrived, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    pub tcp: bool,
    pub remote: SocketAddr,
    pub local: Option<IpAddr>,
}

impl Way {
    /// What names the client; the same over both protocols is two clients.
    pub fn end(&self) -> End {
        End {
            tcp: self.tcp,
            remote: self.remote,
        }
    }

    pub fn protocol(&self) -> Protocol {
        if self.tcp { Protocol::Tcp } else { Protocol::Udp }
    }
}

impl From<SocketAddr> for Way {
    fn from(remote: SocketAddr) -> Self {
        Self {
            tcp: false,
            remote,
            local: None,
        }
    }
}

/// The end of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct End {
    pub tcp: bool,
    pub remote: SocketAddr,
}

/// What the shell has to do after a turn.
#[derive(Default)]
pub struct Outputs {
    /// What was counted since the start.
    pub traffic: Traffic,
    /// Datagrams to send, in order.
    pub datagrams: Vec<(SocketAddr, Vec<u8>)>,
    /// Packets to send over TCP, in order.
    pub segments: Vec<(SocketAddr, Vec<u8>)>,
    /// Frames for signaling connections, in order.
    pub frames: Vec<(ConnectionId, Frame)>,
}

impl Outputs {
    /// A packet of a media stack, on its way.
    pub fn send(&mut self, transmit: Transmit) {
        let list = match transmit.proto {
            Protocol::Udp => &mut self.datagrams,
            _ => &mut self.segments,
        };
        list.push((transmit.destination, transmit.contents.into()));
    }
}

/// What the parts of the core share.
pub struct Shared {
    pub keys: Vec<Key>,
    /// ICE host candidates.
    pub candidates: Vec<SocketAddr>,
    /// They are reached over TCP as well.
    pub tcp: bool,
    /// One certificate for all transports: making one costs more than a handshake.
    pub certificate: Option<DtlsCert>,
    /// Cryptography of all transports.
    pub cryptography: Arc<CryptoProvider>,
    /// Source of sids, which are names and no secrets.
    pub seed: u64,
    /// A pair of the two clocks, set at each admission.
    pub unix: (Instant, u64),
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Shared {
    /// A new sid such as `TR_4fKq…`.
    pub fn sid(&mut self, prefix: &str) -> String {
        let mut sid = String::with_capacity(prefix.len() + 13);
        sid.push_str(prefix);
        sid.push('_');
        for _ in 0..12 {
            // SplitMix64: a sequence that does not repeat, for names that must not collide.
            self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            sid.push(char::from(ALPHABET[usize::try_from(z % 62).unwrap_or_default()]));
        }
        sid
    }
}

/// The hands of a room during a turn.
pub struct Turn<'a> {
    pub now: Instant,
    pub shared: &'a mut Shared,
    pub out: &'a mut Outputs,
    /// Changes to the core's maps, applied after the room is done.
    pub notes: &'a mut Vec<Note>,
}

/// What a room tells the core about its transports and connections.
pub enum Note {
    /// The transport answers to this ICE user name fragment.
    Ufrag(TransportId, String),
    /// The transport wants to be woken then.
    Wake(TransportId, Instant),
    /// The transport is gone.
    Closed(TransportId),
    /// The connection belongs to nobody any more.
    Disconnected(ConnectionId),
}

impl Turn<'_> {
    /// Milliseconds since 1970.
    pub fn unix_ms(&self) -> i64 {
        let (at, unix) = self.shared.unix;
        let passed = self.now.saturating_duration_since(at);
        i64::try_from(u128::from(unix) * 1000 + passed.as_millis()).unwrap_or(i64::MAX)
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> u64 {
        let (at, unix) = self.shared.unix;
        unix + self.now.saturating_duration_since(at).as_secs()
    }

    /// Sends a frame to a connection.
    pub fn frame(&mut self, to: ConnectionId, frame: Frame) {
        self.out.frames.push((to, frame));
    }
}

/// A bucket of tokens: what a client may ask for per second.
#[derive(Debug, Clone)]
pub struct Allowance {
    left: f64,
    at: Instant,
    per_second: f64,
    burst: f64,
}

impl Allowance {
    pub fn new(now: Instant, per_second: f64, burst: f64) -> Self {
        Self {
            left: burst,
            at: now,
            per_second,
            burst,
        }
    }

    /// Takes `amount`; false when it is used up.
    pub fn take(&mut self, now: Instant, amount: f64) -> bool {
        if self.left(now) < amount {
            return false;
        }
        self.left -= amount;
        true
    }

    /// Takes `amount` in any case; how long it takes until that is paid for.
    pub fn owe(&mut self, now: Instant, amount: f64) -> Duration {
        self.left = self.left(now) - amount;
        Duration::from_secs_f64((-self.left / self.per_second).max(0.0))
    }

    /// What is left; below zero for who owes.
    pub fn left(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.left = (self.left + passed * self.per_second).min(self.burst);
        self.left
    }
}

/// True when `since` is at least `span` ago, or never was.
pub fn elapsed(since: Option<Instant>, now: Instant, span: Duration) -> bool {
    since.is_none_or(|since| now.saturating_duration_since(since) >= span)
}
