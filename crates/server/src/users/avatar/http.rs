// SPDX-License-Identifier: EUPL-1.2
//! Setting, removing and showing pictures of people: `/v1/users/me/avatar`, `/v1/avatars`. One at a time for each person.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::picture::{self, Unfit};
use super::{initials, store};
use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::ids::UserId;
use crate::users::http::PrivateUserProfile;
use crate::users::{self, http};

/// Each takes up to 32 MiB and a processor for its moment.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Whose picture is being drawn.
static DRAWN_FOR: Mutex<BTreeSet<UserId>> = Mutex::new(BTreeSet::new());

/// One picture at a time for each person, so that nobody makes others wait; over when it is dropped.
struct Turn(UserId);

impl Turn {
    fn of(user: UserId) -> Result<Turn, Refused> {
        let mut drawn_for = DRAWN_FOR.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn_for.insert(user) {
            return Ok(Turn(user));
        }
        let text = "Your last picture is still being read. Wait a moment, then try again.";
        Err(Refused::too_many("too_many_attempts", text, 1))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        DRAWN_FOR.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Sets one's own picture: PNG, JPEG or WebP of at most 128 KiB and 1024 by 1024 pixels. It is drawn anew: whatever else is
/// in the file (place, camera, movement) is not kept. Clients send a square of 256 by 256 pixels.
#[utoipa::path(put, path = "/users/me/avatar", tag = "users", security(("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = PrivateUserProfile), (status = 422, body = ErrorBody),
        (status = 429, description = "One picture at a time", body = ErrorBody)))]
pub async fn set(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    content: Bytes,
) -> Answer<Json<PrivateUserProfile>> {
    let turn = Turn::of(user.id)?;
    let place = AT_ONCE.acquire().await.map_err(anyhow::Error::from)?;
    // Drawing goes on when the client goes away, and so does what it holds.
    let redrawn = tokio::task::spawn_blocking(move || {
        let _held = (turn, place);
        picture::redrawn(&content)
    })
    .await;
    let picture = redrawn.map_err(anyhow::Error::from)?.map_err(refused)?;
    let (id, now) = (clock::token(), millis(clock::now()));
    let content = STANDARD.encode(&picture.content);
    store::set(&app.db, user.tenant, user.id, id, picture.kind, &content, now).await?;
    let user = users::store::by_id(&app.db, user.tenant, user.id).await?;
    Ok(Json(
        http::profile(&app, user.ok_or_else(Refused::not_found)?, &origin).await?,
    ))
}

fn refused(unfit: Unfit) -> Refused {
    let (code, text) = match unfit {
        Unfit::TooLarge => (
            "too_large",
            format!("A picture has at most {} KiB.", picture::LARGEST / 1024),
        ),
        Unfit::TooManyPixels => {
            let most = picture::MOST_PIXELS;
            (
                "too_many_pixels",
                format!("A picture has at most {most} by {most} pixels."),
            )
        }
        Unfit::NoPicture => ("invalid_format", "Send a PNG, JPEG or WebP picture.".to_owned()),
    };
    Refused::validation(vec![Invalid::new("avatar", code, text)])
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
    // A new picture has a new address; a removed one is gone within the hour.
    Ok((headers(kind, "private, max-age=3600, immutable"), content).into_response())
}

/// The picture of somebody who has set none.
#[utoipa::path(get, path = "/avatars/initials/{initials}", tag = "users", params(("initials" = String, Path, example = "AA")),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml")))]
pub async fn get_initials(Id(letters): Id<String>) -> Answer<Response> {
    let drawn = initials::drawn(&letters).ok_or_else(Refused::not_found)?;
    let kind = HeaderValue::from_static("image/svg+xml");
    Ok((headers(kind, "public, max-age=86400"), drawn).into_response())
}

/// A browser takes it for a picture of this kind and for nothing else, also when its address is opened.
fn headers(kind: HeaderValue, caching: &'static str) -> [(HeaderName, HeaderValue); 5] {
    let policy = "sandbox; default-src 'none'";
    [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        // Front ends of other origins show it, too.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_of_a_person_is_drawn_at_a_time_and_others_do_not_wait_for_it() {
        let [anna, bo] = [1, 2].map(|number| UserId(Uuid::from_u128(number)));
        let first = Turn::of(anna);
        assert!(first.is_ok() && Turn::of(anna).is_err() && Turn::of(bo).is_ok());
        drop(first);
        assert!(Turn::of(anna).is_ok());
    }
}
