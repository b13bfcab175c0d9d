// SPDX-License-Identifier: EUPL-1.2
//! Where a meeting lives, and the tickets to it. Not the meeting: its task owns it. The lock here is taken when somebody
//! comes or a meeting ends, never for a message.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use konvent_meeting::{
    ClosingReason, ConnectionId, DeviceId, Input, Joining, Meeting, Parameters, ParticipantId, Role, RoomId, limits,
};
use konvent_sfu::Sfu;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::allowance::Allowance;
use super::entries::{Entries, Who};
use super::meeting_task::{MeetingTask, Outgoing, Task};
use crate::clock;
use crate::db::Db;
use crate::ids::TenantId;

/// Time from the answer of `start` to the WebSocket.
const TICKET_LIFE: Duration = Duration::from_secs(30);
/// How long clients may take to read the farewell when the server stops, and meetings to do what is left.
const FAREWELL: Duration = Duration::from_secs(5);
/// Commands and joins a meeting may have waiting; whoever comes then waits in their own socket.
const QUEUE: usize = 1024;
/// Frames one client may have waiting. A rush of 1000 people is about 1000 frames of a few hundred shared bytes.
const OUTGOING: usize = 4096;

/// The right to connect once.
pub struct Ticket {
    pub tenant: TenantId,
    pub joining: Joining,
    pub parameters: Parameters,
}

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

/// Why somebody gets no ticket.
#[derive(Debug, PartialEq, Eq)]
pub enum NoTicket {
    /// Their right to enter is to be read again.
    Stale,
    /// The server is stopping.
    Stopping,
}

/// One side of a joined connection: where its commands go, and what it has to send.
pub struct Seat {
    pub connection: ConnectionId,
    pub meeting: mpsc::Sender<Task>,
    pub outgoing: mpsc::Receiver<Outgoing>,
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

/// To a meeting: its queue, one's allowance, and what is held while connected.
type Entrance = (mpsc::Sender<Task>, Arc<Mutex<Allowance>>, mpsc::Sender<Infallible>);

pub struct Registry {
    rooms: Mutex<Rooms>,
    pub(super) sfu: Sfu,
    pub(super) db: Db,
    device_salt: [u8; 32],
    entries: Mutex<Entries>,
}

struct Rooms {
    tickets: HashMap<Uuid, (Box<Ticket>, Instant)>,
    by_age: VecDeque<(Instant, Uuid)>,
    meetings: HashMap<RoomId, Place>,
    /// Of which room, and whether it is stale.
    readings: HashMap<u64, (RoomId, bool)>,
    next_reading: u64,
    /// `None` once the server stops.
    open: Option<mpsc::Sender<Infallible>>,
    closed: Option<mpsc::Receiver<Infallible>>,
}

impl Rooms {
    fn begin(&mut self, room: RoomId) -> u64 {
        self.next_reading += 1;
        self.readings.insert(self.next_reading, (room, false));
        self.next_reading
    }

    fn is_stale(&self, reading: &Reading) -> bool {
        self.readings.get(&reading.number).is_none_or(|(_, stale)| *stale)
    }

    /// `None`: of every room.
    fn make_stale(&mut self, room: Option<RoomId>) {
        for (of, stale) in self.readings.values_mut() {
            *stale |= room.is_none_or(|room| room == *of);
        }
    }
}

impl Registry {
    pub fn new(sfu: Sfu, db: Db, device_salt: [u8; 32], joins_per_minute: u16) -> Arc<Registry> {
        let (open, closed) = mpsc::channel(1);
        Arc::new(Registry {
            rooms: Mutex::new(Rooms {
                tickets: HashMap::new(),
                by_age: VecDeque::new(),
                meetings: HashMap::new(),
                readings: HashMap::new(),
                next_reading: 0,
                open: Some(open),
                closed: Some(closed),
            }),
            sfu,
            db,
            device_salt,
            entries: Mutex::new(Entries::new(joins_per_minute)),
        })
    }

