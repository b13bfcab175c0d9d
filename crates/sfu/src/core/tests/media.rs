// SPDX-License-Identifier: EUPL-1.2
//! Stories of packets: numbers and keys over long silences, sections used again, clocks.

use std::collections::HashMap;
use std::time::SystemTime;

use super::*;
use crate::limits;
use crate::proto::{AudioTrackFeature, UpdateTrackSettings, VideoQuality};
use str0m::media::{Rid, Simulcast, SimulcastLayer};
use str0m::rtp::Ssrc;

impl World {
    /// Sends packets as fast as a client may, 20 a step, with these numbers.
    fn stream(&mut self, peer: usize, from: u64, count: u64, keyframe: bool) {
        for packet in from..from + count {
            let [high, low] = (0x8000 | (packet & 0x7fff) as u16).to_be_bytes();
            let delta = u8::from(!keyframe || packet > from);
            let payload = vec![0x90, 0xe0, high, low, packet as u8, 0, delta, 1, 2, 3];
            self.put(peer, packet, payload);
            if packet % 20 == 0 {
                self.run(1);
            }
        }
        self.run(4);
    }

    /// Hands a packet of its picture to a peer's media stack.
    fn put(&mut self, peer: usize, number: u64, payload: Vec<u8>) {
        let now = self.now;
        let sender = &mut self.peers[peer];
        let mid = sender.video.expect("a section");
        let params = sender.rtc.codec_config().params();
        let pt = params.iter().find(|p| p.spec().codec == Codec::Vp8).expect("VP8").pt();
        let mut direct = sender.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).expect("a stream");
        let time = (number as u32).wrapping_mul(90);
        stream.write_rtp(RtpWrite::new(pt, number.into(), time, now, payload));
    }

    fn mute(&mut self, peer: usize, muted: bool) {
        let sid = self.peers[peer].published().expect("published");
        self.ask(peer, Request::Mute(crate::proto::MuteTrackRequest { sid, muted }));
    }

    /// The client offers anew, with its receiving sections in this direction.
    fn offer_again(&mut self, peer: usize, direction: Direction, id: u32) {
        let client = &mut self.peers[peer];
        let mid = client.video.expect("a section");
        let mut api = client.rtc.sdp_api();
        api.set_direction(mid, direction);
        api.ice_restart(true);
        let (offer, pending) = api.apply().expect("an offer");
        client.pending = Some(pending);
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp: offer.to_sdp_string(),
            id,
            ..Default::default()
        };
        self.ask(peer, Request::Offer(offer));
        self.run(20);
    }
}

impl Peer {
    /// What arrived, by source and number.
    fn numbers(&self) -> Vec<(Ssrc, u64)> {
        self.packets.iter().map(|p| (p.header.ssrc, *p.seq_no)).collect()
    }
}

