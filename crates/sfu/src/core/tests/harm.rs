// SPDX-License-Identifier: EUPL-1.2
//! Stories of somebody who breaks the protocol: what it costs them, and that it costs nobody else anything.

use super::*;

mod anything;
mod parts;

const NO_OFFERS: [&str; 6] = [
    "",
    "x",
    "v=0",
    "m=",
    "v=0\r\nm=video 9 X 1\r\na=mid:0\r\n",
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 999\r\na=mid:0\r\n",
];

fn rubbish(sdp: &str) -> Option<SessionDescription> {
    Some(SessionDescription {
        r#type: "offer".into(),
        sdp: sdp.into(),
        id: 1,
        ..Default::default()
    })
}

/// Somebody without media: only a connection, and what was said to it.
pub(super) struct Caller {
    pub connection: ConnectionId,
}

impl Caller {
    pub fn call(world: &mut World, identity: &str, request: JoinRequest) -> Caller {
        let connection = world.connect(joining(identity, all(), request));
        Caller { connection }
    }

    /// Takes what the core has said to this connection since the last time.
    pub fn heard(&self, world: &mut World) -> Vec<Frame> {
        let (mine, others) = std::mem::take(&mut world.out.frames)
            .into_iter()
            .partition(|(to, _)| *to == self.connection);
        world.out.frames = others;
        mine.into_iter().map(|(_, frame): (_, Frame)| frame).collect()
    }

    fn hang_up(&self, world: &mut World) {
        let connection = self.connection;
        world
            .core
            .handle(world.now, Input::Disconnect { connection }, &mut world.out);
    }
}

fn leave_of(frames: &[Frame]) -> Vec<(i32, i32)> {
    let leave = |message: Message| match message {
        Message::Leave(leave) => Some((leave.reason, leave.action)),
        _ => None,
    };
    messages(frames).into_iter().filter_map(leave).collect()
}

pub(super) fn messages(frames: &[Frame]) -> Vec<Message> {
    let message = |frame: &Frame| match frame {
        Frame::Binary(bytes) => SignalResponse::decode(bytes.clone()).ok()?.message,
        _ => None,
    };
    frames.iter().filter_map(message).collect()
}

fn closes(frames: &[Frame]) -> bool {
    matches!(frames.last(), Some(Frame::Close { .. }))
}

#[test]
fn a_join_with_rubbish_as_first_offer_costs_only_who_sends_it() {
    let (mut world, anna, bo) = meeting();
    for (round, sdp) in NO_OFFERS.into_iter().enumerate() {
        let request = JoinRequest {
            publisher_offer: rubbish(sdp),
            ..Default::default()
        };
        let mallory = Caller::call(&mut world, "mallory", request);
        let heard = mallory.heard(&mut world);
        let mismatch = DisconnectReason::StateMismatch as i32;
        let again = leave_request::Action::Reconnect as i32;
        assert_eq!(leave_of(&heard), [(mismatch, again)], "{sdp:?}");
        assert!(closes(&heard));
        mallory.hang_up(&mut world);
        assert_eq!(world.core.participants("r").len(), 2);
        world.film(anna, 1 + 5 * round as u16, 5, true);
        assert_eq!(world.peers[bo].packets.len(), 5 * (round + 1));
    }
    assert_eq!(world.peers[bo].left_because(), None);
}

#[test]
fn a_resume_with_rubbish_as_offer_costs_only_who_sends_it() {
    let (mut world, anna, bo) = meeting();
    for (round, sdp) in NO_OFFERS.into_iter().enumerate() {
        let cem = world.join("cem", all(), Direction::RecvOnly);
        world.run(50);
        let sid = world.peers[cem].me().sid;
        let request = JoinRequest {
            reconnect: true,
            participant_sid: sid,
            publisher_offer: rubbish(sdp),
            ..Default::default()
        };
        let again = Caller::call(&mut world, "cem", request);
        let heard = again.heard(&mut world);
        assert_eq!(leave_of(&heard).len(), 1, "{sdp:?}");
        assert!(closes(&heard));
        // Somebody else takes the place before the old socket is known to be closed.
        let dora = world.join("dora", all(), Direction::RecvOnly);
        world.run(50);
        again.hang_up(&mut world);
        let connection = world.peers[cem].connection;
        world
            .core
            .handle(world.now, Input::Disconnect { connection }, &mut world.out);
        let leave = SignalRequest {
            message: Some(Request::Leave(LeaveRequest::default())),
        };
        world.say(again.connection, &Frame::Binary(leave.encode_to_vec().into()));
        world.run(1);
        assert_eq!(world.peers[dora].left_because(), None, "she was never meant");
        let names = world.core.participants("r");
        assert!(names.iter().any(|participant| participant.identity == "dora"));
        assert!(names.iter().all(|participant| participant.identity != "cem"));
        world.film(anna, 1 + 5 * round as u16, 5, true);
        assert_eq!(world.peers[bo].packets.len(), 5 * (round + 1));
    }
}

