// SPDX-License-Identifier: EUPL-1.2
//! Stories of whole rooms in one process: real peers on str0m, virtual time, no socket.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use prost::Message as _;
use str0m::change::{SdpAnswer, SdpApi, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{ExtensionMap, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Output, Rtc, RtcConfig};

use super::*;
use crate::limits;
use crate::proto::signal_request::Message as Request;
use crate::proto::{
    AddTrackRequest, ConnectionSettings, JoinRequest, ParticipantInfo, SessionDescription, SignalRequest,
    SignalResponse, SimulcastCodec, TrackSource, TrackType, UpdateSubscription,
};

mod control;
mod harm;
mod link;
mod media;
mod places;
mod told;
mod ways;
mod weak_lines;

const SFU: &str = "10.0.0.1:7000";
const STEP: Duration = Duration::from_millis(5);

struct Peer {
    rtc: Rtc,
    address: SocketAddr,
    connection: ConnectionId,
    heard: Vec<Message>,
    packets: Vec<RtpPacket>,
    keyframe_requests: usize,
    pending: Option<SdpPendingOffer>,
    video: Option<Mid>,
    channel: ChannelId,
    /// Data messages that came.
    messages: Vec<Vec<u8>>,
    answer: String,
    /// Datagrams on their way out.
    sent: Vec<Vec<u8>>,
    /// How long its datagrams are on their way, by their number.
    delay: Option<fn(u64) -> Duration>,
    datagrams: u64,
    /// Nothing reaches it and nothing of it arrives.
    cut_off: bool,
    /// It has no UDP.
    tcp: bool,
    /// The way to it; `None`: everything arrives at once.
    link: Option<link::Link>,
}

struct World {
    core: Core,
    out: Outputs,
    now: Instant,
    peers: Vec<Peer>,
    connections: u64,
    in_flight: Vec<(Instant, Way, Vec<u8>)>,
    /// What the media stacks of those who join can do.
    config: fn(RtcConfig) -> RtcConfig,
    /// Those who join have no UDP.
    tcp_only: bool,
    /// To whom RTP went, turn by turn.
    turns: Vec<Vec<SocketAddr>>,
}

fn joining(identity: &str, grants: serde_json::Value, request: JoinRequest) -> Joining {
    let claims = serde_json::json!({"iss": "k", "sub": identity, "video": grants});
    let claims = serde_json::from_value(claims).expect("claims");
    Joining {
        claims,
        single: true,
        request,
        now_unix: 1_800_000_000,
    }
}

fn all() -> serde_json::Value {
    serde_json::json!({"roomJoin": true, "room": "r"})
}

fn camera() -> AddTrackRequest {
    AddTrackRequest {
        cid: "cid-1".into(),
        r#type: TrackType::Video as i32,
        source: TrackSource::Camera as i32,
        ..Default::default()
    }
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let settings = Settings {
            keys: vec![Key {
                key: "k".into(),
                secret: "s".into(),
            }],
            candidates: vec![SFU.parse().expect("an address")],
            tcp: true,
            certificate: certificate(),
            seed: 1,
        };
        let core = Core::new(settings, now);
        Self {
            core,
            out: Outputs::default(),
            now,
            peers: Vec::new(),
            connections: 0,
            in_flight: Vec::new(),
            config: |config| config,
            tcp_only: false,
            turns: Vec::new(),
        }
    }

    /// Somebody joins with one video section in this direction.
    fn join(&mut self, identity: &str, grants: serde_json::Value, direction: Direction) -> usize {
        let tracks = if direction == Direction::SendOnly {
            vec![camera()]
        } else {
            vec![]
        };
        self.join_with(identity, grants, direction, tracks)
    }

    /// Somebody joins and publishes in this codec.
    fn publish(&mut self, identity: &str, codec: &str) -> usize {
        let codec = SimulcastCodec {
            codec: codec.into(),
            cid: "cid-1".into(),
            ..Default::default()
        };
        let track = AddTrackRequest {
            simulcast_codecs: vec![codec],
            ..camera()
        };
        self.join_with(identity, all(), Direction::SendOnly, vec![track])
    }

    fn join_with(
        &mut self,
        identity: &str,
        grants: serde_json::Value,
        direction: Direction,
        add_track_requests: Vec<AddTrackRequest>,
    ) -> usize {
        self.join_offering(identity, grants, add_track_requests, |api| {
            let track = Some("cid-1".into());
            Some(api.add_media(MediaKind::Video, direction, Some("s".into()), track, None))
        })
    }

    /// Somebody joins and offers these sections; its video.
    fn join_offering(
        &mut self,
        identity: &str,
        grants: serde_json::Value,
        add_track_requests: Vec<AddTrackRequest>,
        sections: impl FnOnce(&mut SdpApi<'_>) -> Option<Mid>,
    ) -> usize {
        let address = SocketAddr::from(([10, 0, 1, 1], 4000 + u16::try_from(self.peers.len()).expect("few")));
        let mut extensions = ExtensionMap::standard();
        extensions.set(12, dependency::extension());
        let config = RtcConfig::new().set_rtp_mode(true).set_extension_map(extensions);
        let mut rtc = (self.config)(config).build(self.now);
        let candidate = match self.tcp_only {
            true => Candidate::builder()
                .tcp()
                .host(address)
                .tcptype(TcpType::Active)
                .build(),
            false => Candidate::host(address, "udp"),
        };
        rtc.add_local_candidate(candidate.expect("a candidate"));
        let mut api = rtc.sdp_api();
        let video = sections(&mut api);
        let channel = api.add_channel(negotiate::RELIABLE.into());
        let (offer, pending) = api.apply().expect("an offer");
        let request = JoinRequest {
            connection_settings: Some(ConnectionSettings {
                auto_subscribe: true,
                ..Default::default()
            }),
            add_track_requests,
            publisher_offer: Some(SessionDescription {
                r#type: "offer".into(),
                sdp: offer.to_sdp_string(),
                id: 1,
                ..Default::default()
            }),
            ..Default::default()
        };
        let connection = self.connect(joining(identity, grants, request));
        self.peers.push(Peer {
            rtc,
            address,
            connection,
            heard: Vec::new(),
            packets: Vec::new(),
            keyframe_requests: 0,
            pending: Some(pending),
            video,
            channel,
            messages: Vec::new(),
            answer: String::new(),
            sent: Vec::new(),
            delay: None,
            datagrams: 0,
            cut_off: false,
            tcp: self.tcp_only,
            link: None,
        });
        self.run(1);
        self.peers.len() - 1
    }

    fn connect(&mut self, joining: Joining) -> ConnectionId {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let joining = Box::new(joining);
        self.core
            .handle(self.now, Input::Connect { connection, joining }, &mut self.out);
        connection
    }

    fn ask(&mut self, peer: usize, request: Request) {
        let bytes = SignalRequest { message: Some(request) }.encode_to_vec();
        self.say(self.peers[peer].connection, &Frame::Binary(bytes.into()));
    }

    /// A frame of a client, read as it is on its way in.
    fn say(&mut self, connection: ConnectionId, frame: &Frame) {
        let (asked, cost) = Asked::read(frame, self.peers.len());
        let input = Input::Frame {
            connection,
            asked,
            cost,
            text: matches!(frame, Frame::Text(_)),
        };
        self.core.handle(self.now, input, &mut self.out);
    }

    /// Lets time pass in small steps and carries datagrams and frames.
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.now += STEP;
            for index in 0..self.peers.len() {
                self.poll(index);
            }
            self.core.handle(self.now, Input::Timeout, &mut self.out);
            self.core.settle(self.now, &mut self.out);
            let sfu = SFU.parse().expect("an address");
            let rtp = |(_, bytes): &&(SocketAddr, Vec<u8>)| bytes[0] >= 128 && bytes[1] & 0x7f >= 96;
            let turn = self.out.datagrams.iter().filter(rtp).map(|(to, _)| *to);
            self.turns.push(turn.collect());
            let datagrams = std::mem::take(&mut self.out.datagrams)
                .into_iter()
                .map(|sent| (false, sent));
            let segments = std::mem::take(&mut self.out.segments)
                .into_iter()
                .map(|sent| (true, sent));
            for (tcp, (to, bytes)) in datagrams.chain(segments) {
                let Some(peer) = self
                    .peers
                    .iter_mut()
                    .find(|peer| (peer.address, peer.tcp) == (to, tcp) && !peer.cut_off)
                else {
                    continue;
                };
                match &mut peer.link {
                    Some(link) => link.carry(self.now, bytes),
                    None => peer.receive(self.now, sfu, &bytes),
                }
            }
            for peer in &mut self.peers {
                peer.hear_from_link(self.now, sfu);
            }
            for (to, frame) in std::mem::take(&mut self.out.frames) {
                let Some(peer) = self.peers.iter_mut().find(|peer| peer.connection == to) else {
                    continue;
                };
                if let Frame::Binary(bytes) = frame {
                    let response = SignalResponse::decode(bytes).expect("a response");
                    peer.hear(response.message.expect("a message"));
                }
            }
        }
    }

    fn poll(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        let _ = peer.rtc.handle_input(str0m::Input::Timeout(self.now));
        peer.drain();
        let sent = std::mem::take(&mut peer.sent);
        if peer.cut_off {
            return;
        }
        for bytes in sent {
            peer.datagrams += 1;
            let due = self.now + peer.delay.map_or(Duration::ZERO, |delay| delay(peer.datagrams));
            let way = Way {
                tcp: peer.tcp,
                ..peer.address.into()
            };
            self.in_flight.push((due, way, bytes));
        }
        // In the order of their arrival, which need not be that of their departure.
        let (mut arrived, in_flight): (Vec<_>, _) = std::mem::take(&mut self.in_flight)
            .into_iter()
            .partition(|(due, ..)| *due <= self.now);
        self.in_flight = in_flight;
        arrived.sort_by_key(|(due, ..)| *due);
        for (_, source, bytes) in arrived {
            let input = Input::Datagram { source, bytes: &bytes };
            self.core.handle(self.now, input, &mut self.out);
            self.core.settle(self.now, &mut self.out);
        }
    }

    /// Sends `count` frames of one packet each, the first a keyframe if asked.
    fn film(&mut self, peer: usize, from: u16, count: u16, keyframe: bool) {
        for frame in from..from + count {
            let [high, low] = (0x8000 | frame).to_be_bytes();
            let delta = u8::from(!(keyframe && frame == from));
            let payload = [0x90, 0xe0, high, low, frame as u8, 0, delta, 1, 2, 3].to_vec();
            self.write(peer, Codec::Vp8, frame, payload, ExtensionValues::default());
        }
    }

    fn write(&mut self, peer: usize, codec: Codec, frame: u16, payload: Vec<u8>, extensions: ExtensionValues) {
        let now = self.now;
        let sender = &mut self.peers[peer];
        let mid = sender.video.expect("a section");
        let params = sender.rtc.codec_config().params();
        let pt = params.iter().find(|p| p.spec().codec == codec).expect("the codec").pt();
        let mut direct = sender.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).expect("a stream");
        let write = RtpWrite::new(pt, u64::from(frame).into(), u32::from(frame) * 3000, now, payload);
        stream.write_rtp(write.marker(true).nackable(true).ext_vals(extensions));
        self.run(6);
    }
}

