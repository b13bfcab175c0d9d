// SPDX-License-Identifier: EUPL-1.2
//! Tests of the meeting through its public face: transcripts, and properties that hold whatever people do.

mod player;
mod privacy;
mod transcripts;
