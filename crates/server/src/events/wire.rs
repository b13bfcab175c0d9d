// SPDX-License-Identifier: EUPL-1.2
//! Events as JSON (profile §2 and §9), and which texts are refused. No SQL. Times and rules are checked in `when`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::events::invites::store::InvitedGuest;
use crate::http::extract::{comma_list, present};
use crate::http::failure::Invalid;
use crate::http::origin::Origin;
use crate::ids::{EventId, RoomId};
use crate::rooms::GuestAccess;
use crate::rooms::sip::CallIn;
use crate::rooms::streaming::wire::{StreamingTarget, StreamingTargetResource};
use crate::users::avatar;
use crate::users::profile::{PublicUserProfile, UnregisteredPerson};

/// Limits of the profile, in seconds.
const CHECKPOINT_AFTER: std::ops::RangeInclusive<u32> = 60..=36_000;
const CHECKPOINT_WITHIN: std::ops::RangeInclusive<u32> = 0..=36_000;

/// A moment, and the time zone in which it was entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DateTimeTz {
    /// In whole seconds.
    #[serde(deserialize_with = "whole_seconds")]
    #[schema(value_type = String, format = DateTime)]
    pub datetime: Timestamp,
    /// IANA name, e.g. Europe/Berlin.
    pub timezone: String,
}

#[derive(Serialize, ToSchema)]
pub struct EventResource {
    pub id: EventId,
    pub created_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub updated_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub title: String,
    pub description: String,
    pub room: EventRoom,
    pub invitees_truncated: bool,
    pub invitees: Vec<EventInvitee>,
    pub is_adhoc: bool,
    pub is_time_independent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_all_day: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTimeTz>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTimeTz>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub recurrence_pattern: Vec<String>,
    pub r#type: EventType,
    pub invite_status: InviteStatus,
    pub is_favorite: bool,
    pub can_edit: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub streaming_targets: Vec<StreamingTargetResource>,
    pub show_meeting_details: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_participation_report: Option<TrainingReport>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    Single,
    Recurring,
    Instance,
    Exception,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    Ok,
    Cancelled,
}

/// One date of a series.
#[derive(Serialize, ToSchema)]
pub struct EventInstance {
    /// Event id, `_`, instance id.
    pub id: String,
    pub recurring_event_id: EventId,
    /// When this date begins by the rules of the series, UTC.
    #[schema(example = "20260105T090000Z")]
    pub instance_id: String,
    pub created_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub updated_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub title: String,
    pub description: String,
    pub room: EventRoom,
    pub invitees_truncated: bool,
    pub invitees: Vec<EventInvitee>,
    pub is_all_day: bool,
    pub starts_at: DateTimeTz,
    pub ends_at: DateTimeTz,
    pub r#type: EventType,
    pub status: EventStatus,
    pub invite_status: InviteStatus,
    pub is_favorite: bool,
    pub can_edit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_participation_report: Option<TrainingReport>,
}

/// What is different about one date of a series; absent fields are as in the series.
#[derive(Serialize, ToSchema)]
pub struct EventException {
    /// Event id, `_`, instance id.
    pub id: String,
    pub recurring_event_id: EventId,
    #[schema(example = "20260105T090000Z")]
    pub instance_id: String,
    pub created_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub updated_by: PublicUserProfile,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_all_day: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTimeTz>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTimeTz>,
    pub original_starts_at: DateTimeTz,
    pub r#type: EventType,
    pub status: EventStatus,
    pub can_edit: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum EventOrInstance {
    Event(Box<EventResource>),
    Instance(Box<EventInstance>),
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum EventOrException {
    Event(Box<EventResource>),
    Exception(Box<EventException>),
}

/// When people are asked to confirm their presence in a training.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TrainingReport {
    pub initial_checkpoint_delay: TimeRange,
    pub checkpoint_interval: TimeRange,
}

/// In seconds: a moment at random, `after` at the earliest, `within` the time that follows.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TimeRange {
    #[schema(minimum = 60, maximum = 36000)]
    pub after: u32,
    #[schema(minimum = 0, maximum = 36000)]
    pub within: u32,
}

