// SPDX-License-Identifier: EUPL-1.2
//! Tells a running meeting what was changed about its room from outside. Not the change itself: it is stored before. The
//! one rule: only what is new is told, so that a moderator's own choice in the meeting stays.

use konvent_meeting::{Input, ParametersChange, WaitingRoom};

use super::store::Event;
use crate::app::App;
use crate::ids::RoomId;
use crate::rooms::GuestAccess;

pub async fn changed(app: &App, before: &Event, now: &Event) {
    let waits = |event: &Event| match (event.waiting_room, GuestAccess::stored(&event.guest_access)) {
        (true, _) => WaitingRoom::ForEveryone,
        (false, GuestAccess::WaitingRoom) => WaitingRoom::ForGuests,
        (false, _) => WaitingRoom::Disabled,
    };
    let change = ParametersChange {
        password: (before.password != now.password).then(|| now.password.clone()),
        title: (before.title != now.title).then(|| now.title.clone()),
        waiting_room: (waits(before) != waits(now)).then(|| waits(now)),
        guest_access: (before.guest_access != now.guest_access).then(|| match GuestAccess::stored(&now.guest_access) {
            GuestAccess::Disabled => konvent_meeting::GuestAccess::Disabled,
            GuestAccess::WaitingRoom => konvent_meeting::GuestAccess::WaitingRoom,
            GuestAccess::DirectAccess => konvent_meeting::GuestAccess::DirectAccess,
        }),
    };
    if !change.is_empty() {
        let room = konvent_meeting::RoomId(now.room.0);
        app.registry.tell(room, Input::ParametersChanged(change)).await;
    }
}

pub async fn deleted(app: &App, room: RoomId) {
    app.registry.end(konvent_meeting::RoomId(room.0)).await;
}
