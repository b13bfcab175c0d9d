// SPDX-License-Identifier: EUPL-1.2
//! Raised hands: who wants to speak here, since when. It gives nobody the floor. The one rule: a hand goes down when its
//! owner goes, also to another room.

mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Act, Asking, Deed, Feature, Needs, Scope, Setting};
use crate::engine::{Outbox, Presence, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::wire::Nothing;
use wire::{Command, Event, OneOrMany, RaisedHand, Refusal, Snapshot};

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

impl Feature for RaiseHands {
    const NAMESPACE: &'static str = "raise_hands";
    const SCOPE: Scope = Scope::Place;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"enable_raise_hands"}"#,
        r#"{"action":"disable_raise_hands"}"#,
        r#"{"action":"raise_hand"}"#,
        r#"{"action":"lower_hand"}"#,
        r#"{"action":"reset_raised_hands"}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = RaisedHand;
    type Refusal = Refusal;

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

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let who = from.participant;
        match command {
            Command::EnableRaiseHands | Command::DisableRaiseHands => {
                let enabled = matches!(command, Command::EnableRaiseHands);
                self.enabled = enabled;
                if !enabled {
                    for id in std::mem::take(&mut self.raised).into_keys() {
                        room.set_peer::<Self>(id, None);
                    }
                }
                room.tell_all(&if enabled {
                    Event::RaiseHandsEnabled { issued_by: who }
                } else {
                    Event::RaiseHandsDisabled { issued_by: who }
                });
            }
            Command::RaiseHand => {
                if !self.enabled {
                    return Err(Refusal::RaiseHandsDisabled);
                }
                let now = room.now;
                let raised_at = *self.raised.entry(who).or_insert(now);
                room.set_peer::<Self>(who, Some(&RaisedHand { raised_at }));
                room.tell_all(&Event::HandRaised {
                    participant: who,
                    raised_at,
                });
            }
            Command::LowerHand => {
                if self.raised.remove(&who).is_some() {
                    room.set_peer::<Self>(who, None);
                    room.tell_all(&Event::HandLowered { participant: who });
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
                    room.set_peer::<Self>(*id, None);
                }
                if !lowered.is_empty() {
                    room.tell_all(&Event::RaisedHandResetByModerator {
                        issued_by: who,
                        participants: lowered,
                    });
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        let raised = self.raised.get(&who);
        Some(Snapshot {
            raise_hands_enabled: self.enabled,
            state: raised.map(|at| RaisedHand { raised_at: *at }),
        })
    }

    fn left(&mut self, room: &mut Outbox<'_>, who: ParticipantId) {
        if self.raised.remove(&who).is_some() {
            room.set_peer::<Self>(who, None);
            // Whoever has left the meeting is known to have no hand up.
            if room
                .member(who)
                .is_some_and(|member| member.presence == Presence::Inside)
            {
                room.tell_all(&Event::HandLowered { participant: who });
            }
        }
    }
}
