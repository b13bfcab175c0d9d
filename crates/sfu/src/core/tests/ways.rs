// SPDX-License-Identifier: EUPL-1.2
//! Stories of how packets get to the SFU and back: over TCP, and to one of several addresses.

use super::*;

#[test]
fn who_has_no_udp_shows_and_sees_over_tcp() {
    let mut world = World::new();
    world.tcp_only = true;
    let anna = world.join("anna", all(), Direction::SendOnly);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.tcp_only = false;
    let cem = world.join("cem", all(), Direction::RecvOnly);
    world.run(100);
    assert!(world.peers[bo].answer.contains(" tcptype passive"));
    world.film(anna, 1, 20, true);
    assert_eq!(world.peers[bo].packets.len(), 20);
    assert_eq!(world.peers[cem].packets.len(), 20, "they are in the same room");
}

#[test]
fn the_same_address_over_tcp_and_over_udp_is_two_clients() {
    let mut world = World::new();
    let anna = world.join("anna", all(), Direction::SendOnly);
    let bo = world.join("bo", all(), Direction::RecvOnly);
    world.tcp_only = true;
    let cem = world.join("cem", all(), Direction::RecvOnly);
    // What bo is for UDP.
    world.peers[cem].address = world.peers[bo].address;
    let candidate = Candidate::builder()
        .tcp()
        .host(world.peers[bo].address)
        .tcptype(TcpType::Active)
        .build();
    world.peers[cem]
        .rtc
        .add_local_candidate(candidate.expect("a candidate"));
    world.run(200);
    world.film(anna, 1, 20, true);
    assert_eq!(world.peers[bo].packets.len(), 20);
    assert_eq!(world.peers[cem].packets.len(), 20);
}

#[test]
fn packets_to_a_client_leave_from_the_address_that_it_sends_to() {
    let mut world = World::new();
    let second: SocketAddr = "10.0.0.2:7000".parse().expect("an address");
    world.core.shared.candidates.push(second);
    let anna = world.join("anna", all(), Direction::SendOnly);
    world.run(100);
    let address = world.peers[anna].address;
    assert_eq!(world.core.local_of(address), None, "it was not said");
    let way = Way {
        local: Some(second.ip()),
        ..address.into()
    };
    let check = loop {
        world.now += STEP;
        let peer = &mut world.peers[anna];
        let _ = peer.rtc.handle_input(str0m::Input::Timeout(world.now));
        peer.drain();
        if let Some(check) = peer.sent.iter().find(|bytes| is_check(bytes)) {
            break check.clone();
        }
    };
    let input = Input::Datagram {
        source: way,
        bytes: &check,
    };
    world.core.handle(world.now, input, &mut world.out);
    world.core.settle(world.now, &mut world.out);
    assert_eq!(world.core.local_of(address), Some(second.ip()));
    assert_eq!(world.core.destination(way), second);
    assert!(
        world.out.datagrams.iter().any(|(to, _)| *to == address),
        "it is answered"
    );
}
