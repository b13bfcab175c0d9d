// SPDX-License-Identifier: EUPL-1.2
//! Polls: a question to everybody in a place, answered by choosing. They are no votes of a committee, and not secret towards
//! whoever runs the server. The one rule: others learn how many chose something, never who. A guest is known by their device
//! alone, and may come as another one again and again: what they chose counts while they are here.

mod wire;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Asking, Feature, Needs, Scope};
use crate::engine::{Member, Outbox};
use crate::ids::{ConnectionId, ParticipantId};
use crate::limits;
use crate::names::is_readable;
use crate::wire::Nothing;
use wire::{Choice, Choices, Command, Count, Ended, Event, Poll, Refusal, Results, Snapshot};

#[derive(Default)]
pub(crate) struct Polls {
    running: Option<Running>,
    /// The last one that is over: who was away when it ended learns its results on return.
    ended: Option<Ended>,
}

struct Running {
    poll: Poll,
    started: Timestamp,
    /// What each chose, a bit for each choice. Of people with an account it is kept when they leave.
    votes: BTreeMap<ParticipantId, u64>,
    /// What guests who left had chosen; it counts again when they come back, as after a reload of the page.
    left: BTreeMap<ParticipantId, u64>,
    counts: Vec<Count>,
    told: Told,
}

/// What everybody knows of the counts of a live poll.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// All, since then.
    All(Timestamp),
    /// Not the latest; they will then.
    At(Timestamp),
}

impl Running {
    fn ends_at(&self) -> Timestamp {
        self.started + SignedDuration::from_secs(self.poll.duration.into())
    }

    fn results(&self) -> Results {
        Results {
            id: self.poll.id,
            results: self.counts.clone(),
        }
    }

    /// The choices as bits.
    fn read(&self, choices: &Choices) -> Result<u64, Refusal> {
        let ids: Vec<u32> = match choices {
            Choices::Single { choice_id } => vec![*choice_id],
            Choices::Multiple { choice_ids } => choice_ids.iter().copied().collect(),
        };
        if ids.len() > 1 && !self.poll.multiple_choice {
            return Err(Refusal::MultipleChoicesNotAllowed);
        }
        ids.iter().try_fold(0, |chosen, id| {
            let known = usize::try_from(*id).is_ok_and(|id| id < self.counts.len());
            if known {
                Ok(chosen | 1 << id)
            } else {
                Err(Refusal::InvalidChoiceId)
            }
        })
    }

    fn count(&mut self, who: ParticipantId, chosen: u64) {
        let before = match chosen {
            0 => self.votes.remove(&who),
            _ => self.votes.insert(who, chosen),
        };
        let before = before.unwrap_or_default();
        for count in &mut self.counts {
            let bit = |chosen: u64| u32::from(chosen >> count.id & 1 == 1);
            count.count = count.count - bit(before) + bit(chosen);
        }
    }

    fn tell(&mut self, room: &mut Outbox<'_>) {
        self.told = Told::All(room.now);
        room.tell_all(&Event::LiveUpdate(self.results()));
    }

    /// Tells the counts now, or soon where they were told just now: so many votes at once are few frames.
    fn tell_soon(&mut self, room: &mut Outbox<'_>) {
        if !self.poll.live {
            return;
        }
        match self.told {
            Told::All(last) if last + limits::LIVE_UPDATES <= room.now => self.tell(room),
            Told::All(last) => self.told = Told::At(last + limits::LIVE_UPDATES),
            Told::At(_) => {}
        }
        room.wake_at(Some(self.wakes_at()));
    }

    /// As [`Self::tell_soon`], but not now: a newcomer hears nothing before their welcome.
    fn tell_later(&mut self, room: &mut Outbox<'_>) {
        if let (true, Told::All(_)) = (self.poll.live, self.told) {
            self.told = Told::At(room.now + limits::LIVE_UPDATES);
            room.wake_at(Some(self.wakes_at()));
        }
    }

    fn wakes_at(&self) -> Timestamp {
        match self.told {
            Told::All(_) => self.ends_at(),
            Told::At(at) => at.min(self.ends_at()),
        }
    }
}

