// SPDX-License-Identifier: EUPL-1.2
//! Events: planned or spontaneous meetings, with the people invited to them. Each has one room. Not the running meeting.
//! Only its creator and invited people learn of an event.

pub mod http;
pub mod invites;
pub mod store;
pub mod wire;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::ids::{EventId, RoomId, TenantId};

/// What everybody in the room may know of its event.
#[derive(Clone, Serialize, ToSchema)]
pub struct EventInfo {
    pub id: EventId,
    pub room_id: RoomId,
    pub title: String,
    pub is_adhoc: bool,
    pub e2e_encryption: bool,
}

pub async fn info(app: &App, tenant: TenantId, room: RoomId) -> sqlx::Result<Option<EventInfo>> {
    let event = store::of_room(&app.db, tenant, room).await?;
    Ok(event.map(|event| EventInfo {
        id: event.id,
        room_id: event.room,
        title: event.title,
        is_adhoc: event.is_adhoc,
        e2e_encryption: event.e2e_encryption,
    }))
}
