// SPDX-License-Identifier: EUPL-1.2
//! One task per meeting: it alone owns the meeting, opens it, hands it inputs in order and performs its outputs in order,
//! each after what has to be on record before it. It waits for nobody: a connection whose queue is full is closed, and what
//! the media server is asked for goes on beside.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use konvent_meeting::{
    ClosingReason, ConnectionId, Input, Joining, MediaKey, Meeting, Output, Parameters, RoomId, close,
};
use konvent_sfu::Sfu;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::journal::{self, Played, Unplayable};
use super::lane::Lane;
use super::pen::{NotRecorded, Outcome, Pen, Undone};
use super::recorder::{AGAIN_AFTER, Line, Recorder};
use super::registry::{Opening, Registry};
use super::store::{self, Found};
use crate::clock;
use crate::db::{Db, millis, time};
use crate::http::websocket::{Encoded, Outlet};
use crate::ids::{self, TenantId};

/// Tasks that are taken before anything is written or sent.
const AT_ONCE: usize = 64;
/// What many are told within this time of the last such frame leaves together: in a rush of joins that saves most system
/// calls, and in a quiet meeting nothing waits. In milliseconds; the more people, the longer.
const GATHER: std::ops::RangeInclusive<u64> = 20..=200;
/// Pieces of frames that one client may have waiting. A rush of 1000 people is about 1000 frames of a few hundred shared bytes.
const MOST_WAITING: usize = 4096;
/// Outputs that may be held; with more, people wait in their own sockets. They are told all at once: a client has to have room for
/// them, two pieces each, and for what still follows from the tasks that were taken.
const MOST_HELD: usize = MOST_WAITING / 4;

/// What reaches a meeting from outside.
pub enum Task {
    Join(Box<Joining>, Outlet),
    Input(Input),
    /// How many connections are open.
    Connections(oneshot::Sender<usize>),
}

/// What meetings work with.
#[derive(Clone)]
pub struct World {
    pub sfu: Sfu,
    pub media_key: MediaKey,
    pub db: Db,
    pub recorder: Recorder,
}

/// Which meeting it is, and where it learns of its room.
pub struct Beginning {
    pub tenant: TenantId,
    pub room: RoomId,
    /// Under which address its first person comes.
    pub origin: String,
    pub opening: Opening,
}

/// A meeting from its opening to its end. Whoever comes while it opens waits in its queue, and so does what is changed.
pub async fn run(
    world: World,
    beginning: Beginning,
    registry: Arc<Registry>,
    itself: mpsc::Sender<Task>,
    mut tasks: mpsc::Receiver<Task>,
    _open: mpsc::Sender<Infallible>,
) {
    let room = beginning.room;
    let mut task = match open(world, beginning).await {
        Ok(task) => task,
        Err(error) => {
            tracing::error!(%room, "a meeting cannot begin: {error:#}");
            None
        }
    };
    if let Some(task) = &mut task {
        task.until_it_ends(&mut tasks).await;
    }
    // Whoever comes from now on waits for the next meeting.
    tasks.close();
    // All of it is on record before the next meeting of the room can look for that.
    let media = match task {
        Some(task) => Some(task.finish().await),
        None => None,
    };
    registry.forget(room, &itself);
    while let Some(task) = tasks.recv().await {
        if let Task::Join(_, outlet) = task {
            // Came in the moment between the end and the new beginning; where there is no meeting, they ask and hear why.
            outlet.close(close::RESTART);
        }
    }
    if let Some(mut media) = media {
        media.finish().await;
        tracing::info!(%room, "meeting ends");
    }
}

