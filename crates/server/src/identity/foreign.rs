// SPDX-License-Identifier: EUPL-1.2
//! People of foreign OpenID providers: to which tenant they belong, and what their provider says about them. Not the
//! checks on tokens: those are in `jwt`. A provider decides about people of its own tenant only; which tenant that is, the
//! operator decides, or a claim of a provider that the operator trusts with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::caller::{Asker, Duty, Machine};
use super::external::External;
use super::jwt::{self, Said};
use super::logout;
use super::{Identity, Source, audience};
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::config;
use crate::http::failure::{Answer, Refused};
use crate::ids::{TariffId, TenantId, UserId};
use crate::tariffs;
use crate::tenants::Directory;
use crate::users::store::Person;
use crate::users::{self, User};

/// Where Keycloak lists roles; programs of the operator's are known by theirs.
const ROLES: &str = "realm_access.roles";
/// OpenID Connect Core §5.1.
const EMAIL_VERIFIED: &str = "email_verified";
const MACHINES: [(&str, Duty); 2] = [
    ("opentalk-recorder", Duty::Recorder),
    ("opentalk-call-in", Duty::CallIn),
];
/// A login is of just now for so long.
const FRESH_SECS: u64 = 5 * 60;
const LONGEST_GROUP: usize = 255;
const MOST_GROUPS: usize = 500;
/// Tokens remembered; beyond that the expired ones are dropped, then all (each is read once more).
const MOST_SEEN: usize = 50_000;

/// Tokens whose claims were read already: a token is read once, then it is its person.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<String, (TenantId, UserId, u64)>>);

impl Seen {
    fn get(&self, token: &str) -> Option<(TenantId, UserId)> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(token).map(|(tenant, user, _)| (*tenant, *user))
    }

    fn put(&self, token: String, user: &User, exp: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_SEEN {
            let now = clock::unix();
            seen.retain(|_, (_, _, exp)| *exp > now);
            if seen.len() >= MOST_SEEN {
                seen.clear();
            }
        }
        seen.insert(token, (user.tenant, user.id, exp));
    }
}

/// Whose people a provider has.
enum Of {
    Tenant(TenantId),
    Claim(String),
}

/// The provider of a token, and what is expected of its tokens.
struct Trusted {
    provider: Arc<External>,
    client_id: String,
    audience: String,
    of: Of,
    /// It vouches for every address that it tells.
    emails_verified: bool,
}

impl Trusted {
    /// Whether the address it tells of somebody is theirs.
    fn vouches(&self, said: &Said) -> bool {
        self.emails_verified || said.is_true(EMAIL_VERIFIED)
    }
}

fn trusted(identity: &Identity, directory: &Directory, issuer: &str) -> Option<Trusted> {
    let settings = &identity.config.identity;
    if let Source::External(provider) = &identity.source
        && provider.issuer() == issuer
    {
        return Some(Trusted {
            provider: provider.clone(),
            client_id: settings.client_id.clone(),
            audience: audience(&identity.config).to_owned(),
            emails_verified: settings.emails_verified,
            of: match settings.tenant_claim.as_str() {
                "" => Of::Tenant(TenantId::DEFAULT),
                claim => Of::Claim(claim.to_owned()),
            },
        });
    }
    let stored = directory.issuers.get(issuer)?;
    Some(Trusted {
        provider: identity.providers.at(issuer)?,
        client_id: stored.client_id.clone(),
        emails_verified: stored.emails_verified,
        audience: match stored.audience.as_str() {
            "" => stored.client_id.clone(),
            audience => audience.to_owned(),
        },
        of: match &stored.tenant_claim {
            Some(claim) => Of::Claim(claim.clone()),
            None => Of::Tenant(stored.tenant),
        },
    })
}

/// The claims of a token that a trusted provider has signed, and that provider.
async fn read<T: DeserializeOwned>(identity: &Identity, directory: &Directory, token: &str) -> Answer<(Trusted, T)> {
    let issuer = jwt::claimed_issuer(token).unwrap_or_default();
    let trusted = trusted(identity, directory, &issuer).ok_or_else(|| Refused::invalid_token("unknown issuer"))?;
    let header = jwt::header(token).map_err(Refused::invalid_token)?;
    let key = trusted.provider.key(&header).await?;
    let claims = jwt::verify(token, &header, &key, &issuer, clock::unix()).map_err(Refused::invalid_token)?;
    Ok((trusted, claims))
}

