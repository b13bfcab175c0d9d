// SPDX-License-Identifier: EUPL-1.2
//! A participant, split by direction: what it publishes, what it subscribes to, and its signaling.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use super::ids::{TrackId, TransportId};
use super::places::Subscriptions;
use super::turn::{Allowance, ConnectionId, Turn};
use crate::admission::{Claims, Joining};
use crate::api::{Permission, TrackSource};
use crate::limits;
use crate::proto::{self, ParticipantInfo, TrackInfo, participant_info::State};

/// The signaling direction.
pub struct Signal {
    pub connection: Option<ConnectionId>,
    /// The client sent text, so it gets text.
    pub text: bool,
    pub heard: Instant,
    pub pinged: bool,
    /// When the socket was lost, while the participant may still come back.
    pub lost: Option<Instant>,
    pub refreshed: Instant,
}

/// A track announced by `AddTrack` whose section has not come yet.
pub struct PendingTrack {
    pub cids: Vec<String>,
    pub info: TrackInfo,
    /// Encoding name to prefer; empty for whatever comes first.
    pub codec: String,
}

/// The publishing direction.
pub struct Publish {
    pub transport: Option<TransportId>,
    pub pending: Vec<PendingTrack>,
    pub tracks: Vec<TrackId>,
    /// When it was last heard to speak.
    pub spoken: Option<Instant>,
    pub data: Allowance,
    /// When it was last told that it sends too much data.
    pub data_refused: Option<Instant>,
    /// Number of the last reliable data message.
    pub last_sequence: u32,
    /// Who may subscribe; `None`: everybody.
    pub audience: Option<Audience>,
}

/// Who may subscribe to what of a publisher (`SubscriptionPermission`).
#[derive(Default)]
pub struct Audience {
    by_sid: HashMap<String, Granted>,
    by_identity: HashMap<String, Granted>,
}

#[derive(Default)]
struct Granted {
    all: bool,
    tracks: HashSet<String>,
}

impl Audience {
    pub fn new(permissions: Vec<proto::TrackPermission>) -> Self {
        let mut audience = Self::default();
        for permission in permissions {
            let (sid, identity) = (permission.participant_sid, permission.participant_identity);
            let people = [(&mut audience.by_sid, sid), (&mut audience.by_identity, identity)];
            for (people, name) in people.into_iter().filter(|(_, name)| !name.is_empty()) {
                let granted = people.entry(name).or_default();
                granted.all |= permission.all_tracks;
                granted.tracks.extend(permission.track_sids.iter().cloned());
            }
        }
        audience
    }

    pub fn may_have(&self, participant: &Participant, track_sid: &str) -> bool {
        let granted = [
            self.by_sid.get(&participant.sid),
            self.by_identity.get(participant.identity()),
        ];
        let mut granted = granted.into_iter().flatten();
        granted.any(|granted| granted.all || granted.tracks.contains(track_sid))
    }
}

/// What a client asked for about one track (`UpdateTrackSettings`).
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub disabled: bool,
    pub quality: i32,
    pub width: u32,
    pub height: u32,
    pub pinned: bool,
}

/// A reliable data message kept for a client that lost its connection for a moment.
pub struct Kept {
    pub at: Instant,
    pub publisher: String,
    pub sequence: u32,
    pub bytes: bytes::Bytes,
}

/// The subscribing direction.
pub struct Subscribe {
    pub transport: Option<TransportId>,
    pub automatic: bool,
    /// Explicit wishes by track sid.
    pub wishes: HashMap<String, bool>,
    pub settings: HashMap<String, Wanted>,
    pub subscriptions: Subscriptions,
    /// By kind, sound and video: they want more than there are places for.
    pub left_out: [bool; 2],
    /// They are to be given places anew.
    pub in_line: bool,
    /// The sections no longer match the subscriptions.
    pub unbalanced: bool,
    /// The client was asked for an offer and has not sent it yet.
    pub asked: Option<Instant>,
    /// What its offers may cost: with less than nothing left it is asked for none.
    pub offers: Allowance,
    /// A reliable data channel was open once.
    pub reached: bool,
    pub kept: VecDeque<Kept>,
    pub kept_bytes: usize,
}

pub struct Participant {
    pub sid: String,
    pub claims: Claims,
    pub permission: Permission,
    pub state: State,
    pub single: bool,
    pub client: proto::ClientInfo,
    pub joined_ms: i64,
    pub version: u32,
    pub quality: Option<proto::ConnectionQuality>,
    pub signal: Signal,
    pub publish: Publish,
    pub subscribe: Subscribe,
}

