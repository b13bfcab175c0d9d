// SPDX-License-Identifier: EUPL-1.2
//! The program `konvent`: everything that touches the world. What a meeting means is in `konvent-meeting`, how media is
//! forwarded in `konvent-sfu`; here are sockets, files, the database and the clock. One noun a folder.

pub mod address;
pub mod allowance;
pub mod app;
pub mod assets;
pub mod audit;
pub mod backup;
pub mod calendar;
pub mod change;
pub mod clock;
pub mod config;
pub mod data;
pub mod db;
pub mod door;
pub mod entry;
pub mod events;
pub mod http;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod lock;
pub mod mail;
pub mod media;
pub mod privacy;
pub mod queue;
pub mod retention;
pub mod rooms;
pub mod serve;
pub mod setup;
pub mod signaling;
pub mod start_error;
pub mod start_text;
pub mod tariffs;
pub mod tenants;
pub mod turns;
pub mod users;

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tidy;
