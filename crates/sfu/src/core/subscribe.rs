// SPDX-License-Identifier: EUPL-1.2
//! Subscribing: who gets which track, at what size, and in which section of the connection.
//!
//! A subscription is first a wish; `negotiate.rs` finds it a section and calls [`Room::assign`].

use std::collections::HashMap;
use std::time::Duration;

use str0m::media::Mid;

use super::forwarder::{Forwarder, Limit, Settings};
use super::ids::{PersonId, TrackId, TransportId};
use super::participant::Wanted;
use super::places::most;
use super::room::Room;
use super::sdp::Kind;
use super::turn::{Turn, elapsed};
use crate::limits::{self, Excess};
use crate::proto::{
    self, SubscriptionError, SubscriptionResponse, TrackSubscribed, UpdateSubscription, UpdateTrackSettings,
    VideoQuality, request_response::Reason, signal_response::Message,
};

/// A client that was asked for an offer and sent none is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

impl Room {
    /// Whether somebody may have a track at all.
    pub fn may_subscribe(&self, id: PersonId, track: TrackId) -> bool {
        let track = &self.tracks[track];
        let participant = &self.participants[id];
        if id == track.owner || !participant.permission.can_subscribe {
            return false;
        }
        let Some(audience) = &self.participants[track.owner].publish.audience else {
            return true;
        };
        audience.may_have(participant, &track.info.sid)
    }

    pub fn is_subscribed(&self, id: PersonId, track: TrackId) -> bool {
        self.participants[id].subscribe.subscriptions.contains(track)
    }

    /// Whether somebody is to get a track if there is a place.
    pub fn wants(&self, id: PersonId, track: TrackId) -> bool {
        let subscribe = &self.participants[id].subscribe;
        let wish = subscribe.wishes.get(&self.tracks[track].info.sid);
        wish.copied().unwrap_or(subscribe.automatic) && self.may_subscribe(id, track)
    }

    /// Begins a subscription; `negotiate.rs` finds it a section.
    pub fn subscribe(&mut self, id: PersonId, track: TrackId) {
        let video = self.tracks[track].video;
        let subscribe = &mut self.participants[id].subscribe;
        if !subscribe.subscriptions.contains(track) {
            subscribe.subscriptions.insert(track, video);
            subscribe.unbalanced = true;
        }
    }

    /// Ends a subscription; its section becomes free.
    pub fn unsubscribe(&mut self, id: PersonId, track: TrackId) {
        let Some(participant) = self.participants.get_mut(id) else {
            return;
        };
        if !participant.subscribe.subscriptions.remove(track) {
            return;
        }
        self.tracks[track]
            .forwarders
            .retain(|forwarder| forwarder.participant != id);
        participant.subscribe.unbalanced = true;
        let (left_out, transport) = (participant.subscribe.left_out, subscriber_transport(participant));
        // There is a place now.
        if left_out[usize::from(self.tracks[track].video)] {
            self.stand_in_line(id);
        }
        let Some(transport) = transport.and_then(|transport| self.transports.get_mut(transport)) else {
            return;
        };
        if let Some(slot) = transport.slots.iter_mut().find(|slot| slot.track == Some(track)) {
            slot.track = None;
            slot.reused = true;
            let mid = slot.mid;
            // The next track here gets a new SSRC, or Chromium never shows it.
            transport.end_stream(mid);
        }
    }

    pub fn update_subscription(&mut self, turn: &mut Turn<'_>, from: PersonId, request: &UpdateSubscription) {
        let grouped = request.participant_tracks.iter().flat_map(|tracks| &tracks.track_sids);
        let (mut kept, mut asked) = (true, Vec::new());
        for sid in request.track_sids.iter().chain(grouped) {
            kept &= remember(&mut self.participants[from].subscribe.wishes, sid, request.subscribe);
            let Some(track) = self.track_by_sid(sid) else {
                if request.subscribe {
                    self.refuse_subscription(turn, from, sid, SubscriptionError::SeTrackNotfound);
                }
                continue;
            };
            if request.subscribe {
                self.offer_track(from, track);
                self.tell_refused(turn, from, track);
                asked.push(track);
            } else {
                self.unsubscribe(from, track);
            }
        }
        if !kept {
            self.refuse_wishes(turn, from);
        }
        if self.participants[from].subscribe.in_line {
            self.settle_places(from);
        }
        let refused = |track: &&TrackId| self.may_subscribe(from, **track) && !self.is_subscribed(from, **track);
        if let Some(track) = asked.iter().find(refused) {
            let excess = Excess::entries("subscriptions of one kind", most(self.tracks[*track].video));
            self.respond(turn, from, (0, Reason::LimitExceeded), &excess.to_string(), None);
        }
    }

