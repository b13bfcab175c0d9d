// SPDX-License-Identifier: EUPL-1.2
//! Requests of a client on its signaling connection: one short method each, or a call into the file
//! of the concern. Every request is checked here or there against the participant's permission.

use super::ids::{PersonId, TrackId};
use super::publish;
use super::room::Room;
use super::turn::Turn;
use crate::proto::{
    self, DisconnectReason, RequestResponse, leave_request::Action, request_response,
    signal_request::Message as Request, signal_response::Message,
};

const NAME_LIMIT: usize = 512;
const METADATA_LIMIT: usize = 64 * 1024;

impl Room {
    /// A request from a participant. `None`: the frame was no request at all.
    pub fn request(&mut self, turn: &mut Turn<'_>, from: PersonId, request: Option<Request>, text: bool) {
        let signal = &mut self.participants[from].signal;
        signal.heard = turn.now;
        signal.text = text;
        if !signal.requests.take(turn.now, 1.0) {
            tracing::debug!("a client sent too many requests and is disconnected");
            self.leave(turn, from, DisconnectReason::StateMismatch, true);
            return;
        }
        let Some(request) = request else { return };
        match request {
            Request::Offer(offer) => {
                self.client_offer(turn, from, &offer);
            }
            Request::Answer(answer) => self.client_answer(turn, from, &answer),
            // Being ICE-lite, the SFU learns the client's addresses from its checks.
            Request::Trickle(_) => {}
            Request::AddTrack(request) => self.add_track(turn, from, request),
            Request::Mute(request) => self.client_mute(turn, from, &request),
            Request::Subscription(request) => self.update_subscription(turn, from, &request),
            Request::TrackSetting(request) => self.track_setting(turn, from, request),
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
            Request::UpdateAudioTrack(request) => {
                if let Some(track) = self.own_track(from, &request.track_sid) {
                    publish::note_features(&mut self.tracks[track].info, request.features);
                    self.announce(from, false);
                }
            }
            Request::UpdateVideoTrack(request) => {
                if let Some(track) = self.own_track(from, &request.track_sid) {
                    self.tracks[track].info.width = request.width;
                    self.tracks[track].info.height = request.height;
                    self.announce(from, false);
                }
            }
        }
    }

    /// A description that makes no sense costs its sender the session.
    pub fn reject_description(&mut self, turn: &mut Turn<'_>, from: PersonId) {
        tracing::debug!("a client sent a description that cannot be used and is disconnected");
        let reason = DisconnectReason::StateMismatch;
        self.leave_with(turn, from, reason, Some(Action::Reconnect));
    }

    /// Refuses a request; the answer repeats it, so that the client finds which one.
    pub fn refuse(
        &self,
        turn: &mut Turn<'_>,
        to: PersonId,
        request_id: u32,
        reason: request_response::Reason,
        request: request_response::Request,
    ) {
        let message = match reason {
            request_response::Reason::NotAllowed => "does not have permission",
            _ => "limit exceeded",
        };
        let response = RequestResponse {
            request_id,
            reason: reason as i32,
            message: message.into(),
            request: Some(request),
        };
        self.tell(turn, to, Message::RequestResponse(response));
    }

    fn own_track(&self, owner: PersonId, sid: &str) -> Option<TrackId> {
        let tracks = &self.participants[owner].publish.tracks;
        tracks.iter().copied().find(|track| self.tracks[*track].info.sid == sid)
    }

    fn client_mute(&mut self, turn: &mut Turn<'_>, from: PersonId, request: &proto::MuteTrackRequest) {
        if let Some(track) = self.own_track(from, &request.sid) {
            if self.tracks[track].mute(request.muted) {
                self.hush(turn, track);
                self.announce(from, false);
            }
        } else {
            let pending = &mut self.participants[from].publish.pending;
            if let Some(pending) = pending.iter_mut().find(|p| p.info.sid == request.sid) {
                pending.info.muted = request.muted;
            }
        }
    }

    fn update_metadata(&mut self, turn: &mut Turn<'_>, from: PersonId, request: proto::UpdateParticipantMetadata) {
        use request_response::{Reason, Request};
        let participant = &mut self.participants[from];
        let size: usize = request
            .attributes
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let mut reason = None;
        if !participant.permission.can_update_metadata {
            reason = Some(Reason::NotAllowed);
        } else if request.name.len() > NAME_LIMIT || request.metadata.len() > METADATA_LIMIT || size > METADATA_LIMIT {
            reason = Some(Reason::LimitExceeded);
        }
        if let Some(reason) = reason {
            let id = request.request_id;
            self.refuse(turn, from, id, reason, Request::UpdateMetadata(request));
            return;
        }
        let claims = &mut participant.claims;
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
        self.participants[from].publish.audience = (!request.all_participants).then_some(request.track_permissions);
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

    fn tell_allowed(&self, turn: &mut Turn<'_>, to: PersonId, track: TrackId, allowed: bool) {
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
        for sid in &state.track_sids_disabled {
            let disabled = proto::UpdateTrackSettings {
                track_sids: vec![sid.clone()],
                disabled: true,
                ..Default::default()
            };
            self.track_setting(turn, from, disabled);
        }
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
