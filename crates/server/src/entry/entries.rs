// SPDX-License-Identifier: EUPL-1.2
//! How often people may enter a room: guests by their network, whoever has an account by that. Not who may: only entries of
//! those who do are counted here. The one rule: nobody takes away entries of others, nor makes it forget what they did. Where
//! there is no room, those go first who have the most entries left.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use konvent_meeting::RoomId;
use tokio::time::Instant;

use crate::allowance::Allowance;
use crate::identity::throttle::network;
use crate::ids::UserId;

/// Whose entries are counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    Account(UserId),
    Guests(Ipv6Addr),
}

impl Who {
    pub fn guests(from: IpAddr) -> Who {
        Who::Guests(network(from))
    }
}

/// Networks and accounts with rooms that are counted, of about a hundred bytes each. Beyond it a tenth is forgotten.
const MOST: usize = 20_000;

pub struct Entries {
    known: HashMap<(RoomId, Who), Allowance>,
    per_minute: f32,
}

impl Entries {
    pub fn new(per_minute: u16) -> Entries {
        Entries {
            known: HashMap::new(),
            per_minute: per_minute.max(1).into(),
        }
    }

    /// Counts an entry. `Err`: seconds to wait, and nothing was counted.
    pub fn count(&mut self, room: RoomId, who: Who, now: Instant) -> Result<(), i64> {
        let key = (room, who);
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            self.make_room(now);
        }
        let most = self.per_minute;
        let fresh = || Allowance::new(most / 60.0, most, now);
        let wait = |wait: Duration| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
        self.known.entry(key).or_insert_with(fresh).try_take(now).map_err(wait)
    }

    fn make_room(&mut self, now: Instant) {
        let most = self.per_minute;
        self.known.retain(|_, allowance| allowance.left(now) < most);
        let surplus = self.known.len().saturating_sub(MOST - MOST / 10);
        if surplus == 0 {
            return;
        }
        let left = self
            .known
            .iter_mut()
            .map(|(key, allowance)| (allowance.left(now), *key));
        let mut by_left: Vec<_> = left.collect();
        by_left.select_nth_unstable_by(surplus - 1, |(a, _), (b, _)| b.total_cmp(a));
        for (_, key) in &by_left[..surplus] {
            self.known.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn room(number: usize) -> RoomId {
        RoomId(Uuid::from_u128(number.try_into().unwrap()))
    }

    fn address(text: &str) -> Who {
        Who::guests(text.parse().unwrap())
    }

    #[test]
    fn guests_take_no_entries_of_people_with_an_account_in_the_same_network() {
        let (mut entries, now) = (Entries::new(3), Instant::now());
        let [anna, bo] = [1, 2].map(|number| Who::Account(UserId(Uuid::from_u128(number))));
        while entries.count(room(1), address("203.0.113.5"), now).is_ok() {}
        for _ in 0..3 {
            assert_eq!(entries.count(room(1), anna, now), Ok(()));
        }
        assert_eq!(entries.count(room(1), anna, now), Err(21));
        assert_eq!(entries.count(room(1), bo, now), Ok(()));
    }

    #[test]
    fn entries_are_counted_for_each_room_and_network_alone_and_come_back_with_time() {
        let (mut entries, now) = (Entries::new(3), Instant::now());
        let from = address("2001:db8::1");
        for host in 1..=3 {
            assert_eq!(
                entries.count(room(1), address(&format!("2001:db8::{host}")), now),
                Ok(())
            );
        }
        assert_eq!(entries.count(room(1), address("2001:db8::4"), now), Err(21));
        assert_eq!(entries.count(room(2), from, now), Ok(()), "another room");
        assert_eq!(
            entries.count(room(1), address("2001:db8:0:1::1"), now),
            Ok(()),
            "another network"
        );
        assert_eq!(
            entries.count(room(1), address("203.0.113.5"), now),
            Ok(()),
            "an old address"
        );
        assert_eq!(entries.count(room(1), from, now + Duration::from_secs(21)), Ok(()));
    }

    #[test]
    fn whoever_enters_ever_new_rooms_does_not_make_it_forget_who_entered_one_too_often() {
        let (mut entries, now) = (Entries::new(3), Instant::now());
        let often = address("203.0.113.5");
        while entries.count(room(0), often, now).is_ok() {}
        for number in 1..=3 * MOST {
            assert_eq!(entries.count(room(number), address("198.51.100.7"), now), Ok(()));
        }
        assert!(entries.known.len() <= MOST);
        assert!(entries.count(room(0), often, now).is_err());
    }
}
