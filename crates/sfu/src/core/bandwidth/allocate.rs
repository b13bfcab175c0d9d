// SPDX-License-Identifier: EUPL-1.2
//! Who gets which layer of what on a line that does not carry everything.
//!
//! Pure: a number and wishes in, layers out. The rule: everybody is seen before anybody is seen well. First each video, in
//! the order of what matters, gets its smallest layer; what is left raises the most important ones as far as it goes.

/// How much a video matters to who watches it; the most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A shared screen: what is written there is to be read.
    Screen,
    /// The client says that it matters.
    Pinned,
    /// Who speaks, or spoke just now.
    Speaker,
    Rest,
}

/// One video that somebody watches.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    pub class: Class,
    /// The highest layer that there is use for.
    pub wish: usize,
    /// Bits per second of each layer, from the smallest; `None`: nothing comes of it.
    pub layers: Vec<Option<f64>>,
}

impl Demand {
    /// The smallest layer that comes and that there is use for; if there is none, the smallest that comes at all.
    pub fn first(&self) -> Option<usize> {
        self.layers.iter().position(Option::is_some)
    }

    fn above(&self, layer: usize) -> Option<usize> {
        (layer + 1..=self.wish.min(self.layers.len().saturating_sub(1))).find(|above| self.layers[*above].is_some())
    }

    fn rate(&self, layer: usize) -> f64 {
        self.layers.get(layer).copied().flatten().unwrap_or_default()
    }
}

/// The layer of each demand with so many bits per second for all of them; `None`: there is no room for it.
pub fn allocate(capacity: f64, demands: &[Demand]) -> Vec<Option<usize>> {
    let mut order: Vec<_> = (0..demands.len()).collect();
    order.sort_by_key(|at| demands[*at].class);
    let mut given = vec![None; demands.len()];
    let mut left = capacity;
    for at in &order {
        let first = demands[*at].first().filter(|first| demands[*at].rate(*first) <= left);
        left -= first.map_or(0.0, |first| demands[*at].rate(first));
        given[*at] = first;
    }
    for of_class in order.chunk_by(|a, b| demands[*a].class == demands[*b].class) {
        // Alike in turn, so that nobody of a class is raised twice before another is raised once.
        let mut raised = true;
        while std::mem::take(&mut raised) {
            for at in of_class {
                if let Some((above, more)) = step(&demands[*at], given[*at]).filter(|(_, more)| *more <= left)
                    && given[*at].is_some()
                {
                    left -= more;
                    given[*at] = Some(above);
                    raised = true;
                }
            }
        }
    }
    given
}

/// The next layer of a demand, and how many more bits per second it takes.
fn step(demand: &Demand, given: Option<usize>) -> Option<(usize, f64)> {
    let next = given.map_or_else(|| demand.first(), |layer| demand.above(layer))?;
    let has = given.map_or(0.0, |layer| demand.rate(layer));
    Some((next, (demand.rate(next) - has).max(0.0)))
}

/// What all that is given takes.
fn total(demands: &[Demand], given: &[Option<usize>]) -> f64 {
    let rates = demands.iter().zip(given);
    rates
        .map(|(demand, layer)| layer.map_or(0.0, |layer| demand.rate(layer)))
        .sum()
}

