// SPDX-License-Identifier: EUPL-1.2
//! Organisations. One exists now, made by the first migration; every query names it already. Not its people: those are
//! in `users`.

pub mod store;
