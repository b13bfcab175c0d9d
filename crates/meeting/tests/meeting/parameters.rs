// SPDX-License-Identifier: EUPL-1.2
//! The room that tests and the benchmark meet in.

use std::collections::BTreeMap;

use konvent_meeting::{Creator, GuestAccess, MediaKey, Parameters, RoomId, Tariff, WaitingRoom};
use uuid::Uuid;

pub fn media_key() -> MediaKey {
    MediaKey {
        key: "key".into(),
        secret: "a secret of thirty-two characters".into(),
    }
}

pub fn parameters() -> Parameters {
    Parameters {
        room: RoomId(Uuid::from_u128(0xf00)),
        owner: Uuid::from_u128(1),
        created_by: Creator {
            title: String::new(),
            firstname: "Olga".into(),
            lastname: "Owner".into(),
            display_name: "Olga Owner".into(),
            avatar_url: "/avatar/olga".into(),
        },
        password: Some("s3cret".into()),
        waiting_room: WaitingRoom::Disabled,
        guest_access: GuestAccess::DirectAccess,
        event: None,
        invite_code: Some(Uuid::from_u128(0xc0de)),
        show_meeting_details: false,
        call_in: None,
        banned: BTreeMap::new(),
        tariff: Tariff {
            id: Uuid::nil(),
            name: "Default".into(),
            quotas: BTreeMap::new(),
            used_quota: BTreeMap::new(),
            disabled_features: Vec::new(),
            disabled_modules: Vec::new(),
        },
        screen_share_requires_permission: true,
        seed: [7; 16],
    }
}
