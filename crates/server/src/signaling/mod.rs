// SPDX-License-Identifier: EUPL-1.2
//! The sockets of running meetings: tickets, one task per connection, one task per meeting. Not what is said in them:
//! that is `konvent-meeting`. The rule: one task owns a meeting, and a slow client hurts itself only.

pub mod admin;
pub mod connection;
pub(crate) mod deeds;
pub mod http;
pub mod journal;
mod lane;
pub mod meeting_task;
mod pen;
mod perform;
pub mod recorder;
pub mod registry;
pub mod store;
pub mod tickets;
