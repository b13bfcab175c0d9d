// SPDX-License-Identifier: EUPL-1.2
//! What one client may cause: the numbers, in one place. They are enforced where each thing comes in.

// Media: what a transport may send, as a rate and what may come at once. The fastest honest client (three
// layers of 1080p60, a shared screen, a microphone, a third of it sent twice) needs three quarters of it.

/// Datagrams per second and at once.
pub const PACKETS: (f64, f64) = (5_000.0, 10_000.0);
/// Bytes per second and at once: 48 Mbit/s.
pub const PACKET_BYTES: (f64, f64) = (6e6, 12e6);
/// Checks of the path (STUN) per second and at once; browsers send one in a few seconds, more while they connect.
pub const CHECKS: (f64, f64) = (100.0, 500.0);
/// Packets of one layer of a video per second and at once; every subscriber gets one layer.
pub const VIDEO_PACKETS: (f64, f64) = (1_500.0, 3_000.0);
/// Packets of a microphone per second and at once; ten milliseconds of sound make a hundred.
pub const AUDIO_PACKETS: (f64, f64) = (200.0, 400.0);
/// New RTP sources per second and at once. A camera in three layers is six, with what is sent again.
pub const NEW_SOURCES: (f64, f64) = (1.0, 64.0);
/// RTP sources of one transport, ever.
pub const SOURCES: usize = 1_024;