#[test]
fn who_was_muted_for_forty_thousand_packets_is_heard_again() {
    let (mut world, anna, bo) = meeting();
    world.stream(anna, 1, 40, true);
    let before = world.peers[bo].sequences();
    assert_eq!(before.len(), 40);
    world.mute(anna, true);
    world.stream(anna, 41, 40_000, false);
    assert_eq!(world.peers[bo].packets.len(), 40, "nothing passes while muted");
    world.mute(anna, false);
    world.stream(anna, 40_041, 40, true);
    let sequences = world.peers[bo].sequences();
    assert_eq!(sequences.len(), 80, "everything after it arrives");
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn who_switched_a_picture_off_for_forty_thousand_packets_sees_it_again() {
    let (mut world, anna, bo) = meeting();
    world.stream(anna, 1, 40, true);
    let sid = world.peers[anna].published().expect("published");
    let settings = |disabled| {
        Request::TrackSetting(crate::proto::UpdateTrackSettings {
            track_sids: vec![sid.clone()],
            disabled,
            ..Default::default()
        })
    };
    world.ask(bo, settings(true));
    world.stream(anna, 41, 40_000, false);
    assert_eq!(world.peers[bo].packets.len(), 40);
    world.ask(bo, settings(false));
    world.stream(anna, 40_041, 40, true);
    let sequences = world.peers[bo].sequences();
    assert_eq!(sequences.len(), 80);
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn a_section_that_was_inactive_for_a_while_shows_its_picture_under_a_new_source() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
    world.offer_again(bo, Direction::Inactive, 2);
    world.film(anna, 6, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5, "the client wants nothing there");
    world.offer_again(bo, Direction::RecvOnly, 3);
    world.film(anna, 11, 5, true);
    let numbers = world.peers[bo].numbers();
    assert_eq!(numbers.len(), 10);
    assert_ne!(numbers[0].0, numbers[5].0, "no number is used twice under one source");
}

#[test]
fn who_was_out_of_reach_for_forty_thousand_packets_sees_the_picture_again() {
    let (mut world, anna, bo) = meeting();
    world.stream(anna, 1, 40, true);
    let last_seen = *world.peers[bo].sequences().last().expect("a picture");
    world.peers[bo].cut_off = true;
    // Ten seconds, in which more is sent than a receiver could count over.
    world.stream(anna, 41, 40_000, false);
    world.peers[bo].cut_off = false;
    world.run(600);
    world.stream(anna, 40_041, 40, true);
    // What was lost just before comes once more, after what is new.
    let mut numbers = world.peers[bo].sequences();
    numbers.sort_unstable();
    let new = &numbers[numbers.len() - 40..];
    assert!(new[0] > last_seen, "what is sent now arrives");
    assert!(new.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

/// A microphone for `AddTrack`.
fn microphone() -> AddTrackRequest {
    AddTrackRequest {
        cid: "cid-2".into(),
        r#type: TrackType::Audio as i32,
        source: TrackSource::Microphone as i32,
        ..Default::default()
    }
}

/// Where a speaker's packets come from.
#[derive(Clone, Copy)]
struct Speaker {
    peer: usize,
    audio: Mid,
}

impl World {
    /// Somebody joins with a microphone and a camera in two layers, and somebody else who hears and sees it.
    fn speaker_and_listener(&mut self) -> (Speaker, usize) {
        self.speaker_of(TrackSource::Microphone, TrackSource::Camera)
    }

    /// The same with a sound and a picture from elsewhere.
    fn speaker_of(&mut self, sound: TrackSource, picture: TrackSource) -> (Speaker, usize) {
        let mut audio = None;
        let (mut tracks, sources) = ([microphone(), camera()], [sound, picture]);
        for (track, source) in tracks.iter_mut().zip(sources) {
            track.source = source as i32;
        }
        let peer = self.join_offering("anna", all(), tracks.into(), |api| {
            let (stream, cid) = (Some("s".into()), Some("cid-2".into()));
            audio = Some(api.add_media(MediaKind::Audio, Direction::SendOnly, stream, cid, None));
            let mut layers = Simulcast::new();
            layers.add_send_layer(SimulcastLayer::new("q"));
            layers.add_send_layer(SimulcastLayer::new("h"));
            let (stream, cid) = (Some("s".into()), Some("cid-1".into()));
            Some(api.add_media(MediaKind::Video, Direction::SendOnly, stream, cid, Some(layers)))
        });
        let listener = self.join_offering("bo", all(), vec![], |api| {
            api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
            Some(api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None))
        });
        self.run(100);
        let audio = audio.expect("a section");
        (Speaker { peer, audio }, listener)
    }

    /// Sends one packet that says when it was captured, in milliseconds.
    fn capture(&mut self, from: Speaker, codec: Codec, rid: Option<&str>, number: u64, ms: u64, level: i8) {
        let now = self.now;
        let sender = &mut self.peers[from.peer];
        let video = codec == Codec::Vp8;
        let mid = if video {
            sender.video.expect("a section")
        } else {
            from.audio
        };
        let params = sender.rtc.codec_config().params();
        let pt = params.iter().find(|p| p.spec().codec == codec).expect("the codec").pt();
        // Each source counts from somewhere else.
        let (rate, base) = match rid {
            None => (48, 4_000_000_000u32),
            Some("q") => (90, 1_000),
            Some(_) => (90, 900_000_000),
        };
        let [high, low] = (0x8000 | (number & 0x7fff) as u16).to_be_bytes();
        let mut payload = if video {
            vec![0x90, 0xe0, high, low, number as u8, 0, 0]
        } else {
            vec![]
        };
        payload.extend(ms.to_be_bytes());
        let mut direct = sender.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, rid.map(Rid::from)).expect("a stream");
        let time = base.wrapping_add(u32::try_from(ms * rate).expect("short"));
        let values = ExtensionValues {
            audio_level: (!video).then_some(level),
            voice_activity: (!video).then_some(level > -100),
            rid: rid.map(Rid::from),
            ..Default::default()
        };
        stream.write_rtp(RtpWrite::new(pt, number.into(), time, now, payload).ext_vals(values));
    }

    /// Lets the microphone send for so many packets of 20 ms, `every` so many of them.
    fn speak(&mut self, from: Speaker, first: u64, packets: u64, every: u64, level: i8) {
        for packet in first..first + packets {
            if packet % every == 0 {
                self.capture(from, Codec::Opus, None, packet / every + 1, packet * 20, level);
            }
            self.run(4);
        }
    }

    fn quality(&mut self, of: usize, by: usize, quality: VideoQuality) {
        let tracks = self.peers[of].heard.iter().filter_map(|message| match message {
            Message::TrackPublished(published) => Some(published.track.clone()?.sid),
            _ => None,
        });
        let request = UpdateTrackSettings {
            track_sids: tracks.collect(),
            quality: quality as i32,
            ..Default::default()
        };
        self.ask(by, Request::TrackSetting(request));
    }
}

impl Peer {
    /// Whether somebody is told to speak, as the last message about it says.
    fn speakers(&self) -> HashMap<String, bool> {
        let changes = self.heard.iter().filter_map(|message| match message {
            Message::SpeakersChanged(changed) => Some(&changed.speakers),
            _ => None,
        });
        changes
            .flatten()
            .map(|speaker| (speaker.sid.clone(), speaker.active))
            .collect()
    }
}

/// Between 20 and 80 ms, and every 25th datagram 300 ms, the very first ones of a stream among them.
fn jitter(datagram: u64) -> Duration {
    let noise = datagram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let ms = if noise.is_multiple_of(25) { 300 } else { 20 + noise % 60 };
    Duration::from_millis(ms)
}

/// When a packet was captured, by the newest sender report of its stream.
fn by_report(packet: &RtpPacket, rate: i64) -> Option<(f64, f64)> {
    let info = packet.last_sender_info?;
    let reported = info.rtp_time.numer() as u32;
    assert_ne!(reported, 0, "a report names the time of no packet");
    let ticks = i64::from(packet.header.timestamp.wrapping_sub(reported).cast_signed());
    let ntp = info
        .ntp_time
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    let ms = packet.payload[packet.payload.len() - 8..]
        .try_into()
        .map(u64::from_be_bytes);
    let told = ntp.as_secs_f64() * 1e3 + ticks as f64 * 1e3 / rate as f64;
    Some((ms.expect("eight bytes") as f64, told))
}

#[test]
fn lips_stay_within_a_tenth_of_a_second_through_jitter_and_changes_of_layer() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_and_listener();
    world.peers[speaker.peer].delay = Some(jitter);
    for frame in 0..1_500u64 {
        let ms = frame * 20;
        world.capture(speaker, Codec::Opus, None, frame + 1, ms, -20);
        if frame % 2 == 0 {
            world.capture(speaker, Codec::Vp8, Some("q"), frame / 2 + 1, ms, 0);
            world.capture(speaker, Codec::Vp8, Some("h"), frame / 2 + 1, ms, 0);
        }
        if frame % 300 == 150 {
            let low = frame % 600 == 150;
            let quality = if low { VideoQuality::Low } else { VideoQuality::High };
            world.quality(speaker.peer, listener, quality);
        }
        world.run(4);
    }
    // How far the sound's and the picture's reports are off, against what the packets themselves say.
    let mut sound = None;
    let mut compared = 0;
    let mut worst = 0f64;
    for packet in &world.peers[listener].packets {
        let video = packet.payload.len() > 8;
        let Some((captured, told)) = by_report(packet, if video { 90_000 } else { 48_000 }) else {
            continue;
        };
        if !video {
            sound = Some(told - captured);
        } else if let Some(sound) = sound.filter(|_| captured > 6_000.0) {
            compared += 1;
            worst = worst.max((told - captured - sound).abs());
        }
    }
    assert!(compared > 500, "{compared} pictures were compared");
    assert!(worst <= 100.0, "{worst} ms apart");
}

