// SPDX-License-Identifier: EUPL-1.2
//! How many sockets there may be before they are upgraded, and which one gives way to a new one. Not what is spoken on them.
//! The one rule: the new one is let in. First goes who has sent no whole request, and among equals who has done nothing for
//! the longest; nobody makes a socket of another network go while there are more of their own.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, Id};
use tokio::time::Instant;

use super::pace::STEP;
use crate::address::network;

/// See `[http]` in `config/default.toml`.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Of one network, without a whole request.
    pub waiting_per_address: usize,
    /// Of one network.
    pub per_address: usize,
    pub in_all: usize,
    /// Who has waited for less than this gives way only when their network has as many as it may have, so that a rush from
    /// one gets through.
    pub grace: Duration,
}

impl Limits {
    pub const NONE: Limits = Limits {
        waiting_per_address: usize::MAX,
        per_address: usize::MAX,
        in_all: usize::MAX,
        grace: Duration::ZERO,
    };
}

/// What a socket does, as it tells itself.
pub struct Doing(Mutex<State>);

struct State {
    /// A whole request is here, and its answer is not sent yet.
    answers: bool,
    /// The answer was handed over to be sent.
    is_handed: bool,
    /// When it last began something else, or had moved another step of bytes.
    since: Instant,
    moved: usize,
}

