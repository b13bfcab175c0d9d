// SPDX-License-Identifier: EUPL-1.2
//! Every limit of the LiveKit protocol in one place: what a client may send, how much may wait for it, and what each
//! request costs of its allowance.
//!
//! Not how the SFU keeps time: its pings, ticks and time-outs, and how its thread divides a turn. The rule: whatever
//! a client can make long, many or frequent has a number here. Numbers without a source are this SFU's own: LiveKit
//! has no limit there, and ours is several times what its clients send in a meeting of 300.

use std::time::Duration;

use crate::proto::{
    AddTrackRequest, JoinRequest, SessionDescription, SubscriptionPermission, SyncState, UpdateSubscription,
    VideoLayer, signal_request::Message,
};

// --- Frames and queues -------------------------------------------------------------------------------------------

/// Bytes of one WebSocket frame: the longest description, with room for what JSON escapes (two bytes of a line).
pub const FRAME_BYTES: usize = 1_280 * 1024;
const _: () = assert!(FRAME_BYTES > SDP_BYTES + SDP_BYTES / 10);
/// Bytes of a query; a join request with an offer stands in it, base64-encoded.
pub const QUERY_BYTES: usize = 256 * 1024;
/// Bytes of an unpacked join request: the longest real ones are below 100 kB.
pub const JOIN_REQUEST_BYTES: usize = 512 * 1024;
/// Bytes of one client's frames that may wait for the SFU.
pub const REQUEST_QUEUE_BYTES: usize = 2 * 1024 * 1024;
/// Bytes that may wait for one client; with more it does not read, and is disconnected.
pub const RESPONSE_QUEUE_BYTES: usize = 4 * 1024 * 1024;
/// What a waiting frame counts beyond its own bytes.
pub const FRAME_OVERHEAD: usize = 256;

// --- Connections -------------------------------------------------------------------------------------------------

/// Open connections of one identity in one room: the old one closes while the new one opens.
pub const CONNECTIONS_PER_PERSON: usize = 4;
/// Open connections of one room: more than a meeting lets in.
pub const CONNECTIONS_PER_ROOM: usize = 5_000;
/// Connections that one identity may open in one room: per second, and at once.
pub const CONNECTS: (f64, f64) = (0.5, 20.0);
/// What an identity without a connection has used up is remembered for so long; by then it is whole again.
pub const REMEMBERED: Duration = Duration::from_secs(60);
const _: () = assert!(WORK.1 / WORK.0 < REMEMBERED.as_secs_f64() && CONNECTS.1 / CONNECTS.0 < REMEMBERED.as_secs_f64());

// --- Work --------------------------------------------------------------------------------------------------------

/// Work that one identity may cause in one room: units per second, and at once. One unit is a ping, about 10 µs of the
/// thread that all rooms share. Who has used it up is not read from until it has grown again.
pub const WORK: (f64, f64) = (100.0, 1000.0);
/// Beyond its bytes and entries, a description costs this: it is parsed, negotiated and answered.
pub const DESCRIPTION_COST: f64 = 20.0;
/// Bytes for one unit of work.
pub const BYTES_PER_UNIT: f64 = 2048.0;
/// Entries of lists for one unit of work.
pub const ENTRIES_PER_UNIT: f64 = 4.0;
/// What everybody in the room is told costs once more for each so many of them.
pub const PEOPLE_PER_UNIT: f64 = 16.0;
/// Who was held back for so long without pause floods, and is disconnected.
pub const FLOOD: Duration = Duration::from_secs(10);

// --- Strings -----------------------------------------------------------------------------------------------------

/// Bytes of an identity or room name (LiveKit: `max_participant_identity_length`, `max_room_name_length`).
pub const IDENTITY_BYTES: usize = 256;
/// Bytes of a display name (LiveKit: `max_participant_name_length`).
pub const NAME_BYTES: usize = 256;
/// Bytes of metadata (LiveKit: `max_metadata_size`).
pub const METADATA_BYTES: usize = 64_000;
/// Bytes of all attributes of a participant together, keys and values (LiveKit: `max_attributes_size`).
pub const ATTRIBUTES_BYTES: usize = 64_000;
/// Bytes of a sid; real ones have 15.
pub const SID_BYTES: usize = 64;
/// Bytes of any other text: client ids of tracks, names of tracks and streams, MIME types, versions.
pub const TEXT_BYTES: usize = 256;
/// Bytes of an RTP stream id (RFC 8852 allows 255; clients say q, h, f).
pub const RID_BYTES: usize = 16;
/// Bytes of an ICE candidate.
pub const CANDIDATE_BYTES: usize = 4 * 1024;

