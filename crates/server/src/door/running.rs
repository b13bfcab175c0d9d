// SPDX-License-Identifier: EUPL-1.2
//! Tells a running meeting what was changed about its room, or about who may be there, from outside. Not the change itself:
//! it is stored before. The one rule: only what is new is told, so that a moderator's own choice in the meeting stays.

use konvent_meeting::{Input, ParametersChange, ParticipantId};

use crate::app::App;
use crate::events::store::Event;
use crate::http::failure::Answer;
use crate::ids::{RoomId, TenantId, UserId};
use crate::rooms::{self, GuestAccess, Role, Room};

/// What a meeting knows of its room.
#[derive(PartialEq, Eq)]
pub struct Rules {
    title: Option<String>,
    password: Option<String>,
    waiting_room: bool,
    guest_access: GuestAccess,
    screen_share_requires_permission: Option<bool>,
}

impl From<&Event> for Rules {
    fn from(event: &Event) -> Rules {
        Rules {
            title: Some(event.title.clone()),
            password: event.password.clone(),
            waiting_room: event.waiting_room,
            guest_access: GuestAccess::stored(&event.guest_access),
            screen_share_requires_permission: None,
        }
    }
}

impl From<&Room> for Rules {
    fn from(room: &Room) -> Rules {
        Rules {
            title: None,
            password: room.password.clone(),
            waiting_room: room.waiting_room,
            guest_access: room.guest_access(),
            screen_share_requires_permission: room.screen_share_requires_permission,
        }
    }
}

pub async fn changed(app: &App, room: RoomId, before: Rules, now: Rules) {
    let waits = |rules: &Rules| rules.guest_access.who_waits(rules.waiting_room);
    let needed = |rules: &Rules| rooms::asks_to_share_screens(&app.config, rules.screen_share_requires_permission);
    let change = ParametersChange {
        waiting_room: (waits(&before) != waits(&now)).then(|| waits(&now)),
        guest_access: (before.guest_access != now.guest_access).then(|| now.guest_access.into()),
        screen_share_requires_permission: (needed(&before) != needed(&now)).then(|| needed(&now)),
        password: (before.password != now.password).then_some(now.password),
        title: now.title.filter(|title| before.title.as_ref() != Some(title)),
    };
    if !change.is_empty() {
        let room = konvent_meeting::RoomId(room.0);
        app.registry.changed(room);
        app.registry.tell(room, Input::ParametersChanged(change)).await;
    }
}

/// Somebody was invited, invited as something else, or is not invited any more.
pub async fn right_changed(app: &App, tenant: TenantId, room: RoomId, user: UserId) -> Answer<()> {
    let right = rooms::store::role(&app.db, tenant, room, user).await?;
    let right = right.map(|role| match role {
        Role::Moderator => konvent_meeting::Role::Moderator,
        Role::User | Role::Guest => konvent_meeting::Role::User,
    });
    let room = konvent_meeting::RoomId(room.0);
    app.registry.right_changed(room, ParticipantId(user.0), right).await;
    Ok(())
}

/// A guest link has ended, or ends at another time.
pub fn link_changed(app: &App, room: RoomId) {
    app.registry.changed(konvent_meeting::RoomId(room.0));
}

pub async fn deleted(app: &App, room: RoomId) {
    app.registry.end(konvent_meeting::RoomId(room.0)).await;
}