/// The choices, numbered, if a poll can be so.
fn checked(topic: &str, choices: Vec<String>, duration: u32) -> Result<Vec<Choice>, Refusal> {
    let (counts, lengths) = (limits::POLL_CHOICES, limits::POLL_TEXT);
    if !lengths.contains(&topic.len()) {
        let max_length = *lengths.end();
        return Err(Refusal::InvalidTopicLength { max_length });
    }
    if !is_readable(topic) {
        return Err(Refusal::UnreadableTopic);
    }
    if !counts.contains(&choices.len()) {
        return Err(Refusal::InvalidChoiceCount {
            min_choice_count: *counts.start(),
            max_choice_count: *counts.end(),
        });
    }
    if !choices.iter().all(|choice| lengths.contains(&choice.len())) {
        return Err(Refusal::InvalidChoiceDescriptionLength {
            min_length: *lengths.start(),
            max_length: *lengths.end(),
        });
    }
    if !choices.iter().all(|choice| is_readable(choice)) {
        return Err(Refusal::UnreadableChoice);
    }
    if !(1..=limits::DURATION).contains(&duration) {
        let max_duration = limits::DURATION;
        return Err(Refusal::InvalidDuration { max_duration });
    }
    Ok((0..).zip(choices).map(|(id, content)| Choice { id, content }).collect())
}

impl Polls {
    fn named(&mut self, id: Uuid) -> Result<&mut Running, Refusal> {
        let running = self.running.as_mut().filter(|running| running.poll.id == id);
        running.ok_or(Refusal::InvalidPollId)
    }

    fn finish(&mut self, room: &mut Outbox<'_>) {
        if let Some(running) = self.running.take() {
            room.wake_at(None);
            room.tell_all(&Event::Done(running.results()));
            self.ended = Some(Ended {
                poll: running.poll,
                results: running.counts,
            });
        }
    }
}

impl Feature for Polls {
    const NAMESPACE: &'static str = "polls";
    const SCOPE: Scope = Scope::Place;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"start","topic":"Lunch?","live":true,"choices":["Yes","No"],"duration":60}"#,
        r#"{"action":"vote","poll_id":"00000000-0000-0000-0000-000000000000","choice_id":0}"#,
        r#"{"action":"vote","poll_id":"00000000-0000-0000-0000-000000000000","choice_ids":[0,1]}"#,
        r#"{"action":"finish","id":"00000000-0000-0000-0000-000000000000"}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Ended;
    type Peer = Nothing;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::Start { .. } | Command::Finish { .. } => Needs::Moderator,
            Command::Vote { .. } => Needs::Inside,
        }
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Start {
                topic,
                live,
                multiple_choice,
                choices,
                duration,
            } => {
                if self.running.is_some() {
                    return Err(Refusal::StillRunning);
                }
                let choices = checked(&topic, choices, duration)?;
                let poll = Poll {
                    id: room.new_id(),
                    topic,
                    live,
                    multiple_choice,
                    choices,
                    duration,
                };
                let count = |choice: &Choice| Count {
                    id: choice.id,
                    count: 0,
                };
                let running = Running {
                    started: room.now,
                    votes: BTreeMap::new(),
                    left: BTreeMap::new(),
                    counts: poll.choices.iter().map(count).collect(),
                    told: Told::All(room.now),
                    poll: poll.clone(),
                };
                room.wake_at(Some(running.wakes_at()));
                self.running = Some(running);
                room.tell_all(&Event::Started(poll));
            }
            Command::Vote { poll_id, choices } => {
                let running = self.named(poll_id)?;
                let chosen = running.read(&choices)?;
                running.count(from.participant, chosen);
                room.tell_other_windows(from, &Event::Voted { poll_id, choices });
                running.tell_soon(room);
            }
            Command::Finish { id } => {
                self.named(id)?;
                self.finish(room);
            }
        }
        Ok(())
    }

    fn joined(&mut self, room: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        let running = self.running.as_mut()?;
        if let Some(chosen) = running.left.remove(&who) {
            running.count(who, chosen);
            running.tell_later(room);
        }
        let chosen = running.votes.get(&who);
        let ids = |chosen: &u64| (0..u64::BITS).filter(|id| chosen >> id & 1 == 1).collect();
        Some(Snapshot {
            poll: running.poll.clone(),
            started: running.started,
            choice_ids: chosen.map(ids),
            results: running.poll.live.then(|| running.counts.clone()),
        })
    }

    fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    fn left(&mut self, room: &mut Outbox<'_>, who: ParticipantId) {
        let Some(running) = &mut self.running else { return };
        let is_known = room.member(who).is_some_and(Member::is_registered);
        if !is_known && let Some(chosen) = running.votes.get(&who).copied() {
            running.count(who, 0);
            running.left.insert(who, chosen);
            running.tell_soon(room);
        }
    }

    fn remembers(&self, who: ParticipantId) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.left.contains_key(&who))
    }

    fn forget(&mut self, who: ParticipantId) {
        if let Some(running) = &mut self.running {
            running.left.remove(&who);
        }
    }

    fn woke(&mut self, room: &mut Outbox<'_>) {
        let Some(running) = &mut self.running else { return };
        if running.ends_at() <= room.now {
            self.finish(room);
        } else {
            running.tell(room);
            room.wake_at(Some(running.wakes_at()));
        }
    }
}
