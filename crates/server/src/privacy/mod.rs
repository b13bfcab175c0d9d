// SPDX-License-Identifier: EUPL-1.2
//! What a person may ask for by the GDPR: a copy of what is kept about them, and its deletion. What is deleted because it
//! is over is in `retention`. The rule: every column of the database stands in the inventory, and what names a person
//! there is found by both.

pub mod http;
pub mod inventory;
mod store;

use crate::app::App;
use crate::assets;
use crate::audit::{Action, Actor, Entry};
use crate::events;
use crate::ids::UserId;
use crate::mail;
use crate::users::User;

/// Deletes a person with everything that is theirs: their rooms, meetings and files go, what they did in those of others
/// stays without them. Only the audit log keeps their id, for as long as `retention.audit_log_days` says.
pub async fn delete(app: &App, user: &User, actor: Actor) -> anyhow::Result<()> {
    let tenant = user.tenant;
    let mut farewells = Vec::new();
    for event in store::events(&app.db, tenant, user.id).await? {
        farewells.push(mail::farewell(app, tenant, event, false).await?);
    }
    let rooms = store::rooms(&app.db, tenant, user.id).await?;
    let entry = Entry::by(actor, Action::PersonDeleted)
        .on(user.id)
        .with("rooms", rooms.len());
    store::delete(&app.db, user, entry).await?;
    app.registry
        .expel(tenant, konvent_meeting::ParticipantId(user.id.0))
        .await;
    for room in rooms {
        events::running::deleted(app, room).await;
    }
    assets::remove_of_deleted_rooms(app, tenant).await?;
    for farewell in farewells {
        farewell.say(app, tenant).await?;
    }
    // The last, so that what came before is in it.
    store::forget_pages(&app.db).await?;
    tracing::info!(user = %user.id, "a person was deleted with everything of theirs");
    Ok(())
}

/// Whether without this person nobody could administer the installation.
pub async fn is_indispensable(app: &App, user: UserId) -> sqlx::Result<bool> {
    let operators = store::operators(&app.db).await?;
    Ok(operators.len() == 1 && operators.contains(&user))
}
