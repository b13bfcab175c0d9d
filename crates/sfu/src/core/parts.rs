// SPDX-License-Identifier: EUPL-1.2
//! What comes out of DTLS on its way into the SCTP stack: how much the stack may be made to hold.
//!
//! Not the messages themselves: they are whole when they come out of the stack, in `data.rs`. The rule (RFC 9260
//! section 6.9): the parts of a message follow each other without a part of another one between them, and messages of a
//! stream are numbered without a hole. So below the number up to which the stack acknowledges everything, it holds no more
//! than one message that is not whole. Who sends something else leaves parts behind, of which few are let through.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use str0m::config::{CryptoProvider, DtlsCert};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion};

use crate::limits;

/// A part of a message (a DATA chunk), without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    stream: u16,
    /// Of the message within its stream; unordered messages have none.
    number: Option<u16>,
    begins: bool,
    ends: bool,
    length: u16,
}

/// The account of one association.
#[derive(Default)]
pub struct Parts {
    /// Up to where the stack acknowledges everything.
    acknowledged: Option<u32>,
    /// What came beyond that, by the distance from the first part that ever came.
    ahead: BTreeMap<i64, Part>,
    /// The number of that first part.
    origin: Option<u32>,
    /// The distance of the last part that was gone through, and the message that it is of if that is not whole.
    last: Option<i64>,
    open: Option<(Part, usize)>,
    /// What comes next is of a message whose beginning was given up.
    headless: bool,
    /// Up to where the sender has given up what did not arrive, by distance.
    given_up: Option<i64>,
    /// By stream: the number of its next message.
    next: HashMap<u16, u16>,
    resets: usize,
    since: Seen,
}

/// What was seen since the police last looked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Parts that came.
    pub parts: usize,
    /// And of these, or of earlier ones: those that can never be whole.
    pub left: usize,
}

impl Parts {
    /// Whether the stack is to see a packet of the client (RFC 9260 section 3).
    fn admits(&mut self, packet: &[u8]) -> bool {
        chunks(packet).all(|chunk| self.admits_chunk(chunk))
    }

    fn admits_chunk(&mut self, chunk: Chunk<'_>) -> bool {
        match (chunk.kind, chunk.value) {
            (DATA, [a, b, c, d, s, t, n, m, _, _, _, _, payload @ ..]) => {
                let part = Part {
                    stream: u16::from_be_bytes([*s, *t]),
                    number: (chunk.flags & UNORDERED == 0).then_some(u16::from_be_bytes([*n, *m])),
                    begins: chunk.flags & BEGINS != 0,
                    ends: chunk.flags & ENDS != 0,
                    length: u16::try_from(payload.len()).unwrap_or(u16::MAX),
                };
                self.part(u32::from_be_bytes([*a, *b, *c, *d]), part)
            }
            (SACK, [_, _, _, _, _, _, _, _, count, few, _, _, gaps @ ..]) => {
                let count = usize::from(u16::from_be_bytes([*count, *few]));
                let gaps = gaps.chunks_exact(4).take(count);
                let named = gaps.map(|gap| {
                    let (start, end) = (
                        u16::from_be_bytes([gap[0], gap[1]]),
                        u16::from_be_bytes([gap[2], gap[3]]),
                    );
                    usize::from(end.saturating_sub(start)) + 1
                });
                named.sum::<usize>() <= limits::ACKNOWLEDGED_PARTS
            }
            (FORWARD_TSN, [a, b, c, d, streams @ ..]) => {
                if self.origin.is_some() {
                    let to = self.distance(u32::from_be_bytes([*a, *b, *c, *d]));
                    self.given_up = self.given_up.max(Some(to));
                }
                for skipped in streams.chunks_exact(4) {
                    let stream = u16::from_be_bytes([skipped[0], skipped[1]]);
                    self.skipped(stream, u16::from_be_bytes([skipped[2], skipped[3]]));
                }
                self.next.len() <= limits::STREAMS
            }
            (RECONFIG, _) => {
                self.resets += 1;
                self.next.clear();
                self.resets <= limits::RESETS
            }
            // Nothing else with messages in it was negotiated.
            (I_DATA | I_FORWARD_TSN, _) => false,
            _ => true,
        }
    }

    /// The sender has given up a message of a stream, and all before it.
    fn skipped(&mut self, stream: u16, number: u16) {
        let next = self.next.entry(stream).or_insert(number);
        if number.wrapping_sub(*next) < u16::MAX / 2 {
            *next = number.wrapping_add(1);
        }
    }

