// SPDX-License-Identifier: EUPL-1.2
//! What meetings leave on record: their journals, bans, entries of the audit log. One task of the process writes it, on a
//! connection of its own, for all meetings that wait in one transaction. Not when people are told: that is in `pen`. The
//! one rule: what is answered as written is on the disk.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use konvent_meeting::{Effect, RoomId as Room};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Database, Pool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::deeds::entry;
use super::store::{Header, Keep, Page};
use crate::audit;
use crate::db::{Db, Trouble, on};
use crate::ids::{RoomId, TenantId, UserId};
use crate::rooms::bans::store::Bans;

/// Longer than a busy database is waited for (`db.rs`).
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// Until what could not be written is tried again.
pub const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Batches of one transaction; each is of another meeting.
const AT_ONCE: usize = 256;
/// Bytes of one transaction, if one batch alone has no more: whoever comes next does not wait long for its end.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

#[derive(Clone)]
pub enum Line {
    Begins(Header),
    Page(Page),
    Record(Effect),
    /// The meeting is over, and its journal with it.
    Over(Uuid),
}

/// What one meeting wants written: all of it or nothing.
#[derive(Clone)]
pub struct Batch {
    pub tenant: TenantId,
    pub room: Room,
    pub lines: Arc<Vec<Line>>,
}

impl Batch {
    /// About.
    fn bytes(&self) -> usize {
        let bytes = |line: &Line| match line {
            Line::Begins(header) => header.parameters.len(),
            Line::Page(page) => page.lines.len(),
            Line::Record(_) | Line::Over(_) => 256,
        };
        self.lines.iter().map(bytes).sum()
    }
}

pub type Written = Result<(), NotWritten>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The database cannot, for now; or it has, and the answer is lost.
    ForNow(String),
    /// The journal is not there, or another page is where this one belongs: no page of it can ever be written.
    Lost(String),
}

struct Order {
    batch: Batch,
    done: oneshot::Sender<Written>,
}

/// A handle; the task ends with the last one.
#[derive(Clone)]
pub struct Recorder {
    orders: mpsc::UnboundedSender<Order>,
    /// Of meetings that are over, and perhaps still there.
    over: Arc<Mutex<HashSet<Uuid>>>,
}

impl Recorder {
    pub fn start(db: Db) -> Recorder {
        let (orders, received) = mpsc::unbounded_channel();
        tokio::spawn(work(db, received));
        Recorder {
            orders,
            over: Arc::default(),
        }
    }

    /// The answer comes when it is written, or cannot be.
    pub fn write(&self, batch: Batch) -> oneshot::Receiver<Written> {
        let (done, answer) = oneshot::channel();
        // The task lives as long as this handle.
        _ = self.orders.send(Order { batch, done });
        answer
    }

