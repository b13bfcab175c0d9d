// SPDX-License-Identifier: EUPL-1.2
//! SDP as text: what an offer asks for, and the lines of an answer that str0m has no setter for.
//!
//! str0m parses, checks and negotiates; here lines are only read, dropped or replaced, section by
//! section. Nothing here keeps state. The rule: what is too large for [`limits`] is refused before anything parses it,
//! reading takes time in proportion to length, and what the media stack has no use for never reaches it: it takes time
//! in proportion to the square of what a section names.

use crate::limits::{self, Excess};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Audio,
    Video,
    /// Data channels.
    Application,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }
}

/// One m-line with what matters of its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    pub kind: Kind,
    pub mid: &'a str,
    pub direction: Direction,
    /// Second token of `a=msid`.
    pub track_id: Option<&'a str>,
    /// `a=rid:… send`, in order.
    pub rids: Vec<&'a str>,
    /// Encoding names of `a=rtpmap`, in the order of the m-line.
    pub codecs: Vec<&'a str>,
    /// Layers that its `a=simulcast` lines name, in both directions.
    layers: usize,
}

fn blocks(sdp: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(sdp.match_indices("\nm=").map(|(at, _)| at + 1));
    let ends: Vec<usize> = starts[1..].iter().copied().chain([sdp.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &sdp[start..end])
}

fn rtpmaps(block: &str) -> impl Iterator<Item = (&str, &str)> {
    block.lines().filter_map(|line| {
        let (pt, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        Some((pt, codec.split('/').next().unwrap_or(codec).trim()))
    })
}

/// The encoding names of a section's `a=rtpmap` lines by payload type; of a type named twice the first counts.
struct Codecs<'a>([Option<&'a str>; limits::PAYLOAD_TYPES]);

impl<'a> Codecs<'a> {
    fn of(block: &'a str) -> Self {
        let mut names = [None; limits::PAYLOAD_TYPES];
        for (pt, name) in rtpmaps(block) {
            let place = pt.parse::<usize>().ok().and_then(|pt| names.get_mut(pt));
            if let Some(place) = place {
                place.get_or_insert(name);
            }
        }
        Self(names)
    }

    fn name(&self, pt: &str) -> Option<&'a str> {
        self.0.get(pt.parse::<usize>().ok()?).copied()?
    }
}

/// The sections of a description; an error when it is too large or has too much in it.
pub fn sections(sdp: &str) -> Result<Vec<Section<'_>>, Excess> {
    if sdp.len() > limits::SDP_BYTES {
        return Err(Excess::bytes("sdp", limits::SDP_BYTES));
    }
    let fits = |field, count: usize, most| (count <= most).then_some(()).ok_or(Excess::entries(field, most));
    let count = blocks(sdp).skip(1).take(limits::SECTIONS + 1).count();
    fits("sdp: m=", count, limits::SECTIONS)?;
    for block in blocks(sdp) {
        let lines = block.lines().take(limits::SECTION_LINES + 1).count();
        fits("sdp: lines of a section", lines, limits::SECTION_LINES)?;
    }
    let sections: Vec<_> = blocks(sdp).skip(1).map(section).collect();
    for section in &sections {
        fits("sdp: a=rid", section.rids.len(), limits::RIDS)?;
        if section.rids.iter().any(|rid| rid.len() > limits::RID_BYTES) {
            return Err(Excess::bytes("sdp: a=rid", limits::RID_BYTES));
        }
        fits("sdp: a=simulcast", section.layers, limits::RIDS)?;
        fits("sdp: payload types", section.codecs.len(), limits::PAYLOAD_TYPES)?;
    }
    Ok(sections)
}