/// Begins a meeting, or goes on with the one that the program was ended in. `None`: there is no such room any more.
async fn open(world: World, beginning: Beginning) -> anyhow::Result<Option<MeetingTask>> {
    let Beginning {
        tenant,
        room,
        origin,
        opening,
    } = beginning;
    let Some(parameters) = opening.await? else {
        return Ok(None);
    };
    let found = store::of_room(&world.db, tenant, ids::RoomId(room.0)).await;
    let found = found.context("its journal cannot be looked for")?;
    // That of a meeting that has ended may still be there.
    if let Some(found) = found.filter(|found| !found.id.parse().is_ok_and(|id| world.recorder.is_over(id))) {
        match journal::play(&world.db, &found, &parameters, world.media_key.clone()).await {
            Ok(played) if played.ended => _ = world.recorder.end(tenant, room, played.id),
            Ok(played) => {
                let go_on = || MeetingTask::go_on(world.clone(), tenant, parameters.clone(), played);
                match std::panic::catch_unwind(AssertUnwindSafe(go_on)) {
                    Ok(task) => return Ok(Some(task)),
                    Err(_) => set_aside(&world.db, &found, "after its last line: a fault of the program").await,
                }
            }
            Err(Unplayable::Database(error)) => return Err(error).context("its journal cannot be read"),
            Err(Unplayable::Unreadable(why)) => set_aside(&world.db, &found, &why).await,
        }
    }
    tracing::info!(%room, "meeting begins");
    // As the journal keeps it.
    let now = time(millis(clock::now()));
    let header = journal::header(&parameters, now, &origin);
    let pen = Pen::new(world.recorder.clone(), tenant, room, header);
    let meeting = Meeting::new(parameters.clone(), world.media_key.clone(), now);
    Ok(Some(MeetingTask::new(world, tenant, parameters, meeting, pen)))
}

/// Nobody plays this journal any more; it is kept to be looked at.
async fn set_aside(db: &Db, journal: &Found, why: &str) {
    tracing::error!(room = %journal.room, journal = journal.id, "the journal of a meeting cannot be played ({why}): the \
        meeting begins anew, and the journal is set aside in the table `journals`");
    if let Err(error) = store::set_aside(db, journal.tenant, &journal.id).await {
        tracing::error!(room = %journal.room, %error, "the journal cannot be set aside");
    }
}

struct MeetingTask {
    world: World,
    tenant: TenantId,
    /// As of now: its secrets are in no journal.
    parameters: Parameters,
    meeting: Meeting,
    pen: Pen,
    /// What is asked of the media server.
    media: Lane,
    connections: FxHashMap<ConnectionId, Outlet>,
    /// Who has been told something that is not written yet.
    unwritten: FxHashSet<ConnectionId>,
    /// When that was written last.
    wrote_at: Option<Instant>,
    wake_at: Option<Instant>,
    ended: bool,
    /// The program ends, not the meeting: its journal is played again.
    goes_on: bool,
}

impl MeetingTask {
    fn new(world: World, tenant: TenantId, parameters: Parameters, meeting: Meeting, pen: Pen) -> MeetingTask {
        MeetingTask {
            tenant,
            parameters,
            meeting,
            pen,
            media: Lane::new(world.sfu.clone()),
            connections: FxHashMap::default(),
            unwritten: FxHashSet::default(),
            wrote_at: None,
            wake_at: None,
            ended: false,
            goes_on: false,
            world,
        }
    }

    fn go_on(world: World, tenant: TenantId, parameters: Parameters, played: Played) -> MeetingTask {
        tracing::info!(room = %parameters.room, "meeting goes on where the program was ended");
        let pen = Pen::go_on(world.recorder.clone(), tenant, parameters.room, &played);
        let mut task = MeetingTask::new(world, tenant, parameters, played.meeting, pen);
        for (id, effect) in played.asked {
            task.media.push(id, effect);
        }
        task.wake_at = played.wakes_at.map(instant);
        task.handle(Input::Restarted);
        // What was changed outside while the meeting could not be told; a moderator's own choice stays.
        let change = task.meeting.untold(&task.parameters);
        if !change.is_empty() {
            task.handle(Input::ParametersChanged(change));
        }
        task
    }

