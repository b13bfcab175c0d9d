// SPDX-License-Identifier: EUPL-1.2
//! Reactions: a sign that everybody sees for a moment. Nothing of it is kept. The one rule: a moderator is never
//! restricted.

mod wire;

use super::{Act, Asking, Deed, Feature, Needs, Scope, Setting};
use crate::engine::{Outbox, Restriction, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::wire::Nothing;
use wire::{Command, Event, Refusal, Snapshot};

#[derive(Default)]
pub(crate) struct Reactions {
    restrictions: Restriction,
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
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Nothing;
    type Refusal = Refusal;

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

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let event = match command {
            Command::React { reaction } => {
                if !room.is_moderator(from.participant) && !self.restrictions.allows(from.participant) {
                    return Err(Refusal::Restricted);
                }
                Event::Reacted {
                    participant_id: from.participant,
                    reaction,
                }
            }
            Command::EnableRestrictions {
                unrestricted_participants,
            } => {
                self.restrictions = Restriction::Enabled {
                    unrestricted_participants: unrestricted_participants.clone(),
                };
                Event::RestrictionsEnabled {
                    unrestricted_participants,
                }
            }
            Command::DisableRestrictions => {
                self.restrictions = Restriction::Disabled;
                Event::RestrictionsDisabled
            }
        };
        room.tell_all(&event);
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, _: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        Some(Snapshot {
            restrictions: self.restrictions.clone(),
        })
    }
}