    fn part(&mut self, number: u32, part: Part) -> bool {
        self.since.parts += 1;
        let distance = self.distance(number);
        if self.last.is_some_and(|last| distance <= last) {
            // The stack has it already.
            return true;
        }
        let room = self.ahead.len() < limits::PARTS_AHEAD;
        match self.ahead.get(&distance) {
            // Sent once more; under one number there is one part only.
            Some(known) => *known == part,
            None if room => {
                self.ahead.insert(distance, part);
                true
            }
            None => false,
        }
    }

    fn distance(&mut self, number: u32) -> i64 {
        let origin = *self.origin.get_or_insert(number);
        let last = self.last.unwrap_or_default();
        // Numbers start anew after 2^32.
        let near = origin.wrapping_add(last as u32);
        last + i64::from(number.wrapping_sub(near).cast_signed())
    }

    /// Looks at a packet of the stack: what it acknowledges it has put together as far as that is possible.
    fn answers(&mut self, packet: &[u8]) {
        for chunk in chunks(packet) {
            if let (SACK, [a, b, c, d, ..]) = (chunk.kind, chunk.value) {
                let number = u32::from_be_bytes([*a, *b, *c, *d]);
                if self.acknowledged != Some(number) {
                    self.acknowledged = Some(number);
                    self.settle(number);
                }
            }
        }
    }

    fn settle(&mut self, number: u32) {
        if self.origin.is_none() {
            return;
        }
        let end = self.distance(number);
        while let Some(entry) = self.ahead.first_entry().filter(|entry| *entry.key() <= end) {
            let (at, part) = entry.remove_entry();
            if self.last.is_some_and(|last| at != last + 1) {
                self.leave_hole();
            }
            self.go_through(at, part);
            self.last = Some(at);
        }
        if self.last.is_none_or(|last| last < end) {
            self.leave_hole();
            self.last = Some(end);
        }
    }

    /// A part was given up, and with it the message that it is of.
    fn leave_hole(&mut self) {
        self.headless = true;
        if let Some((part, count)) = self.open.take()
            && !self.is_forgotten(part)
        {
            self.since.left += count;
        }
    }

    /// Whether the stack lets go of a message that was given up: of an unordered one by itself.
    fn is_forgotten(&self, part: Part) -> bool {
        let next = self.next.get(&part.stream);
        part.number
            .is_none_or(|number| next.is_some_and(|next| is_before(number, *next)))
    }

    fn go_through(&mut self, at: i64, part: Part) {
        let given_up = self.headless && self.given_up.is_some_and(|to| at <= to) && self.is_forgotten(part);
        self.headless &= !part.begins && !part.ends;
        let count = match self.open.take() {
            None if part.begins => 1,
            None if given_up => return,
            Some((open, count)) if !part.begins && (open.stream, open.number) == (part.stream, part.number) => {
                count + 1
            }
            open => {
                self.since.left += 1 + open.map_or(0, |(_, count)| count);
                return;
            }
        };
        if count > limits::PARTS_OF_A_MESSAGE {
            self.since.left += count;
        } else if part.ends {
            self.whole(part, count);
        } else {
            self.open = Some((part, count));
        }
    }

    /// A message is whole. The stack gives it out when it is the next of its stream.
    fn whole(&mut self, part: Part, count: usize) {
        let next = self.next.entry(part.stream);
        let Some(number) = part.number else {
            next.or_default();
            return;
        };
        let next = next.or_insert(number);
        if number == *next {
            *next = number.wrapping_add(1);
        } else if !is_before(number, *next) {
            self.since.left += count;
        }
    }

    /// What was seen since the last call.
    pub fn take(&mut self) -> Seen {
        std::mem::take(&mut self.since)
    }

    /// It names streams without end.
    pub fn is_in_too_many_streams(&self) -> bool {
        self.next.len() > limits::STREAMS
    }
}

/// In the order of numbers that start anew after 2^16 (RFC 1982).
fn is_before(number: u16, other: u16) -> bool {
    number != other && other.wrapping_sub(number) < u16::MAX / 2
}

const DATA: u8 = 0;
const SACK: u8 = 3;
const I_DATA: u8 = 64;
const RECONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;
const I_FORWARD_TSN: u8 = 194;
const ENDS: u8 = 1;
const BEGINS: u8 = 2;
const UNORDERED: u8 = 4;

struct Chunk<'a> {
    kind: u8,
    flags: u8,
    value: &'a [u8],
}