#[test]
fn no_report_of_a_stream_is_sent_before_its_first_packet() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_and_listener();
    world.run(1_000);
    world.speak(speaker, 0, 300, 1, -20);
    let peer = &world.peers[listener];
    assert!(peer.packets.iter().any(|packet| packet.last_sender_info.is_some()));
    assert!(
        peer.packets[0].last_sender_info.is_none(),
        "there was nothing to report"
    );
    assert!(
        peer.packets
            .iter()
            .all(|packet| by_report(packet, 48_000).is_none_or(|(_, told)| told > 0.0))
    );
}

#[test]
fn who_speaks_with_pauses_without_packets_is_a_speaker_and_in_silence_none() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_and_listener();
    let sid = world.peers[speaker.peer].me().sid;
    world.speak(speaker, 0, 50, 1, -20);
    assert_eq!(world.peers[listener].speakers().get(&sid), Some(&true));
    // Silence: a packet each 400 ms.
    world.speak(speaker, 1_000, 60, 20, -127);
    assert_eq!(world.peers[listener].speakers().get(&sid), Some(&false));
    let tracks = world.core.participants("r").into_iter().flat_map(|p| p.tracks).count();
    assert_eq!(tracks, 2);
    assert!(
        !world.peers[speaker.peer]
            .heard
            .iter()
            .any(|m| matches!(m, Message::ConnectionQuality(update)
            if update.updates.iter().any(|info| info.score < 4.0))),
        "pauses are no loss"
    );
}