/// A logout token, its issuer, and whether it was meant for us. Everything else about it, `logout` checks.
pub async fn logout_token<T: DeserializeOwned>(
    identity: &Identity,
    token: &str,
    audience: impl Fn(&T) -> &jwt::Audience,
) -> Answer<(String, T)> {
    let directory = identity.tenants.directory(&identity.db).await;
    let (trusted, claims) = read(identity, &directory, token).await?;
    if audience(&claims).0.contains(&trusted.client_id) {
        Ok((trusted.provider.issuer().to_owned(), claims))
    } else {
        Err(Refused::invalid_token("another audience").into())
    }
}

/// Whom a token of a foreign provider belongs to.
pub async fn authenticate(identity: &Identity, token: &str) -> Answer<Asker> {
    let directory = identity.tenants.directory(&identity.db).await;
    let (trusted, claims): (Trusted, jwt::Claims) = read(identity, &directory, token).await?;
    let kind = jwt::header(token).map_err(Refused::invalid_token)?.typ;
    jwt::check_access(kind.as_deref(), &claims, &trusted.audience, &trusted.client_id)
        .map_err(Refused::invalid_token)?;
    let issuer = trusted.provider.issuer().to_owned();
    if logout::has_ended(&identity.db, &issuer, &claims).await? {
        return Err(Refused::invalid_token("the login has ended at its provider").into());
    }
    let roles = claims.said.texts(ROLES);
    if let Some((_, duty)) = MACHINES.iter().find(|(role, _)| roles.iter().any(|has| has == role)) {
        let tenant = match trusted.of {
            Of::Tenant(tenant) if tenant != TenantId::DEFAULT => Some(tenant),
            _ => None,
        };
        return Ok(Asker::Machine(Machine { duty: *duty, tenant }));
    }
    let fingerprint = hashed(token);
    if let Some((tenant, id)) = identity.seen.get(&fingerprint)
        && let Some(user) = users::store::by_id(&identity.db, tenant, id).await?
    {
        return Ok(Asker::User(Box::new(user)));
    }
    let (said, complete) = everything_said(&identity.config.identity, &trusted, token, &claims).await;
    let tenant = match &trusted.of {
        Of::Tenant(tenant) => *tenant,
        Of::Claim(claim) => named(&directory, &said, claim)?,
    };
    let user = provision(identity, tenant, &trusted, &claims.sub, &said, complete).await?;
    identity.seen.put(fingerprint, &user, claims.exp);
    Ok(Asker::User(Box::new(user)))
}

/// Whether the access token of this request, which has been checked before, comes from a login of just now (RFC 9068
/// §2.2.1). A provider that does not say when somebody has logged in says no.
pub fn has_just_logged_in(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.trim().split_once(' '));
    let at = token.and_then(|(_, token)| jwt::claimed(token.trim())?["auth_time"].as_u64());
    at.is_some_and(|at| clock::unix().saturating_sub(at) <= FRESH_SECS)
}

/// The claims of the token and, where they are not all there, of userinfo. `true`: what is absent does not exist.
async fn everything_said(
    settings: &config::Identity,
    trusted: &Trusted,
    token: &str,
    claims: &jwt::Claims,
) -> (Said, bool) {
    let mut said = claims.said.clone();
    let wanted = [
        "email",
        if trusted.emails_verified { "" } else { EMAIL_VERIFIED },
        settings.groups_claim.as_str(),
        &settings.tariff_claim,
        &settings.tariff_status_claim,
        match &trusted.of {
            Of::Claim(claim) => claim,
            Of::Tenant(_) => "",
        },
    ];
    let named = said.says("name") || said.says("given_name");
    if named && wanted.iter().all(|claim| claim.is_empty() || said.says(claim)) {
        return (said, true);
    }
    match trusted.provider.userinfo(token, &claims.sub).await {
        Ok(more) => {
            said.and(more);
            (said, true)
        }
        Err(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                "userinfo of the OpenID provider is of no use"
            );
            (said, false)
        }
    }
}

fn named(directory: &Directory, said: &Said, claim: &str) -> Result<TenantId, Refused> {
    let text = said.text(claim);
    let known = |name: &str| {
        let mut tenants = directory.tenants.iter();
        tenants.find(|tenant| tenant.external_id.as_deref() == Some(name))
    };
    text.and_then(known).map(|tenant| tenant.id).ok_or_else(|| {
        tracing::info!(
            told = text.is_some(),
            "access token refused: it names no tenant that is known here"
        );
        let text = "The login provider does not say to which organisation you belong, or it is not known here.";
        Refused::new(StatusCode::UNAUTHORIZED, "invalid_claims", text)
    })
}