/// The chunks of an SCTP packet; what is cut off or says it is too long ends them.
fn chunks(packet: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = packet.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [kind, flags, high, low, ..] = *rest else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Chunk { kind, flags, value })
    })
}

/// The account of a transport; its DTLS keeps it and its police reads it.
pub type Shared = Arc<Mutex<Parts>>;

pub fn read(shared: &Shared) -> MutexGuard<'_, Parts> {
    // Every change of it is whole.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// The account of the DTLS that was made last.
    static MADE: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// The account of the transport that was built just now in this thread.
pub fn of_the_last_made() -> Shared {
    MADE.take().unwrap_or_default()
}

/// The media stack's cryptography, with an account of what each DTLS lets through.
pub fn cryptography() -> CryptoProvider {
    let mut provider = str0m::crypto::from_feature_flags();
    provider.dtls_provider = &Watching;
    provider
}

/// Makes DTLS as the media stack would, with an account.
#[derive(Debug)]
struct Watching;

impl DtlsProvider for Watching {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        let dtls = provider.new_dtls(certificate, now, version, mtu)?;
        let parts = Shared::default();
        MADE.set(Some(Arc::clone(&parts)));
        Ok(Box::new(Watched { dtls, parts }))
    }
}

struct Watched {
    dtls: Box<dyn DtlsInstance>,
    parts: Shared,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dtls.fmt(f)
    }
}

impl DtlsInstance for Watched {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.dtls.poll_output(buffer) {
            // The stack drops what is no packet.
            DtlsOutput::ApplicationData(packet) if !read(&self.parts).admits(packet) => {
                DtlsOutput::ApplicationData(&[])
            }
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, packet: &[u8]) -> Result<usize, DtlsImplError> {
        read(&self.parts).answers(packet);
        self.dtls.send_application_data(packet)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client, the account, and a stack that acknowledges what it has without a hole.
    #[derive(Default)]
    struct Line {
        parts: Parts,
        number: u32,
        acknowledged: u32,
    }

    fn packet(chunks: &[Vec<u8>]) -> Vec<u8> {
        [vec![0; 12], chunks.concat()].concat()
    }

    fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
        let length = (4 + value.len()) as u16;
        let mut chunk = [&[kind, flags][..], &length.to_be_bytes(), value].concat();
        chunk.resize(chunk.len().next_multiple_of(4), 0);
        chunk
    }

    fn data(number: u32, stream: u16, of: u16, flags: u8) -> Vec<u8> {
        let value = [
            &number.to_be_bytes()[..],
            &stream.to_be_bytes(),
            &of.to_be_bytes(),
            &[0; 5],
        ]
        .concat();
        chunk(DATA, flags, &value)
    }

    impl Line {
        fn starting_at(number: u32) -> Self {
            let acknowledged = number.wrapping_sub(1);
            Self {
                number,
                acknowledged,
                ..Default::default()
            }
        }

        /// Sends the next part; `lost`: it does not arrive.
        fn send(&mut self, stream: u16, of: u16, flags: u8, lost: bool) -> bool {
            let number = self.number;
            self.number = number.wrapping_add(1);
            lost || self.parts.admits(&packet(&[data(number, stream, of, flags)]))
        }

        fn acknowledge(&mut self, number: u32) {
            self.acknowledged = number;
            let value = [&number.to_be_bytes()[..], &[0; 8]].concat();
            self.parts.answers(&packet(&[chunk(SACK, 0, &value)]));
        }

        fn acknowledge_all(&mut self) {
            self.acknowledge(self.number.wrapping_sub(1));
        }

        /// The client gives up all that it has sent.
        fn forward(&mut self, streams: &[(u16, u16)]) {
            let mut value = self.number.wrapping_sub(1).to_be_bytes().to_vec();
            for (stream, of) in streams {
                value.extend([stream.to_be_bytes(), of.to_be_bytes()].concat());
            }
            assert!(self.parts.admits(&packet(&[chunk(FORWARD_TSN, 0, &value)])));
            self.acknowledge_all();
        }
    }

    #[test]
    fn whole_messages_leave_nothing_behind_however_many_and_wherever_their_numbers_begin() {
        let mut line = Line::starting_at(u32::MAX - 1_000);
        for message in 0..100_000u32 {
            let (stream, of) = ((message % 3) as u16, (message / 3) as u16);
            for flags in [BEGINS, 0, 0, ENDS] {
                assert!(line.send(stream, of, flags, false));
            }
            if message % 7 == 0 {
                line.acknowledge_all();
            }
        }
        line.acknowledge_all();
        assert_eq!(line.parts.ahead.len(), 0);
        let parts = 400_000;
        assert_eq!(line.parts.take(), Seen { parts, left: 0 });
        assert!(!line.parts.is_in_too_many_streams());
    }

