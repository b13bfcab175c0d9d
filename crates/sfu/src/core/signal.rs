// SPDX-License-Identifier: EUPL-1.2
//! Requests of a client on its signaling connection: one short method each, or a call into the file
//! of the concern. Every request is checked here or there against the participant's permission; what it may measure was
//! checked when it was read (`request.rs`).

use super::ids::{PersonId, TrackId};
use super::participant::Audience;
use super::publish;
use super::room::Room;
use super::turn::Turn;
use crate::limits::{self, Excess};
use crate::proto::{
    self, DisconnectReason, RequestResponse, leave_request::Action, request_response,
    signal_request::Message as Request, signal_response::Message,
};
use crate::request::Asked;

/// What LiveKit's server says in a refusal.
pub const NOT_PERMITTED: &str = "does not have permission";

impl Room {
    /// A frame from a participant. Every one that cannot be met is answered with the reason.
    pub fn asked(&mut self, turn: &mut Turn<'_>, from: PersonId, (asked, cost): (Asked, f64), text: bool) {
        use request_response::{Reason, Request as Named};
        let Some(participant) = self.participants.get_mut(from) else {
            return;
        };
        participant.signal.heard = turn.now;
        participant.signal.text = text;
        match asked {
            Asked::Request(request) => {
                if matches!(*request, Request::Offer(_)) {
                    participant.subscribe.offers.owe(turn.now, cost);
                }
                self.request(turn, from, *request);
            }
            Asked::Unknown => {
                let message = "this request is not known here";
                self.respond(turn, from, (0, Reason::UnsupportedType), message, None);
            }
            Asked::TooMuch(excess, request) => {
                let id = match &*request {
                    Request::UpdateMetadata(request) => request.request_id,
                    _ => 0,
                };
                let named = match *request {
                    Request::AddTrack(request) => Some(Named::AddTrack(request)),
                    Request::Mute(request) => Some(Named::Mute(request)),
                    Request::UpdateMetadata(request) => Some(Named::UpdateMetadata(request)),
                    Request::UpdateAudioTrack(request) => Some(Named::UpdateAudioTrack(request)),
                    Request::UpdateVideoTrack(request) => Some(Named::UpdateVideoTrack(request)),
                    _ => None,
                };
                self.respond(turn, from, (id, Reason::LimitExceeded), &excess.to_string(), named);
            }
            Asked::Flood => {
                tracing::debug!("a client sent too many requests for too long and is disconnected");
                let message = format!("requests: at most {} units of work per second", limits::WORK.0);
                self.respond(turn, from, (0, Reason::LimitExceeded), &message, None);
                self.leave(turn, from, DisconnectReason::StateMismatch, true);
            }
            // It has no number and no kind that the answer could name, only the place where it makes no sense.
            Asked::Rubbish(why) => self.respond(turn, from, (0, Reason::InvalidRequest), &why, None),
            Asked::Close => {}
        }
    }

    fn request(&mut self, turn: &mut Turn<'_>, from: PersonId, request: Request) {
        match request {
            Request::Offer(offer) => {
                self.client_offer(turn, from, &offer);
            }
            Request::Answer(answer) => self.client_answer(turn, from, &answer),
            // Being ICE-lite, the SFU learns the client's addresses from its checks.
            Request::Trickle(_) => {}
            Request::AddTrack(request) => self.add_track(turn, from, request),
            Request::Mute(request) => self.client_mute(turn, from, request),
            Request::Subscription(request) => self.update_subscription(turn, from, &request),
            Request::TrackSetting(request) => self.track_setting(turn, from, &request),
            Request::Leave(_) => self.leave(turn, from, DisconnectReason::ClientInitiated, false),
            Request::SubscriptionPermission(request) => {
                self.subscription_permission(turn, from, request);
            }
            Request::SyncState(state) => self.sync_state(turn, from, &state),
            Request::Ping(_) => {
                self.participants[from].signal.pinged = true;
                let pong = turn.unix_ms();
                self.tell(turn, from, Message::Pong(pong));
            }
            Request::PingReq(ping) => {
                self.participants[from].signal.pinged = true;
                let timestamp = turn.unix_ms();
                let pong = proto::Pong {
                    last_ping_timestamp: ping.timestamp,
                    timestamp,
                };
                self.tell(turn, from, Message::PongResp(pong));
            }
            Request::UpdateMetadata(request) => self.update_metadata(turn, from, request),
            Request::UpdateAudioTrack(request) => match self.own_track(from, &request.track_sid) {
                Some(track) => {
                    publish::note_features(&mut self.tracks[track].info, request.features);
                    self.announce(from, false);
                }
                None => self.not_found(turn, from, request_response::Request::UpdateAudioTrack(request)),
            },
            Request::UpdateVideoTrack(request) => match self.own_track(from, &request.track_sid) {
                Some(track) => {
                    self.tracks[track].info.width = request.width;
                    self.tracks[track].info.height = request.height;
                    self.announce(from, false);
                }
                None => self.not_found(turn, from, request_response::Request::UpdateVideoTrack(request)),
            },
        }
    }

