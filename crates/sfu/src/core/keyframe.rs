// SPDX-License-Identifier: EUPL-1.2
//! Where a keyframe starts, seen from the first bytes of an RTP payload.
//!
//! Reads descriptors and headers only (RFC 7741, 6184, 9628, AV1 RTP 1.0); never media, which may be
//! end-to-end encrypted.

use str0m::format::Codec;
use str0m::rtp::Vp8Descriptor;

/// True when a decoder can start with this packet.
pub fn starts_keyframe(codec: Codec, payload: &[u8], vp8: Option<&Vp8Descriptor>) -> bool {
    match codec {
        Codec::Vp8 => vp8.is_some_and(|descriptor| descriptor.starts_keyframe(payload)),
        Codec::H264 => h264(payload),
        Codec::Vp9 => vp9(payload),
        // N: first packet of a coded video sequence.
        Codec::Av1 => payload.first().is_some_and(|header| header & 0x08 != 0),
        _ => true,
    }
}

fn h264(payload: &[u8]) -> bool {
    const SPS: u8 = 7;
    const STAP_A: u8 = 24;
    let nal_type = |byte: u8| byte & 0x1f;
    match payload.first().copied().map(nal_type) {
        Some(SPS) => true,
        Some(STAP_A) => {
            let mut rest = &payload[1..];
            while let [high, low, tail @ ..] = rest {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if tail.first().copied().map(nal_type) == Some(SPS) {
                    return true;
                }
                let Some(next) = tail.get(length..) else { return false };
                rest = next;
            }
            false
        }
        _ => false,
    }
}

fn vp9(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else { return false };
    let (picture_id, predicted, layers, start) = (
        first & 0x80 != 0,
        first & 0x40 != 0,
        first & 0x20 != 0,
        first & 0x08 != 0,
    );
    if predicted || !start {
        return false;
    }
    if !layers {
        return true;
    }
    let long = picture_id && payload.get(1).is_some_and(|byte| byte & 0x80 != 0);
    let at = 1 + usize::from(picture_id) + usize::from(long);
    payload.get(at).is_some_and(|layer| (layer >> 1) & 0x07 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keyframes_are_told_from_other_frames() {
        assert!(h264(&[0x67, 1, 2]));
        assert!(h264(&[0x78, 0, 2, 0x67, 1, 0, 1, 0x68]));
        assert!(!h264(&[0x7c, 0x85, 0]), "an IDR without its parameter sets");
        assert!(vp9(&[0x88, 0x01]));
        assert!(!vp9(&[0xc8, 0x01]));
        assert!(vp9(&[0xa8, 0x81, 0x01, 0x00]), "spatial layer 0");
        assert!(!vp9(&[0xa8, 0x81, 0x01, 0x02]), "spatial layer 1");
        let vp8 = |payload: &[u8]| {
            let descriptor = Vp8Descriptor::parse(payload).ok();
            starts_keyframe(Codec::Vp8, payload, descriptor.as_ref())
        };
        assert!(vp8(&[0x10, 0x00]));
        assert!(!vp8(&[0x10, 0x01]));
    }

    proptest! {
        #[test]
        fn any_payload_can_be_looked_at(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1, Codec::Opus] {
                let descriptor = Vp8Descriptor::parse(&payload).ok();
                let _ = starts_keyframe(codec, &payload, descriptor.as_ref());
            }
        }
    }
}
