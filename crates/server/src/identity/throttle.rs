// SPDX-License-Identifier: EUPL-1.2
//! How often somebody may guess: per account, per address, and per whatever else a secret opens. In memory and bounded;
//! not a ban: each wait ends. After some failures each further one doubles the wait. The one rule: what strangers send
//! becomes a hash of its kind, so that nothing they write can name a counter of another kind, nor take up memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::Digest as _;

use crate::address::network;
use crate::ids::{RoomId, UserId};

const LONGEST_WAIT_SECS: i64 = 15 * 60;
/// Counters kept, of about a hundred bytes each. When there is no room for another one, a tenth of them goes: those with
/// the fewest failures, the oldest first. Who wants to be forgotten has to fail that often under as many other names.
const MOST_COUNTERS: usize = 20_000;

/// So often somebody may mistype the password of a room before they count among those who guess it from everywhere.
const TYPING_ERRORS: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Account,
    Browser,
    Password,
    Reset,
    Address,
    /// The password of a room, guessed from one address, from a block of addresses, and from anywhere.
    Room,
    RoomFromBlock,
    RoomFromAnywhere,
}

impl Kind {
    /// In seconds.
    fn longest_wait(self) -> i64 {
        match self {
            // Whoever guesses from many addresses shall not keep out for long those who know the password.
            Kind::RoomFromAnywhere => 4,
            // Also a whole town hall.
            Kind::RoomFromBlock => 60,
            _ => LONGEST_WAIT_SECS,
        }
    }

    /// Failures without a wait.
    fn free(self) -> u32 {
        match self {
            // An office may stand behind one address.
            Kind::Address => 30,
            Kind::Room => 10,
            Kind::RoomFromBlock | Kind::RoomFromAnywhere => 100,
            Kind::Account | Kind::Browser | Kind::Password | Kind::Reset => 5,
        }
    }
}

/// What attempts are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(Kind, [u8; 32]);

impl Counter {
    fn new(kind: Kind, of: impl AsRef<[u8]>) -> Counter {
        Counter(kind, sha2::Sha256::digest(of).into())
    }

    /// Logins with an e-mail address, as it was typed.
    pub fn account(email: &str) -> Counter {
        Counter::new(Kind::Account, email)
    }

    /// Logins from a browser that is known for the account.
    pub fn browser(id: &str) -> Counter {
        Counter::new(Kind::Browser, id)
    }

    /// One's own password, asked for again.
    pub fn password(user: UserId) -> Counter {
        Counter::new(Kind::Password, user.0)
    }

    /// Mails to set a new password, by the address as it was typed.
    pub fn reset(email: &str) -> Counter {
        Counter::new(Kind::Reset, email)
    }

    /// The password of a room: guessed from this address, from its block, and from anywhere.
    pub fn room(room: RoomId, from: IpAddr) -> [Counter; 3] {
        let of = |network: Ipv6Addr| [&room.0.as_bytes()[..], &network.octets()].concat();
        [
            Counter::new(Kind::Room, of(network(from))),
            Counter::new(Kind::RoomFromBlock, of(block(from))),
            Counter::new(Kind::RoomFromAnywhere, room.0),
        ]
    }

    /// Whatever comes from an address.
    pub fn address(from: IpAddr) -> Counter {
        Counter::new(Kind::Address, network(from).octets())
    }
}

/// One customer of a provider may have a /48, which is 65,536 networks (RFC 6177). IPv4 addresses are each for themselves:
/// neighbours are strangers.
fn block(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(_) => network(address),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)),
    }
}

#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Counter, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// When the next attempt may be made, and what that was before the latest attempt.
    until: Timestamp,
    before: Timestamp,
}

impl Failures {
    /// Who has not tried for the longest wait starts afresh.
    fn is_forgotten(self, now: Timestamp) -> bool {
        now.duration_since(self.until).as_secs() > LONGEST_WAIT_SECS
    }
}

impl Throttle {
    /// Counts an attempt, on each of the counters, before it is made. `Err`: seconds to wait, and nothing was counted.
    pub fn attempt<const N: usize>(&self, counters: [Counter; N], now: Timestamp) -> Result<(), i64> {
        self.guess(counters, now, || false).map(drop)
    }

