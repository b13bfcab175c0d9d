// SPDX-License-Identifier: EUPL-1.2
//! Stories of what the server beside the SFU does to participants.

use super::*;

#[test]
fn who_was_removed_does_not_come_back_with_an_old_token_but_with_a_new_one() {
    let (mut world, _, bo) = meeting();
    let removed_ms = 1_800_000_000_500;
    world.core.revoke(world.now, "r", "bo", removed_ms);
    assert!(world.core.remove(world.now, &mut world.out, "r", "bo"));
    world.run(1);
    let removed = DisconnectReason::ParticipantRemoved as i32;
    assert_eq!(world.peers[bo].left_because(), Some(removed));
    let sid = world.peers[bo].me().sid;
    let made = |seconds: serde_json::Value, request: JoinRequest| {
        let claims = serde_json::json!({"iss": "k", "sub": "bo", "iat": seconds, "video": all()});
        let claims = serde_json::from_value(claims).expect("claims");
        Joining {
            claims,
            ..joining("bo", all(), request)
        }
    };
    let resume = JoinRequest {
        reconnect: true,
        participant_sid: sid,
        ..Default::default()
    };
    for (seconds, request) in [
        (serde_json::json!(null), JoinRequest::default()),
        (serde_json::json!(1_800_000_000), JoinRequest::default()),
        (serde_json::json!(1_800_000_000.5), JoinRequest::default()),
        (serde_json::json!(1_800_000_000.4), resume),
    ] {
        world.peers[bo].heard.clear();
        world.peers[bo].connection = world.connect(made(seconds, request));
        world.run(1);
        assert_eq!(world.peers[bo].left_because(), Some(removed));
        assert_eq!(world.core.participants("r").len(), 1);
    }
    world.connect(made(serde_json::json!(1_800_000_000.502), JoinRequest::default()));
    assert_eq!(world.core.participants("r").len(), 2);
}

#[test]
fn a_track_muted_by_the_server_is_not_forwarded() {
    let (mut world, anna, bo) = meeting();
    world.film(anna, 1, 5, true);
    let place = ("r", "anna");
    let source = crate::TrackSource::Camera;
    assert!(world.core.mute(world.now, &mut world.out, place, source, true));
    assert!(!world.core.mute(world.now, &mut world.out, place, source, true));
    world.run(2);
    let before = world.peers[bo].packets.len();
    world.film(anna, 6, 10, false);
    assert_eq!(world.peers[bo].packets.len(), before);
    assert!(
        world.peers[anna]
            .heard
            .iter()
            .any(|m| matches!(m, Message::Mute(mute) if mute.muted))
    );
}

#[test]
fn who_is_muted_is_not_heard_in_any_way_and_is_still_seen() {
    let mut world = World::new();
    let track = |cid: &str, r#type: TrackType, source: TrackSource| AddTrackRequest {
        cid: cid.into(),
        r#type: r#type as i32,
        source: source as i32,
        ..Default::default()
    };
    let tracks = vec![
        track("a", TrackType::Audio, TrackSource::Microphone),
        track("b", TrackType::Audio, TrackSource::ScreenShareAudio),
        track("c", TrackType::Audio, TrackSource::Unknown),
        track("d", TrackType::Video, TrackSource::Camera),
    ];
    let anna = world.join_offering("anna", all(), tracks, |api| {
        for (cid, kind) in [
            ("a", MediaKind::Audio),
            ("b", MediaKind::Audio),
            ("c", MediaKind::Audio),
            ("d", MediaKind::Video),
        ] {
            api.add_media(kind, Direction::SendOnly, Some("s".into()), Some(cid.into()), None);
        }
        None
    });
    let (now, source) = (world.now, crate::TrackSource::Microphone);
    assert!(world.core.mute(now, &mut world.out, ("r", "anna"), source, true));
    world.run(1);
    let [participant] = &world.core.participants("r")[..] else {
        panic!("one participant");
    };
    let seen = |track: &&crate::Track| track.source == crate::TrackSource::Camera;
    let (seen, heard): (Vec<_>, Vec<_>) = participant.tracks.iter().partition(seen);
    assert_eq!((seen.len(), heard.len()), (1, 3));
    assert!(heard.iter().all(|track| track.muted) && !seen[0].muted);
    let told = |message: &&Message| matches!(message, Message::Mute(mute) if mute.muted);
    assert_eq!(world.peers[anna].heard.iter().filter(told).count(), 3);
}

