// SPDX-License-Identifier: EUPL-1.2
//! Browsers in which an account has logged in before. Their failed attempts are counted apart from those of strangers, so
//! that a stranger who guesses makes nobody else wait. Not a proof of anything else: the password is asked for all the
//! same.

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::{self, hashed};
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::identity::throttle::Counter;

use super::{keys, session};

const COOKIE: &str = "konvent_browser";
/// The `typ` of its token.
const KIND: &str = "browser+jwt";
const LASTS_SECS: i64 = 400 * 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Browser {
    iss: String,
    exp: u64,
    /// Hash of the e-mail address: a cookie shall not tell who has logged in.
    sub: String,
    jti: String,
}

/// Under what attempts for an address are counted: the address itself, unless this browser is known for it.
pub fn counted(app: &App, origin: &Origin, headers: &HeaderMap, email: &str) -> Answer<Counter> {
    let issuer = format!("{}/identity", origin.as_str());
    let browser = match session::value(origin, headers, COOKIE) {
        Some(token) => keys(app)?.verify::<Browser>(KIND, token, &issuer).ok(),
        None => None,
    };
    let known = browser.filter(|browser| browser.sub == hashed(email) && browser.exp > clock::unix());
    Ok(match known {
        Some(browser) => Counter::browser(&browser.jti),
        None => Counter::account(email),
    })
}

/// The cookie for a browser in which this address has just logged in.
pub fn cookie(app: &App, origin: &Origin, email: &str) -> Answer<String> {
    let browser = Browser {
        iss: format!("{}/identity", origin.as_str()),
        exp: clock::unix().saturating_add_signed(LASTS_SECS),
        sub: hashed(email),
        jti: clock::secret(),
    };
    let token = keys(app)?.sign(KIND, &browser)?;
    Ok(session::cookie(origin, COOKIE, &token, LASTS_SECS))
}