impl Participant {
    pub fn new(joining: &Joining, sid: String, turn: &Turn<'_>, connection: ConnectionId) -> Self {
        let settings = joining.request.connection_settings.unwrap_or_default();
        let client = joining.request.client_info.clone().unwrap_or_default();
        Self {
            sid,
            permission: joining.claims.video.permission(),
            claims: joining.claims.clone(),
            state: State::Joining,
            single: joining.single,
            client,
            joined_ms: turn.unix_ms(),
            version: 1,
            quality: None,
            signal: Signal::new(turn.now, connection),
            publish: Publish {
                transport: None,
                pending: Vec::new(),
                tracks: Vec::new(),
                spoken: None,
                data: Allowance::new(turn.now, limits::DATA.0, limits::DATA.1),
                data_refused: None,
                last_sequence: 0,
                audience: None,
            },
            subscribe: Subscribe {
                transport: None,
                automatic: settings.auto_subscribe,
                wishes: HashMap::new(),
                settings: HashMap::new(),
                subscriptions: Subscriptions::default(),
                left_out: [false; 2],
                in_line: false,
                unbalanced: false,
                asked: None,
                offers: Allowance::new(turn.now, limits::OFFERS.0, limits::OFFERS.1),
                reached: false,
                kept: VecDeque::new(),
                kept_bytes: 0,
            },
        }
    }

    pub fn identity(&self) -> &str {
        &self.claims.sub
    }

    /// Whom the identity belongs to: the meeting gives every window and device of a person one that begins alike and ends
    /// with a UUID of its own.
    pub fn person(&self) -> &str {
        let identity = self.identity();
        match identity.rsplit_once(':') {
            Some((person, window)) if is_uuid(window) => person,
            _ => identity,
        }
    }

    /// Tracks that it publishes or has announced.
    pub fn track_count(&self) -> usize {
        self.publish.pending.len() + self.publish.tracks.len()
    }

    pub fn may_publish(&self, source: TrackSource) -> bool {
        let sources = &self.permission.can_publish_sources;
        self.permission.can_publish && (sources.is_empty() || sources.contains(&source))
    }

    /// What others see of it; `tracks` are its published ones.
    pub fn info(&self, tracks: Vec<TrackInfo>) -> ParticipantInfo {
        use proto::participant_info::Kind;
        ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.claims.sub.clone(),
            state: self.state as i32,
            is_publisher: !tracks.is_empty(),
            tracks,
            metadata: self.claims.metadata.clone(),
            joined_at: self.joined_ms / 1000,
            joined_at_ms: self.joined_ms,
            name: self.claims.name.clone(),
            version: self.version,
            permission: Some(permission(&self.permission)),
            kind: Kind::from_str_name(&self.claims.kind.to_ascii_uppercase()).unwrap_or_default() as i32,
            attributes: self.claims.attributes.clone().into_iter().collect(),
            client_protocol: self.client.client_protocol,
            capabilities: self.client.capabilities.clone(),
            ..Default::default()
        }
    }
}

impl Signal {
    pub fn new(now: Instant, connection: ConnectionId) -> Self {
        Self {
            connection: Some(connection),
            text: false,
            heard: now,
            pinged: false,
            lost: None,
            refreshed: now,
        }
    }
}

impl Subscribe {
    /// Keeps a reliable message; only those that are numbered can be told apart later.
    pub fn keep(&mut self, kept: Kept) {
        self.kept_bytes += kept.bytes.len();
        let now = kept.at;
        self.kept.push_back(kept);
        while self.kept.front().is_some_and(|first| {
            self.kept_bytes > limits::KEPT_BYTES || now.saturating_duration_since(first.at) > limits::KEPT_FOR
        }) {
            if let Some(first) = self.kept.pop_front() {
                self.kept_bytes -= first.bytes.len();
            }
        }
    }
}

/// Whether a text has the form of a UUID (RFC 9562).
fn is_uuid(text: &str) -> bool {
    let place = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(place)
}

fn permission(permission: &Permission) -> proto::ParticipantPermission {
    proto::ParticipantPermission {
        can_subscribe: permission.can_subscribe,
        can_publish: permission.can_publish,
        can_publish_data: permission.can_publish_data,
        can_publish_sources: permission
            .can_publish_sources
            .iter()
            .map(|source| source_to_proto(*source) as i32)
            .collect(),
        hidden: permission.hidden,
        can_update_metadata: permission.can_update_metadata,
        ..Default::default()
    }
}

pub fn source_to_proto(source: TrackSource) -> proto::TrackSource {
    match source {
        TrackSource::Unknown => proto::TrackSource::Unknown,
        TrackSource::Camera => proto::TrackSource::Camera,
        TrackSource::Microphone => proto::TrackSource::Microphone,
        TrackSource::ScreenShare => proto::TrackSource::ScreenShare,
        TrackSource::ScreenShareAudio => proto::TrackSource::ScreenShareAudio,
    }
}

pub fn source_from_proto(source: i32) -> TrackSource {
    match proto::TrackSource::try_from(source).unwrap_or_default() {
        proto::TrackSource::Unknown => TrackSource::Unknown,
        proto::TrackSource::Camera => TrackSource::Camera,
        proto::TrackSource::Microphone => TrackSource::Microphone,
        proto::TrackSource::ScreenShare => TrackSource::ScreenShare,
        proto::TrackSource::ScreenShareAudio => TrackSource::ScreenShareAudio,
    }
}