    /// A description that makes no sense, or too much of it, costs its sender the session, because both sides would
    /// think otherwise of it from now on.
    pub fn reject_description(&mut self, turn: &mut Turn<'_>, from: PersonId, excess: Option<Excess>) {
        use request_response::Reason;
        tracing::debug!("a client sent a description that cannot be used and is disconnected");
        let (refused, message) = match excess {
            Some(excess) => (Reason::LimitExceeded, excess.to_string()),
            None => (Reason::InvalidRequest, "sdp: it cannot be used".to_owned()),
        };
        self.respond(turn, from, (0, refused), &message, None);
        let reason = DisconnectReason::StateMismatch;
        self.leave_with(turn, from, reason, Some(Action::Reconnect));
    }

    /// Answers a request with a reason; the answer names the request, so that the client finds which one.
    pub fn respond(
        &self,
        turn: &mut Turn<'_>,
        to: PersonId,
        (request_id, reason): (u32, request_response::Reason),
        message: &str,
        request: Option<request_response::Request>,
    ) {
        let response = RequestResponse {
            request_id,
            reason: reason as i32,
            message: message.into(),
            request,
        };
        self.tell(turn, to, Message::RequestResponse(response));
    }

    fn not_found(&self, turn: &mut Turn<'_>, to: PersonId, request: request_response::Request) {
        let reason = request_response::Reason::NotFound;
        self.respond(turn, to, (0, reason), "there is no such track", Some(request));
    }

    fn own_track(&self, owner: PersonId, sid: &str) -> Option<TrackId> {
        let tracks = &self.participants[owner].publish.tracks;
        tracks.iter().copied().find(|track| self.tracks[*track].info.sid == sid)
    }

    /// A track is muted or not, because its publisher or the server wants it.
    pub fn mute(&mut self, turn: &mut Turn<'_>, id: TrackId, muted: bool) {
        let track = &mut self.tracks[id];
        let owner = track.owner;
        if track.mute(turn.now, muted) {
            self.hush(turn, id);
            self.track_moved(id, !muted);
            self.match_screen(turn.now, owner);
            self.announce(owner, false);
        }
    }

    fn client_mute(&mut self, turn: &mut Turn<'_>, from: PersonId, request: proto::MuteTrackRequest) {
        if let Some(track) = self.own_track(from, &request.sid) {
            self.mute(turn, track, request.muted);
        } else {
            let pending = &mut self.participants[from].publish.pending;
            match pending.iter_mut().find(|p| p.info.sid == request.sid) {
                Some(pending) => pending.info.muted = request.muted,
                None => self.not_found(turn, from, request_response::Request::Mute(request)),
            }
        }
    }