impl Doing {
    pub fn opened(now: Instant) -> Arc<Doing> {
        Arc::new(Doing(Mutex::new(State {
            answers: false,
            is_handed: false,
            since: now,
            moved: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begins(&self, answers: bool, now: Instant) {
        *self.state() = State {
            answers,
            is_handed: false,
            since: now,
            moved: 0,
        };
    }

    /// The head of a request is here.
    pub fn request_began(&self, now: Instant) {
        self.begins(false, now);
    }

    /// Its body is here, too, or nobody waits for it any more.
    pub fn is_asked(&self, now: Instant) {
        if !self.state().answers {
            self.begins(true, now);
        }
    }

    /// All of the answer is where it is sent from.
    pub fn answer_handed(&self) {
        self.state().is_handed = true;
    }

    /// Whatever was to be sent is sent.
    pub fn all_sent(&self, now: Instant) {
        if self.state().is_handed {
            self.begins(false, now);
        }
    }

    /// Bytes of a body came, or bytes went.
    pub fn moved(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        state.moved += bytes;
        if state.moved >= STEP {
            state.moved = 0;
            state.since = now;
        }
    }

    /// Least first: who gives way first.
    fn rank(&self) -> (bool, Instant) {
        let state = self.state();
        (state.answers, state.since)
    }
}

struct Socket {
    doing: Arc<Doing>,
    task: AbortHandle,
}

pub struct Sockets {
    limits: Limits,
    by_network: HashMap<Ipv6Addr, HashMap<Id, Socket>>,
    networks: HashMap<Id, Ipv6Addr>,
}

impl Sockets {
    pub fn new(limits: Limits) -> Sockets {
        Sockets {
            limits,
            by_network: HashMap::new(),
            networks: HashMap::new(),
        }
    }

    /// Takes in a new one; what is too many for it is closed.
    pub fn add(&mut self, from: IpAddr, doing: Arc<Doing>, task: AbortHandle, now: Instant) {
        let network = network(from);
        if let Some(own) = self.by_network.get(&network) {
            let waiting = own.iter().map(|(id, socket)| (socket.doing.rank(), *id));
            let waiting = waiting.filter(|((answers, _), _)| !answers);
            let (count, longest) = waiting.fold((0, None), |(count, longest), this| {
                (count + 1, Some(longest.map_or(this, |longest| this.min(longest))))
            });
            if own.len() >= self.limits.per_address {
                self.close_one_of(network);
            } else if count >= self.limits.waiting_per_address
                && let Some(((_, since), id)) = longest
                && now.duration_since(since) >= self.limits.grace
            {
                self.close(id);
            }
        }
        if self.networks.len() >= self.limits.in_all {
            let most = self.by_network.iter().max_by_key(|(_, sockets)| sockets.len());
            if let Some(most) = most.map(|(network, _)| *network) {
                self.close_one_of(most);
            }
        }
        let id = task.id();
        self.networks.insert(id, network);
        self.by_network
            .entry(network)
            .or_default()
            .insert(id, Socket { doing, task });
    }

    /// It has ended, or was upgraded: then it has limits of its own.
    pub fn ended(&mut self, id: Id) {
        self.remove(id);
    }

    fn close_one_of(&mut self, network: Ipv6Addr) {
        let own = self.by_network.get(&network).into_iter().flatten();
        if let Some((id, _)) = own.min_by_key(|(_, socket)| socket.doing.rank()) {
            self.close(*id);
        }
    }

    fn close(&mut self, id: Id) {
        if let Some(socket) = self.remove(id) {
            socket.task.abort();
        }
    }

    fn remove(&mut self, id: Id) -> Option<Socket> {
        let network = self.networks.remove(&id)?;
        let own = self.by_network.get_mut(&network)?;
        let socket = own.remove(&id);
        if own.is_empty() {
            self.by_network.remove(&network);
        }
        socket
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMITS: Limits = Limits {
        waiting_per_address: 2,
        per_address: 4,
        in_all: 6,
        grace: Duration::from_secs(1),
    };

    struct Opened {
        doing: Arc<Doing>,
        task: tokio::task::JoinHandle<()>,
    }

    impl Opened {
        async fn is_open(&self) -> bool {
            // What was closed has its turn to end.
            tokio::task::yield_now().await;
            !self.task.is_finished()
        }
    }

    struct Table {
        sockets: Sockets,
        now: Instant,
    }

    impl Table {
        fn new() -> Table {
            Table {
                sockets: Sockets::new(LIMITS),
                now: Instant::now(),
            }
        }

        /// Each a moment after everything before.
        fn open(&mut self, from: &str) -> Opened {
            self.now += Duration::from_millis(1);
            let task = tokio::spawn(pending());
            let doing = Doing::opened(self.now);
            let from = from.parse().unwrap();
            self.sockets.add(from, doing.clone(), task.abort_handle(), self.now);
            Opened { doing, task }
        }

        fn wait(&mut self) {
            self.now += LIMITS.grace;
        }
    }

    async fn which(opened: &[&Opened]) -> Vec<bool> {
        let mut open = Vec::new();
        for one in opened {
            open.push(one.is_open().await);
        }
        open
    }

    const HERE: &str = "203.0.113.5";

    #[tokio::test]
    async fn of_those_that_wait_the_one_that_has_waited_longest_gives_way_after_its_grace() {
        let mut table = Table::new();
        let (first, second) = (table.open(HERE), table.open(HERE));
        table.wait();
        // It was opened first, and has asked since.
        first.doing.is_asked(table.now);
        first.doing.answer_handed();
        first.doing.all_sent(table.now);
        let third = table.open(HERE);
        assert_eq!(which(&[&first, &second, &third]).await, [true, false, true]);
        let fourth = table.open(HERE);
        assert_eq!(which(&[&first, &third, &fourth]).await, [true; 3], "a rush");
    }

    #[tokio::test]
    async fn an_answer_counts_as_under_way_until_it_is_sent() {
        let mut table = Table::new();
        let slow = table.open(HERE);
        slow.doing.is_asked(table.now);
        slow.doing.answer_handed();
        for _ in 0..10 {
            table.wait();
            table.open(HERE);
        }
        assert!(slow.is_open().await);
        slow.doing.all_sent(table.now);
        for _ in 0..3 {
            table.wait();
            table.open(HERE);
        }
        assert!(!slow.is_open().await);
    }

    #[tokio::test]
    async fn a_request_without_the_rest_of_its_body_waits_and_a_body_that_comes_gains_time() {
        let mut table = Table::new();
        let upload = table.open(HERE);
        upload.doing.request_began(table.now);
        let held_back = table.open(HERE);
        held_back.doing.request_began(table.now);
        table.wait();
        upload.doing.moved(STEP, table.now);
        held_back.doing.moved(1, table.now);
        table.open(HERE);
        assert_eq!(which(&[&upload, &held_back]).await, [true, false]);
    }

    #[tokio::test]
    async fn who_has_as_many_as_they_may_have_closes_one_of_their_own_and_is_let_in() {
        let mut table = Table::new();
        let (asks, waits) = (table.open(HERE), table.open(HERE));
        asks.doing.is_asked(table.now);
        let others = [(); 2].map(|()| {
            let other = table.open(HERE);
            other.doing.is_asked(table.now);
            other
        });
        // However short it has been here.
        let new = table.open(HERE);
        assert_eq!(which(&[&asks, &waits, &new]).await, [true, false, true]);
        new.doing.is_asked(table.now);
        // All of them are being answered: who has taken least goes.
        table.wait();
        asks.doing.moved(STEP, table.now);
        table.open(HERE);
        assert_eq!(which(&[&asks, &others[0], &others[1]]).await, [true, false, true]);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_counts_as_one_address() {
        let mut table = Table::new();
        let first = table.open("2001:db8::1");
        for host in 2..=5 {
            table.open(&format!("2001:db8::{host}"));
        }
        assert!(!first.is_open().await);
    }

    #[tokio::test]
    async fn when_there_are_too_many_in_all_the_network_with_most_of_them_gives_way() {
        let mut table = Table::new();
        let alone = table.open("198.51.100.7");
        for number in 0..20 {
            table.open(&format!("203.0.113.{}", number % 3));
        }
        let new = table.open("198.51.100.8");
        assert_eq!(which(&[&alone, &new]).await, [true, true]);
        assert_eq!(table.sockets.networks.len(), LIMITS.in_all);
    }

    #[tokio::test]
    async fn what_has_ended_counts_for_nothing() {
        let mut table = Table::new();
        for _ in 0..20 {
            let opened = table.open(HERE);
            table.sockets.ended(opened.task.id());
        }
        assert!(table.sockets.by_network.is_empty() && table.sockets.networks.is_empty());
    }
}
