// SPDX-License-Identifier: EUPL-1.2
//! Datagrams that wait until the network takes more.
//!
//! First in, first out, over all rooms and subscribers. What waits too long or is too much is dropped from
//! the front: it is the oldest, and the core turns the order of subscribers round, so that it hits
//! everybody alike.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use crate::limits::{DATAGRAM_QUEUE_BYTES as BYTES, DATAGRAM_QUEUE_TIME as TIME};

pub type Datagram = (SocketAddr, Vec<u8>);

#[derive(Default)]
pub struct Queue {
    waiting: Vec<Datagram>,
    /// When how many of them came in.
    since: VecDeque<(Instant, usize)>,
    bytes: usize,
    /// Datagrams given to the network.
    pub sent: u64,
    /// Datagrams dropped here.
    pub lost: u64,
}

impl Queue {
    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what waits, then `fresh`. `send` takes datagrams from the front as long as the network does;
    /// how many it took.
    pub fn flush(&mut self, now: Instant, fresh: &mut Vec<Datagram>, mut send: impl FnMut(&[Datagram]) -> usize) {
        while let Some((_, count)) = self
            .since
            .front()
            .filter(|(at, _)| now.saturating_duration_since(*at) > TIME)
        {
            let count = *count;
            self.forget(count);
            self.lost += count as u64;
        }
        if self.waiting.is_empty() {
            // All that waited was too old, and nothing is new.
            if fresh.is_empty() {
                return;
            }
            let taken = send(fresh).min(fresh.len());
            self.sent += taken as u64;
            fresh.drain(..taken);
            self.wait(now, fresh);
        } else {
            self.wait(now, fresh);
            let taken = send(&self.waiting).min(self.waiting.len());
            self.sent += taken as u64;
            self.forget(taken);
        }
        let mut excess = 0;
        let mut bytes = self.bytes;
        for (_, datagram) in &self.waiting {
            if bytes <= BYTES {
                break;
            }
            bytes -= datagram.len();
            excess += 1;
        }
        self.forget(excess);
        self.lost += excess as u64;
    }

    fn wait(&mut self, now: Instant, fresh: &mut Vec<Datagram>) {
        if !fresh.is_empty() {
            self.bytes += fresh.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            self.since.push_back((now, fresh.len()));
            self.waiting.append(fresh);
        }
    }

    /// Takes datagrams from the front.
    fn forget(&mut self, mut count: usize) {
        self.bytes -= self.waiting.drain(..count).map(|(_, bytes)| bytes.len()).sum::<usize>();
        while let Some((_, first)) = self.since.front_mut().filter(|_| count > 0) {
            let taken = count.min(*first);
            *first -= taken;
            count -= taken;
            if *first == 0 {
                self.since.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn datagrams(turn: u16, subscribers: u16) -> Vec<Datagram> {
        let to = |subscriber: u16| SocketAddr::from(([10, 0, 0, 1], 1_000 + (subscriber + turn) % subscribers));
        (0..subscribers)
            .map(|subscriber| (to(subscriber), vec![0; 1_000]))
            .collect()
    }

    #[test]
    fn a_full_network_loses_nothing_that_fits_a_moment_later_and_keeps_the_order() {
        let now = Instant::now();
        let mut queue = Queue::default();
        let mut taken = Vec::new();
        let mut room = 30;
        let mut network = |queue: &mut Queue, at, fresh: &mut Vec<Datagram>| {
            queue.flush(at, fresh, |offered| {
                let count = room.min(offered.len());
                taken.extend(offered[..count].iter().map(|(to, _)| to.port()));
                room = 30;
                count
            });
        };
        for turn in 0..2 {
            network(&mut queue, now, &mut datagrams(turn, 50));
        }
        assert!(!queue.is_empty());
        for ms in 0..5 {
            network(&mut queue, now + Duration::from_millis(10 * ms), &mut Vec::new());
        }
        assert!(queue.is_empty());
        assert_eq!((queue.sent, queue.lost), (100, 0));
        let sent: Vec<_> = (0..2)
            .flat_map(|turn| datagrams(turn, 50))
            .map(|(to, _)| to.port())
            .collect();
        assert_eq!(taken, sent);
    }

    #[test]
    fn a_network_too_slow_for_all_is_shared_by_all_and_nothing_stale_is_sent() {
        let start = Instant::now();
        let mut queue = Queue::default();
        let mut got = vec![0u32; 20];
        // Each turn 20 datagrams come and 10 fit.
        for turn in 0..1_000u16 {
            let now = start + Duration::from_millis(u64::from(turn) * 10);
            queue.flush(now, &mut datagrams(turn, 20), |offered| {
                let count = offered.len().min(10);
                for (to, _) in &offered[..count] {
                    got[usize::from(to.port() - 1_000)] += 1;
                }
                count
            });
        }
        let (least, most) = (got.iter().min(), got.iter().max());
        assert!(
            least.zip(most).is_some_and(|(least, most)| least * 2 > *most),
            "{got:?}"
        );
        assert_eq!(u64::from(got.iter().sum::<u32>()), queue.sent);
        assert!(queue.waiting.len() <= 20 * 22, "no more waits than is young");
        assert_eq!(queue.sent + queue.lost + queue.waiting.len() as u64, 20_000);
    }

    #[test]
    fn the_network_is_not_asked_when_all_that_waited_is_too_old() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.flush(now, &mut datagrams(0, 10), |_| 0);
        let later = now + 2 * TIME;
        queue.flush(later, &mut Vec::new(), |offered| {
            assert!(!offered.is_empty(), "nothing is offered");
            offered.len()
        });
        assert!(queue.is_empty());
        assert_eq!((queue.sent, queue.lost), (0, 10));
    }

    #[test]
    fn what_waits_has_an_end() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for turn in 0..100 {
            queue.flush(now, &mut datagrams(turn, 1_000), |_| 0);
        }
        assert!(queue.bytes <= BYTES);
        assert_eq!(queue.lost + queue.waiting.len() as u64, 100_000);
    }
}
