// SPDX-License-Identifier: EUPL-1.2
//! Raised hands as they travel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::ParticipantId;

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnableRaiseHands,
    /// Also lowers all hands.
    DisableRaiseHands,
    /// A hand that is up keeps its time.
    RaiseHand,
    LowerHand,
    ResetRaisedHands {
        /// Nobody named: everybody.
        #[serde(default)]
        target: Option<OneOrMany>,
    },
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(ParticipantId),
    Many(Vec<ParticipantId>),
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody.
    RaiseHandsEnabled { issued_by: ParticipantId },
    /// To everybody: all hands are down.
    RaiseHandsDisabled { issued_by: ParticipantId },
    /// To everybody.
    HandRaised {
        participant: ParticipantId,
        /// Since when; a hand that was up keeps its time.
        raised_at: Timestamp,
    },
    /// To everybody.
    HandLowered { participant: ParticipantId },
    /// To everybody.
    RaisedHandResetByModerator {
        issued_by: ParticipantId,
        participants: Vec<ParticipantId>,
    },
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    RaiseHandsDisabled,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    pub raise_hands_enabled: bool,
    /// One's own hand, if it is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<RaisedHand>,
}

/// A hand that is up.
#[derive(Serialize, ToSchema)]
pub(crate) struct RaisedHand {
    pub raised_at: Timestamp,
}