#[test]
fn a_right_to_one_source_lets_nothing_else_pass_under_its_name() {
    use proto::request_response::Reason;
    for (grants, r#type, source, answer) in [
        (
            all(),
            TrackType::Audio,
            TrackSource::Camera,
            Some(Reason::InvalidRequest),
        ),
        (
            all(),
            TrackType::Audio,
            TrackSource::ScreenShare,
            Some(Reason::InvalidRequest),
        ),
        (
            all(),
            TrackType::Video,
            TrackSource::Microphone,
            Some(Reason::InvalidRequest),
        ),
        (
            all(),
            TrackType::Video,
            TrackSource::ScreenShareAudio,
            Some(Reason::InvalidRequest),
        ),
        (
            all(),
            TrackType::Data,
            TrackSource::Camera,
            Some(Reason::InvalidRequest),
        ),
        (all(), TrackType::Audio, TrackSource::ScreenShareAudio, None),
        (all(), TrackType::Audio, TrackSource::Unknown, None),
        (all(), TrackType::Video, TrackSource::Unknown, None),
        (
            serde_json::json!({"roomJoin": true, "room": "r", "canPublishSources": ["camera"]}),
            TrackType::Audio,
            TrackSource::Unknown,
            Some(Reason::NotAllowed),
        ),
    ] {
        let mut world = World::new();
        let anna = world.join("anna", grants, Direction::RecvOnly);
        let request = AddTrackRequest {
            r#type: r#type as i32,
            source: source as i32,
            ..camera()
        };
        world.ask(anna, Request::AddTrack(request));
        world.run(1);
        let heard = &world.peers[anna].heard;
        let refused = heard.iter().find_map(|message| match message {
            Message::RequestResponse(response) => Some(response.reason),
            _ => None,
        });
        assert_eq!(refused, answer.map(|reason| reason as i32), "{type:?} {source:?}");
        assert_eq!(world.peers[anna].published().is_some(), answer.is_none());
    }
}

#[test]
fn withdrawing_the_permission_unpublishes() {
    let (mut world, anna, _) = meeting();
    let sid = world.peers[anna].published().expect("published");
    let mut permission = joining("anna", all(), JoinRequest::default()).claims.video.permission();
    permission.can_publish = false;
    assert!(
        world
            .core
            .update_permission(world.now, &mut world.out, ("r", "anna"), permission, 0)
    );
    world.run(2);
    let gone = |m: &Message| matches!(m, Message::TrackUnpublished(gone) if gone.track_sid == sid);
    assert!(world.peers[anna].heard.iter().any(gone));
    assert!(
        world
            .core
            .participants("r")
            .iter()
            .all(|participant| participant.tracks.is_empty())
    );
}

#[test]
fn a_right_that_was_withdrawn_does_not_come_back_with_an_older_token_but_with_a_newer_one() {
    let (mut world, _, _) = meeting();
    let decided_ms = 1_800_000_000_500;
    let mut permission = joining("cem", all(), JoinRequest::default()).claims.video.permission();
    permission.can_publish_sources = vec![crate::TrackSource::Camera];
    let token = |seconds: serde_json::Value| {
        let claims = serde_json::json!({"iss": "k", "sub": "cem", "iat": seconds, "video": all()});
        let claims = serde_json::from_value(claims).expect("claims");
        Joining {
            claims,
            ..joining("cem", all(), JoinRequest::default())
        }
    };
    let decide = |world: &mut World| {
        let (now, permission) = (world.now, permission.clone());
        world
            .core
            .update_permission(now, &mut world.out, ("r", "cem"), permission, decided_ms)
    };
    let may_speak = |world: &mut World, token: Joining| {
        let connection = world.connect(token);
        world.out.frames.clear();
        let microphone = AddTrackRequest {
            cid: "m".into(),
            source: TrackSource::Microphone as i32,
            ..Default::default()
        };
        let request = SignalRequest {
            message: Some(Request::AddTrack(microphone)),
        };
        world.say(connection, &Frame::Binary(request.encode_to_vec().into()));
        let published = |(to, frame): &(ConnectionId, Frame)| match frame {
            Frame::Binary(bytes) if *to == connection => {
                let response = SignalResponse::decode(bytes.clone()).expect("a response");
                matches!(response.message, Some(Message::TrackPublished(_)))
            }
            _ => false,
        };
        world.out.frames.iter().any(published)
    };
    assert!(!decide(&mut world), "nobody is there yet");
    let older = || token(serde_json::json!(1_800_000_000));
    assert!(!may_speak(&mut world, older()));
    assert!(decide(&mut world));
    for seconds in [serde_json::json!(null), serde_json::json!(1_800_000_000.5)] {
        assert!(!may_speak(&mut world, token(seconds)));
    }
    assert!(may_speak(&mut world, token(serde_json::json!(1_800_000_000.6))));
}
