// SPDX-License-Identifier: EUPL-1.2
//! The timer: a countdown or a stopwatch that everybody in a place sees, a coffee break, and who is ready. It ends nothing
//! but itself. The one rule: at most one runs in a place, and who started it may leave.

mod wire;

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Asking, Feature, Needs, Scope};
use crate::engine::Outbox;
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::names::is_readable;
use crate::wire::Nothing;
use wire::{Command, Event, Kind, Ready, Refusal, Snapshot, Stop, Text, Timer as Running, Wanted};

#[derive(Default)]
pub(crate) struct Timer {
    running: Option<Running>,
    ready: BTreeSet<ParticipantId>,
}

fn short(text: Option<String>, field: Text, max_length: usize) -> Result<Option<String>, Refusal> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) if text.len() > max_length => Err(Refusal::InvalidTextLength { field, max_length }),
        Some(text) if !is_readable(&text) => Err(Refusal::UnreadableText { field }),
        text => Ok(text),
    }
}

impl Timer {
    fn stop(&mut self, room: &mut Outbox<'_>, kind: Stop, reason: Option<String>) {
        self.running = None;
        for id in std::mem::take(&mut self.ready) {
            room.set_peer::<Self>(id, None);
        }
        room.wake_at(None);
        room.tell_all(&Event::Stopped { kind, reason });
    }
}

impl Feature for Timer {
    const NAMESPACE: &'static str = "timer";
    const SCOPE: Scope = Scope::Place;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"start","kind":"countdown","duration":300,"style":"coffee-break","title":"Coffee"}"#,
        r#"{"action":"start","kind":"stopwatch","enable_ready_check":true}"#,
        r#"{"action":"stop","reason":"All are back"}"#,
        r#"{"action":"update_ready_status","status":true}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Ready;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::Start { .. } | Command::Stop { .. } => Needs::Moderator,
            Command::UpdateReadyStatus { .. } => Needs::Inside,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let who = from.participant;
        match command {
            Command::Start {
                kind,
                style,
                title,
                enable_ready_check,
            } => {
                if self.running.is_some() {
                    return Err(Refusal::TimerAlreadyRunning);
                }
                let kind = match kind {
                    Wanted::Stopwatch => Kind::Stopwatch,
                    Wanted::Countdown { duration } if (1..=limits::DURATION).contains(&duration) => Kind::Countdown {
                        ends_at: room.now + SignedDuration::from_secs(duration.into()),
                    },
                    Wanted::Countdown { .. } => {
                        let max_duration = limits::DURATION;
                        return Err(Refusal::InvalidDuration { max_duration });
                    }
                };
                let timer = Running {
                    started_at: room.now,
                    kind,
                    style: short(style, Text::Style, limits::TIMER_STYLE)?,
                    title: short(title, Text::Title, limits::TIMER_TITLE)?,
                    ready_check_enabled: enable_ready_check,
                };
                if let Kind::Countdown { ends_at } = kind {
                    room.wake_at(Some(ends_at));
                }
                room.tell_all(&Event::Started(timer.clone()));
                self.running = Some(timer);
            }
            Command::Stop { reason } => {
                if self.running.is_none() {
                    return Err(Refusal::TimerNotRunning);
                }
                let reason = short(reason, Text::Reason, limits::TIMER_REASON)?;
                self.stop(room, Stop::ByModerator { participant_id: who }, reason);
            }
            Command::UpdateReadyStatus { status } => {
                let timer = self.running.as_ref().ok_or(Refusal::TimerNotRunning)?;
                if !timer.ready_check_enabled {
                    return Err(Refusal::ReadyCheckNotEnabled);
                }
                let changes = if status {
                    self.ready.insert(who)
                } else {
                    self.ready.remove(&who)
                };
                if changes {
                    room.set_peer::<Self>(who, status.then_some(&Ready { ready_status: true }));
                    let participant_id = who;
                    room.tell_all(&Event::UpdatedReadyStatus { participant_id, status });
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, _: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        let timer = self.running.clone()?;
        let asks = timer.ready_check_enabled;
        Some(Snapshot {
            timer,
            ready_status: asks.then(|| self.ready.contains(&who)),
        })
    }

    fn left(&mut self, room: &mut Outbox<'_>, who: ParticipantId) {
        if self.ready.remove(&who) {
            room.set_peer::<Self>(who, None);
        }
    }

    fn woke(&mut self, room: &mut Outbox<'_>) {
        if self.running.is_some() {
            self.stop(room, Stop::Expired, None);
        }
    }
}
