// SPDX-License-Identifier: EUPL-1.2
//! What a meeting has to know of its room when it begins. Not who may enter. The one rule: it is read when the meeting is
//! there already, so that what is changed meanwhile reaches it.

use std::collections::BTreeMap;

use konvent_meeting as meeting;
use konvent_meeting::{Parameters, ParticipantId};

use super::{bans, invites, sip, store};
use crate::app::App;
use crate::db::millis;
use crate::http::origin::Origin;
use crate::ids::{RoomId, TenantId};
use crate::users::avatar;
use crate::{clock, events, tariffs, users};

/// `None`: there is no such room any more.
pub async fn parameters(app: &App, tenant: TenantId, id: RoomId, origin: &Origin) -> sqlx::Result<Option<Parameters>> {
    let Some(room) = store::room(&app.db, tenant, id).await? else {
        return Ok(None);
    };
    let Some(owner) = users::store::by_id(&app.db, tenant, room.created_by).await? else {
        return Ok(None);
    };
    let tariff = tariffs::of(app, &owner).await?;
    let event = events::info(app, tenant, id).await?;
    let call_in = sip::call_in(app, tenant, &[id]).await?.remove(&id);
    // Not the one that somebody came by: that may be theirs in person, or have ended.
    let invite_code = invites::store::newest(&app.db, tenant, id, millis(clock::now())).await?;
    let banned = bans::store::list(&app.db, tenant, id).await?;
    let guest_access = room.guest_access();
    Ok(Some(Parameters {
        room: meeting::RoomId(id.0),
        owner: room.created_by.0,
        created_by: meeting::Creator {
            avatar_url: avatar::of(&owner, origin),
            title: owner.title,
            firstname: owner.firstname,
            lastname: owner.lastname,
            display_name: owner.display_name,
        },
        password: room.password,
        waiting_room: guest_access.who_waits(room.waiting_room),
        guest_access: guest_access.into(),
        show_meeting_details: event.as_ref().is_none_or(|event| event.show_meeting_details),
        event: event.map(|event| meeting::EventInfo {
            id: event.id.0,
            room_id: meeting::RoomId(event.room_id.0),
            title: event.title,
            is_adhoc: event.is_adhoc,
            e2e_encryption: event.e2e_encryption,
        }),
        invite_code: invite_code.map(|code| code.0),
        call_in: call_in.map(|call_in| meeting::CallIn {
            tel: call_in.tel,
            id: call_in.id.0,
            password: call_in.password.0,
        }),
        banned: banned
            .into_iter()
            .map(|banned| seen_by_moderators(banned, origin))
            .collect(),
        tariff: tariff.of_meeting(BTreeMap::new()),
        screen_share_requires_permission: super::asks_to_share_screens(app, room.screen_share_requires_permission),
        seed: clock::random(),
    }))
}

fn seen_by_moderators(banned: bans::store::Banned, origin: &Origin) -> (ParticipantId, meeting::Banned) {
    let avatar_url = avatar::address(origin, banned.avatar.as_deref(), &banned.display_name);
    let person = meeting::Banned {
        display_name: banned.display_name,
        avatar_url: Some(avatar_url),
    };
    (ParticipantId(banned.banned.0), person)
}
