// SPDX-License-Identifier: EUPL-1.2
//! The sockets of running meetings: tickets, one task per connection, one task per meeting. Not what is said in them:
//! that is `konvent-meeting`. The rule: one task owns a meeting, and a slow client hurts itself only.

pub mod admin;
pub mod connection;
pub mod http;
mod lane;
pub mod meeting_task;
pub mod registry;
pub mod tickets;