impl TrainingReport {
    pub fn check(&self, errors: &mut Vec<Invalid>) {
        let ranges = [&self.initial_checkpoint_delay, &self.checkpoint_interval];
        let fits =
            |range: &&TimeRange| CHECKPOINT_AFTER.contains(&range.after) && CHECKPOINT_WITHIN.contains(&range.within);
        if !ranges.iter().all(fits) {
            let text = "after: 60 to 36000 seconds; within: 0 to 36000 seconds.";
            errors.push(Invalid::new("training_participation_report", "invalid_value", text));
        }
    }
}

#[derive(Clone, Serialize, ToSchema)]
pub struct EventRoom {
    pub id: RoomId,
    /// Only for those who may edit the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    pub waiting_room: bool,
    pub guest_access: GuestAccess,
    pub e2e_encryption: bool,
    /// How to dial in by telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_in: Option<CallIn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InviteStatus {
    Accepted,
    Declined,
    Tentative,
    Pending,
}

impl InviteStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            InviteStatus::Accepted => "accepted",
            InviteStatus::Declined => "declined",
            InviteStatus::Tentative => "tentative",
            InviteStatus::Pending => "pending",
        }
    }

    pub fn stored(word: &str) -> InviteStatus {
        match word {
            "accepted" => InviteStatus::Accepted,
            "declined" => InviteStatus::Declined,
            "tentative" => InviteStatus::Tentative,
            _ => InviteStatus::Pending,
        }
    }
}

#[derive(Clone, Serialize, ToSchema)]
pub struct EventInvitee {
    pub profile: InviteeProfile,
    pub status: InviteStatus,
}

#[derive(Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InviteeProfile {
    Registered {
        #[serde(flatten)]
        profile: PublicUserProfile,
        role: String,
    },
    /// Known to the directory of the OpenID provider when they were invited.
    Unregistered {
        #[serde(flatten)]
        profile: UnregisteredPerson,
        role: String,
    },
    Email {
        email: String,
        avatar_url: String,
        role: String,
    },
}