#[test]
fn a_panic_in_one_room_sends_its_people_to_connect_anew_and_is_not_noticed_in_another() {
    let (mut world, anna, bo) = meeting();
    let elsewhere = serde_json::json!({"roomJoin": true, "room": "elsewhere"});
    let cem = world.join("cem", elsewhere.clone(), Direction::RecvOnly);
    world.run(50);
    let connection = world.peers[cem].connection;
    world.say(connection, &Frame::Text(r#"{"pingReq":{"timestamp":"1"}}"#.into()));
    world.run(1);
    world.out.frames.clear();
    let room = world.core.names["elsewhere"];
    let nothing = world
        .core
        .turn(world.now, room, &mut world.out, |_, _| -> bool { panic!("on purpose") });
    assert_eq!(nothing, None);
    let frames = std::mem::take(&mut world.out.frames);
    assert_eq!(frames.len(), 2);
    let text_frame = |frame: &Frame| matches!(frame, Frame::Text(text) if text.contains("RECONNECT"));
    assert!(frames.iter().all(|(to, _)| *to == connection));
    assert!(text_frame(&frames[0].1), "it spoke JSON");
    assert!(matches!(frames[1].1, Frame::Close { .. }));
    assert!(world.core.participants("elsewhere").is_empty());
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
    assert_eq!(world.peers[bo].left_because(), None);
    let back = world.join("cem", elsewhere, Direction::RecvOnly);
    world.run(50);
    assert_eq!(world.peers[back].left_because(), None);
    assert_eq!(world.core.participants("elsewhere").len(), 1);
}

#[test]
fn a_packet_that_no_descriptor_fits_costs_the_packet_only() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 2, true);
    for (at, payload) in [vec![0x80], vec![0x90, 0xff], vec![0xff; 3], vec![0x90, 0xe0, 0xff]]
        .into_iter()
        .enumerate()
    {
        world.write(anna, Codec::Vp8, 3 + at as u16, payload, ExtensionValues::default());
    }
    world.film(anna, 7, 3, true);
    assert_eq!(world.peers[bo].left_because(), None);
    assert_eq!(world.peers[anna].left_because(), None);
    assert!(world.peers[bo].packets.len() >= 5);
}

fn refusals(frames: &[Message]) -> Vec<(i32, String)> {
    let refusal = |message: &Message| match message {
        Message::RequestResponse(response) => Some((response.reason, response.message.clone())),
        _ => None,
    };
    frames.iter().filter_map(refusal).collect()
}

#[test]
fn a_request_beyond_a_limit_is_answered_with_field_and_reason_and_the_connection_lives() {
    let (mut world, anna, bo) = meeting();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    world.run(50);
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let settings = proto::UpdateTrackSettings {
        track_sids: (0..60_000).map(|track| format!("TR_{track:012}")).collect(),
        ..Default::default()
    };
    let permission = |person: u32| proto::TrackPermission {
        participant_identity: format!("p{person}"),
        all_tracks: true,
        ..Default::default()
    };
    let permissions = proto::SubscriptionPermission {
        all_participants: false,
        track_permissions: (0..50_000).map(permission).collect(),
    };
    let subscription = UpdateSubscription {
        track_sids: vec![String::new(); 300_000],
        subscribe: true,
        ..Default::default()
    };
    let state = proto::SyncState {
        subscription: Some(subscription.clone()),
        ..Default::default()
    };
    let features = proto::UpdateLocalAudioTrack {
        features: vec![1; 10_000],
        ..Default::default()
    };
    let rids = AddTrackRequest {
        layers: vec![proto::VideoLayer::default(); 10_000],
        ..camera()
    };
    for (request, field) in [
        (Request::TrackSetting(settings), "track_sids"),
        (Request::SubscriptionPermission(permissions), "track_permissions"),
        (Request::Subscription(subscription), "track_sids"),
        (Request::SyncState(state), "track_sids"),
        (Request::UpdateAudioTrack(features), "features"),
        (Request::AddTrack(rids), "layers"),
    ] {
        world.peers[cem].heard.clear();
        world.ask(cem, request);
        world.ask(cem, Request::Ping(1));
        world.run(1);
        let heard = &world.peers[cem].heard;
        let refused = refusals(heard);
        assert_eq!(refused.len(), 1, "{field}");
        assert!(
            refused[0].0 == exceeded && refused[0].1.starts_with(field),
            "{refused:?}"
        );
        assert!(heard.iter().any(|message| matches!(message, Message::Pong(_))));
    }
    // A request that is newer than this code: field 90.
    world.peers[cem].heard.clear();
    world.say(world.peers[cem].connection, &Frame::Binary(vec![0xd2, 0x05, 0].into()));
    world.run(1);
    let unknown = proto::request_response::Reason::UnsupportedType as i32;
    assert_eq!(refusals(&world.peers[cem].heard)[0].0, unknown);
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
}

