// SPDX-License-Identifier: EUPL-1.2
//! Deletes what has served its purpose, each class of data after the time that the settings name. Not for what somebody
//! asks to delete. It runs from the job queue every hour, and running it again is harmless.

pub mod store;

use jiff::SignedDuration;

use crate::app::App;
use crate::audit::{self, Action, Actor, Entry};
use crate::db::millis;
use crate::ids::TenantId;
use crate::{assets, clock, identity};

/// The moment before which data is over. `None`: it is kept for good.
fn before(hours: u32) -> Option<i64> {
    (hours > 0).then(|| millis(clock::now() - SignedDuration::from_hours(hours.into())))
}

/// Deletes what is over in one tenant, and says in the audit log how much.
pub async fn run(app: &App, tenant: TenantId) -> anyhow::Result<()> {
    let kept = &app.config.retention;
    let (mut rooms, mut links) = (0, 0);
    if let Some(before) = before(kept.adhoc_events_hours) {
        for room in store::adhoc_rooms(&app.db, tenant, before).await? {
            // A long meeting is not over yet, whatever its row says.
            if !app.registry.is_running(konvent_meeting::RoomId(room.0)) {
                rooms += store::delete_room(&app.db, tenant, room, before).await?;
            }
        }
    }
    if let Some(before) = before(kept.past_events_days * 24) {
        for room in store::past_rooms(&app.db, tenant, before).await? {
            if !app.registry.is_running(konvent_meeting::RoomId(room.0)) {
                rooms += store::delete_past_room(&app.db, tenant, room, before).await?;
            }
        }
    }
    if let Some(before) = before(kept.expired_guest_links_days * 24) {
        links = store::delete_guest_links(&app.db, tenant, before).await?;
    }
    if let Some(before) = before(kept.ended_logins_days * 24) {
        identity::provider::store::tidy(&app.db, before).await?;
        identity::logout::store::tidy(&app.db, before / 1000).await?;
    }
    let files = assets::remove_of_deleted_rooms(app, tenant).await?;
    assets::tidy(app, tenant).await?;
    if rooms + links + files > 0 {
        let entry = Entry::by(Actor::System, Action::RetentionRan)
            .with("rooms", rooms)
            .with("guest_links", links)
            .with("files", files);
        audit::record(&app.db, tenant, entry).await?;
    }
    if let Some(before) = before(kept.audit_log_days * 24) {
        audit::shorten(&app.db, tenant, before).await?;
    }
    Ok(())
}