#[test]
fn who_is_muted_leaves_the_speakers_at_once_whoever_muted_them() {
    for by_server in [false, true] {
        let mut world = World::new();
        let (speaker, listener) = world.speaker_and_listener();
        let sid = world.peers[speaker.peer].me().sid;
        world.speak(speaker, 0, 50, 1, -20);
        assert_eq!(world.peers[listener].speakers().get(&sid), Some(&true));
        if by_server {
            let (place, source) = (("r", "anna"), crate::TrackSource::Microphone);
            assert!(world.core.mute(world.now, &mut world.out, place, source, true));
        } else {
            world.mute(speaker.peer, true);
        }
        // The client has not heard of it yet and goes on.
        world.speak(speaker, 50, 1, 1, -20);
        assert_eq!(world.peers[listener].speakers().get(&sid), Some(&false));
        world.speak(speaker, 51, 50, 1, -20);
        assert_eq!(world.peers[listener].speakers().get(&sid), Some(&false));
    }
}

#[test]
fn a_speaker_whose_track_ends_speaks_no_more() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_and_listener();
    let sid = world.peers[speaker.peer].me().sid;
    world.speak(speaker, 0, 50, 1, -20);
    let mut permission = joining("anna", all(), JoinRequest::default()).claims.video.permission();
    permission.can_publish = false;
    let place = ("r", "anna");
    assert!(
        world
            .core
            .update_permission(world.now, &mut world.out, place, permission, 0)
    );
    world.run(1);
    assert_eq!(world.peers[listener].speakers().get(&sid), Some(&false));
}

#[test]
fn a_microphone_may_fall_silent_unless_its_client_says_no_and_stereo_is_agreed_on_with_both_sides() {
    let answered = |microphone: AddTrackRequest| {
        let mut world = World::new();
        let anna = world.join_offering("anna", all(), vec![microphone], |api| {
            let (stream, cid) = (Some("s".into()), Some("cid-2".into()));
            Some(api.add_media(MediaKind::Audio, Direction::SendOnly, stream, cid, None))
        });
        let bo = world.join_offering("bo", all(), vec![], |api| {
            Some(api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None))
        });
        world.run(100);
        let format = |peer: usize| {
            let answer = world.peers[peer].answer.lines();
            let opus = answer.filter(|line| line.starts_with("a=fmtp:") && line.contains("useinbandfec"));
            opus.map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        (format(anna), format(bo))
    };
    let (publisher, subscriber) = answered(microphone());
    assert!(publisher.ends_with(";usedtx=1"), "{publisher}");
    assert!(
        !subscriber.contains("stereo") && !subscriber.contains("usedtx"),
        "{subscriber}"
    );
    for no_dtx in [
        AddTrackRequest {
            disable_dtx: true,
            ..microphone()
        },
        AddTrackRequest {
            audio_features: vec![AudioTrackFeature::TfNoDtx as i32],
            ..microphone()
        },
    ] {
        assert!(!answered(no_dtx).0.contains("usedtx"));
    }
    for stereo in [
        AddTrackRequest {
            stereo: true,
            ..microphone()
        },
        AddTrackRequest {
            audio_features: vec![AudioTrackFeature::TfStereo as i32],
            ..microphone()
        },
    ] {
        let (publisher, subscriber) = answered(stereo);
        assert!(
            publisher.ends_with(";usedtx=1;stereo=1;maxaveragebitrate=510000"),
            "{publisher}"
        );
        assert!(subscriber.ends_with(";sprop-stereo=1"), "{subscriber}");
    }
}

