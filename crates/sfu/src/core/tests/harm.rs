// SPDX-License-Identifier: EUPL-1.2
//! Stories of somebody who breaks the protocol: what it costs them, and that it costs nobody else anything.

use super::*;

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
struct Caller {
    connection: ConnectionId,
}

impl Caller {
    fn call(world: &mut World, identity: &str, request: JoinRequest) -> Caller {
        let connection = world.connect(joining(identity, all(), request));
        Caller { connection }
    }

    /// Takes what the core has said to this connection since the last time.
    fn heard(&self, world: &mut World) -> Vec<Frame> {
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
    let leave = |frame: &Frame| match frame {
        Frame::Binary(bytes) => match SignalResponse::decode(bytes.clone()).ok()?.message? {
            Message::Leave(leave) => Some((leave.reason, leave.action)),
            _ => None,
        },
        _ => None,
    };
    frames.iter().filter_map(leave).collect()
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
        let frame = Frame::Binary(leave.encode_to_vec().into());
        let connection = again.connection;
        world
            .core
            .handle(world.now, Input::Frame { connection, frame }, &mut world.out);
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
    let text = Frame::Text(r#"{"pingReq":{"timestamp":"1"}}"#.into());
    world.core.handle(
        world.now,
        Input::Frame {
            connection,
            frame: text,
        },
        &mut world.out,
    );
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
