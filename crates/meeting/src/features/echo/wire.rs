// SPDX-License-Identifier: EUPL-1.2
//! Echo as it travels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sign of life; also those who wait send it.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Ping,
}

/// To whoever asked.
#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    Pong,
}