impl Peer {
    fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let protocol = if self.tcp { Protocol::Tcp } else { Protocol::Udp };
        let receive = Receive::new(protocol, from, self.address, bytes).expect("a datagram");
        let _ = self.rtc.handle_input(str0m::Input::Receive(now, receive));
        self.drain();
    }

    /// Takes everything its media stack has to say.
    fn drain(&mut self) {
        while let Ok(output) = self.rtc.poll_output() {
            match output {
                Output::Timeout(_) => break,
                Output::Transmit(transmit) => self.sent.push(Vec::from(transmit.contents)),
                Output::Event(Event::RtpPacket(packet)) => self.packets.push(packet),
                Output::Event(Event::KeyframeRequest(_)) => self.keyframe_requests += 1,
                Output::Event(Event::ChannelData(data)) => self.messages.push(data.data),
                Output::Event(_) => {}
            }
        }
    }

    fn hear(&mut self, message: Message) {
        if let Message::Answer(answer) = &message {
            self.answer.clone_from(&answer.sdp);
            if let Some(pending) = self.pending.take() {
                let answer = SdpAnswer::from_sdp_string(&answer.sdp).expect("an answer");
                self.rtc
                    .sdp_api()
                    .accept_answer(pending, answer)
                    .expect("fits the offer");
            }
        }
        self.heard.push(message);
    }

    fn me(&self) -> ParticipantInfo {
        let found = self.heard.iter().find_map(|message| match message {
            Message::Join(join) => join.participant.clone(),
            _ => None,
        });
        found.expect("joined")
    }

    fn left_because(&self) -> Option<i32> {
        self.heard.iter().find_map(|message| match message {
            Message::Leave(leave) => Some(leave.reason),
            _ => None,
        })
    }

    fn published(&self) -> Option<String> {
        self.heard.iter().find_map(|message| match message {
            Message::TrackPublished(published) => Some(published.track.clone()?.sid),
            _ => None,
        })
    }

    fn sequences(&self) -> Vec<u64> {
        self.packets.iter().map(|packet| *packet.seq_no).collect()
    }
}

