// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/tenants`: the organisations of an installation and their OpenID providers, for its administrators. A tenant
//! is disabled, never deleted here: its people, rooms and files stay until the operator decides.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Issuer, Tenant};
use crate::address::{is_allowed, is_link, is_origin};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::{Change, Fields};
use crate::clock;
use crate::db::{millis, time};
use crate::http::extract::{Id, Json, Query, present};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Operator;
use crate::ids::{TariffId, TenantId};
use crate::tariffs;
use crate::users;

#[derive(Serialize, ToSchema)]
pub struct TenantResource {
    pub id: TenantId,
    /// For administrators; unique.
    pub name: String,
    /// What pages call it; null: as the settings say.
    pub organisation_name: Option<String>,
    /// What the tenant claim of a shared provider calls it.
    pub external_id: Option<String>,
    /// Its own web address, like `https://meet.example.org`.
    pub address: Option<String>,
    /// `#rrggbb`
    pub colour_light: Option<String>,
    pub colour_dark: Option<String>,
    /// Where its pages lead for what the law wants there (https, http or mailto); null: as the settings say, or nowhere.
    pub imprint_url: Option<String>,
    pub data_protection_url: Option<String>,
    pub accessibility_url: Option<String>,
    /// Of its people who have none of their own; null: the standard one.
    pub tariff_id: Option<TariffId>,
    pub disabled: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// How many people it has.
    pub users: u64,
    /// OpenID providers beside the one of the settings.
    pub issuers: Vec<IssuerResource>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct IssuerResource {
    /// Address of the provider.
    pub issuer: String,
    #[schema(min_length = 1, max_length = 255)]
    pub client_id: String,
    /// Empty: the client id.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub audience: String,
    /// The claim that names the tenant of each person by external id; null: all belong to this tenant.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub tenant_claim: Option<String>,
    /// It vouches for every e-mail address that it tells. Otherwise only those lead to people here of which it says
    /// `email_verified`.
    #[serde(default)]
    pub emails_verified: bool,
}

#[derive(Deserialize, ToSchema)]
pub struct PostTenant {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    #[schema(max_length = 255)]
    pub organisation_name: Option<String>,
    #[schema(max_length = 255)]
    pub external_id: Option<String>,
    pub address: Option<String>,
    pub colour_light: Option<String>,
    pub colour_dark: Option<String>,
    pub imprint_url: Option<String>,
    pub data_protection_url: Option<String>,
    pub accessibility_url: Option<String>,
    pub tariff_id: Option<TariffId>,
}

/// Absent fields stay; null takes a value away.
#[derive(Deserialize, ToSchema)]
pub struct PatchTenant {
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    pub organisation_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    pub external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub colour_light: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub colour_dark: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub imprint_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub data_protection_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub accessibility_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TariffId>)]
    pub tariff_id: Option<Option<TariffId>>,
    pub disabled: Option<bool>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IssuerQuery {
    /// Address of the provider.
    pub issuer: String,
}

impl From<Issuer> for IssuerResource {
    fn from(issuer: Issuer) -> IssuerResource {
        IssuerResource {
            issuer: issuer.issuer,
            client_id: issuer.client_id,
            audience: issuer.audience,
            tenant_claim: issuer.tenant_claim,
            emails_verified: issuer.emails_verified,
        }
    }
}

async fn resources(app: &App, tenants: Vec<Tenant>) -> sqlx::Result<Vec<TenantResource>> {
    let counts = users::store::counts(&app.db).await?;
    let issuers = store::issuers(&app.db).await?;
    let resource = |tenant: Tenant| TenantResource {
        users: counts
            .iter()
            .find(|(id, _)| *id == tenant.id)
            .map_or(0, |(_, count)| *count),
        issuers: issuers
            .iter()
            .filter(|issuer| issuer.tenant == tenant.id)
            .cloned()
            .map(IssuerResource::from)
            .collect(),
        id: tenant.id,
        name: tenant.name,
        organisation_name: tenant.organisation_name,
        external_id: tenant.external_id,
        address: tenant.address,
        colour_light: tenant.colour_light,
        colour_dark: tenant.colour_dark,
        imprint_url: tenant.imprint_url,
        data_protection_url: tenant.data_protection_url,
        accessibility_url: tenant.accessibility_url,
        tariff_id: tenant.tariff,
        disabled: tenant.disabled,
        created_at: time(tenant.created_at),
    };
    Ok(tenants.into_iter().map(resource).collect())
}

async fn resource(app: &App, tenant: Tenant) -> Answer<Json<TenantResource>> {
    let mut one = resources(app, vec![tenant]).await?;
    Ok(Json(one.pop().ok_or_else(Refused::not_found)?))
}

/// The organisations, by name.
#[utoipa::path(get, path = "/admin/tenants", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = Vec<TenantResource>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<App>, _operator: Operator) -> Answer<Json<Vec<TenantResource>>> {
    let tenants = store::all(&app.db).await?;
    Ok(Json(resources(&app, tenants).await?))
}