    fn update_metadata(&mut self, turn: &mut Turn<'_>, from: PersonId, request: proto::UpdateParticipantMetadata) {
        use request_response::{Reason, Request};
        let participant = &self.participants[from];
        let kept = participant.claims.attributes.iter();
        let kept = kept.filter(|(key, _)| !request.attributes.contains_key(*key));
        let set = request.attributes.iter().filter(|(_, value)| !value.is_empty());
        let refused = if participant.permission.can_update_metadata {
            // Attributes add up over requests; the limit is for all of them.
            let excess = limits::attributes(kept.chain(set)).err();
            excess.map(|excess| (Reason::LimitExceeded, excess.to_string()))
        } else {
            Some((Reason::NotAllowed, NOT_PERMITTED.into()))
        };
        if let Some((reason, message)) = refused {
            let id = request.request_id;
            let request = proto::UpdateParticipantMetadata {
                request_id: id,
                ..Default::default()
            };
            self.respond(
                turn,
                from,
                (id, reason),
                &message,
                Some(Request::UpdateMetadata(request)),
            );
            return;
        }
        let claims = &mut self.participants[from].claims;
        if !request.metadata.is_empty() {
            claims.metadata = request.metadata;
        }
        if !request.name.is_empty() {
            claims.name = request.name;
        }
        for (key, value) in request.attributes {
            if value.is_empty() {
                claims.attributes.remove(&key);
            } else {
                claims.attributes.insert(key, value);
            }
        }
        self.announce(from, false);
        // Only a request with a number waits for its answer.
        if request.request_id != 0 {
            let response = RequestResponse {
                request_id: request.request_id,
                ..Default::default()
            };
            self.tell(turn, from, Message::RequestResponse(response));
        }
    }

    fn subscription_permission(&mut self, turn: &mut Turn<'_>, from: PersonId, request: proto::SubscriptionPermission) {
        let audience = (!request.all_participants).then(|| Audience::new(request.track_permissions));
        self.participants[from].publish.audience = audience;
        let others: Vec<_> = self
            .participants
            .iter()
            .map(|(id, _)| id)
            .filter(|id| *id != from)
            .collect();
        for track in self.participants[from].publish.tracks.clone() {
            for other in &others {
                let allowed = self.may_subscribe(*other, track);
                let subscribed = self.is_subscribed(*other, track);
                if subscribed && !allowed {
                    self.unsubscribe(*other, track);
                    self.tell_allowed(turn, *other, track, false);
                } else if !subscribed && allowed {
                    self.tell_allowed(turn, *other, track, true);
                    self.offer_track(*other, track);
                }
            }
        }
    }

    pub fn tell_allowed(&self, turn: &mut Turn<'_>, to: PersonId, track: TrackId, allowed: bool) {
        let track = &self.tracks[track];
        let update = proto::SubscriptionPermissionUpdate {
            participant_sid: self.participants[track.owner].sid.clone(),
            track_sid: track.info.sid.clone(),
            allowed,
        };
        self.tell(turn, to, Message::SubscriptionPermissionUpdate(update));
    }

    /// What a client believes after a resume: reliable messages that it missed are sent again.
    pub fn sync_state(&mut self, turn: &mut Turn<'_>, from: PersonId, state: &proto::SyncState) {
        if let Some(subscription) = &state.subscription {
            self.update_subscription(turn, from, subscription);
        }
        let disabled = proto::UpdateTrackSettings {
            track_sids: state.track_sids_disabled.clone(),
            disabled: true,
            ..Default::default()
        };
        self.track_setting(turn, from, &disabled);
        self.replay(from, &state.datachannel_receive_states);
        let announced: Vec<_> = state.publish_tracks.iter().filter_map(|p| p.track.as_ref()).collect();
        let known = |sid: &str| {
            let publish = &self.participants[from].publish;
            self.own_track(from, sid).is_some() || publish.pending.iter().any(|p| p.info.sid == sid)
        };
        let lost: Vec<_> = announced
            .iter()
            .filter(|track| !known(&track.sid))
            .map(|track| track.sid.clone())
            .collect();
        for track_sid in lost {
            let gone = proto::TrackUnpublishedResponse { track_sid };
            self.tell(turn, from, Message::TrackUnpublished(gone));
        }
    }
}
