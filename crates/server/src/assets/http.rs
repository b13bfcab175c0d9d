// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}/assets`, `/v1/users/me/assets` and `/v1/downloads` (profile §2 and §9). People with an account and a
//! place in the room see its files; its moderators add and remove them. Whatever is served is a download, never a page.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asset, Broken, New, store};
use crate::app::App;
use crate::clock::{self, hashed};
use crate::db::{millis, time};
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Failure, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::{Asker, Known};
use crate::ids::{AssetId, EventId, RoomId};
use crate::rooms::{Role, Room};
use crate::users::User;

#[derive(Serialize, ToSchema)]
pub struct AssetResource {
    pub id: AssetId,
    pub filename: String,
    pub namespace: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub kind: String,
    /// In bytes.
    pub size: i64,
}

/// A new file, and what is left of the quota.
#[derive(Serialize, ToSchema)]
pub struct NewAsset {
    #[serde(flatten)]
    pub asset: AssetResource,
    /// In bytes; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_quota_bytes: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnedAsset {
    #[serde(flatten)]
    pub asset: AssetResource,
    pub room_id: RoomId,
    pub event_id: Option<EventId>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnedAssets {
    pub owned_assets: Vec<OwnedAsset>,
}

#[derive(Serialize, ToSchema)]
pub struct Download {
    /// Works once, within a minute, without a login.
    pub url: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PostAssetQuery {
    /// At most 10 letters or digits.
    pub file_extension: Option<String>,
    /// 1 to 50 of `0-9 A-Z a-z _`.
    pub kind: Option<String>,
    /// Konvent's own: the file's whole name, at most 200 characters. Absent: one is made of the others and the time.
    pub filename: Option<String>,
    /// What the file's name begins with, at most 255 characters.
    pub event_title: Option<String>,
    /// The part of a meeting that made it.
    pub namespace: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// `false`: answer with the address instead of leading there.
    pub redirect: Option<bool>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// From 1.
    pub page: Option<i64>,
    /// 1 to 100, by default 30.
    pub per_page: Option<i64>,
}

impl PageQuery {
    fn limit(&self) -> i64 {
        self.per_page.unwrap_or(30).clamp(1, 100)
    }

    fn page(&self) -> i64 {
        self.page.unwrap_or(1).clamp(1, 1_000_000)
    }

    fn offset(&self) -> i64 {
        (self.page() - 1) * self.limit()
    }

