// SPDX-License-Identifier: EUPL-1.2
//! Publishing: `AddTrack`, the section that carries the track, and the end of it.
//!
//! A section without an allowed, announced track is answered `inactive` and its packets go nowhere:
//! the grant holds on the m-line as well as in the request.

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::Mid;

use super::ids::{PersonId, TrackId, TransportId};
use super::participant::{PendingTrack, source_from_proto};
use super::room::Room;
use super::sdp::{Kind, Section};
use super::signal::NOT_PERMITTED;
use super::track::{Layer, Track, order_rids};
use super::turn::{Turn, elapsed};
use crate::api::TrackSource;
use crate::limits::{self, Excess};
use crate::proto::{
    self, AddTrackRequest, AudioTrackFeature, TrackInfo, TrackPublishedResponse, TrackType, request_response,
    signal_response::Message,
};

/// The screen follows its sound within this time: clients measure its picture before they announce it.
const SCREEN_COMES: Duration = Duration::from_secs(5);

impl Room {
    /// A client wants to publish.
    pub fn add_track(&mut self, turn: &mut Turn<'_>, from: PersonId, request: AddTrackRequest) {
        use request_response::{Reason, Request};
        let participant = &self.participants[from];
        let source = source_from_proto(request.source);
        let refused = if !participant.may_publish(source) {
            Some((Reason::NotAllowed, NOT_PERMITTED.to_owned()))
        } else if !fits(request.r#type, source) {
            let message = "source: a track of this type does not come from there";
            Some((Reason::InvalidRequest, message.to_owned()))
        } else {
            let excess = self.too_many_tracks(from);
            excess.map(|excess| (Reason::LimitExceeded, excess.to_string()))
        };
        if let Some((reason, message)) = refused {
            self.respond(turn, from, (0, reason), &message, Some(Request::AddTrack(request)));
            return;
        }
        // A second codec for a known track: subscribers get the first.
        if !request.sid.is_empty() {
            let refused = (0, Reason::NotAllowed);
            let message = "a track is taken in one codec";
            self.respond(turn, from, refused, message, Some(Request::AddTrack(request)));
            return;
        }
        let same = |pending: &&PendingTrack| pending.cids.contains(&request.cid);
        if let Some(pending) = participant.publish.pending.iter().find(same) {
            let published = TrackPublishedResponse {
                cid: request.cid,
                track: Some(pending.info.clone()),
            };
            self.tell(turn, from, Message::TrackPublished(published));
            return;
        }
        let info = track_info(turn.shared.sid("TR"), &request);
        let pending = PendingTrack {
            cids: std::iter::once(request.cid.clone())
                .chain(request.simulcast_codecs.iter().map(|codec| codec.cid.clone()))
                .filter(|cid| !cid.is_empty())
                .collect(),
            codec: request
                .simulcast_codecs
                .first()
                .map(|c| codec_name(&c.codec))
                .unwrap_or_default(),
            info: info.clone(),
        };
        self.participants[from].publish.pending.push(pending);
        let published = TrackPublishedResponse {
            cid: request.cid,
            track: Some(info),
        };
        self.tell(turn, from, Message::TrackPublished(published));
    }

    /// Why somebody may not announce one more track.
    fn too_many_tracks(&self, from: PersonId) -> Option<Excess> {
        let participant = &self.participants[from];
        let (mut of_person, mut of_room) = (0, 0);
        for (_, other) in self.participants.iter() {
            of_room += other.track_count();
            if other.person() == participant.person() {
                of_person += other.track_count();
            }
        }
        let counts = [
            (participant.track_count(), "tracks", limits::TRACKS),
            (of_person, "tracks of all windows", limits::TRACKS_PER_PERSON),
            (of_room, "tracks of the room", limits::TRACKS_PER_ROOM),
        ];
        let full = counts.into_iter().find(|(count, _, most)| count >= most);
        full.map(|(_, field, most)| Excess::entries(field, most))
    }

    /// The announced track that a new sending section is for: by its id, or the first of its kind,
    /// because some clients change the id on the way.
    pub fn match_pending(&mut self, from: PersonId, section: &Section<'_>, named: bool) -> Option<PendingTrack> {
        let pending = &mut self.participants[from].publish.pending;
        let wanted = if section.kind == Kind::Audio {
            TrackType::Audio
        } else {
            TrackType::Video
        };
        let of_kind = |pending: &PendingTrack| pending.info.r#type == wanted as i32;
        let at = if named {
            let id = section.track_id?;
            pending
                .iter()
                .position(|p| of_kind(p) && p.cids.iter().any(|cid| cid == id))?
        } else {
            pending.iter().position(of_kind)?
        };
        Some(pending.remove(at))
    }

