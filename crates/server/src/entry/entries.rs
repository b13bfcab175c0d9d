// SPDX-License-Identifier: EUPL-1.2
//! How often people may enter a room: guests by their device and their network, whoever has an account by that. Not who may:
//! only entries of those who do are counted here, when they connect. The one rule: nobody takes away entries of others, nor
//! makes it forget what they did. Where there is no room, those go first who have entered least.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use konvent_meeting::{DeviceId, RoomId};
use tokio::time::Instant;

use crate::address::network;
use crate::allowance::Allowance;
use crate::ids::UserId;

/// Whose entries are counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    Account(UserId),
    /// All guests of a network.
    Guests(Ipv6Addr),
    /// One of them.
    Device(DeviceId),
}

impl Who {
    /// As what a guest is counted.
    pub fn guest(from: IpAddr, device: DeviceId) -> Vec<Who> {
        vec![Who::Device(device), Who::Guests(network(from))]
    }
}

/// Entries of one device of a guest in a minute, and at once: a line that is cut again and again needs a few.
const OF_DEVICE: f32 = 20.0;

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

    /// Whether somebody may enter now. `Err`: seconds to wait.
    pub fn may_enter(&mut self, room: RoomId, who: &[Who], now: Instant) -> Result<(), i64> {
        let mut longest = Ok(());
        for who in who {
            if let Some(known) = self.known.get_mut(&(room, *who)) {
                longest = longest.max(known.has_one(now));
            }
        }
        longest.map_err(|wait: Duration| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).saturating_add(1))
    }

    /// Counts an entry. `Err`: seconds to wait, and nothing was counted.
    pub fn enter(&mut self, room: RoomId, who: &[Who], now: Instant) -> Result<(), i64> {
        self.may_enter(room, who, now)?;
        for who in who {
            let key = (room, *who);
            if self.known.len() >= MOST && !self.known.contains_key(&key) {
                self.make_room(now);
            }
            let most = match who {
                Who::Device(_) => self.per_minute.min(OF_DEVICE),
                Who::Account(_) | Who::Guests(_) => self.per_minute,
            };
            let fresh = || Allowance::new(most / 60.0, most, now);
            self.known.entry(key).or_insert_with(fresh).take(now);
        }
        Ok(())
    }

    fn make_room(&mut self, now: Instant) {
        self.known.retain(|_, allowance| allowance.spent(now) > 0.0);
        let surplus = self.known.len().saturating_sub(MOST - MOST / 10);
        if surplus == 0 {
            return;
        }
        let spent = self
            .known
            .iter_mut()
            .map(|(key, allowance)| (allowance.spent(now), *key));
        let mut by_spent: Vec<_> = spent.collect();
        by_spent.select_nth_unstable_by(surplus - 1, |(a, _), (b, _)| a.total_cmp(b));
        for (_, key) in &by_spent[..surplus] {
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
        Who::Guests(network(text.parse().unwrap()))
    }

    fn device(number: u128) -> Who {
        Who::Device(DeviceId(Uuid::from_u128(number)))
    }

    impl Entries {
        fn count(&mut self, room: RoomId, who: Who, now: Instant) -> Result<(), i64> {
            self.enter(room, &[who], now)
        }
    }

    #[test]
    fn one_device_takes_a_few_entries_of_its_network_and_then_waits_alone() {
        let (mut entries, now) = (Entries::new(300), Instant::now());
        let guest = |number| [device(number), address("203.0.113.5")];
        let mut entered = 0;
        while entries.enter(room(1), &guest(1), now).is_ok() {
            entered += 1;
        }
        assert_eq!(entered, 20);
        assert_eq!(entries.enter(room(1), &guest(1), now), Err(4));
        for number in 2..=281 {
            assert_eq!(entries.may_enter(room(1), &guest(number), now), Ok(()));
            assert_eq!(entries.enter(room(1), &guest(number), now), Ok(()));
        }
        assert!(entries.may_enter(room(1), &guest(999), now).is_err(), "of all together");
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