    /// The `Link` header: first, prev, next and last page.
    fn links(&self, total: i64) -> [(header::HeaderName, String); 1] {
        let (page, limit) = (self.page(), self.limit());
        let last = ((total + limit - 1) / limit).max(1);
        let places = [
            (1, "first", true),
            (page - 1, "prev", page > 1),
            (page + 1, "next", page < last),
            (last, "last", true),
        ];
        let links: Vec<String> = places
            .into_iter()
            .filter(|(_, _, there)| *there)
            .map(|(page, rel, _)| format!("<?page={page}&per_page={limit}>; rel=\"{rel}\""))
            .collect();
        [(header::LINK, links.join(", "))]
    }
}

impl From<Asset> for AssetResource {
    fn from(asset: Asset) -> AssetResource {
        AssetResource {
            id: asset.id,
            filename: asset.filename,
            namespace: asset.namespace,
            created_at: time(asset.created_at),
            kind: asset.kind,
            size: asset.size,
        }
    }
}

fn unavailable(error: &anyhow::Error) -> Failure {
    tracing::warn!(
        error = format!("{error:#}"),
        "the storage for files does not answer as it should"
    );
    let text = "The storage for files does not answer. Please try again later.";
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", text).into()
}

impl From<Broken> for Failure {
    fn from(reason: Broken) -> Failure {
        match reason {
            Broken::Quota => too_much(
                "storage_quota_exceeded",
                "The storage quota of this room's owner is used up.",
            )
            .into(),
            Broken::TooLarge => too_much("file_too_large", "This file is larger than one file may be.").into(),
            Broken::TooMany => {
                let text = "You are sending other files already. Wait until one of them is done.";
                Refused::too_many("too_many_uploads", text, 10).into()
            }
            Broken::Off => Refused::bad_request("The upload broke off. Nothing of it was kept.").into(),
            Broken::Empty => Refused::bad_request("The file is empty.").into(),
            Broken::NoRoom => Refused::not_found().into(),
            Broken::NoSpace => {
                tracing::error!("the disk for files is full");
                let text = "The server has no space left for files. Tell its operator.";
                Refused::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", text).into()
            }
            Broken::Unavailable(error) => unavailable(&error),
            Broken::Unexpected(error) => Failure::Unexpected(error),
        }
    }
}

fn too_much(code: &str, text: &str) -> Refused {
    Refused::new(StatusCode::PAYLOAD_TOO_LARGE, code, text)
}

async fn room(app: &App, user: &User, room: RoomId) -> Answer<(Room, Role)> {
    app.entrance
        .access(room, &Asker::User(Box::new(user.clone())), None)
        .await
}

async fn moderated(app: &App, user: &User, id: RoomId) -> Answer<Room> {
    match room(app, user, id).await? {
        (room, Role::Moderator) => Ok(room),
        _ => Err(Refused::forbidden().into()),
    }
}

/// The files of a room, newest first. The `Link` header leads to other pages.
#[utoipa::path(get, path = "/rooms/{room_id}/assets", tag = "assets", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), PageQuery),
    responses((status = 200, body = Vec<AssetResource>), (status = 400, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<RoomId>,
    Query(query): Query<PageQuery>,
) -> Answer<Response> {
    room(&app, &user, id).await?;
    let (found, total) = store::of_room(&app.db, user.tenant, id, query.limit(), query.offset()).await?;
    let resources: Vec<AssetResource> = found.into_iter().map(AssetResource::from).collect();
    Ok((query.links(total), Json(resources)).into_response())
}

/// The files that count against one's own quota, newest first. The `Link` header leads to other pages.
#[utoipa::path(get, path = "/users/me/assets", tag = "assets", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = OwnedAssets), (status = 400, body = ErrorBody)))]
pub async fn mine(State(app): State<App>, Known(user): Known, Query(query): Query<PageQuery>) -> Answer<Response> {
    let (found, total) = store::of_owner(&app.db, user.tenant, user.id, query.limit(), query.offset()).await?;
    let mut owned_assets = Vec::new();
    for asset in found {
        owned_assets.push(OwnedAsset {
            room_id: asset.room,
            event_id: store::event_of(&app.db, user.tenant, asset.room).await?,
            asset: asset.into(),
        });
    }
    Ok((query.links(total), Json(OwnedAssets { owned_assets })).into_response())
}

/// Adds a file to a room; for its moderators. The body is the content as it is.
#[utoipa::path(post, path = "/rooms/{room_id}/assets", tag = "assets", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), PostAssetQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = NewAsset), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<RoomId>,
    Query(query): Query<PostAssetQuery>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<NewAsset>> {
    let room = moderated(&app, &user, id).await?;
    let tenant = user.tenant;
    let new = checked(query, &user, &room)?;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(announced) = announced {
        let left = app.assets.remaining(tenant, room.created_by).await?;
        if left.is_some_and(|left| left < announced) {
            return Err(Broken::Quota.into());
        }
        if announced > app.config.files.max_upload_bytes {
            return Err(Broken::TooLarge.into());
        }
    }
    // In a task of its own: when the sender goes away, this request is dropped where it stands, but the task learns of
    // it as the end of the body and removes what came.
    let adding = app.clone();
    let asset = tokio::spawn(async move { adding.assets.add(new, body).await }).await;
    let asset = asset.map_err(|error| Failure::Unexpected(error.into()))??;
    Ok(Json(NewAsset {
        remaining_quota_bytes: app.assets.remaining(tenant, room.created_by).await?,
        asset: asset.into(),
    }))
}

fn checked(query: PostAssetQuery, user: &User, room: &Room) -> Result<New, Refused> {
    let mut errors = Vec::new();
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let extension = query.file_extension.unwrap_or_default();
    if extension.len() > 10 || !extension.bytes().all(|b| b.is_ascii_alphanumeric()) {
        errors.push(Invalid::new(
            "file_extension",
            "invalid_value",
            "At most 10 letters or digits.",
        ));
    }
    let kind = query.kind.unwrap_or_default();
    if !(1..=50).contains(&kind.len()) || !word(&kind) {
        errors.push(Invalid::new(
            "kind",
            "invalid_value",
            "1 to 50 letters, digits or underscores.",
        ));
    }
    let namespace = query.namespace.filter(|namespace| !namespace.is_empty());
    if namespace
        .as_ref()
        .is_some_and(|namespace| namespace.len() > 50 || !word(namespace))
    {
        errors.push(Invalid::new(
            "namespace",
            "invalid_value",
            "At most 50 letters, digits or underscores.",
        ));
    }
    let title = query.event_title.unwrap_or_default();
    if !title.is_empty() {
        errors.extend(Invalid::name("event_title", &title));
    }
    let name = query.filename.filter(|name| !name.trim().is_empty());
    let nothing = |name: &String| name.trim().trim_start_matches('.').is_empty() || name.chars().count() > 200;
    if name.as_ref().is_some_and(nothing) {
        errors.push(Invalid::new(
            "filename",
            "invalid_value",
            "1 to 200 characters, not dots alone.",
        ));
    }
    errors.extend(name.as_ref().and_then(|name| Invalid::name("filename", name)));
    if !errors.is_empty() {
        return Err(Refused::validation(errors));
    }
    Ok(New {
        name,
        tenant: user.tenant,
        room: room.id,
        owner: room.created_by,
        created_by: user.id,
        namespace,
        kind,
        title,
        extension,
    })
}

/// Removes a file; for the room's moderators.
#[utoipa::path(delete, path = "/rooms/{room_id}/assets/{asset_id}", tag = "assets", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("asset_id" = AssetId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    Known(user): Known,
    Id((room, id)): Id<(RoomId, AssetId)>,
) -> Answer<StatusCode> {
    moderated(&app, &user, room).await?;
    match app.assets.remove(user.tenant, room, id, user.id.into()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

/// An address from which a browser can download the file, once, within a minute.
#[utoipa::path(get, path = "/rooms/{room_id}/assets/{asset_id}/download", tag = "assets", security(("bearer" = [])),
    params(("room_id" = RoomId, Path), ("asset_id" = AssetId, Path), DownloadQuery),
    responses((status = 200, body = Download), (status = 303, description = "Leads to the address"),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn download(
    State(app): State<App>,
    Known(user): Known,
    origin: Origin,
    Id((id, asset)): Id<(RoomId, AssetId)>,
    Query(query): Query<DownloadQuery>,
) -> Answer<Response> {
    room(&app, &user, id).await?;
    let asset = store::one(&app.db, user.tenant, id, asset)
        .await?
        .ok_or_else(Refused::not_found)?;
    let path = app.assets.download_path(user.tenant, &asset, user.id).await?;
    let url = format!("{}{path}", origin.as_str());
    Ok(match query.redirect {
        Some(false) => Json(Download { url }).into_response(),
        _ => Redirect::to(&url).into_response(),
    })
}

/// The content of a file by its one-time address; needs no login.
#[utoipa::path(get, path = "/downloads/{secret}", tag = "assets", params(("secret" = String, Path)),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn content(State(app): State<App>, method: Method, Id(secret): Id<String>) -> Answer<Response> {
    if method == Method::HEAD {
        // It takes the same way, and must not use the address up.
        return Err(Refused::not_found().into());
    }
    let now = millis(clock::now());
    let taken = store::take_download(&app.db, &hashed(&secret), now).await?;
    let (tenant, asset) = taken.ok_or_else(Refused::not_found)?;
    let body = app.assets.files.read(&super::path(tenant, asset.id)).await?;
    let body = body.ok_or_else(|| anyhow::anyhow!("the content of file {} is missing", asset.id))?;
    Ok((served(&asset), body).into_response())
}

fn served(asset: &Asset) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let fixed = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LENGTH, asset.size.into());
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&asset.filename)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers
}

/// RFC 6266: a name in ASCII for old clients, and the real one.
pub fn disposition(filename: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let ascii: String = filename.chars().map(plain).collect();
    let exact: String = filename
        .bytes()
        .map(|b| match b {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{exact}")
}
