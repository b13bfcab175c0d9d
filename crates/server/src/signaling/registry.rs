// SPDX-License-Identifier: EUPL-1.2
//! Where meetings live, and who is on the way into one. Not the meeting: its task owns it. The lock here is taken when somebody
//! comes or a meeting ends, never for a message.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use jiff::Timestamp;
use konvent_meeting::{
    ClosingReason, ConnectionId, DeviceId, Input, Joining, MediaKey, Parameters, ParticipantId, Role, RoomId, limits,
};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::meeting_task::{self, Beginning, Task, World};
use super::recorder::Recorder;
use super::store;
use super::tickets::{Ticket, Tickets};
use crate::allowance::Allowance;
use crate::clock;
use crate::db::{Db, time};
use crate::http::websocket::Outlet;
use crate::ids::TenantId;
use crate::media::Media;

/// How long clients may take to read the farewell when the server stops, and meetings to do what is left.
const FAREWELL: Duration = Duration::from_secs(5);
/// Commands and joins a meeting may have waiting; whoever comes then waits in their own socket.
const QUEUE: usize = 1024;

/// That somebody is being let in: held from before their right to enter is read until they are in the meeting. What is
/// changed about the room meanwhile makes it stale, because what was read then may not be so any more.
pub struct Reading {
    registry: Arc<Registry>,
    number: u64,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.registry.lock().readings.remove(&self.number);
    }
}

/// Why somebody gets no seat.
#[derive(Debug, PartialEq, Eq)]
pub enum NoSeat {
    /// Their right to enter is to be read again.
    Stale,
    /// The server is stopping.
    Stopping,
}

/// Reads what a meeting has to know of its room, once it is there; `None`: there is no such room any more.
pub type Opening = BoxFuture<'static, anyhow::Result<Option<Parameters>>>;

/// Of a joined connection: where its commands go.
pub struct Seat {
    pub connection: ConnectionId,
    pub meeting: mpsc::Sender<Task>,
    /// How often they may send, shared by all connections of one person.
    pub allowance: Arc<Mutex<Allowance>>,
    /// Held while the connection lives, so that stopping can wait for it.
    pub _open: mpsc::Sender<Infallible>,
}

/// Where a running meeting is.
struct Place {
    tenant: TenantId,
    began_at: Timestamp,
    tasks: mpsc::Sender<Task>,
    /// Of everybody who is connected.
    allowances: HashMap<ParticipantId, Weak<Mutex<Allowance>>>,
}

impl Place {
    fn allowance(&mut self, who: ParticipantId) -> Arc<Mutex<Allowance>> {
        if let Some(known) = self.allowances.get(&who).and_then(Weak::upgrade) {
            return known;
        }
        self.allowances.retain(|_, allowance| allowance.strong_count() > 0);
        let full = Allowance::new(limits::FRAMES_PER_SECOND, limits::FRAMES_AT_ONCE, Instant::now());
        let allowance = Arc::new(Mutex::new(full));
        self.allowances.insert(who, Arc::downgrade(&allowance));
        allowance
    }
}

/// A running meeting, as administrators see it.
pub struct Running {
    pub room: RoomId,
    pub began_at: Timestamp,
    pub connections: usize,
}

pub struct Registry {
    rooms: Mutex<Rooms>,
    /// Told whenever a meeting that has ended is not in `rooms` any more.
    forgotten: Notify,
    world: World,
    device_salt: [u8; 32],
}

struct Rooms {
    tickets: Tickets,
    meetings: HashMap<RoomId, Place>,
    /// Of which room, and whether it is stale.
    readings: HashMap<u64, (RoomId, bool)>,
    next_reading: u64,
    /// `None` once the server stops.
    open: Option<mpsc::Sender<Infallible>>,
    closed: Option<mpsc::Receiver<Infallible>>,
}

impl Rooms {
    /// What is held while somebody is connected.
    fn may_come(&self, reading: &Reading) -> Result<mpsc::Sender<Infallible>, NoSeat> {
        let open = self.open.clone().ok_or(NoSeat::Stopping)?;
        match self.readings.get(&reading.number) {
            Some((_, false)) => Ok(open),
            _ => Err(NoSeat::Stale),
        }
    }

    /// `None`: of every room.
    fn make_stale(&mut self, room: Option<RoomId>) {
        for (of, stale) in self.readings.values_mut() {
            *stale |= room.is_none_or(|room| room == *of);
        }
    }
}

