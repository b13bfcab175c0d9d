// SPDX-License-Identifier: EUPL-1.2
//! One task per meeting: it alone owns the meeting, hands it inputs in order and performs its outputs in order. It
//! waits for nobody: a connection whose queue is full is closed, and what the world is asked for goes on beside.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use konvent_meeting::{ConnectionId, Effect, EffectId, Input, Joining, Meeting, Output, RoomId, close};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::lane::Lane;
use super::registry::{Opening, Registry};
use crate::clock;
use crate::effects::World;

/// What reaches a meeting from outside.
pub enum Task {
    Join(Box<Joining>, mpsc::Sender<Outgoing>),
    Input(Input),
    /// How many connections are open.
    Connections(oneshot::Sender<usize>),
}

/// What a connection has to send.
pub enum Outgoing {
    Frame(Arc<str>),
    Close(u16),
}

struct MeetingTask {
    meeting: Meeting,
    room: RoomId,
    /// What is asked of the media server.
    media: Lane,
    /// What is written down. A database that cannot write holds up nothing but this.
    records: Lane,
    connections: HashMap<ConnectionId, mpsc::Sender<Outgoing>>,
    wake_at: Option<Instant>,
    ended: bool,
}

/// A meeting from its opening to its end. Whoever comes while it opens waits in its queue, and so does what is changed.
pub async fn run(
    world: World,
    registry: Arc<Registry>,
    opening: Opening,
    itself: mpsc::Sender<Task>,
    mut tasks: mpsc::Receiver<Task>,
    _open: mpsc::Sender<Infallible>,
) {
    let room = world.room;
    let parameters = match opening.await {
        Ok(Some(parameters)) => Some(parameters),
        // Its people come again and hear so.
        Ok(None) => None,
        Err(error) => {
            tracing::error!(%room, "a meeting cannot begin: {error:#}");
            None
        }
    };
    let ended = match parameters {
        Some(parameters) => {
            tracing::info!(%room, "meeting begins");
            let mut task = MeetingTask::new(
                Meeting::new(parameters, registry.media_key.clone(), clock::now()),
                world,
            );
            task.until_it_ends(&mut tasks).await;
            Some(task)
        }
        None => None,
    };
    registry.forget(room, &itself);
    tasks.close();
    while let Some(task) = tasks.recv().await {
        if let Task::Join(_, outbox) = task {
            // Came in the moment between the end and the new beginning.
            _ = outbox.try_send(Outgoing::Close(close::RESTART));
        }
    }
    if let Some(mut task) = ended {
        tokio::join!(task.media.finish(), task.records.finish());
        tracing::info!(%room, "meeting ends");
    }
}

impl MeetingTask {
    fn new(meeting: Meeting, world: World) -> MeetingTask {
        MeetingTask {
            meeting,
            room: world.room,
            media: Lane::new(world.clone()),
            records: Lane::new(world),
            connections: HashMap::new(),
            wake_at: None,
            ended: false,
        }
    }

    async fn until_it_ends(&mut self, tasks: &mut mpsc::Receiver<Task>) {
        while !self.ended {
            tokio::select! {
                // With very much still to be done, people wait in their own sockets.
                Some(task) = tasks.recv(), if !self.media.is_full() => self.take(task),
                (id, outcome) = self.media.done() => self.handle(Input::Done { id, outcome }),
                (id, outcome) = self.records.done() => self.handle(Input::Done { id, outcome }),
                () = until(self.wake_at) => {
                    self.wake_at = None;
                    self.handle(Input::Woke);
                }
            }
        }
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Join(joining, outbox) => {
                self.connections.insert(joining.connection, outbox);
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

    /// Performs what the meeting wants; who cannot keep up is gone, which the meeting learns afterwards.
    fn handle(&mut self, input: Input) {
        let mut outputs = self.meeting.handle(clock::now(), input);
        loop {
            let mut lost = Vec::new();
            for output in outputs {
                self.perform(output, &mut lost);
            }
            let Some(connection) = lost.pop() else { return };
            outputs = self.meeting.handle(
                clock::now(),
                Input::Disconnected {
                    connection,
                    graceful: false,
                },
            );
            for connection in lost {
                outputs.extend(self.meeting.handle(
                    clock::now(),
                    Input::Disconnected {
                        connection,
                        graceful: false,
                    },
                ));
            }
        }
    }

    fn ask(&mut self, id: EffectId, effect: Effect) {
        match effect {
            Effect::RecordBan { .. } | Effect::ForgetBan { .. } | Effect::Record { .. } => {
                if self.records.is_full() {
                    // It has not been possible to write for very long, which the log says since then.
                    tracing::error!(room = %self.room, "too much waits to be recorded; this is not recorded: {effect:?}");
                } else {
                    self.records.push(id, effect);
                }
            }
            Effect::MuteMedia { .. }
            | Effect::RemoveMedia { .. }
            | Effect::UpdateMediaPermission { .. }
            | Effect::DeleteMediaRoom { .. } => self.media.push(id, effect),
        }
    }

    fn perform(&mut self, output: Output, lost: &mut Vec<ConnectionId>) {
        match output {
            Output::Send { to, frame } => {
                for connection in to.iter() {
                    let Some(outbox) = self.connections.get(connection) else {
                        continue;
                    };
                    if outbox.try_send(Outgoing::Frame(frame.clone())).is_err() {
                        self.connections.remove(connection);
                        lost.push(*connection);
                    }
                }
            }
            Output::Close { connection, code } => {
                if let Some(outbox) = self.connections.remove(&connection) {
                    // A full queue: dropping its sender closes the connection as well.
                    _ = outbox.try_send(Outgoing::Close(code));
                }
            }
            Output::Do { id, effect } => self.ask(id, effect),
            Output::WakeAt(at) => {
                let wait = at.duration_since(clock::now());
                self.wake_at = Some(Instant::now() + wait.try_into().unwrap_or(Duration::ZERO));
            }
            Output::Ended => self.ended = true,
        }
    }
}

/// The instant, if there is one.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
