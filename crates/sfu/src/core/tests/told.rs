// SPDX-License-Identifier: EUPL-1.2
//! Stories of what somebody learns of the others: who is there and how, what they said, what cannot be shown.

use std::collections::HashSet;

use super::*;

fn hidden() -> serde_json::Value {
    serde_json::json!({"roomJoin": true, "room": "r", "hidden": true})
}

/// A text for everybody, with a number if it is reliable: `DataPacket { user { payload }, sequence }`.
fn text(payload: &str, sequence: u8) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    let user = [&[0x12, length], payload.as_bytes()].concat();
    [&[0x12, length + 2], &user[..], &[0x80, 0x01, sequence]].concat()
}

impl World {
    fn message(&mut self, peer: usize, message: &[u8]) {
        let peer = &mut self.peers[peer];
        let mut channel = peer.rtc.channel(peer.channel).expect("an open channel");
        assert!(channel.write(true, message).expect("writes"));
    }
}

impl Peer {
    /// Whether a message came in which this stands.
    fn got(&self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let with = |message: &&Vec<u8>| message.windows(bytes.len()).any(|part| part == bytes);
        self.messages.iter().filter(with).count()
    }

    /// Whose connection it was told of.
    fn qualities(&self) -> Vec<&str> {
        let updates = self.heard.iter().filter_map(|message| match message {
            Message::ConnectionQuality(update) => Some(&update.updates),
            _ => None,
        });
        updates.flatten().map(|info| info.participant_sid.as_str()).collect()
    }
}

#[test]
fn who_joins_or_comes_back_learns_at_once_how_the_others_are_connected() {
    let (mut world, anna, bo) = meeting();
    world.join("shadow", hidden(), Direction::RecvOnly);
    world.run(2_000);
    let mut here = [world.peers[anna].me().sid, world.peers[bo].me().sid];
    here.sort();
    let told = |world: &World, peer: usize| {
        let mut told: Vec<_> = world.peers[peer].qualities().into_iter().map(str::to_owned).collect();
        told.sort();
        told
    };
    let cem = world.join("cem", all(), Direction::RecvOnly);
    assert_eq!(told(&world, cem), here);
    let sid = world.peers[bo].me().sid;
    world.peers[bo].heard.clear();
    let request = JoinRequest {
        reconnect: true,
        participant_sid: sid,
        ..Default::default()
    };
    world.peers[bo].connection = world.connect(joining("bo", all(), request));
    world.run(1);
    assert_eq!(told(&world, bo), here);
}

#[test]
fn a_reliable_message_from_before_the_data_channel_is_open_arrives_once() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::RecvOnly);
    world.run(100);
    world.message(anna, &text("too early", 1));
    world.run(10);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.peers[bo].cut_off = true;
    world.message(anna, &text("hello", 2));
    world.run(10);
    world.peers[bo].cut_off = false;
    world.run(400);
    assert_eq!(world.peers[bo].got("hello"), 1);
    assert_eq!(world.peers[bo].got("too early"), 0, "it was for those who were there");
    let config = ChannelConfig {
        label: negotiate::RELIABLE.into(),
        ..Default::default()
    };
    world.peers[bo].rtc.direct_api().create_data_channel(config);
    world.run(50);
    assert_eq!(world.peers[bo].got("hello"), 1, "a second channel repeats nothing");
}

#[test]
fn who_is_hidden_stays_hidden_when_it_writes() {
    let mut world = World::new();
    let shadow = world.join("shadow", hidden(), Direction::RecvOnly);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.run(100);
    world.message(shadow, &text("from nobody", 1));
    world.run(20);
    let sid = world.peers[shadow].me().sid;
    let bo = &world.peers[bo];
    assert_eq!((bo.got("from nobody"), bo.got("shadow"), bo.got(&sid)), (1, 0, 0));
}

#[test]
fn who_cannot_decode_a_track_is_told_so_once() {
    let mut world = World::new();
    let anna = world.publish("anna", "video/VP9");
    world.config = |config| config.clear_codecs().enable_vp8(true);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.run(100);
    for frame in 1..20 {
        world.write(anna, Codec::Vp9, frame, vec![0x88, 1, 2], ExtensionValues::default());
    }
    let unsupported = proto::SubscriptionError::SeCodecUnsupported as i32;
    let told = world.peers[bo].heard.iter().filter_map(|message| match message {
        Message::SubscriptionResponse(response) => Some((response.track_sid.clone(), response.err)),
        _ => None,
    });
    let track = world.peers[anna].published().expect("published");
    assert_eq!(told.collect::<Vec<_>>(), [(track, unsupported)]);
}

#[test]
fn nobody_is_always_the_last_to_get_a_packet() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::SendOnly);
    let others: Vec<_> = (0..4)
        .map(|person| world.join(&format!("p{person}"), all(), Direction::RecvOnly))
        .collect();
    world.run(100);
    world.turns.clear();
    world.film(anna, 1, 40, true);
    let full = world.turns.iter().filter(|turn| turn.len() == others.len());
    let last: HashSet<_> = full.filter_map(|turn| turn.last()).collect();
    let all: HashSet<_> = others.iter().map(|other| &world.peers[*other].address).collect();
    assert_eq!(last, all);
}
