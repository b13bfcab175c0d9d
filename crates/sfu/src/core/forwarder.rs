// SPDX-License-Identifier: EUPL-1.2
//! One track on its way to one subscriber: which layer, and whether a packet passes.
//!
//! A switch happens only at a keyframe of the wanted layer; until then the old one goes on. Who has none yet starts with
//! the first keyframe of whichever layer.

use str0m::media::{Mid, Pt};
use str0m::rtp::{Ssrc, Vp8Descriptor};

use super::ids::{PersonId, TransportId};
use super::rewrite::{Incoming, Rewriter};
use super::track::Layer;

/// What the subscriber asked for (`UpdateTrackSettings`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub disabled: bool,
    /// Highest layer it has use for.
    pub layer: usize,
    /// It matters more to the client than others.
    pub pinned: bool,
}

/// What the subscriber's line has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Whatever is sent.
    None,
    /// No higher layer.
    Layer(usize),
    Nothing,
}

pub struct Forwarder {
    /// The subscribing participant.
    pub participant: PersonId,
    pub transport: TransportId,
    pub mid: Mid,
    pub ssrc: Ssrc,
    pub settings: Settings,
    pub limit: Limit,
    video: bool,
    clock_rate: u32,
    current: Option<usize>,
    target: Option<usize>,
    rewriter: Rewriter,
    started: bool,
    /// The subscriber was told that it cannot decode this.
    refused: bool,
    /// Payload types of source and subscriber, found once.
    pub payload_type: Option<(Pt, Outgoing)>,
}

/// How a payload of the source goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outgoing {
    /// As it is, under this type.
    Whole(Pt),
    /// RED reduced to its primary block, under this type.
    Primary(Pt),
    /// The subscriber cannot decode it.
    Nothing,
}

/// A packet that passed.
pub struct Passed {
    pub sequence: u64,
    /// How far its number is ahead of all that passed before; none for a late one.
    pub ahead: u64,
    pub timestamp: u32,
    pub patch: Option<str0m::rtp::Vp8Patch>,
}

impl Forwarder {
    pub fn new(
        subscriber: (PersonId, TransportId),
        mid: Mid,
        ssrc: Ssrc,
        settings: Settings,
        source: (bool, u32),
    ) -> Self {
        Self {
            participant: subscriber.0,
            transport: subscriber.1,
            mid,
            ssrc,
            settings,
            limit: Limit::None,
            video: source.0,
            clock_rate: source.1,
            current: None,
            target: None,
            rewriter: Rewriter::default(),
            started: false,
            refused: false,
            payload_type: None,
        }
    }

    /// The layer it sends now.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// True while it waits for a keyframe of `layer`.
    pub fn awaits(&self, layer: usize) -> bool {
        self.target == Some(layer) && self.current != self.target
    }

    /// Chooses the highest living layer not above the wanted one, else the lowest living that there is room for.
    pub fn retarget(&mut self, layers: &[Layer]) {
        let highest = layers.len().saturating_sub(1);
        let most = match self.limit {
            Limit::Layer(most) => most.min(highest),
            Limit::None | Limit::Nothing => highest,
        };
        if self.settings.disabled || self.limit == Limit::Nothing {
            self.current = None;
            self.target = None;
            return;
        }
        let alive = |index: &usize| layers[*index].alive;
        let wanted = self.settings.layer.min(most);
        self.target = (0..layers.len())
            .filter(|index| *index <= wanted)
            .rfind(alive)
            .or_else(|| (wanted + 1..=most).find(alive));
    }

    /// The source of a layer changed: its numbers start anew.
    pub fn resynchronise(&mut self, layer: usize) {
        if self.current == Some(layer) {
            self.current = None;
        }
    }

    /// Something is left out on purpose: what comes afterwards starts anew, behind what was sent last.
    pub fn cut(&mut self) {
        self.current = None;
    }

