// SPDX-License-Identifier: EUPL-1.2
//! What is told about everybody at intervals: who speaks, how good connections are, what is watched.

use std::time::Duration;

use str0m::media::{Mid, Rid};

use super::ids::{PersonId, TrackId, TransportId};
use super::room::Room;
use super::turn::Turn;
use crate::proto;
use crate::proto::{
    ConnectionQuality, ConnectionQualityInfo, ConnectionQualityUpdate, SpeakerInfo, SpeakersChanged, VideoQuality,
    signal_response::Message,
};

pub const INTERVAL: Duration = Duration::from_secs(5);
/// Loss above which a connection is good, and poor, instead of excellent.
const GOOD: f32 = 0.02;
const POOR: f32 = 0.08;

/// Fewer packets in an interval say nothing about a connection: a silent microphone sends a dozen, and
/// one of them lost is no sign of a poor one.
const TELLING: u64 = 50;

/// A stream as the media stack counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream {
    pub mid: Mid,
    pub rid: Option<Rid>,
    pub incoming: bool,
}

impl Room {
    /// Notes what the media stack says of a stream: all its packets so far, and the share lost lately.
    pub fn note_loss(&mut self, transport: TransportId, stream: Stream, packets: u64, loss: Option<f32>) {
        let transport = &mut self.transports[transport];
        let before = transport.counted.insert(stream, packets).unwrap_or_default();
        let packets = packets.saturating_sub(before);
        if let Some(loss) = loss.filter(|_| !stream.incoming) {
            transport.estimate.lost(packets, f64::from(loss));
        }
        if packets >= TELLING {
            transport.loss = transport.loss.max(loss.unwrap_or_default());
        }
    }

    /// Tells everybody whose connection changed.
    pub fn tell_quality(&mut self, turn: &mut Turn<'_>) {
        let mut updates = Vec::new();
        for id in self.participants.ids() {
            let participant = &self.participants[id];
            let transports = [participant.publish.transport, participant.subscribe.transport];
            let (mut up, mut any, mut loss) = (true, false, 0f32);
            for transport in transports.into_iter().flatten() {
                if let Some(transport) = self.transports.get_mut(transport).filter(|t| t.was_connected) {
                    up &= transport.connected;
                    any = true;
                    loss = loss.max(std::mem::take(&mut transport.loss));
                }
            }
            if !any {
                continue;
            }
            let quality = match loss {
                _ if !up => ConnectionQuality::Lost,
                loss if loss >= POOR => ConnectionQuality::Poor,
                loss if loss >= GOOD => ConnectionQuality::Good,
                _ => ConnectionQuality::Excellent,
            };
            let participant = &mut self.participants[id];
            if participant.quality != Some(quality) {
                participant.quality = Some(quality);
                if !participant.permission.hidden {
                    updates.push(quality_info(&participant.sid, quality));
                }
            }
        }
        if !updates.is_empty() {
            let update = Message::ConnectionQuality(ConnectionQualityUpdate { updates });
            let bytes = proto::write_binary(update);
            for (to, _) in self.participants.iter() {
                self.tell_encoded(turn, to, &bytes);
            }
        }
    }

    /// Tells a newcomer how the others are connected.
    pub fn tell_qualities_to(&self, turn: &mut Turn<'_>, to: PersonId) {
        let shown = self.participants.iter().filter(|(_, p)| !p.permission.hidden);
        let updates: Vec<_> = shown
            .filter_map(|(_, p)| Some(quality_info(&p.sid, p.quality?)))
            .collect();
        if !updates.is_empty() {
            self.tell(
                turn,
                to,
                Message::ConnectionQuality(ConnectionQualityUpdate { updates }),
            );
        }
    }

    /// Tells everybody who began or stopped to speak.
    pub fn tell_speakers(&mut self, turn: &mut Turn<'_>) {
        let (mut speakers, mut speaking) = (Vec::new(), Vec::new());
        for (_, track) in self.tracks.iter_mut() {
            let before = track.loudness.told().is_some();
            if !self.participants[track.owner].permission.hidden
                && let Some(spoken) = track.loudness.settle()
            {
                let sid = self.participants[track.owner].sid.clone();
                speakers.push(SpeakerInfo {
                    sid,
                    level: spoken.level,
                    active: spoken.active,
                });
            }
            if track.loudness.told().is_some() {
                speaking.push((track.owner, !before));
            }
        }
        for (id, begins) in speaking {
            self.spoke(turn.now, id, begins);
        }
        self.tell_speakers_changed(turn, speakers);
    }