    /// The same for what is compared at once. Who is right leaves no trace: nobody waits for them.
    pub fn guess<const N: usize>(
        &self,
        counters: [Counter; N],
        now: Timestamp,
        is_right: impl FnOnce() -> bool,
    ) -> Result<bool, i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has at most mistyped is not kept out by those who guess elsewhere.
        let own = |counter: &&Counter| counter.0 != Kind::RoomFromAnywhere;
        let mut own_counts = counters.iter().filter(own).filter_map(|counter| known.get(counter));
        let guesses = own_counts.any(|failures| failures.count > TYPING_ERRORS);
        let counted = counters.iter().filter(|counter| guesses || own(counter));
        let waits = counted.filter_map(|counter| known.get(counter));
        let longest = waits.map(|failures| failures.until).filter(|until| *until > now).max();
        if let Some(until) = longest {
            return Err(until.duration_since(now).as_secs() + 1);
        }
        if is_right() {
            return Ok(true);
        }
        if known.len() + N > MOST_COUNTERS {
            make_room(&mut known, now);
        }
        for counter in counters {
            let failures = known.entry(counter).or_insert(Failures {
                count: 0,
                until: now,
                before: now,
            });
            if failures.is_forgotten(now) {
                failures.count = 0;
            }
            failures.count += 1;
            let over = failures.count.saturating_sub(counter.0.free()).min(10);
            let secs = match over {
                0 => 0,
                over => (1_i64 << over).min(counter.0.longest_wait()),
            };
            failures.before = failures.until;
            failures.until = now + SignedDuration::from_secs(secs);
        }
        Ok(false)
    }

    /// The attempt was right: accounts start afresh, what many people share is as it was before.
    pub fn succeeded<const N: usize>(&self, counters: [Counter; N]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for counter in counters {
            let shared = matches!(
                counter.0,
                Kind::Address | Kind::Room | Kind::RoomFromBlock | Kind::RoomFromAnywhere
            );
            match known.get_mut(&counter) {
                Some(failures) if shared && failures.count > 1 => {
                    failures.count -= 1;
                    failures.until = failures.before;
                }
                Some(_) => _ = known.remove(&counter),
                None => {}
            }
        }
    }
}

