// SPDX-License-Identifier: EUPL-1.2
//! `/v1/users` (profile §2): one's own profile and tariff. Not log-in: that is in `identity`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::profile::{PublicUserProfile, UnregisteredPerson};
use super::{Administers, User, avatar, store};
use crate::app::App;
use crate::assets;
use crate::change::{Change, Fields};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::{TenantId, UserId};
use crate::tariffs::{self, Tariff};
use crate::tenants::Organisation;

/// What only oneself sees. `avatar_url` is an address of this server that serves a picture.
#[derive(Serialize, ToSchema)]
pub struct PrivateUserProfile {
    pub id: UserId,
    pub email: String,
    pub title: String,
    pub firstname: String,
    pub lastname: String,
    pub display_name: String,
    pub avatar_url: String,
    pub dashboard_theme: String,
    pub conference_theme: String,
    pub language: String,
    pub tariff_status: tariffs::Status,
    pub used_storage: u64,
    /// Konvent's own: whether the person administers their organisation.
    pub is_admin: bool,
    /// Konvent's own: what exactly they administer.
    pub administers: Administers,
    /// Konvent's own: the organisation they belong to, as its pages shall show it.
    pub tenant_id: TenantId,
    pub organisation: Organisation,
}

#[derive(Deserialize, ToSchema)]
pub struct PatchMe {
    #[schema(max_length = 255)]
    pub title: Option<String>,
    #[schema(min_length = 1, max_length = 255)]
    pub display_name: Option<String>,
    #[schema(min_length = 1, max_length = 35)]
    pub language: Option<String>,
    pub dashboard_theme: Option<String>,
    pub conference_theme: Option<String>,
}

impl PrivateUserProfile {
    fn of(user: User, origin: &Origin) -> PrivateUserProfile {
        PrivateUserProfile {
            avatar_url: avatar::of(&user, origin),
            administers: user.administers(),
            id: user.id,
            email: user.email,
            title: user.title,
            firstname: user.firstname,
            lastname: user.lastname,
            display_name: user.display_name,
            dashboard_theme: user.dashboard_theme,
            conference_theme: user.conference_theme,
            language: user.language,
            tariff_status: tariffs::Status::told(&user.tariff_status),
            used_storage: 0,
            is_admin: user.is_admin,
            tenant_id: user.tenant,
            organisation: Organisation::default(),
        }
    }
}

/// One's own profile; the first call after login.
#[utoipa::path(get, path = "/users/me", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = PrivateUserProfile), (status = 401, body = ErrorBody)))]
pub async fn me(State(app): State<App>, Known(user): Known, origin: Origin) -> Answer<Json<PrivateUserProfile>> {
    Ok(Json(profile(&app, user, &origin).await?))
}

pub async fn profile(app: &App, user: User, origin: &Origin) -> sqlx::Result<PrivateUserProfile> {
    let used_storage = assets::store::used(&app.db, user.tenant, user.id).await?;
    Ok(PrivateUserProfile {
        used_storage,
        organisation: app.organisation(user.tenant).await,
        ..PrivateUserProfile::of(user, origin)
    })
}

/// Changes one's own profile; absent fields stay.
#[utoipa::path(patch, path = "/users/me", tag = "users", security(("bearer" = [])), request_body = PatchMe,
    responses((status = 200, body = PrivateUserProfile), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn patch_me(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Json(patch): Json<PatchMe>,
) -> Answer<Json<PrivateUserProfile>> {
    let (mut fields, mut errors) = (Fields::default(), Vec::new());
    if let Some(title) = patch.title {
        if !title.is_empty() {
            errors.extend(Invalid::name("title", &title));
        }
        fields.text("title", title);
    }
    if let Some(name) = patch.display_name {
        errors.extend(Invalid::name("display_name", &name));
        fields.text("display_name", name.trim().to_owned());
    }
    if let Some(language) = patch.language {
        if language.is_empty()
            || language.len() > 35
            || !language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            errors.push(Invalid::new(
                "language",
                "invalid_value",
                "A language tag such as de or en.",
            ));
        }
        fields.text("language", language);
    }
    for (field, theme) in [
        ("dashboard_theme", patch.dashboard_theme),
        ("conference_theme", patch.conference_theme),
    ] {
        if let Some(theme) = theme {
            if !["light", "dark", "system"].contains(&theme.as_str()) {
                errors.push(Invalid::new(field, "invalid_value", "light, dark or system."));
            }
            fields.text(field, theme);
        }
    }
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    let mut change = Change::begin(&app.db, user.tenant).await?;
    store::change(&mut change, user.id, &fields).await?;
    change.commit().await?;
    let user = store::by_id(&app.db, user.tenant, user.id).await?;
    let user = user.ok_or_else(Refused::not_found)?;
    Ok(Json(profile(&app, user, &origin).await?))
}