fn section(block: &str) -> Section<'_> {
    let mut first = block.lines().next().unwrap_or_default().split_ascii_whitespace();
    let kind = match first.next() {
        Some("m=audio") => Kind::Audio,
        Some("m=video") => Kind::Video,
        _ => Kind::Application,
    };
    let port = first.next();
    let mut section = Section {
        kind,
        mid: "",
        direction: Direction::SendRecv,
        track_id: None,
        rids: Vec::new(),
        codecs: Vec::new(),
        layers: 0,
    };
    let mut bundled_only = false;
    for line in block.lines() {
        match line.trim_end() {
            "a=sendrecv" => section.direction = Direction::SendRecv,
            "a=sendonly" => section.direction = Direction::SendOnly,
            "a=recvonly" => section.direction = Direction::RecvOnly,
            "a=inactive" => section.direction = Direction::Inactive,
            "a=bundle-only" => bundled_only = true,
            line => {
                if let Some(mid) = line.strip_prefix("a=mid:") {
                    section.mid = mid;
                } else if let Some(msid) = line.strip_prefix("a=msid:") {
                    section.track_id = msid.split_ascii_whitespace().nth(1).or(section.track_id);
                } else if let Some(layers) = line.strip_prefix("a=simulcast:") {
                    section.layers += layers.split([';', ',']).count();
                } else if let Some((rid, "send")) = line
                    .strip_prefix("a=rid:")
                    .and_then(|rid| rid.split_once(' '))
                    .map(|(rid, rest)| (rid, rest.split(' ').next().unwrap_or("")))
                {
                    section.rids.push(rid);
                }
            }
        }
    }
    if port == Some("0") && !bundled_only {
        section.direction = Direction::Inactive;
    }
    let codecs = Codecs::of(block);
    // One more than there can be is enough to see that there are too many.
    let types = first.skip(1).take(limits::PAYLOAD_TYPES + 1);
    section.codecs = types.filter_map(|pt| codecs.name(pt)).collect();
    section
}

/// What one section of our description is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// We send the track here: `a=msid:{stream} {track}`. `opus`: more parameters of its format (RFC 7587).
    Sends {
        stream: String,
        track: String,
        opus: Vec<&'static str>,
    },
    /// We receive here, this codec first; `plain` puts RED behind it.
    Receives {
        codec: String,
        plain: bool,
        opus: Vec<&'static str>,
    },
    /// Nothing flows here: no msid, no ssrc, or the client never fires `track` later.
    Idle,
}

/// Rewrites our description section by section.
pub fn edit(sdp: &str, mut edit: impl FnMut(&str) -> Edit) -> String {
    let mut out = String::with_capacity(sdp.len() + 256);
    for (index, block) in blocks(sdp).enumerate() {
        if index == 0 || block.starts_with("m=application") {
            out.push_str(block);
            continue;
        }
        let mid = block
            .lines()
            .find_map(|line| line.strip_prefix("a=mid:"))
            .unwrap_or_default();
        edit_section(block, &edit(mid.trim_end()), &mut out);
    }
    out
}

fn edit_section(block: &str, edit: &Edit, out: &mut String) {
    let with_format;
    let block = match edit {
        Edit::Sends { opus, .. } | Edit::Receives { opus, .. } if !opus.is_empty() => {
            with_format = add_to_opus(block, opus);
            &with_format
        }
        _ => block,
    };
    for line in block.split_inclusive('\n') {
        let text = line.trim_end();
        let direction = matches!(text, "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive");
        let sender = text.starts_with("a=msid:") || text.starts_with("a=ssrc");
        match edit {
            Edit::Sends { stream, track, .. } => {
                if direction {
                    out.push_str("a=sendonly\r\n");
                    out.push_str(&format!("a=msid:{stream} {track}\r\n"));
                } else if text.starts_with("a=ssrc:") {
                    // Only the cname is left per SSRC; the msid stands once, for the section.
                    if text.contains(" cname:") {
                        out.push_str(line);
                    }
                } else if !text.starts_with("a=msid:") {
                    out.push_str(line);
                }
            }
            Edit::Receives { .. } | Edit::Idle if sender => {}
            Edit::Receives { codec, plain, .. } if text.starts_with("m=") => {
                out.push_str(&codec_first(block, text, codec, *plain));
                out.push_str("\r\n");
            }
            Edit::Receives { .. } if direction => out.push_str("a=recvonly\r\n"),
            Edit::Idle if direction => out.push_str("a=inactive\r\n"),
            Edit::Receives { .. } | Edit::Idle => out.push_str(line),
        }
    }
}

