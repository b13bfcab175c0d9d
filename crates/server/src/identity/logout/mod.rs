// SPDX-License-Identifier: EUPL-1.2
//! Logins that foreign providers have ended: from then on the access tokens of such a login are refused. Not the logout of a
//! browser, and nobody is sent out of a running meeting.

pub mod http;
pub mod store;

use super::jwt;
use crate::clock::hashed;
use crate::db::Db;

fn of_session(issuer: &str, sid: &str) -> String {
    hashed(&format!("sid {issuer} {sid}"))
}

fn of_person(issuer: &str, sub: &str) -> String {
    hashed(&format!("sub {issuer} {sub}"))
}

/// Whether the provider has ended the login that an access token comes from.
pub async fn has_ended(db: &Db, issuer: &str, claims: &jwt::Claims) -> anyhow::Result<bool> {
    let person = of_person(issuer, &claims.sub);
    let session = claims.sid.as_deref().map(|sid| of_session(issuer, sid));
    let issued = i64::try_from(claims.iat).unwrap_or(i64::MAX);
    Ok(store::find(db, &person, session.as_deref().unwrap_or_default(), issued).await?)
}
