// SPDX-License-Identifier: EUPL-1.2
//! HTTP as transport: sockets, TLS, WebSockets, the files of the web client, what requests and refusals look like. Not what is
//! asked: that is in the doors. The rule: nothing here knows a noun.

pub mod client;
pub mod extract;
pub mod failure;
pub mod given_up;
pub mod listen;
pub mod numbered;
pub mod origin;
pub mod pace;
pub mod sockets;
pub mod tls;
pub mod web;
pub mod websocket;