// --- Lists -------------------------------------------------------------------------------------------------------

/// Sids in one request: every track of a meeting of 300.
pub const SIDS: usize = 1_024;
/// Subscription wishes and track settings that a participant may have.
pub const WISHES: usize = 4_096;
/// Entries of `SubscriptionPermission`, and sids in all of them together.
pub const PERMISSIONS: usize = 1_024;
/// Tracks that a participant may publish or announce; clients of a meeting have four: camera, microphone, screen and its sound.
pub const TRACKS: usize = 8;
/// Tracks that one person may publish or announce over all windows and devices: as many as four of them have.
pub const TRACKS_PER_PERSON: usize = 16;
/// Tracks of one room: camera and microphone of every connection that a meeting may have, and many screens.
pub const TRACKS_PER_ROOM: usize = 4_096;
/// Videos that one participant gets at a time. Each takes a section of the description.
pub const VIDEOS: usize = 128;
/// Sounds that one participant gets at a time: every microphone of a meeting of 300, and some screens.
pub const SOUNDS: usize = 320;
/// Layers of a track, and codecs that it is sent in.
pub const LAYERS: usize = 8;
/// Features of an audio track, of packet trailers, capabilities of a client: enumerations with few values.
pub const FEATURES: usize = 16;
/// Data channels of a transport that are open at a time, and in a `SyncState`; clients open three at most.
pub const CHANNELS: usize = 16;
/// Names under which one data message may be addressed.
pub const DESTINATIONS: usize = 512;

// --- Descriptions ------------------------------------------------------------------------------------------------

/// Bytes of a description: Chromium's with all sections that the SFU may ask for takes 998 kB (5.1 kB for each video, 1 kB
/// for each sound), and 1.06 MB as JSON.
pub const SDP_BYTES: usize = 1_152 * 1024;
/// Sections (m-lines) in one description: all that the SFU may ask for, and what the client publishes, several times over.
pub const SECTIONS: usize = VIDEOS + SOUNDS + 8 * TRACKS;
/// Lines of one section; Chromium's longest have about 150.
pub const SECTION_LINES: usize = 512;
/// Payload types of one section: there are 128 (RFC 3550).
pub const PAYLOAD_TYPES: usize = 128;
/// Formats of one section that the media stack reads, beside what repeats them; Chromium offers 15 that it knows.
pub const FORMATS: usize = 20;
/// Lines about sources of one section; three layers, each with what is sent again, take 16.
pub const SOURCE_LINES: usize = 64;
/// RTP stream ids of one section, and layers of its simulcast; libwebrtc sends at most three.
pub const RIDS: usize = 4;
/// What offers may cost for which a client is asked, in units of [`WORK`]: per second, and at once. One more is begun, so
/// with the longest it is what a client has at once; a fifth of what grows is left for all else that it says.
pub const OFFERS: (f64, f64) = (0.8 * WORK.0, 0.3 * WORK.1);
/// Our offer must be answered in this time (LiveKit: `negotiationFailedTimeout`).
pub const ANSWER_TIME: Duration = Duration::from_secs(15);

// --- Data messages -----------------------------------------------------------------------------------------------

