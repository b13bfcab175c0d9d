// SPDX-License-Identifier: EUPL-1.2
//! Stories of lines that lose packets or carry less than there is to see.

use str0m::media::{Rid, Simulcast, SimulcastLayer};

use super::link::Link;
use super::*;
use crate::proto::StreamState;

/// Packets of a frame and their bytes, by layer: 150 kbit/s, 500 kbit/s and 1.7 Mbit/s at 25 frames a second.
const LAYERS: [(&str, usize, usize); 3] = [("q", 1, 750), ("h", 2, 1_250), ("f", 8, 1_060)];
/// Steps of a frame.
const FRAME: usize = 8;
const FRAMES_PER_SECOND: u64 = 25;

/// Somebody with a camera in three layers, and who watches it over a line.
struct Watching {
    world: World,
    filmed: usize,
    watcher: usize,
    frame: u64,
    asked: usize,
    numbers: [u64; 3],
    since: Instant,
}

impl Watching {
    fn new(rate: f64, delay: Duration, loss: f64) -> Self {
        let mut world = World::new();
        let filmed = world.join_offering("anna", all(), vec![camera()], |api| {
            let mut layers = Simulcast::new();
            LAYERS
                .iter()
                .for_each(|(rid, ..)| layers.add_send_layer(SimulcastLayer::new(rid)));
            let (stream, cid) = (Some("s".into()), Some("cid-1".into()));
            Some(api.add_media(MediaKind::Video, Direction::SendOnly, stream, cid, Some(layers)))
        });
        let watcher = world.join("bo", all(), Direction::RecvOnly);
        world.run(100);
        world.peers[watcher].link = Some(Link::new(world.now, rate, delay, loss, 7));
        let since = world.now;
        Self {
            world,
            filmed,
            watcher,
            frame: 0,
            asked: 0,
            numbers: [0; 3],
            since,
        }
    }

    fn link(&mut self) -> &mut Link {
        self.world.peers[self.watcher].link.as_mut().expect("a link")
    }

    /// Films for so long; a key frame starts whenever somebody needs one.
    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds * FRAMES_PER_SECOND {
            let asked = self.world.peers[self.filmed].keyframe_requests;
            let keyframe = std::mem::replace(&mut self.asked, asked) != asked || self.frame == 0;
            for (layer, (rid, packets, bytes)) in LAYERS.into_iter().enumerate() {
                for packet in 0..packets {
                    self.send(layer, rid, (packet == 0, packet + 1 == packets, keyframe), bytes);
                }
            }
            self.frame += 1;
            self.world.run(FRAME);
        }
    }

    fn send(&mut self, layer: usize, rid: &str, (first, last, keyframe): (bool, bool, bool), bytes: usize) {
        let now = self.world.now;
        let sender = &mut self.world.peers[self.filmed];
        let mid = sender.video.expect("a section");
        let params = sender.rtc.codec_config().params();
        let pt = params.iter().find(|p| p.spec().codec == Codec::Vp8).expect("VP8").pt();
        let [high, low] = (0x8000 | (self.frame & 0x7fff) as u16).to_be_bytes();
        let start = if first { 0x90 } else { 0x80 };
        let mut payload = vec![
            start,
            0xe0,
            high,
            low,
            self.frame as u8,
            0,
            u8::from(!keyframe),
            layer as u8,
        ];
        payload.resize(bytes, 0);
        self.numbers[layer] += 1;
        let values = ExtensionValues {
            rid: Some(Rid::from(rid)),
            ..Default::default()
        };
        let time = (self.frame * 3_600) as u32;
        let write = RtpWrite::new(pt, self.numbers[layer].into(), time, now, payload);
        let mut direct = sender.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, Some(Rid::from(rid))).expect("a stream");
        stream.write_rtp(write.ext_vals(values).marker(last).nackable(true));
    }

    /// What was seen since the last call: when (in seconds from the start), and of which layer.
    fn seen(&mut self) -> Vec<(f64, u8)> {
        let packets = std::mem::take(&mut self.world.peers[self.watcher].packets);
        let of = |packet: &RtpPacket| {
            let at = packet.timestamp.saturating_duration_since(self.since).as_secs_f64();
            (at, packet.payload[7])
        };
        packets
            .iter()
            .filter(|packet| packet.payload.len() > 8)
            .map(of)
            .collect()
    }

    fn states(&self) -> Vec<i32> {
        let told = self.world.peers[self.watcher]
            .heard
            .iter()
            .filter_map(|message| match message {
                Message::StreamStateUpdate(update) => Some(&update.stream_states),
                _ => None,
            });
        told.flatten().map(|info| info.state).collect()
    }
}