impl Registry {
    pub fn new(media: &Media, db: Db, device_salt: [u8; 32]) -> Arc<Registry> {
        let world = World {
            sfu: media.sfu.clone(),
            media_key: MediaKey {
                key: media.key.key.clone(),
                secret: media.key.secret.clone(),
            },
            recorder: Recorder::start(db.clone()),
            db,
        };
        let (open, closed) = mpsc::channel(1);
        Arc::new(Registry {
            forgotten: Notify::new(),
            rooms: Mutex::new(Rooms {
                tickets: Tickets::default(),
                meetings: HashMap::new(),
                readings: HashMap::new(),
                next_reading: 0,
                open: Some(open),
                closed: Some(closed),
            }),
            world,
            device_salt,
        })
    }

    /// A device's public id, the same at each visit, from the secret it keeps (profile section 4.1).
    pub fn device(&self, device_secret: &str) -> DeviceId {
        let hash = blake3::keyed_hash(&self.device_salt, device_secret.as_bytes());
        let first: [u8; 16] = hash.as_bytes()[..16].try_into().expect("sixteen bytes of thirty-two");
        DeviceId(Uuid::from_bytes(first))
    }

    /// `None`: the server is stopping.
    pub fn issue(&self, ticket: Ticket) -> Option<Uuid> {
        let mut rooms = self.lock();
        rooms.open.as_ref()?;
        Some(rooms.tickets.issue(ticket, Instant::now()))
    }

    /// The ticket of a token, once.
    pub fn redeem(&self, token: Uuid) -> Option<Box<Ticket>> {
        self.lock().tickets.redeem(token, Instant::now())
    }

    /// Before the right of somebody to enter is read.
    pub fn reading(self: &Arc<Self>, room: RoomId) -> Reading {
        let mut rooms = self.lock();
        rooms.next_reading += 1;
        let number = rooms.next_reading;
        rooms.readings.insert(number, (room, false));
        let registry = self.clone();
        Reading { registry, number }
    }

    /// Takes somebody to their meeting, which begins if they are the first. What has been changed since `reading` reaches
    /// it after them, or makes them ask again.
    pub async fn join(
        self: &Arc<Self>,
        (tenant, room): (TenantId, RoomId),
        joining: Joining,
        reading: Reading,
        (origin, open): (&str, impl Fn() -> Opening),
        outlet: impl FnOnce() -> Outlet,
    ) -> Result<Seat, NoSeat> {
        loop {
            // Asked for before it is looked: an end in between is not missed.
            let forgotten = self.forgotten.notified();
            let meeting = {
                let mut rooms = self.lock();
                let held = rooms.may_come(&reading)?;
                match rooms.meetings.get(&room).map(|meeting| meeting.tasks.clone()) {
                    Some(meeting) => meeting,
                    None => {
                        let beginning = Beginning {
                            tenant,
                            room,
                            origin: origin.to_owned(),
                            opening: open(),
                        };
                        self.begin(&mut rooms, beginning, clock::now(), held)
                    }
                }
            };
            let Ok(place) = meeting.clone().reserve_owned().await else {
                // It has ended; the next one begins when all of it is on record.
                forgotten.await;
                continue;
            };
            let mut rooms = self.lock();
            let open = rooms.may_come(&reading)?;
            let Some(place_of) = rooms.meetings.get_mut(&room) else {
                continue;
            };
            let allowance = place_of.allowance(joining.participant);
            let connection = joining.connection;
            // Under the lock: whoever changes something makes the reading stale under it, and tells the meeting then.
            place.send(Task::Join(Box::new(joining), outlet()));
            return Ok(Seat {
                connection,
                meeting,
                allowance,
                _open: open,
            });
        }
    }

    /// Its queue is there before it reads anything.
    fn begin(
        self: &Arc<Self>,
        rooms: &mut Rooms,
        beginning: Beginning,
        began_at: Timestamp,
        held: mpsc::Sender<Infallible>,
    ) -> mpsc::Sender<Task> {
        let (tenant, room) = (beginning.tenant, beginning.room);
        let (sender, tasks) = mpsc::channel(QUEUE);
        let place = Place {
            tenant,
            began_at,
            tasks: sender.clone(),
            allowances: HashMap::new(),
        };
        rooms.meetings.insert(room, place);
        let run = meeting_task::run(self.world.clone(), beginning, self.clone(), sender.clone(), tasks, held);
        tokio::spawn(run);
        sender
    }

    /// Goes on with the meetings that the program was ended in. `open` learns under which address they were.
    pub async fn go_on(self: &Arc<Self>, open: impl Fn(TenantId, RoomId, &str) -> Opening) -> sqlx::Result<()> {
        for found in store::all(&self.world.db).await? {
            let room = RoomId(found.room.0);
            let opening = open(found.tenant, room, &found.origin);
            let beginning = Beginning {
                tenant: found.tenant,
                room,
                origin: found.origin,
                opening,
            };
            let mut rooms = self.lock();
            if let (Some(held), false) = (rooms.open.clone(), rooms.meetings.contains_key(&room)) {
                self.begin(&mut rooms, beginning, time(found.began_at), held);
            }
        }
        Ok(())
    }

