// SPDX-License-Identifier: EUPL-1.2
//! Invitations of people to an event: colleagues with an account, or e-mail addresses. Not guest links. Only who may edit
//! the event invites.

pub mod http;
pub mod store;