/// Bytes of data messages, multiplied by those who get them: at once.
pub const DATA_AT_ONCE: usize = 16_000_000;
/// The same per second, and at once.
#[expect(clippy::cast_precision_loss, reason = "far smaller than 2^52")]
pub const DATA: (f64, f64) = (8e6, DATA_AT_ONCE as f64);
/// Bytes of one data message, as LiveKit announces.
pub const MESSAGE_BYTES: u32 = 65_535;
/// Bytes of data messages that may wait for one client; further ones are not sent to it.
pub const DATA_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Lossy messages are dropped for a client that has so many bytes waiting.
pub const LOSSY_WAITING: usize = 128 * 1024;
/// Bytes of reliable messages kept for a client that may come back.
pub const KEPT_BYTES: usize = 1024 * 1024;
/// And for how long: longer than a session can be resumed.
pub const KEPT_FOR: Duration = Duration::from_secs(30);
/// What a data message counts for each receiver beyond its own bytes.
pub const DATA_OVERHEAD: usize = 1_000;
/// Who sends too much data is told so once in this time.
pub const DATA_TOLD: Duration = Duration::from_secs(1);

// --- Media --------------------------------------------------------------------------------------------------------

// Media: what a transport may send, as a rate and what may come at once. The fastest honest client (three
// layers of 1080p60, a shared screen, a microphone, a third of it sent twice) needs three quarters of it.

/// Bytes of one datagram. No honest one is longer; what is gets cut, and then refused by its checksum.
pub const DATAGRAM_BYTES: usize = 2_048;
/// Bytes of the payload of an RTP packet: clients send no longer ones, and str0m's buffers hold little more.
pub const PAYLOAD_BYTES: usize = 1_400;
/// Bytes of a dependency descriptor; three by three layers take about 80.
pub const DESCRIPTOR_BYTES: usize = 200;
/// Datagrams per second and at once.
pub const PACKETS: (f64, f64) = (5_000.0, 10_000.0);
/// Bytes per second and at once: 48 Mbit/s.
pub const PACKET_BYTES: (f64, f64) = (6e6, 12e6);
/// Bytes of RTCP per second and at once: four of them may ask for 17 packets. Chromium sends 12 kB a second when it watches
/// 25 videos over a line that loses a tenth of them.
pub const REPORT_BYTES: (f64, f64) = (120e3, 240e3);
/// Bytes that are sent again because a client asks, per second and at once: a third of the widest honest line.
pub const RESENT_BYTES: (f64, f64) = (1e6, 2e6);
/// Parts of data messages that the SCTP stack may hold because an earlier one has not come: 1.2 MB of full ones.
pub const PARTS_AHEAD: usize = 1_024;
/// Parts of one data message. Its 65 kB fit into 57 full ones; some stacks begin a message with what a datagram has room for.
pub const PARTS_OF_A_MESSAGE: usize = 256;
/// Parts that the SCTP stack may be left with, because what they belong to can never be whole, per second and at once.
/// Honest clients leave none.
pub const PARTS_LEFT: (f64, f64) = (0.1, 256.0);
/// Parts per second and at once: as many as datagrams.
pub const PARTS: (f64, f64) = PACKETS;
/// Streams that parts may name; every data channel is one, and their numbers are used again.
pub const STREAMS: usize = 64;
/// How often data channels may be closed; each time the numbers of streams are free for new ones.
pub const RESETS: usize = 1_024;
/// Parts that one acknowledgement may name beyond the first gap: the stack looks at each of them. No more can be under
/// way, with [`DATA_BUFFER_BYTES`].
pub const ACKNOWLEDGED_PARTS: usize = 4_096;
/// Data messages of a client per second and at once, however small: sixty fit into one datagram.
pub const MESSAGES: (f64, f64) = (1_000.0, 4_000.0);
/// Checks of the path (STUN) per second and at once; browsers send one in a few seconds, more while they connect.
pub const CHECKS: (f64, f64) = (100.0, 500.0);
/// Packets of one layer of a video per second and at once; every subscriber gets one layer.
pub const VIDEO_PACKETS: (f64, f64) = (1_500.0, 3_000.0);
/// Packets of a microphone per second and at once; ten milliseconds of sound make a hundred.
pub const AUDIO_PACKETS: (f64, f64) = (200.0, 400.0);
/// New RTP sources per second and at once. A camera in three layers is six, with what is sent again.
pub const NEW_SOURCES: (f64, f64) = (1.0, 64.0);
/// RTP sources of one transport, ever, in packets and descriptions. What a description names beyond it is not read.
pub const SOURCES: usize = 1_024;
/// Addresses that one transport is known under at a time. A device with several networks and relays has about ten.
pub const ADDRESSES: usize = 16;
/// How often a transport may come from another address until its path is negotiated anew: str0m keeps each of them.
pub const MOVES: usize = 256;
/// Bytes of datagrams that wait until the network takes more: a keyframe to hundreds of subscribers.
pub const DATAGRAM_QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// And for how long: older ones are of no use to a live picture.
pub const DATAGRAM_QUEUE_TIME: Duration = Duration::from_millis(200);
/// Media over TCP: sockets of one address, and of all. Whole houses share an address.
pub const STREAMS_PER_ADDRESS: usize = 256;
pub const STREAMS_IN_ALL: usize = 4_096;
/// Its first packet, an ICE check, comes within this time, and one of any kind within the other.
pub const STREAM_FIRST: Duration = Duration::from_secs(5);
pub const STREAM_SILENT: Duration = Duration::from_secs(30);
/// Bytes that wait in either direction: half a second of a picture. What is more is dropped, as a full network does.
pub const STREAM_QUEUE_BYTES: usize = 256 * 1024;
/// Packets of a stream that are kept to be sent again: about a second of a video. They are the most of the memory
/// of a subscriber, though their payload is shared between all.
pub const RESEND_PACKETS: usize = 256;
/// For how long they are kept.
pub const RESEND_TIME: Duration = Duration::from_secs(3);
/// The share of a stream that may be packets sent again, seen over a second (str0m).
pub const RESEND_SHARE: f32 = 0.15;
/// Packets left out of a stream that are remembered, for those that come after them and belong before them.
pub const SKIPPED_PACKETS: usize = 64;
/// Numbers, holes included, that packets to a client may run on while it is not heard: nothing more is sent until
/// it is. Receivers find the upper bits of a number only within 32,768 of the last one they saw (RFC 3711 section
/// 3.3.1), so what went into the void must not run further ahead.
pub const UNHEARD: u64 = 16_384;
/// A layer is asked for a keyframe once in this time: keyframes cost everybody.
pub const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// A limit that a request exceeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// The field, as the protocol names it.
    pub field: &'static str,
    /// What it may measure.
    pub most: usize,
    unit: &'static str,
}

