// SPDX-License-Identifier: EUPL-1.2
//! Stories of packets: numbers and keys over long silences, sections used again, clocks.

use super::*;
use str0m::rtp::Ssrc;

impl World {
    /// Sends packets as fast as a client may, 20 a step, with these numbers.
    fn stream(&mut self, peer: usize, from: u64, count: u64, keyframe: bool) {
        for packet in from..from + count {
            let [high, low] = (0x8000 | (packet & 0x7fff) as u16).to_be_bytes();
            let delta = u8::from(!keyframe || packet > from);
            let payload = vec![0x90, 0xe0, high, low, packet as u8, 0, delta, 1, 2, 3];
            let now = self.now;
            let sender = &mut self.peers[peer];
            let mid = sender.video.expect("a section");
            let params = sender.rtc.codec_config().params();
            let pt = params.iter().find(|p| p.spec().codec == Codec::Vp8).expect("VP8").pt();
            let mut direct = sender.rtc.direct_api();
            let stream = direct.stream_tx_by_mid(mid, None).expect("a stream");
            let time = (packet as u32).wrapping_mul(90);
            stream.write_rtp(RtpWrite::new(pt, packet.into(), time, now, payload));
            if packet % 20 == 0 {
                self.run(1);
            }
        }
        self.run(4);
    }

    fn mute(&mut self, peer: usize, muted: bool) {
        let sid = self.peers[peer].published().expect("published");
        self.ask(peer, Request::Mute(crate::proto::MuteTrackRequest { sid, muted }));
    }

    /// The client offers anew, with its receiving sections in this direction.
    fn offer_again(&mut self, peer: usize, direction: Direction, id: u32) {
        let peer_index = peer;
        let peer = &mut self.peers[peer_index];
        let mid = peer.video.expect("a section");
        let mut api = peer.rtc.sdp_api();
        api.set_direction(mid, direction);
        api.ice_restart(true);
        let (offer, pending) = api.apply().expect("an offer");
        peer.pending = Some(pending);
        let offer = SessionDescription {
            r#type: "offer".into(),
            sdp: offer.to_sdp_string(),
            id,
            ..Default::default()
        };
        self.ask(peer_index, Request::Offer(offer));
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
fn who_was_out_of_reach_for_forty_thousand_packets_sees_the_picture_again() {
    let (mut world, anna, bo) = meeting();
    world.stream(anna, 1, 40, true);
    world.peers[bo].cut_off = true;
    // Ten seconds, in which more is sent than a receiver could count over.
    world.stream(anna, 41, 40_000, false);
    world.peers[bo].cut_off = false;
    world.run(600);
    world.stream(anna, 40_041, 40, true);
    let numbers = world.peers[bo].sequences();
    assert!(numbers.len() >= 80, "what is sent now arrives");
    assert!(numbers[numbers.len() - 40..].windows(2).all(|pair| pair[1] == pair[0] + 1));
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
