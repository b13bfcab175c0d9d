// SPDX-License-Identifier: EUPL-1.2
//! Lines that do not carry everything: what each subscriber gets of what they want.
//!
//! What a line carries is in `estimate.rs`, who gets what of it in `allocate.rs`; here both meet the rooms. The rule: whoever
//! has a good line costs nothing here, and sound is never held back. All bits are those of payloads, as REMB counts them.

mod allocate;
mod estimate;

use std::time::Duration;

use super::forwarder::Limit;
use super::ids::{TrackId, TransportId};
use super::participant::source_from_proto;
use super::room::Room;
use super::turn::{Turn, elapsed};
use crate::api::TrackSource;
use crate::proto::{StreamState, StreamStateInfo, StreamStateUpdate, signal_response::Message};
use allocate::{Class, Demand, allocate, next_step};
pub use estimate::Estimate;

/// How long somebody matters more after they spoke.
const SPOKE: Duration = Duration::from_secs(5);
/// What is given may take so much more than there is, once it is given.
const SPARE: f64 = 1.1;
/// Nothing stops that takes so much more than the estimate, which is 85 % of what came while the line was full.
const SMALLEST_SPARE: f64 = 1.25;
/// What sound is counted for beyond its rate: it is to fit in any case.
const SOUND_SPARE: f64 = 1.2;

impl Room {
    /// Looks at the lines of all subscribers, and shares out those that are full.
    pub fn share_lines(&mut self, turn: &mut Turn<'_>) {
        for (_, track) in self.tracks.iter_mut() {
            track.layers.iter_mut().for_each(|layer| layer.measure(turn.now));
        }
        let mut full = Vec::new();
        for (id, transport) in self.transports.iter_mut() {
            transport.estimate.tick(turn.now);
            if transport.estimate.capacity().is_some() {
                full.push(id);
            }
        }
        for id in full {
            self.share_line(turn, id);
        }
    }

    /// Gives a subscriber with a full line what fits.
    fn share_line(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        let Some(capacity) = self.transports[id].estimate.capacity() else {
            return;
        };
        let (mut sound, mut videos, mut demands) = (0.0, Vec::new(), Vec::new());
        for track_id in self.transports[id].slots.iter().filter_map(|slot| slot.track) {
            let track = &self.tracks[track_id];
            if !track.video {
                sound += track.layers.iter().map(|layer| layer.rate).sum::<f64>() * SOUND_SPARE;
            } else if let Some(demand) = self.demand(turn, id, track_id) {
                videos.push(track_id);
                demands.push(demand);
            }
        }
        let left = (capacity - sound).max(0.0);
        let mut given = allocate(left, &demands);
        // What is there stays although it takes a little more at times: rates are never the same twice.
        let with_spare = allocate(left * SPARE, &demands);
        let at_most = allocate(left * SMALLEST_SPARE, &demands);
        for (at, track) in videos.iter().enumerate() {
            if self.limit_of(id, *track) == with_spare[at].map(Limit::Layer) {
                given[at] = given[at].max(with_spare[at]);
            }
            if given[at].is_none() && at_most[at].is_some() {
                given[at] = demands[at].first();
            }
        }
        let mut states = Vec::new();
        for (track, layer) in videos.iter().zip(&given) {
            let limit = layer.map_or(Limit::Nothing, Limit::Layer);
            states.extend(self.limit(turn, id, *track, limit));
        }
        let more = next_step(&demands, &given);
        self.transports[id]
            .estimate
            .wants(turn.now, more.map(|more| more * SPARE + sound));
        if self.transports[id].estimate.capacity().is_none() {
            // Those as well that show nothing now.
            let tracks = self.transports[id].slots.iter().filter_map(|slot| slot.track);
            for track in tracks.collect::<Vec<_>>() {
                states.extend(self.limit(turn, id, track, Limit::None));
            }
        }
        if !states.is_empty() {
            let to = self.transports[id].participant;
            let update = StreamStateUpdate { stream_states: states };
            self.tell(turn, to, Message::StreamStateUpdate(update));
        }
    }

    /// What a subscriber wants of a video; `None`: nothing now.
    fn demand(&self, turn: &Turn<'_>, id: TransportId, track_id: TrackId) -> Option<Demand> {
        let track = &self.tracks[track_id];
        let forwarder = track.forwarders.iter().find(|forwarder| forwarder.transport == id)?;
        if forwarder.settings.disabled || !track.passes() {
            return None;
        }
        let owner = &self.participants[track.owner];
        let class = match source_from_proto(track.info.source) {
            TrackSource::ScreenShare => Class::Screen,
            _ if forwarder.settings.pinned => Class::Pinned,
            _ if owner.publish.spoken.is_some() && !elapsed(owner.publish.spoken, turn.now, SPOKE) => Class::Speaker,
            _ => Class::Rest,
        };
        let layers = track.layers.iter().map(|layer| layer.alive.then_some(layer.rate));
        Some(Demand {
            class,
            wish: forwarder.settings.layer,
            layers: layers.collect(),
        })
    }

    fn limit_of(&self, id: TransportId, track: TrackId) -> Option<Limit> {
        let mut forwarders = self.tracks[track].forwarders.iter();
        forwarders
            .find(|forwarder| forwarder.transport == id)
            .map(|forwarder| forwarder.limit)
    }

    /// Limits a video for a subscriber; what it is to be told when the video stops or goes on.
    fn limit(
        &mut self,
        turn: &mut Turn<'_>,
        id: TransportId,
        track_id: TrackId,
        limit: Limit,
    ) -> Option<StreamStateInfo> {
        let track = &mut self.tracks[track_id];
        let forwarder = track
            .forwarders
            .iter_mut()
            .find(|forwarder| forwarder.transport == id)?;
        if forwarder.limit == limit {
            return None;
        }
        let before = std::mem::replace(&mut forwarder.limit, limit);
        forwarder.retarget(&track.layers);
        self.ask_keyframes(turn, track_id);
        let stopped = limit == Limit::Nothing;
        if stopped == (before == Limit::Nothing) {
            return None;
        }
        let track = &self.tracks[track_id];
        let state = if stopped {
            StreamState::Paused
        } else {
            StreamState::Active
        };
        Some(StreamStateInfo {
            participant_sid: self.participants[track.owner].sid.clone(),
            track_sid: track.info.sid.clone(),
            state: state as i32,
        })
    }
}
