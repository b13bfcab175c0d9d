// SPDX-License-Identifier: EUPL-1.2
//! Passkeys of local accounts, as they are stored. The checks of the standard are a library's; how one is added and used is in
//! the doors `passkeys` and `passkey_login`.

pub mod store;