/// Announces so many microphones; what was refused.
fn announce(world: &mut World, caller: &Caller, count: usize) -> Vec<(i32, String)> {
    for number in 0..count {
        let request = AddTrackRequest {
            cid: format!("cid-{number}"),
            r#type: TrackType::Audio as i32,
            source: TrackSource::Microphone as i32,
            ..Default::default()
        };
        let request = SignalRequest {
            message: Some(Request::AddTrack(request)),
        };
        world.say(caller.connection, &Frame::Binary(request.encode_to_vec().into()));
    }
    refusals(&messages(&caller.heard(world)))
}

#[test]
fn a_person_announces_a_limited_number_of_tracks_over_all_windows() {
    let mut world = World::new();
    let window = |person: &str, number: usize| format!("{person}:01234567-89ab-cdef-0123-{number:012}");
    let mut refused = Vec::new();
    for number in 0..10 {
        let caller = Caller::call(&mut world, &window("mallory", number), JoinRequest::default());
        refused.extend(announce(&mut world, &caller, limits::TRACKS));
    }
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = format!("tracks of all windows: at most {} entries", limits::TRACKS_PER_PERSON);
    assert_eq!(refused.len(), 10 * limits::TRACKS - limits::TRACKS_PER_PERSON);
    assert!(refused.iter().all(|refusal| *refusal == (exceeded, told.clone())));
    // Names that only begin alike are other people.
    for identity in ["mallory:anna".to_owned(), "mallory:bo".to_owned(), window("cem", 1)] {
        let caller = Caller::call(&mut world, &identity, JoinRequest::default());
        assert_eq!(announce(&mut world, &caller, limits::TRACKS), []);
    }
}

#[test]
fn a_room_has_a_limited_number_of_tracks() {
    let mut world = World::new();
    let people = limits::TRACKS_PER_ROOM / limits::TRACKS;
    for person in 0..people {
        let caller = Caller::call(&mut world, &format!("p{person}"), JoinRequest::default());
        assert_eq!(announce(&mut world, &caller, limits::TRACKS), []);
    }
    let caller = Caller::call(&mut world, "one too many", JoinRequest::default());
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = format!("tracks of the room: at most {} entries", limits::TRACKS_PER_ROOM);
    assert_eq!(announce(&mut world, &caller, 1), [(exceeded, told)]);
}

#[test]
fn attributes_add_up_to_their_limit_and_no_further() {
    let mut world = World::new();
    let grants = serde_json::json!({"roomJoin": true, "room": "r", "canUpdateOwnMetadata": true});
    let anna = world.join("anna", grants, Direction::RecvOnly);
    let set = |world: &mut World, key: String, value: String| {
        let request = proto::UpdateParticipantMetadata {
            attributes: [(key, value)].into(),
            request_id: 1,
            ..Default::default()
        };
        world.ask(anna, Request::UpdateMetadata(request));
        world.run(1);
    };
    for part in 0..20 {
        set(&mut world, format!("key{part}"), "x".repeat(10_000));
    }
    let answers = refusals(&world.peers[anna].heard);
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    assert_eq!(answers.iter().filter(|(reason, _)| *reason == 0).count(), 6);
    assert_eq!(answers.iter().filter(|(reason, _)| *reason == exceeded).count(), 14);
    // What is there can be replaced and taken away.
    world.peers[anna].heard.clear();
    for value in ["y".repeat(10_000), String::new()] {
        set(&mut world, "key0".into(), value);
    }
    let done = (0, String::new());
    assert_eq!(refusals(&world.peers[anna].heard), [done.clone(), done]);
}

#[test]
fn a_thousand_permissions_are_each_honoured() {
    let (mut world, anna, bo) = meeting();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    world.run(100);
    let people = (0..1_000).map(|person| format!("p{person}")).chain(["bo".to_owned()]);
    let permission = |participant_identity: String| proto::TrackPermission {
        participant_identity,
        all_tracks: true,
        ..Default::default()
    };
    let permissions = proto::SubscriptionPermission {
        all_participants: false,
        track_permissions: people.map(permission).collect(),
    };
    world.ask(anna, Request::SubscriptionPermission(permissions));
    world.run(10);
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
    assert_eq!(world.peers[cem].packets.len(), 0);
}

#[test]
fn a_data_message_is_paid_for_by_its_sender_once_for_each_who_gets_it() {
    let mut world = World::new();
    let mallory = world.join("mallory", all(), Direction::RecvOnly);
    let others: Vec<_> = (0..8)
        .map(|person| world.join(&format!("p{person}"), all(), Direction::RecvOnly))
        .collect();
    world.run(100);
    // DataPacket { user: { payload: 100 bytes } }
    let message = [vec![0x12, 102, 0x12, 100], vec![7; 100]].concat();
    let mut sent = 0;
    let start = world.now;
    while sent < 3_000 {
        let peer = &mut world.peers[mallory];
        let mut channel = peer.rtc.channel(peer.channel).expect("an open channel");
        match channel.write(true, &message).expect("writes") {
            true => sent += 1,
            false => world.run(1),
        }
    }
    world.run(100);
    let passed = world.now.duration_since(start).as_secs_f64();
    let cost = (message.len() + limits::DATA_OVERHEAD) as f64 * others.len() as f64;
    let most = (limits::DATA.1 + limits::DATA.0 * passed) / cost;
    for other in others {
        let came = world.peers[other].messages.len();
        assert!(came > 100 && (came as f64) <= most, "{came} of at most {most}");
        assert!(came < 3_000);
    }
    let told = refusals(&world.peers[mallory].heard);
    assert!(
        !told.is_empty() && told.len() < 10,
        "told about once a second: {told:?}"
    );
}

