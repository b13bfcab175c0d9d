// SPDX-License-Identifier: EUPL-1.2
//! Doors of the whole program: the list of routes, what holds for every request, and what belongs to no noun. Not transport:
//! that is `http`; each noun has its own doors. The rule: every path of the program stands in `routes.rs`.

pub mod config_js;
pub mod guard;
pub mod metrics;
pub mod routes;
pub mod rtc;
pub mod running;
pub mod settings;