    /// A device's public id, the same at each visit, from the secret it keeps (profile section 4.1).
    pub fn device(&self, device_secret: &str) -> DeviceId {
        let hash = blake3::keyed_hash(&self.device_salt, device_secret.as_bytes());
        let first: [u8; 16] = hash.as_bytes()[..16].try_into().expect("sixteen bytes of thirty-two");
        DeviceId(Uuid::from_bytes(first))
    }

    /// Counts an entry to a room that exists, of somebody whom it is open to. `Err`: seconds to wait.
    pub fn may_enter(&self, room: RoomId, who: Who) -> Result<(), i64> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.count(room, who, Instant::now())
    }

    /// Before the right of somebody to enter is read.
    pub fn reading(self: &Arc<Self>, room: RoomId) -> Reading {
        let number = self.lock().begin(room);
        let registry = self.clone();
        Reading { registry, number }
    }

    pub fn issue(&self, ticket: Ticket, reading: &Reading) -> Result<Uuid, NoTicket> {
        let (token, now) = (clock::token(), Instant::now());
        let mut rooms = self.lock();
        if rooms.open.is_none() {
            return Err(NoTicket::Stopping);
        }
        if rooms.is_stale(reading) {
            return Err(NoTicket::Stale);
        }
        while rooms.by_age.front().is_some_and(|(expires, _)| *expires <= now) {
            if let Some((_, expired)) = rooms.by_age.pop_front() {
                rooms.tickets.remove(&expired);
            }
        }
        let expires = now + TICKET_LIFE;
        rooms.by_age.push_back((expires, token));
        rooms.tickets.insert(token, (Box::new(ticket), expires));
        Ok(token)
    }

    /// The ticket of a token, once.
    pub fn redeem(self: &Arc<Self>, token: Uuid) -> Option<(Box<Ticket>, Reading)> {
        let mut rooms = self.lock();
        let (ticket, expires) = rooms.tickets.remove(&token)?;
        if expires <= Instant::now() {
            return None;
        }
        // In the same step: between the ticket and the meeting nothing is overheard.
        let number = rooms.begin(ticket.parameters.room);
        let registry = self.clone();
        Some((ticket, Reading { registry, number }))
    }

    /// Takes somebody to their meeting, which begins if they are the first. `None`: the server is stopping, or what the
    /// ticket says is not so any more.
    pub async fn join(self: &Arc<Self>, ticket: Box<Ticket>, reading: Reading) -> Option<Seat> {
        let Ticket {
            tenant,
            joining,
            parameters,
        } = *ticket;
        let (connection, who) = (joining.connection, joining.participant);
        let (outbox, outgoing) = mpsc::channel(OUTGOING);
        let mut join = Task::Join(Box::new(joining), outbox);
        loop {
            let (meeting, allowance, open) = self.meeting(tenant, who, &parameters, &reading)?;
            match meeting.send(join).await {
                Ok(()) => {
                    return Some(Seat {
                        connection,
                        meeting,
                        outgoing,
                        allowance,
                        _open: open,
                    });
                }
                // It ended just now; a new one begins.
                Err(mpsc::error::SendError(returned)) => join = returned,
            }
        }
    }

