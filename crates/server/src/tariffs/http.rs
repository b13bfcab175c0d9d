// SPDX-License-Identifier: EUPL-1.2
//! `/v1/admin/tariffs`: what people may use, for administrators of the installation. A tariff that somebody has is not
//! deleted.

use axum::extract::State;
use axum::http::StatusCode;
use konvent_meeting as meeting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Stored};
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::millis;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Operator;
use crate::ids::TariffId;

#[derive(Serialize, ToSchema)]
pub struct TariffEntry {
    pub id: TariffId,
    #[serde(flatten)]
    pub settings: TariffSettings,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct TariffSettings {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// What the tariff claim of a provider calls it.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub external_id: Option<String>,
    /// Bytes of files; null: no limit.
    #[serde(default)]
    pub max_storage: Option<i64>,
    /// How long a meeting may last, in seconds; null: no limit.
    #[serde(default)]
    pub room_time_limit_secs: Option<i64>,
    /// How many people a meeting may have; null: no limit.
    #[serde(default)]
    pub room_participant_limit: Option<i64>,
    /// What may not be used: `module` or `module::feature`.
    #[serde(default)]
    pub disabled: Vec<String>,
}

impl From<Stored> for TariffEntry {
    fn from(stored: Stored) -> TariffEntry {
        TariffEntry {
            id: stored.id,
            settings: TariffSettings {
                disabled: stored.disabled.split_whitespace().map(str::to_owned).collect(),
                name: stored.name,
                external_id: stored.external_id,
                max_storage: stored.max_storage,
                room_time_limit_secs: stored.room_time_limit_secs,
                room_participant_limit: stored.room_participant_limit,
            },
        }
    }
}

/// The tariffs, by name.
#[utoipa::path(get, path = "/admin/tariffs", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = Vec<TariffEntry>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<App>, _operator: Operator) -> Answer<Json<Vec<TariffEntry>>> {
    let tariffs = store::all(&app.db).await?;
    Ok(Json(tariffs.into_iter().map(TariffEntry::from).collect()))
}

/// A new tariff.
#[utoipa::path(post, path = "/admin/tariffs", tag = "admin", security(("bearer" = [])), request_body = TariffSettings,
    responses((status = 201, body = TariffEntry), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Operator(user): Operator,
    Json(body): Json<TariffSettings>,
) -> Answer<(StatusCode, Json<TariffEntry>)> {
    let tariff = checked(TariffId(clock::id()), body)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::add(&mut change, &tariff).await? {
        return Err(taken().into());
    }
    change.record(Entry::by(user.id, Action::TariffCreated).on(tariff.id));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(tariff.into())))
}

/// Sets everything of a tariff; running meetings keep what they began with.
#[utoipa::path(put, path = "/admin/tariffs/{tariff_id}", tag = "admin", security(("bearer" = [])),
    params(("tariff_id" = TariffId, Path)), request_body = TariffSettings,
    responses((status = 200, body = TariffEntry), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn set(
    State(app): State<App>,
    Operator(user): Operator,
    Id(id): Id<TariffId>,
    Json(body): Json<TariffSettings>,
) -> Answer<Json<TariffEntry>> {
    store::by_id(&app.db, id).await?.ok_or_else(Refused::not_found)?;
    let tariff = checked(id, body)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::change(&mut change, &tariff).await? {
        return Err(taken().into());
    }
    change.record(Entry::by(user.id, Action::TariffChanged).on(id));
    change.commit().await?;
    Ok(Json(tariff.into()))
}

/// Deletes a tariff that nobody has.
#[utoipa::path(delete, path = "/admin/tariffs/{tariff_id}", tag = "admin", security(("bearer" = [])),
    params(("tariff_id" = TariffId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, Operator(user): Operator, Id(id): Id<TariffId>) -> Answer<StatusCode> {
    store::by_id(&app.db, id).await?.ok_or_else(Refused::not_found)?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if id == TariffId::STANDARD || !store::remove(&mut change, id).await? {
        let text = "The standard tariff, and one that an organisation or a person has, cannot be deleted.";
        return Err(Refused::new(StatusCode::CONFLICT, "in_use", text).into());
    }
    change.record(Entry::by(user.id, Action::TariffDeleted).on(id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn taken() -> Refused {
    let text = "Name or external id belong to another tariff.";
    Refused::validation(vec![Invalid::new("name", "already_exists", text)])
}

/// The tariff to be stored, if everything in it is valid.
pub fn checked(id: TariffId, settings: TariffSettings) -> Result<Stored, Refused> {
    let mut errors = Vec::new();
    let external_id = settings.external_id.map(|text| text.trim().to_owned());
    let external_id = external_id.filter(|text| !text.is_empty());
    for (field, text) in [("name", Some(&settings.name)), ("external_id", external_id.as_ref())] {
        errors.extend(text.and_then(|text| Invalid::name(field, text)));
    }
    for (field, quota) in [
        ("max_storage", settings.max_storage),
        ("room_time_limit_secs", settings.room_time_limit_secs),
        ("room_participant_limit", settings.room_participant_limit),
    ] {
        // A meeting for nobody, or of no time, is a mistake; no files at all is a choice.
        let least = i64::from(field != "max_storage");
        if quota.is_some_and(|quota| quota < least) {
            errors.push(Invalid::new(field, "invalid_value", format!("At least {least}.")));
        }
    }
    for word in &settings.disabled {
        if !meeting::can_be_disabled(word) {
            errors.push(Invalid::new(
                "disabled",
                "invalid_value",
                "There is no such module or feature.",
            ));
            break;
        }
    }
    if !errors.is_empty() {
        return Err(Refused::validation(errors));
    }
    Ok(Stored {
        id,
        name: settings.name.trim().to_owned(),
        external_id,
        max_storage: settings.max_storage,
        room_time_limit_secs: settings.room_time_limit_secs,
        room_participant_limit: settings.room_participant_limit,
        disabled: settings.disabled.join(" "),
        created_at: millis(clock::now()),
    })
}
