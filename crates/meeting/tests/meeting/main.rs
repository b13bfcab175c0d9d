// SPDX-License-Identifier: EUPL-1.2
//! Tests of the meeting through its public face: stories, transcripts, and properties that hold whatever people do.

mod absence;
mod breakout;
mod document;
mod limits;
mod parameters;
mod player;
mod polls;
mod privacy;
mod replay;
mod rights;
mod rules;
mod stage;
mod stories;
mod transcripts;
