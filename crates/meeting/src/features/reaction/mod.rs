// SPDX-License-Identifier: EUPL-1.2
//! Reactions: a sign that everybody sees for a moment. Nothing of it is kept. The one rule: a moderator is never
//! restricted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Act, Asking, Deed, Feature, Needs, Refused, Scope, Setting};
use crate::engine::{Outbox, Restriction, Room};
use crate::ids::{ConnectionId, ParticipantId};

#[derive(Default)]
pub(crate) struct Reactions {
    restrictions: Restriction,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
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

#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    React {
        reaction: Reaction,
    },
    EnableRestrictions {
        unrestricted_participants: BTreeSet<ParticipantId>,
    },
    DisableRestrictions,
}

impl Feature for Reactions {
    const NAMESPACE: &'static str = "reaction";
    const SCOPE: Scope = Scope::Place;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"react","reaction":"heart"}"#,
        r#"{"action":"enable_restrictions","unrestricted_participants":[]}"#,
        r#"{"action":"disable_restrictions"}"#,
    ];
    type Command = Command;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::React { .. } => Needs::Inside,
            Command::EnableRestrictions { .. } | Command::DisableRestrictions => Needs::Moderator,
        }
    }

    fn deed(&self, _: &Room, command: &Command) -> Option<Deed> {
        match command {
            Command::EnableRestrictions {
                unrestricted_participants,
            } if !self.restrictions.spares(unrestricted_participants) => {
                Some(Deed::new(Act::ReactionsRestricted).to(Setting::Enabled))
            }
            Command::DisableRestrictions if self.restrictions != Restriction::Disabled => {
                Some(Deed::new(Act::ReactionsRestricted).to(Setting::Disabled))
            }
            _ => None,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refused> {
        let event = match command {
            Command::React { reaction } => {
                if !room.is_moderator(from.participant) && !self.restrictions.allows(from.participant) {
                    return Err(Refused::Code("restricted"));
                }
                json!({ "message": "reacted", "participant_id": from.participant, "reaction": reaction })
            }
            Command::EnableRestrictions {
                unrestricted_participants,
            } => {
                let event = json!({ "message": "restrictions_enabled",
                    "unrestricted_participants": unrestricted_participants });
                self.restrictions = Restriction::Enabled {
                    unrestricted_participants,
                };
                event
            }
            Command::DisableRestrictions => {
                self.restrictions = Restriction::Disabled;
                json!({ "message": "restrictions_disabled" })
            }
        };
        room.tell_all(Self::NAMESPACE, &event);
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, _: ParticipantId, _: ConnectionId) -> Option<Value> {
        Some(json!({ "restrictions": self.restrictions }))
    }
}