/// Lets time pass and takes what is said to a caller.
pub(super) fn wait(world: &mut World, caller: &Caller, time: Duration) -> Vec<Frame> {
    let end = world.now + time;
    let mut heard = Vec::new();
    while world.now < end {
        world.now += room::TICK;
        world.core.handle(world.now, Input::Timeout, &mut world.out);
        world.core.settle(world.now, &mut world.out);
        heard.extend(caller.heard(world));
    }
    heard
}

#[test]
fn an_offer_that_nobody_answers_ends_with_the_advice_to_connect_anew() {
    let mut world = World::new();
    let connection = world.connect(Joining {
        single: false,
        ..joining("cem", all(), JoinRequest::default())
    });
    let cem = Caller { connection };
    let before = limits::ANSWER_TIME - Duration::from_secs(1);
    assert_eq!(leave_of(&wait(&mut world, &cem, before)), []);
    let heard = wait(&mut world, &cem, Duration::from_secs(2));
    let again = leave_request::Action::Reconnect as i32;
    assert_eq!(leave_of(&heard), [(DisconnectReason::StateMismatch as i32, again)]);
    assert!(closes(&heard));
    assert!(world.core.participants("r").is_empty());
}

#[test]
fn who_left_while_somebody_was_cut_off_is_told_as_gone_after_the_resume() {
    let (mut world, _, bo) = meeting();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    let dora = world.join("dora", all(), Direction::RecvOnly);
    world.run(100);
    let sid = world.peers[bo].me().sid;
    let connection = world.peers[bo].connection;
    world
        .core
        .handle(world.now, Input::Disconnect { connection }, &mut world.out);
    for gone in [cem, dora] {
        world.ask(gone, Request::Leave(LeaveRequest::default()));
    }
    world.run(1_000);
    world.join("dora", all(), Direction::RecvOnly);
    world.peers[bo].heard.clear();
    let request = JoinRequest {
        reconnect: true,
        participant_sid: sid,
        ..Default::default()
    };
    world.peers[bo].connection = world.connect(joining("bo", all(), request));
    world.run(1);
    let told: Vec<_> = world.peers[bo]
        .heard
        .iter()
        .filter_map(|message| match message {
            Message::Update(update) => Some(&update.participants),
            _ => None,
        })
        .flatten()
        .map(|info| (info.identity.as_str(), info.state))
        .collect();
    let gone = proto::participant_info::State::Disconnected as i32;
    let left: Vec<_> = told.iter().filter(|(_, state)| *state == gone).collect();
    assert_eq!(left, [&("cem", gone)], "who came back is there");
    assert_eq!(told[0], ("cem", gone), "before those who are there");
    assert!(told.iter().any(|(identity, _)| *identity == "dora"));
}

#[test]
fn a_check_with_a_foreign_source_address_takes_nobodys_packets_away() {
    let (mut world, anna, bo) = meeting();
    let mallory = world.join("mallory", all(), Direction::RecvOnly);
    world.run(100);
    // What mallory sends, signed with mallory's own password, says from now on that it comes from anna.
    world.peers[mallory].address = world.peers[anna].address;
    for frame in 0..150 {
        world.film(anna, 1 + frame, 1, frame == 0);
    }
    assert_eq!(world.peers[bo].packets.len(), 150);
    assert_eq!(world.peers[anna].left_because(), None);
}

#[test]
fn who_checks_from_ever_new_addresses_is_known_under_a_few_and_harms_nobody() {
    let (mut world, anna, bo) = meeting();
    let mallory = world.join("mallory", all(), Direction::RecvOnly);
    world.run(100);
    let known = world.core.addresses.len();
    let check = loop {
        world.now += STEP;
        let peer = &mut world.peers[mallory];
        let _ = peer.rtc.handle_input(str0m::Input::Timeout(world.now));
        peer.drain();
        let check = peer.sent.iter().find(|bytes| stun::read_check(bytes).is_some());
        if let Some(check) = check {
            break check.clone();
        }
    };
    let mut answered = 0;
    for port in 0..400 {
        let source = SocketAddr::from(([10, 9, 9, 9], 2_000 + port));
        let input = Input::Datagram {
            source: source.into(),
            bytes: &check,
        };
        world.core.handle(world.now, input, &mut world.out);
        world.core.settle(world.now, &mut world.out);
        let sent = std::mem::take(&mut world.out.datagrams);
        answered += usize::from(sent.iter().any(|(to, _)| *to == source));
    }
    assert!(answered > limits::ADDRESSES && answered <= limits::MOVES, "{answered}");
    assert!(world.core.addresses.len() < known + limits::ADDRESSES);
    for frame in 0..50 {
        world.film(anna, 1 + frame, 1, frame == 0);
    }
    assert_eq!(world.peers[bo].packets.len(), 50);
    world.run(300);
    assert_eq!(world.peers[mallory].left_because(), None);
}

