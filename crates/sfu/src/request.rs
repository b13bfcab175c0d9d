// SPDX-License-Identifier: EUPL-1.2
//! A client's frame on its way to its room: read, and measured against [`limits`].
//!
//! Not what a request means; that is `core/signal.rs`. The rule: a frame is read in the task of its own socket, so that
//! one that is hard to read or too large holds up nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::connection::Frame;
use crate::core::sdp;
use crate::limits::{self, Excess};
use crate::proto::{self, SessionDescription, signal_request::Message};

/// What a frame asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    Request(Box<Message>),
    /// Read, but of a kind that this SFU does not know.
    Unknown,
    /// Not a request at all, and why.
    Rubbish(String),
    /// A request beyond a limit, cut to what names it.
    TooMuch(Excess, Box<Message>),
    /// One too many for far too long.
    Flood,
    /// The client closes its socket.
    Close,
}

impl Asked {
    /// Reads a frame of somebody in a room of so many; the number is what it costs.
    pub fn read(frame: &Frame, people: usize) -> (Asked, f64) {
        let read = || match frame {
            Frame::Binary(bytes) => (proto::read_binary(bytes), bytes.len()),
            Frame::Text(text) => (proto::read_text(text), text.len()),
            Frame::Close { .. } => (Ok(None), 0),
        };
        if matches!(frame, Frame::Close { .. }) {
            return (Asked::Close, 0.0);
        }
        let (request, length) =
            catch_unwind(AssertUnwindSafe(read)).unwrap_or((Err(String::new()), limits::FRAME_BYTES));
        match request.map(|request| request.map(usable)) {
            Err(why) => (Asked::Rubbish(why), limits::cost(None, length, people)),
            Ok(None) => (Asked::Unknown, limits::cost(None, length, people)),
            Ok(Some(request)) => {
                match limits::check(&request) {
                    Ok(()) => {
                        let cost = limits::cost(Some(&request), length, people);
                        (Asked::Request(Box::new(request)), cost)
                    }
                    // What is refused was read, and does nothing more.
                    Err(excess) => {
                        let cost = limits::cost(None, length, people);
                        (Asked::TooMuch(excess, Box::new(name_of(request))), cost)
                    }
                }
            }
        }
    }
}

/// A description is cut to what is of use here, where it costs nobody else anything; the rest of its way is in the
/// thread that all rooms share.
fn usable(request: Message) -> Message {
    match request {
        Message::Offer(description) => Message::Offer(usable_description(description)),
        Message::Answer(description) => Message::Answer(usable_description(description)),
        other => other,
    }
}

/// The same for one description; what is too long stays as it is, and is refused.
pub fn usable_description(description: SessionDescription) -> SessionDescription {
    if description.sdp.len() > limits::SDP_BYTES {
        return description;
    }
    let sdp = sdp::usable(&description.sdp);
    SessionDescription { sdp, ..description }
}

/// What is left of a refused request: enough for its client to know which it was.
fn name_of(request: Message) -> Message {
    let short = |text: String| {
        if text.len() <= limits::TEXT_BYTES {
            text
        } else {
            String::new()
        }
    };
    match request {
        Message::AddTrack(request) => Message::AddTrack(proto::AddTrackRequest {
            cid: short(request.cid),
            r#type: request.r#type,
            source: request.source,
            ..Default::default()
        }),
        Message::UpdateMetadata(request) => Message::UpdateMetadata(proto::UpdateParticipantMetadata {
            request_id: request.request_id,
            ..Default::default()
        }),
        Message::Mute(request) => Message::Mute(proto::MuteTrackRequest {
            sid: short(request.sid),
            ..request
        }),
        Message::UpdateAudioTrack(request) => Message::UpdateAudioTrack(proto::UpdateLocalAudioTrack {
            track_sid: short(request.track_sid),
            ..Default::default()
        }),
        Message::UpdateVideoTrack(request) => Message::UpdateVideoTrack(proto::UpdateLocalVideoTrack {
            track_sid: short(request.track_sid),
            ..request
        }),
        _ => Message::Ping(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings of so many tracks without a name.
    fn settings(count: usize) -> Frame {
        let sids = [0x0a, 0].repeat(count);
        let mut frame = vec![0x3a];
        prost::encoding::encode_varint(sids.len() as u64, &mut frame);
        frame.extend(sids);
        Frame::Binary(frame.into())
    }

    #[test]
    fn what_is_refused_costs_what_reading_it_costs_and_is_no_flood() {
        let (largest, cost) = Asked::read(&settings(limits::FRAME_BYTES / 2 - 10), 2);
        assert!(matches!(largest, Asked::TooMuch(..)));
        assert!(cost > 300.0, "{cost}");
        assert!(cost < limits::WORK.1, "it is answered at once: {cost}");
    }

    #[test]
    fn a_frame_is_a_request_or_unknown_or_rubbish() {
        let read = |frame: Frame| Asked::read(&frame, 2).0;
        assert_eq!(
            read(Frame::Text(r#"{"ping":"1"}"#.into())),
            Asked::Request(Box::new(Message::Ping(1)))
        );
        let rubbish = |frame, place: &str| match read(frame) {
            Asked::Rubbish(why) => assert!(why.contains(place), "{why}"),
            other => panic!("{other:?}"),
        };
        rubbish(Frame::Text("{".into()), "line 1 column 1");
        rubbish(Frame::Text(r#"{"mute":{"sid":7}}"#.into()), "line 1 column 16");
        rubbish(Frame::Binary(vec![0xff; 20].into()), "");
        // Settings in which a sid is a number.
        rubbish(Frame::Binary(vec![0x3a, 2, 0x08, 7].into()), "track_sids");
        // Field 90 of the oneof is newer than this code.
        assert_eq!(read(Frame::Binary(vec![0xd2, 0x05, 0].into())), Asked::Unknown);
        assert!(matches!(read(settings(50_000)), Asked::TooMuch(excess, _) if excess.field == "track_sids"));
    }
}
