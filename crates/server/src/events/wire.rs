// SPDX-License-Identifier: EUPL-1.2
//! Events as JSON (profile §2 and §9), and what is refused. No SQL. A series of events (`recurrence_pattern`) is refused by name: this
//! server does not know series yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::extract::{comma_list, present};
use crate::http::failure::Invalid;
use crate::ids::{EventId, RoomId};
use crate::rooms::GuestAccess;
use crate::users::http::PublicUserProfile;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DateTimeTz {
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
    pub recurrence_pattern: Vec<String>,
    pub r#type: EventType,
    pub invite_status: InviteStatus,
    pub is_favorite: bool,
    pub can_edit: bool,
    pub streaming_targets: Vec<StreamingTarget>,
    pub show_meeting_details: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    Single,
}

/// There are none yet.
#[derive(Serialize, Deserialize, ToSchema)]
pub enum StreamingTarget {}

#[derive(Serialize, ToSchema)]
pub struct EventRoom {
    pub id: RoomId,
    /// Only for those who may edit the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    pub waiting_room: bool,
    pub guest_access: GuestAccess,
    pub e2e_encryption: bool,
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

#[derive(Serialize, ToSchema)]
pub struct EventInvitee {
    pub profile: InviteeProfile,
    pub status: InviteStatus,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InviteeProfile {
    Registered {
        #[serde(flatten)]
        profile: PublicUserProfile,
        role: String,
    },
    Email {
        email: String,
        avatar_url: String,
        role: String,
    },
}

#[derive(Deserialize, ToSchema)]
pub struct PostEvent {
    pub title: String,
    #[serde(default)]
    pub description: String,
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
    #[serde(default)]
    pub recurrence_pattern: Vec<String>,
    #[serde(default)]
    pub is_adhoc: bool,
    #[serde(default)]
    pub show_meeting_details: bool,
}

/// Absent fields stay. Times are given together with `is_time_independent`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchEvent {
    pub title: Option<String>,
    pub description: Option<String>,
    /// null takes the password away.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub password: Option<Option<String>>,
    pub waiting_room: Option<bool>,
    pub guest_access: Option<GuestAccess>,
    pub e2e_encryption: Option<bool>,
    pub is_adhoc: Option<bool>,
    pub is_time_independent: Option<bool>,
    pub is_all_day: Option<bool>,
    pub starts_at: Option<DateTimeTz>,
    pub ends_at: Option<DateTimeTz>,
    pub recurrence_pattern: Option<Vec<String>>,
    pub show_meeting_details: Option<bool>,
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
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventQuery {
    /// How many invited people to list; 0 by default.
    pub invitees_max: i64,
}

/// The time of an event: none, or from then to then.
pub struct When {
    pub is_all_day: Option<bool>,
    pub starts_at: Option<DateTimeTz>,
    pub ends_at: Option<DateTimeTz>,
}

/// Checks the date part.
pub fn when(independent: bool, when: When, recurrence: &[String], errors: &mut Vec<Invalid>) -> When {
    if !recurrence.is_empty() {
        let text = "This server does not know series of events yet; plan single events.";
        errors.push(Invalid::new("recurrence_pattern", "unsupported", text));
    }
    let fields = [
        ("is_all_day", when.is_all_day.is_some()),
        ("starts_at", when.starts_at.is_some()),
        ("ends_at", when.ends_at.is_some()),
    ];
    for (field, given) in fields {
        if independent && given {
            errors.push(Invalid::new(
                field,
                "ignored_value",
                "A time-independent event has no time.",
            ));
        } else if !independent && !given {
            errors.push(Invalid::new(
                field,
                "value_required",
                "An event with a time needs this.",
            ));
        }
    }
    for (field, at) in [("starts_at", &when.starts_at), ("ends_at", &when.ends_at)] {
        let unknown = at
            .as_ref()
            .is_some_and(|at| jiff::tz::TimeZone::get(&at.timezone).is_err());
        if unknown {
            errors.push(Invalid::new(field, "invalid_timezone", "Not the name of a time zone."));
        }
    }
    if let (Some(start), Some(end)) = (&when.starts_at, &when.ends_at)
        && end.datetime < start.datetime
    {
        errors.push(Invalid::new("ends_at", "invalid_value", "The end is before the start."));
    }
    when
}

pub fn check_texts(title: Option<&str>, description: Option<&str>, password: Option<&str>, errors: &mut Vec<Invalid>) {
    let mut check = |field: &str, text: Option<&str>, least: usize, most: usize| {
        let length = text.map(|text| {
            text.trim()
                .chars()
                .count()
                .max(usize::from(field != "title") * text.chars().count())
        });
        if length.is_some_and(|length| !(least..=most).contains(&length)) {
            errors.push(Invalid::new(
                field,
                "invalid_length",
                format!("{least} to {most} characters."),
            ));
        }
    };
    check("title", title, 1, 255);
    check("description", description, 0, 4096);
    check("password", password, 1, 255);
}
