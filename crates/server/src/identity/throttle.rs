// SPDX-License-Identifier: EUPL-1.2
//! How often somebody may guess a password, per account and per address. In memory and bounded; not a ban: each wait
//! ends. After some failures each further one doubles the wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures of one account without a wait.
const FREE_PER_ACCOUNT: u32 = 5;
/// An office may stand behind one address.
const FREE_PER_ADDRESS: u32 = 30;
const LONGEST_WAIT_SECS: i64 = 15 * 60;
/// Entries kept; beyond that those whose wait is over are dropped, then all (an attacker gains one more try each).
const MOST_ENTRIES: usize = 10_000;

#[derive(Default)]
pub struct Throttle {
    accounts: Mutex<Failures<String>>,
    addresses: Mutex<Failures<IpAddr>>,
}

struct Failures<K>(HashMap<K, (u32, Timestamp)>);

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Failures(HashMap::new())
    }
}

impl Throttle {
    /// Counts an attempt before it is made. `Err`: seconds to wait.
    pub fn attempt(&self, email: &str, address: IpAddr, now: Timestamp) -> Result<(), i64> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.wait(&email.to_owned(), now)?;
        addresses.wait(&address, now)?;
        accounts.count(email.to_owned(), FREE_PER_ACCOUNT, now);
        addresses.count(address, FREE_PER_ADDRESS, now);
        Ok(())
    }

    /// The attempt was right: the account starts afresh, the address gets its attempt back.
    pub fn succeeded(&self, email: &str, address: IpAddr) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.0.remove(email);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = addresses.0.get_mut(&address) {
            *count = count.saturating_sub(1);
        }
    }
}

impl<K: Eq + Hash> Failures<K> {
    fn wait(&self, key: &K, now: Timestamp) -> Result<(), i64> {
        match self.0.get(key) {
            Some((_, until)) if *until > now => Err(until.duration_since(now).as_secs() + 1),
            _ => Ok(()),
        }
    }

    fn count(&mut self, key: K, free: u32, now: Timestamp) {
        if self.0.len() >= MOST_ENTRIES {
            self.0.retain(|_, (_, until)| *until > now);
            if self.0.len() >= MOST_ENTRIES {
                self.0.clear();
            }
        }
        let (count, until) = self.0.entry(key).or_insert((0, now));
        // Who has not tried for the longest wait starts afresh.
        if now.duration_since(*until).as_secs() > LONGEST_WAIT_SECS {
            *count = 0;
        }
        *count += 1;
        let over = count.saturating_sub(free).min(10);
        let secs = if over == 0 {
            0
        } else {
            (1_i64 << over).min(LONGEST_WAIT_SECS)
        };
        *until = now + SignedDuration::from_secs(secs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    #[test]
    fn the_sixth_wrong_password_of_an_account_has_to_wait_and_a_right_one_forgives() {
        let throttle = Throttle::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        for _ in 0..6 {
            assert_eq!(throttle.attempt("a@b", address, second(0)), Ok(()));
        }
        assert_eq!(throttle.attempt("a@b", address, second(0)), Err(3));
        assert_eq!(throttle.attempt("c@d", address, second(0)), Ok(()));
        assert_eq!(throttle.attempt("a@b", address, second(3)), Ok(()));
        assert_eq!(throttle.attempt("a@b", address, second(3)), Err(5));
        throttle.succeeded("a@b", address);
        assert_eq!(throttle.attempt("a@b", address, second(3)), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let throttle = Throttle::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        for n in 0..31 {
            assert_eq!(throttle.attempt(&format!("{n}@b"), address, second(0)), Ok(()));
        }
        assert!(throttle.attempt("x@b", address, second(0)).is_err());
    }
}