/// What one may use.
#[utoipa::path(get, path = "/users/me/tariff", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = Tariff), (status = 401, body = ErrorBody)))]
pub async fn my_tariff(
    axum::extract::State(app): axum::extract::State<App>,
    Known(user): Known,
) -> Answer<Json<Tariff>> {
    Ok(Json(app.tariffs.of(&user).await?.into()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// Beginnings of words of the name or e-mail address, at least [`SHORTEST_QUERY`] characters.
    pub q: String,
}

/// Somebody who can be invited.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FoundPerson {
    /// Has logged in at least once.
    Registered(PublicUserProfile),
    /// The OpenID provider knows them; they are invited by their address.
    Unregistered(UnregisteredPerson),
}

/// People of the provider's directory who are not known here yet.
async fn unregistered(
    app: &App,
    tenant: TenantId,
    origin: &Origin,
    query: &str,
    most: i64,
) -> sqlx::Result<Vec<FoundPerson>> {
    let mut found = Vec::new();
    let Some(directory) = app.directory_of(tenant) else {
        return Ok(found);
    };
    for entry in directory.find(query, most).await {
        let email = super::folded(&entry.email.unwrap_or_default());
        if !super::is_email(&email) || store::by_email(&app.db, tenant, &email).await?.is_some() {
            continue;
        }
        let person = UnregisteredPerson::new(email, entry.first_name, entry.last_name, origin);
        found.push(FoundPerson::Unregistered(person));
    }
    Ok(found)
}

/// Fewer characters find too much to be of use.
const SHORTEST_QUERY: usize = 3;
/// So many are shown; who is not among them is found with more letters.
const MOST_FOUND: i64 = 20;

/// Looks for people of one's organisation; capitals, accents and umlauts do not count.
#[utoipa::path(get, path = "/users/find", tag = "users", security(("bearer" = [])), params(FindQuery),
    responses((status = 200, body = Vec<FoundPerson>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn find(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Query(query): Query<FindQuery>,
) -> Answer<Json<Vec<FoundPerson>>> {
    let asked = searched(&app, &query)?;
    let known = store::find(&app.db, user.tenant, asked, MOST_FOUND).await?.into_iter();
    let registered = |user| FoundPerson::Registered(PublicUserProfile::of(user, &origin));
    let mut found: Vec<FoundPerson> = known.map(registered).collect();
    let left = MOST_FOUND - i64::try_from(found.len()).unwrap_or(MOST_FOUND);
    if left > 0 {
        found.extend(unregistered(&app, user.tenant, &origin, asked, left).await?);
    }
    Ok(Json(found))
}

/// People whom the OpenID provider, or an administrator, counts together; inviting it invites them all.
#[derive(Serialize, ToSchema)]
pub struct Group {
    pub name: String,
    pub members: i64,
}

/// Looks for groups of one's organisation; Konvent's own.
#[utoipa::path(get, path = "/users/groups", tag = "users", security(("bearer" = [])), params(FindQuery),
    responses((status = 200, body = Vec<Group>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn groups(
    State(app): State<App>,
    Known(user): Known,
    Query(query): Query<FindQuery>,
) -> Answer<Json<Vec<Group>>> {
    let asked = searched(&app, &query)?;
    let words = super::search::plain(asked);
    let all = store::all_groups(&app.db, user.tenant).await?.into_iter();
    let found = all.filter(|(name, _)| super::search::plain(name).contains(&words));
    let most = usize::try_from(MOST_FOUND).unwrap_or(0);
    Ok(Json(
        found
            .take(most)
            .map(|(name, members)| Group { name, members })
            .collect(),
    ))
}

/// What is looked for, if looking is allowed and it is enough.
fn searched<'a>(app: &App, query: &'a FindQuery) -> Result<&'a str, Refused> {
    if !app.config.users.search {
        return Err(Refused::not_found());
    }
    let asked = query.q.trim();
    if asked.chars().count() < SHORTEST_QUERY {
        return Err(Refused::bad_request(format!(
            "Give at least {SHORTEST_QUERY} characters."
        )));
    }
    Ok(asked)
}

/// Somebody of one's organisation.
#[utoipa::path(get, path = "/users/{user_id}", tag = "users", security(("bearer" = [])), params(("user_id" = UserId, Path)),
    responses((status = 200, body = PublicUserProfile), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn one(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id(id): Id<UserId>,
) -> Answer<Json<PublicUserProfile>> {
    let found = store::by_id(&app.db, user.tenant, id).await?;
    Ok(Json(PublicUserProfile::of(
        found.ok_or_else(Refused::not_found)?,
        &origin,
    )))
}
