// SPDX-License-Identifier: EUPL-1.2
//! What a meeting asks of the media server and what is not done yet, in order. Not how it is done: that is in `perform`. The one
//! rule: an effect begins when the one before it is done, so that the last word said is the one that holds.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use konvent_meeting::{Effect, EffectId, Outcome};
use konvent_sfu::Sfu;

use super::perform::perform;

/// Effects of one meeting that may wait in a lane.
pub const MOST_WAITING: usize = 10_000;

pub struct Lane {
    sfu: Sfu,
    doing: Option<(EffectId, BoxFuture<'static, Outcome>)>,
    waiting: VecDeque<(EffectId, Effect)>,
}

impl Lane {
    pub fn new(sfu: Sfu) -> Lane {
        Lane {
            sfu,
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
            let doing = perform(self.sfu.clone(), effect);
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
    use super::*;
    use crate::tests::{Database, Stage};

    #[tokio::test]
    async fn effects_are_done_one_after_the_other_and_dropping_the_wait_loses_none() {
        let stage = Stage::open(Database::Sqlite, &[]).await;
        let mut lane = Lane::new(stage.app.media.sfu.clone());
        for number in 0..50_u64 {
            let room = number.to_string();
            lane.push(EffectId(number), Effect::DeleteMediaRoom { room });
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
        assert!(lane.done().now_or_never().is_none(), "nothing is left");
    }
}