fn meeting() -> (World, usize, usize) {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::SendOnly);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.run(100);
    (world, anna, bo)
}

#[test]
fn a_picture_reaches_the_subscriber_from_its_first_keyframe_without_a_hole() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 5, false);
    assert!(
        world.peers[bo].packets.is_empty(),
        "a decoder cannot start without a keyframe"
    );
    assert!(world.peers[anna].keyframe_requests > 0);
    world.film(anna, 6, 20, true);
    let sequences = world.peers[bo].sequences();
    assert_eq!(sequences.len(), 20);
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let times: Vec<_> = world.peers[bo].packets.iter().map(|p| p.header.timestamp).collect();
    assert!(times.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == 3000));
}

#[test]
fn a_picture_in_spatial_layers_arrives_with_what_tells_them_apart() {
    let mut world = World::new();
    let anna = world.publish("anna", "video/AV1");
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.run(100);
    let structure = vec![0x80; 60];
    for (frame, descriptor) in [structure.clone(), vec![0xc0, 0, 2], vec![0xc1, 0, 3]]
        .into_iter()
        .enumerate()
    {
        let mut extensions = ExtensionValues::default();
        extensions.user_values.set(dependency::Descriptor(descriptor.into()));
        let aggregation = if frame == 0 { 0x08 } else { 0x00 };
        world.write(anna, Codec::Av1, 1 + frame as u16, vec![aggregation, 1, 2], extensions);
    }
    let arrived = world.peers[bo].packets.iter().map(|packet| {
        let values = &packet.header.ext_vals.user_values;
        values.get::<dependency::Descriptor>().expect("a descriptor").0.to_vec()
    });
    assert_eq!(
        arrived.collect::<Vec<_>>(),
        [structure, vec![0xc0, 0, 2], vec![0xc1, 0, 3]]
    );
}

