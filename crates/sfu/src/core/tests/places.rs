// SPDX-License-Identifier: EUPL-1.2
//! Stories of meetings in which there is more to see than one participant can get.

use super::super::places::LOOKS;
use super::harm::{Caller, messages, publishers, wait};
use super::*;

const CAMERA: (TrackSource, &str) = (TrackSource::Camera, "camera");
const SCREEN: (TrackSource, &str) = (TrackSource::ScreenShare, "screen");

fn video((source, cid): (TrackSource, &str)) -> AddTrackRequest {
    AddTrackRequest {
        cid: cid.into(),
        source: source as i32,
        ..camera()
    }
}

/// The offer of a client that publishes these videos.
fn offer(world: &World, videos: &[(TrackSource, &str)]) -> SessionDescription {
    let mut rtc = RtcConfig::new().build(world.now);
    let mut api = rtc.sdp_api();
    for (_, cid) in videos {
        let (stream, track) = (Some("s".into()), Some((*cid).into()));
        api.add_media(MediaKind::Video, Direction::SendOnly, stream, track, None);
    }
    let (offer, _) = api.apply().expect("an offer");
    SessionDescription {
        r#type: "offer".into(),
        sdp: offer.to_sdp_string(),
        id: 1,
        ..Default::default()
    }
}

/// Somebody who publishes these videos, and wants everything if they watch.
fn caller(world: &mut World, identity: &str, videos: &[(TrackSource, &str)], watches: bool) -> Caller {
    let offer = (!videos.is_empty()).then(|| offer(world, videos));
    with_offer(world, identity, videos, offer, watches)
}

fn with_offer(
    world: &mut World,
    identity: &str,
    videos: &[(TrackSource, &str)],
    publisher_offer: Option<SessionDescription>,
    watches: bool,
) -> Caller {
    let request = JoinRequest {
        connection_settings: Some(ConnectionSettings {
            auto_subscribe: watches,
            ..Default::default()
        }),
        add_track_requests: videos.iter().copied().map(video).collect(),
        publisher_offer,
        ..Default::default()
    };
    Caller::call(world, identity, request)
}

/// So many people with a camera.
fn cameras(world: &mut World, count: usize, watch: bool) -> Vec<Caller> {
    let offer = offer(world, &[CAMERA]);
    let join = |number| {
        with_offer(
            world,
            &format!("camera {number}"),
            &[CAMERA],
            Some(offer.clone()),
            watch,
        )
    };
    (0..count).map(join).collect()
}

fn tick(world: &mut World, times: u32) {
    for _ in 0..times {
        world.now += room::TICK;
        world.core.handle(world.now, Input::Timeout, &mut world.out);
        world.core.settle(world.now, &mut world.out);
        world.out.frames.clear();
    }
}

fn room(world: &World) -> &Room {
    world.core.rooms.get(world.core.names["r"]).expect("the room")
}

fn turn_camera(world: &mut World, caller: &Caller, identity: &str, muted: bool) {
    let mut people = world.core.participants("r").into_iter();
    let person = people.find(|person| person.identity == identity).expect("is there");
    let sid = person.tracks[0].sid.clone();
    let request = Request::Mute(proto::MuteTrackRequest { sid, muted });
    let bytes = SignalRequest { message: Some(request) }.encode_to_vec();
    world.say(caller.connection, &Frame::Binary(bytes.into()));
    tick(world, 2);
}

fn speaks(world: &mut World, identity: &str) {
    let place = world.core.names["r"];
    let id = room(world).identities[identity];
    world.now += room::TICK;
    let now = world.now;
    world
        .core
        .turn(now, place, &mut world.out, |room, turn| room.spoke(turn.now, id, true));
    tick(world, 2);
}

fn sees(world: &World, viewer: &str, whom: &str) -> usize {
    publishers(world, viewer).iter().filter(|name| *name == whom).count()
}

fn sees_screen(world: &World, viewer: &str) -> bool {
    let room = room(world);
    let subscriptions = &room.participants[room.identities[viewer]].subscribe.subscriptions;
    let mut sources = subscriptions.ids().map(|track| room.tracks[track].info.source);
    sources.any(|source| source == TrackSource::ScreenShare as i32)
}

#[test]
fn a_screen_never_yields_to_cameras() {
    let mut world = World::new();
    caller(&mut world, "cem", &[], true);
    caller(&mut world, "presenter", &[CAMERA, SCREEN], false);
    cameras(&mut world, limits::VIDEOS + 5, false);
    tick(&mut world, 3);
    assert_eq!(publishers(&world, "cem").len(), limits::VIDEOS);
    assert!(sees_screen(&world, "cem"));
}

#[test]
fn a_screen_takes_the_place_of_a_camera_also_for_who_comes_later() {
    let mut world = World::new();
    caller(&mut world, "cem", &[], true);
    cameras(&mut world, limits::VIDEOS - 1, false);
    let presenter = world.join("presenter", all(), Direction::SendOnly);
    tick(&mut world, 3);
    assert_eq!(publishers(&world, "cem").len(), limits::VIDEOS);
    assert!(!sees_screen(&world, "cem"));
    let peer = &mut world.peers[presenter];
    let mut api = peer.rtc.sdp_api();
    let (stream, track) = (Some("s".into()), Some(SCREEN.1.into()));
    api.add_media(MediaKind::Video, Direction::SendOnly, stream, track, None);
    let (offer, _) = api.apply().expect("an offer");
    let offer = SessionDescription {
        r#type: "offer".into(),
        sdp: offer.to_sdp_string(),
        id: 2,
        ..Default::default()
    };
    world.ask(presenter, Request::AddTrack(video(SCREEN)));
    world.ask(presenter, Request::Offer(offer));
    tick(&mut world, 2);
    caller(&mut world, "dora", &[], true);
    for viewer in ["cem", "dora"] {
        assert_eq!(publishers(&world, viewer).len(), limits::VIDEOS);
        assert!(sees_screen(&world, viewer), "{viewer}");
    }
}

