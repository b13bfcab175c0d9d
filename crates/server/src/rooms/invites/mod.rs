// SPDX-License-Identifier: EUPL-1.2
//! Guest links: codes that let people without an account into one room. Not invitations of colleagues: those belong to
//! the event. A code is a secret of 128 random bits.

pub mod http;
pub mod store;
