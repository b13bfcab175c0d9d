// SPDX-License-Identifier: EUPL-1.2
//! Stories of what the server beside the SFU does to participants.

use super::*;

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
