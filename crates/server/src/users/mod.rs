// SPDX-License-Identifier: EUPL-1.2
//! People with an account, here or at an OpenID provider. Not guests: they have an invite code. A person's e-mail
//! address and name are never logged.

pub mod admin;
pub mod avatar;
pub mod cli;
pub mod directory;
pub mod http;
pub mod profile;
pub mod search;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::Fields;
use crate::http::failure::Invalid;

pub use store::User;

/// The issuer stored for accounts of the built-in provider.
pub const LOCAL: &str = "local";
pub use crate::address::{LONGEST as LONGEST_EMAIL, folded, is_email};

/// What somebody administers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Administers {
    #[default]
    Nothing,
    Tenant,
    Installation,
}

impl Administers {
    pub fn is_admin(self) -> bool {
        self != Administers::Nothing
    }

    pub fn is_operator(self) -> bool {
        self == Administers::Installation
    }

    /// As it stands in a person's row.
    pub fn write(self, fields: &mut Fields) {
        fields.flag("is_admin", self.is_admin());
        fields.flag("is_operator", self.is_operator());
    }
}

impl User {
    pub fn administers(&self) -> Administers {
        match (self.is_operator, self.is_admin) {
            (true, _) => Administers::Installation,
            (false, true) => Administers::Tenant,
            (false, false) => Administers::Nothing,
        }
    }
}

/// The language of ours that a tag of BCP 47 asks for, such as `de-AT`.
pub fn language(tag: &str) -> Option<&'static str> {
    let first = tag.trim().split(['-', '_', ';']).next().unwrap_or_default();
    ["de", "en"].into_iter().find(|ours| first.eq_ignore_ascii_case(ours))
}

pub fn is_name(text: &str) -> bool {
    Invalid::name("", text).is_none()
}

/// First name and last name of a name in one piece: the last word is the last name.
pub fn split_name(name: &str) -> (&str, &str) {
    name.trim()
        .rsplit_once(char::is_whitespace)
        .unwrap_or((name.trim(), ""))
}