    /// Tells somebody who wants a track that its publisher does not want them to have it.
    fn tell_refused(&self, turn: &mut Turn<'_>, to: PersonId, track: TrackId) {
        let audience = &self.participants[self.tracks[track].owner].publish.audience;
        if audience.is_some() && to != self.tracks[track].owner && !self.may_subscribe(to, track) {
            self.tell_allowed(turn, to, track, false);
        }
    }

    /// Some of what was asked for about tracks is not kept.
    fn refuse_wishes(&self, turn: &mut Turn<'_>, to: PersonId) {
        let excess = Excess::entries("track_sids of all requests", limits::WISHES);
        let refused = (0, Reason::LimitExceeded);
        self.respond(turn, to, refused, &excess.to_string(), None);
    }

    pub fn refuse_subscription(&self, turn: &mut Turn<'_>, to: PersonId, track_sid: &str, error: SubscriptionError) {
        let response = SubscriptionResponse {
            track_sid: track_sid.into(),
            err: error as i32,
        };
        self.tell(turn, to, Message::SubscriptionResponse(response));
    }

    pub fn track_by_sid(&self, sid: &str) -> Option<TrackId> {
        self.track_sids.get(sid).copied()
    }

    pub fn track_setting(&mut self, turn: &mut Turn<'_>, from: PersonId, request: &UpdateTrackSettings) {
        let wanted = Wanted {
            disabled: request.disabled,
            quality: request.quality,
            width: request.width,
            height: request.height,
            pinned: request.priority > 0,
        };
        let mut kept = true;
        // A track that is named often is looked at once.
        let mut known: Vec<_> = request
            .track_sids
            .iter()
            .filter_map(|sid| {
                kept &= remember(&mut self.participants[from].subscribe.settings, sid, wanted);
                self.track_by_sid(sid)
            })
            .collect();
        known.sort_unstable();
        known.dedup();
        for id in known {
            let settings = self.settings_of(from, id);
            let track = &mut self.tracks[id];
            for forwarder in track.forwarders.iter_mut().filter(|f| f.participant == from) {
                forwarder.settings = settings;
                forwarder.retarget(&track.layers);
            }
            self.ask_keyframes(turn, id);
            self.watch(turn, id);
        }
        if !kept {
            self.refuse_wishes(turn, from);
        }
    }

    fn settings_of(&self, subscriber: PersonId, track: TrackId) -> Settings {
        let track = &self.tracks[track];
        let wanted = self.participants[subscriber].subscribe.settings.get(&track.info.sid);
        let quality = match wanted {
            Some(wanted) if wanted.width > 0 || wanted.height > 0 => track.quality_for(wanted.width, wanted.height),
            Some(wanted) => VideoQuality::try_from(wanted.quality).unwrap_or(VideoQuality::High),
            None => VideoQuality::High,
        };
        // A setting without any size comes with `disabled` or for the frame rate only.
        let unspecified = wanted.is_some_and(|w| w.disabled && w.width == 0 && w.quality == 0);
        let quality = if unspecified { VideoQuality::High } else { quality };
        let disabled = wanted.is_some_and(|wanted| wanted.disabled) || quality == VideoQuality::Off;
        Settings {
            disabled,
            layer: track.layer_of(quality),
            pinned: wanted.is_some_and(|wanted| wanted.pinned),
        }
    }