#[test]
fn a_message_too_large_for_so_many_receivers_is_refused_by_its_size() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::RecvOnly);
    world.run(100);
    for person in 0..300 {
        Caller::call(&mut world, &format!("p{person}"), JoinRequest::default());
    }
    world.run(2);
    world.peers[anna].heard.clear();
    // DataPacket { user: { payload: 60,000 bytes } }
    let length = |bytes: usize| {
        let mut length = Vec::new();
        prost::encoding::encode_varint(bytes as u64, &mut length);
        length
    };
    let user = [vec![0x12], length(60_000), vec![7; 60_000]].concat();
    let message = [vec![0x12], length(user.len()), user].concat();
    let peer = &mut world.peers[anna];
    let mut channel = peer.rtc.channel(peer.channel).expect("an open channel");
    assert!(channel.write(true, &message).expect("writes"));
    world.run(50);
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = "payload: at most 52333 bytes to 300 receivers".to_owned();
    assert_eq!(refusals(&world.peers[anna].heard), [(exceeded, told)]);
}

#[test]
fn what_offers_name_again_and_again_is_not_kept_without_end() {
    let (mut world, anna, bo) = meeting();
    let mid = world.peers[anna].video.expect("a section");
    let mut api = world.peers[anna].rtc.sdp_api();
    api.set_direction(mid, Direction::Inactive);
    let (offer, _) = api.apply().expect("an offer");
    let offer = offer.to_sdp_string().replace("a=inactive", "a=sendonly");
    let (offers, addresses, sources) = (100, 100, 50);
    let address = |number: u32| SocketAddr::from(((0x0a14_0000 + number).to_be_bytes(), 5_000));
    let source = |number: u32| 1_000_000 + number;
    for round in 0..offers {
        let mut lines = format!("a=mid:{mid}\r\n");
        for number in (round * addresses)..((round + 1) * addresses) {
            let ip = address(number).ip();
            lines += &format!("a=candidate:{number} 1 udp 2130706431 {ip} 5000 typ host\r\n");
        }
        for number in (round * sources)..((round + 1) * sources) {
            lines += &format!("a=ssrc:{} cname:x\r\n", source(number));
        }
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp: offer.replace(&format!("a=mid:{mid}\r\n"), &lines),
            id: 2 + round,
            ..Default::default()
        };
        world.ask(anna, Request::Offer(offer));
    }
    world.run(1);
    assert_eq!(world.peers[anna].left_because(), None);
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5, "the picture goes on");
    let person = world.core.connections[&world.peers[anna].connection];
    let room = world.core.rooms.get_mut(person.0).expect("the room");
    let transport = room.participants[person.1].publish.transport.expect("a transport");
    let mut direct = room.transports[transport].rtc.direct_api();
    let kept = (0..offers * sources).filter(|number| direct.stream_rx(&source(*number).into()).is_some());
    assert!(kept.count() <= limits::SOURCES);
    let kept = (0..offers * addresses).filter(|number| {
        let candidate = Candidate::host(address(*number), "udp").expect("a candidate");
        direct.invalidate_candidate(&candidate)
    });
    assert_eq!(kept.count(), 0, "the address is known from the checks");
}

#[test]
fn a_place_in_the_description_that_is_used_again_and_again_is_one_section() {
    let (mut world, _, bo) = meeting();
    let mid = world.peers[bo].video.expect("a section");
    let mut api = world.peers[bo].rtc.sdp_api();
    api.set_direction(mid, Direction::Inactive);
    let (offer, _) = api.apply().expect("an offer");
    let offer = offer.to_sdp_string().replace("a=inactive", "a=recvonly");
    let mut name = mid.to_string();
    for round in 0..10 {
        let next = format!("m{round}");
        let named = |name: &str| {
            let offer = offer.replace(&format!("BUNDLE {mid} "), &format!("BUNDLE {name} "));
            offer.replace(&format!("a=mid:{mid}\r\n"), &format!("a=mid:{name}\r\n"))
        };
        let stopped = named(&name)
            .replace("m=video 9 ", "m=video 0 ")
            .replace(&format!("BUNDLE {name} "), "BUNDLE ")
            .replace("a=recvonly\r\n", "a=recvonly\r\na=bundle-only\r\n");
        for (part, sdp) in [stopped, named(&next)].into_iter().enumerate() {
            let offer = SessionDescription {
                r#type: "offer".into(),
                sdp,
                id: 2 * (round + 1) + part as u32,
                ..Default::default()
            };
            world.ask(bo, Request::Offer(offer));
        }
        name = next;
    }
    world.run(1);
    assert_eq!(world.peers[bo].left_because(), None);
    let person = world.core.connections[&world.peers[bo].connection];
    let room = world.core.rooms.get(person.0).expect("the room");
    let transport = room.participants[person.1].publish.transport.expect("a transport");
    assert_eq!(room.transports[transport].slots.len(), 1);
}

