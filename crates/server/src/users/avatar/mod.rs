// SPDX-License-Identifier: EUPL-1.2
//! Pictures of people: set and removed by themselves, shown to whoever got the address with a profile. Nothing of a foreign
//! server is ever shown, and no address of one is made. The rule: what is served is one of three kinds of picture, told by
//! its first bytes, not by who sent it.

pub mod store;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::identity::caller::Known;
use crate::users::http::PrivateUserProfile;
use crate::users::{self, http};

/// Enough for 256 by 256 pixels; clients shrink pictures before they send them.
const LARGEST: usize = 128 * 1024;

/// Where a picture is, relative to this server; empty: there is none.
pub fn address(avatar: Option<&str>) -> String {
    avatar.map(|id| format!("/v1/avatars/{id}")).unwrap_or_default()
}

/// The media type of a picture, by how it begins.
fn kind(content: &[u8]) -> Option<&'static str> {
    let is_webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
    match content {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

/// Sets one's own picture: PNG, JPEG or WebP of at most 128 KiB. Clients send a square of 256 by 256 pixels.
#[utoipa::path(put, path = "/users/me/avatar", tag = "users", security(("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = PrivateUserProfile), (status = 422, body = ErrorBody)))]
pub async fn set(State(app): State<App>, Known(user): Known, content: Bytes) -> Answer<Json<PrivateUserProfile>> {
    let refused = |code, text: &str| Refused::validation(vec![Invalid::new("avatar", code, text)]);
    if content.len() > LARGEST {
        return Err(refused("too_large", "A picture has at most 128 KiB.").into());
    }
    let Some(kind) = kind(&content) else {
        return Err(refused("invalid_format", "Send a PNG, JPEG or WebP picture.").into());
    };
    let (id, now) = (clock::token(), millis(clock::now()));
    store::set(&app.db, user.tenant, user.id, id, kind, &STANDARD.encode(&content), now).await?;
    let user = users::store::by_id(&app.db, user.tenant, user.id).await?;
    Ok(Json(http::profile(&app, user.ok_or_else(Refused::not_found)?).await?))
}

/// Removes one's own picture.
#[utoipa::path(delete, path = "/users/me/avatar", tag = "users", security(("bearer" = [])), responses((status = 204)))]
pub async fn remove(State(app): State<App>, Known(user): Known) -> Answer<StatusCode> {
    store::remove(&app.db, user.tenant, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A picture by the address in a profile; needs no login, because pages show it by its address.
#[utoipa::path(get, path = "/avatars/{avatar_id}", tag = "users", params(("avatar_id" = Uuid, Path)),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/*")))]
pub async fn get(State(app): State<App>, Id(id): Id<Uuid>) -> Answer<Response> {
    let found = store::find(&app.db, id).await?;
    let (kind, content) = found.ok_or_else(Refused::not_found)?;
    let content = STANDARD.decode(content).map_err(anyhow::Error::from)?;
    let kind = HeaderValue::from_str(&kind).map_err(anyhow::Error::from)?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
        // A new picture has a new address; a removed one is gone within the hour.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=3600, immutable"),
        ),
    ];
    Ok((headers, content).into_response())
}
