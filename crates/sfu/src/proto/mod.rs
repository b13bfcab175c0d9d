// SPDX-License-Identifier: EUPL-1.2
//! The LiveKit messages and their two encodings: protobuf in binary frames, JSON in text frames.
//!
//! Not a place for rules about what a message means. `livekit.rs` is generated (`proto/README.md`);
//! JSON goes through the descriptors, so no code is generated for it.

pub mod data_packet;
#[rustfmt::skip]
#[expect(clippy::large_enum_variant, clippy::enum_variant_names, reason = "generated as the protocol has it")]
mod livekit;

use std::io::Read;
use std::sync::LazyLock;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};

pub use livekit::*;

use crate::limits::JOIN_REQUEST_BYTES;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!("../../proto/livekit.binpb").as_slice())
        .expect("the checked-in descriptors are valid")
});

fn descriptor(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(name)
        .expect("the message is in the checked-in descriptors")
}

/// Reads the request in a binary frame. `None`: one of a kind that is not known here.
///
/// # Errors
/// It is none; the text says in which field, and nothing of what stands there.
pub fn read_binary(frame: &[u8]) -> Result<Option<signal_request::Message>, String> {
    let request = SignalRequest::decode(frame).map_err(|error| error.to_string())?;
    Ok(request.message)
}

/// Reads the request in a text frame, with the same result, where the text says in which place; unknown fields are
/// ignored, as in protobuf.
///
/// # Errors
/// The same.
pub fn read_text(frame: &str) -> Result<Option<signal_request::Message>, String> {
    let mut json = serde_json::Deserializer::from_str(frame);
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let message = DynamicMessage::deserialize_with_options(descriptor("livekit.SignalRequest"), &mut json, &options)
        .map_err(|error| format!("no SignalRequest, line {} column {}", error.line(), error.column()))?;
    let request = message.transcode_to::<SignalRequest>();
    Ok(request.map_err(|error| error.to_string())?.message)
}

/// A response as the bytes of a binary frame.
pub fn write_binary(message: signal_response::Message) -> Bytes {
    SignalResponse { message: Some(message) }.encode_to_vec().into()
}

/// The JSON of a response that is already encoded for a binary frame.
pub fn text_of(binary: &[u8]) -> Option<String> {
    let message = DynamicMessage::decode(descriptor("livekit.SignalResponse"), binary).ok()?;
    serde_json::to_string(&message).ok()
}

/// Unpacks the `join_request` of the query: base64url of a `WrappedJoinRequest`, perhaps gzipped.
pub fn read_join_request(value: &str) -> Option<JoinRequest> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let wrapped = GeneralPurpose::new(&URL_SAFE, config).decode(value).ok()?;
    let wrapped = WrappedJoinRequest::decode(wrapped.as_slice()).ok()?;
    if wrapped.compression == wrapped_join_request::Compression::Gzip as i32 {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&wrapped.join_request[..])
            .take(JOIN_REQUEST_BYTES as u64 + 1)
            .read_to_end(&mut plain)
            .ok()?;
        (plain.len() <= JOIN_REQUEST_BYTES).then_some(())?;
        JoinRequest::decode(plain.as_slice()).ok()
    } else {
        JoinRequest::decode(wrapped.join_request).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_frames_carry_the_same_messages_as_binary_frames() {
        let request = read_text(r#"{"mute":{"sid":"TR_1","muted":true},"newerField":1}"#);
        let expected = MuteTrackRequest {
            sid: "TR_1".into(),
            muted: true,
        };
        assert_eq!(request, Ok(Some(signal_request::Message::Mute(expected))));

        let pong = signal_response::Message::PongResp(Pong {
            last_ping_timestamp: 7,
            timestamp: 9,
        });
        let text = text_of(&write_binary(pong)).expect("JSON");
        assert_eq!(text, r#"{"pongResp":{"lastPingTimestamp":"7","timestamp":"9"}}"#);
    }

    #[test]
    fn a_join_request_that_unpacks_to_too_much_is_refused() {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let long = JoinRequest {
            metadata: "x".repeat(600 * 1024),
            ..Default::default()
        };
        gzip.write_all(&long.encode_to_vec()).expect("gzip");
        let wrapped = WrappedJoinRequest {
            compression: wrapped_join_request::Compression::Gzip as i32,
            join_request: gzip.finish().expect("gzip").into(),
        };
        let value = base64::engine::general_purpose::URL_SAFE.encode(wrapped.encode_to_vec());
        assert_eq!(read_join_request(&value), None);
    }
}