    /// From now on nobody plays this journal. It is deleted as soon as that can be done, whoever has gone by then.
    /// `None`: that was said before.
    pub fn end(&self, tenant: TenantId, room: Room, journal: Uuid) -> Option<JoinHandle<()>> {
        if !self.over().insert(journal) {
            return None;
        }
        let recorder = self.clone();
        Some(tokio::spawn(async move {
            let lines = Arc::new(vec![Line::Over(journal)]);
            let batch = Batch { tenant, room, lines };
            // No answer: the program is stopping.
            while let Ok(Err(_)) = recorder.write(batch.clone()).await {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }))
    }

    /// Whether a journal that may still be there is not to be played.
    pub fn is_over(&self, journal: Uuid) -> bool {
        self.over().contains(&journal)
    }

    fn over(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        // No code under the lock can leave the set half changed.
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a transaction has not happened.
enum Failure {
    Database(sqlx::Error),
    Lost(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure::Database(error)
    }
}

impl From<&Failure> for NotWritten {
    fn from(failure: &Failure) -> NotWritten {
        match failure {
            Failure::Database(error) => NotWritten::ForNow(error.to_string()),
            Failure::Lost(why) => NotWritten::Lost(why.clone()),
        }
    }
}

impl Failure {
    /// The database is in trouble, not one of those who want something written.
    fn is_of_all(&self) -> bool {
        let Failure::Database(error) = self else { return false };
        match Trouble::of(error) {
            Some(Trouble::Full | Trouble::ReadOnly | Trouble::Away) => true,
            Some(Trouble::Busy) => !has_given_way(error),
            Some(Trouble::Untranslatable | Trouble::Gone) | None => false,
        }
    }
}

/// Two transactions stood in each other's way, and PostgreSQL has chosen this one.
fn has_given_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["40001", "40P01"].contains(&&*code))
}

/// Of the pool's type.
fn none_yet<D: Database>(_: &Pool<D>) -> Option<PoolConnection<D>> {
    None
}

async fn work(db: Db, mut orders: mpsc::UnboundedReceiver<Order>) {
    on!(&db, pool => {
        let mut own = none_yet(pool);
        let mut waiting = Vec::new();
        while !waiting.is_empty() || orders.recv_many(&mut waiting, AT_ONCE).await > 0 {
            while let Ok(order) = orders.try_recv() {
                waiting.push(order);
            }
            // One transaction for all; if one of them is at fault, one for each, the first on top.
            let mut transactions = vec![next(&mut waiting)];
            while let Some(orders) = transactions.pop() {
                // The database may have been started anew since, which one that lies idle does not notice.
                let is_alive = match &mut own {
                    Some(idle) => within(async { Ok(idle.ping().await?) }).await.is_ok(),
                    None => false,
                };
                let connection = match own.take() {
                    Some(idle) if is_alive => Ok(idle),
                    dead => {
                        drop(dead.map(PoolConnection::detach));
                        pool.acquire().await
                    }
                };
                let written = match connection {
                    Err(error) => Err(Failure::Database(error)),
                    Ok(mut connection) => {
                        let written = within(connection.write_all(&orders)).await;
                        match &written {
                            Ok(()) => own = Some(connection),
                            // In whatever state it is, nobody gets it.
                            Err(_) => drop(connection.detach()),
                        }
                        written
                    }
                };
                match written {
                    Ok(()) => answer(orders, &Ok(())),
                    Err(failure) if failure.is_of_all() => {
                        let refused = Err(NotWritten::from(&failure));
                        answer(orders, &refused);
                        transactions.drain(..).for_each(|orders| answer(orders, &refused));
                        answer(std::mem::take(&mut waiting), &refused);
                    }
                    Err(failure) if orders.len() == 1 => answer(orders, &Err(NotWritten::from(&failure))),
                    Err(_) => transactions.extend(orders.into_iter().rev().map(|order| vec![order])),
                }
            }
        }
    });
}

/// What is written together now: who has waited longest, and the smallest of the others. Of one meeting, what was wanted
/// first comes first.
fn next(waiting: &mut Vec<Order>) -> Vec<Order> {
    let mut rooms = HashSet::new();
    let mut firsts: Vec<usize> = (0..waiting.len()).collect();
    firsts.retain(|at| rooms.insert(waiting[*at].batch.room));
    if let Some((_, others)) = firsts.split_first_mut() {
        others.sort_by_cached_key(|at| waiting[*at].batch.bytes());
    }
    let mut bytes = 0;
    let fits = |at: &usize| {
        let is_first = bytes == 0;
        bytes += waiting[*at].batch.bytes();
        is_first || bytes <= BYTES_AT_ONCE
    };
    let now: HashSet<usize> = firsts.into_iter().take(AT_ONCE).take_while(fits).collect();
    let all = std::mem::take(waiting).into_iter().enumerate();
    let (together, later): (Vec<_>, Vec<_>) = all.partition(|(at, _)| now.contains(at));
    waiting.extend(later.into_iter().map(|(_, order)| order));
    together.into_iter().map(|(_, order)| order).collect()
}

fn answer(orders: Vec<Order>, written: &Written) {
    // Whoever does not wait for the answer has ended.
    orders
        .into_iter()
        .for_each(|order| _ = order.done.send(written.clone()));
}

/// A database that neither answers nor fails is away: whoever waits for it would wait for ever.
async fn within(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::time::timeout(ANSWERS_WITHIN, work)
        .await
        .unwrap_or(Err(Failure::Database(sqlx::Error::PoolTimedOut)))
}

/// A connection of either database.
trait Writes {
    /// All of it or nothing.
    fn write_all(&mut self, orders: &[Order]) -> impl Future<Output = Result<(), Failure>> + Send;
}

macro_rules! writes {
    ($connection:ty) => {
        impl Writes for $connection {
            async fn write_all(&mut self, orders: &[Order]) -> Result<(), Failure> {
                let mut transaction = self.begin().await?;
                for Order { batch, .. } in orders {
                    for line in &*batch.lines {
                        let Line::Record(effect) = line else {
                            write(&mut *transaction, batch, line).await?;
                            continue;
                        };
                        let mut part = transaction.begin().await?;
                        match record(&mut *part, batch, effect).await {
                            Ok(()) => part.commit().await?,
                            Err(error) if Trouble::of(&error) == Some(Trouble::Gone) => {
                                part.rollback().await?;
                                tracing::warn!(room = %batch.room, "a record of a meeting is about something that is gone");
                            }
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
                Ok(transaction.commit().await?)
            }
        }
    };
}
writes!(sqlx::SqliteConnection);
writes!(sqlx::PgConnection);

/// What is no record.
async fn write(connection: &mut impl Keep, batch: &Batch, line: &Line) -> Result<(), Failure> {
    let (tenant, room) = (batch.tenant, RoomId(batch.room.0));
    let stands = match line {
        Line::Begins(header) => connection.begin_journal(tenant, room, header).await.map(|()| true),
        Line::Page(page) => connection.add_page(tenant, page).await,
        Line::Over(journal) => connection.remove_journal(tenant, *journal).await.map(|()| true),
        Line::Record(_) => return Ok(()),
    };
    match stands {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::Lost("another page is in the place of the next one".to_owned())),
        Err(error) if Trouble::of(&error) == Some(Trouble::Gone) => {
            Err(Failure::Lost("what it belongs to is not there any more".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn record<C: Bans + audit::store::Append>(
    connection: &mut C,
    batch: &Batch,
    effect: &Effect,
) -> sqlx::Result<()> {
    let (tenant, room) = (batch.tenant, RoomId(batch.room.0));
    match effect {
        Effect::RecordBan { participant } => connection.ban(tenant, room, UserId(participant.0)).await,
        Effect::ForgetBan { participant } => connection.unban(tenant, room, UserId(participant.0)).await,
        Effect::Record { by, deed } => audit::record_in(connection, tenant, entry(room, *by, deed)).await,
        // No record: the media server does it.
        _ => Ok(()),
    }
}
