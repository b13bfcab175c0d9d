// SPDX-License-Identifier: EUPL-1.2
//! The timer as it travels (profile §4.3 and §9).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::ParticipantId;

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Start {
        #[serde(flatten)]
        kind: Wanted,
        /// A word for front ends, as `coffee-break`; at most 64 bytes.
        #[serde(default)]
        style: Option<String>,
        /// At most 100 bytes.
        #[serde(default)]
        title: Option<String>,
        /// Whether people can say that they are ready.
        #[serde(default)]
        enable_ready_check: bool,
    },
    Stop {
        /// Told to everybody; at most 255 bytes.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Whether one is ready; anybody's to say while the timer asks for it.
    UpdateReadyStatus { status: bool },
}

/// What is to be started.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// Goes on until it is stopped.
    Stopwatch,
    /// Stops by itself after `duration` seconds, from 1 to 86,400.
    Countdown { duration: u32 },
}

/// What runs.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Kind {
    Stopwatch,
    Countdown { ends_at: Timestamp },
}

/// A timer that runs.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Timer {
    pub started_at: Timestamp,
    #[serde(flatten)]
    pub kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub style: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    pub ready_check_enabled: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody in the place.
    Started(Timer),
    /// To everybody in the place.
    Stopped {
        #[serde(flatten)]
        kind: Stop,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        reason: Option<String>,
    },
    /// To everybody in the place: somebody is ready, or is not any more.
    UpdatedReadyStatus {
        participant_id: ParticipantId,
        status: bool,
    },
}

/// Why a timer stopped.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Stop {
    ByModerator { participant_id: ParticipantId },
    Expired,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    InvalidDuration {
        /// In seconds.
        max_duration: u32,
    },
    InvalidTextLength {
        field: Text,
        /// In bytes.
        max_length: usize,
    },
    /// It shows nothing, or has characters that control how text is shown.
    UnreadableText {
        field: Text,
    },
    TimerAlreadyRunning,
    TimerNotRunning,
    ReadyCheckNotEnabled,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Text {
    Style,
    Title,
    Reason,
}

/// The timer that runs where somebody comes in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub timer: Timer,
    /// Whether one has said that one is ready; only where the timer asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ready_status: Option<bool>,
}

/// Somebody has said that they are ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    pub ready_status: bool,
}