/// Adds parameters to the format of Opus: what the other side may send, and what we send.
fn add_to_opus(block: &str, parameters: &[&str]) -> String {
    let codecs = Codecs::of(block);
    let is_opus = |pt: &str| codecs.name(pt).is_some_and(|name| name.eq_ignore_ascii_case("opus"));
    let parameters = parameters.join(";");
    let mut out = String::with_capacity(block.len() + 64);
    for line in block.split_inclusive('\n') {
        let text = line.trim_end();
        let of = |prefix: &str| {
            let pt = text.strip_prefix(prefix).and_then(|rest| rest.split(' ').next());
            pt.filter(|pt| is_opus(pt))
        };
        if of("a=fmtp:").is_some() {
            out.push_str(&format!("{text};{parameters}\r\n"));
            continue;
        }
        out.push_str(line);
        if let Some(pt) = of("a=rtpmap:")
            && !block.contains(&format!("\na=fmtp:{pt} "))
        {
            out.push_str(&format!("a=fmtp:{pt} {parameters}\r\n"));
        }
    }
    out
}

/// The m-line with the payload types of `codec` in front.
fn codec_first(block: &str, line: &str, codec: &str, plain: bool) -> String {
    let mut words = line.split(' ');
    let head: Vec<_> = words.by_ref().take(3).collect();
    let codecs = Codecs::of(block);
    let rank = |pt: &str| {
        let name = codecs.name(pt).unwrap_or("");
        // RED goes in front of the codec it repeats, else Chromium does not use it.
        if name.eq_ignore_ascii_case("red") {
            if plain { 2 } else { 0 }
        } else if name.eq_ignore_ascii_case(codec) {
            1
        } else {
            2
        }
    };
    let mut pts: Vec<_> = words.collect();
    pts.sort_by_key(|pt| rank(pt));
    format!("{} {}", head.join(" "), pts.join(" "))
}

/// Encoding names that the media stack knows, beside those that repeat or repair them.
const CODECS: [&str; 6] = ["opus", "red", "vp8", "vp9", "h264", "av1"];
/// The extensions of RTP headers that the SFU reads or writes (`transport.rs`).
const EXTENSIONS: [&str; 8] = [
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:3gpp:video-orientation",
    super::dependency::URI,
];
/// What else a section of media may say.
const ATTRIBUTES: [&str; 17] = [
    "mid",
    "sendrecv",
    "sendonly",
    "recvonly",
    "inactive",
    "bundle-only",
    "rtcp",
    "rtcp-mux",
    "rtcp-mux-only",
    "rtcp-rsize",
    "ice-ufrag",
    "ice-pwd",
    "ice-options",
    "fingerprint",
    "setup",
    "msid",
    "rid",
];

/// A client's description with what the media stack can use, and of that once: no foreign codecs and extensions, each
/// format once, no addresses. A description of a client that plays by the rules means the same as before.
pub fn usable(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len());
    for block in blocks(sdp) {
        if block.starts_with("m=audio") || block.starts_with("m=video") {
            usable_section(block, &mut out);
        } else {
            let addresses = |line: &&str| line.starts_with("a=candidate:");
            block
                .split_inclusive('\n')
                .filter(|line| !addresses(line))
                .for_each(|line| out.push_str(line));
        }
    }
    out
}

fn usable_section(block: &str, out: &mut String) {
    let formats = Formats::of(block);
    let mut lines = block.split_inclusive('\n');
    let mut words = lines.next().unwrap_or_default().split_ascii_whitespace();
    let head: Vec<_> = words.by_ref().take(3).collect();
    let kept = formats.usable(words);
    out.push_str(&head.join(" "));
    kept.types.iter().for_each(|pt| out.push_str(&format!(" {pt}")));
    out.push_str("\r\n");
    let mut feedback = [0u8; limits::PAYLOAD_TYPES];
    let (mut extensions, mut sources) = (0u8, 0);
    for line in lines {
        let text = line.trim_end();
        let Some(attribute) = text.strip_prefix("a=") else {
            if text.starts_with("c=") {
                out.push_str(line);
            }
            continue;
        };
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let (pt, rest) = value.split_once(' ').unwrap_or((value, ""));
        let is = |line: Option<&str>| line.is_some_and(|line| std::ptr::eq(line.as_ptr(), text.as_ptr()));
        let once = |seen: &mut u8, known: &[&str], what: &str| {
            let bit = known.iter().position(|known| *known == what).map(|at| 1u8 << at);
            bit.is_some_and(|bit| std::mem::replace(seen, *seen | bit) & bit == 0)
        };
        let stays = match name {
            "rtpmap" => kept.number(pt).is_some_and(|at| is(formats.rtpmaps[at])),
            "fmtp" => kept.number(pt).is_some_and(|at| is(formats.fmtps[at])),
            "rtcp-fb" => kept
                .number(pt)
                .is_some_and(|at| once(&mut feedback[at], &FEEDBACK, rest)),
            "extmap" => once(&mut extensions, &EXTENSIONS, rest.split(' ').next().unwrap_or_default()),
            "ssrc" | "ssrc-group" => {
                sources += 1;
                sources <= limits::SOURCE_LINES
            }
            "simulcast" => true,
            name => ATTRIBUTES.contains(&name),
        };
        if stays {
            out.push_str(line);
        }
    }
}

