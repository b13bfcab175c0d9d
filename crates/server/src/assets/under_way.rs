// SPDX-License-Identifier: EUPL-1.2
//! Uploads that are not done: how many there are and what they have written already. Not the files that are there: those
//! are in the database. The one rule: what somebody's files and their uploads take together stays within their quota.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Books, OwnedMutexGuard};

use crate::ids::UserId;

/// At once by one person. Our own pages send one after the other; the rest is for several windows.
pub const MOST_AT_ONCE: usize = 4;

#[derive(Default)]
pub struct UnderWay(Mutex<State>);

#[derive(Default)]
struct State {
    owners: HashMap<UserId, Owner>,
    /// Who sends how many.
    senders: HashMap<UserId, usize>,
}

/// Whose quota uploads count against.
#[derive(Default)]
struct Owner {
    uploads: usize,
    /// Bytes so far.
    writing: u64,
    /// Bytes of those that were done since there is an upload: they are in the database now.
    done: u64,
    /// Held while the database is asked what there is, and while a file is put there.
    books: Arc<Books<()>>,
}

/// One upload, until it is dropped.
pub struct Upload {
    all: Arc<UnderWay>,
    owner: UserId,
    sender: UserId,
    written: u64,
    is_done: bool,
    /// Of the quota, when it was read. `None`: no limit.
    left: Option<u64>,
    done_before: u64,
}

impl UnderWay {
    /// `None`: this person sends enough already.
    pub fn begin(self: &Arc<Self>, owner: UserId, sender: UserId) -> Option<Upload> {
        let mut state = self.lock();
        let sends = state.senders.entry(sender).or_default();
        if *sends >= MOST_AT_ONCE {
            return None;
        }
        *sends += 1;
        state.owners.entry(owner).or_default().uploads += 1;
        Some(Upload {
            all: self.clone(),
            owner,
            sender,
            written: 0,
            is_done: false,
            left: None,
            done_before: 0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    /// Nobody else's file of the same owner comes to the database while this is held.
    pub async fn books(&self) -> OwnedMutexGuard<()> {
        let books = self.all.lock().owners.entry(self.owner).or_default().books.clone();
        books.lock_owned().await
    }

    /// What was left of the quota by the files that are there, just now: while `books` is held.
    pub fn read(&mut self, left: Option<u64>) {
        let mut state = self.all.lock();
        self.done_before = state.owners.entry(self.owner).or_default().done;
        self.left = left;
    }

    /// Counts bytes that came. `false`: there is no room for them.
    pub fn grow(&mut self, bytes: u64) -> bool {
        let mut state = self.all.lock();
        let of_owner = state.owners.entry(self.owner).or_default();
        let since = of_owner.done - self.done_before;
        if self.left.is_some_and(|left| of_owner.writing + bytes + since > left) {
            return false;
        }
        of_owner.writing += bytes;
        self.written += bytes;
        true
    }

    /// The file is in the database, which has the last word about the quota: while `books` is held.
    pub fn finish(&mut self) {
        let mut state = self.all.lock();
        let of_owner = state.owners.entry(self.owner).or_default();
        of_owner.writing -= self.written;
        of_owner.done += self.written;
        self.is_done = true;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut state = self.all.lock();
        if let Some(sends) = state.senders.get_mut(&self.sender) {
            *sends -= 1;
            if *sends == 0 {
                state.senders.remove(&self.sender);
            }
        }
        if let Some(of_owner) = state.owners.get_mut(&self.owner) {
            of_owner.uploads -= 1;
            if !self.is_done {
                of_owner.writing -= self.written;
            }
            if of_owner.uploads == 0 {
                state.owners.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn begin(all: &Arc<UnderWay>, owner: UserId, sender: UserId, left: u64) -> Upload {
        let mut upload = all.begin(owner, sender).unwrap();
        upload.read(Some(left));
        upload
    }

    #[test]
    fn what_is_written_and_what_was_finished_meanwhile_count_once_and_what_broke_off_does_not() {
        let all = Arc::new(UnderWay::default());
        let (anna, bo) = (person(1), person(2));
        let mut first = begin(&all, anna, anna, 100);
        let mut second = begin(&all, anna, bo, 100);
        assert!(first.grow(60));
        assert!(!second.grow(41) && second.grow(40));
        drop(second);
        let mut third = begin(&all, anna, bo, 100);
        assert!(third.grow(10));
        first.finish();
        drop(first);
        // Of the hundred that were left when it began, sixty are used now.
        assert!(!third.grow(31) && third.grow(20));
        // Whoever begins now reads of the sixty in the database.
        let mut fourth = begin(&all, anna, anna, 40);
        assert!(!fourth.grow(11) && fourth.grow(10));
        assert!(all.begin(bo, bo).unwrap().grow(1000), "no limit");
        drop((third, fourth));
        assert!(all.lock().owners.is_empty() && all.lock().senders.is_empty());
    }

    #[test]
    fn somebody_sends_a_few_files_at_once_wherever_they_go() {
        let all = Arc::new(UnderWay::default());
        let mut uploads: Vec<Upload> = (0..MOST_AT_ONCE as u128)
            .map(|owner| all.begin(person(owner), person(9)).unwrap())
            .collect();
        assert!(all.begin(person(7), person(9)).is_none());
        assert!(all.begin(person(7), person(8)).is_some());
        uploads.pop();
        assert!(all.begin(person(7), person(9)).is_some());
    }
}