/// The user of a foreign token, made or brought up to date.
async fn provision(
    identity: &Identity,
    tenant: TenantId,
    trusted: &Trusted,
    subject: &str,
    said: &Said,
    complete: bool,
) -> Answer<User> {
    let settings = &identity.config.identity;
    let issuer = trusted.provider.issuer();
    let before = users::store::by_subject(&identity.db, tenant, issuer, subject).await?;
    let email = users::folded(said.text("email").unwrap_or_default());
    if !users::is_email(&email) {
        // Somebody known is let in even while their provider cannot be asked.
        if let Some(user) = before.filter(|_| !complete) {
            return Ok(user);
        }
        let text = "The login provider does not tell your e-mail address. Its operator has to allow that.";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "invalid_claims", text).into());
    }
    // What no name may be, nobody is called, whoever says so.
    let named = |claim: &str| said.text(claim).filter(|name| users::is_name(name));
    let whole = named("name").unwrap_or_default();
    let (first, last) = match (named("given_name"), named("family_name")) {
        (None, None) => users::split_name(whole),
        (first, last) => (first.unwrap_or_default(), last.unwrap_or_default()),
    };
    let mut user = match before {
        Some(user) => user,
        None => {
            let joined = format!("{first} {last}");
            let local_part = email.split('@').next().unwrap_or_default();
            let candidates = [whole, joined.trim(), local_part];
            let person = Person {
                issuer,
                subject,
                email: &email,
                firstname: first,
                lastname: last,
                language: said
                    .text("locale")
                    .and_then(users::language)
                    .unwrap_or(&identity.config.mail.language),
                display_name: candidates.into_iter().find(|name| users::is_name(name)).unwrap_or("?"),
            };
            users::store::add(&identity.db, tenant, &person).await?;
            let added = users::store::by_subject(&identity.db, tenant, issuer, subject).await?;
            added.ok_or_else(|| Refused::invalid_token("the user is gone"))?
        }
    };
    // Whose address it is, invitations to it are; an address that anybody could have entered leads nowhere.
    let verified = trusted.vouches(said) || !complete && user.email_verified && user.email == email;
    let has_new_email = (verified, &email) != (user.email_verified, &user.email);
    let tariff = match said.text(&settings.tariff_claim) {
        Some(name) => tariff_named(identity, name).await?,
        None => user.tariff,
    };
    let status = match said.text(&settings.tariff_status_claim) {
        Some(word) => tariffs::Status::told(word).as_str().to_owned(),
        None => user.tariff_status.clone(),
    };
    let unchanged = user.email == email
        && (user.firstname.as_str(), user.lastname.as_str()) == (first, last)
        && user.tariff == tariff
        && user.tariff_status == status;
    let mut new_groups = None;
    if complete || said.says(&settings.groups_claim) {
        let mut groups = said.texts(&settings.groups_claim);
        groups.retain(|name| !name.is_empty() && name.chars().count() <= LONGEST_GROUP);
        groups.sort_unstable();
        groups.dedup();
        groups.truncate(MOST_GROUPS);
        let before = users::store::groups(&identity.db, tenant, user.id).await?;
        new_groups = (before != groups).then_some(groups);
    }
    if !has_new_email && unchanged && new_groups.is_none() {
        return Ok(user);
    }
    let mut change = Change::begin(&identity.db, tenant).await?;
    if has_new_email {
        users::store::set_email(&mut change, user.id, &email, verified).await?;
        if verified {
            users::store::adopt_invitations(&mut change, user.id, &email).await?;
        }
        user.email_verified = verified;
    }
    if !unchanged {
        user.email = email;
        (user.firstname, user.lastname) = (first.to_owned(), last.to_owned());
        (user.tariff, user.tariff_status) = (tariff, status);
        users::store::refresh(&mut change, &user).await?;
    }
    if let Some(groups) = new_groups {
        users::store::set_groups(&mut change, user.id, &groups).await?;
    }
    change.commit().await?;
    Ok(user)
}

/// A tariff as the provider calls it. One that nobody has made here is the tenant's own.
async fn tariff_named(identity: &Identity, name: &str) -> Answer<Option<TariffId>> {
    let found = tariffs::store::by_external_id(&identity.db, name).await?;
    if found.is_none() {
        tracing::warn!("a token names a tariff that does not exist here");
    }
    Ok(found)
}