impl Excess {
    pub fn bytes(field: &'static str, most: usize) -> Self {
        let unit = "bytes";
        Self { field, most, unit }
    }

    pub fn entries(field: &'static str, most: usize) -> Self {
        let unit = "entries";
        Self { field, most, unit }
    }
}

impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, most, unit } = self;
        write!(f, "{field}: at most {most} {unit}")
    }
}

fn text(field: &'static str, value: &str, most: usize) -> Result<(), Excess> {
    (value.len() <= most).then_some(()).ok_or(Excess::bytes(field, most))
}

fn list(field: &'static str, length: usize, most: usize) -> Result<(), Excess> {
    (length <= most).then_some(()).ok_or(Excess::entries(field, most))
}

fn sids<'a>(field: &'static str, mut sids: impl Iterator<Item = &'a String>) -> Result<(), Excess> {
    sids.try_for_each(|sid| text(field, sid, SID_BYTES))
}

/// Whether a request keeps to the limits.
pub fn check(request: &Message) -> Result<(), Excess> {
    match request {
        Message::Offer(description) | Message::Answer(description) => self::description(description),
        Message::Trickle(trickle) => text("candidateInit", &trickle.candidate_init, CANDIDATE_BYTES),
        Message::AddTrack(request) => add_track(request),
        Message::Mute(request) => text("sid", &request.sid, SID_BYTES),
        Message::Subscription(request) => subscription(request),
        Message::TrackSetting(request) => {
            list("track_sids", request.track_sids.len(), SIDS)?;
            sids("track_sids", request.track_sids.iter())
        }
        Message::SubscriptionPermission(request) => permission(request),
        Message::SyncState(state) => sync_state(state),
        Message::UpdateMetadata(request) => {
            text("name", &request.name, NAME_BYTES)?;
            text("metadata", &request.metadata, METADATA_BYTES)?;
            attributes(request.attributes.iter())
        }
        Message::UpdateAudioTrack(request) => {
            text("track_sid", &request.track_sid, SID_BYTES)?;
            list("features", request.features.len(), FEATURES)
        }
        Message::UpdateVideoTrack(request) => text("track_sid", &request.track_sid, SID_BYTES),
        Message::Leave(_) | Message::Ping(_) | Message::PingReq(_) => Ok(()),
    }
}