#[test]
fn a_camera_that_is_switched_off_makes_place_for_one_that_is_on() {
    let mut world = World::new();
    caller(&mut world, "cem", &[], true);
    let cameras = cameras(&mut world, limits::VIDEOS, false);
    tick(&mut world, 3);
    turn_camera(&mut world, &cameras[5], "camera 5", true);
    assert_eq!(sees(&world, "cem", "camera 5"), 1, "nobody else wants its place");
    caller(&mut world, "late", &[CAMERA], false);
    tick(&mut world, 2);
    assert_eq!(sees(&world, "cem", "late"), 1);
    assert_eq!(sees(&world, "cem", "camera 5"), 0);
    // On again it is the last that came.
    turn_camera(&mut world, &cameras[5], "camera 5", false);
    assert_eq!(sees(&world, "cem", "camera 5"), 0);
    turn_camera(&mut world, &cameras[9], "camera 9", true);
    assert_eq!(sees(&world, "cem", "camera 5"), 1);
    assert_eq!(sees(&world, "cem", "camera 9"), 0);
}

#[test]
fn who_speaks_is_seen_and_who_has_been_silent_for_longest_is_not() {
    let mut world = World::new();
    caller(&mut world, "cem", &[], true);
    cameras(&mut world, limits::VIDEOS, false);
    let late: Vec<_> = ["late 0", "late 1"]
        .map(|name| caller(&mut world, name, &[CAMERA], false))
        .into();
    assert_eq!(late.len(), 2);
    tick(&mut world, 3);
    for number in 0..limits::VIDEOS - 1 {
        speaks(&mut world, &format!("camera {number}"));
    }
    assert_eq!(sees(&world, "cem", "late 0"), 0);
    speaks(&mut world, "late 0");
    assert_eq!(sees(&world, "cem", "late 0"), 1);
    let silent = format!("camera {}", limits::VIDEOS - 1);
    assert_eq!(sees(&world, "cem", &silent), 0, "it has never spoken");
    speaks(&mut world, "late 1");
    assert_eq!(sees(&world, "cem", "late 1"), 1);
    assert_eq!(sees(&world, "cem", "camera 0"), 0, "it spoke first");
}

#[test]
fn who_asks_for_a_track_gets_it_at_once_if_it_matters_more_and_is_refused_if_not() {
    let mut world = World::new();
    let cem = caller(&mut world, "cem", &[], true);
    cameras(&mut world, limits::VIDEOS, false);
    caller(&mut world, "presenter", &[CAMERA, SCREEN], false);
    let tracks = |world: &World| {
        let mut people = world.core.participants("r").into_iter();
        let person = people.find(|person| person.identity == "presenter");
        person.expect("is there").tracks
    };
    cem.heard(&mut world);
    for (track, refused) in tracks(&world).into_iter().zip([true, false]) {
        let request = Request::Subscription(UpdateSubscription {
            track_sids: vec![track.sid],
            subscribe: true,
            ..Default::default()
        });
        let bytes = SignalRequest { message: Some(request) }.encode_to_vec();
        world.say(cem.connection, &Frame::Binary(bytes.into()));
        let heard = messages(&cem.heard(&mut world));
        let answered = heard
            .iter()
            .any(|message| matches!(message, Message::RequestResponse(_)));
        assert_eq!(answered, refused);
    }
    assert_eq!(sees(&world, "cem", "presenter"), 1);
}

#[test]
fn a_camera_that_ends_costs_every_tick_little_and_everybody_gets_another() {
    let mut world = World::new();
    let people = cameras(&mut world, limits::VIDEOS + 20, true);
    let settled = |world: &mut World| {
        let (mut ticks, mut looks) = (0, 0);
        while !room(world).line.is_empty() {
            tick(world, 1);
            let now = room(world).looks;
            assert!(now <= LOOKS + limits::VIDEOS + limits::SOUNDS + 2, "{now}");
            (ticks, looks) = (ticks + 1, looks + now);
        }
        (ticks, looks)
    };
    settled(&mut world);
    // Most have it, and each of them looks until their places are full.
    assert!(world.core.remove(world.now, &mut world.out, "r", "camera 3"));
    let (ticks, looks) = settled(&mut world);
    assert!(ticks > 1, "not all at once");
    assert!(looks <= people.len() * (limits::VIDEOS + 3), "{looks}");
    for person in [0, 50, 140] {
        assert_eq!(publishers(&world, &format!("camera {person}")).len(), limits::VIDEOS);
    }
    // Nobody has the last one, and nobody looks for anything.
    let last = format!("camera {}", people.len() - 1);
    assert!(world.core.remove(world.now, &mut world.out, "r", &last));
    assert_eq!(settled(&mut world), (0, 0));
    let heard = wait(&mut world, &people[0], room::TICK);
    assert!(!heard.iter().any(|frame| matches!(frame, Frame::Close { .. })));
}
