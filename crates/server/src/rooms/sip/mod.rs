// SPDX-License-Identifier: EUPL-1.2
//! Dialling in by telephone: what callers type, and the door for the gateway that takes their calls (profile §2: `sip`,
//! `services/call_in/start`). Not the gateway. Without `call_in.tel` there is no dialling in.

pub mod http;
pub mod store;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::Change;
use crate::clock;
use crate::config::Config;
use crate::db::{Db, row};
use crate::ids::{RoomId, TenantId};

/// Digits that a caller types.
const LENGTH: usize = 10;

/// Ten digits. No `Debug`: half of them are passwords.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[0-9]{10}$", example = "0123456789")]
pub struct Digits(pub String);

impl Digits {
    fn random() -> Digits {
        let number = u64::from_le_bytes(clock::random()) % 10_u64.pow(10);
        Digits(format!("{number:010}"))
    }

    fn is_valid(&self) -> bool {
        self.0.len() == LENGTH && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// How callers come to a room.
#[derive(Clone, Serialize, ToSchema)]
pub struct SipConfig {
    pub room: RoomId,
    pub sip_id: Digits,
    pub password: Digits,
    /// Whether callers wait until they are let in, whatever the room's rule is.
    pub lobby: bool,
}
row!(SipConfig {
    room,
    sip_id,
    password,
    lobby
});

impl<DB: sqlx::Database> sqlx::Type<DB> for Digits
where
    String: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(found: &DB::TypeInfo) -> bool {
        String::compatible(found)
    }
}

impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for Digits
where
    String: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Digits(String::decode(value)?))
    }
}

/// What people are told who may dial in.
#[derive(Clone, Serialize, ToSchema)]
pub struct CallIn {
    /// Telephone number of the gateway.
    pub tel: String,
    pub id: Digits,
    pub password: Digits,
}

/// How to dial in to some rooms; empty: there is no dialling in.
pub async fn call_in(
    db: &Db,
    config: &Config,
    tenant: TenantId,
    rooms: &[RoomId],
) -> sqlx::Result<HashMap<RoomId, CallIn>> {
    let tel = &config.call_in.tel;
    if tel.is_empty() {
        return Ok(HashMap::new());
    }
    let configs = store::of_rooms(db, tenant, rooms).await?.into_iter();
    let call_in = configs.map(|config| {
        let call_in = CallIn {
            tel: tel.clone(),
            id: config.sip_id,
            password: config.password,
        };
        (config.room, call_in)
    });
    Ok(call_in.collect())
}

/// Gives a new room what callers type, if there is dialling in at all.
pub async fn open(change: &mut Change, config: &Config, room: RoomId) -> sqlx::Result<()> {
    if config.call_in.tel.is_empty() {
        return Ok(());
    }
    store::add(change, &new(room, None, None)).await.map(drop)
}

fn new(room: RoomId, password: Option<Digits>, lobby: Option<bool>) -> SipConfig {
    SipConfig {
        room,
        sip_id: Digits::random(),
        password: password.unwrap_or_else(Digits::random),
        lobby: lobby.unwrap_or(false),
    }
}