impl InviteeProfile {
    /// Of somebody who is invited by e-mail address.
    pub fn of_guest(guest: InvitedGuest, origin: &Origin) -> InviteeProfile {
        let InvitedGuest {
            email,
            role,
            firstname,
            lastname,
            ..
        } = guest;
        if firstname.is_empty() && lastname.is_empty() {
            let avatar_url = avatar::address(origin, None, &email);
            return InviteeProfile::Email {
                email,
                avatar_url,
                role,
            };
        }
        InviteeProfile::Unregistered {
            profile: UnregisteredPerson::new(email, firstname, lastname, origin),
            role,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct PostEvent {
    #[schema(min_length = 1, max_length = 255)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 4096)]
    pub description: String,
    #[schema(min_length = 1, max_length = 255)]
    pub password: Option<String>,
    #[serde(default)]
    pub waiting_room: bool,
    pub guest_access: Option<GuestAccess>,
    #[serde(default)]
    pub e2e_encryption: bool,
    pub is_time_independent: bool,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<DateTimeTz>,
    pub ends_at: Option<DateTimeTz>,
    /// At most four rules such as `RRULE:FREQ=WEEKLY;BYDAY=MO`, each of at most 1024 bytes, with a COUNT of at most 1000
    /// and no end after 2199. They are kept in capitals. Where none has the start, the series begins with the first date
    /// that one has, which is then the start (RFC 5545 §3.8.5.3).
    #[serde(default)]
    #[schema(max_items = 4)]
    pub recurrence_pattern: Vec<String>,
    #[serde(default)]
    pub is_adhoc: bool,
    #[serde(default)]
    pub show_meeting_details: bool,
    #[serde(default)]
    #[schema(max_items = 16)]
    pub streaming_targets: Vec<StreamingTarget>,
    /// Refused when true: there are no shared folders.
    #[serde(default)]
    pub has_shared_folder: bool,
    pub training_participation_report: Option<TrainingReport>,
}

/// Absent fields stay. `is_time_independent: false` sets the whole date: times are given with it, and without
/// `recurrence_pattern` the event is no series (any more).
#[derive(Deserialize, ToSchema)]
pub struct PatchEvent {
    #[schema(min_length = 1, max_length = 255)]
    pub title: Option<String>,
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    /// null takes the password away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub password: Option<Option<String>>,
    pub waiting_room: Option<bool>,
    pub guest_access: Option<GuestAccess>,
    pub e2e_encryption: Option<bool>,
    pub is_adhoc: Option<bool>,
    pub is_time_independent: Option<bool>,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<DateTimeTz>,
    pub ends_at: Option<DateTimeTz>,
    #[schema(max_items = 4)]
    pub recurrence_pattern: Option<Vec<String>>,
    pub show_meeting_details: Option<bool>,
    /// Replaces those there are.
    #[schema(max_items = 16)]
    pub streaming_targets: Option<Vec<StreamingTarget>>,
    /// Refused when true: there are no shared folders.
    pub has_shared_folder: Option<bool>,
    /// null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TrainingReport>)]
    pub training_participation_report: Option<Option<TrainingReport>>,
}

/// Absent fields stay. Names in camelCase are understood, too.
#[derive(Deserialize, ToSchema)]
pub struct PatchInstance {
    #[schema(min_length = 1, max_length = 255)]
    pub title: Option<String>,
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    #[serde(alias = "isAllDay")]
    pub is_all_day: Option<bool>,
    #[serde(alias = "startsAt")]
    pub starts_at: Option<DateTimeTz>,
    #[serde(alias = "endsAt")]
    pub ends_at: Option<DateTimeTz>,
    pub status: Option<EventStatus>,
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventsQuery {
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_min: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_max: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub created_before: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub created_after: Option<Timestamp>,
    /// How many invited people each event lists; 0 by default.
    pub invitees_max: i64,
    pub favorites: bool,
    /// Separated by commas.
    #[serde(deserialize_with = "comma_list")]
    #[param(value_type = Option<String>)]
    pub invite_status: Vec<InviteStatus>,
    /// 30 by default, 100 at most.
    pub per_page: Option<i64>,
    /// From the `Link` header of the page before.
    pub after: Option<String>,
    pub adhoc: Option<bool>,
    pub time_independent: Option<bool>,
    /// For `events/instances`: how many dates of each series to list at most, from `time_min` on, 100 at most. 0, the
    /// default, lists a series as one event.
    pub instances_max: i64,
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventQuery {
    /// How many invited people to list; 0 by default.
    pub invitees_max: i64,
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InstancesQuery {
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_min: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    pub time_max: Option<Timestamp>,
    /// How many invited people each instance lists; 0 by default.
    pub invitees_max: i64,
    /// 30 by default, 100 at most.
    pub per_page: Option<i64>,
    /// From the `Link` header of the page before.
    pub after: Option<String>,
}

/// Accepted for clients that ask for mails to be left out, or for a deletion whatever other services say.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ChangeQuery {
    pub suppress_email_notification: bool,
    pub force_delete_reference_if_external_services_fail: bool,
}

fn whole_seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let exact = Timestamp::deserialize(from)?;
    Timestamp::from_second(exact.as_second()).map_err(serde::de::Error::custom)
}

pub fn check_texts(title: Option<&str>, description: Option<&str>, password: Option<&str>, errors: &mut Vec<Invalid>) {
    errors.extend(title.and_then(|title| Invalid::name("title", title)));
    for (field, text, least, most) in [("description", description, 0, 4096), ("password", password, 1, 255)] {
        let Some(text) = text else { continue };
        if !(least..=most).contains(&text.chars().count()) {
            let text = format!("{least} to {most} characters.");
            errors.push(Invalid::new(field, "invalid_length", text));
        }
        // They would come back in mails, calendar files and pages.
        let odd = |c: char| c.is_control() && (field != "description" || !"\n\r\t".contains(c));
        if text.contains(odd) {
            let text = "Control characters cannot be part of it.";
            errors.push(Invalid::new(field, "invalid_value", text));
        }
    }
}
