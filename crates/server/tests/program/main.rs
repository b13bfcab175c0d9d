// SPDX-License-Identifier: EUPL-1.2
//! The program itself, started and ended like anybody's. Not what can be asked of a router: that is in `src/tests`.
#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

mod disk;
#[path = "../../src/tests/postgres.rs"]
#[expect(dead_code, reason = "no story here stops it")]
mod postgres;
mod restart;

use konvent_server::clock;
