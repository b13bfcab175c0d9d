// SPDX-License-Identifier: EUPL-1.2
//! What a meeting asks of the world and what is not done yet, in order. Not how it is done: that is in `effects`. The one
//! rule: an effect begins when the one before it is done, so that the last word said is the one that holds.

use std::collections::VecDeque;

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
            self.doing = Some((id, Box::pin(effects::perform(self.world.clone(), effect))));
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
