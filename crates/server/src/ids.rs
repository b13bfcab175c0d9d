// SPDX-License-Identifier: EUPL-1.2
//! Ids as types, so that a room's id cannot be taken for an event's. Not secrets: those are in `clock.rs`. On the wire
//! and in the database an id is a UUID as text.

use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl<DB: Database> Type<DB> for $name
        where
            String: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                String::type_info()
            }

            fn compatible(found: &DB::TypeInfo) -> bool {
                String::compatible(found)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            String: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.0.to_string().encode(buffer)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            &'r str: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok($name(<&str>::decode(value)?.parse()?))
            }
        }
    };
}

id!(
    /// An organisation with its own people and meetings, walled off from the others.
    TenantId
);
id!(TariffId);
id!(UserId);
id!(EventId);
id!(RoomId);
id!(JobId);
id!(AssetId);
id!(
    /// Where the meetings of a room are streamed to.
    StreamingTargetId
);
id!(
    /// A guest's right to enter one room. A secret of 128 random bits in the shape of a UUID.
    InviteCode
);

impl TariffId {
    /// The tariff that a migration makes: of everybody who has no other.
    pub const STANDARD: TariffId = TariffId(Uuid::from_u128(1));
}

impl TenantId {
    /// The tenant that the first migration makes.
    pub const DEFAULT: TenantId = TenantId(Uuid::from_u128(1));
}
