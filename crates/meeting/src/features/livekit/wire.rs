// SPDX-License-Identifier: EUPL-1.2
//! Access to media as it travels.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::{Credentials, Restriction};
use crate::ids::ParticipantId;

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    CreateNewAccessToken,
    GrantScreenSharePermission {
        participants: BTreeSet<ParticipantId>,
    },
    /// Holds also where everybody may share.
    RevokeScreenSharePermission {
        participants: BTreeSet<ParticipantId>,
    },
    /// For a second window that sees and hears, and is not seen.
    RequestPopoutStreamAccessToken,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To whoever asked.
    Credentials(Credentials),
    /// To whoever asked.
    PopoutStreamAccessToken { token: String },
    /// To whoever granted or revoked, once the media server knows.
    ScreenSharePermissionsUpdated {
        grant: bool,
        participants: BTreeSet<ParticipantId>,
    },
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    LivekitUnavailable,
    UnknownParticipant {
        /// Those who are not inside.
        participant: Vec<ParticipantId>,
    },
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub credentials: Credentials,
    pub microphone_restriction_state: Restriction,
    pub screen_share_requires_permission: bool,
}
