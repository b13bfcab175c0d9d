// SPDX-License-Identifier: EUPL-1.2
//! Names of rooms, people, transports and tracks, and the lists that hand them out.
//!
//! Not the sids that clients see. The rule: an id names one thing and never another one. When the thing is gone its id
//! finds nothing, whatever has taken its place since; and an id of one kind is no id of another kind.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use slab::Slab;

use super::participant::Participant;
use super::room::Room;
use super::track::Track;
use super::transport::Transport;

pub type RoomId = Id<Room>;
pub type PersonId = Id<Participant>;
pub type TransportId = Id<Transport>;
pub type TrackId = Id<Track>;

/// A place in an [`Arena`], and which of those who had it.
pub struct Id<T> {
    place: u32,
    /// Counts the things an arena has held; two of one arena never share it.
    number: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    fn key(self) -> (u32, u32) {
        (self.place, self.number)
    }

    /// An id that names nothing.
    #[cfg(test)]
    pub fn nobody() -> Self {
        Arena::id(0, 0)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.place, self.number)
    }
}

/// Things by id. Adding, finding and removing take the same time however many there are.
pub struct Arena<T> {
    slots: Slab<(u32, T)>,
    numbers: u32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            slots: Slab::new(),
            numbers: 0,
        }
    }
}

impl<T> Arena<T> {
    pub fn insert(&mut self, thing: T) -> Id<T> {
        self.numbers = self.numbers.wrapping_add(1);
        let number = self.numbers;
        Self::id(self.slots.insert((number, thing)), number)
    }

    pub fn get(&self, id: Id<T>) -> Option<&T> {
        let (number, thing) = self.slots.get(id.place as usize)?;
        (*number == id.number).then_some(thing)
    }

    pub fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        let (number, thing) = self.slots.get_mut(id.place as usize)?;
        (*number == id.number).then_some(thing)
    }

    pub fn contains(&self, id: Id<T>) -> bool {
        self.get(id).is_some()
    }

    pub fn remove(&mut self, id: Id<T>) -> Option<T> {
        self.contains(id).then(|| self.slots.remove(id.place as usize).1)
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.slots
            .iter()
            .map(|(place, (number, thing))| (Self::id(place, *number), thing))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Id<T>, &mut T)> {
        self.slots
            .iter_mut()
            .map(|(place, (number, thing))| (Self::id(place, *number), thing))
    }

    /// All ids, for loops that change what they walk over.
    pub fn ids(&self) -> Vec<Id<T>> {
        self.iter().map(|(id, _)| id).collect()
    }

    fn id(place: usize, number: u32) -> Id<T> {
        Id {
            // No process holds four billion of anything here.
            place: u32::try_from(place).unwrap_or(u32::MAX),
            number,
            of: PhantomData,
        }
    }
}

/// For ids that were found in the same round; any other id is looked up with [`Arena::get`].
impl<T> Index<Id<T>> for Arena<T> {
    type Output = T;

    fn index(&self, id: Id<T>) -> &T {
        self.get(id).expect("the id was found in this round")
    }
}

impl<T> IndexMut<Id<T>> for Arena<T> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        self.get_mut(id).expect("the id was found in this round")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_something_gone_does_not_name_what_took_its_place() {
        let mut arena = Arena::default();
        let first = arena.insert("anna");
        assert_eq!(arena.remove(first), Some("anna"));
        let second = arena.insert("bo");
        assert_eq!(first.place, second.place);
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&"bo"));
    }
}
