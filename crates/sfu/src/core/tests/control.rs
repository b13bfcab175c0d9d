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