    async fn until_it_ends(&mut self, tasks: &mut mpsc::Receiver<Task>) {
        let mut some = Vec::with_capacity(AT_ONCE);
        loop {
            self.write();
            if self.ended {
                return;
            }
            self.send_what_is_due().await;
            // With very much still to be done, people wait in their own sockets.
            let takes = !self.media.is_full() && self.pen.held() < MOST_HELD && !self.pen.is_full();
            let again_at = self.pen.again_at();
            let send_at = self.send_at();
            tokio::select! {
                biased;
                outcome = self.pen.written() => match outcome {
                    Outcome::Told(outputs) => self.tell(outputs),
                    Outcome::Undone(undone) => self.undo(undone).await,
                },
                (id, outcome) = self.media.done() => self.handle(Input::Done { id, outcome }),
                () = until(self.wake_at) => {
                    self.wake_at = None;
                    self.handle(Input::Woke);
                }
                () = until(again_at) => {}
                () = until(send_at) => {}
                _ = tasks.recv_many(&mut some, AT_ONCE), if takes => some.drain(..).for_each(|task| self.take(task)),
            }
        }
    }

    /// Has written what there is, and tells what needs no writing, until nothing more follows from that.
    fn write(&mut self) {
        loop {
            let told = self.pen.write();
            if told.is_empty() {
                return;
            }
            self.tell(told);
        }
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Join(joining, outlet) => {
                self.connections.insert(joining.connection, outlet);
                self.handle(Input::Join(*joining));
            }
            Task::Input(Input::Disconnected { connection, graceful }) => {
                if self.connections.remove(&connection).is_some() {
                    self.handle(Input::Disconnected { connection, graceful });
                }
            }
            Task::Input(input) => self.handle(input),
            // Nobody waits for the answer any more: no harm.
            Task::Connections(answer) => _ = answer.send(self.connections.len()),
        }
    }

    fn handle(&mut self, input: Input) {
        let told = self.decide(clock::now(), input);
        self.tell(told);
    }

    /// Lets the meeting decide; what may be told at once comes out.
    fn decide(&mut self, at: Timestamp, input: Input) -> Vec<Output> {
        match &input {
            Input::Command { connection, command }
                if self.pen.is_in_trouble() && self.meeting.would_record(*connection, command) =>
            {
                let frame = konvent_meeting::not_recorded(command, at);
                let to = Arc::new([*connection]);
                return vec![Output::Send { to, frame }];
            }
            Input::ParametersChanged(change) => {
                if let Some(password) = &change.password {
                    self.parameters.password.clone_from(password);
                }
            }
            Input::Close(ClosingReason::GracefulShutdown | ClosingReason::ImmediateShutdown) => self.goes_on = true,
            _ => {}
        }
        let outputs = self.meeting.handle(at, input.clone());
        let line = (!self.meeting.has_refused())
            .then(|| self.pen.line(at, &input))
            .flatten();
        self.pen.note(at, input, line, outputs).unwrap_or_else(|NotRecorded| {
            self.give_up("something has to be on record and cannot be");
            Vec::new()
        })
    }

    /// Performs what the meeting wants; who cannot keep up is gone, which the meeting learns afterwards.
    fn tell(&mut self, outputs: Vec<Output>) {
        let mut lost = VecDeque::new();
        self.perform(outputs, &mut lost);
        while let Some(connection) = lost.pop_front() {
            let input = Input::Disconnected {
                connection,
                graceful: false,
            };
            let told = self.decide(clock::now(), input);
            self.perform(told, &mut lost);
        }
    }

    fn perform(&mut self, outputs: Vec<Output>, lost: &mut VecDeque<ConnectionId>) {
        for output in outputs {
            match output {
                Output::Send { to, frame } => {
                    let frame = Encoded::new(&frame);
                    for connection in to.iter() {
                        let Some(outlet) = self.connections.get(connection) else {
                            continue;
                        };
                        if outlet.feed(&frame, MOST_WAITING).is_err() {
                            self.connections.remove(connection);
                            lost.push_back(*connection);
                        } else if to.len() == 1 {
                            // Somebody's own answer.
                            outlet.flush();
                        } else {
                            self.unwritten.insert(*connection);
                        }
                    }
                }
                Output::Close { connection, code } => {
                    if let Some(outlet) = self.connections.remove(&connection) {
                        outlet.close(code);
                    }
                }
                // Records are the pen's.
                Output::Do { id, effect } => self.media.push(id, effect),
                Output::WakeAt(at) => self.wake_at = Some(instant(at)),
                Output::Ended => self.ended = true,
            }
        }
    }

    /// When what many have been told is written to them.
    fn send_at(&self) -> Option<Instant> {
        if self.unwritten.is_empty() {
            return None;
        }
        let crowd = u64::try_from(self.connections.len()).unwrap_or(u64::MAX);
        let gather = Duration::from_millis((crowd / 4).clamp(*GATHER.start(), *GATHER.end()));
        Some(self.wrote_at.map_or_else(Instant::now, |wrote_at| wrote_at + gather))
    }

    async fn send_what_is_due(&mut self) {
        if self.send_at().is_none_or(|at| at > Instant::now()) {
            return;
        }
        let outlets = self.unwritten.iter().filter_map(|id| self.connections.get(id));
        // It never waits, however many there are; what a line does not take, its own task writes.
        tokio::task::unconstrained(async { outlets.for_each(Outlet::flush) }).await;
        self.unwritten.clear();
        self.wrote_at = Some(Instant::now());
    }

    /// What could not be recorded has not happened: the meeting is again what it was before, and whoever asked is refused.
    async fn undo(&mut self, undone: Undone) {
        let (world, tenant, now) = (self.world.clone(), self.tenant, self.parameters.clone());
        let played = loop {
            match before(&world, tenant, &now, &undone).await {
                Ok(played) => break played,
                // Until it answers, nobody knows what has happened.
                Err(Unplayable::Database(_)) => tokio::time::sleep(AGAIN_AFTER).await,
                Err(Unplayable::Unreadable(why)) => return self.give_up(&why),
            }
        };
        self.meeting = played.meeting;
        self.wake_at = played.wakes_at.map(instant);
        self.tell(undone.told);
        for (at, input) in undone.inputs {
            let told = self.decide(at, input);
            self.tell(told);
        }
    }

    /// Never goes on with what is not on record: everybody comes again, and the journal is played.
    fn give_up(&mut self, why: &str) {
        tracing::error!(room = %self.parameters.room, "a meeting ends, to go on from its journal: {why}");
        for (_, outlet) in self.connections.drain() {
            outlet.close(close::RESTART);
        }
        (self.ended, self.goes_on) = (true, true);
    }

    /// Writes what is left; what was asked of the media server may still be under way.
    async fn finish(self) -> Lane {
        self.pen.finish(self.goes_on).await;
        self.media
    }
}