/// A new organisation.
#[utoipa::path(post, path = "/admin/tenants", tag = "admin", security(("bearer" = [])), request_body = PostTenant,
    responses((status = 201, body = TenantResource), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Operator(user): Operator,
    Json(body): Json<PostTenant>,
) -> Answer<(StatusCode, Json<TenantResource>)> {
    let tenant = Tenant {
        organisation_name: body.organisation_name,
        external_id: body.external_id,
        address: body.address,
        colour_light: body.colour_light,
        colour_dark: body.colour_dark,
        imprint_url: body.imprint_url,
        data_protection_url: body.data_protection_url,
        accessibility_url: body.accessibility_url,
        tariff: body.tariff_id,
        ..Tenant::new(body.name)
    };
    let tenant = checked(&app, tenant).await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::add(&mut change, &tenant).await? {
        return Err(taken().into());
    }
    change.record(Entry::by(user.id, Action::TenantCreated).on(tenant.id));
    change.commit().await?;
    app.tenants.changed();
    Ok((StatusCode::CREATED, resource(&app, tenant).await?))
}

/// Changes an organisation; disabled, its people cannot log in, its guest links open nothing and its meetings end.
#[utoipa::path(patch, path = "/admin/tenants/{tenant_id}", tag = "admin", security(("bearer" = [])),
    params(("tenant_id" = TenantId, Path)), request_body = PatchTenant,
    responses((status = 200, body = TenantResource), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn change(
    State(app): State<App>,
    Operator(user): Operator,
    Id(id): Id<TenantId>,
    Json(patch): Json<PatchTenant>,
) -> Answer<Json<TenantResource>> {
    let mut tenant = store::by_id(&app.db, id).await?.ok_or_else(Refused::not_found)?;
    patch.write(&mut tenant);
    if tenant.disabled && id == user.tenant {
        let text = "This is your own organisation: nobody could enable it again.";
        return Err(Refused::new(StatusCode::CONFLICT, "own_tenant", text).into());
    }
    let tenant = checked(&app, tenant).await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::change(&mut change, id, &patch.fields(&tenant)).await? {
        return Err(taken().into());
    }
    change.record(Entry::by(user.id, Action::TenantChanged).on(id));
    change.commit().await?;
    app.tenants.changed();
    if tenant.disabled {
        app.registry.end_all(id).await;
    }
    let tenant = store::by_id(&app.db, id).await?.ok_or_else(Refused::not_found)?;
    resource(&app, tenant).await
}

impl PatchTenant {
    fn write(&self, tenant: &mut Tenant) {
        if let Some(name) = &self.name {
            tenant.name.clone_from(name);
        }
        let texts = [
            (&self.organisation_name, &mut tenant.organisation_name),
            (&self.external_id, &mut tenant.external_id),
            (&self.address, &mut tenant.address),
            (&self.colour_light, &mut tenant.colour_light),
            (&self.colour_dark, &mut tenant.colour_dark),
            (&self.imprint_url, &mut tenant.imprint_url),
            (&self.data_protection_url, &mut tenant.data_protection_url),
            (&self.accessibility_url, &mut tenant.accessibility_url),
        ];
        for (given, place) in texts {
            if let Some(text) = given {
                place.clone_from(text);
            }
        }
        tenant.tariff = self.tariff_id.unwrap_or(tenant.tariff);
        tenant.disabled = self.disabled.unwrap_or(tenant.disabled);
    }

    /// What was given, as it is to be stored.
    fn fields(&self, checked: &Tenant) -> Fields {
        let mut fields = Fields::default();
        if self.name.is_some() {
            fields.text("name", checked.name.clone());
        }
        for (given, column, text) in [
            (
                self.organisation_name.is_some(),
                "organisation_name",
                &checked.organisation_name,
            ),
            (self.external_id.is_some(), "external_id", &checked.external_id),
            (self.address.is_some(), "address", &checked.address),
            (self.colour_light.is_some(), "colour_light", &checked.colour_light),
            (self.colour_dark.is_some(), "colour_dark", &checked.colour_dark),
            (self.imprint_url.is_some(), "imprint_url", &checked.imprint_url),
            (
                self.data_protection_url.is_some(),
                "data_protection_url",
                &checked.data_protection_url,
            ),
            (
                self.accessibility_url.is_some(),
                "accessibility_url",
                &checked.accessibility_url,
            ),
        ] {
            if given {
                fields.text(column, text.clone());
            }
        }
        if let Some(tariff) = self.tariff_id {
            fields.text("tariff", tariff.map(|tariff| tariff.to_string()));
        }
        if let Some(disabled) = self.disabled {
            fields.flag("disabled", disabled);
        }
        fields
    }
}

/// Adds an OpenID provider with which people of this organisation log in.
#[utoipa::path(post, path = "/admin/tenants/{tenant_id}/issuers", tag = "admin", security(("bearer" = [])),
    params(("tenant_id" = TenantId, Path)), request_body = IssuerResource,
    responses((status = 201, body = TenantResource), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn add_issuer(
    State(app): State<App>,
    Operator(user): Operator,
    Id(id): Id<TenantId>,
    Json(body): Json<IssuerResource>,
) -> Answer<(StatusCode, Json<TenantResource>)> {
    let tenant = store::by_id(&app.db, id).await?.ok_or_else(Refused::not_found)?;
    let issuer = body.issuer.trim_end_matches('/').to_owned();
    let mut errors = Vec::new();
    if !is_allowed(&issuer) {
        let text = "An https:// address as the provider's discovery document names it.";
        errors.push(Invalid::new("issuer", "invalid_value", text));
    }
    for (field, text, needed) in [
        ("client_id", Some(&body.client_id), true),
        ("audience", Some(&body.audience), false),
        ("tenant_claim", body.tenant_claim.as_ref(), false),
    ] {
        let text = text.map_or("", String::as_str);
        if needed || !text.is_empty() {
            errors.extend(Invalid::name(field, text));
        }
    }
    if !errors.is_empty() {
        return Err(Refused::validation(errors).into());
    }
    let issuer = Issuer {
        tenant: id,
        issuer,
        client_id: body.client_id,
        audience: body.audience,
        tenant_claim: body.tenant_claim.filter(|claim| !claim.is_empty()),
        emails_verified: body.emails_verified,
        created_at: millis(clock::now()),
    };
    let known = issuer.issuer == app.config.identity.issuer;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if known || !store::add_issuer(&mut change, &issuer).await? {
        let text = "This provider is known already.";
        return Err(Refused::validation(vec![Invalid::new("issuer", "already_exists", text)]).into());
    }
    let entry = Entry::by(user.id, Action::TenantChanged).on(id);
    change.record(entry.with("change", "issuer_added"));
    change.commit().await?;
    app.tenants.changed();
    Ok((StatusCode::CREATED, resource(&app, tenant).await?))
}

/// Takes a provider away; its people cannot come any more.
#[utoipa::path(delete, path = "/admin/tenants/{tenant_id}/issuers", tag = "admin", security(("bearer" = [])),
    params(("tenant_id" = TenantId, Path), IssuerQuery),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove_issuer(
    State(app): State<App>,
    Operator(user): Operator,
    Id(id): Id<TenantId>,
    Query(query): Query<IssuerQuery>,
) -> Answer<StatusCode> {
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::remove_issuer(&mut change, id, &query.issuer).await? {
        return Err(Refused::not_found().into());
    }
    let entry = Entry::by(user.id, Action::TenantChanged).on(id);
    change.record(entry.with("change", "issuer_removed"));
    change.commit().await?;
    app.tenants.changed();
    Ok(StatusCode::NO_CONTENT)
}

fn taken() -> Refused {
    let text = "Name, external id or address belong to another organisation.";
    Refused::validation(vec![Invalid::new("name", "already_exists", text)])
}

/// The tenant with empty texts taken for none, if everything in it is valid.
async fn checked(app: &App, mut tenant: Tenant) -> Answer<Tenant> {
    let mut errors = problems(&mut tenant);
    if let Some(tariff) = tenant.tariff
        && tariffs::store::by_id(&app.db, tariff).await?.is_none()
    {
        errors.push(Invalid::new("tariff_id", "invalid_value", "There is no such tariff."));
    }
    if errors.is_empty() {
        Ok(tenant)
    } else {
        Err(Refused::validation(errors).into())
    }
}

/// Takes empty texts for none, and says what else is wrong.
pub fn problems(tenant: &mut Tenant) -> Vec<Invalid> {
    let mut errors = Vec::new();
    tenant.name = tenant.name.trim().to_owned();
    for text in [
        &mut tenant.organisation_name,
        &mut tenant.external_id,
        &mut tenant.address,
        &mut tenant.colour_light,
        &mut tenant.colour_dark,
        &mut tenant.imprint_url,
        &mut tenant.data_protection_url,
        &mut tenant.accessibility_url,
    ] {
        *text = text
            .take()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
    }
    for (field, text) in [
        ("name", Some(&tenant.name)),
        ("organisation_name", tenant.organisation_name.as_ref()),
        ("external_id", tenant.external_id.as_ref()),
    ] {
        errors.extend(text.and_then(|text| Invalid::name(field, text)));
    }
    if tenant.address.as_deref().is_some_and(|address| !is_origin(address)) {
        let text = "An address like https://meet.example.org, without a path.";
        errors.push(Invalid::new("address", "invalid_value", text));
    }
    for (field, colour) in [
        ("colour_light", &tenant.colour_light),
        ("colour_dark", &tenant.colour_dark),
    ] {
        if colour.as_deref().is_some_and(|colour| !is_colour(colour)) {
            errors.push(Invalid::new(field, "invalid_value", "A colour like #1f4e79."));
        }
    }
    for (field, link) in [
        ("imprint_url", &tenant.imprint_url),
        ("data_protection_url", &tenant.data_protection_url),
        ("accessibility_url", &tenant.accessibility_url),
    ] {
        if link.as_deref().is_some_and(|link| !is_link(link)) {
            let text = "An address that begins with https://, http:// or mailto:.";
            errors.push(Invalid::new(field, "invalid_value", text));
        }
    }
    errors
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}
