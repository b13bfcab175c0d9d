// SPDX-License-Identifier: EUPL-1.2
//! Polls as they travel (profile §4.3 and §9).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    Start {
        /// From 1 to 100 bytes.
        topic: String,
        /// Whether everybody sees the counts while it runs.
        #[serde(default)]
        live: bool,
        #[serde(default)]
        multiple_choice: bool,
        /// From 2 to 64, each of 1 to 100 bytes.
        choices: Vec<String>,
        /// In seconds, from 1 to 86,400.
        duration: u32,
    },
    /// Replaces what one has chosen before. What a guest chose counts while they are here.
    Vote {
        poll_id: Uuid,
        #[serde(flatten)]
        choices: Choices,
    },
    Finish {
        id: Uuid,
    },
}

/// What somebody chose: one, or several; none at all takes a vote back.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Choices {
    Single { choice_id: u32 },
    Multiple { choice_ids: BTreeSet<u32> },
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Event {
    /// To everybody in the place.
    Started(Poll),
    /// To everybody in the place, if the poll is live; several votes may come in one.
    LiveUpdate(Results),
    /// To one's other windows: what one has chosen.
    Voted {
        poll_id: Uuid,
        #[serde(flatten)]
        choices: Choices,
    },
    /// To everybody in the place: the poll is over.
    Done(Results),
}

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Poll {
    pub id: Uuid,
    pub topic: String,
    pub live: bool,
    pub multiple_choice: bool,
    pub choices: Vec<Choice>,
    /// In seconds.
    pub duration: u32,
}

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Choice {
    pub id: u32,
    pub content: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Results {
    /// Of the poll.
    pub id: Uuid,
    pub results: Vec<Count>,
}

/// How many people chose this.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Count {
    /// Of the choice.
    pub id: u32,
    pub count: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    StillRunning,
    InvalidTopicLength {
        /// In bytes.
        max_length: usize,
    },
    /// It shows nothing, or has characters that control how text is shown.
    UnreadableTopic,
    InvalidChoiceCount {
        min_choice_count: usize,
        max_choice_count: usize,
    },
    InvalidChoiceDescriptionLength {
        /// In bytes, both.
        min_length: usize,
        max_length: usize,
    },
    UnreadableChoice,
    InvalidDuration {
        /// In seconds.
        max_duration: u32,
    },
    /// There is no such poll, or it is over.
    InvalidPollId,
    InvalidChoiceId,
    MultipleChoicesNotAllowed,
}

/// The poll that runs where somebody comes in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub poll: Poll,
    pub started: Timestamp,
    /// What one has chosen, if one has voted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub choice_ids: Option<Vec<u32>>,
    /// Only of a live poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub results: Option<Vec<Count>>,
}

/// The last poll that is over where somebody comes in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    #[serde(flatten)]
    pub poll: Poll,
    pub results: Vec<Count>,
}
