// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/users`: the people of an organisation, for its administrators. What somebody does with their own account is
//! in `users::http` and `identity::provider::account`. Administrators of the installation reach other tenants, too; nobody
//! takes rights from themselves.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{StatusCode, header};
use jiff::Timestamp;
use konvent_meeting::ParticipantId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Listed};
use super::{Administers, LOCAL, User, folded, is_email};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::{Change, Fields};
use crate::db::time;
use crate::http::extract::{Id, Json, Query, present};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::numbered::Numbered;
use crate::http::origin::Origin;
use crate::identity::caller::Administrator;
use crate::identity::password;
use crate::identity::provider;
use crate::identity::provider::account::{self, link};
use crate::ids::{TariffId, TenantId, UserId};
use crate::{tariffs, tenants, users};

const MOST_GROUPS: usize = 100;

/// A person as administrators see them.
#[derive(Serialize, ToSchema)]
pub struct UserResource {
    pub id: UserId,
    pub tenant_id: TenantId,
    pub email: String,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub administers: Administers,
    /// Cannot log in.
    pub disabled: bool,
    /// Was invited by mail and has not chosen a password yet.
    pub invited: bool,
    /// Their own tariff; null: their organisation's.
    pub tariff_id: Option<TariffId>,
    pub tariff_status: tariffs::Status,
    /// Has an account of the built-in login, and no OpenID provider.
    pub local: bool,
    /// As the provider says, or an administrator.
    pub groups: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Listed> for UserResource {
    fn from(listed: Listed) -> UserResource {
        let Listed {
            user,
            issuer,
            disabled,
            invited,
            created_at,
            groups,
        } = listed;
        UserResource {
            administers: user.administers(),
            tariff_status: tariffs::Status::told(&user.tariff_status),
            id: user.id,
            tenant_id: user.tenant,
            email: user.email,
            title: user.title,
            firstname: user.firstname,
            lastname: user.lastname,
            display_name: user.display_name,
            disabled,
            invited,
            tariff_id: user.tariff,
            local: issuer == LOCAL,
            groups,
            created_at: time(created_at),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Beginnings of words of the name or e-mail address.
    #[serde(default)]
    pub q: String,
    /// Another organisation than one's own; for administrators of the installation.
    pub tenant_id: Option<TenantId>,
    /// From 1.
    pub page: Option<i64>,
    /// 1 to 100, by default 30.
    pub per_page: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TenantQuery {
    /// Another organisation than one's own; for administrators of the installation.
    pub tenant_id: Option<TenantId>,
}

/// No `Debug`: a password.
#[derive(Deserialize, ToSchema)]
pub struct PostUser {
    #[schema(min_length = 3, max_length = 255)]
    pub email: String,
    #[schema(min_length = 1, max_length = 255)]
    pub display_name: String,
    /// Null: the person is invited by mail to choose one.
    #[schema(min_length = 10, max_length = 256)]
    pub password: Option<String>,
    #[serde(default)]
    pub administers: Administers,
    /// Of mails and pages, until the person chooses: `de` or `en`. Null: the installation's.
    pub language: Option<String>,
    /// Another organisation than one's own; for administrators of the installation.
    pub tenant_id: Option<TenantId>,
}

/// Absent fields stay.
#[derive(Deserialize, ToSchema)]
pub struct PatchUser {
    pub administers: Option<Administers>,
    pub disabled: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TariffId>)]
    pub tariff_id: Option<Option<TariffId>>,
    /// Groups of an account of the built-in login; those of others are the provider's word.
    #[schema(max_items = 100)]
    pub groups: Option<Vec<String>>,
}

/// The tenant that is meant: one's own, or for administrators of the installation any.
pub fn chosen(user: &User, asked: Option<TenantId>) -> Result<TenantId, Refused> {
    match asked {
        None => Ok(user.tenant),
        Some(tenant) if tenant == user.tenant || user.is_operator => Ok(tenant),
        Some(_) => Err(Refused::not_found()),
    }
}

/// The people of an organisation, by last name.
#[utoipa::path(get, path = "/admin/users", tag = "admin", security(("bearer" = [])), params(UsersQuery),
    responses((status = 200, body = Vec<UserResource>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Administrator(user): Administrator,
    Query(query): Query<UsersQuery>,
) -> Answer<([(header::HeaderName, String); 1], Json<Vec<UserResource>>)> {
    let tenant = chosen(&user, query.tenant_id)?;
    let page = Numbered::of(Some(query.page.unwrap_or(1)), query.per_page).ok_or_else(Refused::not_found)?;
    let (count, listed) = store::listed(&app.db, tenant, &query.q, page.size(), page.before()).await?;
    let users = listed.into_iter().map(UserResource::from).collect();
    Ok((page.link(count), Json(users)))
}

/// Adds an account for the built-in login.
#[utoipa::path(post, path = "/admin/users", tag = "admin", security(("bearer" = [])), request_body = PostUser,
    responses((status = 201, body = UserResource), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Administrator(user): Administrator,
    Json(body): Json<PostUser>,
) -> Answer<(StatusCode, Json<UserResource>)> {
    if !app.config.identity.issuer.is_empty() {
        let text = "People are added at the OpenID provider of this server.";
        return Err(Refused::new(StatusCode::CONFLICT, "no_local_accounts", text).into());
    }
    let tenant = chosen(&user, body.tenant_id)?;
    if tenants::store::by_id(&app.db, tenant).await?.is_none() {
        return Err(Refused::not_found().into());
    }
    if body.administers > user.administers() {
        return Err(Refused::forbidden().into());
    }
    let email = folded(&body.email);
    let mut errors = Vec::new();
    if !is_email(&email) {
        errors.push(Invalid::new("email", "invalid_email", "This is not an e-mail address."));
    }
    errors.extend(Invalid::name("display_name", &body.display_name));
    match body.password.as_deref() {
        Some(password) => {
            if let Some(problem) = password::problem(password, &email) {
                errors.push(Invalid::new("password", "invalid_password", problem));
            }
        }
        None if !app.mail.is_on() => {
            let text = "This server sends no mails, so nobody can be invited: give a password.";
            errors.push(Invalid::new("password", "required", text));
        }
        None => {}
    }
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    let invited = body.password.is_none();
    let hash = match body.password {
        Some(password) => password::hash(password).await?,
        None => String::new(),
    };
    let language = match &body.language {
        Some(tag) => users::language(tag).unwrap_or(&app.config.mail.language),
        None => &app.config.mail.language,
    };
    let mut change = Change::begin(&app.db, tenant).await?;
    let added = store::add_local(
        &mut change,
        &email,
        &body.display_name,
        &hash,
        language,
        body.administers,
    )
    .await?;
    let Some((id, account)) = added else {
        let text = "There is already an account with this address.";
        return Err(Refused::validation(vec![Invalid::new("email", "already_exists", text)]).into());
    };
    store::adopt_invitations(&mut change, id, &email).await?;
    let entry = Entry::by(user.id, Action::AccountCreated).on(id);
    change.record(entry.with("administrator", body.administers.is_admin()));
    if invited {
        link::invite(&mut change, &app.mail, id, &account).await?;
    }
    change.commit().await?;
    let added = store::listed_by_id(&app.db, tenant, id).await?;
    Ok((StatusCode::CREATED, Json(added.ok_or_else(Refused::not_found)?.into())))
}

/// Mails the invitation to choose a password again, to somebody who has not chosen one yet.
#[utoipa::path(post, path = "/admin/users/{user_id}/invitation", tag = "admin", security(("bearer" = [])),
    params(("user_id" = UserId, Path), TenantQuery),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn invite_again(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<UserId>,
    Query(query): Query<TenantQuery>,
) -> Answer<StatusCode> {
    let tenant = chosen(&user, query.tenant_id)?;
    let whose = store::listed_by_id(&app.db, tenant, id).await?;
    let whose = whose.ok_or_else(Refused::not_found)?;
    if whose.user.administers() > user.administers() {
        return Err(Refused::forbidden().into());
    }
    if !whose.invited || whose.user.is_blocked {
        let text = "This person has a password already, or is disabled.";
        return Err(Refused::new(StatusCode::CONFLICT, "not_invited", text).into());
    }
    if !app.mail.is_on() {
        let text = "This server sends no mails, so nobody can be invited.";
        return Err(Refused::new(StatusCode::CONFLICT, "no_mail", text).into());
    }
    let account = provider::store::subject(&app.db, tenant, id).await?;
    let mut change = Change::begin(&app.db, tenant).await?;
    link::invite(&mut change, &app.mail, id, &account).await?;
    change.record(Entry::by(user.id, Action::AccountInvited).on(id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor and the passkeys of somebody who has lost them; they log in with their password and add new
/// ones. Not one's own: those take the password.
#[utoipa::path(delete, path = "/admin/users/{user_id}/second_factor", tag = "admin", security(("bearer" = [])),
    params(("user_id" = UserId, Path), TenantQuery),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn remove_second_factor(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<UserId>,
    Query(query): Query<TenantQuery>,
) -> Answer<StatusCode> {
    let tenant = chosen(&user, query.tenant_id)?;
    let whose = store::by_id(&app.db, tenant, id)
        .await?
        .ok_or_else(Refused::not_found)?;
    if whose.administers() > user.administers() {
        return Err(Refused::forbidden().into());
    }
    if id == user.id {
        let text = "Remove your own under Password and logins, with your password.";
        return Err(Refused::new(StatusCode::CONFLICT, "own_account", text).into());
    }
    let account = provider::store::subject(&app.db, tenant, id).await?;
    let mut change = Change::begin(&app.db, tenant).await?;
    if !account::remove_factors(&mut change, id, &account, user.id.into()).await? {
        return Err(Refused::not_found().into());
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A one-time address to set a new password.
#[derive(Serialize, ToSchema)]
pub struct PasswordLink {
    /// Told once. Whoever has it, has the account: hand it over on a safe way.
    #[schema(example = "https://meet.example.org/password?token=…")]
    pub url: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Makes a one-time address with which somebody sets a new password, to be handed over: for who has forgotten theirs where no
/// mails are sent. Until it is used the old password holds; then every login of theirs ends. Not for oneself: that takes the
/// password.
#[utoipa::path(post, path = "/admin/users/{user_id}/password_link", tag = "admin", security(("bearer" = [])),
    params(("user_id" = UserId, Path), TenantQuery),
    responses((status = 201, body = PasswordLink), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn make_password_link(
    State(app): State<App>,
    origin: Origin,
    Administrator(user): Administrator,
    Id(id): Id<UserId>,
    Query(query): Query<TenantQuery>,
) -> Answer<(StatusCode, [(header::HeaderName, &'static str); 1], Json<PasswordLink>)> {
    let tenant = chosen(&user, query.tenant_id)?;
    let whose = store::listed_by_id(&app.db, tenant, id).await?;
    let whose = whose.ok_or_else(Refused::not_found)?;
    if whose.user.administers() > user.administers() {
        return Err(Refused::forbidden().into());
    }
    if id == user.id {
        let text = "Change your own under Password and logins, with your password.";
        return Err(Refused::new(StatusCode::CONFLICT, "own_account", text).into());
    }
    if whose.issuer != LOCAL || whose.user.is_blocked {
        let text = "This person logs in with an OpenID provider, or is disabled.";
        return Err(Refused::new(StatusCode::CONFLICT, "no_password", text).into());
    }
    let account = provider::store::subject(&app.db, tenant, id).await?;
    let mut change = Change::begin(&app.db, tenant).await?;
    let (path, expires_at) = link::hand_out(&mut change, &account).await?;
    change.record(Entry::by(user.id, Action::PasswordLinkMade).on(id));
    change.commit().await?;
    let link = PasswordLink {
        url: format!("{}{path}", origin.as_str()),
        expires_at,
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(link)))
}

/// Changes what somebody may. Disabled, they are logged out everywhere and cannot log in.
#[utoipa::path(patch, path = "/admin/users/{user_id}", tag = "admin", security(("bearer" = [])),
    params(("user_id" = UserId, Path), TenantQuery), request_body = PatchUser,
    responses((status = 200, body = UserResource), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<UserId>,
    Query(query): Query<TenantQuery>,
    Json(patch): Json<PatchUser>,
) -> Answer<Json<UserResource>> {
    let tenant = chosen(&user, query.tenant_id)?;
    let before = store::listed_by_id(&app.db, tenant, id).await?;
    let before = before.ok_or_else(Refused::not_found)?;
    let administers = patch.administers.unwrap_or(before.user.administers());
    let disabled = patch.disabled.unwrap_or(before.disabled);
    let tariff = patch.tariff_id.unwrap_or(before.user.tariff);
    if id == user.id && (disabled || administers < user.administers()) {
        let text = "Another administrator has to do that: nobody can lock themselves out.";
        return Err(Refused::new(StatusCode::CONFLICT, "own_account", text).into());
    }
    // Nobody changes somebody who may more than they, nor gives more than they have.
    if administers > user.administers() || before.user.administers() > user.administers() {
        return Err(Refused::forbidden().into());
    }
    // What people may use is for the installation to decide.
    if tariff != before.user.tariff && !user.is_operator {
        return Err(Refused::forbidden().into());
    }
    if let Some(tariff) = tariff
        && tariffs::store::by_id(&app.db, tariff).await?.is_none()
    {
        let text = "There is no such tariff.";
        return Err(Refused::validation(vec![Invalid::new("tariff_id", "invalid_value", text)]).into());
    }
    let mut groups = None;
    if let Some(given) = &patch.groups {
        if before.issuer != LOCAL {
            let text = "The OpenID provider says to which groups this person belongs.";
            return Err(Refused::new(StatusCode::CONFLICT, "not_local", text).into());
        }
        if given.len() > MOST_GROUPS {
            let text = format!("At most {MOST_GROUPS} groups.");
            return Err(Refused::validation(vec![Invalid::new("groups", "invalid_value", text)]).into());
        }
        if let Some(wrong) = given.iter().find_map(|name| Invalid::name("groups", name)) {
            return Err(Refused::validation(vec![wrong]).into());
        }
        let names: BTreeSet<String> = given.iter().map(|name| name.trim().to_owned()).collect();
        groups = Some(names.into_iter().collect::<Vec<String>>());
    }
    let mut fields = Fields::default();
    if let Some(administers) = patch.administers {
        administers.write(&mut fields);
    }
    if let Some(disabled) = patch.disabled {
        fields.flag("disabled", disabled);
    }
    if let Some(tariff) = patch.tariff_id {
        fields.text("tariff", tariff.map(|tariff| tariff.to_string()));
    }
    let mut change = Change::begin(&app.db, tenant).await?;
    store::administer(&mut change, id, &fields).await?;
    if let Some(groups) = groups {
        store::set_groups(&mut change, id, &groups).await?;
    }
    if disabled {
        store::end_logins(&mut change, id).await?;
    }
    if administers.is_admin() != before.user.is_admin {
        let action = if administers.is_admin() {
            Action::AdministratorAdded
        } else {
            Action::AdministratorRemoved
        };
        change.record(Entry::by(user.id, action).on(id));
    }
    let entry = Entry::by(user.id, Action::AccountChanged).on(id);
    change.record(entry.with("disabled", disabled));
    change.commit().await?;
    if disabled {
        app.registry.expel(tenant, ParticipantId(id.0)).await;
    }
    let after = store::listed_by_id(&app.db, tenant, id).await?;
    Ok(Json(after.ok_or_else(Refused::not_found)?.into()))
}
