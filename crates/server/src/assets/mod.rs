// SPDX-License-Identifier: EUPL-1.2
//! Files of rooms: what people or meetings put there, who may have it, and what it counts against whose quota. Not where
//! the contents lie: that is `files`. A file exists when its row does: the content comes before it and goes after it.

pub mod files;
pub mod http;
pub mod store;
pub mod under_way;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use jiff::SignedDuration;
use object_store::path::Path;

use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::config::Config;
use crate::db::{Db, millis};
use crate::http::failure::Answer;
use crate::ids::{AssetId, RoomId, TenantId, UserId};
use crate::start_error::StartError;
use crate::tariffs::Tariffs;
use crate::users;

use under_way::UnderWay;

pub use files::{Broken, Files, folder};
pub use store::{Added, Asset};

/// What an interrupted program may have left behind is removed when it is this old.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_hours(24);
/// No upload takes longer.
const LONGEST_UPLOAD: std::time::Duration = std::time::Duration::from_secs(12 * 3600);

/// Where a content lies.
pub fn path(tenant: TenantId, asset: AssetId) -> Path {
    Path::from_iter([tenant.to_string(), asset.to_string()])
}

/// How long a request may take if it is an upload; each of its pieces has the time limit of other requests.
pub fn patience(request: &Request) -> Option<std::time::Duration> {
    let path = request.uri().path();
    let upload = request.method() == Method::POST && path.starts_with("/v1/rooms/") && path.ends_with("/assets");
    upload.then_some(LONGEST_UPLOAD)
}

/// What a file is to be called and where it belongs.
pub struct New {
    pub tenant: TenantId,
    pub room: RoomId,
    /// Whose quota it counts against: the room's owner.
    pub owner: UserId,
    pub created_by: UserId,
    pub namespace: Option<String>,
    pub kind: String,
    /// As people know it; not empty.
    pub name: Option<String>,
    pub title: String,
    pub extension: String,
}

impl New {
    /// The name it came with, or `{title}_{kind}_{time}.{extension}`; with nothing in it that a file system minds.
    fn filename(&self, now: jiff::Timestamp) -> String {
        if let Some(name) = &self.name {
            let odd = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
            let safe = name.trim().replace(odd, "_");
            return safe.trim_start_matches('.').to_owned();
        }
        let safe = |text: &str| -> String {
            let kept = |c: char| {
                if c.is_alphanumeric() || "-_".contains(c) {
                    c
                } else {
                    '_'
                }
            };
            text.trim().chars().take(100).map(kept).collect()
        };
        let time = now.strftime("%Y-%m-%d_%H-%M-%S-UTC").to_string();
        let parts = [safe(&self.title), safe(&self.kind), time];
        let name: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match self.extension.as_str() {
            "" => name.join("_"),
            extension => format!("{}.{extension}", name.join("_")),
        }
    }
}

/// The files of all rooms.
pub struct Assets {
    pub files: Files,
    under_way: Arc<UnderWay>,
    config: Arc<Config>,
    db: Db,
    tariffs: Arc<Tariffs>,
}

impl Assets {
    pub fn open(config: Arc<Config>, db: Db, tariffs: Arc<Tariffs>) -> Result<Assets, StartError> {
        Ok(Assets {
            files: Files::open(&config)?,
            under_way: Arc::default(),
            config,
            db,
            tariffs,
        })
    }

    /// Most bytes that the files of a person's rooms may take. `None`: no limit.
    pub async fn quota(&self, tenant: TenantId, owner: UserId) -> sqlx::Result<Option<u64>> {
        let owner = users::store::by_id(&self.db, tenant, owner).await?;
        let owner = owner.ok_or(sqlx::Error::RowNotFound)?;
        Ok(self.tariffs.of(&owner).await?.quotas().remove("max_storage"))
    }

    /// What is left of a quota. `None`: no limit.
    pub async fn remaining(&self, tenant: TenantId, owner: UserId) -> anyhow::Result<Option<u64>> {
        let Some(quota) = self.quota(tenant, owner).await? else {
            return Ok(None);
        };
        let used = store::used(&self.db, tenant, owner).await?;
        Ok(Some(quota.saturating_sub(used)))
    }

    /// Takes in a file from a stream. What breaks off or does not fit leaves nothing behind.
    pub async fn add(&self, new: New, body: Body) -> Result<Asset, Broken> {
        let quota = self.quota(new.tenant, new.owner).await;
        let quota = quota.map_err(|error| Broken::Unexpected(error.into()))?;
        self.add_within(new, body, quota).await
    }

