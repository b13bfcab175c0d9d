// SPDX-License-Identifier: EUPL-1.2
//! The face of the package: start, admit, connect and the control calls of a server beside it.
//!
//! Nothing here forwards media; every call becomes one message to the thread that owns the rooms.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::admission::{self, Joining};
use crate::connection::{Connection, Requests, responses};
use crate::core::ConnectionId;
use crate::door::{Doors, Full};
use crate::shell::{self, Command};

/// Where the SFU listens, what it tells clients, and whose tokens it accepts.
#[derive(Debug, Clone)]
pub struct Config {
    /// The one UDP port for all media; port 0 picks a free one.
    pub udp: SocketAddr,
    /// Addresses offered to clients as ICE candidates. Empty: those of this machine.
    pub advertised: Vec<IpAddr>,
    /// API keys; a token is signed with the secret of the key named in its `iss`.
    pub keys: Vec<Key>,
}

/// An API key with its secret, as LiveKit's `keys` setting names them.
#[derive(Clone)]
pub struct Key {
    /// The public name, `iss` of a token.
    pub key: String,
    /// The HS256 secret.
    pub secret: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why the SFU could not start; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The UDP address could not be bound.
    #[error("UDP address {address} for media cannot be used ({reason}); choose another address or port")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// No API key was given.
    #[error("no API key is configured for media; give at least one key with its secret")]
    NoKey,
    /// The thread that forwards media could not be started.
    #[error("the media thread could not be started ({0})")]
    Thread(std::io::Error),
}

/// The two signaling paths of the LiveKit protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalPath {
    /// `/rtc`: two peer connections (one when it carries a `join_request`).
    Rtc,
    /// `/rtc/v1`: one peer connection; needs a `join_request`.
    RtcV1,
}

/// A refused admission: the HTTP status and a plain text for the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code.
    pub status: u16,
    /// Plain text, readable cross-origin by the client.
    pub body: String,
}

/// A checked token with the join request: the right to call [`Sfu::connect`] once.
pub struct Admission {
    joining: Box<Joining>,
}

impl Admission {
    /// The room the token is for.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.joining.claims.video.room
    }

    /// Who the token is for.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.joining.claims.sub
    }
}

/// What a published track shows, as LiveKit names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackSource {
    /// Anything else.
    Unknown,
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A shared screen.
    ScreenShare,
    /// The sound of a shared screen.
    ScreenShareAudio,
}

/// A published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// `TR_…`
    pub sid: String,
    /// What it shows.
    pub source: TrackSource,
    /// Muted by its publisher or by the server.
    pub muted: bool,
}

/// A participant of a room.
#[derive(Clone, PartialEq, Eq)]
pub struct Participant {
    /// `sub` of the token.
    pub identity: String,
    /// `PA_…`
    pub sid: String,
    /// What the participant publishes.
    pub tracks: Vec<Track>,
}

/// What a participant may do; replaces everything the token granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// May receive tracks.
    pub can_subscribe: bool,
    /// May publish tracks; withdrawing it unpublishes.
    pub can_publish: bool,
    /// May send data messages.
    pub can_publish_data: bool,
    /// Sources that may be published; empty means all.
    pub can_publish_sources: Vec<TrackSource>,
    /// May change its own name, metadata and attributes.
    pub can_update_metadata: bool,
    /// Invisible to the others.
    pub hidden: bool,
}

/// What was counted since the start. What is refused or lost costs quality and is worth a look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams that came in.
    pub received: u64,
    /// Came in and were dropped, because their sender sent more than a client may.
    pub refused: u64,
    /// Datagrams given to the network.
    pub sent: u64,
    /// Dropped, because the network did not take them in time.
    pub lost: u64,
    /// System calls that received something.
    pub receives: u64,
    /// Messages given to the network: each is one datagram, or a run of them to one address.
    pub sends: u64,
    /// Times that clients asked for packets once more.
    pub nacks: u64,
    /// Times that clients told how much their line carries.
    pub estimates: u64,
    /// Times that clients asked for a key frame.
    pub keyframes_wanted: u64,
    /// Times that publishers were asked for one.
    pub keyframes_asked: u64,
}

/// What is there now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Rooms with somebody in them.
    pub rooms: usize,
    /// People in all of them.
    pub participants: usize,
    /// Tracks that they publish.
    pub tracks: usize,
}

/// A running SFU. Cheap to clone.
#[derive(Clone)]
pub struct Sfu {
    shared: Arc<Shared>,
}

struct Shared {
    udp: SocketAddr,
    keys: Vec<Key>,
    commands: mpsc::UnboundedSender<Command>,
    connections: AtomicU64,
    doors: Arc<Doors>,
}

