// SPDX-License-Identifier: EUPL-1.2
//! What goes into a meeting and what comes out of it. Inputs are data: written down with their time and read back, they
//! make the same meeting. The one rule: outputs are one ordered list, and whoever performs them keeps the order.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::Command;
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::{Joining, ParametersChange, Role};

/// A frame ready for the socket: encoded once, shared by all who get it.
pub type Frame = Arc<String>;

/// Something that happens to a meeting.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Somebody connected. Answered with exactly one of `join_success`, `in_waiting_room`, `join_blocked`.
    Join(Joining),
    Command {
        connection: ConnectionId,
        command: ClientCommand,
    },
    /// A socket is gone; `graceful` when the client closed it itself with code 1000 or 1001.
    Disconnected {
        connection: ConnectionId,
        graceful: bool,
    },
    /// All sockets are gone at once, because the server that held them is another one now.
    Restarted,
    /// The instant of an [`Output::WakeAt`] has come. Waking too early or too often does no harm.
    Woke,
    /// An effect is done.
    Done {
        id: EffectId,
        outcome: Outcome,
    },
    ParametersChanged(ParametersChange),
    /// The meeting has to end.
    Close(ClosingReason),
    /// An administrator ends the meeting: everybody is told what a moderator's end for all tells them.
    Debrief,
    /// Somebody may not be here any longer: their account was disabled or deleted.
    Expel(ParticipantId),
    /// What somebody is by right has changed; `None`: they are not invited any more. It outdoes a role given here.
    RightChanged {
        participant: ParticipantId,
        right: Option<Role>,
    },
}

impl Input {
    /// Whether it has to be kept for a replay; what has not changes nothing.
    #[must_use]
    pub fn is_journalled(&self) -> bool {
        match self {
            Input::Command { command, .. } => command.command.journalled(),
            _ => true,
        }
    }
}

/// A command parsed by [`parse`](crate::parse). Written down it is a frame again, of what was understood alone: the wire
/// stays the same from version to version, what is made of it here does not. Read from JSON text only.
#[derive(Clone)]
pub struct ClientCommand {
    pub(crate) transaction: Option<u64>,
    pub(crate) command: Command,
}

/// Something the meeting wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Send {
        to: Arc<[ConnectionId]>,
        frame: Frame,
    },
    /// Close the socket after everything sent before; no `Disconnected` is expected for it.
    Close {
        connection: ConnectionId,
        code: u16,
    },
    Do {
        id: EffectId,
        effect: Effect,
    },
    /// Send [`Input::Woke`] at this instant; replaces the instant asked for before.
    WakeAt(Timestamp),
    /// Nobody has been connected for a minute, or the meeting was closed: it may be dropped.
    Ended,
}

/// What a meeting may ask of the world. The media server's part is answered by [`Input::Done`]; of a record nothing is
/// told before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Mute (`muted`) the published tracks of this source of these people. Answer: [`Outcome::Muted`].
    MuteMedia {
        room: String,
        identities: Vec<String>,
        source: MediaSource,
    },
    /// Throw these identities out of the media room; tokens made until then let them in no more.
    RemoveMedia {
        room: String,
        identities: Vec<String>,
        revoke: Timestamp,
    },
    /// Replace what this identity may publish; tracks no longer allowed are unpublished.
    UpdateMediaPermission {
        room: String,
        identity: String,
        permission: MediaPermission,
    },
    /// This registered user may not enter the room again, also in later meetings.
    RecordBan { participant: ParticipantId },
    /// This registered user may enter the room again.
    ForgetBan { participant: ParticipantId },
    /// The meeting is over: end the media room.
    DeleteMediaRoom { room: String },
    /// A moderator did this; it belongs in the audit log.
    Record { by: ParticipantId, deed: Deed },
}

impl Effect {
    /// Whether it is written down, and not done by the media server.
    #[must_use]
    pub fn is_record(&self) -> bool {
        matches!(
            self,
            Effect::RecordBan { .. } | Effect::ForgetBan { .. } | Effect::Record { .. }
        )
    }
}

/// What a moderator did: ids and fixed words, never what a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub act: Act,
    /// To whom; nobody named: to the meeting as a whole. A deed to nobody is none.
    pub targets: Vec<ParticipantId>,
    /// What it was set to.
    pub value: Option<Setting>,
}

impl Deed {
    pub(crate) fn new(act: Act) -> Deed {
        Deed {
            act,
            targets: Vec::new(),
            value: None,
        }
    }

    pub(crate) fn on(mut self, targets: impl IntoIterator<Item = ParticipantId>) -> Deed {
        self.targets.extend(targets);
        self
    }

    pub(crate) fn to(mut self, value: Setting) -> Deed {
        self.value = Some(value);
        self
    }
}

/// The kinds of what moderators do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Kicked,
    Banned,
    Unbanned,
    RoleGiven,
    Debriefed,
    WaitingRoomSet,
    SentToWaitingRoom,
    LetIn,
    Renamed,
    RenamingRestricted,
    Muted,
    MicrophonesRestricted,
    ScreenSharingSet,
    ChatSwitched,
    ChatCleared,
    HandsSwitched,
    HandsLowered,
    ReactionsRestricted,
    BreakoutStarted,
    BreakoutStopped,
    MovedToRoom,
}

macro_rules! settings {
    ($($name:ident = $word:literal),* $(,)?) => {
        /// What moderators set something to. The word is for good: logs keep it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Setting { $($name),* }

        impl Setting {
            pub const ALL: &[Setting] = &[$(Setting::$name),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Setting::$name => $word),* }
            }
        }
    };
}

settings! {
    Enabled = "enabled",
    Disabled = "disabled",
    ForGuests = "for_guests",
    ForEveryone = "for_everyone",
    Granted = "granted",
    Revoked = "revoked",
    Guest = "guest",
    User = "user",
    Moderator = "moderator",
    Guests = "guests",
    UsersAndGuests = "users_and_guests",
    All = "all",
}

/// The answer to an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The identities (of those asked for) whose track was audible before.
    Muted(Vec<String>),
    Done,
    /// The world could not do it.
    Failed,
}

/// What somebody may publish (LiveKit's `canPublishSources`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPermission {
    pub can_publish: bool,
    pub can_subscribe: bool,
    pub can_publish_data: bool,
    pub can_publish_sources: Vec<MediaSource>,
    pub hidden: bool,
}

/// A source of media, as LiveKit names it in grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    Camera,
    Microphone,
    ScreenShare,
    ScreenShareAudio,
}

impl MediaSource {
    pub(crate) const ALL: [MediaSource; 4] = [
        MediaSource::Camera,
        MediaSource::Microphone,
        MediaSource::ScreenShare,
        MediaSource::ScreenShareAudio,
    ];
}

/// Why a meeting ends (`core.closing`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    GracefulShutdown,
    ImmediateShutdown,
    FatalError,
    TimeLimitReached,
    IdleTimeoutReached,
    RoomDeleted,
}

/// WebSocket close codes (RFC 6455 §7.4.1 and the IANA registry), as the OpenTalk front end reads them.
pub mod close {
    /// Final: kicked, banned, meeting over. The client does not come back by itself.
    pub const NORMAL: u16 = 1000;
    /// The server goes away; the client reconnects.
    pub const GOING_AWAY: u16 = 1001;
    /// A frame above the limit.
    pub const TOO_BIG: u16 = 1009;
    /// The server restarts; the client reconnects.
    pub const RESTART: u16 = 1012;
    /// Try again later: the meeting is full.
    pub const TRY_AGAIN: u16 = 1013;
}