/// What it would take to give one thing more: first what is not there at all, then what matters most. `None`: there is
/// nothing more to give.
pub fn next_step(demands: &[Demand], given: &[Option<usize>]) -> Option<f64> {
    let steps = demands.iter().zip(given).filter_map(|(demand, layer)| {
        let (_, more) = step(demand, *layer)?;
        Some(((layer.is_some(), demand.class), more))
    });
    let (_, more) = steps.min_by(|(a, more), (b, other)| a.cmp(b).then(more.total_cmp(other)))?;
    Some(total(demands, given) + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn demand(class: Class, wish: usize, layers: &[f64]) -> Demand {
        let layers = layers.iter().map(|rate| (*rate > 0.0).then_some(*rate * 1e3)).collect();
        Demand { class, wish, layers }
    }

    const CAMERA: [f64; 3] = [150.0, 500.0, 1_700.0];

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        let demands = [
            demand(Class::Rest, 2, &CAMERA),
            demand(Class::Speaker, 2, &CAMERA),
            demand(Class::Rest, 2, &CAMERA),
        ];
        assert_eq!(allocate(450e3, &demands), [Some(0); 3]);
        assert_eq!(allocate(449e3, &demands), [Some(0), Some(0), None]);
        assert_eq!(allocate(800e3, &demands), [Some(0), Some(1), Some(0)]);
        assert_eq!(allocate(2_000e3, &demands), [Some(0), Some(2), Some(0)]);
        assert_eq!(allocate(2_700e3, &demands), [Some(1), Some(2), Some(1)]);
        assert_eq!(allocate(100e6, &demands), [Some(2); 3]);
    }

    #[test]
    fn a_screen_comes_before_every_face_and_nobody_gets_more_than_they_have_use_for() {
        let demands = [
            demand(Class::Speaker, 0, &CAMERA),
            demand(Class::Pinned, 1, &CAMERA),
            demand(Class::Screen, 1, &[400.0, 1_200.0]),
        ];
        assert_eq!(allocate(500e3, &demands), [None, None, Some(0)]);
        assert_eq!(allocate(1_500e3, &demands), [Some(0), Some(0), Some(1)]);
        assert_eq!(allocate(100e6, &demands), [Some(0), Some(1), Some(1)]);
    }

    #[test]
    fn what_does_not_come_is_not_given() {
        let demands = [
            demand(Class::Rest, 2, &[150.0, 0.0, 1_700.0]),
            demand(Class::Rest, 0, &[0.0, 500.0]),
        ];
        assert_eq!(allocate(1_000e3, &demands), [Some(0), Some(1)]);
        assert_eq!(allocate(3_000e3, &demands), [Some(2), Some(1)]);
        assert_eq!(allocate(1e9, &[demand(Class::Rest, 2, &[0.0; 3])]), [None]);
    }

    #[test]
    fn the_next_step_is_what_is_missing_altogether_and_then_what_matters_most() {
        let demands = [demand(Class::Rest, 2, &CAMERA), demand(Class::Speaker, 1, &CAMERA)];
        assert_eq!(next_step(&demands, &[None, None]), Some(150e3));
        assert_eq!(next_step(&demands, &[None, Some(0)]), Some(300e3));
        assert_eq!(next_step(&demands, &[Some(0), Some(0)]), Some(650e3));
        assert_eq!(next_step(&demands, &[Some(0), Some(1)]), Some(1_000e3));
        assert_eq!(next_step(&demands, &[Some(2), Some(1)]), None);
    }

    fn demands() -> impl Strategy<Value = Vec<Demand>> {
        let class = prop_oneof![
            Just(Class::Screen),
            Just(Class::Pinned),
            Just(Class::Speaker),
            Just(Class::Rest)
        ];
        let layers = proptest::collection::vec(proptest::option::of(10e3..3e6), 0..4);
        let demand = (class, 0..4usize, layers).prop_map(|(class, wish, mut layers)| {
            // A larger layer takes more.
            let mut rates: Vec<_> = layers.iter().copied().flatten().collect();
            rates.sort_by(f64::total_cmp);
            layers
                .iter_mut()
                .flatten()
                .zip(rates)
                .for_each(|(rate, sorted)| *rate = sorted);
            Demand { class, wish, layers }
        });
        proptest::collection::vec(demand, 0..20)
    }

    proptest! {
        #[test]
        fn no_more_is_given_than_there_is_and_nothing_that_does_not_come(demands in demands(), capacity in 0.0..20e6) {
            let given = allocate(capacity, &demands);
            prop_assert!(total(&demands, &given) <= capacity * (1.0 + 1e-9));
            for (demand, layer) in demands.iter().zip(&given) {
                prop_assert!(layer.is_none_or(|layer| demand.layers[layer].is_some()));
            }
            let everything = allocate(f64::MAX, &demands);
            prop_assert_eq!(next_step(&demands, &everything), None);
        }

        #[test]
        fn what_a_step_takes_is_enough_for_it(demands in demands(), capacity in 0.0..20e6) {
            let given = allocate(capacity, &demands);
            if let Some(needed) = next_step(&demands, &given) {
                prop_assert!(total(&demands, &allocate(needed.max(capacity) * 1.01 + 1.0, &demands)) + 1.0 >= total(&demands, &given));
            }
        }
    }
}