#[test]
fn who_opens_data_channels_without_end_is_disconnected_and_few_are_taken() {
    let (mut world, anna, bo) = meeting();
    let mallory = world.join("mallory", all(), Direction::RecvOnly);
    world.run(100);
    let open = |world: &mut World, count: usize| {
        for _ in 0..count {
            let config = ChannelConfig {
                label: negotiate::RELIABLE.into(),
                ..Default::default()
            };
            world.peers[mallory].rtc.direct_api().create_data_channel(config);
        }
        world.run(100);
    };
    // One is there from the start.
    open(&mut world, limits::CHANNELS - 1);
    assert_eq!(world.peers[mallory].left_because(), None);
    open(&mut world, 1_000);
    let mismatch = DisconnectReason::StateMismatch as i32;
    assert_eq!(world.peers[mallory].left_because(), Some(mismatch));
    world.film(anna, 1, 5, true);
    assert_eq!(world.peers[bo].packets.len(), 5);
}

#[test]
fn a_frame_that_is_no_request_is_answered_with_the_place_and_the_connection_lives() {
    let mut world = World::new();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    let invalid = proto::request_response::Reason::InvalidRequest as i32;
    for (frame, place) in [
        // Settings in which a sid is a number.
        (Frame::Binary(vec![0x3a, 2, 0x08, 7].into()), "track_sids"),
        (Frame::Binary(vec![0xff; 20].into()), "failed to decode"),
    ] {
        world.peers[cem].heard.clear();
        world.say(world.peers[cem].connection, &frame);
        world.ask(cem, Request::Ping(1));
        world.run(1);
        let heard = &world.peers[cem].heard;
        let [(reason, message)] = &refusals(heard)[..] else {
            panic!("one answer: {heard:?}");
        };
        assert!(*reason == invalid && message.contains(place), "{message}");
        assert!(heard.iter().any(|message| matches!(message, Message::Pong(_))));
    }
    let caller = Caller::call(&mut world, "dora", JoinRequest::default());
    let connection = caller.connection;
    world.say(connection, &Frame::Text(r#"{"mute":{"sid":7}}"#.into()));
    let heard = caller.heard(&mut world);
    let answered = |frame: &Frame| {
        let Frame::Text(text) = frame else { return false };
        text.contains("INVALID_REQUEST") && text.contains("line 1 column 16")
    };
    assert!(heard.iter().any(answered), "{heard:?}");
}

#[test]
fn who_floods_is_told_of_which_limit_before_it_is_disconnected() {
    let mut world = World::new();
    let mallory = Caller::call(&mut world, "mallory", JoinRequest::default());
    let input = Input::Frame {
        connection: mallory.connection,
        asked: Asked::Flood,
        cost: 1.0,
        text: false,
    };
    world.core.handle(world.now, input, &mut world.out);
    let heard = mallory.heard(&mut world);
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = "requests: at most 100 units of work per second".to_owned();
    assert_eq!(refusals(&messages(&heard)), [(exceeded, told)]);
    assert_eq!(leave_of(&heard).len(), 1);
    assert!(closes(&heard));
}

#[test]
fn a_description_that_is_refused_is_refused_by_name() {
    let (exceeded, invalid) = (
        proto::request_response::Reason::LimitExceeded as i32,
        proto::request_response::Reason::InvalidRequest as i32,
    );
    let sections = |count| format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(count));
    let too_many = format!("sdp: m=: at most {} entries", limits::SECTIONS);
    for (sdp, reason, told) in [
        ("x".to_owned(), invalid, "sdp: it cannot be used"),
        (sections(limits::SECTIONS + 1), exceeded, too_many.as_str()),
    ] {
        let mut world = World::new();
        let request = JoinRequest {
            publisher_offer: rubbish(&sdp),
            ..Default::default()
        };
        let mallory = Caller::call(&mut world, "mallory", request);
        let heard = mallory.heard(&mut world);
        assert_eq!(refusals(&messages(&heard)), [(reason, told.to_owned())]);
        assert_eq!(leave_of(&heard).len(), 1);
    }
}

#[test]
fn a_data_message_that_goes_to_nobody_is_answered_with_the_reason() {
    use proto::request_response::Reason;
    let message = [vec![0x12, 3, 0x12, 1], vec![7]].concat();
    // As many names of receivers, empty ones, as are not taken any more.
    let names = [[0x2a, 0].repeat(limits::DESTINATIONS + 1), message.clone()].concat();
    let silent = serde_json::json!({"roomJoin": true, "room": "r", "canPublishData": false});
    for (grants, label, message, reason) in [
        (silent, negotiate::RELIABLE, message.clone(), Reason::NotAllowed),
        (all(), negotiate::RELIABLE, vec![0xff; 9], Reason::InvalidRequest),
        (all(), negotiate::RELIABLE, names, Reason::LimitExceeded),
        (all(), "mine", message, Reason::UnsupportedType),
    ] {
        let mut world = World::new();
        let anna = world.join("anna", grants, Direction::RecvOnly);
        let bo = world.join("bo", all(), Direction::RecvOnly);
        world.run(100);
        let config = ChannelConfig {
            label: label.into(),
            ..Default::default()
        };
        let channel = world.peers[anna].rtc.direct_api().create_data_channel(config);
        world.run(50);
        for _ in 0..10 {
            let peer = &mut world.peers[anna];
            let mut channel = peer.rtc.channel(channel).expect("an open channel");
            assert!(channel.write(true, &message).expect("writes"));
        }
        world.run(50);
        let told = refusals(&world.peers[anna].heard);
        assert_eq!(told.len(), 1, "once a second: {told:?}");
        assert_eq!(told[0].0, reason as i32);
        assert!(world.peers[bo].messages.is_empty());
    }
}

#[test]
fn wishes_about_more_tracks_than_are_kept_are_answered_with_the_limit() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::RecvOnly);
    let sids = |round: usize| {
        let sids = 0..limits::SIDS;
        sids.map(|sid| format!("TR_{round}_{sid}")).collect::<Vec<_>>()
    };
    let rounds = limits::WISHES / limits::SIDS;
    let settings = |round: usize| {
        Request::TrackSetting(proto::UpdateTrackSettings {
            track_sids: sids(round),
            ..Default::default()
        })
    };
    let subscription = |round: usize| {
        Request::Subscription(UpdateSubscription {
            track_sids: sids(round),
            subscribe: false,
            ..Default::default()
        })
    };
    for request in [&settings as &dyn Fn(usize) -> Request, &subscription] {
        world.peers[anna].heard.clear();
        for round in 0..rounds {
            world.ask(anna, request(round));
        }
        world.run(1);
        assert_eq!(refusals(&world.peers[anna].heard), [], "so many are kept");
        world.ask(anna, request(rounds));
        world.run(1);
        let exceeded = proto::request_response::Reason::LimitExceeded as i32;
        let told = format!("track_sids of all requests: at most {} entries", limits::WISHES);
        assert_eq!(refusals(&world.peers[anna].heard), [(exceeded, told)]);
    }
}

