// SPDX-License-Identifier: EUPL-1.2
//! Deletes what has served its purpose, each class of data after the time that the settings name. Not for what somebody
//! asks to delete. It runs from the job queue every hour, and running it again is harmless.

pub mod store;

use jiff::SignedDuration;

use crate::assets::{self, Assets};
use crate::audit::{self, Action, Actor, Entry};
use crate::change::Change;
use crate::config::Config;
use crate::db::{Db, millis};
use crate::ids::{RoomId, TenantId};
use crate::{clock, identity};

/// For how long an unreadable journal of a meeting is kept: long enough to be looked at.
const JOURNAL_SET_ASIDE_HOURS: u32 = 14 * 24;

/// The moment before which data is over. `None`: it is kept for good.
fn before(hours: u32) -> Option<i64> {
    (hours > 0).then(|| millis(clock::now() - SignedDuration::from_hours(hours.into())))
}

/// Deletes what is over in one tenant, and says in the audit log how much.
/// A meeting that is running is not over yet, whatever its row says.
pub async fn run(
    db: &Db,
    config: &Config,
    files_of: &Assets,
    is_running: impl Fn(RoomId) -> bool,
    tenant: TenantId,
) -> anyhow::Result<()> {
    let kept = &config.retention;
    let (mut rooms, mut links) = (0, 0);
    // Looked for first: who writes asks for no second connection.
    let adhoc = match before(kept.adhoc_events_hours) {
        Some(before) => Some((before, store::adhoc_rooms(db, tenant, before).await?)),
        None => None,
    };
    let past = match before(kept.past_events_days * 24) {
        Some(before) => Some((before, store::past_rooms(db, tenant, before).await?)),
        None => None,
    };
    let mut change = Change::begin(db, tenant).await?;
    if let Some((before, found)) = adhoc {
        for room in found {
            if !is_running(room) {
                rooms += store::delete_room(&mut change, room, before).await?;
            }
        }
    }
    if let Some((before, found)) = past {
        for room in found {
            if !is_running(room) {
                rooms += store::delete_past_room(&mut change, room, before).await?;
            }
        }
    }
    if let Some(before) = before(kept.expired_guest_links_days * 24) {
        links = store::delete_guest_links(&mut change, before).await?;
    }
    // Their contents go afterwards, and each is recorded besides.
    let files = assets::store::count_of_deleted_rooms(&mut change).await?;
    if rooms + links + files > 0 {
        let entry = Entry::by(Actor::System, Action::RetentionRan)
            .with("rooms", rooms)
            .with("guest_links", links)
            .with("files", files);
        change.record(entry);
    }
    change.commit().await?;
    files_of.remove_of_deleted_rooms(tenant).await?;
    files_of.tidy(tenant).await?;
    if let Some(before) = before(kept.ended_logins_days * 24) {
        identity::provider::store::tidy(db, before).await?;
        identity::logout::store::tidy(db, before / 1000).await?;
    }
    let aside = before(JOURNAL_SET_ASIDE_HOURS).unwrap_or(i64::MIN);
    store::delete_journals(db, aside).await?;
    if let Some(before) = before(kept.audit_log_days * 24) {
        audit::shorten(db, tenant, before).await?;
    }
    Ok(())
}
