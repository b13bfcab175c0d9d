// SPDX-License-Identifier: EUPL-1.2
//! What meetings leave on record: their journals, bans, entries of the audit log. One task of the process writes it, on a
//! connection of its own, for all meetings that wait in one transaction. Not when people are told: that is in `pen`. The
//! one rule: what is answered as written is on the disk.

use std::sync::Arc;
use std::time::Duration;

use konvent_meeting::{Effect, RoomId as Room};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::deeds::entry;
use super::store::{Header, Keep, Page};
use crate::audit;
use crate::db::{Db, Trouble, on};
use crate::ids::{RoomId, TenantId, UserId};
use crate::rooms::bans::store::Bans;

/// Longer than a busy database is waited for (`db.rs`).
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// Batches of one transaction; each is of another meeting.
const AT_ONCE: usize = 256;

#[derive(Clone)]
pub enum Line {
    Begins(Header),
    Page(Page),
    Record(Effect),
    /// The meeting is over, and its journal with it.
    Over(Uuid),
}

/// What one meeting wants written: all of it or nothing.
pub struct Batch {
    pub tenant: TenantId,
    pub room: Room,
    pub lines: Arc<Vec<Line>>,
}

pub type Written = Result<(), NotWritten>;

#[derive(Clone, Debug)]
pub struct NotWritten(pub String);

struct Order {
    batch: Batch,
    done: oneshot::Sender<Written>,
}

/// A handle; the task ends with the last one.
#[derive(Clone)]
pub struct Recorder(mpsc::UnboundedSender<Order>);

impl Recorder {
    pub fn start(db: Db) -> Recorder {
        let (sender, orders) = mpsc::unbounded_channel();
        tokio::spawn(work(db, orders));
        Recorder(sender)
    }

    /// The answer comes when it is written, or cannot be.
    pub fn write(&self, batch: Batch) -> oneshot::Receiver<Written> {
        let (done, answer) = oneshot::channel();
        // The task lives as long as this handle.
        _ = self.0.send(Order { batch, done });
        answer
    }
}

async fn work(db: Db, mut orders: mpsc::UnboundedReceiver<Order>) {
    on!(&db, pool => {
        let mut own = None;
        let mut group = Vec::new();
        while orders.recv_many(&mut group, AT_ONCE).await > 0 {
            let connection = match own.take() {
                Some(connection) => Ok(connection),
                None => pool.acquire().await,
            };
            let mut connection = match connection {
                Ok(connection) => connection,
                Err(error) => {
                    refuse(&mut group, &error);
                    continue;
                }
            };
            let together = async {
                let mut transaction = connection.begin().await?;
                for Order { batch, .. } in &group {
                    for line in &*batch.lines {
                        write(&mut *transaction, batch, line).await?;
                    }
                }
                transaction.commit().await
            };
            match within(together).await {
                Ok(()) => {
                    // Whoever does not wait for the answer has ended.
                    group.drain(..).for_each(|order| _ = order.done.send(Ok(())));
                    own = Some(connection);
                }
                // The database is in trouble, not one of them.
                Err(error) if Trouble::of(&error).is_some_and(|trouble| trouble != Trouble::Gone) => {
                    // In whatever state it is, nobody else gets it.
                    drop(connection.detach());
                    refuse(&mut group, &error);
                }
                Err(_) => {
                    for Order { batch, done } in group.drain(..) {
                        let alone = async {
                            let mut transaction = connection.begin().await?;
                            for line in &*batch.lines {
                                let mut part = transaction.begin().await?;
                                match write(&mut *part, &batch, line).await {
                                    Ok(()) => part.commit().await?,
                                    Err(error) if Trouble::of(&error) == Some(Trouble::Gone) => {
                                        part.rollback().await?;
                                        tracing::warn!(room = %batch.room, "a record of a meeting is about something that is gone");
                                    }
                                    Err(error) => return Err(error),
                                }
                            }
                            transaction.commit().await
                        };
                        let alone: sqlx::Result<()> = within(alone).await;
                        _ = done.send(alone.map_err(|error| NotWritten(error.to_string())));
                    }
                }
            }
        }
    });
}

/// A database that neither answers nor fails is away: whoever waits for it would wait for ever.
async fn within(work: impl Future<Output = sqlx::Result<()>>) -> sqlx::Result<()> {
    tokio::time::timeout(ANSWERS_WITHIN, work)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

fn refuse(group: &mut Vec<Order>, error: &sqlx::Error) {
    let why = NotWritten(error.to_string());
    group.drain(..).for_each(|order| _ = order.done.send(Err(why.clone())));
}

async fn write<C: Keep + Bans + audit::store::Append>(
    connection: &mut C,
    batch: &Batch,
    line: &Line,
) -> sqlx::Result<()> {
    let (tenant, room) = (batch.tenant, RoomId(batch.room.0));
    match line {
        Line::Begins(header) => connection.begin_journal(tenant, room, header).await,
        Line::Page(page) => connection.add_page(tenant, page).await,
        Line::Over(journal) => connection.remove_journal(tenant, *journal).await,
        Line::Record(Effect::RecordBan { participant }) => connection.ban(tenant, room, UserId(participant.0)).await,
        Line::Record(Effect::ForgetBan { participant }) => connection.unban(tenant, room, UserId(participant.0)).await,
        Line::Record(Effect::Record { by, deed }) => audit::record_in(connection, tenant, entry(room, *by, deed)).await,
        // No record: the media server does it.
        Line::Record(_) => Ok(()),
    }
}
