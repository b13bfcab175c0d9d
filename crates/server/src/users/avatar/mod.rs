// SPDX-License-Identifier: EUPL-1.2
//! Pictures of people: set and removed by themselves, shown to whoever got the address with a profile. Nothing of a foreign
//! server is ever shown, and no address of one is made. The rule: what is served was drawn here, by `picture` from what
//! somebody sent, or by `initials`.

pub mod http;
mod initials;
mod picture;
pub mod store;

use super::User;
use crate::http::origin::Origin;

/// Where a picture of somebody is: always an address of this server, which serves one. Clients may add a query: it says
/// nothing here.
pub fn address(origin: &Origin, picture: Option<&str>, name: &str) -> String {
    let origin = origin.as_str();
    match picture {
        Some(id) => format!("{origin}/v1/avatars/{id}"),
        None => {
            let mut url = format!("{origin}/v1/avatars/initials/");
            url.extend(initials::of(name).bytes().map(|byte| match byte {
                b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            }));
            url
        }
    }
}

/// The same for a person with an account.
pub fn of(user: &User, origin: &Origin) -> String {
    address(origin, user.avatar.as_deref(), &user.display_name)
}
