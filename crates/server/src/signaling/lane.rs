// SPDX-License-Identifier: EUPL-1.2
//! What a meeting asks of the world and what is not done yet, in order. Not how it is done: that is in `effects`. The one
//! rule: an effect begins when the one before it is done, so that the last word said is the one that holds.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use konvent_meeting::{Effect, EffectId, Outcome};

use crate::effects::{self, World};

/// Effects of one meeting that may wait in a lane.
pub const MOST_WAITING: usize = 10_000;

pub struct Lane {
    world: World,
    doing: Option<(EffectId, BoxFuture<'static, Outcome>)>,
    waiting: VecDeque<(EffectId, Effect)>,
}

impl Lane {
    pub fn new(world: World) -> Lane {
        Lane {
            world,
            doing: None,
            waiting: VecDeque::new(),
        }
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    pub fn push(&mut self, id: EffectId, effect: Effect) {
        self.waiting.push_back((id, effect));
    }

    /// The next one that is done; never, while there is none. Nothing is lost when this is dropped half-way.
    pub async fn done(&mut self) -> (EffectId, Outcome) {
        if self.doing.is_none()
            && let Some((id, effect)) = self.waiting.pop_front()
        {
            let doing = effects::perform(self.world.clone(), effect);
            self.doing = Some((id, AssertUnwindSafe(doing).catch_unwind().map(outcome).boxed()));
        }
        let Some((id, doing)) = &mut self.doing else {
            return std::future::pending().await;
        };
        let done = (*id, doing.await);
        self.doing = None;
        done
    }

    /// Does what is left; nobody waits for the answers any more.
    pub async fn finish(&mut self) {
        while self.doing.is_some() || !self.waiting.is_empty() {
            self.done().await;
        }
    }
}

/// A fault in one effect is not the meeting's end.
fn outcome(done: std::thread::Result<Outcome>) -> Outcome {
    done.unwrap_or_else(|_| {
        tracing::error!("an effect of a meeting failed by a fault of the program");
        Outcome::Failed
    })
}

#[cfg(test)]
mod tests {
    use konvent_meeting::{Act, Deed, ParticipantId, RoomId};

    use super::*;
    use crate::clock;
    use crate::ids::TenantId;
    use crate::tests::{Database, Stage, actions};

    #[tokio::test]
    async fn effects_are_done_one_after_the_other_and_dropping_the_wait_loses_none() {
        let stage = Stage::open(Database::Sqlite, &[]).await;
        let mut lane = Lane::new(World {
            sfu: stage.app.media.sfu.clone(),
            db: stage.app.db.clone(),
            tenant: TenantId::DEFAULT,
            room: RoomId(clock::id()),
        });
        let by = ParticipantId(clock::id());
        for number in 0..50_u64 {
            // Media is quick, a record is not: the order does not come from how long each takes.
            let effect = if number % 2 == 0 {
                let deed = Deed {
                    act: if number % 4 == 0 { Act::Muted } else { Act::ChatCleared },
                    targets: Vec::new(),
                    value: None,
                };
                Effect::Record { by, deed }
            } else {
                Effect::DeleteMediaRoom {
                    room: number.to_string(),
                }
            };
            lane.push(EffectId(number), effect);
        }
        for number in 0..25 {
            // Begun, and dropped half-way.
            let early = lane.done().now_or_never();
            let (id, outcome) = match early {
                Some(done) => done,
                None => lane.done().await,
            };
            assert_eq!((id, outcome), (EffectId(number), Outcome::Done));
        }
        lane.finish().await;
        let mut written = actions(&stage.app.db).await;
        written.retain(|action| action.starts_with("meeting."));
        let expected: Vec<&str> = ["meeting.muted", "meeting.chat_cleared"]
            .into_iter()
            .cycle()
            .take(25)
            .collect();
        assert_eq!(written, expected);
        assert!(lane.done().now_or_never().is_none(), "nothing is left");
    }
}