#[test]
fn a_packet_too_long_to_be_sent_on_harms_nobody() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 2, true);
    let mut payload = vec![0; 1_950];
    payload[..7].copy_from_slice(&[0x90, 0xe0, 0x80, 3, 3, 0, 1]);
    world.write(anna, Codec::Vp8, 3, payload, ExtensionValues::default());
    world.film(anna, 4, 2, false);
    assert_eq!(world.peers[bo].left_because(), None);
    assert_eq!(world.peers[bo].packets.len(), 4);
}

#[test]
fn who_comes_late_makes_the_publisher_send_a_keyframe() {
    let (mut world, anna, _) = meeting();
    world.film(anna, 1, 30, true);
    let before = world.peers[anna].keyframe_requests;
    let cem = world.join("cem", all(), Direction::RecvOnly);
    world.run(100);
    world.film(anna, 31, 10, false);
    assert!(world.peers[anna].keyframe_requests > before);
    world.film(anna, 41, 5, true);
    assert_eq!(world.peers[cem].packets.len(), 5);
}

#[test]
fn a_source_that_is_not_granted_is_refused_in_the_request_and_on_the_section() {
    let mut world = World::new();
    let grants = serde_json::json!({"roomJoin": true, "room": "r", "canPublishSources": ["microphone"]});
    let anna = world.join("anna", grants, Direction::SendOnly);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.run(100);
    assert_eq!(world.peers[anna].published(), None);
    let refused = world.peers[anna]
        .heard
        .iter()
        .any(|m| matches!(m, Message::RequestResponse(_)));
    assert!(refused);
    assert!(world.peers[anna].answer.contains("a=inactive"));
    assert!(
        world
            .core
            .participants("r")
            .iter()
            .all(|participant| participant.tracks.is_empty())
    );
    assert!(world.peers[bo].packets.is_empty());
}

#[test]
fn the_same_identity_again_ends_the_first_session() {
    let (mut world, anna, _) = meeting();
    world.join("anna", all(), Direction::SendOnly);
    assert_eq!(
        world.peers[anna].left_because(),
        Some(DisconnectReason::DuplicateIdentity as i32)
    );
    assert_eq!(world.core.participants("r").len(), 2);
}

