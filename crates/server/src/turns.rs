// SPDX-License-Identifier: EUPL-1.2
//! Taking turns with answers that cost much, such as somebody's whole calendar. Not a limit of how often somebody may ask:
//! whoever asks, gets an answer. One at a time for each person, and few in all: the others wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Line, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::ids::UserId;

/// At once in all. Each takes a core while it lasts; meetings need the others.
const MOST: usize = 2;

pub struct Turns {
    all: Arc<Semaphore>,
    people: Mutex<HashMap<UserId, Weak<Line<()>>>>,
}

/// Held while the answer is made; it goes along to the thread that makes it.
pub struct Turn {
    _of_all: OwnedSemaphorePermit,
    _own: OwnedMutexGuard<()>,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns {
            all: Arc::new(Semaphore::new(MOST)),
            people: Mutex::default(),
        }
    }
}

impl Turns {
    pub async fn take(&self, who: UserId) -> Turn {
        // One's own first: who asks often waits behind themselves, and takes no place from others.
        let own = self.line(who).lock_owned().await;
        let of_all = self.all.clone().acquire_owned().await;
        Turn {
            _of_all: of_all.expect("nobody closes it"),
            _own: own,
        }
    }

    fn line(&self, who: UserId) -> Arc<Line<()>> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = people.get(&who).and_then(Weak::upgrade) {
            return known;
        }
        people.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Line::new(()));
        people.insert(who, Arc::downgrade(&line));
        line
    }

    /// How many requests of a person have a turn or wait for one.
    #[cfg(test)]
    pub fn asking(&self, who: UserId) -> usize {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.get(&who).map_or(0, Weak::strong_count)
    }
}