/// Whether a join request keeps to the limits.
pub fn check_join(request: &JoinRequest) -> Result<(), Excess> {
    if let Some(client) = &request.client_info {
        for value in [
            &client.version,
            &client.os,
            &client.os_version,
            &client.device_model,
            &client.browser,
            &client.browser_version,
            &client.address,
            &client.network,
            &client.other_sdks,
        ] {
            text("client_info", value, TEXT_BYTES)?;
        }
        list("capabilities", client.capabilities.len(), FEATURES)?;
    }
    text("participant_sid", &request.participant_sid, SID_BYTES)?;
    text("metadata", &request.metadata, METADATA_BYTES)?;
    attributes(request.participant_attributes.iter())?;
    list("add_track_requests", request.add_track_requests.len(), TRACKS)?;
    request.add_track_requests.iter().try_for_each(add_track)?;
    if let Some(offer) = &request.publisher_offer {
        description(offer)?;
    }
    request.sync_state.as_ref().map_or(Ok(()), sync_state)
}

/// Whether all attributes of a participant together keep to their limit.
pub fn attributes<'a>(mut all: impl Iterator<Item = (&'a String, &'a String)>) -> Result<(), Excess> {
    let too_much = || Excess::bytes("attributes", ATTRIBUTES_BYTES);
    all.try_fold(0, |size: usize, (key, value)| {
        let size = size + key.len() + value.len();
        (size <= ATTRIBUTES_BYTES).then_some(size).ok_or_else(too_much)
    })?;
    Ok(())
}

