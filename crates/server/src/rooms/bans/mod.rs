// SPDX-License-Identifier: EUPL-1.2
//! Who may not enter a room. Kept between meetings; a running meeting decides, and has its decisions recorded here.

pub mod store;
