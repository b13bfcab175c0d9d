// SPDX-License-Identifier: EUPL-1.2
//! A story without a plot: a few people ask for anything in any order, in a room where two others see each other.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// What one of a few people does.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Comes in, with one of the offers.
    Join(usize),
    /// Comes back to its session, or to somebody else's, with one of the offers.
    Resume(usize, usize),
    HangUp,
    Ask(usize, usize),
    Wait(usize),
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        2 => (0..9usize).prop_map(Act::Join),
        1 => (0..5usize, 0..9usize).prop_map(|(whom, offer)| Act::Resume(whom, offer)),
        1 => Just(Act::HangUp),
        8 => (0..14usize, 0..40usize).prop_map(|(kind, about)| Act::Ask(kind, about)),
        1 => (1..30usize).prop_map(Act::Wait),
    ];
    proptest::collection::vec((0..5usize, act), 1..60)
}

/// A request of any kind about any of `sids`, or about something else.
fn request(kind: usize, about: usize, sids: &[String], offers: &[String]) -> Request {
    let sid = |at: usize| sids.get(at % (sids.len() + 1)).cloned().unwrap_or_default();
    let odd = about % 2 == 1;
    match kind {
        0 | 1 => {
            let description = SessionDescription {
                sdp: offers[about % offers.len()].clone(),
                id: u32::try_from(about).unwrap_or_default() % 3,
                ..Default::default()
            };
            match kind {
                0 => Request::Offer(description),
                _ => Request::Answer(description),
            }
        }
        2 => Request::AddTrack(AddTrackRequest {
            cid: format!("cid-{}", about % 3),
            r#type: i32::try_from(about).unwrap_or_default() % 3,
            sid: if about > 30 { sid(about) } else { String::new() },
            ..camera()
        }),
        3 => Request::Mute(proto::MuteTrackRequest {
            sid: sid(about),
            muted: odd,
        }),
        4 => Request::Subscription(UpdateSubscription {
            track_sids: vec![sid(about), sid(about + 1)],
            subscribe: odd,
            ..Default::default()
        }),
        5 => Request::TrackSetting(proto::UpdateTrackSettings {
            track_sids: vec![sid(about)],
            disabled: odd,
            ..Default::default()
        }),
        6 => Request::Leave(LeaveRequest::default()),
        7 => Request::SubscriptionPermission(proto::SubscriptionPermission {
            all_participants: odd,
            track_permissions: vec![proto::TrackPermission {
                participant_sid: sid(about),
                track_sids: vec![sid(about + 1)],
                ..Default::default()
            }],
        }),
        8 => Request::SyncState(proto::SyncState {
            track_sids_disabled: vec![sid(about)],
            publish_tracks: vec![proto::TrackPublishedResponse {
                track: Some(proto::TrackInfo {
                    sid: sid(about),
                    ..Default::default()
                }),
                ..Default::default()
            }],
            ..Default::default()
        }),
        9 => Request::UpdateMetadata(proto::UpdateParticipantMetadata {
            name: sid(about),
            attributes: [(sid(about), sid(about + 1))].into(),
            ..Default::default()
        }),
        10 => Request::UpdateAudioTrack(proto::UpdateLocalAudioTrack {
            track_sid: sid(about),
            features: vec![1],
        }),
        11 => Request::UpdateVideoTrack(proto::UpdateLocalVideoTrack {
            track_sid: sid(about),
            ..Default::default()
        }),
        12 => Request::Ping(1),
        _ => Request::Trickle(proto::TrickleRequest::default()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_five_people_ask_of_a_room_nobody_else_is_sent_away(acts in acts()) {
        let (mut world, anna, bo) = meeting();
        let offer = |direction| {
            let mut rtc = RtcConfig::new().build(world.now);
            let mut api = rtc.sdp_api();
            api.add_media(MediaKind::Video, direction, Some("s".into()), Some("cid-1".into()), None);
            api.add_media(MediaKind::Audio, direction, Some("s".into()), Some("cid-2".into()), None);
            api.apply().expect("an offer").0.to_sdp_string()
        };
        let mut offers = NO_OFFERS.map(str::to_owned).to_vec();
        offers.extend([Direction::SendOnly, Direction::RecvOnly, Direction::Inactive].map(offer));
        let mut people: [Option<Caller>; 5] = Default::default();
        for (who, act) in acts {
            let room = world.core.rooms.get(world.core.names["r"]).expect("the room");
            let there = room.participants.iter();
            let there: HashMap<_, _> = there.map(|(_, p)| (p.identity().to_owned(), p.sid.clone())).collect();
            let mut sids: Vec<_> = room.track_sids.keys().chain(there.values()).cloned().collect();
            sids.sort();
            let name = format!("p{who}");
            match act {
                Act::Join(at) => {
                    let request = JoinRequest {
                        publisher_offer: rubbish(&offers[at]),
                        add_track_requests: vec![camera()],
                        ..Default::default()
                    };
                    people[who] = Some(Caller::call(&mut world, &name, request));
                }
                Act::Resume(whom, at) => {
                    let sid = there.get(&format!("p{whom}")).cloned();
                    let request = JoinRequest {
                        reconnect: true,
                        participant_sid: sid.unwrap_or_default(),
                        publisher_offer: rubbish(&offers[at]),
                        ..Default::default()
                    };
                    people[who] = Some(Caller::call(&mut world, &name, request));
                }
                Act::HangUp => {
                    if let Some(caller) = people[who].take() {
                        caller.hang_up(&mut world);
                    }
                }
                Act::Ask(kind, about) => {
                    if let Some(caller) = &people[who] {
                        let message = Some(request(kind, about, &sids, &offers));
                        let bytes = SignalRequest { message }.encode_to_vec();
                        world.say(caller.connection, &Frame::Binary(bytes.into()));
                    }
                }
                Act::Wait(steps) => world.run(steps),
            }
        }
        world.film(anna, 1, 5, true);
        prop_assert_eq!(world.peers[bo].packets.len(), 5);
        prop_assert_eq!(world.peers[anna].left_because(), None);
        prop_assert_eq!(world.peers[bo].left_because(), None);
    }
}
