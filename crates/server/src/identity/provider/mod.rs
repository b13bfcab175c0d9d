// SPDX-License-Identifier: EUPL-1.2
//! The built-in OpenID provider at `{origin}/identity`: authorization code with PKCE (S256) for one public client, this
//! server's own pages (RFC 6749, 7636, 9207, 9700; OpenID Connect Core). Not for foreign clients. Without a local
//! signing key (a foreign provider is set) every path answers 404.

pub mod account;
pub mod http;
pub mod store;

use serde::{Deserialize, Serialize};

/// Times in seconds: a code is taken at once, an access token is short, a refresh token is rotated.
pub const CODE_SECS: i64 = 60;
pub const ACCESS_SECS: u64 = 10 * 60;
pub const REFRESH_SECS: u64 = 7 * 24 * 3600;
pub const GRANT_SECS: i64 = 30 * 24 * 3600;
pub const LOGIN_PAGE_SECS: u64 = 15 * 60;
pub const LOGIN_SECS: i64 = 12 * 3600;
/// The `typ` of ID tokens.
pub const ID: &str = "JWT";

/// A checked authorization request on its way through the login page, signed, so that nothing is stored for people who
/// never log in.
#[derive(Serialize, Deserialize)]
pub struct LoginRequest {
    pub iss: String,
    pub exp: u64,
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: String,
}
