// SPDX-License-Identifier: EUPL-1.2
//! The little STUN (RFC 8489) outside of ICE: whose connection a check is for, and our own answer to
//! plain binding requests, so that clients need no foreign STUN server.

use std::net::{IpAddr, SocketAddr};

const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 0x0006;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// What a STUN datagram from an unknown address wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Stun<'a> {
    /// An ICE check for the transport with this local user name fragment.
    Check(&'a str),
    /// A plain binding request.
    Binding,
}

/// Reads a binding request; `None` for anything else.
pub fn read(datagram: &[u8]) -> Option<Stun<'_>> {
    let header = datagram.get(..HEADER)?;
    if header[..2] != [0, 1] || header[4..8] != MAGIC {
        return None;
    }
    let mut rest = &datagram[HEADER..];
    while let [t0, t1, l0, l1, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = tail.get(..length)?;
        if u16::from_be_bytes([*t0, *t1]) == USERNAME {
            let name = std::str::from_utf8(value).ok()?;
            return name.split(':').next().map(Stun::Check);
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    Some(Stun::Binding)
}

/// The response to a plain binding request: the address it came from.
pub fn answer(request: &[u8], source: SocketAddr) -> Vec<u8> {
    let transaction = &request[4..HEADER];
    let mut address = match source.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    address
        .iter_mut()
        .zip(transaction)
        .for_each(|(byte, mask)| *byte ^= mask);
    let family = if source.is_ipv4() { 1 } else { 2 };
    let port = source.port() ^ u16::from_be_bytes([MAGIC[0], MAGIC[1]]);
    let length = u16::try_from(4 + address.len()).unwrap_or_default();
    let mut response = vec![0x01, 0x01];
    response.extend((length + 4).to_be_bytes());
    response.extend(transaction);
    response.extend(XOR_MAPPED_ADDRESS.to_be_bytes());
    response.extend(length.to_be_bytes());
    response.extend([0, family]);
    response.extend(port.to_be_bytes());
    response.extend(address);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(attributes: &[u8]) -> Vec<u8> {
        let mut request = vec![0, 1, 0, u8::try_from(attributes.len()).expect("short")];
        request.extend(MAGIC);
        request.extend([7; 12]);
        request.extend(attributes);
        request
    }

    #[test]
    fn a_check_names_the_transport_it_is_for() {
        let attributes = [&[0, 6, 0, 9][..], b"abcd:efgh", &[0, 0, 0]].concat();
        assert_eq!(read(&request(&attributes)), Some(Stun::Check("abcd")));
    }

    #[test]
    fn a_plain_request_is_answered_with_its_own_address() {
        let request = request(&[]);
        assert_eq!(read(&request), Some(Stun::Binding));
        let answer = answer(&request, "192.0.2.1:32853".parse().expect("an address"));
        assert_eq!(answer[..4], [1, 1, 0, 12]);
        assert_eq!(answer[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
    }

    proptest! {
        #[test]
        fn any_datagram_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            let _ = read(&bytes);
            if bytes.len() >= HEADER {
                bytes[..2].copy_from_slice(&[0, 1]);
                bytes[4..8].copy_from_slice(&MAGIC);
                let _ = read(&bytes);
            }
        }
    }
}
