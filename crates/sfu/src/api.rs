// SPDX-License-Identifier: EUPL-1.2
//! The face of the package: start, admit, connect and the control calls of a server beside it.
//!
//! Nothing here forwards media; every call becomes one message to the thread that owns the rooms.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use tokio::sync::mpsc;

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
pub struct Admission {}

/// One WebSocket frame in either direction.
#[derive(Debug, Clone)]
pub enum Frame {
    /// A protobuf message.
    Binary(Bytes),
    /// The same message as JSON.
    Text(String),
    /// The last frame: close the socket with this code.
    Close {
        /// WebSocket close code (RFC 6455 section 7.4).
        code: u16,
    },
}

/// The signaling connection of one client, as its WebSocket sees it.
pub struct Connection {
    /// Frames from the client. Dropping it says that the socket is closed.
    pub requests: Requests,
    /// Frames for the client.
    pub responses: mpsc::Receiver<Frame>,
}

/// The way of a client's frames into the SFU; bounded, so a flood waits in its own socket.
pub struct Requests {}

impl Requests {
    /// Hands a frame on and waits while the queue is full.
    ///
    /// # Errors
    /// Gives the frame back when the SFU has closed this connection.
    pub async fn send(&self, frame: Frame) -> Result<(), Frame> {
        Err(frame)
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

/// A running SFU. Cheap to clone.
#[derive(Clone)]
pub struct Sfu {
    udp: SocketAddr,
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
        Ok(Sfu { udp: config.udp })
    }

    /// The UDP address in use, with the port that was really bound.
    #[must_use]
    pub fn udp_addr(&self) -> SocketAddr {
        self.udp
    }

    /// Checks token and query of a signaling request; also the answer of the `validate` paths.
    ///
    /// `authorization` is the value of the header of that name, `now_unix` seconds since 1970.
    ///
    /// # Errors
    /// The HTTP status and body to answer with.
    pub fn admit(
        &self,
        _path: SignalPath,
        _query: &str,
        _authorization: Option<&str>,
        _now_unix: u64,
    ) -> Result<Admission, Refusal> {
        Err(Refusal {
            status: 401,
            body: "no permissions to access the room".into(),
        })
    }

    /// Opens the signaling connection that was admitted.
    #[must_use]
    pub fn connect(&self, _admission: Admission) -> Connection {
        Connection {
            requests: Requests {},
            responses: mpsc::channel(1).1,
        }
    }

    /// Everybody in a room, with what they publish.
    pub async fn participants(&self, _room: &str) -> Vec<Participant> {
        Vec::new()
    }

    /// Mutes or unmutes the tracks of one source; true when something really changed.
    pub async fn mute(&self, _room: &str, _identity: &str, _source: TrackSource, _muted: bool) -> bool {
        false
    }

    /// Removes a participant (`PARTICIPANT_REMOVED`); true when there was one.
    pub async fn remove(&self, _room: &str, _identity: &str) -> bool {
        false
    }

    /// Replaces a participant's permission; tracks no longer allowed are unpublished.
    pub async fn update_permission(&self, _room: &str, _identity: &str, _permission: Permission) -> bool {
        false
    }

    /// Ends a room (`ROOM_DELETED`).
    pub async fn delete_room(&self, _room: &str) {}

    /// Tells everybody to leave (`SERVER_SHUTDOWN`) and ends the media threads.
    pub fn stop(&self) {}
}
