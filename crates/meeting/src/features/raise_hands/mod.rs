// SPDX-License-Identifier: EUPL-1.2
//! Raised hands: who wants to speak, since when. It gives nobody the floor. The one rule: a hand goes down with its
//! owner.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, Asking, Deed, Feature, Needs, Refused, Setting};
use crate::engine::{Outbox, Room};
use crate::ids::{ConnectionId, ParticipantId};

pub(crate) struct RaiseHands {
    enabled: bool,
    raised: BTreeMap<ParticipantId, Timestamp>,
}

impl Default for RaiseHands {
    fn default() -> RaiseHands {
        RaiseHands {
            enabled: true,
            raised: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    EnableRaiseHands,
    DisableRaiseHands,
    RaiseHand,
    LowerHand,
    ResetRaisedHands {
        /// Nobody named: everybody.
        #[serde(default)]
        target: Option<OneOrMany>,
    },
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(ParticipantId),
    Many(Vec<ParticipantId>),
}

impl Feature for RaiseHands {
    const NAMESPACE: &'static str = "raise_hands";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"enable_raise_hands"}"#,
        r#"{"action":"disable_raise_hands"}"#,
        r#"{"action":"raise_hand"}"#,
        r#"{"action":"lower_hand"}"#,
        r#"{"action":"reset_raised_hands"}"#,
    ];
    type Command = Command;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::RaiseHand | Command::LowerHand => Needs::Inside,
            Command::EnableRaiseHands | Command::DisableRaiseHands | Command::ResetRaisedHands { .. } => {
                Needs::Moderator
            }
        }
    }

    fn deed(&self, _: &Room, command: &Command) -> Option<Deed> {
        match command {
            Command::EnableRaiseHands if !self.enabled => Some(Deed::new(Act::HandsSwitched).to(Setting::Enabled)),
            Command::DisableRaiseHands if self.enabled => Some(Deed::new(Act::HandsSwitched).to(Setting::Disabled)),
            Command::ResetRaisedHands { target } => {
                let named = |id: &ParticipantId| match target {
                    None => true,
                    Some(OneOrMany::One(one)) => one == id,
                    Some(OneOrMany::Many(many)) => many.contains(id),
                };
                let lowered: Vec<ParticipantId> = self.raised.keys().copied().filter(named).collect();
                (!lowered.is_empty()).then(|| Deed::new(Act::HandsLowered).on(lowered))
            }
            _ => None,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refused> {
        let who = from.participant;
        match command {
            Command::EnableRaiseHands | Command::DisableRaiseHands => {
                let enabled = matches!(command, Command::EnableRaiseHands);
                self.enabled = enabled;
                if !enabled {
                    for id in std::mem::take(&mut self.raised).into_keys() {
                        room.set_peer(id, Self::NAMESPACE, None);
                    }
                }
                let message = if enabled {
                    "raise_hands_enabled"
                } else {
                    "raise_hands_disabled"
                };
                room.tell_all(Self::NAMESPACE, &json!({ "message": message, "issued_by": who }));
            }
            Command::RaiseHand => {
                if !self.enabled {
                    return Err(Refused::Code("raise_hands_disabled"));
                }
                let now = room.now;
                let raised_at = *self.raised.entry(who).or_insert(now);
                room.set_peer(who, Self::NAMESPACE, Some(json!({ "raised_at": raised_at })));
                let event = json!({ "message": "hand_raised", "participant": who, "raised_at": raised_at });
                room.tell_all(Self::NAMESPACE, &event);
            }
            Command::LowerHand => {
                if self.raised.remove(&who).is_some() {
                    room.set_peer(who, Self::NAMESPACE, None);
                    room.tell_all(
                        Self::NAMESPACE,
                        &json!({ "message": "hand_lowered", "participant": who }),
                    );
                }
            }
            Command::ResetRaisedHands { target } => {
                let targets = match target {
                    None => self.raised.keys().copied().collect(),
                    Some(OneOrMany::One(id)) => vec![id],
                    Some(OneOrMany::Many(ids)) => ids,
                };
                let lowered: Vec<_> = targets
                    .into_iter()
                    .filter(|id| self.raised.remove(id).is_some())
                    .collect();
                for id in &lowered {
                    room.set_peer(*id, Self::NAMESPACE, None);
                }
                if !lowered.is_empty() {
                    let event = json!({ "message": "raised_hand_reset_by_moderator", "issued_by": who,
                        "participants": lowered });
                    room.tell_all(Self::NAMESPACE, &event);
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Value> {
        let mut data = json!({ "raise_hands_enabled": self.enabled });
        if let Some(raised_at) = self.raised.get(&who) {
            data["state"] = json!({ "raised_at": raised_at });
        }
        Some(data)
    }

    fn left(&mut self, room: &mut Outbox<'_>, who: ParticipantId) {
        if self.raised.remove(&who).is_some() {
            room.set_peer(who, Self::NAMESPACE, None);
        }
    }
}