#[test]
fn a_cut_socket_is_resumed_and_an_unknown_session_is_told_to_start_anew() {
    let (mut world, anna, bo) = meeting();
    let back = |sid: String| {
        let request = JoinRequest {
            reconnect: true,
            participant_sid: sid,
            ..Default::default()
        };
        joining("bo", all(), request)
    };
    let sid = world.peers[bo].me().sid;
    let connection = world.peers[bo].connection;
    world
        .core
        .handle(world.now, Input::Disconnect { connection }, &mut world.out);
    world.run(200);
    world.peers[bo].connection = world.connect(back(sid));
    world.run(2);
    assert!(world.peers[bo].heard.iter().any(|m| matches!(m, Message::Reconnect(_))));
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5, "media went on");
    world.peers[bo].connection = world.connect(back("PA_unknown".into()));
    world.run(1);
    assert_eq!(
        world.peers[bo].left_because(),
        Some(DisconnectReason::StateMismatch as i32)
    );
}

#[test]
fn a_publisher_that_resumes_is_told_again_what_is_watched() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::SendOnly);
    world.run(1_400);
    let told = |world: &World| {
        let heard = world.peers[anna].heard.iter();
        heard
            .filter(|m| matches!(m, Message::SubscribedQualityUpdate(_)))
            .count()
    };
    assert_eq!(told(&world), 1, "nobody watches");
    let sid = world.peers[anna].me().sid;
    let connection = world.peers[anna].connection;
    world
        .core
        .handle(world.now, Input::Disconnect { connection }, &mut world.out);
    world.run(20);
    let request = JoinRequest {
        reconnect: true,
        participant_sid: sid,
        ..Default::default()
    };
    world.peers[anna].connection = world.connect(joining("anna", all(), request));
    world.run(2);
    assert_eq!(told(&world), 2);
}

#[test]
fn who_does_not_come_back_is_gone_after_twenty_seconds() {
    let (mut world, _, bo) = meeting();
    let connection = world.peers[bo].connection;
    world
        .core
        .handle(world.now, Input::Disconnect { connection }, &mut world.out);
    world.run(3_800);
    assert_eq!(world.core.participants("r").len(), 2);
    world.run(300);
    assert_eq!(world.core.participants("r").len(), 1);
}

#[test]
fn a_section_used_again_gets_a_new_source_and_names_its_track_once() {
    let (mut world, anna, bo) = meeting();
    let sid = world.peers[anna].published().expect("published");
    let ssrc = |world: &World| {
        world.peers[bo]
            .answer
            .lines()
            .find_map(|l| l.strip_prefix("a=ssrc:").map(str::to_owned))
    };
    let first = ssrc(&world).expect("an ssrc");
    for subscribe in [false, true] {
        let request = UpdateSubscription {
            track_sids: vec![sid.clone()],
            subscribe,
            ..Default::default()
        };
        world.ask(bo, Request::Subscription(request));
        world.run(21);
        let asked = |m: &Message| matches!(m, Message::MediaSectionsRequirement(_));
        assert!(world.peers[bo].heard.iter().any(asked));
        let peer = &mut world.peers[bo];
        peer.heard.clear();
        let mut api = peer.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply().expect("an offer");
        peer.pending = Some(pending);
        let sdp = offer.to_sdp_string().replace("a=inactive", "a=recvonly");
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp,
            id: 2,
            ..Default::default()
        };
        world.ask(bo, Request::Offer(offer));
        world.run(1);
        let answer = &world.peers[bo].answer;
        assert_eq!(answer.contains("msid:"), subscribe);
        assert_eq!(answer.contains("a=inactive"), !subscribe);
    }
    assert_eq!(world.peers[bo].answer.matches("a=msid:").count(), 1);
    assert_ne!(ssrc(&world).expect("an ssrc"), first);
}

#[test]
fn rubbish_harms_only_who_sends_it() {
    let (mut world, anna, bo) = meeting();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    world.run(50);
    for sdp in ["", "v=0", "m=", "v=0\r\nm=video 9 X 1\r\na=mid:0\r\n"] {
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp: sdp.into(),
            ..Default::default()
        };
        world.ask(cem, Request::Offer(offer));
    }
    let source = world.peers[cem].address;
    for length in 0..200u8 {
        for first in [0u8, 1, 20, 22, 128, 200, 255] {
            let bytes = vec![first.wrapping_add(length); usize::from(length)];
            world.core.handle(
                world.now,
                Input::Datagram {
                    source: source.into(),
                    bytes: &bytes,
                },
                &mut world.out,
            );
            world.say(world.peers[cem].connection, &Frame::Binary(bytes.into()));
        }
    }
    world.run(2);
    assert!(world.peers[cem].left_because().is_some());
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
}
