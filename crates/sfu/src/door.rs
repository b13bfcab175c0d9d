// SPDX-License-Identifier: EUPL-1.2
//! Who may open one more connection, and how fast each person may ask.
//!
//! Not who is let in; that is `admission.rs`. The rule: what somebody has used up is kept by room and identity, not by
//! connection, so that a new connection brings no new allowance.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::core::Allowance;
use crate::limits;

/// How fast one person may ask.
pub struct Pace {
    work: Allowance,
    connects: Allowance,
    /// For how long it was held back without pause; `None`: not at all. What the first request costs does not count, as
    /// large as it may be: only who goes on asking floods.
    held: Option<Duration>,
    free: Instant,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self {
            work: Allowance::new(now, limits::WORK.0, limits::WORK.1),
            connects: Allowance::new(now, limits::CONNECTS.0, limits::CONNECTS.1),
            held: None,
            free: now,
        }
    }

    /// Another connection; false: too many in too short a time.
    pub fn connect(&mut self, now: Instant) -> bool {
        self.connects.take(now, 1.0)
    }

    /// Pays for a request that was read. False: it is a flood.
    pub fn spend(&mut self, now: Instant, cost: f64) -> bool {
        if self.work.left(now) > limits::WORK.1 / 2.0 {
            self.held = None;
        }
        let wait = self.work.owe(now, cost);
        self.free = now + wait;
        if let Some(held) = &mut self.held {
            *held += wait;
        } else if !wait.is_zero() {
            self.held = Some(Duration::ZERO);
        }
        self.held.unwrap_or_default() < limits::FLOOD
    }

    /// When the next frame may be read.
    pub fn free(&self) -> Instant {
        self.free
    }
}

/// Everybody who has a connection, or had one lately.
#[derive(Default)]
pub struct Doors {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    people: HashMap<(String, String), Person>,
    rooms: HashMap<String, Arc<AtomicUsize>>,
    /// With so many people, those long gone are forgotten.
    forget_at: usize,
}

struct Person {
    pace: Arc<Mutex<Pace>>,
    open: usize,
    seen: Instant,
}

/// Why there is no further connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Too many of this identity are open.
    Person,
    /// This identity opened too many in too short a time.
    Haste,
    /// Too many of this room are open.
    Room,
}

/// The right to one connection; it ends when this is dropped.
pub struct Pass {
    doors: Arc<Doors>,
    who: (String, String),
    pace: Arc<Mutex<Pace>>,
    room: Arc<AtomicUsize>,
}

impl Doors {
    pub fn open(self: &Arc<Self>, room: &str, identity: &str, now: Instant) -> Result<Pass, Full> {
        let mut inside = lock(&self.inside);
        inside.forget(now);
        let open = inside.rooms.get(room).map_or(0, |room| room.load(Ordering::Relaxed));
        let who = (room.to_owned(), identity.to_owned());
        let person = inside.people.entry(who.clone()).or_insert_with(|| Person {
            pace: Arc::new(Mutex::new(Pace::new(now))),
            open: 0,
            seen: now,
        });
        person.seen = now;
        if !lock(&person.pace).connect(now) {
            return Err(Full::Haste);
        }
        if person.open >= limits::CONNECTIONS_PER_PERSON {
            return Err(Full::Person);
        }
        if open >= limits::CONNECTIONS_PER_ROOM {
            return Err(Full::Room);
        }
        person.open += 1;
        let pace = Arc::clone(&person.pace);
        let room = Arc::clone(inside.rooms.entry(who.0.clone()).or_default());
        room.fetch_add(1, Ordering::Relaxed);
        Ok(Pass {
            doors: Arc::clone(self),
            who,
            pace,
            room,
        })
    }
}

impl Inside {
    fn forget(&mut self, now: Instant) {
        if self.people.len() < self.forget_at {
            return;
        }
        self.people
            .retain(|_, person| person.open > 0 || now.saturating_duration_since(person.seen) < limits::REMEMBERED);
        self.forget_at = 64 + 2 * self.people.len();
    }
}

