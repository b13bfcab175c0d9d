// SPDX-License-Identifier: EUPL-1.2
//! Extractors that say who asks: `Known` for people with an account, `Administrator` and `Operator` for those who
//! administer, `Asker` where guests may ask too. Not what they may
//! do. The tenant comes from the account or the guest link, never from the address or the body of a request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::{StatusCode, header, request::Parts};

use super::keys::Keys;
use super::{Identity, Source, audience, foreign, jwt, provider};
use crate::http::failure::{Answer, Failure, Refused};
use crate::http::origin::Origin;
use crate::ids::{InviteCode, TenantId};
use crate::users::{self, LOCAL, User};

/// The `typ` of access tokens (RFC 9068).
pub const ACCESS: &str = "at+jwt";
/// The claim with which the built-in provider names the tenant of an account.
pub const TENANT: &str = "tenant_id";

/// A person with a valid access token.
pub struct Known(pub User);

/// A person who administers their tenant.
pub struct Administrator(pub User);

/// A person who administers the installation.
pub struct Operator(pub User);

/// Whoever it is.
#[derive(Clone)]
pub enum Asker {
    User(Box<User>),
    Guest(InviteCode),
    /// A program of the operator's, known by a role in its token.
    Machine(Machine),
    Nobody,
}

/// Such a program (profile §2). It is no person: it has no profile, owns nothing and searches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    pub duty: Duty,
    /// Whose provider vouches for it; `None`: one that the whole installation trusts.
    pub tenant: Option<TenantId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Recorder,
    CallIn,
}

impl<S: Send + Sync> FromRequestParts<S> for Known
where
    Arc<Identity>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Known> {
        match Asker::from_request_parts(parts, state).await? {
            Asker::User(user) => Ok(Known(*user)),
            Asker::Guest(_) | Asker::Machine(_) => Err(Refused::forbidden().into()),
            Asker::Nobody => Err(Refused::unauthorized().into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Administrator
where
    Arc<Identity>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Administrator> {
        match Known::from_request_parts(parts, state).await? {
            Known(user) if user.is_admin => Ok(Administrator(user)),
            _ => Err(Refused::forbidden().into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator
where
    Arc<Identity>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Operator> {
        match Known::from_request_parts(parts, state).await? {
            Known(user) if user.is_operator => Ok(Operator(user)),
            _ => Err(Refused::forbidden().into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker
where
    Arc<Identity>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Asker> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Asker::Nobody);
        };
        let (scheme, credentials) = value
            .to_str()
            .ok()
            .and_then(|value| value.trim().split_once(' '))
            .ok_or_else(unreadable)?;
        let credentials = credentials.trim();
        if scheme.eq_ignore_ascii_case("InviteCode") {
            return Ok(Asker::Guest(InviteCode(credentials.parse().map_err(|_| unreadable())?)));
        }
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(unreadable().into());
        }
        let unknown = || Refused::new(StatusCode::MISDIRECTED_REQUEST, "bad_request", "Unknown host name.");
        let origin = parts.extensions.get::<Origin>().ok_or_else(unknown)?;
        authenticate(&Arc::from_ref(state), origin, credentials).await
    }
}

/// Clients know this sentence (profile §2).
fn unreadable() -> Refused {
    let text = "Unable to parse access token or invite code";
    let mut refused = Refused::new(StatusCode::UNAUTHORIZED, "unauthorized", text);
    refused.authenticate = Some("Bearer error=\"invalid_token\"");
    refused
}

/// Whom an access token belongs to.
async fn authenticate(identity: &Identity, origin: &Origin, token: &str) -> Answer<Asker> {
    let asker = match &identity.source {
        Source::BuiltIn(keys) if jwt::claimed_issuer(token).is_some_and(|issuer| issuer == built_in(origin)) => {
            Asker::User(Box::new(local(identity, keys, &built_in(origin), token).await?))
        }
        _ => foreign::authenticate(identity, token).await?,
    };
    match &asker {
        Asker::User(user) if user.is_blocked => Err(Refused::invalid_token("the account is disabled").into()),
        _ => Ok(asker),
    }
}

fn built_in(origin: &Origin) -> String {
    format!("{}/identity", origin.as_str())
}

async fn local(identity: &Identity, keys: &Keys, issuer: &str, token: &str) -> Answer<User> {
    let claims: jwt::Claims = keys.verify(ACCESS, token, issuer).map_err(Refused::invalid_token)?;
    jwt::check_access(
        Some(ACCESS),
        &claims,
        audience(&identity.config),
        &identity.config.identity.client_id,
    )
    .map_err(Refused::invalid_token)?;
    let tenant = claims.said.text(TENANT).and_then(|id| id.parse().ok()).map(TenantId);
    let tenant = tenant.ok_or_else(|| Refused::invalid_token("no tenant"))?;
    let login = claims.sid.as_deref().unwrap_or_default();
    if !provider::store::is_open(&identity.db, tenant, login).await? {
        return Err(Refused::invalid_token("the login has ended").into());
    }
    let user = users::store::by_subject(&identity.db, tenant, LOCAL, &claims.sub).await?;
    Ok(user.ok_or_else(|| Refused::invalid_token("no such account"))?)
}
