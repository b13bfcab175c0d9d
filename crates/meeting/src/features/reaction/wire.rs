// SPDX-License-Identifier: EUPL-1.2
//! Reactions as they travel.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Restriction;
use crate::ids::ParticipantId;

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reaction {
    ThumbsUp,
    ThumbsDown,
    Heart,
    Joy,
    SmilingFaceWithTear,
    OpenMouth,
    Tada,
    Clap,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    React {
        reaction: Reaction,
    },
    /// Only these and moderators may react from now on.
    EnableRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableRestrictions,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody.
    Reacted {
        participant_id: ParticipantId,
        reaction: Reaction,
    },
    /// To everybody.
    RestrictionsEnabled {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    /// To everybody.
    RestrictionsDisabled,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    Restricted,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    pub restrictions: Restriction,
}