/// The meeting without what is undone.
async fn before(world: &World, tenant: TenantId, now: &Parameters, undone: &Undone) -> Result<Played, Unplayable> {
    let unreadable = |why: &str| Unplayable::Unreadable(why.to_owned());
    let begins = undone.standing.iter().find_map(|line| match line {
        Line::Begins(header) => Some(Found::begun(tenant, ids::RoomId(now.room.0), header)),
        _ => None,
    });
    let found = store::with_id(&world.db, tenant, undone.journal).await?;
    let found = found.or(begins).ok_or_else(|| unreadable("there is no journal"))?;
    let mut played = journal::play(&world.db, &found, now, world.media_key.clone()).await?;
    for line in &undone.standing {
        let Line::Page(page) = line else { continue };
        if page.number != played.next_page {
            return Err(unreadable("it was written, though this was said to have failed"));
        }
        played.play(&page.lines).map_err(Unplayable::Unreadable)?;
        played.next_page += 1;
    }
    if played.next_page != undone.next_page {
        return Err(unreadable("it was written, though this was said to have failed"));
    }
    Ok(played)
}

fn instant(at: Timestamp) -> Instant {
    let wait = at.duration_since(clock::now());
    Instant::now() + wait.try_into().unwrap_or(Duration::ZERO)
}

/// The instant, if there is one.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
