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
            .update_permission(world.now, &mut world.out, ("r", "anna"), permission)
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
