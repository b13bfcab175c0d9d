// SPDX-License-Identifier: EUPL-1.2
//! Offer and answer, for one and for two peer connections.
//!
//! The client offers what it publishes and, with one connection, the sections it can receive in; with
//! two, the SFU offers what it sends. str0m negotiates, `sdp.rs` rewrites the text.

use std::collections::HashMap;

use str0m::change::{SdpAnswer, SdpOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::media::{Direction as MediaDirection, MediaKind, Mid};

use super::ids::{PersonId, TrackId, TransportId};
use super::room::Room;
use super::sdp::{self, Direction, Edit, Kind, Section};
use super::subscribe::subscriber_transport;
use super::transport::{Role, Slot, Stream};
use super::turn::{Note, Turn};
use crate::proto::{SessionDescription, TrackInfo, participant_info::State, signal_response::Message};

impl Room {
    /// An offer of a client, for the connection it publishes in. False: it made no sense and cost its sender the
    /// session, so that the id names nobody any more.
    pub fn client_offer(&mut self, turn: &mut Turn<'_>, from: PersonId, offer: &SessionDescription) -> bool {
        let sections = match sdp::sections(&offer.sdp) {
            Ok(sections) => sections,
            Err(excess) => {
                self.reject_description(turn, from, Some(excess));
                return false;
            }
        };
        let single = self.participants[from].single;
        let id = match self.participants[from].publish.transport {
            Some(id) => id,
            None => {
                let role = if single { Role::Both } else { Role::Publisher };
                let id = self.open_transport(turn, from, role);
                self.participants[from].publish.transport = Some(id);
                id
            }
        };
        self.end_silent_sections(turn, id, &sections);
        let text = sdp::without_feedback_for_receivers(&self.readable(id, offer));
        let answer = self.transports[id].negotiate(|rtc| {
            let offer = SdpOffer::from_sdp_string(&text).map_err(|_| str0m::RtcError::RemoteSdp(String::new()))?;
            rtc.sdp_api().accept_offer(offer)
        });
        let Some(answer) = answer else {
            self.reject_description(turn, from, None);
            return false;
        };
        self.note_ufrag(turn, id);
        let mut edits = self.receive_sections(turn, from, id, &sections);
        let tracks = self.send_sections(turn, from, id, &sections, &mut edits);
        let text = sdp::edit(&answer.to_sdp_string(), |mid| {
            edits.get(mid).cloned().unwrap_or(Edit::Idle)
        });
        let participant = &mut self.participants[from];
        if participant.state == State::Joining {
            participant.state = State::Joined;
        }
        participant.subscribe.asked = None;
        let waits = participant.subscribe.subscriptions.waiting().next().is_some();
        if single {
            participant.subscribe.unbalanced = waits;
        }
        let answer = SessionDescription {
            r#type: "answer".into(),
            sdp: text,
            id: offer.id,
            mid_to_track_id: tracks,
        };
        self.tell(turn, from, Message::Answer(answer));
        self.touch(id);
        true
    }

    /// The text of a client's description as the media stack is to read it.
    fn readable(&mut self, id: TransportId, description: &SessionDescription) -> String {
        let police = &mut self.transports[id].police;
        sdp::without_what_is_kept(&description.sdp, |source| police.announces(source))
    }

    /// Tracks whose section no longer sends are unpublished: there is no other request for it.
    fn end_silent_sections(&mut self, turn: &mut Turn<'_>, id: TransportId, sections: &[Section<'_>]) {
        let silent: Vec<_> = self.transports[id]
            .published
            .iter()
            .filter(|(mid, _)| {
                let section = sections.iter().find(|section| Mid::from(section.mid) == **mid);
                section.is_none_or(|section| !section.direction.sends())
            })
            .map(|(_, track)| *track)
            .collect();
        for track in silent {
            self.unpublish(turn, track);
        }
    }

    /// Sections in which the client sends: those of known or announced tracks are accepted.
    fn receive_sections(
        &mut self,
        turn: &mut Turn<'_>,
        from: PersonId,
        id: TransportId,
        sections: &[Section<'_>],
    ) -> HashMap<String, Edit> {
        let mut edits = HashMap::new();
        let sending = |section: &&Section<'_>| section.kind != Kind::Application && section.direction.sends();
        // By the announced id first, so that no other section takes a track away.
        for named in [true, false] {
            for section in sections.iter().filter(sending) {
                let mid = Mid::from(section.mid);
                let known = self.transports[id].published.contains_key(&mid);
                if !known && let Some(pending) = self.match_pending(from, section, named) {
                    self.publish(turn, from, id, section, pending);
                }
            }
        }
        for section in sections.iter().filter(sending) {
            let track = self.transports[id].published.get(&Mid::from(section.mid));
            let edit = track.map_or(Edit::Idle, |track| {
                let info = &self.tracks[*track].info;
                let codec = info.mime_type.rsplit('/').next().unwrap_or_default().to_owned();
                Edit::Receives {
                    codec,
                    plain: info.disable_red,
                    opus: received_opus(info),
                }
            });
            edits.insert(section.mid.to_owned(), edit);
        }
        edits
    }

    /// Sections in which the client receives: free ones are given to waiting subscriptions.
    fn send_sections(
        &mut self,
        turn: &mut Turn<'_>,
        from: PersonId,
        id: TransportId,
        sections: &[Section<'_>],
        edits: &mut HashMap<String, Edit>,
    ) -> HashMap<String, String> {
        let mut tracks = HashMap::new();
        if !self.participants[from].single {
            return tracks;
        }
        // What is no longer there has made place for another.
        let known: Vec<_> = self.transports[id].slots.iter().map(|slot| slot.mid).collect();
        for mid in known {
            if !sections.iter().any(|section| mid == Mid::from(section.mid)) {
                self.withdraw_slot(from, id, mid);
            }
        }
        for section in sections {
            let mid = Mid::from(section.mid);
            let known = self.transports[id].slots.iter().any(|slot| slot.mid == mid);
            if section.direction != Direction::RecvOnly || section.kind == Kind::Application {
                // A client may take a section back; what was sent there waits for another.
                if known {
                    self.withdraw_slot(from, id, mid);
                }
                continue;
            }
            if !known {
                let slot = Slot {
                    mid,
                    kind: section.kind,
                    track: None,
                    reused: false,
                    stream: Stream::None,
                };
                self.transports[id].slots.push(slot);
            }
            let slot = self.transports[id].slots.iter().find(|slot| slot.mid == mid);
            let mut track = slot.and_then(|slot| slot.track);
            if track.is_none() {
                track = self.waiting(from, section.kind);
                if let Some(track) = track {
                    self.assign(turn, from, id, mid, track);
                } else {
                    // Nothing may leave under its SSRC.
                    self.transports[id].end_stream(mid);
                }
            }
            if let Some(track) = track {
                let (stream, sid) = self.msid(from, track, false);
                tracks.insert(section.mid.to_owned(), sid.clone());
                let opus = sent_opus(&self.tracks[track].info);
                let sends = Edit::Sends {
                    stream,
                    track: sid,
                    opus,
                };
                edits.insert(section.mid.to_owned(), sends);
            }
        }
        tracks
    }

    fn waiting(&self, id: PersonId, kind: Kind) -> Option<TrackId> {
        let mut waiting = self.participants[id].subscribe.subscriptions.waiting();
        waiting.find(|track| self.tracks[*track].video == (kind == Kind::Video))
    }

    fn withdraw_slot(&mut self, from: PersonId, id: TransportId, mid: Mid) {
        // It may come back; then its old SSRC must not.
        self.transports[id].end_stream(mid);
        let slots = &mut self.transports[id].slots;
        let Some(at) = slots.iter().position(|slot| slot.mid == mid) else {
            return;
        };
        let slot = slots.remove(at);
        if let Some(track) = slot.track {
            self.tracks[track]
                .forwarders
                .retain(|forwarder| forwarder.participant != from);
            self.participants[from].subscribe.subscriptions.stops(track);
        }
    }

    fn note_ufrag(&mut self, turn: &mut Turn<'_>, id: TransportId) {
        let transport = &mut self.transports[id];
        let ufrag = transport.guard(|rtc| Ok(rtc.direct_api().local_ice_credentials().ufrag));
        if let Some(ufrag) = ufrag.filter(|ufrag| *ufrag != transport.ufrag) {
            transport.ufrag.clone_from(&ufrag);
            transport.police.path_renewed();
            turn.notes.push(Note::Ufrag(id, ufrag));
        }
    }

    /// The second connection, in which the SFU offers: data channels first, tracks as they come.
    pub fn open_subscriber(&mut self, turn: &mut Turn<'_>, id: PersonId) {
        let transport = self.open_transport(turn, id, Role::Subscriber);
        self.participants[id].subscribe.transport = Some(transport);
        self.offer_to_client(turn, id, false);
    }

    /// Offers what changed; `restart`: with new ICE credentials, after a resume.
    pub fn offer_to_client(&mut self, turn: &mut Turn<'_>, id: PersonId, restart: bool) {
        let Some(transport_id) = self.participants[id].subscribe.transport else {
            return;
        };
        if self.transports[transport_id].pending.is_some() && !restart {
            return;
        }
        let changes = self.plan_sections(id, transport_id);
        let first = !self.transports[transport_id].answered;
        let new: Vec<_> = changes
            .new
            .iter()
            .map(|track| (*track, self.tracks[*track].video, self.msid(id, *track, false)))
            .collect();
        let offered = self.transports[transport_id].negotiate(|rtc| {
            for (mid, video) in &changes.reused {
                let mut direct = rtc.direct_api();
                let (ssrc, resend) = (direct.new_ssrc(), direct.new_ssrc());
                direct.declare_stream_tx(ssrc, video.then_some(resend), *mid, None);
            }
            let mut api = rtc.sdp_api();
            if first {
                api.add_channel(RELIABLE.into());
                api.add_channel_with_config(ChannelConfig {
                    label: LOSSY.into(),
                    ordered: false,
                    reliability: Reliability::MaxRetransmits { retransmits: 0 },
                    ..Default::default()
                });
            }
            for mid in &changes.freed {
                api.set_direction(*mid, MediaDirection::Inactive);
            }
            for (mid, _) in &changes.reused {
                api.set_direction(*mid, MediaDirection::SendOnly);
            }
            let added: Vec<_> = new
                .iter()
                .map(|(track, video, (stream, sid))| {
                    let kind = if *video { MediaKind::Video } else { MediaKind::Audio };
                    let (stream, sid) = (Some(stream.clone()), Some(sid.clone()));
                    let mid = api.add_media(kind, MediaDirection::SendOnly, stream, sid, None);
                    (mid, *track, *video)
                })
                .collect();
            if restart {
                api.ice_restart(true);
            }
            Ok((added, api.apply()))
        });
        self.participants[id].subscribe.unbalanced = false;
        let Some((added, Some((offer, pending)))) = offered else {
            return;
        };
        let transport = &mut self.transports[transport_id];
        transport.pending = Some(pending);
        transport.offered = Some(turn.now);
        transport.offer_id += 1;
        for (mid, track, video) in added {
            let kind = if video { Kind::Video } else { Kind::Audio };
            transport.slots.push(Slot {
                mid,
                kind,
                track: Some(track),
                reused: false,
                stream: Stream::None,
            });
        }
        self.note_ufrag(turn, transport_id);
        self.send_offer(turn, id, transport_id, &offer.to_sdp_string());
    }

    fn send_offer(&mut self, turn: &mut Turn<'_>, id: PersonId, transport_id: TransportId, text: &str) {
        let transport = &self.transports[transport_id];
        let mut tracks = HashMap::new();
        let text = sdp::edit(text, |mid| {
            let slot = transport.slots.iter().find(|slot| *slot.mid == *mid);
            let Some((slot, track)) = slot.and_then(|slot| Some((slot, slot.track?))) else {
                return Edit::Idle;
            };
            let (stream, sid) = self.msid(id, track, slot.reused);
            tracks.insert(mid.to_owned(), sid.clone());
            let opus = sent_opus(&self.tracks[track].info);
            Edit::Sends {
                stream,
                track: sid,
                opus,
            }
        });
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp: text,
            id: transport.offer_id,
            mid_to_track_id: tracks,
        };
        self.tell(turn, id, Message::Offer(offer));
        self.touch(transport_id);
    }

    /// Gives free sections to waiting tracks and finds what else the next offer has to say.
    fn plan_sections(&mut self, id: PersonId, transport_id: TransportId) -> Changes {
        let mut changes = Changes::default();
        let waiting: Vec<_> = self.participants[id].subscribe.subscriptions.waiting().collect();
        let transport = &mut self.transports[transport_id];
        for track in waiting
            .into_iter()
            .filter(|track| transport.slot(*track).is_none())
            .collect::<Vec<_>>()
        {
            let video = self.tracks[track].video;
            let kind = if video { Kind::Video } else { Kind::Audio };
            let free = transport
                .slots
                .iter_mut()
                .find(|slot| slot.kind == kind && slot.track.is_none());
            match free {
                Some(slot) => {
                    slot.track = Some(track);
                    slot.reused = true;
                    changes.reused.push((slot.mid, video));
                }
                None => changes.new.push(track),
            }
        }
        changes.freed = transport
            .slots
            .iter()
            .filter(|s| s.track.is_none())
            .map(|s| s.mid)
            .collect();
        changes
    }

    /// The answer of a client to our offer: what was offered flows now.
    pub fn client_answer(&mut self, turn: &mut Turn<'_>, from: PersonId, answer: &SessionDescription) {
        let Some(id) = self.participants[from].subscribe.transport else {
            return;
        };
        let stale = answer.id != 0 && answer.id != self.transports[id].offer_id;
        let Some(pending) = self.transports[id].pending.take_if(|_| !stale) else {
            return;
        };
        if let Err(excess) = sdp::sections(&answer.sdp) {
            self.reject_description(turn, from, Some(excess));
            return;
        }
        let text = self.readable(id, answer);
        let accepted = self.transports[id].negotiate(|rtc| {
            let answer = SdpAnswer::from_sdp_string(&text).map_err(|_| str0m::RtcError::RemoteSdp(String::new()))?;
            rtc.sdp_api().accept_answer(pending, answer)
        });
        if accepted.is_none() {
            self.reject_description(turn, from, None);
            return;
        }
        self.transports[id].answered = true;
        self.note_ufrag(turn, id);
        let offered: Vec<_> = self.transports[id]
            .slots
            .iter()
            .filter_map(|slot| Some((slot.mid, slot.track?)))
            .collect();
        for (mid, track) in offered {
            if self.participants[from].subscribe.subscriptions.waits(track) {
                self.assign(turn, from, id, mid, track);
            }
        }
        let subscribe = &mut self.participants[from].subscribe;
        subscribe.unbalanced |= subscribe.subscriptions.waiting().next().is_some();
        if self.participants[from].state == State::Joining {
            self.participants[from].state = State::Joined;
        }
        self.touch(id);
    }

    /// After a resume the connection in which the SFU offers gets new ICE credentials.
    pub fn renegotiate_after_resume(&mut self, turn: &mut Turn<'_>, id: PersonId) {
        let participant = &self.participants[id];
        if participant.single {
            self.participants[id].subscribe.unbalanced = true;
        } else if let Some(transport) = subscriber_transport(participant) {
            let transport_id = transport;
            let transport = &mut self.transports[transport_id];
            transport.pending = None;
            // Sections that were offered and never answered do not exist.
            let rtc = &transport.rtc;
            transport.slots.retain(|slot| rtc.media(slot.mid).is_some());
            self.offer_to_client(turn, id, true);
        }
    }
}

/// What a publisher's Opus may be, as LiveKit's clients expect it of the answer: silent where nobody speaks,
/// and in stereo at its full rate. Clients say which of it they do not want, or want.
fn received_opus(info: &TrackInfo) -> Vec<&'static str> {
    let mut parameters = Vec::new();
    if !info.disable_dtx {
        parameters.push("usedtx=1");
    }
    if info.stereo {
        parameters.extend(["stereo=1", "maxaveragebitrate=510000"]);
    }
    parameters
}

/// What a subscriber has to know of Opus that it is sent.
fn sent_opus(info: &TrackInfo) -> Vec<&'static str> {
    if info.stereo {
        vec!["sprop-stereo=1"]
    } else {
        Vec::new()
    }
}

pub const RELIABLE: &str = "_reliable";
pub const LOSSY: &str = "_lossy";

#[derive(Default)]
struct Changes {
    new: Vec<TrackId>,
    reused: Vec<(Mid, bool)>,
    freed: Vec<Mid>,
}