    /// The same with a quota of bytes for all files of the owner.
    pub async fn add_within(&self, new: New, body: Body, quota: Option<u64>) -> Result<Asset, Broken> {
        let upload = self.under_way.begin(new.owner, new.created_by);
        let mut upload = upload.ok_or(Broken::TooMany)?;
        {
            let _books = upload.books().await;
            let used = store::used(&self.db, new.tenant, new.owner).await;
            let used = used.map_err(|error| Broken::Unexpected(error.into()))?;
            upload.read(quota.map(|quota| quota.saturating_sub(used)));
        }
        let largest = self.config.files.max_upload_bytes;
        let id = AssetId(clock::id());
        let place = path(new.tenant, id);
        let piece_time = self.config.request_timeout();
        let limits = files::Limits { largest, piece_time };
        let size = self.files.write(&place, body, &limits, &mut upload).await?;
        let now = clock::now();
        let asset = Asset {
            id,
            room: new.room,
            owner: new.owner,
            created_by: new.created_by,
            created_at: millis(now),
            filename: new.filename(now),
            namespace: new.namespace,
            kind: new.kind,
            size: i64::try_from(size).unwrap_or(i64::MAX),
        };
        let entry = Entry::by(asset.created_by, Action::AssetCreated)
            .on(id)
            .with("room", asset.room)
            .with("size", size);
        let _books = upload.books().await;
        let reason = match self.keep(new.tenant, &asset, quota, entry).await {
            Ok(Added::Yes) => {
                upload.finish();
                return Ok(asset);
            }
            // Others were faster with what was left.
            Ok(Added::NoSpace) => Broken::Quota,
            Ok(Added::NoRoom) => Broken::NoRoom,
            Err(error) => Broken::Unexpected(error.into()),
        };
        // The reason at hand matters more; a content without a row is removed by `tidy`.
        _ = self.files.remove(&place).await;
        Err(reason)
    }

    async fn keep(&self, tenant: TenantId, asset: &Asset, quota: Option<u64>, entry: Entry) -> sqlx::Result<Added> {
        let mut change = Change::begin(&self.db, tenant).await?;
        let added = store::add(&mut change, asset, quota).await?;
        if let Added::Yes = added {
            change.record(entry);
            change.commit().await?;
        }
        Ok(added)
    }

    /// Removes a file. `false`: there was none.
    pub async fn remove(&self, tenant: TenantId, room: RoomId, id: AssetId, actor: Actor) -> anyhow::Result<bool> {
        let entry = Entry::by(actor, Action::AssetDeleted).on(id).with("room", room);
        let mut change = Change::begin(&self.db, tenant).await?;
        if !store::remove(&mut change, room, id).await? {
            return Ok(false);
        }
        change.record(entry);
        change.commit().await?;
        // The file is gone with its row. What is left of it, `tidy` finds later.
        if let Err(error) = self.files.remove(&path(tenant, id)).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the content of a deleted file could not be removed yet"
            );
        }
        Ok(true)
    }

    /// Removes the files of rooms that are gone. How many.
    pub async fn remove_of_deleted_rooms(&self, tenant: TenantId) -> anyhow::Result<u64> {
        let mut removed = 0;
        for (room, id) in store::of_deleted_rooms(&self.db, tenant).await? {
            removed += u64::from(self.remove(tenant, room, id, Actor::System).await?);
        }
        Ok(removed)
    }

    /// Removes addresses that have run out, and contents without a row, as a crash may leave them. How many contents.
    pub async fn tidy(&self, tenant: TenantId) -> anyhow::Result<u64> {
        let now = clock::now();
        store::remove_expired_downloads(&self.db, tenant, millis(now)).await?;
        let before = millis(now - LEFT_BEHIND);
        let mut removed = self.files.remove_unfinished(tenant, before)?;
        for id in self.files.older_than(tenant, before).await? {
            if !store::exists(&self.db, tenant, id).await? {
                self.files.remove(&path(tenant, id)).await?;
                removed += 1;
            }
        }
        if removed > 0 {
            tracing::info!(removed, "removed contents of files that nothing belonged to");
        }
        Ok(removed)
    }

    /// A fresh one-time address below our own, good for a minute.
    pub async fn download_path(&self, tenant: TenantId, asset: &Asset, actor: UserId) -> Answer<String> {
        const GOOD_FOR: SignedDuration = SignedDuration::from_secs(60);
        let secret = clock::secret();
        let expires = millis(clock::now() + GOOD_FOR);
        let mut change = Change::begin(&self.db, tenant).await?;
        store::add_download(&mut change, &hashed(&secret), asset.id, expires).await?;
        let entry = Entry::by(actor, Action::AssetDownload).on(asset.id);
        change.record(entry.with("room", asset.room));
        change.commit().await?;
        Ok(format!("/v1/downloads/{secret}"))
    }
}
