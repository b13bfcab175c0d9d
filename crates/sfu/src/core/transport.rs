// SPDX-License-Identifier: EUPL-1.2
//! One peer connection of a participant: str0m's `Rtc` and what the SFU knows about its sections.
//!
//! Panics of the media stack on hostile input end here: they cost this transport and nothing else.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use str0m::change::SdpPendingOffer;
use str0m::channel::ChannelId;
use str0m::media::{Mid, Pt};
use str0m::net::TcpType;
use str0m::rtp::{Extension, ExtensionMap, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::bandwidth::Estimate;
use super::clock::Clock;
use super::dependency;
use super::forwarder::Outgoing;
use super::ids::{PersonId, TrackId};
use super::parts;
use super::police::{Kind as Datagram, Police};
use super::quality;
use super::sdp::Kind;
use super::turn::{Allowance, Shared};
use crate::limits;

const STATISTICS_INTERVAL: Duration = Duration::from_secs(5);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Which directions a transport carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Both: single peer connection.
    Both,
    Publisher,
    Subscriber,
}

/// A section in which we can send.
pub struct Slot {
    pub mid: Mid,
    pub kind: Kind,
    /// The track sent here.
    pub track: Option<TrackId>,
    /// It has carried another track before.
    pub reused: bool,
    pub stream: Stream,
}

/// The RTP stream of a section in which we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Nothing was negotiated.
    None,
    /// Negotiated, but nothing was sent: str0m does not know it, or it would report an RTP time that
    /// no packet has.
    Held { ssrc: Ssrc, resend: Option<Ssrc> },
    /// Packets were sent under its SSRC. It is never given to another track: number and key are the
    /// nonce of SRTP.
    Started,
}

pub struct Transport {
    pub rtc: Rtc,
    pub participant: PersonId,
    pub slots: Vec<Slot>,
    /// Sections in which the client publishes.
    pub published: HashMap<Mid, TrackId>,
    /// Incoming SSRCs: track and layer.
    pub sources: FxHashMap<u32, Option<(TrackId, usize)>>,
    /// The publisher's clock against ours, from its sender reports.
    pub clock: Clock,
    pub reliable: Option<ChannelId>,
    pub lossy: Option<ChannelId>,
    /// Open data channels, whatever they are for.
    pub channels: usize,
    pub connected: bool,
    pub was_connected: bool,
    /// Numbers given, over all streams, since the last datagram came in.
    pub unheard: u64,
    /// Our offer that waits for its answer.
    pub pending: Option<SdpPendingOffer>,
    /// When it was sent.
    pub offered: Option<Instant>,
    pub offer_id: u32,
    /// At least one of our offers was answered.
    pub answered: bool,
    /// Must be driven at the end of the turn.
    pub dirty: bool,
    /// Woken then; earlier wishes are in the queue already.
    pub wake: Option<Instant>,
    pub dead: bool,
    pub ufrag: String,
    /// Packets of its streams when they were last looked at.
    pub counted: FxHashMap<quality::Stream, u64>,
    /// How often its client asked for packets of a section once more.
    pub nacks: FxHashMap<Mid, u64>,
    /// What its client may send.
    pub police: Police,
    /// SSRCs of what is sent again, and the sections of their streams.
    resends: FxHashMap<u32, Mid>,
    /// What may be sent again, in bytes.
    resent: Allowance,
    /// What the line to the client carries.
    pub estimate: Estimate,
    /// Worst loss reported in the running interval, incoming and outgoing.
    pub loss: f32,
}

/// What a drained transport asks for.
#[expect(clippy::large_enum_variant, reason = "an event per packet must not be allocated")]
pub enum Drained {
    Event(Event),
    Until(Instant),
    Dead,
}