/// Feedback that codecs may ask for.
const FEEDBACK: [&str; 5] = ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"];

/// The formats of a section by payload type: the first line that names each.
struct Formats<'a> {
    names: Codecs<'a>,
    rtpmaps: [Option<&'a str>; limits::PAYLOAD_TYPES],
    fmtps: [Option<&'a str>; limits::PAYLOAD_TYPES],
}

/// The payload types that stay in a section.
struct Kept<'a> {
    types: Vec<&'a str>,
    is: [bool; limits::PAYLOAD_TYPES],
}

impl Kept<'_> {
    fn number(&self, pt: &str) -> Option<usize> {
        let at: usize = pt.parse().ok()?;
        self.is.get(at).copied()?.then_some(at)
    }
}

impl<'a> Formats<'a> {
    fn of(block: &'a str) -> Self {
        let (mut rtpmaps, mut fmtps) = ([None; limits::PAYLOAD_TYPES], [None; limits::PAYLOAD_TYPES]);
        for text in block.lines().map(str::trim_end) {
            let (lines, rest) = match text.split_once(':') {
                Some(("a=rtpmap", rest)) => (&mut rtpmaps, rest),
                Some(("a=fmtp", rest)) => (&mut fmtps, rest),
                _ => continue,
            };
            let at = rest.split(' ').next().and_then(|pt| pt.parse::<usize>().ok());
            if let Some(line) = at.and_then(|at| lines.get_mut(at)) {
                line.get_or_insert(text);
            }
        }
        let names = Codecs::of(block);
        Self { names, rtpmaps, fmtps }
    }

    fn parameters(&self, pt: &str) -> &'a str {
        let line = pt.parse::<usize>().ok().and_then(|at| self.fmtps.get(at).copied()?);
        line.and_then(|line| line.split_once(' '))
            .map_or("", |(_, parameters)| parameters)
    }

    /// Those of the payload types of an m-line that are of use, each format once; never none.
    fn usable<'b>(&self, types: impl Iterator<Item = &'b str>) -> Kept<'b> {
        let all: Vec<_> = types.take(limits::PAYLOAD_TYPES).collect();
        let mut kept = Kept {
            types: Vec::new(),
            is: [false; limits::PAYLOAD_TYPES],
        };
        let number = |pt: &str| pt.parse::<usize>().ok().filter(|at| *at < limits::PAYLOAD_TYPES);
        let mut seen = Vec::new();
        for pt in &all {
            let Some(name) = self.names.name(pt) else { continue };
            let format = (name.to_ascii_lowercase(), self.parameters(pt));
            let known = CODECS.contains(&format.0.as_str()) && seen.len() < limits::FORMATS && !seen.contains(&format);
            if known && let Some(at) = number(pt) {
                kept.is[at] = true;
                seen.push(format);
            }
        }
        // What is sent again of a format has a type of its own.
        let mut repeated = [false; limits::PAYLOAD_TYPES];
        for pt in &all {
            let rtx = self.names.name(pt).is_some_and(|name| name.eq_ignore_ascii_case("rtx"));
            let of = self
                .parameters(pt)
                .strip_prefix("apt=")
                .and_then(|of| kept.number(of.trim()));
            if let (true, Some(of), Some(at)) = (rtx, of, number(pt))
                && !std::mem::replace(&mut repeated[of], true)
            {
                kept.is[at] = true;
            }
        }
        let mut left = kept.is;
        let mut first = |pt: &&&str| number(pt).is_some_and(|at| std::mem::replace(&mut left[at], false));
        kept.types = all.iter().filter(|pt| first(pt)).copied().collect();
        if kept.types.is_empty() {
            kept.types.extend(all.first());
        }
        kept
    }
}