    /// The section of an announced track is negotiated: now it is published.
    pub fn publish(
        &mut self,
        turn: &mut Turn<'_>,
        from: PersonId,
        transport: TransportId,
        section: &Section<'_>,
        pending: PendingTrack,
    ) {
        let mid = Mid::from(section.mid);
        let video = section.kind == Kind::Video;
        let first = |name: &&&str| !["red", "rtx", "ulpfec", "flexfec-03"].contains(*name);
        let preferred = section.codecs.iter().find(|c| c.eq_ignore_ascii_case(&pending.codec));
        let codec_text = preferred
            .or_else(|| section.codecs.iter().find(first))
            .copied()
            .unwrap_or("");
        let codec = match codec_text.to_ascii_lowercase().as_str() {
            "vp8" => Codec::Vp8,
            "vp9" => Codec::Vp9,
            "h264" => Codec::H264,
            "av1" => Codec::Av1,
            _ => Codec::Opus,
        };
        let mut info = pending.info;
        info.mid = section.mid.into();
        let name = codec_text.to_ascii_lowercase();
        info.mime_type = format!("{}/{name}", if video { "video" } else { "audio" });
        if let Some(codec) = info.codecs.first_mut() {
            codec.mime_type.clone_from(&info.mime_type);
            codec.mid = section.mid.into();
        }
        let layers = if section.rids.is_empty() {
            vec![Layer::new(None)]
        } else {
            let rids = order_rids(&section.rids, &info.layers);
            rids.into_iter().map(|rid| Layer::new(Some(rid.into()))).collect()
        };
        let track = self.tracks.insert(Track {
            since: turn.now,
            alone: None,
            owner: from,
            transport,
            mid,
            info,
            video,
            codec,
            clock_rate: if video { 90_000 } else { 48_000 },
            layers,
            forwarders: Vec::new(),
            loudness: Default::default(),
            subscribed_told: false,
            wanted: Default::default(),
        });
        self.track_sids.insert(self.tracks[track].info.sid.clone(), track);
        self.transports[transport].published.insert(mid, track);
        self.transports[transport].sources.clear();
        self.participants[from].publish.tracks.push(track);
        self.match_screen(turn.now, from);
        self.ranking[usize::from(video)] = None;
        self.announce(from, false);
        for other in self.participants.ids() {
            self.offer_track(other, track);
        }
        self.flush_updates(turn, false);
    }

    /// The end of a track: its section fell silent, its owner left, or it is no longer allowed.
    pub fn unpublish(&mut self, turn: &mut Turn<'_>, track: TrackId) {
        let subscribers: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.subscribe.subscriptions.contains(track))
            .map(|(id, _)| id)
            .collect();
        // All at once: one by one each would be looked for among all.
        self.tracks[track].forwarders.clear();
        for subscriber in subscribers {
            self.unsubscribe(subscriber, track);
        }
        self.hush(turn, track);
        let track_id = track;
        let Some(track) = self.tracks.remove(track_id) else {
            return;
        };
        self.track_sids.remove(&track.info.sid);
        self.ranking[usize::from(track.video)] = None;
        // What was wished about it is kept for nobody: in a long meeting with many tracks there would be no room for the next.
        for (_, participant) in self.participants.iter_mut() {
            participant.subscribe.wishes.remove(&track.info.sid);
            participant.subscribe.settings.remove(&track.info.sid);
        }
        if let Some(owner) = self.participants.get_mut(track.owner) {
            owner.publish.tracks.retain(|published| *published != track_id);
            let others = owner.publish.tracks.clone();
            // What was its owner's second is the first now.
            for other in others {
                self.track_moved(other, true);
            }
            self.match_screen(turn.now, track.owner);
            self.announce(track.owner, false);
        }
        if let Some(transport) = self.transports.get_mut(track.transport) {
            transport.published.retain(|_, published| *published != track_id);
            transport.sources.clear();
        }
        self.flush_updates(turn, false);
    }

    /// The sound of a screen is heard beside the screen of the same person only, or it would be a microphone under another
    /// name. Which of the two is announced first is up to the client.
    pub fn match_screen(&mut self, now: Instant, owner: PersonId) {
        let of = |track: &Track| source_from_proto(track.info.source);
        let tracks = self.participants[owner].publish.tracks.clone();
        let is_shown = |track: &Track| of(track) == TrackSource::ScreenShare && !track.info.muted;
        let shown = tracks.iter().any(|track| is_shown(&self.tracks[*track]));
        for id in tracks {
            let track = &mut self.tracks[id];
            if of(track) == TrackSource::ScreenShareAudio {
                track.go_with_screen(now, shown);
            }
        }
    }

    /// Ends sounds of screens that did not come, and says why.
    pub fn end_sounds_without_screen(&mut self, turn: &mut Turn<'_>) {
        let due = |track: &Track| {
            track
                .alone
                .is_some_and(|since| elapsed(Some(since), turn.now, SCREEN_COMES))
        };
        let has_screen = |owner: PersonId| {
            let publish = &self.participants[owner].publish;
            let published = publish.tracks.iter().map(|track| &self.tracks[*track].info);
            let announced = publish.pending.iter().map(|pending| &pending.info);
            let mut all = published.chain(announced);
            all.any(|info| source_from_proto(info.source) == TrackSource::ScreenShare)
        };
        let lone = self.tracks.iter().filter(|(_, track)| due(track));
        let lone: Vec<_> = lone.map(|(id, track)| (id, track.owner)).collect();
        for (track, owner) in lone
            .into_iter()
            .filter(|(_, owner)| !has_screen(*owner))
            .collect::<Vec<_>>()
        {
            let track_sid = self.tracks[track].info.sid.clone();
            self.unpublish(turn, track);
            let message = "source: the sound of a screen is taken beside that screen only";
            self.respond(turn, owner, (0, request_response::Reason::NotAllowed), message, None);
            let gone = proto::TrackUnpublishedResponse { track_sid };
            self.tell(turn, owner, Message::TrackUnpublished(gone));
        }
    }

    /// Ends tracks that the owner's permission no longer covers, and tells it.
    pub fn unpublish_forbidden(&mut self, turn: &mut Turn<'_>, owner: PersonId) {
        let participant = &self.participants[owner];
        let forbidden: Vec<_> = participant
            .publish
            .tracks
            .iter()
            .copied()
            .filter(|track| !participant.may_publish(source_from_proto(self.tracks[*track].info.source)))
            .collect();
        for track in forbidden {
            let track_sid = self.tracks[track].info.sid.clone();
            self.unpublish(turn, track);
            let gone = proto::TrackUnpublishedResponse { track_sid };
            self.tell(turn, owner, Message::TrackUnpublished(gone));
        }
        let permission = self.participants[owner].permission.clone();
        let sources = &permission.can_publish_sources;
        self.participants[owner].publish.pending.retain(|pending| {
            let source = source_from_proto(pending.info.source);
            permission.can_publish && (sources.is_empty() || sources.contains(&source))
        });
    }
}