    /// True for the first packet after it was made.
    pub fn is_first(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    /// True once, when a packet comes that the subscriber cannot decode and none was sent before.
    pub fn refuses(&mut self) -> bool {
        !self.started && !std::mem::replace(&mut self.refused, true)
    }

    /// Leaves out a packet without payload.
    pub fn skip(&mut self, layer: usize, sequence: u64) {
        if self.current == Some(layer) {
            self.rewriter.skip(sequence);
        }
    }

    /// Whether a packet of `layer` goes to this subscriber, and under which numbers.
    pub fn pass(
        &mut self,
        layer: usize,
        keyframe: bool,
        incoming: Incoming,
        vp8: Option<&Vp8Descriptor>,
    ) -> Option<Passed> {
        if self.current == Some(layer) && self.rewriter.leaps(incoming.sequence) {
            // Nobody can fill such a hole, and over a wider one the subscriber would lose count.
            self.current = None;
        }
        if self.current != Some(layer) {
            // Until there is a picture at all, any will do: the wanted layer may be slow to come.
            let wanted = self.target == Some(layer) || (self.current.is_none() && self.target.is_some());
            if !wanted || (self.video && !keyframe) {
                return None;
            }
            self.current = Some(layer);
            self.rewriter.switch(incoming, self.clock_rate, vp8);
        }
        let last = self.rewriter.last();
        let (sequence, timestamp) = self.rewriter.rewrite(incoming)?;
        let patch = vp8.and_then(|descriptor| self.rewriter.picture(descriptor));
        Some(Passed {
            sequence,
            ahead: last.map_or(1, |last| sequence.saturating_sub(last)),
            timestamp,
            patch,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn forwarder(layer: usize) -> Forwarder {
        let settings = Settings {
            disabled: false,
            layer,
            pinned: false,
        };
        Forwarder::new(
            (PersonId::nobody(), TransportId::nobody()),
            "0".into(),
            1.into(),
            settings,
            (true, 90_000),
        )
    }

    fn layers(alive: &[bool]) -> Vec<Layer> {
        let make = |alive: &bool| {
            let mut layer = Layer::new(None);
            layer.alive = *alive;
            layer
        };
        alive.iter().map(make).collect()
    }

    fn packet(sequence: u64) -> Incoming {
        Incoming {
            sequence,
            timestamp: 0,
            captured: None,
            arrived: Instant::now(),
        }
    }

    #[test]
    fn a_switch_waits_for_a_keyframe_while_the_old_layer_goes_on() {
        let mut forwarder = forwarder(1);
        forwarder.retarget(&layers(&[true, false]));
        assert!(forwarder.pass(0, false, packet(5), None).is_none());
        assert!(forwarder.pass(0, true, packet(6), None).is_some());
        forwarder.retarget(&layers(&[true, true]));
        assert!(forwarder.awaits(1));
        assert!(forwarder.pass(1, false, packet(70), None).is_none());
        assert!(forwarder.pass(0, false, packet(7), None).is_some());
        let switched = forwarder.pass(1, true, packet(71), None).expect("passes");
        assert_eq!(switched.sequence, 1_002);
        assert!(forwarder.pass(0, false, packet(8), None).is_none());
        assert!(!forwarder.awaits(1));
    }

    #[test]
    fn a_newcomer_starts_with_the_first_keyframe_of_any_layer() {
        let mut forwarder = forwarder(1);
        forwarder.retarget(&layers(&[true, true]));
        assert!(forwarder.pass(0, false, packet(5), None).is_none());
        assert!(forwarder.pass(0, true, packet(6), None).is_some());
        assert!(forwarder.awaits(1));
        assert!(forwarder.pass(1, true, packet(70), None).is_some());
        assert!(!forwarder.awaits(1));
    }

    #[test]
    fn the_best_living_layer_not_above_the_wanted_one_is_chosen() {
        let chosen = |wanted, alive: &[bool]| {
            let mut forwarder = forwarder(wanted);
            forwarder.retarget(&layers(alive));
            forwarder.target
        };
        assert_eq!(chosen(2, &[true, true, true]), Some(2));
        assert_eq!(chosen(1, &[true, true, true]), Some(1));
        assert_eq!(chosen(2, &[true, false, false]), Some(0));
        assert_eq!(chosen(0, &[false, false, true]), Some(2));
        assert_eq!(chosen(0, &[false, false, false]), None);
    }

    #[test]
    fn no_layer_is_chosen_that_the_line_has_no_room_for() {
        let chosen = |limit, alive: &[bool]| {
            let mut forwarder = forwarder(2);
            forwarder.limit = limit;
            forwarder.retarget(&layers(alive));
            forwarder.target
        };
        assert_eq!(chosen(Limit::None, &[true, true, true]), Some(2));
        assert_eq!(chosen(Limit::Layer(1), &[true, true, true]), Some(1));
        assert_eq!(chosen(Limit::Layer(1), &[false, false, true]), None);
        assert_eq!(chosen(Limit::Nothing, &[true, true, true]), None);
    }

    #[test]
    fn a_leap_of_the_source_waits_for_a_keyframe_and_goes_on_where_it_was() {
        let mut forwarder = forwarder(0);
        forwarder.retarget(&layers(&[true]));
        let first = forwarder.pass(0, true, packet(5), None).expect("passes");
        assert!(forwarder.pass(0, false, packet(40_000), None).is_none());
        assert!(forwarder.awaits(0));
        let next = forwarder.pass(0, true, packet(40_001), None).expect("passes");
        assert_eq!(next.sequence, first.sequence + 1);
    }

    #[test]
    fn nothing_passes_while_the_subscriber_has_it_switched_off() {
        let mut forwarder = forwarder(0);
        forwarder.settings.disabled = true;
        forwarder.retarget(&layers(&[true]));
        assert!(forwarder.pass(0, true, packet(1), None).is_none());
    }
}
