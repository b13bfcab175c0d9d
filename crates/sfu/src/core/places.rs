// SPDX-License-Identifier: EUPL-1.2
//! Who has a place: which tracks somebody gets who wants more than one participant can get.
//!
//! Not how a track reaches them; that is `subscribe.rs` and `negotiate.rs`. The rule: a room ranks its tracks for all
//! alike, and everybody gets the first of those that they want and may have. Whoever wants no more than there are
//! places for is never looked at here, and those who are wait in a line of which every tick takes a part.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use rustc_hash::FxHashSet;

use super::ids::{PersonId, TrackId};
use super::participant::{Participant, source_from_proto};
use super::room::Room;
use super::track::Track;
use crate::api::TrackSource;
use crate::limits;

/// Tracks that are looked at in one tick to give places anew, about half a millisecond; the last person is finished.
pub const LOOKS: usize = 16_384;

/// How many tracks of a kind one participant gets.
pub fn most(video: bool) -> usize {
    if video { limits::VIDEOS } else { limits::SOUNDS }
}

/// What somebody gets. A track runs in a section of the connection, or waits for one.
#[derive(Default)]
pub struct Subscriptions {
    /// True for a video.
    tracks: BTreeMap<TrackId, bool>,
    waiting: BTreeSet<TrackId>,
    counts: [usize; 2],
}

impl Subscriptions {
    pub fn contains(&self, track: TrackId) -> bool {
        self.tracks.contains_key(&track)
    }

    /// How many there are of a kind.
    pub fn count(&self, video: bool) -> usize {
        self.counts[usize::from(video)]
    }

    pub fn ids(&self) -> impl Iterator<Item = TrackId> {
        self.tracks.keys().copied()
    }

    /// Those that have no section yet.
    pub fn waiting(&self) -> impl Iterator<Item = TrackId> {
        self.waiting.iter().copied()
    }

    pub fn waits(&self, track: TrackId) -> bool {
        self.waiting.contains(&track)
    }

    pub fn insert(&mut self, track: TrackId, video: bool) {
        if self.tracks.insert(track, video).is_none() {
            self.waiting.insert(track);
            self.counts[usize::from(video)] += 1;
        }
    }

    /// False: it was not there.
    pub fn remove(&mut self, track: TrackId) -> bool {
        let Some(video) = self.tracks.remove(&track) else {
            return false;
        };
        self.waiting.remove(&track);
        self.counts[usize::from(video)] -= 1;
        true
    }

    /// It has a section in which we send.
    pub fn runs(&mut self, track: TrackId) {
        self.waiting.remove(&track);
    }

    /// Its section was taken back.
    pub fn stops(&mut self, track: TrackId) {
        if self.contains(track) {
            self.waiting.insert(track);
        }
    }
}

/// How much a track matters to a room. The least gives its place first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// The screen that its owner shares, or the sound of it; no second one.
    screen: bool,
    /// It is not muted: a camera that is switched off carries no picture.
    live: bool,
    /// Which of its owner's tracks it is: nobody fills the screens of all others alone.
    number: Reverse<usize>,
    /// When its owner last spoke.
    spoken: Option<Instant>,
    /// Who was there before stays.
    since: Reverse<Instant>,
    id: Reverse<TrackId>,
}

impl Rank {
    fn of(id: TrackId, track: &Track, owner: &Participant, number: usize) -> Self {
        Self {
            screen: is_screen(track) && number == 0,
            live: !track.info.muted,
            number: Reverse(number),
            spoken: owner.publish.spoken,
            since: Reverse(track.since),
            id: Reverse(id),
        }
    }
}

fn is_screen(track: &Track) -> bool {
    let source = source_from_proto(track.info.source);
    matches!(source, TrackSource::ScreenShare | TrackSource::ScreenShareAudio)
}

