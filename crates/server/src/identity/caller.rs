// SPDX-License-Identifier: EUPL-1.2
//! Extractors that say who asks: `Known` for people with an account, `Asker` where guests may ask too. Not what they may
//! do. Users are made at their first request.

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};

use super::{Source, audience, jwt};
use crate::app::App;
use crate::http::failure::{Answer, Failure, Refused};
use crate::http::origin::Origin;
use crate::ids::{InviteCode, TenantId};
use crate::users::store::Person;
use crate::users::{self, LOCAL, User};

/// The `typ` of access tokens (RFC 9068).
pub const ACCESS: &str = "at+jwt";

/// A person with a valid access token.
pub struct Known(pub User);

/// Whoever it is.
#[derive(Clone)]
pub enum Asker {
    User(Box<User>),
    Guest(InviteCode),
    Nobody,
}

impl FromRequestParts<App> for Known {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Known> {
        match Asker::from_request_parts(parts, app).await? {
            Asker::User(user) => Ok(Known(*user)),
            Asker::Guest(_) => Err(Refused::forbidden().into()),
            Asker::Nobody => Err(Refused::unauthorized().into()),
        }
    }
}

impl FromRequestParts<App> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Asker> {
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
        let origin = Origin::of(&app.config, &parts.headers)
            .ok_or_else(|| Refused::new(StatusCode::MISDIRECTED_REQUEST, "bad_request", "Unknown host name."))?;
        let user = authenticate(app, &origin, credentials).await?;
        Ok(Asker::User(Box::new(user)))
    }
}

/// Clients know this sentence (profile §2).
fn unreadable() -> Refused {
    let text = "Unable to parse access token or invite code";
    let mut refused = Refused::new(StatusCode::UNAUTHORIZED, "unauthorized", text);
    refused.authenticate = Some("Bearer error=\"invalid_token\"");
    refused
}

/// The person to whom an access token belongs.
async fn authenticate(app: &App, origin: &Origin, token: &str) -> Answer<User> {
    let tenant = TenantId::DEFAULT;
    let client_id = &app.config.identity.client_id;
    match &app.identity.source {
        Source::BuiltIn(keys) => {
            let issuer = format!("{}/identity", origin.as_str());
            let claims: jwt::Claims = keys.verify(ACCESS, token, &issuer).map_err(Refused::invalid_token)?;
            jwt::check_access(&claims, audience(&app.config), client_id).map_err(Refused::invalid_token)?;
            let user = users::store::by_subject(&app.db, tenant, LOCAL, &claims.sub).await?;
            Ok(user.ok_or_else(|| Refused::invalid_token("no such account"))?)
        }
        Source::External(external) => {
            let header = jwt::header(token).map_err(Refused::invalid_token)?;
            let key = external.key(&header).await?;
            let claims: jwt::Claims = jwt::verify(token, &header, &key, external.issuer(), crate::clock::unix())
                .map_err(Refused::invalid_token)?;
            jwt::check_access(&claims, audience(&app.config), client_id).map_err(Refused::invalid_token)?;
            provision(app, tenant, external, token, claims).await
        }
    }
}

/// The user of a foreign token, made or brought up to date.
async fn provision(
    app: &App,
    tenant: TenantId,
    external: &super::external::External,
    token: &str,
    claims: jwt::Claims,
) -> Answer<User> {
    let issuer = external.issuer();
    let known = users::store::by_subject(&app.db, tenant, issuer, &claims.sub).await?;
    let mut profile = claims.profile;
    let tells_all = profile.email.is_some() && (profile.name.is_some() || profile.given_name.is_some());
    match known {
        Some(user) if !tells_all => return Ok(user),
        None if !tells_all => {
            let more = external.userinfo(token, &claims.sub).await.unwrap_or_else(|error| {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "userinfo of the OpenID provider is of no use"
                );
                jwt::Profile::default()
            });
            profile = jwt::Profile {
                email: profile.email.or(more.email),
                given_name: profile.given_name.or(more.given_name),
                family_name: profile.family_name.or(more.family_name),
                name: profile.name.or(more.name),
            };
        }
        _ => {}
    }
    let email = users::folded(profile.email.as_deref().unwrap_or_default());
    if !users::is_email(&email) {
        let text = "The login provider does not tell your e-mail address. Its operator has to allow that.";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "invalid_claims", text).into());
    }
    let local_part = email.split('@').next().unwrap_or_default();
    let whole = profile.name.as_deref().unwrap_or_default();
    let (first, last) = match (&profile.given_name, &profile.family_name) {
        (None, None) => users::split_name(whole),
        (first, last) => (
            first.as_deref().unwrap_or_default(),
            last.as_deref().unwrap_or_default(),
        ),
    };
    let joined = format!("{first} {last}");
    let candidates = [whole, joined.trim(), local_part];
    let display_name = candidates.into_iter().find(|name| users::is_name(name)).unwrap_or("?");
    match known {
        Some(user) if user.email == email && user.firstname == first && user.lastname == last => return Ok(user),
        Some(user) => users::store::refresh(&app.db, tenant, user.id, &email, first, last).await?,
        None => {
            let person = Person {
                issuer,
                subject: &claims.sub,
                email: &email,
                firstname: first,
                lastname: last,
                display_name,
            };
            users::store::add(&app.db, tenant, &person).await?;
        }
    }
    let user = users::store::by_subject(&app.db, tenant, issuer, &claims.sub).await?;
    Ok(user.ok_or_else(|| Refused::invalid_token("the user is gone"))?)
}