#[test]
fn what_was_wished_about_a_track_is_forgotten_when_the_track_ends() {
    let (mut world, anna, bo) = meeting();
    let sid = world.peers[anna].published().expect("published");
    let settings = |track_sids: Vec<String>| {
        Request::TrackSetting(proto::UpdateTrackSettings {
            track_sids,
            ..Default::default()
        })
    };
    let subscription = |track_sids: Vec<String>| {
        Request::Subscription(UpdateSubscription {
            track_sids,
            subscribe: true,
            ..Default::default()
        })
    };
    let others: Vec<_> = (1..limits::WISHES).map(|sid| format!("TR_{sid}")).collect();
    for request in [&settings as &dyn Fn(Vec<String>) -> Request, &subscription] {
        world.ask(bo, request(vec![sid.clone()]));
        for sids in others.chunks(limits::SIDS) {
            world.ask(bo, request(sids.to_vec()));
            world.run(1);
        }
    }
    let mut permission = joining("anna", all(), JoinRequest::default()).claims.video.permission();
    permission.can_publish = false;
    world
        .core
        .update_permission(world.now, &mut world.out, ("r", "anna"), permission, 0);
    world.run(1);
    world.peers[bo].heard.clear();
    for request in [&settings as &dyn Fn(Vec<String>) -> Request, &subscription] {
        world.ask(bo, request(vec!["TR_the_next".into()]));
    }
    world.run(1);
    let limit = proto::request_response::Reason::LimitExceeded as i32;
    let refused = refusals(&world.peers[bo].heard);
    assert!(refused.iter().all(|(reason, _)| *reason != limit), "{refused:?}");
}

#[test]
fn who_wants_a_track_that_its_publisher_does_not_give_is_told_so() {
    let (mut world, anna, bo) = meeting();
    let track_sid = world.peers[anna].published().expect("published");
    let nobody = proto::SubscriptionPermission::default();
    world.ask(anna, Request::SubscriptionPermission(nobody));
    world.run(1);
    world.peers[bo].heard.clear();
    let request = UpdateSubscription {
        track_sids: vec![track_sid.clone()],
        subscribe: true,
        ..Default::default()
    };
    world.ask(bo, Request::Subscription(request));
    world.run(1);
    let told = |message: &Message| match message {
        Message::SubscriptionPermissionUpdate(update) => !update.allowed && update.track_sid == track_sid,
        _ => false,
    };
    assert!(world.peers[bo].heard.iter().any(told));
}

/// Lets a tenth of a second pass in which nothing of a peer arrives; what it sent of this kind.
fn held_back(world: &mut World, peer: usize, wanted: fn(police::Kind) -> bool) -> Vec<Vec<u8>> {
    world.peers[peer].delay = Some(|_| Duration::from_secs(3_600));
    world.run(20);
    world.peers[peer].delay = None;
    let sent = std::mem::take(&mut world.in_flight).into_iter();
    sent.map(|(_, _, datagram)| datagram)
        .filter(|datagram| wanted(police::Kind::of(datagram)))
        .collect()
}

