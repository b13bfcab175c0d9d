// SPDX-License-Identifier: EUPL-1.2
//! The dependency descriptor (AV1 RTP specification, appendix A): the header extension without which
//! a browser cannot tell the spatial layers of an AV1 picture apart.
//!
//! It is carried, not read: a stream that is forwarded whole needs it byte for byte. Where layers are
//! chosen (simulcast) it would describe another stream, and is left out.

use str0m::media::ExtensionValues;
use str0m::rtp::{Extension, ExtensionSerializer};

use crate::limits;

pub const URI: &str = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
/// The one-byte form of header extensions carries no more (RFC 8285).
const ONE_BYTE_FORM: usize = 16;

/// The bytes of one packet's descriptor.
pub struct Descriptor(pub Box<[u8]>);

#[derive(Debug)]
struct Serializer;

impl ExtensionSerializer for Serializer {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Descriptor(bytes)) = values.user_values.get::<Descriptor>() else {
            return 0;
        };
        match buf.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                bytes.len()
            }
            None => 0,
        }
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        let fits = (1..=limits::DESCRIPTOR_BYTES).contains(&buf.len());
        if fits {
            values.user_values.set(Descriptor(buf.into()));
        }
        fits
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<Descriptor>();
        descriptor.is_some_and(|descriptor| descriptor.0.len() > ONE_BYTE_FORM)
    }
}

/// The extension as a transport negotiates it.
pub fn extension() -> Extension {
    Extension::with_serializer(URI, Serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_goes_out_and_what_is_too_long_does_not() {
        for (length, whole) in [
            (0, false),
            (3, true),
            (16, true),
            (80, true),
            (limits::DESCRIPTOR_BYTES + 1, false),
        ] {
            let bytes = vec![7; length];
            let mut values = ExtensionValues::default();
            assert_eq!(Serializer.parse_value(&bytes, &mut values), whole);
            let mut out = [0; 255];
            let written = Serializer.write_to(&mut out, &values);
            assert_eq!(&out[..written], if whole { &bytes[..] } else { &[] });
            assert_eq!(Serializer.requires_two_byte_form(&values), whole && length > 16);
        }
    }
}