    fn meeting(
        self: &Arc<Self>,
        tenant: TenantId,
        who: ParticipantId,
        parameters: &Parameters,
        reading: &Reading,
    ) -> Option<Entrance> {
        let mut rooms = self.lock();
        let open = rooms.open.clone().filter(|_| !rooms.is_stale(reading))?;
        if let Some(meeting) = rooms
            .meetings
            .get_mut(&parameters.room)
            .filter(|meeting| !meeting.tasks.is_closed())
        {
            return Some((meeting.tasks.clone(), meeting.allowance(who), open));
        }
        let (sender, tasks) = mpsc::channel(QUEUE);
        let meeting = Meeting::new(parameters.clone(), clock::now());
        let task = MeetingTask::new(
            meeting,
            tenant,
            parameters.room,
            self.clone(),
            sender.clone(),
            open.clone(),
        );
        let mut place = Place {
            tenant,
            began_at: clock::now(),
            tasks: sender.clone(),
            allowances: HashMap::new(),
        };
        let allowance = place.allowance(who);
        rooms.meetings.insert(parameters.room, place);
        tokio::spawn(task.run(tasks));
        Some((sender, allowance, open))
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

    /// Whether a running meeting has banned this person.
    pub async fn has_banned(&self, room: RoomId, who: ParticipantId) -> bool {
        let Some(meeting) = self.tasks(room) else { return false };
        let (answer, answered) = oneshot::channel();
        // A meeting that ended meanwhile bans nobody.
        meeting.send(Task::HasBanned(who, answer)).await.is_ok() && answered.await.unwrap_or(false)
    }

    /// Tells the meeting that runs in this room, if one does.
    pub async fn tell(&self, room: RoomId, input: Input) {
        if let Some(meeting) = self.tasks(room) {
            // A meeting that ended meanwhile begins anew with what is stored now.
            _ = meeting.send(Task::Input(input)).await;
        }
    }

    /// What somebody is in a room by right has changed; `None`: they are not invited any more. It holds for the running
    /// meeting, and for tokens that they have not used yet.
    pub async fn right_changed(&self, room: RoomId, who: ParticipantId, right: Option<Role>) {
        {
            let mut rooms = self.lock();
            rooms.make_stale(Some(room));
            rooms.tickets.retain(|_, (ticket, _)| {
                let theirs = ticket.parameters.room == room && ticket.joining.participant == who;
                if let (true, Some(right)) = (theirs, right) {
                    ticket.joining.role = right;
                }
                !theirs || right.is_some()
            });
        }
        let participant = who;
        self.tell(room, Input::RightChanged { participant, right }).await;
    }

    /// Sends somebody out of every running meeting of their tenant; tokens that they have not used yet open nothing.
    pub async fn expel(&self, tenant: TenantId, who: ParticipantId) {
        let meetings: Vec<_> = {
            let mut state = self.lock();
            state.make_stale(None);
            state
                .tickets
                .retain(|_, (ticket, _)| ticket.tenant != tenant || ticket.joining.participant != who);
            let of_tenant = state.meetings.values().filter(|place| place.tenant == tenant);
            of_tenant.map(|place| place.tasks.clone()).collect()
        };
        for meeting in meetings {
            _ = meeting.send(Task::Input(Input::Expel(who))).await;
        }
    }

    /// The organisation is disabled: its meetings end, and tokens that nobody has used yet open nothing.
    pub async fn end_all(&self, tenant: TenantId) {
        let meetings: Vec<_> = {
            let mut state = self.lock();
            state.make_stale(None);
            state.tickets.retain(|_, (ticket, _)| ticket.tenant != tenant);
            let of_tenant = state.meetings.values().filter(|place| place.tenant == tenant);
            of_tenant.map(|place| place.tasks.clone()).collect()
        };
        for meeting in meetings {
            _ = meeting
                .send(Task::Input(Input::Close(ClosingReason::RoomDeleted)))
                .await;
        }
    }

    /// Something is not so any more that people were let in by: tokens that nobody has used yet open nothing, and whoever
    /// is just being let in is asked anew. Their programs come again by themselves.
    pub fn changed(&self, room: RoomId) {
        let mut rooms = self.lock();
        rooms.make_stale(Some(room));
        rooms.tickets.retain(|_, (ticket, _)| ticket.parameters.room != room);
    }

    /// The room is gone: its meeting ends, and tokens that nobody has used yet open nothing.
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
            rooms.tickets.clear();
            (std::mem::take(&mut rooms.meetings), rooms.closed.take())
        };
        for meeting in meetings.into_values() {
            // A meeting that is ending by itself needs no telling.
            _ = meeting
                .tasks
                .send(Task::Input(Input::Close(ClosingReason::GracefulShutdown)))
                .await;
        }
        if let Some(mut closed) = closed {
            _ = tokio::time::timeout(FAREWELL, closed.recv()).await;
        }
    }

    fn tasks(&self, room: RoomId) -> Option<mpsc::Sender<Task>> {
        self.lock().meetings.get(&room).map(|meeting| meeting.tasks.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        // No code under the lock can leave the maps half changed.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