impl Room {
    /// Gives somebody a track if they want it and may have it. With all places taken they stand in line for it.
    pub fn offer_track(&mut self, id: PersonId, track: TrackId) {
        self.looks += 1;
        if !self.wants(id, track) || self.is_subscribed(id, track) {
            return;
        }
        let video = self.tracks[track].video;
        let subscribe = &mut self.participants[id].subscribe;
        if subscribe.subscriptions.count(video) < most(video) {
            self.subscribe(id, track);
        } else {
            subscribe.left_out[usize::from(video)] = true;
            self.stand_in_line(id);
        }
    }

    /// Somebody is to be given places anew with one of the next ticks.
    pub fn stand_in_line(&mut self, id: PersonId) {
        let subscribe = &mut self.participants[id].subscribe;
        if !std::mem::replace(&mut subscribe.in_line, true) {
            self.line.push_back(id);
        }
    }

    /// Gives places to those who stand in line for as long as a tick may take.
    pub fn give_places(&mut self) {
        self.looks = 0;
        while self.looks < LOOKS
            && let Some(id) = self.line.pop_front()
        {
            if self.participants.contains(id) {
                self.settle_places(id);
            }
        }
    }

    /// Gives somebody the first of the tracks that they want and may have, and nothing else.
    pub fn settle_places(&mut self, id: PersonId) {
        for video in [false, true] {
            let kind = usize::from(video);
            let ranked = self.ranking[kind].take().unwrap_or_else(|| self.ranked(video));
            let mut wanted = ranked.iter().copied().filter(|track| {
                self.looks += 1;
                self.wants(id, *track)
            });
            let given: Vec<_> = wanted.by_ref().take(most(video)).collect();
            let left_out = wanted.next().is_some();
            self.ranking[kind] = Some(ranked);
            self.participants[id].subscribe.left_out[kind] = false;
            let keeps: FxHashSet<_> = given.iter().copied().collect();
            let subscriptions = self.participants[id].subscribe.subscriptions.ids();
            let of_kind = subscriptions.filter(|track| self.tracks[*track].video == video);
            for lost in of_kind.filter(|track| !keeps.contains(track)).collect::<Vec<_>>() {
                self.unsubscribe(id, lost);
            }
            for track in given {
                self.subscribe(id, track);
            }
            self.participants[id].subscribe.left_out[kind] = left_out;
        }
        self.participants[id].subscribe.in_line = false;
    }

    /// Something that ranks are made of changed: a track matters more, or less, to those who do not get all they want.
    pub fn track_moved(&mut self, track: TrackId, more: bool) {
        let kind = usize::from(self.tracks[track].video);
        self.ranking[kind] = None;
        let affected: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.subscribe.left_out[kind] && p.subscribe.subscriptions.contains(track) != more)
            .map(|(id, _)| id)
            .collect();
        for id in affected {
            self.stand_in_line(id);
        }
    }

    /// Somebody speaks: what they show matters more from now on. `begins`: they did not speak just before.
    pub fn spoke(&mut self, now: Instant, id: PersonId, begins: bool) {
        self.participants[id].publish.spoken = Some(now);
        self.ranking = [None, None];
        if begins {
            for track in self.participants[id].publish.tracks.clone() {
                self.track_moved(track, true);
            }
        }
    }

    /// The tracks of a kind, the most important first.
    fn ranked(&self, video: bool) -> Vec<TrackId> {
        let mut ranks = Vec::new();
        for (_, owner) in self.participants.iter() {
            // Screens and all other tracks of an owner are counted apart.
            let mut numbers = [0; 2];
            for id in &owner.publish.tracks {
                let track = &self.tracks[*id];
                if track.video == video {
                    let number = &mut numbers[usize::from(is_screen(track))];
                    ranks.push(Rank::of(*id, track, owner, *number));
                    *number += 1;
                }
            }
        }
        ranks.sort_unstable_by_key(|rank| Reverse(*rank));
        ranks.into_iter().map(|rank| rank.id.0).collect()
    }
}