impl Pass {
    pub fn pace(&self) -> MutexGuard<'_, Pace> {
        lock(&self.pace)
    }

    /// Connections of the room, this one included.
    pub fn people(&self) -> usize {
        self.room.load(Ordering::Relaxed)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = lock(&self.doors.inside);
        if self.room.fetch_sub(1, Ordering::Relaxed) == 1 {
            inside.rooms.remove(&self.who.0);
        }
        if let Some(person) = inside.people.get_mut(&self.who) {
            person.open -= 1;
        }
    }
}

/// What is counted here is whole after every step, so a panic elsewhere makes nothing wrong.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_fast_is_held_back_and_who_never_stops_is_a_flood() {
        let start = Instant::now();
        let mut now = start;
        let mut pace = Pace::new(now);
        let mut spent = 0.0;
        while pace.spend(now, 21.0) {
            spent += 21.0;
            now = now.max(pace.free());
        }
        let passed = now.duration_since(start);
        let about = limits::FLOOD - Duration::from_secs(1)..limits::FLOOD + Duration::from_secs(1);
        assert!(about.contains(&passed), "{passed:?}");
        let most = limits::WORK.1 + limits::WORK.0 * passed.as_secs_f64() + 21.0;
        assert!(spent <= most, "{spent} of {most}");
    }

    #[test]
    fn no_request_is_a_flood_by_itself_however_large_it_is_and_the_room() {
        use crate::proto::{
            SubscriptionPermission, TrackPermission, UpdateParticipantMetadata, signal_request::Message,
        };
        let people = limits::CONNECTIONS_PER_ROOM;
        let permission = TrackPermission {
            participant_identity: "x".repeat(36),
            ..Default::default()
        };
        let largest = [
            Message::SubscriptionPermission(SubscriptionPermission {
                track_permissions: vec![permission; limits::PERMISSIONS],
                ..Default::default()
            }),
            Message::UpdateMetadata(UpdateParticipantMetadata {
                metadata: "x".repeat(limits::METADATA_BYTES),
                ..Default::default()
            }),
        ];
        for request in largest {
            assert_eq!(limits::check(&request), Ok(()));
            let cost = limits::cost(Some(&request), 64_000, people);
            let mut now = Instant::now();
            let mut pace = Pace::new(now);
            for _ in 0..10 {
                assert!(pace.spend(now, cost), "{cost}");
                now = now.max(pace.free());
                assert!(pace.spend(now, 1.0), "what is small follows: {cost}");
                now += Duration::from_secs(10);
            }
        }
    }

    #[test]
    fn who_pauses_now_and_then_is_never_a_flood() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..20 {
            for _ in 0..60 {
                assert!(pace.spend(now, 21.0));
                now = now.max(pace.free());
            }
            now += Duration::from_secs(10);
        }
    }

    #[test]
    fn one_person_opens_few_connections_and_new_ones_bring_no_new_allowance() {
        let doors = Arc::new(Doors::default());
        let mut now = Instant::now();
        let open = |identity: &str, now| doors.open("r", identity, now);
        let held: Vec<_> = (0..150).filter_map(|_| open("mallory", now).ok()).collect();
        assert_eq!(held.len(), limits::CONNECTIONS_PER_PERSON);
        assert!(open("anna", now).is_ok(), "others are not counted with them");
        assert_eq!(held[0].people(), limits::CONNECTIONS_PER_PERSON);
        assert!(held[0].pace().spend(now, limits::WORK.1));
        drop(held);
        assert_eq!(open("mallory", now).err(), Some(Full::Haste));
        now += Duration::from_secs(2);
        let Ok(again) = open("mallory", now) else {
            panic!("one each two seconds");
        };
        let before = now;
        assert!(again.pace().spend(now, 300.0));
        assert!(again.pace().free() > before, "what was used up stays used up");
    }

    #[test]
    fn a_room_has_room_for_a_limited_number_and_for_as_many_again_when_they_left() {
        let doors = Arc::new(Doors::default());
        let now = Instant::now();
        for _ in 0..2 {
            let held: Vec<_> = (0..limits::CONNECTIONS_PER_ROOM + 5)
                .filter_map(|person| doors.open("r", &format!("p{person}"), now).ok())
                .collect();
            assert_eq!(held.len(), limits::CONNECTIONS_PER_ROOM);
        }
    }
}