/// How often the layer changes.
fn changes(seen: &[(f64, u8)]) -> usize {
    // What is sent again comes late and is no change.
    let runs = seen.chunk_by(|a, b| a.1 == b.1).filter(|run| run.len() > 4);
    let runs: Vec<_> = runs.map(|run| run[0].1).collect();
    runs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// The longest time without any picture.
fn longest_gap(seen: &[(f64, u8)]) -> f64 {
    seen.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(0.0, f64::max)
}

#[test]
fn a_line_that_carries_everything_shows_everything_and_never_anything_else() {
    let mut watching = Watching::new(4e6, Duration::from_millis(100), 0.0);
    watching.run(2);
    watching.seen();
    watching.run(30);
    let seen = watching.seen();
    assert!(seen.iter().all(|(_, layer)| *layer == 2));
    assert_eq!(watching.link().dropped, 0);
    assert!(watching.states().is_empty());
}

#[test]
fn a_line_that_becomes_narrow_shows_less_within_seconds_and_everything_again_when_it_is_wide() {
    let mut watching = Watching::new(3e6, Duration::from_millis(50), 0.0);
    watching.run(10);
    assert_eq!(watching.seen().last().map(|(_, layer)| *layer), Some(2));
    watching.link().rate = 300e3;
    watching.run(5);
    assert!(longest_gap(&watching.seen()) < 2.0);
    watching.link().dropped = 0;
    watching.run(1);
    let seen = watching.seen();
    assert!(seen.iter().all(|(_, layer)| *layer == 0), "{seen:?}");
    assert_eq!(watching.link().dropped, 0, "no queue is left");
    watching.link().rate = 3e6;
    watching.run(10);
    let seen = watching.seen();
    assert!(longest_gap(&seen) < 2.0);
    assert_eq!(seen.last().map(|(_, layer)| *layer), Some(2), "{seen:?}");
}

#[test]
fn packets_lost_on_a_wide_line_cost_no_layer() {
    for loss in [0.01, 0.05, 0.1] {
        let mut watching = Watching::new(10e6, Duration::from_millis(50), loss);
        watching.run(3);
        watching.seen();
        watching.run(30);
        let seen = watching.seen();
        assert_eq!(changes(&seen), 0, "{loss}");
        assert!(longest_gap(&seen) < 0.5, "{loss}");
        assert_eq!(seen.last().map(|(_, layer)| *layer), Some(2));
    }
}

#[test]
fn a_narrow_line_comes_to_rest_and_what_more_is_tried_is_tried_rarely() {
    let mut watching = Watching::new(400e3, Duration::from_millis(50), 0.0);
    watching.run(20);
    watching.seen();
    watching.run(100);
    let seen = watching.seen();
    assert!(longest_gap(&seen) < 2.0, "{}", longest_gap(&seen));
    // Each try is a change there and one back.
    assert!(changes(&seen) <= 2 * 6, "{}", changes(&seen));
    let small = seen.iter().filter(|(_, layer)| *layer == 0).count();
    assert!(small * 10 > seen.len() * 7, "{small} of {}", seen.len());
}

#[test]
fn a_picture_that_does_not_fit_at_all_stops_with_a_word_and_goes_on_when_it_fits() {
    let mut watching = Watching::new(2e6, Duration::from_millis(50), 0.0);
    watching.run(5);
    watching.link().rate = 60e3;
    watching.run(15);
    let paused = StreamState::Paused as i32;
    assert_eq!(watching.states().first(), Some(&paused));
    watching.link().rate = 3e6;
    watching.run(30);
    assert_eq!(watching.states().last(), Some(&(StreamState::Active as i32)));
    assert_eq!(watching.seen().last().map(|(_, layer)| *layer), Some(2));
}

#[test]
fn a_picture_that_was_off_while_the_line_was_narrow_is_whole_when_it_comes_back() {
    let mut watching = Watching::new(3e6, Duration::from_millis(50), 0.0);
    watching.run(5);
    watching.link().rate = 60e3;
    watching.run(10);
    let sid = watching.world.peers[watching.filmed].published().expect("published");
    let mute = |watching: &mut Watching, muted| {
        let request = crate::proto::MuteTrackRequest {
            sid: sid.clone(),
            muted,
        };
        watching.world.ask(watching.filmed, Request::Mute(request));
    };
    mute(&mut watching, true);
    watching.link().rate = 3e6;
    watching.run(15);
    watching.seen();
    mute(&mut watching, false);
    watching.run(5);
    assert_eq!(watching.seen().last().map(|(_, layer)| *layer), Some(2));
}

#[test]
fn a_line_that_just_carries_the_smallest_picture_goes_on_showing_it() {
    let mut watching = Watching::new(3e6, Duration::from_millis(50), 0.0);
    watching.run(5);
    watching.link().rate = 170e3;
    watching.run(12);
    let seen = watching.seen();
    assert!(longest_gap(&seen) < 2.0, "{}", longest_gap(&seen));
    assert!(watching.states().is_empty(), "nothing is stopped");
}