    #[test]
    fn messages_given_up_on_a_line_that_loses_parts_leave_nothing_behind() {
        for ordered in [0, UNORDERED] {
            let mut line = Line::starting_at(7);
            for message in 0..10_000u16 {
                let lost = (message % 3 > 0).then_some(usize::from(message % 4));
                for (at, flags) in [BEGINS, 0, 0, ENDS].into_iter().enumerate() {
                    assert!(line.send(1, message, ordered | flags, lost == Some(at)));
                }
                match lost {
                    None => line.acknowledge_all(),
                    Some(_) if ordered == 0 => line.forward(&[(1, message)]),
                    Some(_) => line.forward(&[]),
                }
            }
            assert_eq!(line.parts.take().left, 0);
        }
    }

    #[test]
    fn parts_that_never_become_a_message_are_each_counted_whatever_else_is_sent() {
        // Only beginnings; whole messages of numbers far ahead; ordered ones given up without a word; what follows a hole
        // and has no beginning.
        let attacks: [fn(&mut Line, u16); 4] = [
            |line, _| assert!(line.send(0, 0, UNORDERED | BEGINS, false)),
            |line, round| assert!(line.send(0, 10 + 2 * round, BEGINS | ENDS, false)),
            |line, round| {
                assert!(line.send(0, round, BEGINS, false));
                line.send(0, round, 0, true);
                line.forward(&[]);
            },
            |line, _| {
                line.send(0, 0, UNORDERED | BEGINS, true);
                line.forward(&[]);
                assert!(line.send(0, 0, UNORDERED, false));
            },
        ];
        for attack in attacks {
            let mut line = Line::starting_at(1);
            assert!(line.send(0, 0, BEGINS | ENDS, false));
            for round in 1..=1_000 {
                attack(&mut line, round);
                line.acknowledge_all();
            }
            let left = line.parts.take().left;
            assert!((998..=1_000).contains(&left), "{left}");
        }
    }

    #[test]
    fn behind_a_hole_there_is_room_for_a_limited_number_of_parts() {
        let mut line = Line::starting_at(1);
        assert!(line.send(0, 0, BEGINS | ENDS, false));
        line.acknowledge_all();
        line.send(0, 1, BEGINS | ENDS, true);
        let taken = (0..10_000u16)
            .filter(|of| line.send(0, 2 + of, BEGINS | ENDS, false))
            .count();
        assert_eq!(taken, limits::PARTS_AHEAD);
        // The sender has given up what is missing, and all goes on.
        line.acknowledge(2 + limits::PARTS_AHEAD as u32);
        assert!(
            line.parts
                .admits(&packet(&[data(3 + limits::PARTS_AHEAD as u32, 0, 9, BEGINS | ENDS)]))
        );
    }

    #[test]
    fn a_number_means_one_part_only() {
        let mut line = Line::starting_at(1);
        assert!(line.send(0, 0, BEGINS | ENDS, false));
        assert!(
            line.parts.admits(&packet(&[data(1, 0, 0, BEGINS | ENDS)])),
            "sent once more"
        );
        assert!(!line.parts.admits(&packet(&[data(1, 0, 0, BEGINS)])));
    }

    #[test]
    fn an_acknowledgement_names_no_more_than_can_be_under_way() {
        let mut parts = Parts::default();
        let acknowledgement = |gaps: usize, end: u16| {
            let mut value = [&[0; 8][..], &(gaps as u16).to_be_bytes(), &[0; 2]].concat();
            for _ in 0..gaps {
                value.extend([2u16.to_be_bytes(), end.to_be_bytes()].concat());
            }
            packet(&[chunk(SACK, 0, &value)])
        };
        assert!(parts.admits(&acknowledgement(20, 100)));
        assert!(!parts.admits(&acknowledgement(250, u16::MAX)));
    }

    #[test]
    fn streams_are_not_opened_without_end() {
        let mut line = Line::starting_at(1);
        for stream in 0..1_000 {
            line.send(stream, 0, BEGINS | ENDS, false);
            line.acknowledge_all();
        }
        assert!(line.parts.is_in_too_many_streams());
    }

    proptest::proptest! {
        #[test]
        fn any_packet_can_be_looked_at(packet in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let mut parts = Parts::default();
            parts.admits(&packet);
            parts.answers(&packet);
        }
    }
}