fn description(description: &SessionDescription) -> Result<(), Excess> {
    text("sdp", &description.sdp, SDP_BYTES)?;
    text("type", &description.r#type, TEXT_BYTES)?;
    list("mid_to_track_id", description.mid_to_track_id.len(), SECTIONS)
}

fn add_track(request: &AddTrackRequest) -> Result<(), Excess> {
    text("cid", &request.cid, TEXT_BYTES)?;
    text("name", &request.name, TEXT_BYTES)?;
    text("stream", &request.stream, TEXT_BYTES)?;
    text("sid", &request.sid, SID_BYTES)?;
    layers(&request.layers)?;
    list("simulcast_codecs", request.simulcast_codecs.len(), LAYERS)?;
    for codec in &request.simulcast_codecs {
        text("simulcast_codecs.codec", &codec.codec, TEXT_BYTES)?;
        text("simulcast_codecs.cid", &codec.cid, TEXT_BYTES)?;
        layers(&codec.layers)?;
    }
    list("audio_features", request.audio_features.len(), FEATURES)?;
    let trailers = request.packet_trailer_features.len();
    list("packet_trailer_features", trailers, FEATURES)
}

fn layers(layers: &[VideoLayer]) -> Result<(), Excess> {
    list("layers", layers.len(), LAYERS)?;
    layers
        .iter()
        .try_for_each(|layer| text("layers.rid", &layer.rid, RID_BYTES))
}

fn subscription(request: &UpdateSubscription) -> Result<(), Excess> {
    list("participant_tracks", request.participant_tracks.len(), SIDS)?;
    let grouped = request.participant_tracks.iter().map(|tracks| tracks.track_sids.len());
    list("track_sids", request.track_sids.len() + grouped.sum::<usize>(), SIDS)?;
    let grouped = request.participant_tracks.iter().flat_map(|tracks| &tracks.track_sids);
    sids("track_sids", request.track_sids.iter().chain(grouped))
}

fn permission(request: &SubscriptionPermission) -> Result<(), Excess> {
    let permissions = &request.track_permissions;
    list("track_permissions", permissions.len(), PERMISSIONS)?;
    let count = permissions.iter().map(|permission| permission.track_sids.len());
    list("track_permissions.track_sids", count.sum(), PERMISSIONS)?;
    for permission in permissions {
        text("participant_sid", &permission.participant_sid, SID_BYTES)?;
        text("participant_identity", &permission.participant_identity, IDENTITY_BYTES)?;
        sids("track_permissions.track_sids", permission.track_sids.iter())?;
    }
    Ok(())
}

fn sync_state(state: &SyncState) -> Result<(), Excess> {
    for description in [&state.answer, &state.offer].into_iter().flatten() {
        self::description(description)?;
    }
    if let Some(request) = &state.subscription {
        subscription(request)?;
    }
    list("publish_tracks", state.publish_tracks.len(), TRACKS)?;
    for track in state
        .publish_tracks
        .iter()
        .filter_map(|published| published.track.as_ref())
    {
        text("publish_tracks.sid", &track.sid, SID_BYTES)?;
    }
    list("data_channels", state.data_channels.len(), CHANNELS)?;
    list("track_sids_disabled", state.track_sids_disabled.len(), SIDS)?;
    sids("track_sids_disabled", state.track_sids_disabled.iter())?;
    let states = &state.datachannel_receive_states;
    list("datachannel_receive_states", states.len(), SIDS)?;
    sids(
        "datachannel_receive_states",
        states.iter().map(|state| &state.publisher_sid),
    )
}

/// What a request of so many bytes costs in a room of so many, in units of [`WORK`]. It is never more than may come at
/// once: a single request that is allowed is no flood.
pub fn cost(request: Option<&Message>, bytes: usize, people: usize) -> f64 {
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let told = match request {
        Some(
            Message::AddTrack(_)
            | Message::Mute(_)
            | Message::UpdateMetadata(_)
            | Message::UpdateAudioTrack(_)
            | Message::UpdateVideoTrack(_),
        ) => count(people) / PEOPLE_PER_UNIT,
        _ => 0.0,
    };
    let sids = |request: &UpdateSubscription| {
        let grouped = request
            .participant_tracks
            .iter()
            .map(|tracks| 1 + tracks.track_sids.len());
        request.track_sids.len() + grouped.sum::<usize>()
    };
    let (entries, once) = match request {
        Some(Message::Offer(_) | Message::Answer(_)) => (0, DESCRIPTION_COST),
        Some(Message::Subscription(request)) => (sids(request), 0.0),
        Some(Message::TrackSetting(request)) => (request.track_sids.len(), 0.0),
        Some(Message::SubscriptionPermission(request)) => {
            let sids = request.track_permissions.iter().map(|one| 1 + one.track_sids.len());
            // Everybody is looked up in it once.
            (sids.sum(), count(people) / PEOPLE_PER_UNIT)
        }
        Some(Message::SyncState(state)) => {
            let lists = state.track_sids_disabled.len() + state.datachannel_receive_states.len();
            (lists + state.subscription.as_ref().map_or(0, sids), 0.0)
        }
        Some(Message::UpdateMetadata(request)) => (request.attributes.len(), 0.0),
        _ => (0, 0.0),
    };
    let own = 1.0 + count(bytes) / BYTES_PER_UNIT + count(entries) / ENTRIES_PER_UNIT;
    (own * (1.0 + told) + once).min(WORK.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Allowance;
    use crate::proto::{
        SimulcastCodec, TrackPermission, UpdateLocalAudioTrack, UpdateParticipantMetadata, UpdateTrackSettings,
    };

    fn settings(sids: Vec<String>) -> Message {
        Message::TrackSetting(UpdateTrackSettings {
            track_sids: sids,
            ..Default::default()
        })
    }

    #[test]
    fn what_is_too_long_or_too_many_is_named() {
        let long = || "x".repeat(100_000);
        let add = |request: AddTrackRequest| Message::AddTrack(request);
        let permission = TrackPermission {
            participant_identity: "bo".into(),
            ..Default::default()
        };
        let layer = VideoLayer {
            rid: long(),
            ..Default::default()
        };
        let codec = SimulcastCodec {
            layers: vec![VideoLayer::default(); 100],
            ..Default::default()
        };
        let requests = [
            (settings(vec![String::new(); 100_000]), "track_sids"),
            (settings(vec![long()]), "track_sids"),
            (
                add(AddTrackRequest {
                    layers: vec![layer],
                    ..Default::default()
                }),
                "layers.rid",
            ),
            (
                add(AddTrackRequest {
                    simulcast_codecs: vec![codec],
                    ..Default::default()
                }),
                "layers",
            ),
            (
                add(AddTrackRequest {
                    audio_features: vec![0; 1000],
                    ..Default::default()
                }),
                "audio_features",
            ),
            (
                Message::UpdateAudioTrack(UpdateLocalAudioTrack {
                    features: vec![0; 1000],
                    ..Default::default()
                }),
                "features",
            ),
            (
                Message::SubscriptionPermission(SubscriptionPermission {
                    track_permissions: vec![permission; 50_000],
                    ..Default::default()
                }),
                "track_permissions",
            ),
            (
                Message::UpdateMetadata(UpdateParticipantMetadata {
                    metadata: long(),
                    ..Default::default()
                }),
                "metadata",
            ),
            (
                Message::UpdateMetadata(UpdateParticipantMetadata {
                    attributes: (0..20_000).map(|i| (i.to_string(), "value".into())).collect(),
                    ..Default::default()
                }),
                "attributes",
            ),
            (
                Message::SyncState(SyncState {
                    track_sids_disabled: vec![String::new(); 500_000],
                    ..Default::default()
                }),
                "track_sids_disabled",
            ),
        ];
        for (request, field) in requests {
            assert_eq!(check(&request).map_err(|excess| excess.field), Err(field));
        }
        assert_eq!(check(&settings(vec!["TR_123456789012".into(); 900])), Ok(()));
    }

    #[test]
    fn who_offers_when_asked_to_never_owes_anything_and_the_first_offers_are_asked_for_at_once() {
        for sections in [1, 10, 25, 42, 100, VIDEOS + SOUNDS] {
            // Chromium's sections of videos, which are the longest; as JSON they are a tenth longer.
            let sdp = "x".repeat((sections * 5_100).min(SDP_BYTES * 10 / 11));
            let length = sdp.len();
            let description = SessionDescription {
                sdp,
                ..Default::default()
            };
            let cost = cost(Some(&Message::Offer(description)), length + length / 10, 300);
            let mut now = std::time::Instant::now();
            let mut has = Allowance::new(now, WORK.0, WORK.1);
            let mut asked = Allowance::new(now, OFFERS.0, OFFERS.1);
            let mut at_once = 0;
            for offer in 0..1_000 {
                while asked.left(now) < 0.0 {
                    now += Duration::from_millis(100);
                    // Between its offers it says what costs little.
                    has.owe(now, 1.0);
                }
                asked.owe(now, cost);
                assert!(has.take(now, cost), "{sections} sections: offer {offer}");
                at_once += usize::from(offer == at_once && asked.left(now) >= 0.0);
            }
            let most = (OFFERS.1 / cost).floor();
            assert!(at_once as f64 >= most, "{sections} sections: {at_once}");
        }
    }

    #[test]
    fn a_request_costs_what_it_causes() {
        let ping = cost(Some(&Message::Ping(1)), 4, 300);
        let offer = |length: usize| {
            let description = SessionDescription {
                sdp: "x".repeat(length),
                ..Default::default()
            };
            cost(Some(&Message::Offer(description)), length, 300)
        };
        assert!(ping < 1.1);
        assert!(offer(10) > 20.0);
        assert!(offer(400_000) > 200.0);
        assert!(cost(Some(&settings(vec![String::new(); 1_000])), 2_000, 2) > 250.0);
        assert!(offer(SDP_BYTES) < WORK.1, "the longest is allowed once in a while");
        let mute = |people| cost(Some(&Message::Mute(Default::default())), 20, people);
        assert!(mute(2) < 1.5 && mute(300) > 15.0, "everybody is told");
        let permission = TrackPermission {
            participant_identity: "x".repeat(36),
            ..Default::default()
        };
        let permissions = Message::SubscriptionPermission(SubscriptionPermission {
            track_permissions: vec![permission; 1_000],
            ..Default::default()
        });
        let cost = cost(Some(&permissions), 40_000, 1_000);
        assert!(
            2.0 * cost < WORK.1,
            "names of a thousand people are looked up once: {cost}"
        );
    }
}