    /// A track is muted or ends: its owner does not speak any more, whatever was heard just now.
    pub fn hush(&mut self, turn: &mut Turn<'_>, track: TrackId) {
        let track = &mut self.tracks[track];
        if let Some(spoken) = track.loudness.hush() {
            let silent = SpeakerInfo {
                sid: self.participants[track.owner].sid.clone(),
                level: spoken.level,
                active: spoken.active,
            };
            self.tell_speakers_changed(turn, vec![silent]);
        }
    }

    fn tell_speakers_changed(&self, turn: &mut Turn<'_>, speakers: Vec<SpeakerInfo>) {
        if !speakers.is_empty() {
            let message = Message::SpeakersChanged(SpeakersChanged { speakers });
            let bytes = proto::write_binary(message);
            for (to, _) in self.participants.iter() {
                self.tell_encoded(turn, to, &bytes);
            }
        }
    }

    /// Tells a newcomer who speaks right now.
    pub fn tell_speakers_to(&self, turn: &mut Turn<'_>, to: PersonId) {
        let speaking = self.tracks.iter().filter_map(|(_, track)| {
            let owner = &self.participants[track.owner];
            let level = track.loudness.told().filter(|_| !owner.permission.hidden)?;
            Some(SpeakerInfo {
                sid: owner.sid.clone(),
                level,
                active: true,
            })
        });
        let speakers: Vec<_> = speaking.collect();
        if !speakers.is_empty() {
            self.tell(turn, to, Message::SpeakersChanged(SpeakersChanged { speakers }));
        }
    }

    /// Tells a publisher which layers are watched, when that changed.
    pub fn watch(&mut self, turn: &mut Turn<'_>, id: TrackId) {
        let Some(track) = self.tracks.get(id).filter(|track| track.video) else {
            return;
        };
        let top = track.layers.len() - 1;
        let highest = track
            .forwarders
            .iter()
            .filter(|forwarder| !forwarder.settings.disabled)
            .map(|forwarder| match forwarder.settings.layer {
                layer if layer >= top => VideoQuality::High,
                0 => VideoQuality::Low,
                _ => VideoQuality::Medium,
            })
            .max();
        // Whoever has no section yet is looked for only when nobody else watches: it takes a look at everybody.
        let highest = highest.or_else(|| self.is_awaited(id).then_some(VideoQuality::High));
        if self.tracks[id].wanted.update(highest, turn.now) {
            self.tell_watched(turn, id);
        }
    }

    fn is_awaited(&self, id: TrackId) -> bool {
        let mut people = self.participants.iter();
        people.any(|(_, participant)| participant.subscribe.subscriptions.waits(id))
    }

    fn tell_watched(&self, turn: &mut Turn<'_>, id: TrackId) {
        let track = &self.tracks[id];
        let codec = track.info.mime_type.rsplit('/').next().unwrap_or_default();
        let update = track.wanted.message(&track.info.sid, codec);
        self.tell(turn, track.owner, Message::SubscribedQualityUpdate(update));
    }

    /// Tells a publisher once more which layers are watched: what was said while its socket was cut is lost.
    pub fn tell_wanted(&self, turn: &mut Turn<'_>, owner: PersonId) {
        for id in &self.participants[owner].publish.tracks {
            if self.tracks[*id].wanted.is_told() {
                self.tell_watched(turn, *id);
            }
        }
    }
}

fn quality_info(sid: &str, quality: ConnectionQuality) -> ConnectionQualityInfo {
    let score = match quality {
        ConnectionQuality::Excellent => 4.5,
        ConnectionQuality::Good => 3.5,
        ConnectionQuality::Poor => 2.0,
        ConnectionQuality::Lost => 1.0,
    };
    ConnectionQualityInfo {
        participant_sid: sid.into(),
        quality: quality as i32,
        score,
    }
}
