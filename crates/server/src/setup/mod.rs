// SPDX-License-Identifier: EUPL-1.2
//! The set-up: whoever holds the one-time address makes the first administrator. Not for later accounts. It works only
//! while there is no administrator.

pub mod http;
