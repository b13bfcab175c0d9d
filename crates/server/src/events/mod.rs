// SPDX-License-Identifier: EUPL-1.2
//! Events: planned or spontaneous meetings, with the people invited to them. Each has one room. Not the running meeting.
//! Only its creator and invited people learn of an event.

pub mod http;
pub mod instances;
pub mod invites;
mod pages;
pub(crate) mod resources;
pub mod store;
pub mod when;
pub mod wire;

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Db;
use crate::ids::{EventId, InviteCode, RoomId, TenantId};
use crate::rooms::sip::CallIn;
use crate::rooms::streaming::wire::StreamingLink;

/// What everybody in the room may know of its event.
#[derive(Clone, Serialize, ToSchema)]
pub struct EventInfo {
    pub id: EventId,
    pub room_id: RoomId,
    pub title: String,
    pub is_adhoc: bool,
    /// Only when the event shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_details: Option<MeetingDetails>,
    pub e2e_encryption: bool,
    /// Whether everybody in the meeting may see how others find it.
    #[serde(skip)]
    pub show_meeting_details: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct MeetingDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_code_id: Option<InviteCode>,
    /// How to dial in by telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_in: Option<CallIn>,
    pub streaming_links: Vec<StreamingLink>,
}

pub async fn info(db: &Db, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<EventInfo>> {
    let event = store::of_room(db, tenant, room).await?;
    Ok(event.map(|event| EventInfo {
        id: event.id,
        room_id: event.room,
        title: event.title,
        is_adhoc: event.is_adhoc,
        meeting_details: None,
        e2e_encryption: event.e2e_encryption,
        show_meeting_details: event.show_meeting_details,
    }))
}
