// SPDX-License-Identifier: EUPL-1.2
//! `/v1/setup`: is the one-time address still good, and the first administrator.

use std::sync::PoisonError;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock::hashed;
use crate::http::extract::{Json, Query};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::password;
use crate::ids::TenantId;
use crate::users::Administers;
use crate::{tenants, users};

#[derive(Deserialize, IntoParams)]
pub struct Asked {
    /// From the one-time address that the server prints at its start.
    token: String,
}

/// Nothing to tell.
#[derive(Serialize, ToSchema)]
pub struct Empty {}

/// No `Debug`: it holds a password.
#[derive(Deserialize, ToSchema)]
pub struct Setup {
    token: String,
    email: String,
    display_name: String,
    password: String,
    organisation_name: Option<String>,
}

/// Whether the one-time address still works.
#[utoipa::path(get, path = "/setup", tag = "setup", params(Asked),
    responses((status = 200, body = Empty), (status = 410, body = ErrorBody)))]
pub async fn status(State(app): State<App>, Query(asked): Query<Asked>) -> Answer<Json<Empty>> {
    check(&app, &asked.token)?;
    if users::store::has_admin(&app.db, TenantId::DEFAULT).await? {
        return Err(done().into());
    }
    Ok(Json(Empty {}))
}

/// Makes the first administrator.
#[utoipa::path(post, path = "/setup", tag = "setup", request_body = Setup,
    responses((status = 201, body = Empty), (status = 410, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn set_up(
    State(app): State<App>,
    headers: HeaderMap,
    Json(setup): Json<Setup>,
) -> Answer<(StatusCode, Json<Empty>)> {
    let _alone = app.identity.setting_up.lock().await;
    check(&app, &setup.token)?;
    let tenant = TenantId::DEFAULT;
    let email = users::folded(&setup.email);
    let mut errors = Vec::new();
    if !users::is_email(&email) {
        errors.push(Invalid::new("email", "invalid_email", "This is not an e-mail address."));
    }
    errors.extend(Invalid::name("display_name", &setup.display_name));
    if let Some(problem) = password::problem(&setup.password, &email) {
        errors.push(Invalid::new("password", "invalid_password", problem));
    }
    let organisation = setup
        .organisation_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    errors.extend(organisation.and_then(|name| Invalid::name("organisation_name", name)));
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    if users::store::has_admin(&app.db, tenant).await? {
        return Err(done().into());
    }
    let hash = password::hash(setup.password).await?;
    let asked = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let asked = asked.and_then(|tags| tags.split(',').find_map(users::language));
    let language = asked.unwrap_or(&app.config.mail.language);
    let mut change = Change::begin(&app.db, tenant).await?;
    let added = users::store::add_local(
        &mut change,
        &email,
        &setup.display_name,
        &hash,
        language,
        Administers::Installation,
    )
    .await?;
    if added.is_none() {
        let taken = Invalid::new(
            "email",
            "already_exists",
            "There is already an account with this address.",
        );
        return Err(Refused::validation(vec![taken]).into());
    }
    if let Some(name) = organisation {
        tenants::store::set_organisation_name(&mut change, tenant, name).await?;
    }
    change.record(Entry::by(Actor::Nobody, Action::AdministratorAdded));
    change.commit().await?;
    app.tenants.changed();
    *app.identity.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    tracing::info!("set-up done: there is an administrator");
    Ok((StatusCode::CREATED, Json(Empty {})))
}

fn check(app: &App, token: &str) -> Result<(), Refused> {
    // Hashes are compared: how long that takes tells nothing about the token.
    let expected = app
        .identity
        .setup
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if expected == Some(hashed(token)) {
        Ok(())
    } else {
        Err(done())
    }
}

fn done() -> Refused {
    Refused::gone("setup_done", "This address was for the set-up and works no more.")
}