#[test]
fn what_is_asked_for_again_and_again_is_sent_again_within_limits() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 5, true);
    let picture = |number: u16| {
        let [high, low] = (0x8000 | number).to_be_bytes();
        let mut payload = vec![7; 1_000];
        payload[..7].copy_from_slice(&[0x90, 0xe0, high, low, number as u8, 0, 1]);
        payload
    };
    world.peers[bo].cut_off = true;
    for number in 6..86 {
        world.write(anna, Codec::Vp8, number, picture(number), ExtensionValues::default());
    }
    world.peers[bo].cut_off = false;
    world.peers[bo].delay = Some(|_| Duration::from_secs(3_600));
    world.write(anna, Codec::Vp8, 86, picture(86), ExtensionValues::default());
    let reports = held_back(&mut world, bo, |kind| kind == police::Kind::Report);
    assert!(!reports.is_empty(), "it asks for what it lost");
    let to_bo = |world: &World| {
        let address = world.peers[bo].address;
        let datagrams = world.out.datagrams.iter().filter(|(to, _)| *to == address);
        datagrams.map(|(_, bytes)| bytes.len()).sum::<usize>()
    };
    let source = world.peers[bo].address;
    let ask = |world: &mut World| {
        for bytes in &reports {
            let input = Input::Datagram {
                source: source.into(),
                bytes,
            };
            world.core.handle(world.now, input, &mut world.out);
        }
    };
    ask(&mut world);
    let once = to_bo(&world);
    assert!(once > 50 * 1_000, "what an honest client lost comes: {once}");
    for _ in 0..1_000 {
        ask(&mut world);
    }
    let often = to_bo(&world);
    assert!(often as f64 <= limits::RESENT_BYTES.1, "{often} bytes");
    world.out.datagrams.clear();
    // It is still shown the picture, and somebody else what they lost.
    let before = world.peers[bo].packets.len();
    world.film(anna, 87, 5, false);
    assert!(world.peers[bo].packets.len() >= before + 5);
}

/// Whose tracks somebody gets.
pub(super) fn publishers(world: &World, identity: &str) -> Vec<String> {
    let room = world.core.rooms.get(world.core.names["r"]).expect("the room");
    let subscriptions = &room.participants[room.identities[identity]].subscribe.subscriptions;
    let owners = subscriptions.ids().map(|track| room.tracks[track].owner);
    owners
        .map(|owner| room.participants[owner].identity().to_owned())
        .collect()
}

#[test]
fn nobody_is_asked_for_more_sections_than_a_description_holds_and_nobody_takes_them_all() {
    let mut world = World::new();
    let cem = world.join("cem", all(), Direction::RecvOnly);
    let cids: Vec<_> = (0..limits::TRACKS).map(|track| format!("cid-{track}")).collect();
    let hoarders = limits::VIDEOS / limits::TRACKS + 2;
    for number in 0..hoarders {
        let tracks = cids.iter().map(|cid| AddTrackRequest {
            cid: cid.clone(),
            ..camera()
        });
        world.join_offering(&format!("mallory {number}"), all(), tracks.collect(), |api| {
            for cid in &cids {
                api.add_media(
                    MediaKind::Video,
                    Direction::SendOnly,
                    Some("s".into()),
                    Some(cid.clone()),
                    None,
                );
            }
            None
        });
    }
    world.join("bo", all(), Direction::SendOnly);
    world.run(700);
    let asked = |message: &Message| match message {
        Message::MediaSectionsRequirement(requirement) => Some(requirement.num_videos as usize),
        _ => None,
    };
    let heard = &world.peers[cem].heard;
    assert_eq!(
        heard.iter().filter_map(asked).max(),
        Some(limits::VIDEOS - 1),
        "one was there"
    );
    let gets = publishers(&world, "cem");
    assert_eq!(gets.len(), limits::VIDEOS);
    assert!(gets.contains(&"bo".to_owned()), "who has one picture is seen");
    // Where there is a place, somebody who had none takes it.
    for number in [0, 1] {
        let name = format!("mallory {number}");
        assert!(world.core.remove(world.now, &mut world.out, "r", &name));
    }
    world.run(40);
    let there = (hoarders - 2) * limits::TRACKS + 1;
    assert_eq!(publishers(&world, "cem").len(), there.min(limits::VIDEOS));
}

#[test]
fn who_publishes_more_tracks_than_anybody_has_is_told_the_limit() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::RecvOnly);
    for track in 0..=limits::TRACKS {
        let request = AddTrackRequest {
            cid: format!("cid-{track}"),
            ..camera()
        };
        world.ask(anna, Request::AddTrack(request));
    }
    world.run(1);
    let exceeded = proto::request_response::Reason::LimitExceeded as i32;
    let told = format!("tracks: at most {} entries", limits::TRACKS);
    assert_eq!(refusals(&world.peers[anna].heard), [(exceeded, told)]);
}