/// A client's description as the media stack is to read it, which keeps every address and every source that is
/// named for as long as the connection lasts. Addresses are left out: being ICE-lite, the SFU learns them from the
/// client's checks. So are sources that `admits` has no room for: their packets name their section themselves.
pub fn without_what_is_kept(sdp: &str, mut admits: impl FnMut(u32) -> bool) -> String {
    let mut known = |source: &str| source.parse().is_ok_and(&mut admits);
    let mut out = String::with_capacity(sdp.len());
    for line in sdp.split_inclusive('\n') {
        let text = line.trim_end();
        let stays = if let Some(source) = text.strip_prefix("a=ssrc:") {
            known(source.split(' ').next().unwrap_or_default())
        } else if let Some(group) = text.strip_prefix("a=ssrc-group:") {
            group.split(' ').skip(1).all(&mut known)
        } else {
            !text.starts_with("a=candidate:")
        };
        if stays {
            out.push_str(line);
        }
    }
    out
}

/// Takes transport-wide congestion control out of the sections where the client only receives:
/// without our own bandwidth estimation its feedback would be paid for and not used.
pub fn without_feedback_for_receivers(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len());
    for block in blocks(sdp) {
        let receives = block.starts_with("m=") && block.lines().any(|l| l.trim_end() == "a=recvonly");
        if !receives {
            out.push_str(block);
            continue;
        }
        for line in block.split_inclusive('\n') {
            let transport_cc = line.starts_with("a=rtcp-fb:") && line.trim_end().ends_with("transport-cc")
                || line.starts_with("a=extmap:") && line.contains("transport-wide-cc");
            if !transport_cc {
                out.push_str(line);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=sendonly\r\na=msid:s cid-1\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:1\r\na=recvonly\r\na=rid:q send\r\na=rid:h send\r\n\
        a=rtcp-fb:96 transport-cc\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=rtpmap:98 VP9/90000\r\n\
        a=ssrc:7 cname:x\r\na=ssrc:7 msid:a b\r\n";

    #[test]
    fn an_offer_is_read_section_by_section() {
        let sections = sections(OFFER).expect("small enough");
        assert_eq!(sections[0].track_id, Some("cid-1"));
        assert_eq!(sections[0].codecs, ["opus", "red"]);
        assert_eq!(sections[1].direction, Direction::RecvOnly);
        assert_eq!(sections[1].rids, ["q", "h"]);
    }

    #[test]
    fn what_is_too_much_of_anything_is_refused_before_it_is_parsed() {
        let head = "v=0\r\n";
        let section = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
        let refused = |sdp: String| sections(&sdp).is_err();
        assert!(!refused(format!("{head}{}", section.repeat(limits::SECTIONS))));
        assert!(refused(format!("{head}{}", section.repeat(limits::SECTIONS + 1))));
        assert!(refused(format!(
            "{head}{section}{}",
            "a=ssrc:1 cname:x\r\n".repeat(20_000)
        )));
        assert!(refused(format!("{head}{}{section}", "a=x\r\n".repeat(20_000))));
        assert!(refused(format!(
            "{head}{section}{}",
            "a=rid:q send\r\n".repeat(limits::RIDS + 1)
        )));
        assert!(refused(format!("{head}{section}a=rid:{} send\r\n", "q".repeat(200))));
        let types = " 96".repeat(100_000);
        assert!(refused(format!(
            "m=video 9 X{types}\r\n{}",
            "a=rtpmap:96 VP8/90000\r\n".repeat(16_000)
        )));
        assert!(refused(format!(
            "{head}m=video 9 X{types}\r\na=rtpmap:96 VP8/90000\r\n"
        )));
        let layers = |direction| format!("a=simulcast:{direction} {}\r\n", ["q"; limits::RIDS + 1].join(";"));
        assert!(refused(format!("{head}{section}{}", layers("send"))));
        assert!(refused(format!("{head}{section}{}", layers("recv"))));
        assert!(refused("x".repeat(limits::SDP_BYTES + 1)));
    }

    #[test]
    fn the_wanted_codec_comes_first_and_red_before_opus() {
        let edited = edit(OFFER, |mid| match mid {
            "0" => Edit::Receives {
                codec: "opus".into(),
                plain: false,
                opus: vec!["usedtx=1"],
            },
            _ => Edit::Receives {
                codec: "vp9".into(),
                plain: false,
                opus: vec![],
            },
        });
        assert!(edited.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"));
        assert!(edited.contains("m=video 9 UDP/TLS/RTP/SAVPF 98 96 97\r\n"));
        assert!(!edited.contains("msid") && !edited.contains("a=ssrc"));
        let plain = edit(OFFER, |_| Edit::Receives {
            codec: "opus".into(),
            plain: true,
            opus: vec![],
        });
        assert!(plain.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    }

    #[test]
    fn an_idle_section_names_no_track_and_a_sending_one_exactly_one() {
        let idle = edit(OFFER, |_| Edit::Idle);
        assert!(idle.contains("a=inactive") && !idle.contains("msid") && !idle.contains("a=ssrc"));
        let sends = edit(OFFER, |_| Edit::Sends {
            stream: "PA_1|TR_1".into(),
            track: "TR_1".into(),
            opus: vec![],
        });
        assert_eq!(sends.matches("msid").count(), 2);
        assert_eq!(sends.matches("a=msid:PA_1|TR_1 TR_1\r\n").count(), 2);
    }

    #[test]
    fn parameters_are_added_to_the_format_of_opus_and_to_nothing_else() {
        let receives = |sdp: &str| {
            edit(sdp, |_| Edit::Receives {
                codec: "opus".into(),
                plain: false,
                opus: vec!["usedtx=1", "stereo=1"],
            })
        };
        let edited = receives(OFFER);
        assert!(edited.contains("a=rtpmap:111 opus/48000/2\r\na=fmtp:111 usedtx=1;stereo=1\r\n"));
        assert_eq!(edited.matches("usedtx").count(), 1);
        let with = OFFER.replace(
            "a=rtpmap:63",
            "a=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:63 111/111\r\na=rtpmap:63",
        );
        let edited = receives(&with);
        assert!(edited.contains("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=1\r\na=fmtp:63 111/111\r\n"));
        assert_eq!(edited.matches("usedtx").count(), 1);
    }

    #[test]
    fn what_the_media_stack_has_no_use_for_does_not_reach_it() {
        let honest =
            format!("{OFFER}a=rtcp-mux\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=fmtp:97 apt=96\r\n");
        assert_eq!(usable(&honest), honest);
        let noise =
            "a=x:1\r\nb=AS:1\r\na=extmap:7 urn:x\r\na=rtcp-fb:96 x\r\na=candidate:1\r\na=rtpmap:96 VP8/90000\r\n";
        assert_eq!(usable(&format!("{honest}{}", noise.repeat(100))), honest);
    }

    #[test]
    fn a_section_names_each_format_once_however_often_it_is_offered() {
        let section = |formats: usize, parameters: fn(usize) -> String| {
            let types: Vec<_> = (0..formats).map(|pt| pt.to_string()).collect();
            let lines = types.iter().enumerate().map(|(at, pt)| {
                let parameters = parameters(at);
                format!("a=rtpmap:{pt} H264/90000\r\na=fmtp:{pt} {parameters}\r\na=rtcp-fb:{pt} nack\r\n")
            });
            let lines: String = lines.collect();
            format!("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF {}\r\n{lines}", types.join(" "))
        };
        let alike = usable(&section(128, |_| "packetization-mode=1".into()));
        assert_eq!(alike, section(1, |_| "packetization-mode=1".into()));
        let different = usable(&section(128, |at| format!("x={at}")));
        assert_eq!(different.matches("rtpmap").count(), limits::FORMATS);
        let foreign = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0 8\r\na=mid:0\r\n";
        assert_eq!(
            usable(foreign),
            foreign.replace(" 0 8", " 0"),
            "no m-line is left without a type"
        );
    }

    #[test]
    fn only_receiving_sections_lose_their_feedback() {
        assert!(!without_feedback_for_receivers(OFFER).contains("transport-cc"));
        let sending = OFFER.replace("a=recvonly", "a=sendonly");
        assert_eq!(without_feedback_for_receivers(&sending), sending);
    }
}