#[test]
fn a_flood_of_packets_reaches_nobody_and_the_others_lose_nothing() {
    let (mut world, anna, bo) = meeting();
    let other_room = serde_json::json!({"roomJoin": true, "room": "s"});
    let cem = world.join("cem", other_room.clone(), Direction::SendOnly);
    let dan = world.join("dan", other_room, Direction::RecvOnly);
    world.run(100);
    world.stream(cem, 1, 40, true);
    let start = world.now;
    let mut number = 0;
    for round in 0..40 {
        // Twenty thousand a second.
        for _ in 0..10 {
            for _ in 0..100 {
                number += 1;
                let payload = vec![0x90, 0xe0, 0x80, 1, 1, 0, 0, 1];
                world.put(anna, number, payload);
            }
            world.run(1);
        }
        world.stream(cem, 41 + round, 1, false);
    }
    assert!(world.out.traffic.refused > 20_000, "{:?}", world.out.traffic);
    let passed = world.now.duration_since(start).as_secs_f64();
    let (per_second, burst) = limits::VIDEO_PACKETS;
    let reached = world.peers[bo].packets.len() as f64;
    assert!(reached <= burst + per_second * passed, "{reached} in {passed} s");
    assert_eq!(world.peers[dan].packets.len(), 80);
    assert_eq!(world.peers[bo].left_because(), None);
}

#[test]
fn the_sound_of_a_screen_is_heard_while_the_screen_is_shown() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_of(TrackSource::ScreenShareAudio, TrackSource::ScreenShare);
    let mute_screen = |world: &mut World, muted| {
        let people = world.core.participants("r");
        let mut tracks = people.iter().flat_map(|person| &person.tracks);
        let screen = tracks.find(|track| track.source == crate::api::TrackSource::ScreenShare);
        let sid = screen.expect("a screen").sid.clone();
        let request = Request::Mute(crate::proto::MuteTrackRequest { sid, muted });
        world.ask(speaker.peer, request);
        world.run(1);
    };
    world.speak(speaker, 0, 20, 1, -20);
    let heard = world.peers[listener].packets.len();
    assert!(heard >= 18, "{heard}");
    mute_screen(&mut world, true);
    let before = world.peers[listener].packets.len();
    world.speak(speaker, 20, 20, 1, -20);
    assert!(world.peers[listener].packets.len() <= before + 1);
    mute_screen(&mut world, false);
    let before = world.peers[listener].packets.len();
    world.speak(speaker, 40, 20, 1, -20);
    assert!(world.peers[listener].packets.len() >= before + 18);
    let sequences = world.peers[listener].sequences();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn the_sound_of_a_screen_that_is_not_shown_reaches_nobody_and_is_ended_with_the_reason() {
    let mut world = World::new();
    let (speaker, listener) = world.speaker_of(TrackSource::ScreenShareAudio, TrackSource::Camera);
    world.peers[speaker.peer].heard.clear();
    world.speak(speaker, 0, 300, 1, -20);
    assert_eq!(world.peers[listener].packets.len(), 0);
    let refused = world.peers[speaker.peer].heard.iter().filter(|message| match message {
        Message::RequestResponse(response) => response.message.starts_with("source: the sound of a screen"),
        _ => false,
    });
    assert_eq!(refused.count(), 1);
    let people = world.core.participants("r");
    let left: Vec<_> = people.iter().flat_map(|person| &person.tracks).collect();
    assert_eq!(left.len(), 1, "the camera: {left:?}");
}