/// Whether a track of this type comes from such a source. Rights are given by source, so a microphone must not pass for
/// a camera. Without a source is only who may publish from all of them.
fn fits(r#type: i32, source: TrackSource) -> bool {
    let allowed = match TrackType::try_from(r#type) {
        Ok(TrackType::Audio) => [TrackSource::Microphone, TrackSource::ScreenShareAudio],
        Ok(TrackType::Video) => [TrackSource::Camera, TrackSource::ScreenShare],
        _ => return false,
    };
    source == TrackSource::Unknown || allowed.contains(&source)
}

/// `video/VP8` or `vp8` to `vp8`.
fn codec_name(codec: &str) -> String {
    codec.rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
}

fn track_info(sid: String, request: &AddTrackRequest) -> TrackInfo {
    let stream = match source_from_proto(request.source) {
        _ if !request.stream.is_empty() => request.stream.clone(),
        TrackSource::ScreenShare | TrackSource::ScreenShareAudio => "SCREEN_SHARE".into(),
        TrackSource::Camera | TrackSource::Microphone => "CAMERA".into(),
        TrackSource::Unknown => String::new(),
    };
    let video = request.r#type == TrackType::Video as i32;
    let codecs = request
        .simulcast_codecs
        .iter()
        .take(1)
        .map(|codec| proto::SimulcastCodecInfo {
            mime_type: format!("{}/{}", if video { "video" } else { "audio" }, codec_name(&codec.codec)),
            cid: codec.cid.clone(),
            layers: if codec.layers.is_empty() {
                request.layers.clone()
            } else {
                codec.layers.clone()
            },
            video_layer_mode: codec.video_layer_mode,
            ..Default::default()
        });
    let mut info = TrackInfo {
        sid,
        r#type: request.r#type,
        name: request.name.clone(),
        muted: request.muted,
        width: request.width,
        height: request.height,
        simulcast: request.layers.len() > 1,
        source: request.source,
        layers: request.layers.clone(),
        codecs: codecs.collect(),
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream,
        backup_codec_policy: request.backup_codec_policy,
        packet_trailer_features: request.packet_trailer_features.clone(),
        ..Default::default()
    };
    let mut features = request.audio_features.clone();
    for (wished, feature) in [
        (request.stereo, AudioTrackFeature::TfStereo),
        (request.disable_dtx, AudioTrackFeature::TfNoDtx),
    ] {
        if wished && !features.contains(&(feature as i32)) {
            features.push(feature as i32);
        }
    }
    note_features(&mut info, features);
    info
}

/// Sets the features of a track and the older fields that say the same of two of them.
pub fn note_features(info: &mut TrackInfo, features: Vec<i32>) {
    info.stereo = features.contains(&(AudioTrackFeature::TfStereo as i32));
    info.disable_dtx = features.contains(&(AudioTrackFeature::TfNoDtx as i32));
    info.audio_features = features;
}
