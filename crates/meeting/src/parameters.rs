// SPDX-License-Identifier: EUPL-1.2
//! What a meeting is told from outside: the room it takes place in, and who comes in through a connection.
//! Whether somebody *may* come in (password, invitation, ban list of the room) is decided by the server before.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ids::{ConnectionId, DeviceId, ParticipantId, RoomId};

/// Everything a meeting needs to know about its room when it begins, but the [key](MediaKey) to its media: that is made
/// anew whenever the server starts.
#[derive(Clone, Serialize, Deserialize)]
pub struct Parameters {
    pub room: RoomId,
    /// The user who owns the room.
    pub owner: Uuid,
    /// The owner as shown to everybody (`room_info.created_by`); no e-mail address in it.
    pub created_by: Creator,
    /// The room password, shown to moderators so that they can pass it on.
    pub password: Option<String>,
    pub waiting_room: WaitingRoom,
    pub guest_access: GuestAccess,
    /// The event of the room, if there is one.
    pub event: Option<EventInfo>,
    /// A valid invite code of the room, for the link in the meeting details.
    pub invite_code: Option<Uuid>,
    /// Whether people who are no moderators see the meeting details (invite link).
    pub show_meeting_details: bool,
    /// How to dial in, for the meeting details.
    pub call_in: Option<CallIn>,
    /// Registered users who may not come in, as moderators see them.
    pub banned: BTreeMap<ParticipantId, Banned>,
    pub tariff: Tariff,
    /// Whether sharing a screen needs a moderator's permission, but for moderators.
    pub screen_share_requires_permission: bool,
    /// The start of all ids the meeting makes, and part of its media room's name; 16 random bytes that differ from meeting to
    /// meeting.
    pub seed: [u8; 16],
}

impl Parameters {
    pub(crate) fn change(&mut self, change: &ParametersChange) {
        if let Some(password) = &change.password {
            self.password.clone_from(password);
        }
        if let (Some(title), Some(event)) = (&change.title, &mut self.event) {
            event.title.clone_from(title);
        }
        if let Some(state) = change.waiting_room {
            self.waiting_room = state;
        }
        if let Some(access) = change.guest_access {
            self.guest_access = access;
        }
        if let Some(needed) = change.screen_share_requires_permission {
            self.screen_share_requires_permission = needed;
        }
    }
}

/// The owner of the room as other people see them (`room_info.created_by`).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Creator {
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub avatar_url: String,
}

/// What people type who dial in (`join_success.meeting_details.call_in`).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CallIn {
    pub tel: String,
    pub id: String,
    pub password: String,
}

/// Somebody banned, as moderators see them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banned {
    pub display_name: String,
    pub avatar_url: Option<String>,
}

/// Which words of the profile a front end knows (profile §0.3): what the newer one added makes the older one stumble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    #[default]
    June,
    July,
}

/// Who has to wait for a moderator before entering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingRoom {
    Disabled,
    ForGuests,
    ForEveryone,
}

/// How people without an account come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestAccess {
    Disabled,
    WaitingRoom,
    DirectAccess,
}

/// The event a meeting belongs to (`join_success.event_info`).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct EventInfo {
    pub id: Uuid,
    pub room_id: RoomId,
    pub title: String,
    pub is_adhoc: bool,
    pub e2e_encryption: bool,
}

/// The tariff of the room's owner (`join_success.tariff`). Quotas: `max_storage` (bytes),
/// `room_time_limit_secs`, `room_participant_limit`; an absent quota is no limit.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tariff {
    pub id: Uuid,
    pub name: String,
    pub quotas: BTreeMap<String, u64>,
    pub used_quota: BTreeMap<String, u64>,
    /// `module::feature`
    pub disabled_features: Vec<String>,
    /// Whole modules; clients see them missing from `enabled_modules` and are not told of them otherwise.
    pub disabled_modules: Vec<String>,
}

impl Tariff {
    pub(crate) fn quota(&self, name: &str) -> Option<u64> {
        self.quotas.get(name).copied()
    }
}

/// The key pair that signs media tokens, shared with the SFU.
#[derive(Clone)]
pub struct MediaKey {
    pub key: String,
    pub secret: String,
}

/// The role somebody has in the meeting. On the wire other people see guests as `user`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Guest,
    User,
    Moderator,
}

/// How somebody takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParticipationKind {
    Registered,
    Guest,
    Recorder,
    CallIn,
    RegisteredCallIn,
}

/// Somebody whom the server has let through to the meeting, with the connection they come on.
#[derive(Clone, Serialize, Deserialize)]
pub struct Joining {
    /// Fresh for every socket.
    pub connection: ConnectionId,
    pub participant: ParticipantId,
    pub device: DeviceId,
    pub display_name: String,
    pub avatar_url: Option<String>,
    pub role: Role,
    pub kind: ParticipationKind,
    /// Waits to be let in, whatever the room's rule is.
    pub lobby: bool,
    pub dialect: Dialect,
    /// The address of the media server as this person reaches it; repeated in every token for this connection.
    pub media_url: Arc<str>,
}

/// A change of the room while a meeting is going on. An absent field stays as it was.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParametersChange {
    /// `Some(None)` removes the password.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub password: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub waiting_room: Option<WaitingRoom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub guest_access: Option<GuestAccess>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub screen_share_requires_permission: Option<bool>,
}

/// A field that is there, also when it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl ParametersChange {
    /// What makes of the room as it was `before` what it is `now`.
    pub(crate) fn between(before: &Parameters, now: &Parameters) -> ParametersChange {
        fn new<T: PartialEq>(before: &T, now: T) -> Option<T> {
            (*before != now).then_some(now)
        }
        let title = |parameters: &Parameters| parameters.event.as_ref().map(|event| event.title.clone());
        let screens = |parameters: &Parameters| parameters.screen_share_requires_permission;
        ParametersChange {
            password: new(&before.password, now.password.clone()),
            title: new(&title(before), title(now)).flatten(),
            waiting_room: new(&before.waiting_room, now.waiting_room),
            guest_access: new(&before.guest_access, now.guest_access),
            screen_share_requires_permission: new(&screens(before), screens(now)),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == ParametersChange::default()
    }
}