    /// A subscription got its section: from now on packets flow.
    pub fn assign(&mut self, turn: &mut Turn<'_>, id: PersonId, transport: TransportId, mid: Mid, track: TrackId) {
        let Some(ssrc) = self.transports[transport].hold_stream(mid) else {
            return;
        };
        if let Some(slot) = self.transports[transport].slots.iter_mut().find(|slot| slot.mid == mid) {
            slot.track = Some(track);
        }
        self.participants[id].subscribe.subscriptions.runs(track);
        let settings = self.settings_of(id, track);
        let track_id = track;
        let track = &mut self.tracks[track_id];
        let source = (track.video, track.clock_rate);
        let mut forwarder = Forwarder::new((id, transport), mid, ssrc, settings, source);
        if self.transports[transport].estimate.capacity().is_some() {
            // On a full line it begins with what takes least.
            forwarder.limit = Limit::Layer(0);
        }
        forwarder.retarget(&track.layers);
        track.forwarders.push(forwarder);
        if !std::mem::replace(&mut track.subscribed_told, true) {
            let (owner, track_sid) = (track.owner, track.info.sid.clone());
            self.tell(turn, owner, Message::TrackSubscribed(TrackSubscribed { track_sid }));
        }
        self.ask_keyframes(turn, track_id);
        self.watch(turn, track_id);
    }

    /// Stream and track id of a sending section.
    pub fn msid(&self, participant: PersonId, track: TrackId, reused: bool) -> (String, String) {
        let track = &self.tracks[track];
        let owner = &self.participants[track.owner].sid;
        let sid = &track.info.sid;
        // One stream for camera and microphone keeps lips in step. In a section that carried another
        // track before, a client with two connections finds the track only by the stream.
        let grouped = !track.info.stream.is_empty()
            && track
                .info
                .stream
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            && (self.participants[participant].single || !reused);
        let stream = if grouped { &track.info.stream } else { sid };
        (format!("{owner}|{stream}"), sid.clone())
    }

    /// Brings the sections of everybody in line with their subscriptions.
    pub fn rebalance(&mut self, turn: &mut Turn<'_>) {
        let unbalanced: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.subscribe.unbalanced && p.signal.connection.is_some())
            .map(|(id, _)| id)
            .collect();
        for id in unbalanced {
            if self.participants[id].single {
                self.ask_for_sections(turn, id);
            } else {
                self.offer_to_client(turn, id, false);
            }
        }
    }

    /// Single connection: only the client offers, so it is asked to.
    fn ask_for_sections(&mut self, turn: &mut Turn<'_>, id: PersonId) {
        let participant = &mut self.participants[id];
        let waiting = participant.subscribe.asked;
        let Some(transport) = participant.publish.transport else {
            return;
        };
        if waiting.is_some() && !elapsed(waiting, turn.now, ASK_AGAIN) {
            return;
        }
        // It has not yet paid for its last offers.
        if participant.subscribe.offers.left(turn.now) < 0.0 {
            return;
        }
        let mut missing = [0usize; 2];
        for track in participant.subscribe.subscriptions.waiting() {
            missing[usize::from(self.tracks[track].video)] += 1;
        }
        let transport = &self.transports[transport];
        let lacking = |kind: Kind, missing: usize| {
            u32::try_from(missing.saturating_sub(transport.free_slots(kind))).unwrap_or(u32::MAX)
        };
        let requirement = proto::MediaSectionsRequirement {
            num_audios: lacking(Kind::Audio, missing[0]),
            num_videos: lacking(Kind::Video, missing[1]),
        };
        self.tell(turn, id, Message::MediaSectionsRequirement(requirement));
        self.participants[id].subscribe.asked = Some(turn.now);
    }
}

/// Keeps a wish about a track, which may be one that is still to come. False: there are too many, and it is not kept.
fn remember<T>(wishes: &mut HashMap<String, T>, sid: &str, wish: T) -> bool {
    let room = wishes.len() < limits::WISHES || wishes.contains_key(sid);
    if room {
        wishes.insert(sid.to_owned(), wish);
    }
    room
}

/// The transport in which a participant receives.
pub fn subscriber_transport(participant: &super::participant::Participant) -> Option<TransportId> {
    if participant.single {
        participant.publish.transport
    } else {
        participant.subscribe.transport
    }
}