fn make_room(known: &mut HashMap<Counter, Failures>, now: Timestamp) {
    known.retain(|_, failures| !failures.is_forgotten(now));
    let surplus = known.len().saturating_sub(MOST_COUNTERS - MOST_COUNTERS / 10);
    if surplus == 0 {
        return;
    }
    let mut by_harm: Vec<_> = known
        .iter()
        .map(|(counter, failures)| (failures.count, failures.until, *counter))
        .collect();
    by_harm.select_nth_unstable(surplus - 1);
    for (.., counter) in &by_harm[..surplus] {
        known.remove(counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    fn address(n: u32) -> Counter {
        Counter::address(IpAddr::V4(n.into()))
    }

    #[test]
    fn the_sixth_wrong_password_of_an_account_has_to_wait_and_a_right_one_forgives() {
        let throttle = Throttle::default();
        let account = [Counter::account("a@b"), address(1)];
        for _ in 0..6 {
            assert_eq!(throttle.attempt(account, second(0)), Ok(()));
        }
        assert_eq!(throttle.attempt(account, second(0)), Err(3));
        assert_eq!(
            throttle.attempt([Counter::account("c@d"), address(1)], second(0)),
            Ok(())
        );
        assert_eq!(throttle.attempt(account, second(3)), Ok(()));
        assert_eq!(throttle.attempt(account, second(3)), Err(5));
        throttle.succeeded(account);
        assert_eq!(throttle.attempt(account, second(3)), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let throttle = Throttle::default();
        for n in 0..31 {
            let account = Counter::account(&format!("{n}@b"));
            assert_eq!(throttle.attempt([account, address(1)], second(0)), Ok(()));
        }
        assert!(
            throttle
                .attempt([Counter::account("x@b"), address(1)], second(0))
                .is_err()
        );
    }

    #[test]
    fn who_logs_in_makes_nobody_behind_the_same_address_wait_and_takes_no_wait_away() {
        let throttle = Throttle::default();
        for _ in 0..31 {
            assert_eq!(throttle.attempt([address(1)], second(0)), Ok(()));
        }
        assert_eq!(throttle.attempt([address(1)], second(1)), Err(2));
        for _ in 0..50 {
            assert_eq!(
                throttle.attempt([Counter::account("a@b"), address(1)], second(2)),
                Ok(())
            );
            throttle.succeeded([Counter::account("a@b"), address(1)]);
        }
        assert_eq!(throttle.attempt([address(1)], second(2)), Ok(()));
        assert_eq!(throttle.attempt([address(1)], second(2)), Err(5));
    }

    #[test]
    fn after_many_guesses_from_everywhere_who_knows_the_password_of_a_room_comes_in_without_making_others_wait() {
        let throttle = Throttle::default();
        let room = RoomId(uuid::Uuid::from_u128(1));
        let from = |n: u32| Counter::room(room, IpAddr::V4(n.into()));
        for n in 0..26 {
            for _ in 0..=TYPING_ERRORS {
                assert_eq!(throttle.guess(from(n), second(0), || false), Ok(false));
            }
        }
        let unseen = || panic!("no guess is looked at");
        assert_eq!(throttle.guess(from(0), second(0), unseen), Err(5));
        for n in 500..1500 {
            assert_eq!(throttle.guess(from(n), second(0), || true), Ok(true));
        }
        assert_eq!(throttle.guess(from(500), second(0), || false), Ok(false));
        assert_eq!(throttle.guess(from(500), second(0), || true), Ok(true), "mistyped once");
        assert_eq!(throttle.guess(from(0), second(9), || true), Ok(true));
    }

    #[test]
    fn who_changes_networks_within_a_block_guesses_the_password_of_a_room_a_hundred_times_and_then_once_a_minute() {
        let throttle = Throttle::default();
        let room = RoomId(uuid::Uuid::from_u128(1));
        let block = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0));
        let from = |n: u128| Counter::room(room, IpAddr::V6(Ipv6Addr::from_bits(block | n << 64)));
        let mut guesses = 0;
        for n in 0..30_000_u128 {
            // A new network for each; one network after the other for an hour.
            let now = second(i64::try_from(n / 500).unwrap() * 60);
            guesses += u32::from(throttle.guess(from(n), now, || false).is_ok());
        }
        assert!((100..=180).contains(&guesses), "{guesses}");
        let elsewhere = Counter::room(room, "2001:db8:1::1".parse().unwrap());
        assert_eq!(throttle.guess(elsewhere, second(0), || true), Ok(true));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address_and_a_mapped_address_as_itself() {
        let counted = |text: &str| Counter::address(text.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_eq!(counted("::ffff:203.0.113.5"), counted("203.0.113.5"));
        assert_ne!(counted("203.0.113.5"), counted("203.0.113.6"));
    }

    #[test]
    fn what_strangers_type_names_no_counter_of_another_kind() {
        let user = UserId(uuid::Uuid::from_u128(7));
        let from = IpAddr::from([203, 0, 113, 5]);
        let counters = [
            Counter::password(user),
            Counter::address(from),
            Counter::reset("a@b"),
            Counter::browser("x"),
        ];
        for typed in [
            "reset a@b".into(),
            "browser x".into(),
            "x".into(),
            "a@b".into(),
            format!("password {user}"),
            format!("passkey {from}"),
            format!("link {from}"),
            from.to_string(),
        ] {
            assert!(!counters.contains(&Counter::account(&typed)), "{typed}");
        }
    }

    #[test]
    fn whoever_fills_the_table_with_names_of_their_own_does_not_make_it_forget_others() {
        let throttle = Throttle::default();
        let guessed = [Counter::account("victim@b")];
        for _ in 0..6 {
            assert_eq!(throttle.attempt(guessed, second(0)), Ok(()));
        }
        // Half of the free attempts of another account: what is forgotten there is an attempt more, not all.
        let other = [Counter::account("other@b")];
        for _ in 0..3 {
            assert_eq!(throttle.attempt(other, second(0)), Ok(()));
        }
        for n in 0..3 * MOST_COUNTERS {
            let made_up = Counter::account(&format!("{n}@b"));
            assert_eq!(throttle.attempt([made_up], second(1)), Ok(()));
        }
        assert_eq!(throttle.attempt(guessed, second(1)), Err(2));
        let known = throttle.0.lock().unwrap();
        assert!(known.len() <= MOST_COUNTERS);
        assert_eq!(known[&other[0]].count, 3);
    }
}