impl Sfu {
    /// Binds the UDP port and starts the thread that forwards media.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(config: Config) -> Result<Sfu, StartError> {
        if config.keys.is_empty() {
            return Err(StartError::NoKey);
        }
        let keys = config.keys.clone();
        let (commands, udp) = shell::start(config)?;
        let connections = AtomicU64::new(1);
        Ok(Sfu {
            shared: Arc::new(Shared {
                udp,
                keys,
                commands,
                connections,
                doors: Arc::default(),
            }),
        })
    }

    /// The UDP address in use, with the port that was really bound.
    #[must_use]
    pub fn udp_addr(&self) -> SocketAddr {
        self.shared.udp
    }

    /// Checks token and query of a signaling request; also the answer of the `validate` paths.
    ///
    /// `authorization` is the value of the header of that name, `now_unix` seconds since 1970.
    ///
    /// # Errors
    /// The HTTP status and body to answer with.
    pub fn admit(
        &self,
        path: SignalPath,
        query: &str,
        authorization: Option<&str>,
        now_unix: u64,
    ) -> Result<Admission, Refusal> {
        let joining = admission::admit(&self.shared.keys, path, query, authorization, now_unix)?;
        Ok(Admission {
            joining: Box::new(joining),
        })
    }

    /// Opens the signaling connection that was admitted.
    ///
    /// # Errors
    /// Status 429 and a text when this person has too many connections, or the room.
    pub fn connect(&self, admission: Admission) -> Result<Connection, Refusal> {
        let (room, identity) = (admission.room(), admission.identity());
        let pass = self.shared.doors.open(room, identity, shell::now()).map_err(full)?;
        let connection = ConnectionId(self.shared.connections.fetch_add(1, Ordering::Relaxed));
        let (outlet, responses) = responses();
        let joining = admission.joining;
        let commands = self.shared.commands.clone();
        // Fails only when the SFU has ended; then `responses` ends as well.
        let _ = commands.send(Command::Connect {
            connection,
            joining,
            outlet,
        });
        let requests = Requests::new(connection, commands, pass);
        Ok(Connection { requests, responses })
    }

    /// What was counted since the start, and what is there now.
    pub async fn traffic(&self) -> (Traffic, Load) {
        self.ask(|reply| Command::Traffic { reply }).await
    }

    /// Everybody in a room, with what they publish.
    pub async fn participants(&self, room: &str) -> Vec<Participant> {
        self.ask(|reply| Command::Participants {
            room: room.into(),
            reply,
        })
        .await
    }

    /// Mutes the tracks of one source, with the microphone everything that is heard of a person; true when something
    /// really changed. Nobody is unmuted from outside: `muted` false changes nothing.
    pub async fn mute(&self, room: &str, identity: &str, source: TrackSource, muted: bool) -> bool {
        let (room, identity) = (room.into(), identity.into());
        self.ask(|reply| Command::Mute {
            room,
            identity,
            source,
            muted,
            reply,
        })
        .await
    }

    /// Removes a participant (`PARTICIPANT_REMOVED`); true when there was one. With `revoke_ms`, tokens
    /// for this room and identity that were made (`iat`) until then, in milliseconds since 1970, admit
    /// nobody any more; without it the participant may come back with the same token.
    pub async fn remove(&self, room: &str, identity: &str, revoke_ms: Option<u64>) -> bool {
        let (room, identity) = (room.into(), identity.into());
        self.ask(|reply| Command::Remove {
            room,
            identity,
            revoke_ms,
            reply,
        })
        .await
    }

    /// Replaces a participant's permission; tracks no longer allowed are unpublished. True when there was one. Tokens
    /// for this room and identity that were made (`iat`) until `decided_ms`, in milliseconds since 1970, grant this and
    /// nothing else from now on, also to somebody who comes later.
    pub async fn update_permission(&self, room: &str, identity: &str, permission: Permission, decided_ms: u64) -> bool {
        let (room, identity) = (room.into(), identity.into());
        self.ask(|reply| Command::Permit {
            room,
            identity,
            permission,
            decided_ms,
            reply,
        })
        .await
    }

    /// Ends a room (`ROOM_DELETED`).
    pub async fn delete_room(&self, room: &str) {
        self.ask(|reply| Command::DeleteRoom {
            room: room.into(),
            reply,
        })
        .await;
    }

    /// Whether media is forwarded; false after [`Sfu::stop`] and when the media thread died.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.shared.commands.is_closed()
    }

    /// Ready when no media is forwarded any more, for whatever reason. There is no way back: start anew.
    pub async fn ended(&self) {
        self.shared.commands.closed().await;
    }

    /// Tells everybody to leave (`SERVER_SHUTDOWN`) and ends the media threads.
    pub fn stop(&self) {
        // Fails only when it has ended already.
        let _ = self.shared.commands.send(Command::Stop);
    }

    async fn ask<T: Default>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> T {
        let (reply, answer) = oneshot::channel();
        let _ = self.shared.commands.send(command(reply));
        answer.await.unwrap_or_default()
    }
}

fn full(full: Full) -> Refusal {
    let body = match full {
        Full::Person => "this participant has too many connections; close the others",
        Full::Haste => "this participant connects too often; wait a few seconds",
        Full::Room => "the room is full",
    };
    Refusal {
        status: 429,
        body: body.into(),
    }
}