    pub fn is_running(&self, room: RoomId) -> bool {
        self.lock()
            .meetings
            .get(&room)
            .is_some_and(|meeting| !meeting.tasks.is_closed())
    }

    /// The running meetings of a tenant, in no order.
    pub async fn running(&self, tenant: TenantId) -> Vec<Running> {
        let places: Vec<_> = self
            .lock()
            .meetings
            .iter()
            .filter(|(_, place)| place.tenant == tenant)
            .map(|(room, place)| (*room, place.began_at, place.tasks.clone()))
            .collect();
        let mut running = Vec::new();
        for (room, began_at, tasks) in places {
            let (answer, answered) = oneshot::channel();
            // One that ended meanwhile does not run.
            if tasks.send(Task::Connections(answer)).await.is_ok()
                && let Ok(connections) = answered.await
            {
                running.push(Running {
                    room,
                    began_at,
                    connections,
                });
            }
        }
        running
    }

    /// Tells the meeting that runs in this room, if one does.
    pub async fn tell(&self, room: RoomId, input: Input) {
        if let Some(meeting) = self.tasks(room) {
            // A meeting that ended meanwhile begins anew with what is stored now.
            _ = meeting.send(Task::Input(input)).await;
        }
    }

    /// What somebody is in a room by right has changed; `None`: they are not invited any more.
    pub async fn right_changed(&self, room: RoomId, participant: ParticipantId, right: Option<Role>) {
        self.changed(room);
        self.tell(room, Input::RightChanged { participant, right }).await;
    }

    /// Sends somebody out of every running meeting of their tenant.
    pub async fn expel(&self, tenant: TenantId, who: ParticipantId) {
        let meetings: Vec<_> = {
            let mut state = self.lock();
            state.make_stale(None);
            let of_tenant = state.meetings.values().filter(|place| place.tenant == tenant);
            of_tenant.map(|place| place.tasks.clone()).collect()
        };
        for meeting in meetings {
            _ = meeting.send(Task::Input(Input::Expel(who))).await;
        }
    }

    /// The organisation is disabled: its meetings end.
    pub async fn end_all(&self, tenant: TenantId) {
        let meetings: Vec<_> = {
            let mut state = self.lock();
            state.make_stale(None);
            let of_tenant = state.meetings.values().filter(|place| place.tenant == tenant);
            of_tenant.map(|place| place.tasks.clone()).collect()
        };
        for meeting in meetings {
            _ = meeting
                .send(Task::Input(Input::Close(ClosingReason::RoomDeleted)))
                .await;
        }
    }

    /// Something is not so any more that people are let in by: whoever is just being let in is asked anew.
    pub fn changed(&self, room: RoomId) {
        self.lock().make_stale(Some(room));
    }

    /// The room is gone: its meeting ends.
    pub async fn end(&self, room: RoomId) {
        self.changed(room);
        self.tell(room, Input::Close(ClosingReason::RoomDeleted)).await;
    }

    /// A meeting has ended; whoever comes now begins a new one.
    pub fn forget(&self, room: RoomId, ended: &mpsc::Sender<Task>) {
        let mut rooms = self.lock();
        if rooms
            .meetings
            .get(&room)
            .is_some_and(|meeting| meeting.tasks.same_channel(ended))
        {
            rooms.meetings.remove(&room);
        }
        self.forgotten.notify_waiters();
    }

    pub fn is_open(&self) -> bool {
        self.lock().open.is_some()
    }

    /// Lets nobody in any more, tells everybody that the server stops, and waits until they have read it and
    /// everything that meetings have asked for is done.
    pub async fn stop(&self) {
        let (meetings, closed) = {
            let mut rooms = self.lock();
            rooms.open = None;
            rooms.tickets = Tickets::default();
            (std::mem::take(&mut rooms.meetings), rooms.closed.take())
        };
        let told = meetings.into_values().map(|meeting| async move {
            let close = Task::Input(Input::Close(ClosingReason::GracefulShutdown));
            // A meeting that is ending by itself needs no telling.
            _ = meeting.tasks.send(close).await;
        });
        let all = async {
            // At once: none waits for one that takes nothing.
            join_all(told).await;
            if let Some(mut closed) = closed {
                closed.recv().await;
            }
        };
        _ = tokio::time::timeout(FAREWELL, all).await;
    }

    fn tasks(&self, room: RoomId) -> Option<mpsc::Sender<Task>> {
        self.lock().meetings.get(&room).map(|meeting| meeting.tasks.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        // No code under the lock can leave the maps half changed.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