impl Transport {
    pub fn new(participant: PersonId, role: Role, shared: &Shared, now: Instant) -> Self {
        let mut config = RtcConfig::new()
            .set_crypto_provider(shared.cryptography.clone())
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_extension_map(extensions(role))
            .set_send_buffer_audio(1)
            .set_send_buffer_video(limits::RESEND_PACKETS)
            .set_stats_interval(Some(STATISTICS_INTERVAL))
            .set_rtcp_report_interval_audio(REPORT_INTERVAL)
            .set_rtcp_report_interval_video(REPORT_INTERVAL)
            .set_sctp_max_buffered_amount(limits::DATA_BUFFER_BYTES)
            .set_sctp_max_message_size(limits::MESSAGE_BYTES);
        if let Some(certificate) = &shared.certificate {
            config = config.set_dtls_cert(certificate.clone());
        }
        let mut rtc = config.build(now);
        let records = parts::of_the_last_made();
        for address in &shared.candidates {
            let over_udp = Candidate::builder().udp().host(*address).build();
            let over_tcp = || {
                Candidate::builder()
                    .tcp()
                    .host(*address)
                    .tcptype(TcpType::Passive)
                    .build()
            };
            for candidate in [Some(over_udp), shared.tcp.then(over_tcp)]
                .into_iter()
                .flatten()
                .flatten()
            {
                rtc.add_local_candidate(candidate);
            }
        }
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Self {
            rtc,
            participant,
            slots: Vec::new(),
            published: HashMap::new(),
            sources: FxHashMap::default(),
            clock: Clock::default(),
            reliable: None,
            lossy: None,
            channels: 0,
            connected: false,
            was_connected: false,
            unheard: 0,
            pending: None,
            offered: None,
            offer_id: 0,
            answered: false,
            dirty: true,
            wake: None,
            dead: false,
            ufrag,
            counted: FxHashMap::default(),
            nacks: FxHashMap::default(),
            police: Police::new(now, records),
            resends: FxHashMap::default(),
            resent: Allowance::new(now, limits::RESENT_BYTES.0, limits::RESENT_BYTES.1),
            estimate: Estimate::new(now),
            loss: 0.0,
        }
    }

