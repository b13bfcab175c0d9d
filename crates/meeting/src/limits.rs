// SPDX-License-Identifier: EUPL-1.2
//! Every limit of the signaling protocol: what one client may send, and what a meeting keeps and tells because of it.
//! Limits of the tariff are not here, they are parameters. The one rule: a limit costs the client that meets it, never
//! the others. The numbers stand in `docs/api/signaling.md`, too.

use jiff::SignedDuration;

/// Largest frame a client may send, in bytes; above it the connection is closed with 1009. It bounds every list in a
/// command as well.
pub const FRAME: usize = 64 * 1024;
/// Frames a second of one person, over all their connections, pings included. More are delayed, not lost.
pub const FRAMES_PER_SECOND: f32 = 10.0;
/// How many frames at once after silence.
pub const FRAMES_AT_ONCE: f32 = 30.0;
/// A longer frame counts once more for each so many bytes: the longest text in chat up to sixteen times. So nobody fills a
/// meeting's journal in a minute.
pub const COUNTS_ONCE: usize = 1024;

/// Connections of one person: windows and devices.
pub const CONNECTIONS_PER_PERSON: usize = 10;
/// Connections of a meeting. The media server takes more, because of further windows and of those who come back before
/// their cut connection is gone.
pub const CONNECTIONS: usize = 1500;
/// Of these, so many are for those who are no guests.
pub const CONNECTIONS_FOR_MEMBERS: usize = 200;
/// How long the place of somebody whose line was cut is kept: with hand, role and media, and nobody is told. Half a
/// minute without a network and the way back fit into it.
pub const AWAY: SignedDuration = SignedDuration::from_secs(40);
/// How long an empty meeting is kept, so that the last one can come back.
pub const EMPTY: SignedDuration = SignedDuration::from_secs(60);
/// People before the door; the guest who comes then is turned away.
pub const WAITING: usize = 500;
/// Guests who left are still listed, so that others know who it was and nobody waits twice: this many of those who wrote
/// nothing, and of those who did. The longest gone are forgotten first.
pub const GONE_GUESTS: usize = 50;
pub const GONE_GUESTS_WHO_WROTE: usize = 200;
/// Visits of one person that are told apart.
pub const VISITS: usize = 100;
/// Further windows with the media of one connection; the next one takes the place of the first. The media server has room
/// for every connection with all of them.
pub const POPOUTS: u32 = 2;

/// Longest display name in bytes (profile §9).
pub const NAME: usize = 100;
/// Longest chat message in characters.
pub const MESSAGE: usize = 4096;
/// Messages kept of one conversation.
pub const KEPT_MESSAGES: usize = 10_000;
/// Bytes kept of what was said to everybody, and in all private conversations together. Whoever holds most of it loses
/// the oldest first.
pub const KEPT_BYTES: usize = 8 * 1024 * 1024;
/// What a message counts besides its text: ids and time.
pub const MESSAGE_OVERHEAD: usize = 256;
/// One piece of history: messages (profile §9) and bytes.
pub const CHUNK_MESSAGES: usize = 100;
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Private conversations that `join_success` names, the latest ones, and the bytes of them it brings; the rest is asked for
/// with `get_history_chunk`.
pub const CONVERSATIONS_AT_JOIN: usize = 50;
pub const PRIVATE_BYTES_AT_JOIN: usize = 32 * 1024;
/// Characters of a search term, at least and at most.
pub const SEARCH_TERM: std::ops::RangeInclusive<usize> = 2..=255;
/// Bytes that one search reads; the answer says where to go on.
pub const SEARCH_BYTES: usize = 512 * 1024;

/// How long a timer or a poll may run, in seconds (profile §9 of polls).
pub const DURATION: u32 = 86_400;
/// Bytes of what a timer is called, of the word for its look, and of why it was stopped.
pub const TIMER_TITLE: usize = 100;
pub const TIMER_STYLE: usize = 64;
pub const TIMER_REASON: usize = 255;
/// Breakout rooms at once, bytes of the name of one, and for how many seconds they are open at least (profile §9).
pub const BREAKOUT_ROOMS: usize = 100;
pub const ROOM_NAME: usize = 100;
pub const BREAKOUT_SECONDS: u32 = 60;
/// Bytes kept of what was said in one of them.
pub const ROOM_BYTES: usize = 256 * 1024;
/// Choices of a poll, and bytes of its question and of each choice (profile §9).
pub const POLL_CHOICES: std::ops::RangeInclusive<usize> = 2..=64;
pub const POLL_TEXT: std::ops::RangeInclusive<usize> = 1..=100;
/// So long the counts of a live poll stay as they were told; votes in between are told together.
pub const LIVE_UPDATES: SignedDuration = SignedDuration::from_millis(500);
