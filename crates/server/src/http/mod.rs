// SPDX-License-Identifier: EUPL-1.2
//! HTTP: the list of routes, who is asked under which address, TLS, and the files of the web client. Not the nouns
//! themselves: each has its own folder. The rule: every path of the program stands in `routes.rs`.

pub mod client;
pub mod config_js;
pub mod extract;
pub mod failure;
pub mod guard;
pub mod listen;
pub mod numbered;
pub mod origin;
pub mod routes;
pub mod rtc;
pub mod settings;
pub mod tls;
pub mod web;
pub mod websocket;