    /// Runs something of the media stack; on error or panic the transport is dead.
    pub fn guard<T>(&mut self, run: impl FnOnce(&mut Rtc) -> Result<T, str0m::RtcError>) -> Option<T> {
        if self.dead {
            return None;
        }
        let rtc = &mut self.rtc;
        match catch_unwind(AssertUnwindSafe(|| run(rtc))) {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::debug!(error = error_kind(&error), "a media transport failed");
                self.dead = true;
                None
            }
            Err(_) => {
                tracing::error!("the media stack panicked; its transport is closed");
                self.dead = true;
                None
            }
        }
    }

    /// Runs a step of a negotiation. Streams that have sent nothing yet exist for its time only, so that
    /// the description names them and nothing else tells of them.
    pub fn negotiate<T>(&mut self, run: impl FnOnce(&mut Rtc) -> Result<T, str0m::RtcError>) -> Option<T> {
        for slot in &self.slots {
            if let Stream::Held { ssrc, resend } = slot.stream
                && self.rtc.media(slot.mid).is_some()
            {
                self.rtc.direct_api().declare_stream_tx(ssrc, resend, slot.mid, None);
            }
        }
        let result = self.guard(run);
        for mid in self.slots.iter().map(|slot| slot.mid).collect::<Vec<_>>() {
            self.hold_stream(mid);
        }
        result
    }

    /// Takes a stream that has sent nothing out of str0m until there is something to send; its SSRC.
    pub fn hold_stream(&mut self, mid: Mid) -> Option<Ssrc> {
        let slot = self.slots.iter_mut().find(|slot| slot.mid == mid)?;
        let mut direct = self.rtc.direct_api();
        let stream = direct
            .stream_tx_by_mid(mid, None)
            .map(|stream| (stream.ssrc(), stream.rtx()));
        match (slot.stream, stream) {
            (Stream::Started, stream) => stream.map(|(ssrc, _)| ssrc),
            (Stream::Held { ssrc, .. }, None) => Some(ssrc),
            (_, Some((ssrc, resend))) => {
                slot.stream = Stream::Held { ssrc, resend };
                direct.remove_stream_tx(ssrc);
                Some(ssrc)
            }
            (Stream::None, None) => None,
        }
    }

    /// Brings a stream to life for its first packet.
    pub fn start_stream(&mut self, mid: Mid, ssrc: Ssrc) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.mid == mid) else {
            return;
        };
        match slot.stream {
            Stream::Held { ssrc: held, resend } if held == ssrc && self.rtc.media(mid).is_some() => {
                slot.stream = Stream::Started;
                self.resends.extend(resend.map(|resend| (*resend, mid)));
                self.rtc.direct_api().declare_stream_tx(ssrc, resend, mid, None);
            }
            _ => {}
        }
    }

    /// Ends the stream of a section; what is sent there next has another SSRC.
    pub fn end_stream(&mut self, mid: Mid) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.mid == mid) {
            slot.stream = Stream::None;
        }
        self.resends.retain(|_, section| *section != mid);
        self.guard(|rtc| {
            let mut direct = rtc.direct_api();
            while let Some(ssrc) = direct.stream_tx_by_mid(mid, None).map(|stream| stream.ssrc()) {
                direct.remove_stream_tx(ssrc);
            }
            Ok(())
        });
    }

    /// Whether packets for this client may arrive.
    pub fn in_reach(&self) -> bool {
        self.connected && self.unheard < limits::UNHEARD
    }

    pub fn input(&mut self, input: Input<'_>) {
        if matches!(input, Input::Receive(..)) {
            self.unheard = 0;
        }
        self.guard(|rtc| rtc.handle_input(input));
    }

    /// Takes the next event; datagrams go to `send` on the way.
    pub fn poll(&mut self, now: Instant, mut send: impl FnMut(str0m::net::Transmit)) -> Drained {
        loop {
            match self.guard(Rtc::poll_output) {
                Some(Output::Transmit(transmit)) if self.is_too_often(now, &transmit.contents) => self.forget_sent(),
                Some(Output::Transmit(transmit)) => send(transmit),
                Some(Output::Event(event)) => return Drained::Event(event),
                Some(Output::Timeout(at)) => return Drained::Until(at),
                None => return Drained::Dead,
            }
        }
    }

    /// Whether a datagram is sent again although so much was: str0m does it as often as it is asked.
    fn is_too_often(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let Datagram::Packet(source) = Datagram::of(datagram) else {
            return false;
        };
        let length = f64::from(u32::try_from(datagram.len()).unwrap_or(u32::MAX));
        self.resends.contains_key(&source) && !self.resent.take(now, length)
    }

    /// Forgets what was sent, and so what str0m was asked to send of it again.
    fn forget_sent(&mut self) {
        let sections: Vec<_> = self.resends.values().copied().collect();
        self.guard(|rtc| {
            let mut direct = rtc.direct_api();
            for mid in sections {
                if let Some(stream) = direct.stream_tx_by_mid(mid, None) {
                    stream.set_rtx_cache(limits::RESEND_PACKETS, limits::RESEND_TIME, Some(limits::RESEND_SHARE));
                }
            }
            Ok(())
        });
    }

    pub fn slot(&self, track: TrackId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.track == Some(track))
    }

    pub fn free_slots(&self, kind: Kind) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.kind == kind && slot.track.is_none())
            .count()
    }

    /// How a payload of `source` goes out in section `mid`.
    pub fn outgoing(&self, mid: Mid, source: &Rtc, incoming: Pt) -> Outgoing {
        let params = source.codec_config().params();
        let red = params.iter().find(|param| param.red() == Some(incoming));
        let Some(wanted) = red.or_else(|| params.iter().find(|param| param.pt() == incoming)) else {
            return Outgoing::Nothing;
        };
        let Some(media) = self.rtc.media(mid) else {
            return Outgoing::Nothing;
        };
        let ours = || {
            let params = self.rtc.codec_config().params().iter();
            params.filter(|param| media.remote_pts().contains(&param.pt()))
        };
        let same = |param: &&str0m::format::PayloadParams| {
            let (a, b) = (param.spec(), wanted.spec());
            let format = (a.format.packetization_mode, a.format.profile_id);
            a.codec == b.codec && format == (b.format.packetization_mode, b.format.profile_id)
        };
        let profile = |param: &&str0m::format::PayloadParams| {
            // The first two bytes are profile and constraints; a decoder takes any level.
            let id = |spec: str0m::format::CodecSpec| spec.format.profile_level_id.map(|id| id >> 8);
            id(param.spec()) == id(wanted.spec())
        };
        let Some(found) = ours().filter(same).find(profile).or_else(|| ours().find(same)) else {
            return Outgoing::Nothing;
        };
        match (red.is_some(), found.red()) {
            (false, _) => Outgoing::Whole(found.pt()),
            // The blocks name their codec by number: whole only if both sides number it alike.
            (true, Some(theirs)) if found.pt() == wanted.pt() => Outgoing::Whole(theirs),
            (true, _) => Outgoing::Primary(found.pt()),
        }
    }
}

fn extensions(role: Role) -> ExtensionMap {
    let mut extensions = ExtensionMap::empty();
    extensions.set(1, Extension::AudioLevel);
    extensions.set(2, Extension::AbsoluteSendTime);
    if role != Role::Subscriber {
        extensions.set(3, Extension::TransportSequenceNumber);
        extensions.set(10, Extension::RtpStreamId);
        extensions.set(11, Extension::RepairedRtpStreamId);
    }
    extensions.set(4, Extension::RtpMid);
    extensions.set(12, dependency::extension());
    extensions.set(13, Extension::VideoOrientation);
    extensions
}

/// The kind of an error, without anything a client wrote.
fn error_kind(error: &str0m::RtcError) -> &'static str {
    match error {
        str0m::RtcError::RemoteSdp(_) => "description",
        str0m::RtcError::Dtls(_) => "dtls",
        str0m::RtcError::Sctp(_) => "sctp",
        str0m::RtcError::Ice(_) => "ice",
        _ => "other",
    }
}
