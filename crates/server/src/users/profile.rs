// SPDX-License-Identifier: EUPL-1.2
//! People as others of their organisation see them. Not what only they see themselves.

use serde::Serialize;
use utoipa::ToSchema;

use super::{User, avatar};
use crate::http::origin::Origin;
use crate::ids::UserId;

/// What other people of the organisation see.
#[derive(Clone, Serialize, ToSchema)]
pub struct PublicUserProfile {
    pub id: UserId,
    pub email: String,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub avatar_url: String,
}

impl PublicUserProfile {
    /// Somebody of whom no more than the id is known.
    pub fn unknown(id: UserId, origin: &Origin) -> PublicUserProfile {
        PublicUserProfile {
            id,
            email: String::new(),
            title: String::new(),
            firstname: String::new(),
            lastname: String::new(),
            display_name: String::new(),
            avatar_url: avatar::address(origin, None, ""),
        }
    }

    pub fn of(user: User, origin: &Origin) -> PublicUserProfile {
        PublicUserProfile {
            avatar_url: avatar::of(&user, origin),
            id: user.id,
            email: user.email,
            title: user.title,
            firstname: user.firstname,
            lastname: user.lastname,
            display_name: user.display_name,
        }
    }
}

#[derive(Clone, Serialize, ToSchema)]
pub struct UnregisteredPerson {
    pub email: String,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub avatar_url: String,
}

impl UnregisteredPerson {
    pub fn new(email: String, firstname: String, lastname: String, origin: &Origin) -> UnregisteredPerson {
        let name = format!("{firstname} {lastname}");
        let display_name = match name.trim() {
            "" => email.clone(),
            name => name.to_owned(),
        };
        UnregisteredPerson {
            avatar_url: avatar::address(origin, None, &display_name),
            title: String::new(),
            email,
            firstname,
            lastname,
            display_name,
        }
    }
}
