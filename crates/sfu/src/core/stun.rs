// SPDX-License-Identifier: EUPL-1.2
//! The little STUN (RFC 8489) outside of str0m: for which transport an ICE check is.
//!
//! Nothing is verified here; a transport checks the signature itself.

const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 0x0006;

/// The local user name fragment that a binding request is addressed to.
pub fn read_check(datagram: &[u8]) -> Option<&str> {
    let header = datagram.get(..HEADER)?;
    if header[..2] != [0, 1] || header[4..8] != MAGIC {
        return None;
    }
    let mut rest = &datagram[HEADER..];
    while let [t0, t1, l0, l1, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = tail.get(..length)?;
        if u16::from_be_bytes([*t0, *t1]) == USERNAME {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_check_names_the_transport_it_is_for() {
        let mut request = vec![0, 1, 0, 16];
        request.extend(MAGIC);
        request.extend([7; 12]);
        request.extend([&[0, 6, 0, 9][..], b"abcd:efgh", &[0, 0, 0]].concat());
        assert_eq!(read_check(&request), Some("abcd"));
    }

    proptest! {
        #[test]
        fn any_datagram_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            let _ = read_check(&bytes);
            if bytes.len() >= HEADER {
                bytes[..2].copy_from_slice(&[0, 1]);
                bytes[4..8].copy_from_slice(&MAGIC);
                let _ = read_check(&bytes);
            }
        }
    }
}
