// SPDX-License-Identifier: EUPL-1.2
//! The `DataPacket` of the data channels, edited on the wire format.
//!
//! Only who sent it, how, and who may have it is the SFU's business: those fields are read and replaced,
//! everything else is copied as it came, so that kinds of packets newer than this code pass too.

use crate::limits::DESTINATIONS;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

/// 0 reliable, 1 lossy (deprecated, still shown by old clients).
const KIND: u32 = 1;
const USER: u32 = 2;
const PARTICIPANT_IDENTITY: u32 = 4;
const DESTINATION_IDENTITIES: u32 = 5;
const SEQUENCE: u32 = 16;
const PARTICIPANT_SID: u32 = 17;

const USER_PARTICIPANT_SID: u32 = 1;
const USER_DESTINATION_SIDS: u32 = 3;
const USER_PARTICIPANT_IDENTITY: u32 = 5;
const USER_DESTINATION_IDENTITIES: u32 = 6;

/// A packet as it is passed on, with what decides about its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPacket {
    /// The packet with its true sender filled in.
    pub bytes: Vec<u8>,
    /// Who may have it; empty means everybody (together with `destination_sids`).
    pub destination_identities: Vec<String>,
    /// The same by sid (deprecated, still sent by old clients).
    pub destination_sids: Vec<String>,
    /// Number among the reliable packets of its sender; 0 when the client does not count.
    pub sequence: u32,
}

/// One field: its number, wire type and the bytes of key and value together.
struct Field<'a> {
    number: u32,
    whole: &'a [u8],
    /// The content of a length-delimited field.
    content: &'a [u8],
    varint: u64,
}

fn next_field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    let start = *rest;
    let (number, wire) = decode_key(rest).ok()?;
    let mut content: &[u8] = &[];
    let mut varint = 0;
    match wire {
        WireType::Varint => varint = decode_varint(rest).ok()?,
        WireType::ThirtyTwoBit => *rest = rest.get(4..)?,
        WireType::SixtyFourBit => *rest = rest.get(8..)?,
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
            content = rest.get(..length)?;
            *rest = rest.get(length..)?;
        }
        WireType::StartGroup | WireType::EndGroup => return None,
    }
    Some(Field {
        number,
        whole: &start[..start.len() - rest.len()],
        content,
        varint,
    })
}

fn put_string(number: u32, value: &str, out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value.as_bytes());
}

/// Adds a receiver; of too many only as many as it takes to see that.
fn name(field: &Field<'_>, names: &mut Vec<String>) -> Option<()> {
    if names.len() <= DESTINATIONS {
        names.push(std::str::from_utf8(field.content).ok()?.to_owned());
    }
    Some(())
}

/// Reads a packet of `identity`/`sid` and writes it anew with that sender and with the kind of channel
/// that it came on, whatever it says itself. `None` when malformed.
pub fn stamp(packet: &[u8], identity: &str, sid: &str, reliable: bool) -> Option<DataPacket> {
    let mut stamped = DataPacket {
        bytes: Vec::with_capacity(packet.len() + identity.len() + sid.len() + 64),
        destination_identities: Vec::new(),
        destination_sids: Vec::new(),
        sequence: 0,
    };
    let mut rest = packet;
    while !rest.is_empty() {
        let field = next_field(&mut rest)?;
        match field.number {
            KIND | PARTICIPANT_IDENTITY | PARTICIPANT_SID => continue,
            DESTINATION_IDENTITIES => name(&field, &mut stamped.destination_identities)?,
            SEQUENCE => stamped.sequence = u32::try_from(field.varint).ok()?,
            USER => {
                let user = stamp_user(&field, identity, sid, &mut stamped)?;
                encode_key(USER, WireType::LengthDelimited, &mut stamped.bytes);
                encode_varint(user.len() as u64, &mut stamped.bytes);
                stamped.bytes.extend_from_slice(&user);
                continue;
            }
            _ => {}
        }
        stamped.bytes.extend_from_slice(field.whole);
    }
    if !reliable {
        encode_key(KIND, WireType::Varint, &mut stamped.bytes);
        encode_varint(1, &mut stamped.bytes);
    }
    put_string(PARTICIPANT_IDENTITY, identity, &mut stamped.bytes);
    put_string(PARTICIPANT_SID, sid, &mut stamped.bytes);
    Some(stamped)
}

fn stamp_user(field: &Field<'_>, identity: &str, sid: &str, packet: &mut DataPacket) -> Option<Vec<u8>> {
    let mut user = Vec::with_capacity(field.content.len() + 64);
    let mut rest = field.content;
    while !rest.is_empty() {
        let field = next_field(&mut rest)?;
        match field.number {
            USER_PARTICIPANT_SID | USER_PARTICIPANT_IDENTITY => continue,
            USER_DESTINATION_SIDS => name(&field, &mut packet.destination_sids)?,
            USER_DESTINATION_IDENTITIES => name(&field, &mut packet.destination_identities)?,
            _ => {}
        }
        user.extend_from_slice(field.whole);
    }
    put_string(USER_PARTICIPANT_SID, sid, &mut user);
    put_string(USER_PARTICIPANT_IDENTITY, identity, &mut user);
    Some(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `DataPacket { user { payload: "hi", participant_identity: "liar" }, destination "bo", sequence 3 }`
    fn sample() -> Vec<u8> {
        let mut user = Vec::new();
        put_string(2, "hi", &mut user);
        put_string(USER_PARTICIPANT_IDENTITY, "liar", &mut user);
        let mut packet = vec![0x08, 1];
        encode_key(USER, WireType::LengthDelimited, &mut packet);
        encode_varint(user.len() as u64, &mut packet);
        packet.extend(user);
        put_string(DESTINATION_IDENTITIES, "bo", &mut packet);
        encode_key(SEQUENCE, WireType::Varint, &mut packet);
        encode_varint(3, &mut packet);
        packet
    }

    #[test]
    fn the_sender_of_a_packet_is_who_sent_it_not_who_it_says() {
        let stamped = stamp(&sample(), "anna", "PA_1", true).expect("well-formed");
        assert_eq!(stamped.destination_identities, ["bo"]);
        assert_eq!(stamped.sequence, 3);
        let text = String::from_utf8_lossy(&stamped.bytes).into_owned();
        assert!(text.contains("hi") && text.contains("anna") && text.contains("PA_1"));
        assert!(!text.contains("liar"));
        assert!(!stamped.bytes.starts_with(&[0x08]), "it came reliably");
        let again = stamp(&stamped.bytes, "anna", "PA_1", true).expect("well-formed");
        assert_eq!(again.bytes.len(), stamped.bytes.len());
        let lossy = stamp(&sample(), "anna", "PA_1", false).expect("well-formed");
        assert_eq!(lossy.bytes.len(), stamped.bytes.len() + 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_stamped_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = stamp(&bytes, "a", "PA_1", false);
        }
    }
}
